/**
 * The regime model: volatility states filtered over a window of log variances, and a forecast of
 * volatility.
 *
 * States: a Gaussian hidden Markov model over the log of daily variance (log range is near normal:
 * Alizadeh, Brandt, Diebold 2002). Forecast: a heterogeneous autoregression of log variance (Corsi
 * 2009) with downside terms. This is the plain evaluation of what the ONNX artifact computes; the
 * two agree within 1e-6 (test/infra/inference).
 */
import { Schema } from "effect"
import { tradingDaysPerYear } from "../features/realizedVolatility.ts"
import { windowDays } from "../features/regimeFeatures.ts"
import { forward } from "./hmm.ts"

/** From calm to stressed: ascending mean of log variance. */
export const regimeStates = ["calm", "normal", "stressed"] as const
export type RegimeState = (typeof regimeStates)[number]

/** Trading days ahead over which volatility is forecast. */
export const forecastHorizonsDays = [5, 21] as const

/** The features from the last day of the window on: that day, then averages and downside. */
export const forecastFeatureAt = windowDays - 1

const Vector = Schema.Array(Schema.Finite)

export const RegimeParameters = Schema.Struct({
  hmm: Schema.Struct({
    /** The stationary probabilities: where the filter starts at the window's first day. */
    initial: Vector,
    transition: Schema.Array(Vector),
    means: Vector,
    variances: Vector
  }),
  /** One per horizon. */
  forecast: Schema.Array(
    Schema.Struct({
      horizonDays: Schema.Int,
      intercept: Schema.Finite,
      weights: Vector,
      /** Mean of exp(residual): turns the forecast of a log into one of a variance (Duan 1983). */
      smearing: Schema.Finite,
      /** Squared close-to-close returns over the range estimator, on the training data. */
      closeToCloseScale: Schema.Finite
    })
  )
})
export type RegimeParameters = typeof RegimeParameters.Type

/** `features` as `regimeFeatures` makes them. Volatilities are annualised decimals. */
export const evaluateRegimeModel = (
  parameters: RegimeParameters,
  features: ReadonlyArray<number>
): {
  readonly stateProbabilities: ReadonlyArray<number>
  readonly forecastVolatility: ReadonlyArray<number>
} => {
  const recent = features.slice(forecastFeatureAt)
  return {
    stateProbabilities: forward(parameters.hmm, features.slice(0, windowDays)).filtered.at(-1)!,
    forecastVolatility: parameters.forecast.map((each) => {
      const logVariance = each.weights.reduce(
        (total, weight, column) => total + weight * recent[column]!,
        each.intercept
      )
      const variancePerDay = Math.exp(logVariance) * each.smearing * each.closeToCloseScale
      return Math.sqrt(variancePerDay * tradingDaysPerYear)
    })
  }
}
