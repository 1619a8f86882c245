/**
 * Which record holds the latest quote of every instrument, so that a proposal can name the quotes it rests on.
 *
 * Kept apart from the board: record numbers shift with every restart, and what they decide is nothing.
 */
import { Schema } from "effect"

/** `rows`: instrument and seq of each quoted instrument, ascending, as one text with commas between. */
export const QuoteSeqsSnapshot = Schema.Struct({
  instrumentCount: Schema.Int,
  rows: Schema.String
})
export type QuoteSeqsSnapshot = typeof QuoteSeqsSnapshot.Type

export class QuoteSeqs {
  /** Seq + 1; 0 before the first quote. */
  readonly #after: Float64Array

  constructor(instrumentCount: number) {
    this.#after = new Float64Array(instrumentCount)
  }

  /** An instrument that is not listed is left out: typed arrays ignore it. */
  update(instrument: number, seq: number): void {
    this.#after[instrument] = seq + 1
  }

  /** The seqs of these instruments' latest quotes, ascending, each once; what was never quoted is left out. */
  of(instruments: Iterable<number>): ReadonlyArray<number> {
    const found = new Set<number>()
    for (const instrument of instruments) {
      const after = this.#after[instrument] ?? 0
      if (after > 0) found.add(after - 1)
    }
    return [...found].sort((a, b) => a - b)
  }

  snapshot(): QuoteSeqsSnapshot {
    const rows: Array<number> = []
    this.#after.forEach((after, instrument) => {
      if (after > 0) rows.push(instrument, after - 1)
    })
    return { instrumentCount: this.#after.length, rows: rows.join(",") }
  }

  static restore({ instrumentCount, rows }: QuoteSeqsSnapshot): QuoteSeqs {
    const seqs = new QuoteSeqs(instrumentCount)
    const numbers = rows === "" ? [] : rows.split(",").map(Number)
    for (let at = 0; at < numbers.length; at += 2) seqs.update(numbers[at]!, numbers[at + 1]!)
    return seqs
  }
}
