/**
 * The latest quote of every instrument, in typed arrays: an update writes six numbers and allocates nothing.
 *
 * Each actor that needs quotes owns one. Prices are integer micro-USD per share, 0 where a side is absent.
 */
import { Schema } from "effect"

/** What an update reads: a `Quote` record's payload, or anything with the same numbers. */
export interface BoardQuote {
  readonly instrument: number
  readonly bidMicros: number
  readonly askMicros: number
  readonly bidSize: number
  readonly askSize: number
  readonly timeMs: number
}

/**
 * `rows`: instrument, bid, ask, bid size, ask size, time of each quoted instrument, in ascending order, as one text of
 * numbers with commas between: a snapshot holds many thousand, and a schema that looks at each would cost milliseconds.
 */
export const QuoteBoardSnapshot = Schema.Struct({
  instrumentCount: Schema.Int,
  rows: Schema.String
})
export type QuoteBoardSnapshot = typeof QuoteBoardSnapshot.Type

const numbersPerRow = 6

export class QuoteBoard {
  /** Instruments are 0 to `instrumentCount` - 1; the board throws on an update of any other. */
  readonly instrumentCount: number
  readonly bidMicros: Float64Array
  readonly askMicros: Float64Array
  readonly bidSize: Float64Array
  readonly askSize: Float64Array
  /** When the quote was known, epoch ms; 0 before the first one. */
  readonly timeMs: Float64Array

  constructor(instrumentCount: number) {
    this.instrumentCount = instrumentCount
    this.bidMicros = new Float64Array(instrumentCount)
    this.askMicros = new Float64Array(instrumentCount)
    this.bidSize = new Float64Array(instrumentCount)
    this.askSize = new Float64Array(instrumentCount)
    this.timeMs = new Float64Array(instrumentCount)
  }

  update(quote: BoardQuote): void {
    const at = quote.instrument
    if (!(at >= 0 && at < this.instrumentCount)) {
      throw new Error(`quote of instrument ${at}, of which ${this.instrumentCount} are listed`)
    }
    this.bidMicros[at] = quote.bidMicros
    this.askMicros[at] = quote.askMicros
    this.bidSize[at] = quote.bidSize
    this.askSize[at] = quote.askSize
    this.timeMs[at] = quote.timeMs
  }

  isQuoted(instrument: number): boolean {
    return this.timeMs[instrument]! > 0
  }

  /** Both sides are present and the bid is not above the ask. */
  isTwoSided(instrument: number): boolean {
    const bid = this.bidMicros[instrument]!
    return bid > 0 && this.askMicros[instrument]! >= bid
  }

  /** Midpoint in micro-USD, which may be a half; NaN unless two-sided. */
  midMicros(instrument: number): number {
    return this.isTwoSided(instrument)
      ? (this.bidMicros[instrument]! + this.askMicros[instrument]!) / 2
      : Number.NaN
  }

  /** Ask less bid in micro-USD; NaN unless two-sided. */
  spreadMicros(instrument: number): number {
    return this.isTwoSided(instrument)
      ? this.askMicros[instrument]! - this.bidMicros[instrument]!
      : Number.NaN
  }

  /** Age of the last quote; Infinity before the first one. */
  ageMs(instrument: number, nowMs: number): number {
    const timeMs = this.timeMs[instrument]!
    return timeMs > 0 ? nowMs - timeMs : Number.POSITIVE_INFINITY
  }

  snapshot(): QuoteBoardSnapshot {
    const rows: Array<number> = []
    for (let at = 0; at < this.instrumentCount; at++) {
      if (!this.isQuoted(at)) continue
      rows.push(
        at,
        this.bidMicros[at]!,
        this.askMicros[at]!,
        this.bidSize[at]!,
        this.askSize[at]!,
        this.timeMs[at]!
      )
    }
    return { instrumentCount: this.instrumentCount, rows: rows.join(",") }
  }

  static restore(snapshot: QuoteBoardSnapshot): QuoteBoard {
    const board = new QuoteBoard(snapshot.instrumentCount)
    const rows = snapshot.rows === "" ? [] : snapshot.rows.split(",").map(Number)
    for (let row = 0; row < rows.length; row += numbersPerRow) {
      board.update({
        instrument: rows[row]!,
        bidMicros: rows[row + 1]!,
        askMicros: rows[row + 2]!,
        bidSize: rows[row + 3]!,
        askSize: rows[row + 4]!,
        timeMs: rows[row + 5]!
      })
    }
    return board
  }
}
