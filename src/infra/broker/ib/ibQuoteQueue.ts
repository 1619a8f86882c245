/**
 * Quotes that wait to be taken, bounded: while there is room each waits by itself; beyond it the latest of an instrument
 * takes the place of its waiting one, which is counted, so that at most `quotesMax` and one per instrument wait.
 */
import type { BoardQuote } from "../../../domain/market/quoteBoard.ts"

export interface QueuedQuote extends BoardQuote {
  /** How many older quotes of the instrument it replaced. */
  readonly replaced: number
}

export class IbQuoteQueue {
  readonly #quotesMax: number
  #waiting: Array<QueuedQuote> = []
  #head = 0

  constructor(quotesMax: number) {
    this.#quotesMax = quotesMax
  }

  get size(): number {
    return this.#waiting.length - this.#head
  }

  offer(quote: BoardQuote): void {
    if (this.size >= this.#quotesMax) {
      const at = this.#waiting.findLastIndex((each) => each.instrument === quote.instrument)
      if (at >= this.#head) {
        const replaced = this.#waiting[at]!.replaced + 1
        this.#waiting[at] = { ...quote, replaced }
        return
      }
    }
    this.#waiting.push({ ...quote, replaced: 0 })
  }

  peek(): QueuedQuote | undefined {
    return this.#waiting[this.#head]
  }

  take(): QueuedQuote | undefined {
    const quote = this.#waiting[this.#head]
    if (quote === undefined) return undefined
    this.#head++
    if (this.#head > 1_024 && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head)
      this.#head = 0
    }
    return quote
  }
}
