/** What traders read off a surface: level, skew, wings and term structure. */
import { normalCdf, normalQuantile } from "../../pricing/normal.ts"
import type { ExpirationSurface, VolatilitySurface } from "./surface.ts"
import { type SviSlice, totalVariance, varianceSlope } from "./svi.ts"

export type SmileMeasures = {
  readonly expiration: string
  readonly timeToExpirationYears: number
  /** At the forward. */
  readonly atmVolatility: number
  /** d volatility / d ln(strike) at the forward. */
  readonly atmSkewPerLogStrike: number
  /** Volatility of the 25-delta call less that of the 25-delta put (forward deltas). */
  readonly riskReversal25: number
  /** Their mean less the volatility at the forward. */
  readonly butterfly25: number
}

export type TermMeasures = {
  readonly from: string
  readonly to: string
  /** Of the variance between the two expirations, at the forward. */
  readonly forwardVolatility: number
  /** Difference of at-the-forward volatilities over the difference of years. */
  readonly slopePerYear: number
}

const volatilityOf = (slice: SviSlice, k: number, timeYears: number): number =>
  Math.sqrt(totalVariance(slice, k) / timeYears)

/**
 * Log-moneyness at which an option's forward delta is `delta` (0 < delta < 1: a call; -1 < delta < 0: a put).
 * Bisection: delta falls along the strike of any smile without butterfly arbitrage.
 */
export const logMoneynessAtDelta = (slice: SviSlice, delta: number): number => {
  const callDelta = delta > 0 ? delta : 1 + delta
  const wide = Math.sqrt(totalVariance(slice, 0)) * (2 + Math.abs(normalQuantile(callDelta)))
  let low = -4 * wide - 0.05
  let high = 4 * wide + 0.05
  for (let step = 0; step < 80; step++) {
    const k = (low + high) / 2
    const deviation = Math.sqrt(totalVariance(slice, k))
    if (normalCdf(-k / deviation + deviation / 2) > callDelta) low = k
    else high = k
  }
  return (low + high) / 2
}

export const smileMeasures = (each: ExpirationSurface): SmileMeasures => {
  const { slice } = each.fit
  const timeYears = each.timeToExpirationYears
  const atmVolatility = volatilityOf(slice, 0, timeYears)
  const call = volatilityOf(slice, logMoneynessAtDelta(slice, 0.25), timeYears)
  const put = volatilityOf(slice, logMoneynessAtDelta(slice, -0.25), timeYears)
  return {
    expiration: each.expiration,
    timeToExpirationYears: timeYears,
    atmVolatility,
    atmSkewPerLogStrike: varianceSlope(slice, 0) / (2 * atmVolatility * timeYears),
    riskReversal25: call - put,
    butterfly25: (call + put) / 2 - atmVolatility
  }
}

/** Between each expiration and the next. */
export const termMeasures = (surface: VolatilitySurface): ReadonlyArray<TermMeasures> =>
  surface.expirations.slice(1).map((later, index) => {
    const earlier = surface.expirations[index]!
    const years = later.timeToExpirationYears - earlier.timeToExpirationYears
    const laterVariance = totalVariance(later.fit.slice, 0)
    const earlierVariance = totalVariance(earlier.fit.slice, 0)
    const laterVolatility = Math.sqrt(laterVariance / later.timeToExpirationYears)
    const earlierVolatility = Math.sqrt(earlierVariance / earlier.timeToExpirationYears)
    return {
      from: earlier.expiration,
      to: later.expiration,
      forwardVolatility: Math.sqrt(Math.max(0, laterVariance - earlierVariance) / years),
      slopePerYear: (laterVolatility - earlierVolatility) / years
    }
  })
