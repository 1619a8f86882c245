/**
 * Checks of an order's prices: fresh quotes, the limit against mid, mids against the model. Each: a
 * reason, or nothing.
 */
import { Option, Result } from "effect"
import { priceOption } from "../pricing/engine.ts"
import { pricingInputOf } from "./greeks.ts"
import type { OrderTerms } from "./orderTerms.ts"
import type { RiskLimits } from "./riskLimits.ts"
import { markMicros, netQuoteOf, optionTermsOf, type RiskMarket } from "./riskMarket.ts"

type Reason = string | undefined

/** Every leg and the underlying. */
export const checkStaleQuotes = (
  terms: OrderTerms,
  market: RiskMarket,
  nowMs: number,
  limits: RiskLimits
): Reason => {
  const { board, chain } = market
  for (const instrument of [chain.stock, ...terms.legs.map((leg) => leg.instrument)]) {
    if (!(instrument >= 0 && instrument < board.instrumentCount)) {
      return `unknown-instrument: ${instrument}, of which ${board.instrumentCount} are listed`
    }
    if (!board.isQuoted(instrument)) return `stale-quote: instrument ${instrument} has no quote yet`
    const ageMs = board.ageMs(instrument, nowMs)
    if (ageMs > limits.quoteAgeMsMax) {
      const most = limits.quoteAgeMsMax
      return `stale-quote: instrument ${instrument} is ${ageMs} ms old, at most ${most} ms`
    }
  }
  return undefined
}

/** The limit is not worse than mid by more than the collar. Better prices are never refused. */
export const checkCollar = (terms: OrderTerms, market: RiskMarket, limits: RiskLimits): Reason => {
  const quote = netQuoteOf(market, terms.legs)
  if (quote === undefined) return "price-collar: a leg has no ask, so no price bounds the order"
  const { midMicros, naturalMicros, grossMicros } = quote
  if (naturalMicros < midMicros) {
    return `crossed-market: it fills at ${naturalMicros} micro-USD, better than mid ${midMicros}`
  }
  const worst =
    midMicros +
    limits.collarSpreads * (naturalMicros - midMicros) +
    limits.collarMicros +
    (limits.collarBasisPoints / 10_000) * grossMicros
  return terms.limitNetMicros > worst
    ? `price-collar: limit ${terms.limitNetMicros} micro-USD a share, ` +
        `at most ${Math.floor(worst)} at mid ${midMicros}`
    : undefined
}

/**
 * Each option leg's mid lies between its model values at the lowest and the highest credible
 * volatility. An opening trade without a model is refused; others go on: they reduce risk.
 */
export const checkModelValue = (
  terms: OrderTerms,
  market: RiskMarket,
  nowMs: number,
  limits: RiskLimits
): Reason => {
  if (terms.kind !== "Open") return undefined
  for (const { instrument } of terms.legs) {
    const option = optionTermsOf(market, instrument)
    if (option === undefined) continue
    const mark = markMicros(market, instrument)
    const volatility = market.volatilities.get(option.expiration)
    const input = pricingInputOf(market, instrument, option, nowMs)
    if (mark === undefined || volatility === undefined || Option.isNone(input)) {
      const missing = `no at-the-money volatility of ${option.expiration} or no price`
      return `model-value: none for instrument ${instrument}: ${missing}`
    }
    const valueAt = (multiple: number) =>
      Result.map(
        priceOption({ ...input.value, volatility: volatility * multiple }),
        ({ price }) => price * 1_000_000
      )
    const low = valueAt(limits.modelVolatilityLowest)
    const high = valueAt(limits.modelVolatilityHighest)
    if (Result.isFailure(low)) return `model-value: ${low.failure.field} is ${low.failure.value}`
    if (Result.isFailure(high)) return `model-value: ${high.failure.field} is ${high.failure.value}`
    const tolerance = limits.modelToleranceMicros
    if (mark < low.success - tolerance || mark > high.success + tolerance) {
      const band = `${Math.round(low.success)} to ${Math.round(high.success)}`
      const says = `the model says ${band}, ${tolerance} beyond`
      return `model-value: instrument ${instrument} is at ${mark} micro-USD, ${says}`
    }
  }
  return undefined
}
