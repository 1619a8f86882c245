/** Lines, ticks and quotes: against a scripted server, and against the TWS simulator's engine. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { GreeksComparison } from "../../../../src/domain/features/greeksComparison.ts"
import { listChain } from "../../../../src/infra/broker/ib/ibChain.ts"
import { openIbConnection } from "../../../../src/infra/broker/ib/ibConnection.ts"
import { IbContracts, listed } from "../../../../src/infra/broker/ib/ibContracts.ts"
import type { IbGreeksSeen } from "../../../../src/infra/broker/ib/ibMarketData.ts"
import { IbQuoteQueue } from "../../../../src/infra/broker/ib/ibQuoteQueue.ts"
import { spotMicrosOf } from "../../../../src/infra/broker/ib/ibSpot.ts"
import { dayOne, market, openMs, usd } from "../world.ts"
import { deskOptions, linkOptions, noonMs, reconnected } from "./ibDesk.ts"
import { openLoopbackTws } from "./loopbackTws.ts"
import { asks, openScriptedTws, type Visit } from "./scriptedTws.ts"

const data = { linesMax: 3, silenceMsMax: 600_000, isOpen: () => true, onEscalate: () => {} }

const price = (visit: Visit, id: string, type: number, micros: number, size: number) =>
  visit.say(1, 6, id, type, micros, size, 0)
const size = (visit: Visit, id: string, type: number, contracts: number) =>
  visit.say(2, 6, id, type, contracts)

const shown = (queue: IbQuoteQueue) => {
  const out: Array<ReadonlyArray<number>> = []
  for (let quote = queue.take(); quote !== undefined; quote = queue.take()) {
    const { instrument, bidMicros, bidSize, askMicros, askSize } = quote
    out.push([instrument, bidMicros / 1e6, bidSize, askMicros / 1e6, askSize])
  }
  return out
}

describe("IB market data", () => {
  it.effect("makes one quote of a set of ticks, and keeps to the lines that there are", () =>
    Effect.gen(function* () {
      const { tws, port } = yield* openScriptedTws
      const desk = yield* openIbConnection({
        ...deskOptions(linkOptions(port)),
        data,
        quotesMax: 9
      })
      const left = yield* desk.data.subscribe([0, 1, 2, 3, 4])
      assert.deepStrictEqual(left, [3, 4])
      assert.deepStrictEqual(desk.data.lines, [0, 1, 2])
      yield* tws.until(() => tws.last.asked(asks.marketData).length === 3)
      const ids = tws.last.asked(asks.marketData).map((message) => message[2]!)
      const full = (at: number, bid: number, ask: number) => {
        price(tws.last, ids[at]!, 1, bid, 7)
        size(tws.last, ids[at]!, 0, 7)
        price(tws.last, ids[at]!, 2, ask, 9)
        size(tws.last, ids[at]!, 3, 9)
      }
      full(0, 748, 748.2)
      full(1, 3.9, 4.1)
      // One side alone waits for a message about another instrument, or for the echo.
      price(tws.last, ids[0]!, 1, 748.1, 8)
      size(tws.last, ids[0]!, 0, 8)
      price(tws.last, ids[1]!, 1, -1, 0)
      size(tws.last, ids[1]!, 0, 0)
      yield* desk.quiet
      assert.deepStrictEqual(shown(desk.quotes), [
        [0, 748, 7, 748.2, 9],
        [1, 3.9, 7, 4.1, 9],
        [0, 748.1, 8, 748.2, 9],
        [1, 0, 0, 4.1, 9]
      ])
      tws.last.say(21, ids[1]!, 13, 0, 0.31, -2, 4, 0, 0.01, 0.2, -0.1, 748.1)
      yield* desk.quiet
      const greeks = desk.data.ibGreeks(1)!
      assert.strictEqual(greeks.impliedVolatility, 0.31)
      assert.isNaN(greeks.delta)
      assert.strictEqual(greeks.underlyingMicros, usd(748.1))
    })
  )

  it.effect("asks for every line anew after a reconnect and after 1101", () =>
    Effect.gen(function* () {
      const { tws, port } = yield* openScriptedTws
      const desk = yield* openIbConnection({
        ...deskOptions(linkOptions(port)),
        data,
        quotesMax: 9
      })
      yield* desk.data.subscribe([0, 1])
      yield* tws.until(() => tws.last.asked(asks.marketData).length === 2)
      tws.last.socket.destroy()
      yield* reconnected(desk.orders)
      yield* tws.until(() => tws.visits[1]!.asked(asks.marketData).length === 2)
      tws.last.say(4, 2, -1, 1101, "Connectivity restored, data lost.", "")
      yield* tws.until(() => tws.visits[1]!.asked(asks.marketData).length === 4)
    })
  )

  it.effect("hands on the simulator's greeks, which are the pricing core's at our own quotes", () =>
    Effect.gen(function* () {
      const tws = yield* openLoopbackTws
      const { riskFreeRate, dividendYield } = tws.market
      const apart = new GreeksComparison({ riskFreeRate, dividendYield, sampleMs: 0 })
      // A desk that takes another rate for true is apart, and the comparison shows it.
      const wrong = new GreeksComparison({ riskFreeRate: 0.08, dividendYield, sampleMs: 0 })
      const onGreeks = ({ instrument, greeks, ...mids }: IbGreeksSeen): void => {
        const listing = market.instruments[instrument]!
        assert(listing.kind === "Option")
        const seen = { contract: listing.contract, nowMs: tws.engine.nowMs, ...greeks, ...mids }
        for (const each of [apart, wrong]) each.take(seen)
      }
      const options = deskOptions(linkOptions(tws.port), {
        list: listed(market.instruments),
        nowMs: () => tws.engine.nowMs
      })
      const linesMax = 100
      const desk = yield* openIbConnection({
        ...options,
        data: { ...data, linesMax, onGreeks },
        quotesMax: 100
      })
      yield* desk.data.subscribe(market.instruments.map(({ id }) => id))
      yield* desk.quiet
      tws.quote({ instrument: 0, bid: 748, ask: 748.2, bidSize: 400, askSize: 300 })
      for (const { id, kind } of market.instruments) {
        if (kind === "Option") tws.quote({ instrument: id, bid: 12.9, ask: 13.1 })
      }
      yield* desk.quiet
      const { compared, delta, impliedVolatility } = apart.summary
      assert.isAtLeast(compared, 4)
      // The wire carries eight decimals.
      assert.isBelow(delta.worst, 1e-6)
      assert.isBelow(impliedVolatility.worst, 1e-6)
      assert.isAbove(wrong.summary.impliedVolatility.worst, 1e-5)
    })
  )

  it("keeps a bounded queue: beyond it the latest of an instrument counts what it replaced", () => {
    const queue = new IbQuoteQueue(2)
    const quote = (instrument: number, bidMicros: number) => ({
      ...{ instrument, bidMicros, askMicros: 0, bidSize: 1, askSize: 0, timeMs: noonMs }
    })
    for (const each of [quote(1, 1), quote(2, 2), quote(1, 3), quote(1, 4), quote(3, 5)]) {
      queue.offer(each)
    }
    assert.strictEqual(queue.size, 3)
    assert.deepInclude(queue.take(), { instrument: 1, bidMicros: 4, replaced: 2 })
    assert.deepInclude(queue.take(), { instrument: 2, replaced: 0 })
    assert.deepInclude(queue.take(), { instrument: 3, bidMicros: 5 })
    assert.isUndefined(queue.take())
  })

  it.effect("lists the simulator's chain and brings its quotes at their time", () =>
    Effect.gen(function* () {
      const tws = yield* openLoopbackTws
      const options = deskOptions(linkOptions(tws.port), {
        list: listed(market.instruments),
        nowMs: () => tws.engine.nowMs
      })
      const desk = yield* openIbConnection({ ...options, data, quotesMax: 100 })
      const wishes = { symbol: "GOOG", exerciseStyle: "American", nowMs: openMs } as const
      const near = { ...wishes, daysMax: 3, strikeShareMax: 0.1, spotMicros: usd(748) }
      const chain = yield* listChain(desk.orders.link, near, new IbContracts())
      const ofDay = market.instruments.filter(
        (each) => each.kind === "Option" && each.contract.expiration === dayOne.date
      )
      assert.includeMembers(
        chain.map(({ symbol }) => symbol),
        ofDay.map(({ symbol }) => symbol)
      )
      yield* desk.data.subscribe([0, 1])
      tws.quote({ instrument: 0, bid: 748, ask: 748.2, bidSize: 400, askSize: 300 })
      tws.quote({ instrument: 1, bid: 3.9, ask: 4.1 })
      tws.quote({ instrument: 2, bid: 1, ask: 1.1 })
      yield* desk.quiet
      assert.deepStrictEqual(shown(desk.quotes), [
        [0, 748, 400, 748.2, 300],
        [1, 3.9, 100, 4.1, 100]
      ])
      assert.isAbove(yield* spotMicrosOf(desk.orders.link, "GOOG"), 0)
    })
  )
})
