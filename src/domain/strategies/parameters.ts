/**
 * The volatility strategy's parameters: what a certificate certifies. Any change is another strategy.
 *
 * Ratios and shares are decimals; deltas are absolute forward deltas; money is micro-USD.
 */
import { Schema } from "effect"

const Share = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
const Positive = Schema.Finite.check(Schema.isGreaterThan(0))
const NotNegative = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))
const Micros = Schema.Int.check(Schema.isGreaterThan(0))

export const VolatilityStrategyParameters = Schema.Struct({
  /** Implied over forecast deviation to expiration from which volatility is sold. */
  impliedOverForecastMinToSell: Positive,
  /** Down to which it is bought; 0 never buys. */
  impliedOverForecastMaxToBuy: NotNegative,
  /** Trading days to expiration of what is opened. */
  tradingDaysMin: Positive,
  tradingDaysMax: Positive,
  /** An expiration is left out where the forward volatility into it is above this many times its own: an event. */
  forwardVolatilityOverAtmMax: Positive,
  /** Deltas of the strikes nearer to the money and of the wings. */
  innerDelta: Share,
  outerDelta: Share,
  /** 25-delta skew over at-the-money volatility: from here the puts alone, below `skewFlat` the calls alone are rich. */
  skewSteep: NotNegative,
  skewFlat: Schema.Finite,
  /** A leg's ask less bid over its midpoint, at most. */
  legSpreadOverMidMax: Positive,
  /** Model value less natural price and commissions, over the most that can be lost, at least. */
  edgeOverMaxLossMin: NotNegative,
  /** What a contract costs to open; closing is assumed to cost it again. */
  commissionMicrosPerContract: Micros,
  /** Most that one position may lose, fees aside. */
  maxLossMicrosPerTrade: Micros,
  quantityMax: Micros,
  /** Share of the smallest displayed size that an order may ask for. */
  displayedShareMax: Share,
  /** Positions at once, at most one per expiration. */
  positionsMax: Micros,
  /** Of the half spread, added to the midpoint: the first limit, and how much each new proposal gives in; at most 1. */
  firstConcession: Share,
  concessionStep: Share,
  /** Proposals in a row that found no fill before a pause. */
  attemptsMax: Micros,
  /** Pause after a refusal, and after `attemptsMax`. */
  cooldownMs: Micros,
  /** Pause after a position was closed. */
  reentryMs: Micros,
  /** Profit over the entry's net price at which a position is closed. */
  profitTargetOverEntry: Positive,
  /** Loss over the most that can be lost at which it is closed. */
  stopLossOverMaxLoss: Positive,
  /** A position with fewer trading days left is closed. */
  exitTradingDays: NotNegative,
  /** Nothing is opened with less time left in the session. */
  entryMinutesToCloseMin: NotNegative,
  /** Under the close policy `flatten`, everything is closed from here on. */
  flattenMinutesToClose: Positive
})
export type VolatilityStrategyParameters = typeof VolatilityStrategyParameters.Type

/**
 * What is certified: condors of 20 and 5 delta sold where implied is 15 % above the forecast. Buying, nearer strikes and
 * lower thresholds were validated too and failed (docs/validation.md).
 */
export const volatilityDefaults: VolatilityStrategyParameters = {
  impliedOverForecastMinToSell: 1.15,
  impliedOverForecastMaxToBuy: 0,
  tradingDaysMin: 10,
  tradingDaysMax: 42,
  forwardVolatilityOverAtmMax: 1.5,
  innerDelta: 0.2,
  outerDelta: 0.05,
  skewSteep: 0.4,
  skewFlat: 0,
  legSpreadOverMidMax: 0.25,
  edgeOverMaxLossMin: 0.01,
  commissionMicrosPerContract: 700_000,
  maxLossMicrosPerTrade: 15_000_000_000,
  quantityMax: 5,
  displayedShareMax: 0.5,
  positionsMax: 1,
  firstConcession: 0.25,
  concessionStep: 0.25,
  attemptsMax: 5,
  cooldownMs: 300_000,
  reentryMs: 3_600_000,
  profitTargetOverEntry: 0.5,
  stopLossOverMaxLoss: 0.5,
  exitTradingDays: 5,
  entryMinutesToCloseMin: 30,
  flattenMinutesToClose: 15
}

const strategyName = "volatility"

/**
 * The parameters as one line, in the order of the schema: what their hash is taken over. Two parameter sets are the same
 * strategy exactly when these lines are equal.
 */
export const parametersText = (parameters: VolatilityStrategyParameters): string =>
  `${strategyName} ${JSON.stringify(
    Object.keys(VolatilityStrategyParameters.fields).map((name) => [
      name,
      parameters[name as keyof VolatilityStrategyParameters]
    ])
  )}`

/** Where parameters contradict each other, one sentence; undefined where they don't. */
export const parametersFault = (parameters: VolatilityStrategyParameters): string | undefined => {
  const { innerDelta, outerDelta, tradingDaysMin, tradingDaysMax, skewFlat, skewSteep } = parameters
  const { impliedOverForecastMinToSell: sell, impliedOverForecastMaxToBuy: buy } = parameters
  if (outerDelta >= innerDelta) {
    return `outerDelta was ${outerDelta}, less than innerDelta ${innerDelta} is allowed`
  }
  if (innerDelta >= 0.5) return `innerDelta was ${innerDelta}, less than 0.5 is allowed`
  if (tradingDaysMin > tradingDaysMax) {
    return `tradingDaysMin was ${tradingDaysMin}, at most tradingDaysMax ${tradingDaysMax} is allowed`
  }
  if (skewFlat >= skewSteep)
    return `skewFlat was ${skewFlat}, less than skewSteep ${skewSteep} is allowed`
  if (sell < 1) return `impliedOverForecastMinToSell was ${sell}, at least 1 is allowed`
  return buy <= 1 ? undefined : `impliedOverForecastMaxToBuy was ${buy}, at most 1 is allowed`
}
