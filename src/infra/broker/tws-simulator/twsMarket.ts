/** The market that the TWS simulator serves: a listing, its quotes in time, and its past. */
import type { BoardQuote } from "../../../domain/market/quoteBoard.ts"
import type { SimulatedMarket } from "../simulated/market.ts"

/** One bar in USD; `timeMs` is its start, epoch ms. */
export interface MarketBar {
  readonly timeMs: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
}

export interface TwsMarket extends SimulatedMarket {
  readonly underlying: string
  readonly underlyingKind: "STK" | "IND"
  /** Whole name of the underlying, for people. */
  readonly longName: string
  /** Continuous, per year. */
  readonly riskFreeRate: number
  readonly dividendYield: number
  /** Where its clock starts and where its quotes end (Infinity: never), epoch ms. */
  readonly startMs: number
  readonly endMs: number
  /** Numbers of quotes go on after this one, which the exchange's log knows of. */
  readonly begin: (quoteSeq: number, nowMs: number) => void
  /** Instruments somebody looks at or trades in: a market that is made on demand quotes these alone. */
  readonly follow: (instruments: ReadonlySet<number>, nowMs: number) => void
  /** When the next quote is due, epoch ms; Infinity for none. */
  readonly nextDueMs: () => number
  /** The next quote, and its number, rising by 1. */
  readonly next: () => { readonly quote: BoardQuote; readonly quoteSeq: number }
  /** A quote of now where the market is made on demand, with its number; undefined where quotes come by themselves. */
  readonly quoteNow: (
    instrument: number,
    nowMs: number
  ) => { readonly quote: BoardQuote; readonly quoteSeq: number } | undefined
  /** The volatility that quotes are made of, where it is known. */
  readonly volatilityOf: (instrument: number, nowMs: number) => number | undefined
  /** Bars of an instrument in [fromMs, toMs), oldest first, without those in which nothing was. */
  readonly bars: (
    instrument: number,
    fromMs: number,
    toMs: number,
    barMs: number
  ) => ReadonlyArray<MarketBar>
  /** The stock's volume of the day so far, in shares. */
  readonly volumeAt: (nowMs: number) => number
  /** Last price before this day in USD; undefined where unknown. */
  readonly previousClose: number | undefined
}
