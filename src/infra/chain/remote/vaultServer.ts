/**
 * The vault's chain as a server on this machine: a vault per book and run, each with a log that outlives every desk.
 *
 * Who greets last speaks for an account; what an earlier connection still says is refused and told.
 */
import { Effect, Result, Scope } from "effect"
import type { ChainShape, ChainUnavailable } from "../../../actors/ports/Chain.ts"
import type { WireDown } from "../../wire/lineClient.ts"
import { type Conversation, Refused, serveLines } from "../../wire/lineServer.ts"
import { type Answer, decodeQuestion, encodeAnswer, type Question } from "./vaultProtocol.ts"

type Hello = Extract<Question, { readonly _tag: "Hello" }>

export interface VaultServerOptions {
  /** 0 takes a free one. */
  readonly port: number
  /** SHA-256 of the limits that it holds to, hex. */
  readonly limitsHash: string
  /** Opens an account's chain, until the server ends. */
  readonly open: (hello: Hello) => Effect.Effect<ChainShape, Refused, Scope.Scope>
  /** Is told of greetings and refusals, one line each. */
  readonly tell: (line: string) => Effect.Effect<void>
}

interface Vault {
  readonly chain: ChainShape
  readonly book: string
  owner: object
}

/** Serves until the scope ends; returns the port. */
export const serveVault = (
  options: VaultServerOptions
): Effect.Effect<number, WireDown, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const vaults = new Map<string, Vault>()

    const greet = Effect.fnUntraced(function* (hello: Hello, connection: object) {
      const { account, book } = hello
      if (hello.limitsHash !== options.limitsHash) {
        const why =
          "it holds to other limits: the section vault differs between the desk's settings and its own"
        return yield* new Refused({ why })
      }
      const known = vaults.get(account)
      if (known !== undefined) {
        if (known.book !== book) {
          return yield* new Refused({
            why: `account ${account} is of book ${known.book}, not ${book}`
          })
        }
        if (known.owner !== connection)
          yield* options.tell(`account ${account}: taken over by a new connection`)
        known.owner = connection
        return known
      }
      const chain = yield* options.open(hello).pipe(Effect.provideService(Scope.Scope, scope))
      const vault = { chain, book, owner: connection }
      vaults.set(account, vault)
      yield* options.tell(`account ${account}: opened for book ${book}`)
      return vault
    })

    const converse = (): Conversation => {
      const connection = {}
      let account = ""
      return Effect.fnUntraced(function* (asked: unknown) {
        const found = decodeQuestion(asked)
        if (Result.isFailure(found)) {
          return yield* new Refused({ why: "the question is not one of this vault's" })
        }
        const question = found.success
        const vault =
          question._tag === "Hello" ? yield* greet(question, connection) : vaults.get(account)
        if (question._tag === "Hello") account = question.account
        if (vault === undefined) return yield* new Refused({ why: "say Hello first" })
        if (vault.owner !== connection) {
          const what = question._tag === "Submit" ? ` ${question.key}` : ""
          yield* options.tell(
            `account ${account}: refused ${question._tag}${what} of an old connection`
          )
          return yield* new Refused({ why: `another connection took account ${account} over` })
        }
        const answer = yield* Effect.mapError(
          answerOf(vault.chain, question),
          ({ message }) => new Refused({ why: message })
        )
        return encodeAnswer(answer)
      })
    }
    return yield* serveLines(options.port, converse)
  })

const answerOf = (
  chain: ChainShape,
  question: Question
): Effect.Effect<Answer, ChainUnavailable> => {
  switch (question._tag) {
    case "Hello":
      return Effect.succeed({ description: chain.description })
    case "Submit": {
      const { key, instruction, nowMs } = question
      return Effect.map(chain.submit({ key, instruction, nowMs }), (answer) => ({ answer }))
    }
    case "Find":
      return Effect.map(chain.find(question.key), (answer) =>
        answer === undefined ? {} : { answer }
      )
    case "Balances":
      return Effect.map(chain.balances, (reading) => ({ reading }))
    case "Trade":
      return Effect.map(chain.trade(question.tradeId), (trade) =>
        trade === undefined ? {} : { trade }
      )
    case "Trades":
      return Effect.map(chain.trades, (trades) => ({ trades }))
  }
}
