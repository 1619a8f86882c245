/**
 * What the risk gate knows of the market when it judges: its own quotes, the chain, rates,
 * volatility by expiration.
 */
import type { OptionChain } from "../market/optionChain.ts"
import type { QuoteBoard } from "../market/quoteBoard.ts"
import type { SmileSlice } from "../market/surface/smileSlice.ts"
import { type OrderLeg, signOf } from "../trading/netPrice.ts"

export interface RiskMarket {
  readonly board: QuoteBoard
  readonly chain: OptionChain
  /** Options that are European; all others are American. */
  readonly europeans: ReadonlySet<number>
  /** At-the-money volatility by expiration, annualised, from the features. */
  readonly volatilities: ReadonlyMap<string, number>
  /** The last smile of each expiration, from the features. */
  readonly surface: ReadonlyArray<SmileSlice>
  /** Continuous, per year. */
  readonly riskFreeRate: number
  readonly dividendYield: number
}

export interface OptionTerms {
  readonly isCall: boolean
  readonly strikeMicros: number
  readonly expiration: string
  readonly lastTradeMs: number
  readonly multiplier: number
}

/** Undefined for the stock. */
export const optionTermsOf = (market: RiskMarket, instrument: number): OptionTerms | undefined => {
  const place = market.chain.place(instrument)
  if (place === undefined) return undefined
  const chain = market.chain.expirations[place.expirationIndex]!
  return {
    isCall: place.isCall,
    strikeMicros: chain.strikesMicros[place.strikeIndex]!,
    expiration: chain.expiration,
    lastTradeMs: chain.lastTradeMs,
    multiplier: chain.multiplier
  }
}

export const multiplierOf = (market: RiskMarket, instrument: number): number =>
  optionTermsOf(market, instrument)?.multiplier ?? 1

/** Midpoint; without a bid half the ask; undefined without an ask, which bounds no price. */
export const markMicros = ({ board }: RiskMarket, instrument: number): number | undefined => {
  const ask = board.askMicros[instrument] ?? 0
  return ask > 0 ? (board.bidMicros[instrument]! + ask) / 2 : undefined
}

export interface NetQuote {
  /** Net of the mids. */
  readonly midMicros: number
  /** Net at which all legs fill at once: bought at the ask, sold at the bid (0 where absent). */
  readonly naturalMicros: number
  /** Mids of all legs added up, bought and sold alike. */
  readonly grossMicros: number
}

/** Net quote of a combination; undefined where a leg has no ask. */
export const netQuoteOf = (
  market: RiskMarket,
  legs: ReadonlyArray<OrderLeg>
): NetQuote | undefined => {
  let midMicros = 0
  let naturalMicros = 0
  let grossMicros = 0
  for (const { instrument, side, ratio } of legs) {
    const mid = markMicros(market, instrument)
    if (mid === undefined) return undefined
    const { bidMicros, askMicros } = market.board
    const signed = signOf(side) * ratio
    midMicros += signed * mid
    grossMicros += ratio * mid
    naturalMicros += signed * (side === "Buy" ? askMicros[instrument]! : bidMicros[instrument]!)
  }
  return { midMicros, naturalMicros, grossMicros }
}
