import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { uniformAt } from "../../../src/domain/chance.ts"
import type { DailyBar } from "../../../src/domain/features/dailyBar.ts"
import {
  barsMin,
  dailySeries,
  elapsedFractionMin,
  featureRow,
  peerFeatures,
  regimeFeatureNames,
  regimeFeatures,
  regimeFeaturesInSession
} from "../../../src/domain/features/regimeFeatures.ts"
import { formatDays } from "../../../src/domain/market/civilDate.ts"

const bars: ReadonlyArray<DailyBar> = Array.from({ length: 120 }, (_, at) => {
  const [a, b] = [uniformAt(1, at, 0), uniformAt(1, at, 1)]
  const open = 100_000_000 + Math.floor(4_000_000 * a)
  const close = 100_000_000 + Math.floor(4_000_000 * b)
  const wick = Math.floor(1_000_000 * uniformAt(1, at, 2)) + 1
  return {
    date: formatDays(16_000 + at),
    open,
    high: Math.max(open, close) + wick,
    low: Math.min(open, close) - wick,
    close,
    volume: 1
  }
})

const features = Result.getOrThrow(regimeFeatures(bars))
const named = (name: string): number => features[regimeFeatureNames.indexOf(name)]!

describe("Regime features", () => {
  it("have one value per name, all finite", () => {
    assert.strictEqual(features.length, regimeFeatureNames.length)
    assert.strictEqual(new Set(regimeFeatureNames).size, regimeFeatureNames.length)
    assert.isTrue(features.every(Number.isFinite))
  })

  it("end their window with the last day, whose variance is overnight move and range", () => {
    const last = bars.at(-1)!
    const overnight = Math.log(last.open / bars.at(-2)!.close)
    const range = Math.log(last.high / last.low)
    const body = Math.log(last.close / last.open)
    const variance = overnight ** 2 + 0.5 * range ** 2 - (2 * Math.log(2) - 1) * body ** 2
    assert.closeTo(named("logVarianceLag0"), Math.log(variance), 1e-12)
  })

  it("average the window over its last 5, 22 and 63 days", () => {
    const meanOfLast = (days: number) => {
      const lags = Array.from({ length: days }, (_, lag) => named(`logVarianceLag${lag}`))
      return lags.reduce((a, b) => a + b, 0) / days
    }
    assert.closeTo(named("logVarianceWeek"), meanOfLast(5), 1e-12)
    assert.closeTo(named("logVarianceMonth"), meanOfLast(22), 1e-12)
    assert.closeTo(named("logVarianceQuarter"), meanOfLast(63), 1e-12)
  })

  it("count falls as downside, in percent, and rises not at all", () => {
    const falls = Array.from({ length: 5 }, (_, back) =>
      Math.max(0, -100 * Math.log(bars.at(-1 - back)!.close / bars.at(-2 - back)!.close))
    )
    assert.closeTo(named("downsideDay"), falls[0]!, 1e-12)
    assert.closeTo(named("downsideWeek"), falls.reduce((a, b) => a + b, 0) / 5, 1e-12)
  })

  it("are in training what they are live: a row reads nothing after its day", () => {
    const series = dailySeries(bars)
    for (const length of [barsMin, 80, 119])
      assert.deepStrictEqual(
        featureRow(series, length - 2),
        Result.getOrThrow(regimeFeatures(bars.slice(0, length)))
      )
  })

  it("do not change when all prices are multiplied", () => {
    const doubled = bars.map((bar) => ({
      ...bar,
      open: 2 * bar.open,
      high: 2 * bar.high,
      low: 2 * bar.low,
      close: 2 * bar.close
    }))
    assert.deepStrictEqual(Result.getOrThrow(regimeFeatures(doubled)), features)
  })

  it("need 64 bars and say how many there were", () => {
    assert.isTrue(Result.isSuccess(regimeFeatures(bars.slice(0, 64))))
    const error = Result.getOrThrow(Result.flip(regimeFeatures(bars.slice(0, 63))))
    assert.strictEqual(error.message, "regime features need 64 daily bars, there were 63")
  })

  it("stay finite through a day without any move", () => {
    const last = bars.at(-1)!.close
    const still = { ...bars[0]!, open: last, high: last, low: last, close: last }
    const row = Result.getOrThrow(regimeFeatures([...bars, still]))
    assert.isTrue(row.every(Number.isFinite))
  })

  it("of one peer are its own, of two the mean", () => {
    assert.deepStrictEqual(peerFeatures([features]), features)
    const other = features.map((value) => value + 2)
    peerFeatures([features, other]).forEach((value, at) => {
      assert.closeTo(value, features[at]! + 1, 1e-12)
    })
  })
})

describe("Regime features inside a session", () => {
  const history = bars.slice(0, -1)
  const today = bars.at(-1)!

  it("equal those of the finished day when the session is whole", () => {
    assert.deepStrictEqual(Result.getOrThrow(regimeFeaturesInSession(history, today, 1)), features)
  })

  it("scale the session's variance up to a day, and leave the overnight move as it is", () => {
    const half = Result.getOrThrow(regimeFeaturesInSession(history, today, 0.5))
    const overnight = Math.log(today.open / history.at(-1)!.close) ** 2
    const whole = Math.exp(named("logVarianceLag0"))
    assert.closeTo(Math.exp(half[62]!), overnight + (whole - overnight) / 0.5, 1e-12)
  })

  for (const fraction of [0, elapsedFractionMin / 2, 1.01, Number.NaN])
    it(`refuse a session of ${fraction} of a day`, () => {
      const error = Result.getOrThrow(
        Result.flip(regimeFeaturesInSession(history, today, fraction))
      )
      assert.strictEqual(error._tag, "SessionTooYoung")
      assert.include(error.message, String(fraction))
    })

  it("need 63 bars before the session", () => {
    assert.isTrue(Result.isSuccess(regimeFeaturesInSession(bars.slice(0, 63), today, 1)))
    const error = Result.getOrThrow(
      Result.flip(regimeFeaturesInSession(bars.slice(0, 62), today, 1))
    )
    assert.strictEqual(error._tag, "TooFewBars")
  })
})
