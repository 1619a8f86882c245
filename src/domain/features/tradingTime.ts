/**
 * Time as volatility feels it: trading days, not calendar days. A forecast per trading day and a price per calendar
 * year are compared over the same moves only through this.
 */
import { isTradingDate } from "../market/calendar.ts"
import { newYorkTimeOf } from "../market/newYorkTime.ts"
import { tradingDaysPerYear } from "./realizedVolatility.ts"

const regularSessionMs = 6.5 * 3_600_000
/** Beyond this many calendar days the count is by proportion: a holiday more or less no longer matters. */
const countedDaysMax = 120

/**
 * Trading days from now to a contract's last moment: what is left of today as a share of a regular session, and
 * each later trading day as one (half days too: an overnight move belongs to them as well).
 */
export const tradingDaysUntil = (options: {
  readonly nowMs: number
  /** Close of the session that `nowMs` is in. */
  readonly closeMs: number
  readonly lastTradeMs: number
}): number => {
  const { nowMs, closeMs, lastTradeMs } = options
  const endMs = Math.min(closeMs, lastTradeMs)
  const today = Math.max(0, Math.min(1, (endMs - nowMs) / regularSessionMs))
  const first = newYorkTimeOf(closeMs).date
  const last = newYorkTimeOf(lastTradeMs).date
  if (last - first > countedDaysMax) return today + ((last - first) * tradingDaysPerYear) / 365
  return today + tradingDaysAfter(first, last)
}

/** Answers given before: a desk asks for the same few pairs of days each minute. */
const counted = new Map<number, number>()
const countedMax = 1_000

/** Trading days after day number `first`, up to and with `last`, at most `countedDaysMax` later. */
const tradingDaysAfter = (first: number, last: number): number => {
  const key = first * (countedDaysMax + 1) + Math.max(0, last - first)
  const known = counted.get(key)
  if (known !== undefined) return known
  let days = 0
  for (let date = first + 1; date <= last; date++) if (isTradingDate(date)) days++
  if (counted.size >= countedMax) counted.clear()
  counted.set(key, days)
  return days
}

/** A forecast of volatility over the next 5 and the next 21 trading days, annualised decimals over 252 days. */
export interface VolatilityForecast {
  readonly forecastVolatility5d: number
  readonly forecastVolatility21d: number
}

/**
 * Total variance of the log price over the next trading days.
 *
 * Up to 5 days at the 5-day level, then linear in total variance to the 21-day forecast, beyond it at the 21-day
 * level. Where the 21-day total is below the 5-day one the variance between them is 0, never negative.
 */
export const forecastTotalVariance = (
  forecast: VolatilityForecast,
  tradingDays: number
): number => {
  const variance5 = forecast.forecastVolatility5d ** 2 / tradingDaysPerYear
  const variance21 = forecast.forecastVolatility21d ** 2 / tradingDaysPerYear
  if (tradingDays <= 5) return variance5 * tradingDays
  if (tradingDays >= 21) return variance21 * tradingDays
  const total5 = 5 * variance5
  const total21 = Math.max(total5, 21 * variance21)
  return total5 + ((total21 - total5) * (tradingDays - 5)) / 16
}
