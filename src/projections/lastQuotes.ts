/**
 * The last quote of each instrument and the last known price of each side, in a typed array: an
 * update allocates nothing.
 *
 * A side that is 0 had no quote that minute; that does not make the position worthless. So a mark
 * is the side's last known price, and it has an age.
 */
import type { QuotePayload } from "../actors/ports/records/market.ts"

/** What one unit is worth at the side that would close it. */
export interface Mark {
  readonly micros: number
  /** When that side was last quoted, epoch ms. */
  readonly timeMs: number
}

/** A quote as it stood, with the seq of its record. */
export interface SeenQuote {
  readonly seq: number
  readonly bidMicros: number
  readonly askMicros: number
  readonly bidSize: number
  readonly askSize: number
  readonly timeMs: number
}

/** Columns of a row; a row of an instrument lies in one or two cache lines. */
const seqAt = 0
const bidAt = 1
const askAt = 2
const bidSizeAt = 3
const askSizeAt = 4
const timeAt = 5
const knownBidAt = 6
const knownBidTimeAt = 7
const knownAskAt = 8
const knownAskTimeAt = 9
const columns = 10

export class LastQuotes {
  readonly #rows: Float64Array

  constructor(instrumentCount: number) {
    this.#rows = new Float64Array(instrumentCount * columns)
  }

  /**
   * Takes a quote in. One of an instrument that is not listed is left out: typed arrays ignore it.
   */
  update(seq: number, quote: QuotePayload): void {
    const rows = this.#rows
    const row = quote.instrument * columns
    const { bidMicros, askMicros, timeMs } = quote
    rows[row + seqAt] = seq
    rows[row + bidAt] = bidMicros
    rows[row + askAt] = askMicros
    rows[row + bidSizeAt] = quote.bidSize
    rows[row + askSizeAt] = quote.askSize
    rows[row + timeAt] = timeMs
    if (bidMicros > 0) {
      rows[row + knownBidAt] = bidMicros
      rows[row + knownBidTimeAt] = timeMs
    }
    if (askMicros > 0) {
      rows[row + knownAskAt] = askMicros
      rows[row + knownAskTimeAt] = timeMs
    }
  }

  /** The last quote of an instrument; undefined before the first. */
  seen(instrument: number): SeenQuote | undefined {
    const rows = this.#rows
    const row = instrument * columns
    const timeMs = rows[row + timeAt] ?? 0
    if (timeMs === 0) return undefined
    return {
      seq: rows[row + seqAt]!,
      bidMicros: rows[row + bidAt]!,
      askMicros: rows[row + askAt]!,
      bidSize: rows[row + bidSizeAt]!,
      askSize: rows[row + askSizeAt]!,
      timeMs
    }
  }

  /** The last known bid; undefined before the first. */
  bid(instrument: number): Mark | undefined {
    const row = instrument * columns
    return markOf(this.#rows[row + knownBidAt], this.#rows[row + knownBidTimeAt])
  }

  /** The last known ask; undefined before the first. */
  ask(instrument: number): Mark | undefined {
    const row = instrument * columns
    return markOf(this.#rows[row + knownAskAt], this.#rows[row + knownAskTimeAt])
  }

  /**
   * What closes a position: the bid for a long one, the ask for a short one; undefined before that
   * side's first quote.
   */
  mark(instrument: number, quantity: number): Mark | undefined {
    return quantity > 0 ? this.bid(instrument) : this.ask(instrument)
  }
}

const markOf = (micros: number | undefined, timeMs: number | undefined): Mark | undefined =>
  micros === undefined || timeMs === undefined || micros === 0 ? undefined : { micros, timeMs }
