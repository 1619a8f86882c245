/** The early exercise premium of quoted options, so that European relations can be read off them. */
import { americanPrice } from "../../pricing/americanOption.ts"
import { blackScholesPrice } from "../../pricing/blackScholes.ts"
import { impliedVolatilityOrCode } from "../../pricing/impliedVolatility.ts"
import type { SurfaceMarket } from "./quotes.ts"

export type Carry = {
  readonly timeYears: number
  /** Continuous, implied by the forward: rate - ln(F / S) / T. */
  readonly dividendYield: number
}

/** American minus European value at `volatility`, never below 0; 0 for European options. */
export const earlyExercisePremium = (
  market: SurfaceMarket,
  carry: Carry,
  isCall: boolean,
  strike: number,
  volatility: number
): number => {
  if (market.style === "European") return 0
  const { spot, riskFreeRate } = market
  const { timeYears, dividendYield } = carry
  const american = americanPrice(
    "Fast",
    isCall,
    spot,
    strike,
    timeYears,
    riskFreeRate,
    dividendYield,
    volatility
  )
  const european = blackScholesPrice(
    isCall,
    spot,
    strike,
    timeYears,
    riskFreeRate,
    dividendYield,
    volatility
  )
  return Math.max(0, american - european)
}

const roundsMax = 4

/**
 * The volatility that gives `price`, exercise style included; 0 when there is none.
 *
 * Takes the premium at the last volatility off the price and inverts the European formula again:
 * for out-of-the-money options, where the premium is small, each round gains two digits.
 */
export const quotedVolatility = (
  market: SurfaceMarket,
  carry: Carry,
  isCall: boolean,
  strike: number,
  price: number
): number => {
  const { spot, riskFreeRate } = market
  const { timeYears, dividendYield } = carry
  let volatility = 0
  let premium = 0
  for (let round = 0; round < roundsMax; round++) {
    const next = impliedVolatilityOrCode(
      isCall,
      price - premium,
      spot,
      strike,
      timeYears,
      riskFreeRate,
      dividendYield
    )
    if (!(next > 0)) return 0
    const moved = Math.abs(next - volatility)
    volatility = next
    if (market.style === "European" || moved < 1e-6) break
    premium = earlyExercisePremium(market, carry, isCall, strike, volatility)
    if (premium === 0) break
  }
  return volatility
}
