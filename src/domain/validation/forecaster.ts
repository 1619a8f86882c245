/**
 * The volatility forecast as it would have been made on each past day: fitted anew at intervals, always to what had
 * ended before, with a pause between the last training target and the first day that is judged.
 *
 * The form is that of the regime model's forecast (heterogeneous autoregression of log variance, Corsi 2009).
 */
import { Result } from "effect"
import type { DailyBar } from "../features/dailyBar.ts"
import { contiguousRuns } from "../features/dailyBar.ts"
import { tradingDaysPerYear } from "../features/realizedVolatility.ts"
import {
  type DailySeries,
  dailySeries,
  featureRow,
  windowDays
} from "../features/regimeFeatures.ts"
import type { VolatilityForecast } from "../features/tradingTime.ts"
import { leastSquares } from "../models/leastSquares.ts"
import { forecastFeatureAt, forecastHorizonsDays } from "../regime/regimeModel.ts"

export interface DatedForecast extends VolatilityForecast {
  readonly date: string
  /** Adjusted close of that day, in the unit of the bars. */
  readonly close: number
  /** Root mean square of the last 252 daily log returns, annualised; of all there are while there are fewer. */
  readonly trailingVolatility: number
}

export interface ForecasterOptions {
  /** Days before the first forecast. */
  readonly trainingDaysMin: number
  readonly refitEveryDays: number
  /** Days left out between the end of the last training target and the first day forecast with it. */
  readonly embargoDays: number
}

interface Fit {
  readonly coefficients: ReadonlyArray<number>
  /** Turns the forecast of a log into one of close-to-close variance per day. */
  readonly scale: number
}

const trailingDays = 252

/** One forecast per day from `trainingDaysMin` on; the longest contiguous run of bars is used. */
export const walkForwardForecasts = (
  bars: ReadonlyArray<DailyBar>,
  options: ForecasterOptions
): ReadonlyArray<DatedForecast> => {
  const run = contiguousRuns(bars).reduce<ReadonlyArray<DailyBar>>(
    (longest, each) => (each.length > longest.length ? each : longest),
    []
  )
  const series = dailySeries(run)
  const rows = series.logVariances.map((_, at) =>
    at < windowDays - 1 ? [] : [1, ...featureRow(series, at).slice(forecastFeatureAt)]
  )
  const forecasts: Array<DatedForecast> = []
  let fits: ReadonlyArray<Fit> = []
  for (let at = options.trainingDaysMin; at < rows.length; at++) {
    if ((at - options.trainingDaysMin) % options.refitEveryDays === 0) {
      const knownThrough = at - options.embargoDays
      fits = forecastHorizonsDays.map((days) => fitHorizon(series, rows, days, knownThrough))
    }
    const [five, twentyOne] = fits.map((each) => volatility(each, rows[at]!))
    forecasts.push({
      date: run[at + 1]!.date,
      close: run[at + 1]!.close,
      forecastVolatility5d: five!,
      forecastVolatility21d: twentyOne!,
      trailingVolatility: trailing(series, at)
    })
  }
  return forecasts
}

/** Least squares over rows whose target, the `days` after them, had ended by entry `knownThrough`. */
const fitHorizon = (
  series: DailySeries,
  rows: ReadonlyArray<ReadonlyArray<number>>,
  days: number,
  knownThrough: number
): Fit => {
  const inputs: Array<ReadonlyArray<number>> = []
  const targets: Array<number> = []
  let squaredReturns = 0
  for (let at = windowDays - 1; at + days <= knownThrough; at++) {
    let variance = 0
    for (let day = at + 1; day <= at + days; day++) {
      variance += Math.exp(series.logVariances[day]!) / days
      squaredReturns += series.logReturns[day]! ** 2 / days
    }
    inputs.push(rows[at]!)
    targets.push(Math.log(variance))
  }
  const coefficients = Result.getOrThrow(leastSquares(inputs, targets))
  const expected = inputs.reduce((sum, row) => sum + Math.exp(dot(coefficients, row)), 0)
  // One factor for both: the mean of an exponential, and squared returns over the range estimator.
  return { coefficients, scale: squaredReturns / expected }
}

const volatility = (each: Fit, row: ReadonlyArray<number>): number =>
  Math.sqrt(Math.exp(dot(each.coefficients, row)) * each.scale * tradingDaysPerYear)

const trailing = (series: DailySeries, at: number): number => {
  const returns = series.logReturns.slice(Math.max(0, at - trailingDays + 1), at + 1)
  const sum = returns.reduce((total, value) => total + value * value, 0)
  return Math.sqrt((sum / returns.length) * tradingDaysPerYear)
}

const dot = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number =>
  a.reduce((sum, value, at) => sum + value * b[at]!, 0)
