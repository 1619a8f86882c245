/**
 * Black-76: European options on a forward or future. It is Black-Scholes-Merton with the forward as
 * spot and the rate as yield, so it inherits that kernel's accuracy and edge values.
 * Source: Black, The pricing of commodity contracts (1976).
 */
import type { Result } from "effect"
import { evaluateBlackScholes, type OptionRight } from "./blackScholes.ts"
import { type ImpliedVolatilityUndefined, impliedVolatility } from "./impliedVolatility.ts"

export type Black76Input = {
  readonly right: OptionRight
  /** Currency, > 0. */
  readonly forward: number
  readonly strike: number
  readonly timeToExpirationYears: number
  readonly riskFreeRate: number
  readonly volatility: number
}

export type Black76Greeks = {
  readonly price: number
  /** By the forward, discounted. */
  readonly deltaPerForward: number
  readonly gammaPerForward2: number
  readonly vegaPerVol: number
  /** With the forward held. */
  readonly thetaPerYear: number
  /** With the forward held: only the discounting moves. */
  readonly rhoPerRate: number
  readonly vannaPerVol: number
  readonly volgaPerVol2: number
}

/** Value and greeks by the forward. */
export const black76Greeks = (input: Black76Input): Black76Greeks => {
  const out = new Float64Array(17)
  const { forward, strike, timeToExpirationYears: time, riskFreeRate: rate } = input
  evaluateBlackScholes(
    input.right === "Call",
    forward,
    strike,
    time,
    rate,
    rate,
    input.volatility,
    out
  )
  return {
    price: out[0]!,
    deltaPerForward: out[1]!,
    gammaPerForward2: out[2]!,
    vegaPerVol: out[3]!,
    thetaPerYear: out[4]!,
    rhoPerRate: -time * out[0]!,
    vannaPerVol: out[7]!,
    volgaPerVol2: out[8]!
  }
}

/** The volatility at which Black-76 gives `price`, or why there is none. */
export const black76ImpliedVolatility = (
  input: Omit<Black76Input, "volatility"> & { readonly price: number }
): Result.Result<number, ImpliedVolatilityUndefined> =>
  impliedVolatility({
    right: input.right,
    price: input.price,
    spot: input.forward,
    strike: input.strike,
    timeToExpirationYears: input.timeToExpirationYears,
    riskFreeRate: input.riskFreeRate,
    dividendYield: input.riskFreeRate
  })
