/** The vault's chain in another process, behind the chain port. Questions have keys: one whose answer was lost is asked again. */
import { Effect, Result, Schedule, type Scope } from "effect"
import { type ChainShape, ChainUnavailable } from "../../../actors/ports/Chain.ts"
import { LineClient, type WireAddress, WireDown } from "../../wire/lineClient.ts"
import { type Answer, decodeAnswer, encodeQuestion, type Question } from "./vaultProtocol.ts"

export interface RemoteVaultOptions {
  readonly address: WireAddress
  /** Names the book's run at the vault: the same whichever process has the book. */
  readonly account: string
  readonly book: string
  readonly seed: number
  readonly limitsHash: string
  readonly answerMsMax: number
  /** Asked immediately before an instruction is written: "" or why it may not leave. */
  readonly mayLeave: () => string
}

/** How long a question is asked again while the vault is away, wall ms. */
const tries = Schedule.exponential("100 millis", 1.5).pipe(Schedule.upTo({ times: 12 }))

export interface RemoteVault extends ChainShape {
  /** Takes the account over. Once the book is ours, and before anything else of this is used. */
  readonly greet: Effect.Effect<void, ChainUnavailable>
}

export const openRemoteVault = (
  options: RemoteVaultOptions
): Effect.Effect<RemoteVault, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { account, book, seed, limitsHash } = options
    const hello: Question = { _tag: "Hello", version: 1, account, book, seed, limitsHash }
    const client = yield* LineClient.open({
      address: options.address,
      answerMsMax: options.answerMsMax,
      greeting: () => encodeQuestion(hello),
      mayGreet: options.mayLeave
    })
    const { place } = client
    const ask = (
      question: Question,
      mayLeave?: () => string
    ): Effect.Effect<Answer, ChainUnavailable> =>
      client.ask(encodeQuestion(question), mayLeave).pipe(
        Effect.flatMap((found) => {
          const answer = decodeAnswer(found)
          return Result.isSuccess(answer)
            ? Effect.succeed(answer.success)
            : Effect.fail(
                new WireDown({ place, why: "its answer is not one of the vault's", sent: true })
              )
        }),
        Effect.mapError(({ why }) => new ChainUnavailable({ place, why }))
      )
    const again = (question: Question) => Effect.retry(ask(question), tries)
    return {
      description: `SIMULATED vault at ${place}`,
      greet: Effect.asVoid(ask({ _tag: "Balances" })),
      submit: ({ key, instruction, nowMs }) => {
        let held = ""
        const mayLeave = () => (held = options.mayLeave())
        const asked = ask({ _tag: "Submit", key, instruction, nowMs }, mayLeave)
        // Past the lease nothing is asked again: the book is another's.
        return asked.pipe(
          Effect.retry({ schedule: tries, while: () => held === "" }),
          Effect.map(({ answer }) => answer!)
        )
      },
      find: (key) => Effect.map(again({ _tag: "Find", key }), ({ answer }) => answer),
      balances: Effect.map(again({ _tag: "Balances" }), ({ reading }) => reading!),
      trade: (tradeId) => Effect.map(again({ _tag: "Trade", tradeId }), ({ trade }) => trade),
      trades: Effect.map(again({ _tag: "Trades" }), ({ trades = [] }) => trades)
    }
  })
