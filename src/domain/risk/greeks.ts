/**
 * Greeks of positions: values by the pricing engine, each option at the surface's volatility, or at
 * the one that its strike's out-of-the-money side implies. Deterministic: quotes, time and positions
 * in, numbers out.
 */
import { Option, Result, Schema } from "effect"
import { surfaceVolatility } from "../market/surface/smileSlice.ts"
import { impliedVolatilityOf, type PricingInput, riskOfOption } from "../pricing/engine.ts"
import type { Holdings } from "../trading/holdings.ts"
import { markMicros, type OptionTerms, optionTermsOf, type RiskMarket } from "./riskMarket.ts"

export const Greeks = Schema.Struct({
  /** Shares of the underlying. */
  deltaShares: Schema.Finite,
  /** Shares of delta per USD of the underlying. */
  gammaSharesPerUsd: Schema.Finite,
  /** USD per point (0.01) of volatility. */
  vegaUsdPerVolPoint: Schema.Finite
})
export type Greeks = typeof Greeks.Type

export const noGreeks: Greeks = { deltaShares: 0, gammaSharesPerUsd: 0, vegaUsdPerVolPoint: 0 }

export const addGreeks = (a: Greeks, b: Greeks, times = 1): Greeks => ({
  deltaShares: a.deltaShares + times * b.deltaShares,
  gammaSharesPerUsd: a.gammaSharesPerUsd + times * b.gammaSharesPerUsd,
  vegaUsdPerVolPoint: a.vegaUsdPerVolPoint + times * b.vegaUsdPerVolPoint
})

/**
 * Greeks of signed quantities; `unpriced` are options without any volatility, which count as their
 * exercise value.
 */
export interface BookGreeks extends Greeks {
  readonly unpriced: ReadonlyArray<number>
}

export const greeksOfHoldings = (
  market: RiskMarket,
  holdings: Holdings,
  nowMs: number
): BookGreeks => {
  let sum = noGreeks
  const unpriced: Array<number> = []
  for (const [instrument, quantity] of holdings) {
    const terms = optionTermsOf(market, instrument)
    if (terms === undefined) {
      sum = addGreeks(sum, { ...noGreeks, deltaShares: 1 }, quantity)
      continue
    }
    const greeks = greeksOfOption(market, instrument, terms, nowMs)
    if (Option.isNone(greeks)) unpriced.push(instrument)
    sum = addGreeks(
      sum,
      Option.getOrElse(greeks, () => atExercise(market, terms)),
      quantity
    )
  }
  return { ...sum, unpriced }
}

/** The option's engine input but for volatility; none without an underlying price. */
export const pricingInputOf = (
  market: RiskMarket,
  instrument: number,
  terms: OptionTerms,
  nowMs: number
): Option.Option<Omit<PricingInput, "volatility">> => {
  const spot = markMicros(market, market.chain.stock)
  if (spot === undefined) return Option.none()
  return Option.some({
    style: market.europeans.has(instrument) ? "European" : "American",
    right: terms.isCall ? "Call" : "Put",
    spot: spot / microsPerUsd,
    strike: terms.strikeMicros / microsPerUsd,
    timeToExpirationYears: Math.max(0, terms.lastTradeMs - nowMs) / yearMs,
    riskFreeRate: market.riskFreeRate,
    dividendYield: market.dividendYield
  })
}

/** Of one contract held long. */
const greeksOfOption = (
  market: RiskMarket,
  instrument: number,
  terms: OptionTerms,
  nowMs: number
): Option.Option<Greeks> => {
  const input = pricingInputOf(market, instrument, terms, nowMs)
  if (Option.isNone(input)) return Option.none()
  const volatility = volatilityOf(market, instrument, terms, input.value)
  if (volatility === 0) return Option.none()
  return Option.map(
    Result.getSuccess(riskOfOption({ ...input.value, volatility })),
    ({ delta, gamma, vegaPerVol }) => ({
      deltaShares: delta * terms.multiplier,
      gammaSharesPerUsd: gamma * terms.multiplier,
      vegaUsdPerVolPoint: (vegaPerVol * terms.multiplier) / 100
    })
  )
}

/**
 * The surface's. Where it lacks the expiration, implied by the mid of the strike's out-of-the-money
 * side, read as European: there early exercise is worth least, and quotes are tightest for their
 * value. Without such a quote the expiration's at-the-money volatility; 0 for none.
 */
const volatilityOf = (
  market: RiskMarket,
  instrument: number,
  terms: OptionTerms,
  input: Omit<PricingInput, "volatility">
): number => {
  const fitted = surfaceVolatility(market.surface, terms.expiration, terms.strikeMicros)
  if (fitted > 0) return fitted
  const { expirationIndex, strikeIndex } = market.chain.place(instrument)!
  const { calls, puts } = market.chain.expirations[expirationIndex]!
  const isCall = input.strike >= input.spot
  const side = (isCall ? calls : puts)[strikeIndex]!
  const fallback = market.volatilities.get(terms.expiration) ?? 0
  if (side < 0 || !market.board.isTwoSided(side)) return fallback
  const price = market.board.midMicros(side) / microsPerUsd
  const right = isCall ? "Call" : "Put"
  return Result.getOrElse(
    impliedVolatilityOf({ ...input, style: "European", right, price }),
    () => fallback
  )
}

const atExercise = (
  market: RiskMarket,
  { isCall, strikeMicros, multiplier }: OptionTerms
): Greeks => {
  const spot = markMicros(market, market.chain.stock) ?? 0
  const inTheMoney = isCall ? spot > strikeMicros : spot < strikeMicros
  return { ...noGreeks, deltaShares: inTheMoney ? (isCall ? multiplier : -multiplier) : 0 }
}

const microsPerUsd = 1_000_000
const yearMs = 365 * 86_400_000
