/**
 * The exchange's book: the latest bar of each instrument and what may still be taken of its sizes.
 *
 * A bar's liquidity can be taken once: what was bought from it is gone until the next bar of that instrument.
 */
import type { BoardQuote } from "../../../domain/market/quoteBoard.ts"
import type { Side } from "../../../domain/trading/netPrice.ts"

/** What was taken from the bar numbered `quoteSeq`. */
export interface Taken {
  readonly instrument: number
  readonly quoteSeq: number
  readonly bought: number
  readonly sold: number
}

export class QuoteBook {
  readonly bidMicros: Float64Array
  readonly askMicros: Float64Array
  readonly bidSize: Float64Array
  readonly askSize: Float64Array
  /** Number of the bar at its source; 0 while the instrument has none today. */
  readonly quoteSeq: Float64Array
  readonly #bought: Float64Array
  readonly #sold: Float64Array
  readonly #displayedShare: number

  constructor(instrumentCount: number, displayedShare: number) {
    this.bidMicros = new Float64Array(instrumentCount)
    this.askMicros = new Float64Array(instrumentCount)
    this.bidSize = new Float64Array(instrumentCount)
    this.askSize = new Float64Array(instrumentCount)
    this.quoteSeq = new Float64Array(instrumentCount)
    this.#bought = new Float64Array(instrumentCount)
    this.#sold = new Float64Array(instrumentCount)
    this.#displayedShare = displayedShare
  }

  update(quote: BoardQuote, quoteSeq: number): void {
    const at = quote.instrument
    this.bidMicros[at] = quote.bidMicros
    this.askMicros[at] = quote.askMicros
    this.bidSize[at] = quote.bidSize
    this.askSize[at] = quote.askSize
    this.quoteSeq[at] = quoteSeq
    this.#bought[at] = 0
    this.#sold[at] = 0
  }

  /** The night: no bar of yesterday is tradable today. */
  clear(): void {
    this.bidMicros.fill(0)
    this.askMicros.fill(0)
    this.quoteSeq.fill(0)
  }

  isQuoted(instrument: number): boolean {
    return this.quoteSeq[instrument]! > 0
  }

  /** What one would pay or get; 0 where the side is absent. */
  price(instrument: number, side: Side): number {
    return side === "Buy" ? this.askMicros[instrument]! : this.bidMicros[instrument]!
  }

  /** Contracts or shares that may still be taken from this bar. */
  available(instrument: number, side: Side): number {
    return side === "Buy"
      ? Math.ceil(this.askSize[instrument]! * this.#displayedShare) - this.#bought[instrument]!
      : Math.ceil(this.bidSize[instrument]! * this.#displayedShare) - this.#sold[instrument]!
  }

  take(instrument: number, side: Side, quantity: number): void {
    const column = side === "Buy" ? this.#bought : this.#sold
    column[instrument]! += quantity
  }

  /** All that was taken from the present bar of an instrument. */
  taken(instrument: number): Taken {
    return {
      instrument,
      quoteSeq: this.quoteSeq[instrument]!,
      bought: this.#bought[instrument]!,
      sold: this.#sold[instrument]!
    }
  }

  /** Takes again what was taken from this bar before a restart. */
  retake({ instrument, quoteSeq, bought, sold }: Taken): void {
    if (this.quoteSeq[instrument] !== quoteSeq) return
    this.#bought[instrument] = bought
    this.#sold[instrument] = sold
  }
}
