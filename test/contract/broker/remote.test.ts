import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Result, Scope } from "effect"
import type { QuoteSource } from "../../../src/actors/ports/Gateway.ts"
import type { BoardQuote } from "../../../src/domain/market/quoteBoard.ts"
import { serveExchange } from "../../../src/infra/broker/remote/exchangeServer.ts"
import { openRemoteExchange } from "../../../src/infra/broker/remote/RemoteExchange.ts"
import { openExchangeLog } from "../../../src/infra/broker/simulated/exchangeLog.ts"
import { defaultRules } from "../../../src/infra/broker/simulated/market.ts"
import { type LogMedium, makeMemoryMedium } from "../../../src/infra/log/medium.ts"
import { market, openMs, order, type Shown, told, usd } from "../../infra/broker/world.ts"
import { brokerContract, type VenueUnderTest } from "./brokerContract.ts"

/** Both sides take the session's quotes each on its own: here from one list that grows. */
const sourceOf = (quotes: ReadonlyArray<BoardQuote>): QuoteSource => {
  let taken = 0
  return {
    nextDueMs: () => quotes[taken]?.timeMs ?? Number.POSITIVE_INFINITY,
    next: () => ({
      type: "Quote",
      payload: quotes[taken]!,
      correlation: "",
      source: "market",
      sourceSeq: ++taken
    }),
    resumeAfter: (sourceSeq) => {
      taken = sourceSeq
    }
  }
}

const boardQuote = (shown: Shown): BoardQuote => {
  const { instrument, bid, ask, bidSize = 100, askSize = 100 } = shown
  const { timeMs = openMs + 60_000 } = shown
  return { instrument, bidMicros: usd(bid), askMicros: usd(ask), bidSize, askSize, timeMs }
}

const rulesHash = "rules"

/** A server with one session, and what it told of. */
const serveAt = Effect.fnUntraced(function* (
  at: number,
  medium: LogMedium,
  quotes: Array<BoardQuote> = []
) {
  const lines: Array<string> = []
  const port = yield* serveExchange({
    port: at,
    rulesHash,
    tell: (line) => Effect.sync(() => void lines.push(line)),
    open: () =>
      Effect.sync(() => ({
        market,
        quotes: sourceOf(quotes),
        rules: defaultRules,
        log: Result.getOrThrow(openExchangeLog(medium, market.name))
      }))
  })
  return { quotes, lines, port }
})

const serve = Effect.suspend(() => serveAt(0, makeMemoryMedium()))

type Served = Effect.Success<typeof serve>

const connect = ({ port }: Served, over: Partial<{ rulesHash: string; mayLeave: () => string }>) =>
  openRemoteExchange({
    address: { host: "127.0.0.1", port },
    account: "alpha",
    session: market.name,
    contentHash: "content",
    rulesHash,
    answerMsMax: 5_000,
    mayLeave: () => "",
    ...over
  }).pipe(Effect.tap(({ greet }) => greet))

const venue = (served: Served): Effect.Effect<VenueUnderTest, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const remote = yield* connect(served, {})
    const taking = remote.market(sourceOf(served.quotes))
    taking.resumeAfter(served.quotes.length)
    const settle = Effect.suspend(() =>
      remote.outside.nextDueMs() < openMs + 3_600_000
        ? Effect.orDie(remote.outside.advance(openMs + 3_600_000, Number.POSITIVE_INFINITY))
        : Effect.void
    )
    return {
      broker: remote.broker,
      quote: (shown) =>
        Effect.suspend(() => {
          served.quotes.push(boardQuote(shown))
          taking.next()
          return settle
        }),
      reopen: Effect.suspend(() => venue(served))
    }
  })

brokerContract("simulated exchange behind a wire", Effect.flatMap(serve, venue))

