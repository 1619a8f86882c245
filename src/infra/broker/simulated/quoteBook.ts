/**
 * The exchange's book: the latest bar of each instrument and what may still be taken of its sizes.
 *
 * A bar's liquidity can be taken once: what was bought from it is gone until the next bar of that instrument. One row
 * of eight numbers per instrument, 64 bytes: an update touches one line of memory.
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

const bid = 0
const ask = 1
const bidSize = 2
const askSize = 3
/** Number of the bar at its source; 0 while the instrument has none today. */
const seq = 4
const bought = 5
const sold = 6
/** How many working orders name the instrument. */
const working = 7

export class QuoteBook {
  readonly #rows: Float64Array
  readonly #displayedShare: number

  constructor(instrumentCount: number, displayedShare: number) {
    this.#rows = new Float64Array(instrumentCount << 3)
    this.#displayedShare = displayedShare
  }

  /** Takes in a bar; true where an order works on its instrument. */
  update(quote: BoardQuote, quoteSeq: number): boolean {
    const rows = this.#rows
    const at = quote.instrument << 3
    rows[at] = quote.bidMicros
    rows[at + ask] = quote.askMicros
    rows[at + bidSize] = quote.bidSize
    rows[at + askSize] = quote.askSize
    rows[at + seq] = quoteSeq
    rows[at + bought] = 0
    rows[at + sold] = 0
    return rows[at + working] !== 0
  }

  /** The night: no bar of yesterday is tradable today. */
  clear(): void {
    for (let at = 0; at < this.#rows.length; at += 8) this.#rows.fill(0, at, at + working)
  }

  addWorking(instrument: number, orders: 1 | -1): void {
    this.#rows[(instrument << 3) + working]! += orders
  }

  isQuoted(instrument: number): boolean {
    return this.#rows[(instrument << 3) + seq]! > 0
  }

  /** What one would pay or get; 0 where the side is absent. */
  price(instrument: number, side: Side): number {
    return this.#rows[(instrument << 3) + (side === "Buy" ? ask : bid)]!
  }

  /** Contracts or shares that may still be taken from this bar. */
  available(instrument: number, side: Side): number {
    const at = instrument << 3
    const size = this.#rows[at + (side === "Buy" ? askSize : bidSize)]!
    const taken = this.#rows[at + (side === "Buy" ? bought : sold)]!
    return Math.ceil(size * this.#displayedShare) - taken
  }

  take(instrument: number, side: Side, quantity: number): void {
    this.#rows[(instrument << 3) + (side === "Buy" ? bought : sold)]! += quantity
  }

  /** All that was taken from the present bar of an instrument. */
  taken(instrument: number): Taken {
    const at = instrument << 3
    return {
      instrument,
      quoteSeq: this.#rows[at + seq]!,
      bought: this.#rows[at + bought]!,
      sold: this.#rows[at + sold]!
    }
  }

  /** Takes again what was taken from this bar before a restart. */
  retake(taken: Taken): void {
    const at = taken.instrument << 3
    if (this.#rows[at + seq] !== taken.quoteSeq) return
    this.#rows[at + bought] = taken.bought
    this.#rows[at + sold] = taken.sold
  }
}
