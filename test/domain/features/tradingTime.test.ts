import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  forecastTotalVariance,
  tradingDaysUntil
} from "../../../src/domain/features/tradingTime.ts"
import { expirationCloseMs, tradingDay } from "../../../src/domain/market/calendar.ts"

const christmasEve = tradingDay("2015-12-24")!

describe("tradingDaysUntil", () => {
  it("counts the exchange's days, holidays left out, and today by what is left of it", () => {
    // From the open: 3.5 of 6.5 hours; then 28, 29, 30, 31 December, and 4 to 8 and 11 to 15 January.
    const options = { nowMs: christmasEve.openMs, closeMs: christmasEve.closeMs }
    const weekEnd = tradingDaysUntil({ ...options, lastTradeMs: expirationCloseMs("2015-12-31")! })
    assert.closeTo(weekEnd, 3.5 / 6.5 + 4, 1e-12)
    const monthly = tradingDaysUntil({ ...options, lastTradeMs: expirationCloseMs("2016-01-15")! })
    assert.closeTo(monthly, 3.5 / 6.5 + 14, 1e-12)
  })

  it("ends today for what expires today, and is 0 at the close", () => {
    const { openMs, closeMs } = christmasEve
    const halfHour = { nowMs: closeMs - 1_800_000, closeMs, lastTradeMs: closeMs }
    assert.closeTo(tradingDaysUntil(halfHour), 0.5 / 6.5, 1e-12)
    assert.strictEqual(tradingDaysUntil({ nowMs: closeMs, closeMs, lastTradeMs: closeMs }), 0)
    assert.isBelow(tradingDaysUntil({ nowMs: openMs, closeMs, lastTradeMs: closeMs }), 1)
  })

  it("takes years by proportion, within a day of the count at the border", () => {
    const { openMs: nowMs, closeMs } = christmasEve
    const near = tradingDaysUntil({ nowMs, closeMs, lastTradeMs: expirationCloseMs("2016-04-22")! })
    const far = tradingDaysUntil({ nowMs, closeMs, lastTradeMs: expirationCloseMs("2016-04-29")! })
    assert.closeTo(far - near, 5, 2.5)
    const years = tradingDaysUntil({
      nowMs,
      closeMs,
      lastTradeMs: expirationCloseMs("2018-01-19")!
    })
    assert.closeTo(years, 2.07 * 252, 4)
  })
})

const Forecast = Schema.Struct({
  forecastVolatility5d: Schema.Finite.check(Schema.isBetween({ minimum: 0.05, maximum: 2 })),
  forecastVolatility21d: Schema.Finite.check(Schema.isBetween({ minimum: 0.05, maximum: 2 })),
  days: Schema.Finite.check(Schema.isBetween({ minimum: 0.1, maximum: 60 }))
})

describe("forecastTotalVariance", () => {
  it("is the forecast itself at its own horizons", () => {
    const forecast = { forecastVolatility5d: 0.2, forecastVolatility21d: 0.3 }
    assert.closeTo(forecastTotalVariance(forecast, 5), (0.04 * 5) / 252, 1e-15)
    assert.closeTo(forecastTotalVariance(forecast, 21), (0.09 * 21) / 252, 1e-15)
    assert.closeTo(forecastTotalVariance(forecast, 42), (0.09 * 42) / 252, 1e-15)
  })

  it.prop("never falls with time up to 21 days", { forecast: Forecast }, ({ forecast }) => {
    const { days } = forecast
    const earlier = forecastTotalVariance(forecast, Math.min(20, days))
    const later = forecastTotalVariance(forecast, Math.min(20, days) + 0.5)
    assert.isAtLeast(later, earlier)
  })
})