describe("The simulated exchange behind a wire", () => {
  const quoted = Effect.gen(function* () {
    const served = yield* serve
    const first = yield* venue(served)
    yield* first.quote({ instrument: 1, bid: 3.9, ask: 4.1 })
    return { served, first }
  })

  it.live("hears the last that greeted, and refuses the one before", () =>
    Effect.gen(function* () {
      const { served, first } = yield* quoted
      const second = yield* first.reopen
      const late = order({ limit: 4.2 })
      const refused = yield* Effect.flip(first.broker.submit(late, openMs + 90_000))
      assert.match(refused.message, /another connection took account alpha over/)
      assert.strictEqual((yield* second.broker.query(late.clOrdID, openMs))._tag, "Absent")
      assert.include(served.lines.at(-1), `refused Submit ${late.clOrdID} of an old connection`)
    }).pipe(Effect.scoped)
  )

  it.live("is not sent an order whose writer may not send", () =>
    Effect.gen(function* () {
      const { served } = yield* quoted
      let held = ""
      const remote = yield* connect(served, { mayLeave: () => held })
      held = "the lease is over"
      const request = order({ limit: 4.2 })
      const lapsed = yield* Effect.flip(remote.broker.submit(request, openMs + 90_000))
      assert.strictEqual(lapsed._tag, "SendLapsed")
      held = ""
      const fate = yield* remote.broker.query(request.clOrdID, openMs + 90_000)
      assert.strictEqual(fate._tag, "Absent")
    }).pipe(Effect.scoped)
  )

  it.live("is not sent a change whose writer may not send", () =>
    Effect.gen(function* () {
      const { served, first } = yield* quoted
      const resting = order({ limit: 4 })
      yield* first.broker.submit(resting, openMs + 90_000)
      let held = ""
      const remote = yield* connect(served, { mayLeave: () => held })
      held = "the lease is over"
      const { clOrdID } = resting
      const change = { clOrdID, requestId: "change-1", orderQty: 1, limitNetMicros: usd(4.05) }
      const lapsed = yield* Effect.flip(remote.broker.replace(change, openMs + 90_000))
      assert.strictEqual(lapsed._tag, "SendLapsed")
      held = ""
      const fate = yield* remote.broker.query(clOrdID, openMs + 90_000)
      assert(fate._tag === "Present")
      assert.deepStrictEqual(told(fate.reports), ["New"])
    }).pipe(Effect.scoped)
  )

  it.live("refuses a desk that reckons with other rules", () =>
    Effect.gen(function* () {
      const { served } = yield* quoted
      const refused = yield* Effect.flip(connect(served, { rulesHash: "others" }))
      assert.match(refused.message, /it trades by other rules/)
    }).pipe(Effect.scoped)
  )

  it.live("is found again after it was stopped and started, with what it did before", () =>
    Effect.gen(function* () {
      const medium = makeMemoryMedium()
      const life = yield* Scope.make()
      const served = yield* serveAt(0, medium).pipe(Scope.provide(life))
      const desk = yield* venue(served)
      yield* desk.quote({ instrument: 1, bid: 3.9, ask: 4.1 })
      const resting = order({ limit: 4 })
      yield* desk.broker.submit(resting, openMs + 90_000)
      yield* Scope.close(life, Exit.void)
      const away = yield* Effect.flip(desk.broker.submit(order({ limit: 4 }), openMs + 91_000))
      assert.strictEqual(away._tag, "VenueUnavailable")
      const again = yield* serveAt(served.port, medium, served.quotes)
      const fate = yield* desk.broker.query(resting.clOrdID, openMs + 92_000)
      assert(fate._tag === "Present")
      assert.deepStrictEqual(told(fate.reports), ["New"])
      yield* desk.quote({ instrument: 1, bid: 3.8, ask: 4, timeMs: openMs + 120_000 })
      assert.deepStrictEqual(told([desk.broker.speaker.next()]), ["Trade 1@4"])
      assert.match(again.lines.join("\n"), /account alpha: opened/)
    }).pipe(Effect.scoped)
  )

  it.live("speaks on to whoever greets again, from any number", () =>
    Effect.gen(function* () {
      const { served, first } = yield* quoted
      const resting = order({ limit: 4 })
      yield* first.broker.submit(resting, openMs + 90_000)
      yield* first.reopen
      // Whoever greets again is heard again.
      const third = yield* first.reopen
      yield* third.quote({ instrument: 1, bid: 3.8, ask: 4, timeMs: openMs + 120_000 })
      const { speaker } = third.broker
      speaker.resumeAfter(1)
      assert.strictEqual(speaker.nextDueMs(), openMs + 120_000)
      assert.deepStrictEqual(told([speaker.next()]), ["Trade 1@4"])
      assert.strictEqual(served.lines.filter((line) => /taken over/.test(line)).length, 2)
    }).pipe(Effect.scoped)
  )
})
