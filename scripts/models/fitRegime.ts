/**
 * Fits the regime model's parameters to runs of daily bars: states by expectation maximisation,
 * forecast by OLS.
 */
import { Result } from "effect"
import { contiguousRuns, type DailyBar } from "../../src/domain/features/dailyBar.ts"
import {
  barsMin,
  type DailySeries,
  dailySeries,
  featureRow,
  windowDays
} from "../../src/domain/features/regimeFeatures.ts"
import { leastSquares } from "../../src/domain/models/leastSquares.ts"
import { stationaryProbabilities } from "../../src/domain/regime/hmm.ts"
import { fitGaussianHmm, type HmmFitOptions } from "../../src/domain/regime/hmmFit.ts"
import {
  forecastFeatureAt,
  forecastHorizonsDays,
  type RegimeParameters,
  regimeStates
} from "../../src/domain/regime/regimeModel.ts"

/** One contiguous run of one symbol. Entry t of `series` and `dates` is bar t + 1. */
export interface TrainingRun {
  readonly symbol: string
  readonly dates: ReadonlyArray<string>
  readonly series: DailySeries
}

/** One day's forecast problem: what was known after `date`, and what came in the days after it. */
export interface TrainingRow {
  readonly run: TrainingRun
  readonly at: number
  readonly date: string
  readonly features: ReadonlyArray<number>
  /** Per horizon: the last date of the target, and means per day over it. */
  readonly targets: ReadonlyArray<{
    readonly endDate: string
    readonly variance: number
    readonly squaredReturn: number
  }>
}

export const hmmFitOptions: HmmFitOptions = {
  states: regimeStates.length,
  starts: 8,
  seed: 20151224,
  iterationsMax: 3000,
  gainMin: 1e-8,
  varianceShareMin: 0.01,
  orderBy: "mean"
}

/** Runs too short for one row of features are left out. */
export const trainingRuns = (
  symbol: string,
  bars: ReadonlyArray<DailyBar>
): ReadonlyArray<TrainingRun> =>
  contiguousRuns(bars)
    .filter((run) => run.length >= barsMin)
    .map((run) => ({
      symbol,
      dates: run.slice(1).map((bar) => bar.date),
      series: dailySeries(run)
    }))

/** Rows whose longest target is complete, in order of date, then symbol. */
export const trainingRows = (runs: ReadonlyArray<TrainingRun>): ReadonlyArray<TrainingRow> => {
  const longest = Math.max(...forecastHorizonsDays)
  const rows: Array<TrainingRow> = []
  for (const run of runs)
    for (let at = windowDays - 1; at + longest < run.dates.length; at++)
      rows.push({
        run,
        at,
        date: run.dates[at]!,
        features: featureRow(run.series, at),
        targets: forecastHorizonsDays.map((days) => ({
          endDate: run.dates[at + days]!,
          variance: meanOver(at + 1, days, (day) => Math.exp(run.series.logVariances[day]!)),
          squaredReturn: meanOver(at + 1, days, (day) => run.series.logReturns[day]! ** 2)
        }))
      })
  return rows.sort((a, b) => compare(a.date, b.date) || compare(a.run.symbol, b.run.symbol))
}

/** The states over each run's entries before `before`. */
export const fitStates = (
  runs: ReadonlyArray<TrainingRun>,
  before: string,
  options: HmmFitOptions
): RegimeParameters["hmm"] => {
  const sequences = runs
    .map((run) => run.series.logVariances.filter((_, at) => run.dates[at]! < before))
    .filter((sequence) => sequence.length > 0)
  const { model } = Result.getOrThrow(fitGaussianHmm(sequences, options))
  const transition = model.transition.map(roundedShares)
  return {
    initial: roundedShares(stationaryProbabilities(transition)),
    transition,
    means: model.means.map(rounded),
    variances: model.variances.map(rounded)
  }
}

/** The forecast of each horizon from rows whose target ended before `before`. */
export const fitForecast = (
  rows: ReadonlyArray<TrainingRow>,
  before: string
): RegimeParameters["forecast"] =>
  forecastHorizonsDays.map((horizonDays, horizon) => {
    const known = rows.filter((row) => row.targets[horizon]!.endDate < before)
    const inputs = known.map((row) => [1, ...row.features.slice(forecastFeatureAt)])
    const logTargets = known.map((row) => Math.log(row.targets[horizon]!.variance))
    const [intercept, ...weights] = Result.getOrThrow(leastSquares(inputs, logTargets)).map(rounded)
    const residuals = inputs.map(
      ([, ...input], at) =>
        logTargets[at]! - input.reduce((sum, value, i) => sum + value * weights[i]!, intercept!)
    )
    const sumOf = (pick: (target: TrainingRow["targets"][number]) => number) =>
      known.reduce((sum, row) => sum + pick(row.targets[horizon]!), 0)
    return {
      horizonDays,
      intercept: intercept!,
      weights,
      smearing: rounded(
        residuals.reduce((sum, residual) => sum + Math.exp(residual), 0) / residuals.length
      ),
      closeToCloseScale: rounded(
        sumOf((target) => target.squaredReturn) / sumOf((target) => target.variance)
      )
    }
  })

const meanOver = (from: number, days: number, value: (day: number) => number): number => {
  let sum = 0
  for (let day = from; day < from + days; day++) sum += value(day)
  return sum / days
}

/**
 * Six decimals: a last bit of Math.exp that differs between engines does not reach the artifact.
 */
const rounded = (value: number): number => Math.round(value * 1e6) / 1e6

/** Rounded probabilities that still sum to 1: the largest takes what rounding left. */
const roundedShares = (values: ReadonlyArray<number>): ReadonlyArray<number> => {
  const result = values.map(rounded)
  const largest = result.indexOf(Math.max(...result))
  const others = result.reduce((sum, value, at) => (at === largest ? sum : sum + value), 0)
  return result.map((value, at) => (at === largest ? rounded(1 - others) : value))
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
