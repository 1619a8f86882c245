/**
 * The simulated exchange in another process, behind the `Broker` port: it moves as the session lets it.
 *
 * Every report that it ever made for the account is held here too, so that speaking and resuming need no question. A
 * quote of an instrument with an open order holds the session until the exchange has answered what came of it.
 */
import { type Context, Effect, Result, Schedule, type Scope } from "effect"
import {
  type Broker,
  type BrokerReport,
  brokerSource,
  type OrderFate,
  SendLapsed,
  VenueUnavailable
} from "../../../actors/ports/Broker.ts"
import {
  OutsideLost,
  type QuoteSource,
  type SteppedOutside
} from "../../../actors/ports/Gateway.ts"
import type { BoardQuote } from "../../../domain/market/quoteBoard.ts"
import { LineClient, type WireAddress, WireDown } from "../../wire/lineClient.ts"
import { type Answer, decodeAnswer, encodeQuestion, type Question } from "./exchangeProtocol.ts"

export interface RemoteExchangeOptions {
  readonly address: WireAddress
  /** Names the book's run at the exchange: the same whichever process has the book. */
  readonly account: string
  readonly session: string
  readonly contentHash: string
  readonly rulesHash: string
  readonly answerMsMax: number
  /** Asked immediately before an order or a cancel is written: "" or why it may not leave. */
  readonly mayLeave: (sendBeforeMs: number) => string
}

export interface RemoteExchange {
  readonly broker: Context.Service.Shape<typeof Broker>
  /** Takes the account over. Once the book is ours, and before anything else of this is used. */
  readonly greet: Effect.Effect<void, VenueUnavailable>
  /** The session's market as it is taken: the exchange is told how far. */
  readonly market: (quotes: QuoteSource) => QuoteSource
  readonly outside: SteppedOutside
}

type Body = {
  [K in Question["_tag"]]: Omit<Extract<Question, { _tag: K }>, "shown" | "rewound" | "have">
}[Question["_tag"]]

const never = Number.POSITIVE_INFINITY
/** How long a step is tried anew while the exchange is away, wall ms. */
const stepTries = Schedule.exponential("100 millis", 1.5).pipe(Schedule.upTo({ times: 12 }))

export const openRemoteExchange = (
  options: RemoteExchangeOptions
): Effect.Effect<RemoteExchange, never, Scope.Scope> =>
  Effect.gen(function* () {
    const state = new Mirror()
    const { account, session, contentHash, rulesHash } = options
    const hello: Body = { _tag: "Hello", version: 1, account, session, contentHash, rulesHash }
    const question = (body: Body): unknown =>
      encodeQuestion({ ...body, ...state.told() } as Question)
    const client = yield* LineClient.open({
      address: options.address,
      answerMsMax: options.answerMsMax,
      greeting: () => question(hello),
      mayGreet: () => options.mayLeave(never)
    })
    const ask = (body: Body, mayLeave?: () => string): Effect.Effect<Answer, WireDown> =>
      Effect.suspend(() => client.ask(question(body), mayLeave)).pipe(
        Effect.flatMap((found) => {
          const answer = decodeAnswer(found)
          if (Result.isFailure(answer)) {
            const why = "its answer is not one of the exchange's"
            return Effect.fail(new WireDown({ place: client.place, why, sent: true }))
          }
          state.heard(answer.success)
          return Effect.succeed(answer.success)
        })
      )
    const venue = `simulated exchange at ${client.place}`
    const unavailable = Effect.mapError(({ why }: WireDown) => new VenueUnavailable({ venue, why }))
    /** What may come too late: whether it may leave is asked once more immediately before it is written. */
    const send = (clOrdID: string, body: Body, nowMs: number, sendBeforeMs: number) =>
      Effect.suspend(() => {
        let held = ""
        const mayLeave = () => (held = options.mayLeave(sendBeforeMs))
        return ask(body, mayLeave).pipe(
          Effect.map((answer) => state.answered(answer, nowMs)),
          Effect.mapError(({ why }) =>
            held === ""
              ? new VenueUnavailable({ venue, why })
              : new SendLapsed({ clOrdID, why: held })
          )
        )
      })
    const broker: RemoteExchange["broker"] = {
      submit: (order, nowMs, sendBeforeMs = never) =>
        send(order.clOrdID, { _tag: "Submit", order, nowMs }, nowMs, sendBeforeMs),
      replace: (change, nowMs, sendBeforeMs = never) =>
        send(change.clOrdID, { _tag: "Replace", change, nowMs }, nowMs, sendBeforeMs),
      cancel: (clOrdID, nowMs) =>
        ask({ _tag: "Cancel", clOrdID, nowMs }, () => options.mayLeave(never)).pipe(
          Effect.map((answer) => state.answered(answer, nowMs)),
          unavailable
        ),
      query: (clOrdID) =>
        ask({ _tag: "Query", clOrdID }).pipe(
          Effect.map(
            ({ known }): OrderFate =>
              known === null
                ? { _tag: "Absent" }
                : { _tag: "Present", reports: known.map((seq) => state.report(seq)) }
          ),
          Effect.catch(({ why }) => Effect.succeed<OrderFate>({ _tag: "Unknown", why }))
        ),
      positions: unavailable(Effect.map(ask({ _tag: "Positions" }), ({ positions }) => positions)),
      speaker: {
        source: brokerSource,
        nextDueMs: () => state.nextReportMs(),
        next: () => state.next(),
        resumeAfter: (sourceSeq) => state.resumeAfter(sourceSeq)
      }
    }
    const outside: SteppedOutside = {
      nextDueMs: () => state.nextStepMs(),
      advance: () =>
        Effect.suspend(() => ask(state.nextStep())).pipe(
          Effect.retry(stepTries),
          Effect.mapError(({ why }) => new OutsideLost({ place: venue, why }))
        )
    }
    const greet = unavailable(Effect.asVoid(ask({ _tag: "Positions" })))
    return { broker, greet, outside, market: (quotes) => state.watched(quotes) }
  })

