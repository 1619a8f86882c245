/**
 * When the model supports a proposal: the rule behind the cognition verdict, a function of the proposal's own
 * numbers and the model's latest answer.
 */
import { forecastTotalVariance } from "../features/tradingTime.ts"
import type { RegimeAssessment } from "../regime/regime.ts"

/** Names in a proposal's rationale that the rule reads; a strategy that wants a yes states them. */
export const viewName = "volatilityView"
export const impliedVolatilityName = "impliedVolatility"
export const timeToExpirationName = "timeToExpirationYears"
export const tradingDaysName = "tradingDaysToExpiration"

export interface CognitionLimits {
  /** Volatility is not sold while the probability of the stressed state is above this. */
  readonly stressedProbabilityMax: number
  /** Implied over forecast: at least this to sell volatility. At least 1. */
  readonly impliedOverForecastMinToSell: number
  /** Implied over forecast: at most this to buy volatility. At most 1. */
  readonly impliedOverForecastMaxToBuy: number
}

export interface CognitionAnswer {
  readonly yes: boolean
  readonly reasons: ReadonlyArray<string>
}

/**
 * `volatilityView` -1 sells volatility, +1 buys it. Implied and forecast are compared as total deviation up to the
 * expiration: calendar time for the one, trading days for the other. A proposal without these numbers gets a no.
 */
export const judgeProposal = (
  rationale: Readonly<Record<string, number>>,
  assessment: RegimeAssessment,
  limits: CognitionLimits
): CognitionAnswer => {
  const view = rationale[viewName]
  const implied = rationale[impliedVolatilityName]
  const years = rationale[timeToExpirationName]
  const tradingDays = rationale[tradingDaysName]
  if (view !== 1 && view !== -1)
    return no("no-view: the proposal states no volatilityView of -1 or 1")
  if (!isPositive(implied) || !isPositive(years) || !isPositive(tradingDays)) {
    return no("no-view: the proposal states no implied volatility or time to expiration")
  }
  const ratio = Math.sqrt(
    (implied * implied * years) / forecastTotalVariance(assessment, tradingDays)
  )
  const seen = `implied is ${ratio.toFixed(4)} of the forecast over ${tradingDays.toFixed(2)} trading days`
  const stressed = assessment.stateProbabilities.stressed
  if (view === -1 && stressed > limits.stressedProbabilityMax) {
    return no(
      `stressed-regime: probability ${stressed.toFixed(4)}, at most ${limits.stressedProbabilityMax} to sell volatility`
    )
  }
  if (view === -1 && ratio < limits.impliedOverForecastMinToSell) {
    return no(`forecast-against: ${seen}, at least ${limits.impliedOverForecastMinToSell} to sell`)
  }
  if (view === 1 && ratio > limits.impliedOverForecastMaxToBuy) {
    return no(`forecast-against: ${seen}, at most ${limits.impliedOverForecastMaxToBuy} to buy`)
  }
  return { yes: true, reasons: [`forecast-supports: ${seen}; the regime is ${assessment.state}`] }
}

const no = (reason: string): CognitionAnswer => ({ yes: false, reasons: [reason] })

const isPositive = (value: number | undefined): value is number => value !== undefined && value > 0
