/**
 * How many shares of the underlying bring a book's delta back inside its band, and what one contract's delta is.
 *
 * Delta is counted in shares: contracts times multiplier times delta per share, stock one each.
 */
import { Result } from "effect"
import { expirationCloseMs } from "../market/calendar.ts"
import { impliedVolatilityOf, type PricingInput, priceOption } from "../pricing/engine.ts"

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
  /** The expiration's at-the-money volatility, where the contract's own price implies none; 0 where unknown. */
  readonly atmVolatility: number
}

const yearMs = 365 * 86_400_000

/**
 * Delta per share: at the volatility that the contract's midpoint implies, else at the expiration's at-the-money one,
 * else of the payoff: 1 in the money, 0 out of it, signed. Between -1 and 1.
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
  const value = volatility > 0 ? priceOption({ ...input, volatility }) : undefined
  if (value !== undefined && Result.isSuccess(value) && Number.isFinite(value.success.delta)) {
    return Math.min(1, Math.max(-1, value.success.delta))
  }
  if (optionType === "Call") return spotMicros > strikeMicros ? 1 : 0
  return spotMicros < strikeMicros ? -1 : 0
}

const volatilityOf = (
  input: Omit<PricingInput, "volatility">,
  { midMicros, atmVolatility }: DeltaQuestion
): number => {
  if (!(midMicros > 0 && input.timeToExpirationYears > 0)) return atmVolatility
  const implied = impliedVolatilityOf({ ...input, price: midMicros / 1e6 })
  return Result.isSuccess(implied) ? implied.success : atmVolatility
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
