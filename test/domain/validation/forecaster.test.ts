import { assert, describe, it } from "@effect/vitest"
import { uniformAt } from "../../../src/domain/chance.ts"
import type { DailyBar } from "../../../src/domain/features/dailyBar.ts"
import { isTradingDate } from "../../../src/domain/market/calendar.ts"
import { daysOfCivil, formatDays } from "../../../src/domain/market/civilDate.ts"
import { normalQuantile } from "../../../src/domain/pricing/normal.ts"
import { walkForwardForecasts } from "../../../src/domain/validation/forecaster.ts"

const options = { trainingDaysMin: 300, refitEveryDays: 60, embargoDays: 5 }

/** A random walk with a volatility that changes slowly, in 26 steps a day. */
const walk = (count: number, dailyVolatility: (at: number) => number): ReadonlyArray<DailyBar> => {
  const bars: Array<DailyBar> = []
  let price = 100
  for (let date = daysOfCivil(2010, 1, 4); bars.length < count; date++) {
    if (!isTradingDate(date)) continue
    const at = bars.length
    const open = price
    let [high, low] = [price, price]
    for (let step = 0; step < 26; step++) {
      const shock = normalQuantile(uniformAt(11, at, step))
      price *= Math.exp((dailyVolatility(at) / Math.sqrt(26)) * shock)
      high = Math.max(high, price)
      low = Math.min(low, price)
    }
    bars.push({ date: formatDays(date), open, high, low, close: price, volume: 1 })
  }
  return bars
}

describe("walkForwardForecasts", () => {
  it("is unbiased on a walk whose volatility is known", () => {
    const bars = walk(900, () => 0.2 / Math.sqrt(252))
    const forecasts = walkForwardForecasts(bars, options)
    const mean =
      forecasts.reduce((sum, each) => sum + each.forecastVolatility21d, 0) / forecasts.length
    assert.closeTo(mean, 0.2, 0.012)
    assert.closeTo(forecasts.at(-1)!.trailingVolatility, 0.2, 0.03)
  })

  it("follows a volatility that comes and goes", () => {
    const bars = walk(900, (at) => (Math.floor(at / 100) % 2 === 0 ? 0.12 : 0.3) / Math.sqrt(252))
    const forecasts = walkForwardForecasts(bars, options)
    // The first forecast is for bar 301; the last days of a calm and of a wild hundred are compared.
    const of = (bar: number) => forecasts[bar - 301]!.forecastVolatility5d
    assert.isAbove(of(795), 1.5 * of(695))
    assert.isAbove(of(595), 1.5 * of(495))
  })

  it("says for a day what it would have said had there been no later one", () => {
    const bars = walk(700, (at) => (0.1 + 0.1 * Math.sin(at / 50) ** 2) / Math.sqrt(252))
    const all = walkForwardForecasts(bars, options)
    const cut = walkForwardForecasts(bars.slice(0, 500), options)
    assert.deepStrictEqual(all.slice(0, cut.length), cut)
    assert.strictEqual(cut.at(-1)!.date, bars[499]!.date)
  })
})
