import { assert, describe, it } from "@effect/vitest"
import { uniformAt } from "../../../src/domain/chance.ts"
import type { DailyBar } from "../../../src/domain/features/dailyBar.ts"
import { isTradingDate } from "../../../src/domain/market/calendar.ts"
import { daysOfCivil, formatDays } from "../../../src/domain/market/civilDate.ts"
import { normalQuantile } from "../../../src/domain/pricing/normal.ts"
import { volatilityDefaults } from "../../../src/domain/strategies/parameters.ts"
import { walkForwardForecasts } from "../../../src/domain/validation/forecaster.ts"
import { validateVolatility } from "../../../src/domain/validation/validateVolatility.ts"
import { type MarketDay, simulateTrades } from "../../../src/domain/validation/walkForward.ts"

/** A walk at 18 % a year. */
const bars = ((): ReadonlyArray<DailyBar> => {
  const made: Array<DailyBar> = []
  let price = 150_000_000
  for (let date = daysOfCivil(2006, 1, 3); made.length < 1_300; date++) {
    if (!isTradingDate(date)) continue
    const open = price
    let [high, low] = [price, price]
    for (let step = 0; step < 13; step++) {
      const shock = normalQuantile(uniformAt(5, made.length, step))
      price *= Math.exp(0.18 * Math.sqrt(1 / 252 / 13) * shock)
      high = Math.max(high, price)
      low = Math.min(low, price)
    }
    made.push({ date: formatDays(date), open, high, low, close: price, volume: 1 })
  }
  return made
})()

const options = { trainingDaysMin: 756, refitEveryDays: 126, embargoDays: 5 }
const priced = {
  shape: { slope: -0.2, curvature: 0.03, floor: 0.5 },
  spread: { halfSpreadOverMid: 0.01, halfSpreadOverSpot: 0.00005 }
}
const forecasts = walkForwardForecasts(bars, options)
const daysAt = (impliedOverForecast: number): ReadonlyArray<MarketDay> =>
  forecasts.map((day) => ({
    ...day,
    atmVolatility: impliedOverForecast * day.forecastVolatility21d
  }))

describe("simulateTrades", () => {
  it("earns what volatility is sold too dear for, and loses it where it is sold too cheap", () => {
    const dear = simulateTrades(volatilityDefaults, daysAt(1.5), priced)
    const returns = dear.map((each) => each.returnOnRisk)
    assert.isAbove(dear.length, 10)
    assert.isAbove(returns.reduce((a, b) => a + b, 0) / returns.length, 0.02)
    const fooled = { ...volatilityDefaults, impliedOverForecastMinToSell: 1, edgeOverMaxLossMin: 0 }
    // The rule sees a forecast that is half of what comes.
    const cheap = daysAt(0.6).map((day) => ({
      ...day,
      forecastVolatility5d: day.forecastVolatility5d / 2,
      forecastVolatility21d: day.forecastVolatility21d / 2
    }))
    const losses = simulateTrades(fooled, cheap, priced).map((each) => each.returnOnRisk)
    assert.isAbove(losses.length, 10)
    assert.isBelow(losses.reduce((a, b) => a + b, 0) / losses.length, 0)
  })

  it("does not trade where implied is the forecast", () => {
    assert.deepStrictEqual(simulateTrades(volatilityDefaults, daysAt(1), priced), [])
  })

  it("never loses more than it put at risk, and holds one position at a time", () => {
    const trades = simulateTrades(volatilityDefaults, daysAt(1.3), priced)
    trades.forEach((trade, at) => {
      assert.isAtLeast(trade.returnOnRisk, -1)
      assert.isTrue(trade.entered < trade.exited)
      if (at > 0) assert.isTrue(trade.entered >= trades[at - 1]!.exited)
    })
  })

  it("decides each day without the days after it", () => {
    const days = daysAt(1.3)
    const whole = simulateTrades(volatilityDefaults, days, priced)
    const cut = simulateTrades(volatilityDefaults, days.slice(0, 300), priced)
    const finished = cut.filter((trade) => trade.reason !== "end-of-data")
    assert.isAbove(finished.length, 3)
    assert.deepStrictEqual(whole.slice(0, finished.length), finished)
  })

  it("pays for wider markets", () => {
    const total = (halfSpreadOverMid: number) =>
      simulateTrades(volatilityDefaults, daysAt(1.5), {
        ...priced,
        spread: { ...priced.spread, halfSpreadOverMid }
      }).reduce((sum, each) => sum + each.returnOnRisk, 0)
    assert.isAbove(total(0.005), total(0.04))
  })
})

describe("validateVolatility", () => {
  it("fails a strategy that has too little to show, with every missed mark in a sentence", () => {
    const report = validateVolatility(volatilityDefaults, {
      index: forecasts.slice(0, 200).map(({ date }) => ({ date, volatility: 0.2 })),
      benchmark: { symbol: "SPY", bars },
      panel: []
    })
    assert.isFalse(report.passed)
    assert.isTrue(report.failures.some((failure) => failure.startsWith("trades was ")))
    assert.strictEqual(report.dataThrough, forecasts[199]!.date)
    assert.isTrue(Object.values(report.metrics).every(Number.isFinite))
  })
})