/** What this side knows of the exchange, and how far it has taken the quotes. */
class Mirror {
  readonly #reports: Array<BrokerReport> = []
  readonly #reportQuoteSeq: Array<number> = []
  #spoken = 0
  #shown = 0
  #rewound = false
  #workedOn: ReadonlySet<number> = new Set()
  #closingMs = never
  /** Time of a quote on which an order may have filled; Infinity while there is none. */
  #unsettledMs = never

  get isUnsettled(): boolean {
    return this.#unsettledMs < never
  }

  told(): { readonly shown: number; readonly rewound: boolean; readonly have: number } {
    return { shown: this.#shown, rewound: this.#rewound, have: this.#reports.length }
  }

  heard({ told, closingMs, workedOn }: Answer): void {
    for (const { quoteSeq, report } of told) {
      if (report.sourceSeq !== this.#reports.length + 1) continue
      this.#reports.push(report)
      this.#reportQuoteSeq.push(quoteSeq)
    }
    this.#closingMs = closingMs ?? never
    this.#workedOn = new Set(workedOn)
    this.#rewound = false
    this.#unsettledMs = never
  }

  report(sourceSeq: number): BrokerReport {
    return this.#reports[sourceSeq - 1]!
  }

  /** The older reports that answer it again, then every one that is due. */
  answered({ asked }: Answer, nowMs: number): ReadonlyArray<BrokerReport> {
    const reports = asked.filter((seq) => seq <= this.#spoken).map((seq) => this.report(seq))
    while (this.nextReportMs() <= nowMs) reports.push(this.next())
    return reports
  }

  nextReportMs(): number {
    const report = this.#reports[this.#spoken]
    if (report === undefined || this.#reportQuoteSeq[this.#spoken]! > this.#shown) return never
    return report.payload.transactTimeMs
  }

  next(): BrokerReport {
    const report = this.#reports[this.#spoken]
    if (report === undefined) throw new Error("the exchange has nothing to say")
    this.#spoken++
    return report
  }

  resumeAfter(sourceSeq: number): void {
    this.#spoken = Math.min(sourceSeq, this.#reports.length)
  }

  nextStep(): { readonly _tag: "Watch" } | { readonly _tag: "Close"; readonly closingMs: number } {
    return this.isUnsettled ? { _tag: "Watch" } : { _tag: "Close", closingMs: this.#closingMs }
  }

  /** The close is asked for a millisecond early, so that what it brings is there when it is due. */
  nextStepMs(): number {
    if (this.isUnsettled) return this.#unsettledMs
    return this.#spoken === this.#reports.length ? this.#closingMs - 1 : never
  }

  watched(quotes: QuoteSource): QuoteSource {
    return {
      nextDueMs: () => (this.isUnsettled ? never : quotes.nextDueMs()),
      next: () => {
        const input = quotes.next()
        this.#shown = input.sourceSeq
        if (input.type === "Quote") {
          const { instrument, timeMs } = input.payload as BoardQuote
          if (this.#workedOn.has(instrument)) this.#unsettledMs = timeMs
        }
        return input
      },
      resumeAfter: (sourceSeq) => {
        quotes.resumeAfter(sourceSeq)
        this.#shown = sourceSeq
        this.#rewound = true
        this.#unsettledMs = never
      }
    }
  }
}
