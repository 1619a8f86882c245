/**
 * The simulated exchange as a server on this machine: an account per book and run, each with the session's market of its
 * own and a log that outlives every desk.
 *
 * Who greets last speaks for an account; what an earlier connection still says is refused and told.
 */
import { Effect, Result, Scope } from "effect"
import type { WireDown } from "../../wire/lineClient.ts"
import { type Conversation, Refused, serveLines } from "../../wire/lineServer.ts"
import { type AccountParts, ExchangeAccount } from "./ExchangeAccount.ts"
import { decodeQuestion, encodeAnswer, type Question } from "./exchangeProtocol.ts"

export type Hello = Extract<Question, { readonly _tag: "Hello" }>

export interface ExchangeServerOptions {
  /** 0 takes a free one. */
  readonly port: number
  /** SHA-256 of the rules that it trades by, hex. */
  readonly rulesHash: string
  /** Opens an account's market and log, until the server ends. */
  readonly open: (hello: Hello) => Effect.Effect<AccountParts, Refused, Scope.Scope>
  /** Is told of greetings and refusals, one line each. */
  readonly tell: (line: string) => Effect.Effect<void>
}

interface Desk {
  readonly account: ExchangeAccount
  readonly session: string
  owner: object
}

/** Serves until the scope ends; returns the port. */
export const serveExchange = (
  options: ExchangeServerOptions
): Effect.Effect<number, WireDown, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const desks = new Map<string, Desk>()

    const greet = Effect.fnUntraced(function* (hello: Hello, connection: object) {
      if (hello.rulesHash !== options.rulesHash) {
        const why =
          "it trades by other rules: brokers.simulated differs between the desk's settings and its own"
        return yield* new Refused({ why })
      }
      const known = desks.get(hello.account)
      if (known !== undefined) {
        if (known.session !== hello.session) {
          const why = `account ${hello.account} trades session ${known.session}, not ${hello.session}`
          return yield* new Refused({ why })
        }
        if (known.owner !== connection)
          yield* options.tell(`account ${hello.account}: taken over by a new connection`)
        known.owner = connection
        return known
      }
      const parts = yield* options.open(hello).pipe(Effect.provideService(Scope.Scope, scope))
      const { session, account: name } = hello
      const desk = { account: new ExchangeAccount(parts), session, owner: connection }
      desks.set(name, desk)
      yield* options.tell(`account ${name}: opened on session ${session}`)
      return desk
    })

    const converse = (): Conversation => {
      const connection = {}
      let account = ""
      return Effect.fnUntraced(function* (asked: unknown) {
        const question = decodeQuestion(asked)
        if (Result.isFailure(question)) {
          return yield* new Refused({ why: "the question is not one of this exchange's" })
        }
        const { success } = question
        const desk =
          success._tag === "Hello" ? yield* greet(success, connection) : desks.get(account)
        if (success._tag === "Hello") account = success.account
        if (desk === undefined) return yield* new Refused({ why: "say Hello first" })
        if (desk.owner !== connection) {
          const what = "order" in success ? ` ${success.order.clOrdID}` : ""
          yield* options.tell(
            `account ${account}: refused ${success._tag}${what} of an old connection`
          )
          return yield* new Refused({ why: `another connection took account ${account} over` })
        }
        const answered = Result.try(() => desk.account.answer(success))
        return Result.isFailure(answered)
          ? yield* new Refused({ why: String(answered.failure) })
          : encodeAnswer(answered.success)
      })
    }
    return yield* serveLines(options.port, converse)
  })
