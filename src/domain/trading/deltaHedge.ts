/**
 * How many shares of the underlying bring a book's delta back inside its band, and what one contract's delta is.
 *
 * Delta is counted in shares: contracts times multiplier times delta per share, stock one each.
 */
import { Result } from "effect"
import { expirationCloseMs } from "../market/calendar.ts"
import { deltaOfOption, impliedVolatilityOf, type PricingInput } from "../pricing/engine.ts"

/** What is known of a contract and of the market when its delta is asked for. Prices in micro-USD. */
export interface DeltaQuestion {
  readonly optionType: "Call" | "Put"
  readonly style: "American" | "European"
  readonly strikeMicros: number
  readonly expiration: string
  readonly spotMicros: number
  readonly nowMs: number
  readonly riskFreeRate: number
  readonly dividendYield: number
  /** The contract's own midpoint; NaN where it has none. */
  readonly midMicros: number
  /** The surface's volatility at this strike and expiration; 0 where it has none. */
  readonly surfaceVolatility: number
}

const yearMs = 365 * 86_400_000

/**
 * Delta per share: at the surface's volatility, which every quote of the expiration had a say in, else at the one that
 * the contract's midpoint implies, else of the payoff: 1 in the money, 0 out of it, signed. Between -1 and 1.
 */
export const contractDelta = (question: DeltaQuestion): number => {
  const { optionType, strikeMicros, spotMicros, nowMs } = question
  const lastMs = expirationCloseMs(question.expiration) ?? nowMs
  const input = {
    style: question.style,
    right: optionType,
    spot: spotMicros / 1e6,
    strike: strikeMicros / 1e6,
    timeToExpirationYears: Math.max(0, lastMs - nowMs) / yearMs,
    riskFreeRate: question.riskFreeRate,
    dividendYield: question.dividendYield
  }
  const volatility = volatilityOf(input, question)
  const delta = volatility > 0 ? deltaOfOption({ ...input, volatility }) : undefined
  if (delta !== undefined && Result.isSuccess(delta) && Number.isFinite(delta.success)) {
    return Math.min(1, Math.max(-1, delta.success))
  }
  if (optionType === "Call") return spotMicros > strikeMicros ? 1 : 0
  return spotMicros < strikeMicros ? -1 : 0
}

const volatilityOf = (
  input: Omit<PricingInput, "volatility">,
  { midMicros, surfaceVolatility }: DeltaQuestion
): number => {
  if (surfaceVolatility > 0) return surfaceVolatility
  if (!(midMicros > 0 && input.timeToExpirationYears > 0)) return 0
  return Result.getOrElse(impliedVolatilityOf({ ...input, price: midMicros / 1e6 }), () => 0)
}

/**
 * Shares to buy (positive) or sell (negative): none while the delta is within `bandShares`, otherwise as many as bring
 * it to `insideShare` (0 to 1) of the band on its own side. Whole shares.
 */
export const hedgeShares = (
  netDeltaShares: number,
  bandShares: number,
  insideShare: number
): number => {
  const size = Math.abs(netDeltaShares)
  if (size <= bandShares) return 0
  const shares = Math.round(size - bandShares * insideShare)
  return netDeltaShares > 0 ? -shares : shares
}
