/** Quotes of one expiration as points of total variance by log-moneyness, out-of-the-money sides only. */
import { type Carry, quotedVolatility } from "./earlyExercise.ts"
import type { ImpliedForward } from "./parity.ts"
import { type ExpirationQuotes, isTwoSided, type SurfaceMarket } from "./quotes.ts"

export type SlicePoint = {
  readonly strike: number
  readonly isCall: boolean
  /** ln(strike / forward) */
  readonly k: number
  /** Of the middle of bid and ask. */
  readonly volatility: number
  /** (ask - bid) / vega: the quote's width in volatility. */
  readonly volatilityWidth: number
}

const inverseRootTwoPi = 0.3989422804014327

/**
 * One point per strike whose out-of-the-money side is quoted on both sides and has a volatility.
 * `widthMax`: quotes wider than this in volatility say nothing and are left out.
 */
export const slicePoints = (
  market: SurfaceMarket,
  quotes: ExpirationQuotes,
  implied: ImpliedForward,
  widthMax = 0.5
): ReadonlyArray<SlicePoint> => {
  const timeYears = quotes.timeToExpirationYears
  const carry: Carry = { timeYears, dividendYield: implied.dividendYield }
  const points: Array<SlicePoint> = []
  for (const quote of quotes.strikes) {
    const isCall = quote.strike >= implied.forward
    const bid = isCall ? quote.callBid : quote.putBid
    const ask = isCall ? quote.callAsk : quote.putAsk
    if (!isTwoSided(bid, ask)) continue
    const volatility = quotedVolatility(market, carry, isCall, quote.strike, (bid + ask) / 2)
    if (!(volatility > 0)) continue
    const k = Math.log(quote.strike / implied.forward)
    const deviation = volatility * Math.sqrt(timeYears)
    const d1 = -k / deviation + deviation / 2
    const vega =
      market.spot *
      Math.exp(-implied.dividendYield * timeYears - 0.5 * d1 * d1) *
      inverseRootTwoPi *
      Math.sqrt(timeYears)
    const volatilityWidth = Math.max(ask - bid, 0.01) / vega
    if (volatilityWidth > widthMax) continue
    points.push({ strike: quote.strike, isCall, k, volatility, volatilityWidth })
  }
  return points
}
