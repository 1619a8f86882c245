import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  type MarketSession,
  makeMarketGateway
} from "../../../src/actors/gateways/marketGateway.ts"
import { tradingDay } from "../../../src/domain/market/calendar.ts"
import { makeInstruments } from "../../../src/domain/market/contract.ts"

const days = [tradingDay("2014-06-05")!, tradingDay("2014-06-06")!]
const minuteMs = 60_000

/** Two days, three quotes each, the last one known at the close itself. */
const times = days.flatMap(({ openMs, closeMs }) => [openMs + minuteMs, openMs + minuteMs, closeMs])

const session: MarketSession = {
  name: "test",
  underlying: "TWX",
  instruments: makeInstruments("TWX", [
    {
      underlying: "TWX",
      optionType: "Put",
      strikeMicros: 70_000_000,
      expiration: "2014-06-21",
      exerciseStyle: "American",
      multiplier: 100
    }
  ]),
  days,
  rowCount: times.length,
  timeMs: Float64Array.from(times),
  instrument: Int32Array.from([0, 1, 1, 0, 1, 1]),
  bidMicros: Float64Array.from(times, (_, at) => 1_000_000 + at),
  askMicros: Float64Array.from(times, (_, at) => 1_100_000 + at),
  bidSize: Int32Array.from(times, (_, at) => at),
  askSize: Int32Array.from(times, (_, at) => at + 1),
  assumptions: { riskFreeRate: 0.001, dividendYield: 0.018 },
  report: { rows: 9, badRows: 1, notTradable: 2 }
}

const gateway = () =>
  makeMarketGateway({
    session,
    contentHash: "abc",
    history: [{ symbol: "AAPL", source: "file", bars: [] }]
  })

const all = () => {
  const market = gateway()
  const inputs: Array<{ dueMs: number; input: ReturnType<typeof market.next> }> = []
  while (market.nextDueMs() !== Number.POSITIVE_INFINITY) {
    inputs.push({ dueMs: market.nextDueMs(), input: market.next() })
  }
  return inputs
}

describe("market gateway", () => {
  it("tells the chain, the history, then each day from its open over its quotes to its close", () => {
    assert.deepStrictEqual(
      all().map(({ input }) => input.type),
      [
        "InstrumentsListed",
        "DailyHistoryLoaded",
        "TradingSessionStatus",
        "Quote",
        "Quote",
        "Quote",
        "TradingSessionStatus",
        "TradingSessionStatus",
        "Quote",
        "Quote",
        "Quote",
        "TradingSessionStatus"
      ]
    )
  })

  it("numbers its inputs from 1 without a gap and never goes back in time", () => {
    const inputs = all()
    inputs.forEach(({ input, dueMs }, at) => {
      assert.strictEqual(input.sourceSeq, at + 1)
      assert.strictEqual(input.source, "market")
      if (at > 0) assert.isAtLeast(dueMs, inputs[at - 1]!.dueMs)
    })
  })

  it("closes after the quote of the last minute, and says which close is the last", () => {
    const statuses = all()
      .map(({ input }) => input)
      .filter((input) => input.type === "TradingSessionStatus")
      .map((input) => input.payload as { status: string; last: boolean; date: string })
    assert.deepStrictEqual(
      statuses.map(({ date, status, last }) => [date, status, last]),
      [
        ["2014-06-05", "Open", false],
        ["2014-06-05", "Closed", false],
        ["2014-06-06", "Open", false],
        ["2014-06-06", "Closed", true]
      ]
    )
    const closing = all()[6]!
    assert.strictEqual(closing.dueMs, days[0]!.closeMs)
  })

  it("carries the session's numbers over to the quotes", () => {
    assert.deepStrictEqual(all()[9]!.input.payload, {
      instrument: 1,
      bidMicros: 1_000_004,
      askMicros: 1_100_004,
      bidSize: 4,
      askSize: 5,
      timeMs: days[1]!.openMs + minuteMs,
      replaced: 0
    })
  })

  it.prop(
    "goes on after any of its inputs as if it had never stopped",
    { at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 12 })) },
    ({ at }) => {
      const market = gateway()
      market.resumeAfter(at)
      const rest: Array<unknown> = []
      while (market.nextDueMs() !== Number.POSITIVE_INFINITY) {
        rest.push({ dueMs: market.nextDueMs(), input: market.next() })
      }
      assert.deepStrictEqual(rest, all().slice(at))
    }
  )

  it("throws where a quote lies after the last close", () => {
    const late = { ...session, days: days.slice(0, 1) }
    assert.throws(
      () => makeMarketGateway({ session: late, contentHash: "", history: [] }),
      /3 quotes after its last close/
    )
  })
})
