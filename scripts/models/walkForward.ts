/**
 * Judges the regime model on days that it was not fitted to.
 *
 * The forecast is fitted anew every 63 dates and the states every 504, each time to what had ended
 * before the first of those dates; no parameter sees a date that it is judged on. Forecasts of 5
 * and 21 days overlap from day to day, so neighbouring errors are not independent.
 */
import { annualisedVolatility } from "../../src/domain/features/realizedVolatility.ts"
import {
  evaluateRegimeModel,
  forecastHorizonsDays,
  type RegimeParameters,
  regimeStates
} from "../../src/domain/regime/regimeModel.ts"
import {
  fitForecast,
  fitStates,
  hmmFitOptions,
  type TrainingRow,
  type TrainingRun
} from "./fitRegime.ts"

const firstTrainingDates = 756
const forecastEveryDates = 63
const statesEveryDates = 504
/** RiskMetrics (1996), daily. */
const ewmaDecay = 0.94

interface Judged {
  readonly row: TrainingRow
  readonly stateProbabilities: ReadonlyArray<number>
  /** Per horizon, variance per day of close-to-close returns. */
  readonly model: ReadonlyArray<number>
  /** Per horizon: what turns a range variance into that of returns, as known before. */
  readonly scale: ReadonlyArray<number>
}

export const walkForward = (runs: ReadonlyArray<TrainingRun>, rows: ReadonlyArray<TrainingRow>) => {
  const dates = [...new Set(rows.map((row) => row.date))].sort()
  const judged: Array<Judged> = []
  let hmm: RegimeParameters["hmm"] | undefined
  let next = 0
  for (let at = firstTrainingDates; at < dates.length; at += forecastEveryDates) {
    const first = dates[at]!
    const end = dates[at + forecastEveryDates] ?? "9999-12-31"
    if (hmm === undefined || (at - firstTrainingDates) % statesEveryDates < forecastEveryDates)
      hmm = fitStates(runs, first, {
        ...hmmFitOptions,
        starts: 2,
        iterationsMax: 100,
        gainMin: 0.01
      })
    const parameters: RegimeParameters = { hmm, forecast: fitForecast(rows, first) }
    for (; next < rows.length && rows[next]!.date < end; next++) {
      const row = rows[next]!
      if (row.date < first) continue
      const { stateProbabilities, forecastVolatility } = evaluateRegimeModel(
        parameters,
        row.features
      )
      judged.push({
        row,
        stateProbabilities,
        model: forecastVolatility.map((volatility) => volatility ** 2 / 252),
        scale: parameters.forecast.map((each) => each.closeToCloseScale)
      })
    }
  }
  const ewma = new Map(runs.map((run) => [run, ewmaOf(run)]))
  return {
    method:
      "expanding window; forecast refitted every 63 dates, states every 504; " +
      "no parameter saw a date that it is judged on",
    firstDate: judged[0]!.row.date,
    lastDate: judged.at(-1)!.row.date,
    forecasts: judged.length,
    horizons: forecastHorizonsDays.map((horizonDays, horizon) => ({
      horizonDays,
      /** Target: mean of the range estimator over the horizon, scaled to close-to-close. */
      rangeVariance: scores(judged, {
        target: (each) => each.row.targets[horizon]!.variance * each.scale[horizon]!,
        forecasts: {
          model: (each) => each.model[horizon]!,
          naive: (each) => lastDays(each.row, horizonDays) * each.scale[horizon]!,
          ewma: (each) => ewma.get(each.row.run)!.variance[each.row.at]! * each.scale[horizon]!
        }
      }),
      /** Target: mean squared close-to-close return, free of the model's own estimator; noisier. */
      squaredReturns: scores(judged, {
        target: (each) => each.row.targets[horizon]!.squaredReturn,
        forecasts: {
          model: (each) => each.model[horizon]!,
          ewma: (each) => ewma.get(each.row.run)!.squaredReturn[each.row.at]!
        }
      })
    })),
    states: regimeStates.map((name, state) => {
      const days = judged.filter(
        (each) => each.stateProbabilities.indexOf(Math.max(...each.stateProbabilities)) === state
      )
      const variance =
        days.reduce((sum, each) => sum + each.row.targets[0]!.squaredReturn, 0) / days.length
      return {
        name,
        shareOfDays: round(days.length / judged.length),
        realizedVolatilityNext5Days:
          days.length === 0 ? null : round(annualisedVolatility(variance))
      }
    })
  }
}

interface Contest {
  readonly target: (each: Judged) => number
  readonly forecasts: Readonly<Record<string, (each: Judged) => number>>
}

/**
 * QLIKE = mean of target / forecast - ln(target / forecast) - 1: 0 is perfect, and it ranks
 * forecasts rightly even where the target is a noisy proxy (Patton 2011). `r2` is of log variance
 * against the target's own mean.
 */
const scores = (judged: ReadonlyArray<Judged>, contest: Contest) => {
  const usable = judged.filter((each) => contest.target(each) > 0)
  const logTargets = usable.map((each) => Math.log(contest.target(each)))
  const meanLog = logTargets.reduce((a, b) => a + b, 0) / logTargets.length
  const spread = logTargets.reduce((sum, value) => sum + (value - meanLog) ** 2, 0)
  return Object.fromEntries(
    Object.entries(contest.forecasts).map(([name, forecast]) => {
      let qlike = 0
      let missed = 0
      let bias = 0
      usable.forEach((each, at) => {
        const logRatio = logTargets[at]! - Math.log(forecast(each))
        qlike += Math.exp(logRatio) - logRatio - 1
        missed += logRatio ** 2
        bias += contest.target(each) / forecast(each)
      })
      return [
        name,
        {
          qlike: round(qlike / usable.length),
          r2: round(1 - missed / spread),
          meanTargetOverForecast: round(bias / usable.length)
        }
      ]
    })
  )
}

const lastDays = (row: TrainingRow, days: number): number => {
  const variances = row.run.series.logVariances.slice(row.at - days + 1, row.at + 1)
  return variances.reduce((sum, value) => sum + Math.exp(value), 0) / days
}

const ewmaOf = (run: TrainingRun) => ({
  variance: ewmaSeries(run.series.logVariances.map(Math.exp)),
  squaredReturn: ewmaSeries(run.series.logReturns.map((logReturn) => logReturn ** 2))
})

const ewmaSeries = (values: ReadonlyArray<number>): ReadonlyArray<number> => {
  let level = values.slice(0, 21).reduce((a, b) => a + b, 0) / 21
  return values.map((value) => {
    level = ewmaDecay * level + (1 - ewmaDecay) * value
    return level
  })
}

const round = (value: number): number => Math.round(value * 1e4) / 1e4
