/** What a list of returns proves: Sharpe ratios, how likely luck is, how deep it went. All functions are pure. */
import { uniformAt } from "../chance.ts"
import { normalCdf, normalQuantile } from "../pricing/normal.ts"

export const meanOf = (values: ReadonlyArray<number>): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** Sample standard deviation; 0 for fewer than two values. */
export const deviationOf = (values: ReadonlyArray<number>): number => {
  if (values.length < 2) return 0
  const mean = meanOf(values)
  return Math.sqrt(
    values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
  )
}

/** Mean over deviation, per observation; 0 where the values do not vary. */
export const sharpeOf = (values: ReadonlyArray<number>): number => {
  const deviation = deviationOf(values)
  return deviation > 0 ? meanOf(values) / deviation : 0
}

/**
 * One-sided p-value of a mean above 0: the share of resamples of the centred values whose mean is at least the observed
 * one, counting the observation itself. Values are taken as independent. Deterministic in `seed`.
 */
export const bootstrapPValue = (
  values: ReadonlyArray<number>,
  options: { readonly resamples: number; readonly seed: number }
): number => {
  const observed = meanOf(values)
  let atLeast = 1
  for (let resample = 0; resample < options.resamples; resample++) {
    let sum = 0
    for (let at = 0; at < values.length; at++) {
      const draw = Math.floor(uniformAt(options.seed, resample, at) * values.length)
      sum += values[draw]! - observed
    }
    if (sum / values.length >= observed) atLeast++
  }
  return atLeast / (options.resamples + 1)
}

/** Third standardised moment (0 for a symmetric sample) and fourth (3 for a normal one). */
export const momentsOf = (
  values: ReadonlyArray<number>
): { readonly skewness: number; readonly kurtosis: number } => {
  const mean = meanOf(values)
  const moment = (power: number) => meanOf(values.map((value) => (value - mean) ** power))
  const variance = moment(2)
  return variance > 0
    ? { skewness: moment(3) / variance ** 1.5, kurtosis: moment(4) / variance ** 2 }
    : { skewness: 0, kurtosis: 3 }
}

const eulerMascheroni = 0.5772156649015329

export interface SharpeFigures {
  /** Per observation, like the trials' deviation. */
  readonly sharpe: number
  readonly observations: number
  readonly skewness: number
  readonly kurtosis: number
  readonly trials: number
  /** Standard deviation of the trials' Sharpe ratios. */
  readonly trialDeviation: number
}

/**
 * Probability that the true Sharpe ratio is above what the best of the trials would show by luck alone. With one trial it
 * is the probabilistic Sharpe ratio against 0. Source: Bailey and Lopez de Prado, The Deflated Sharpe Ratio (2014).
 */
export const deflatedSharpe = (figures: SharpeFigures): number => {
  const { sharpe, observations, skewness, kurtosis, trials, trialDeviation } = figures
  const byLuck =
    trials < 2
      ? 0
      : trialDeviation *
        ((1 - eulerMascheroni) * normalQuantile(1 - 1 / trials) +
          eulerMascheroni * normalQuantile(1 - 1 / (trials * Math.E)))
  const error = Math.sqrt(1 - skewness * sharpe + ((kurtosis - 1) / 4) * sharpe * sharpe)
  return normalCdf(((sharpe - byLuck) * Math.sqrt(observations - 1)) / error)
}

/** The deepest fall of the running sum below its highest point so far, as a positive number. */
export const maxDrawdownOf = (values: ReadonlyArray<number>): number => {
  let sum = 0
  let peak = 0
  let deepest = 0
  for (const value of values) {
    sum += value
    peak = Math.max(peak, sum)
    deepest = Math.max(deepest, peak - sum)
  }
  return deepest
}
