/**
 * The inputs of the regime model, from the daily bars of one stock: the same code in training and
 * live.
 *
 * A row at day t reads bars t-63 .. t and nothing later.
 */
import { Result, Schema } from "effect"
import type { DailyBar } from "./dailyBar.ts"
import { dailyVariance, garmanKlassVariance, type PriceRange } from "./realizedVolatility.ts"

/** Days of log variance that the states are filtered over. */
export const windowDays = 63
/** The fewest bars a row needs: the window, and the close before its first day. */
export const barsMin = windowDays + 1
const weekDays = 5
const monthDays = 22
/** A day without any move still has a variance: 0.16 % a year, far below one price tick. */
const varianceFloorPerDay = 1e-8
/** Below half an hour of a 6.5 hour session the range says too little about the day. */
export const elapsedFractionMin = 1 / 13

/**
 * Names of the features, in the order of the vector: the window (oldest day first), then averages
 * and downside.
 */
export const regimeFeatureNames: ReadonlyArray<string> = [
  ...Array.from({ length: windowDays }, (_, at) => `logVarianceLag${windowDays - 1 - at}`),
  "logVarianceWeek",
  "logVarianceMonth",
  "logVarianceQuarter",
  "downsideDay",
  "downsideWeek"
]

export class TooFewBars extends Schema.TaggedError<TooFewBars>()("TooFewBars", {
  bars: Schema.Int,
  required: Schema.Int
}) {
  override get message(): string {
    return `regime features need ${this.required} daily bars, there were ${this.bars}`
  }
}

export class SessionTooYoung extends Schema.TaggedError<SessionTooYoung>()("SessionTooYoung", {
  elapsedFraction: Schema.Number
}) {
  override get message(): string {
    const fraction = this.elapsedFraction
    return `the session was ${fraction} of a day, features need ${elapsedFractionMin} to 1`
  }
}

/**
 * One entry per bar after the first: log of its daily variance, and its close-to-close log return.
 */
export interface DailySeries {
  readonly logVariances: ReadonlyArray<number>
  readonly logReturns: ReadonlyArray<number>
}

export const dailySeries = (bars: ReadonlyArray<DailyBar>): DailySeries => {
  const logVariances: Array<number> = []
  const logReturns: Array<number> = []
  for (let at = 1; at < bars.length; at++) {
    const previousClose = bars[at - 1]!.close
    logVariances.push(
      Math.log(Math.max(varianceFloorPerDay, dailyVariance(previousClose, bars[at]!)))
    )
    logReturns.push(Math.log(bars[at]!.close / previousClose))
  }
  return { logVariances, logReturns }
}

/**
 * The features at entry `at` of a series; `at` >= 62. Log variances are per day; downside is in
 * percent, >= 0.
 */
export const featureRow = (series: DailySeries, at: number): ReadonlyArray<number> => {
  const window = series.logVariances.slice(at - windowDays + 1, at + 1)
  const downside = series.logReturns
    .slice(at - weekDays + 1, at + 1)
    .map((logReturn) => 100 * Math.max(0, -logReturn))
  return [
    ...window,
    mean(window.slice(-weekDays)),
    mean(window.slice(-monthDays)),
    mean(window),
    downside.at(-1)!,
    mean(downside)
  ]
}

/** The features after the last of `bars`, which are one contiguous run in date order. */
export const regimeFeatures = (
  bars: ReadonlyArray<DailyBar>
): Result.Result<ReadonlyArray<number>, TooFewBars> => {
  if (bars.length < barsMin)
    return Result.fail(new TooFewBars({ bars: bars.length, required: barsMin }))
  const series = dailySeries(bars.slice(-barsMin))
  return Result.succeed(featureRow(series, series.logVariances.length - 1))
}

/**
 * The features inside a session: today so far counts as the newest day, its range scaled up to a
 * full day.
 *
 * `session`: first, highest, lowest and last price since the open, in any unit that `bars` use.
 * `elapsedFraction`: minutes since the open / 390, 1/13 to 1; the variance of the session is
 * divided by it (a diffusion's range grows with the square root of time), the overnight move is
 * not. Noisier than a finished day; fails with `SessionTooYoung`.
 */
export const regimeFeaturesInSession = (
  bars: ReadonlyArray<DailyBar>,
  session: PriceRange,
  elapsedFraction: number
): Result.Result<ReadonlyArray<number>, TooFewBars | SessionTooYoung> => {
  if (!(elapsedFraction >= elapsedFractionMin && elapsedFraction <= 1))
    return Result.fail(new SessionTooYoung({ elapsedFraction }))
  if (bars.length < barsMin - 1)
    return Result.fail(new TooFewBars({ bars: bars.length, required: barsMin - 1 }))
  const past = dailySeries(bars.slice(-(barsMin - 1)))
  const previousClose = bars.at(-1)!.close
  const variance =
    Math.log(session.open / previousClose) ** 2 + garmanKlassVariance(session) / elapsedFraction
  const series: DailySeries = {
    logVariances: [...past.logVariances, Math.log(Math.max(varianceFloorPerDay, variance))],
    logReturns: [...past.logReturns, Math.log(session.close / previousClose)]
  }
  return Result.succeed(featureRow(series, series.logVariances.length - 1))
}

/**
 * The mean of several stocks' features: what a stock without a history of its own borrows from its
 * peers.
 */
export const peerFeatures = (rows: ReadonlyArray<ReadonlyArray<number>>): ReadonlyArray<number> =>
  regimeFeatureNames.map((_, column) => mean(rows.map((row) => row[column]!)))

const mean = (values: ReadonlyArray<number>): number => {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}
