import { assert, describe, it } from "@effect/vitest"
import { makeFeed } from "../../src/actors/feed.ts"
import { TimerFired } from "../../src/actors/ports/records/kernel.ts"
import {
  InstrumentsListed,
  Quote,
  TradingSessionStatus
} from "../../src/actors/ports/records/market.ts"
import { tradingDay } from "../../src/domain/market/calendar.ts"
import { ActorDriver } from "./actorDriver.ts"

const day = tradingDay("2015-12-24")!
const minuteMs = 60_000

const status = (name: "Open" | "Closed", last = false) =>
  TradingSessionStatus.make({
    date: day.date,
    status: name,
    openMs: day.openMs,
    closeMs: day.closeMs,
    riskFreeRate: 0.005,
    dividendYield: 0,
    last
  })

const listed = InstrumentsListed.make({
  session: "test",
  underlying: "GOOG",
  contentHash: "",
  rows: 0,
  badRows: 0,
  notTradableRows: 0,
  instruments: [0, 1].map((instrument) => ({
    instrument,
    kind: "Stock" as const,
    symbol: "GOOG",
    expiration: "",
    strikeMicros: 0,
    optionType: "None" as const,
    exerciseStyle: "None" as const,
    multiplier: 1
  }))
})

const quote = (bidMicros: number, askMicros: number, timeMs: number, instrument = 0) =>
  Quote.make({ instrument, bidMicros, askMicros, bidSize: 1, askSize: 1, timeMs, replaced: 0 })

const opened = () => {
  const feed = new ActorDriver(makeFeed({ quoteAgeMsMax: 5 * minuteMs }))
  feed.tell(listed)
  feed.nowMs = day.openMs
  const [first] = feed.tell(status("Open"))
  return { feed, first: first!.payload as { dueMs: number } }
}

describe("feed", () => {
  it("paces the desk: an interval a moment after each whole minute between open and early close", () => {
    const { feed, first } = opened()
    let dueMs = first.dueMs
    const minutes: Array<[number, number]> = []
    for (;;) {
      feed.nowMs = dueMs
      const events = feed.tell(TimerFired.make({ owner: "feed", timer: "interval", dueMs }))
      const elapsed = events[0]!.payload as {
        minute: number
        minutesToClose: number
        timeMs: number
      }
      assert.strictEqual(elapsed.timeMs, day.openMs + elapsed.minute * minuteMs)
      minutes.push([elapsed.minute, elapsed.minutesToClose])
      if (events.length === 1) break
      dueMs = (events[1]!.payload as { dueMs: number }).dueMs
    }
    // 9:30 to 13:00 is 210 minutes; the last interval is the one before the close.
    assert.strictEqual(minutes.length, 209)
    assert.deepStrictEqual(minutes[0], [1, 209])
    assert.deepStrictEqual(minutes.at(-1), [209, 1])
  })

  it("ignores other actors' timers and is silent while the market is closed", () => {
    const { feed, first } = opened()
    const { dueMs } = first
    assert.deepStrictEqual(
      feed.tell(TimerFired.make({ owner: "hedger", timer: "interval", dueMs })),
      []
    )
    feed.tell(status("Closed"))
    assert.deepStrictEqual(
      feed.tell(TimerFired.make({ owner: "feed", timer: "interval", dueMs })),
      []
    )
  })

  it("goes on with the pace after a time down, without an interval for the minute that is past", () => {
    const { feed, first } = opened()
    const { dueMs } = first
    feed.nowMs = dueMs + 5 * minuteMs
    const fired = TimerFired.make({ owner: "feed", timer: "interval", dueMs })
    const events = feed.tell(fired, { late: true })
    assert.deepStrictEqual(
      events.map((each) => each.type),
      ["TimerSet"]
    )
    assert.strictEqual((events[0]!.payload as { dueMs: number }).dueMs, dueMs + 6 * minuteMs)
  })

  it("counts what is wrong with quotes and keeps each instrument's last one", () => {
    const { feed } = opened()
    const at = day.openMs + minuteMs
    feed.tell(quote(100, 90, at))
    feed.tell(quote(0, 90, at))
    feed.tell(quote(80, 0, at))
    feed.tell(quote(80, 90, at - 1))
    assert.deepStrictEqual(feed.state.counts, {
      quotes: 4,
      replaced: 0,
      crossed: 1,
      withoutBid: 1,
      withoutAsk: 1,
      backInTime: 1
    })
    assert.strictEqual(feed.state.board.midMicros(0), 85)
  })

  it("counts stale instruments at each interval", () => {
    const { feed, first } = opened()
    feed.tell(quote(80, 90, day.openMs + minuteMs))
    let dueMs = first.dueMs
    const stale: Array<number> = []
    for (let minute = 1; minute <= 8; minute++) {
      feed.nowMs = dueMs
      feed.tell(TimerFired.make({ owner: "feed", timer: "interval", dueMs }))
      stale.push(feed.state.staleInstruments)
      dueMs += minuteMs
    }
    assert.deepStrictEqual(stale, [0, 0, 0, 0, 0, 0, 1, 1])
  })
})
