import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { makeFeatures } from "../../src/actors/features.ts"
import type { FeaturesComputed, SurfaceFitted } from "../../src/actors/ports/records/cognition.ts"
import { DailyHistoryLoaded } from "../../src/actors/ports/records/market.ts"
import { regimeFeatureNames } from "../../src/domain/features/regimeFeatures.ts"
import type { PayloadOf } from "../../src/domain/journal/record.ts"
import { isTradingDate } from "../../src/domain/market/calendar.ts"
import { daysOfCivil, formatDays } from "../../src/domain/market/civilDate.ts"
import { ActorDriver } from "./actorDriver.ts"
import { day, expiration, interval, listed, quotes, spotMicros, status } from "./marketFixture.ts"

const config = { featureIntervalMs: 120_000, quoteAgeMsMax: 180_000 }

const history = () => {
  const bars: Array<{
    date: string
    open: number
    high: number
    low: number
    close: number
    volume: number
  }> = []
  for (let date = daysOfCivil(2015, 12, 21); bars.length < 80; date--) {
    if (!isTradingDate(date)) continue
    const close = 740 + 8 * Math.sin(bars.length)
    bars.unshift({ date: formatDays(date), open: 741, high: 752, low: 728, close, volume: 1 })
  }
  return DailyHistoryLoaded.make({ symbol: "GOOG", source: "test", bars })
}

const minuteMs = 60_000
const opened = () => {
  const actor = new ActorDriver(makeFeatures(config), { checksSnapshot: false })
  actor.tell(listed)
  actor.nowMs = day.openMs
  actor.tell(history())
  actor.tell(status("Open"))
  return actor
}

/** The minute's quotes and its interval. */
const minute = (actor: ActorDriver, at: number, spot = spotMicros, volatility = 0.22) => {
  const timeMs = day.openMs + at * minuteMs
  for (const quote of quotes({ volatility, timeMs, spot })) actor.tell(quote)
  actor.nowMs = timeMs + 1
  const event = actor.tell(interval(at)).find(({ type }) => type === "FeaturesComputed")
  return event?.payload as PayloadOf<typeof FeaturesComputed> | undefined
}

describe("features", () => {
  it("reads forward, volatility and skew of the chain at whole multiples of its interval", () => {
    const actor = opened()
    assert.isUndefined(minute(actor, 1))
    const features = minute(actor, 2)!
    assert.strictEqual(features.spotMicros, spotMicros)
    const [point] = features.term
    assert.strictEqual(point!.expiration, expiration)
    assert.closeTo(point!.forwardMicros / spotMicros, 1, 2e-5)
    assert.closeTo(point!.atmVolatility, 0.22, 5e-4)
    assert.closeTo(point!.skew25, 0, 1e-3)
    assert.strictEqual(features.quotesSeen, 2 * 163)
    assert.strictEqual(features.staleInstruments, 0)
  })

  it("tells the surface and what its quotes show in greeks before its features", () => {
    const actor = opened()
    minute(actor, 1)
    const timeMs = day.openMs + 2 * minuteMs
    for (const quote of quotes({ volatility: 0.22, timeMs })) actor.tell(quote)
    actor.nowMs = timeMs + 1
    const events = actor.tell(interval(2))
    assert.deepStrictEqual(
      events.map(({ type }) => type),
      ["SurfaceFitted", "FeaturesComputed"]
    )
    const { expirations } = events[0]!.payload as PayloadOf<typeof SurfaceFitted>
    const [point] = expirations
    assert.strictEqual(expirations.length, 1)
    assert.closeTo(Math.sqrt(point!.theta / point!.timeToExpirationYears), 0.22, 5e-4)
    assert.isAbove(point!.quotes, 40)
    assert.isBelow(point!.rmsWidths, 0.2)
    assert.isAbove(point!.askVegaUsdPerVolPoint, 0)
    assert.strictEqual(point!.askVegaUsdPerVolPoint, point!.bidVegaUsdPerVolPoint)
    assert.isBelow(point!.askThetaUsdPerDay365, 0)
    // The next fit begins here, after a restart too.
    assert.strictEqual(actor.state.surface[0]!.theta, point!.theta)
  })

  it("annualises the minute returns of the day once there are fifteen", () => {
    const actor = opened()
    // One part in a thousand up and down each minute: 0.001 x sqrt(390 x 252) a year.
    for (let at = 1; at <= 14; at++) minute(actor, at, spotMicros * (1 + 0.001 * (at % 2)))
    const before = minute(actor, 16, spotMicros)
    assert.strictEqual(before?.realizedVolatility, 0)
    for (let at = 17; at <= 19; at++) minute(actor, at, spotMicros * (1 + 0.001 * (at % 2)))
    const after = minute(actor, 20, spotMicros)!
    assert.closeTo(after.realizedVolatility, 0.001 * Math.sqrt(390 * 252), 0.02)
  })

  it("hands the model its input from history, and with today's range after half an hour", () => {
    const actor = opened()
    const early = minute(actor, 2)!.modelInput
    assert.strictEqual(early.length, regimeFeatureNames.length)
    minute(actor, 20, spotMicros * 1.02)
    const later = minute(actor, 40, spotMicros * 0.98)!.modelInput
    // The newest day is another one now, and a wilder one.
    const newest = regimeFeatureNames.indexOf("logVarianceLag0")
    assert.isAbove(later[newest]!, early[newest]!)
    assert.strictEqual(later[newest - 1], early[newest])
  })

  it("says nothing late, without a spot, or between its intervals", () => {
    const actor = opened()
    actor.nowMs = day.openMs + 2 * minuteMs + 1
    assert.deepStrictEqual(actor.tell(interval(2)), [])
    assert.isUndefined(minute(actor, 3))
    assert.deepStrictEqual(actor.tell(interval(4), { late: true }), [])
    assert.isDefined(minute(actor, 6))
  })

  it("leaves out what is not quoted any more and counts it as stale", () => {
    const actor = opened()
    minute(actor, 2)
    const timeMs = day.openMs + 6 * minuteMs
    actor.tell(quotes({ volatility: 0.22, timeMs })[0]!)
    actor.nowMs = timeMs + 1
    const [surface, event] = actor.tell(interval(6))
    assert.deepStrictEqual(surface!.payload, { expirations: [] })
    const features = event!.payload as PayloadOf<typeof FeaturesComputed>
    assert.deepStrictEqual(features.term, [])
    assert.strictEqual(features.staleInstruments, 162)
  })

  it("comes back from its snapshot in the middle of a day and goes on the same", () => {
    const whole = opened()
    for (let at = 1; at <= 3; at++) minute(whole, at, spotMicros * (1 + at / 1_000))
    const restored = new ActorDriver(makeFeatures(config), { checksSnapshot: false })
    const { snapshotSchema } = restored.behavior
    const codec = Schema.toCodecJson(snapshotSchema)
    const stored = JSON.parse(JSON.stringify(whole.encoded()))
    restored.state = restored.behavior.restore(Schema.decodeUnknownSync(codec)(stored))
    assert.deepStrictEqual(minute(restored, 4), minute(whole, 4))
    assert.deepStrictEqual(restored.encoded(), whole.encoded())
  })
})
