/**
 * The last quote of each instrument and the last known price of each side, in typed arrays: an update allocates
 * nothing.
 *
 * A side that is 0 had no quote that minute; that does not make the position worthless. So a mark is the side's last
 * known price, and it has an age.
 */
import type { QuotePayload } from "../actors/records/market.ts"

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

export class LastQuotes {
  readonly #seq: Float64Array
  readonly #bid: Float64Array
  readonly #ask: Float64Array
  readonly #bidSize: Float64Array
  readonly #askSize: Float64Array
  readonly #time: Float64Array
  readonly #knownBid: Float64Array
  readonly #knownBidTime: Float64Array
  readonly #knownAsk: Float64Array
  readonly #knownAskTime: Float64Array

  constructor(instrumentCount: number) {
    const column = () => new Float64Array(instrumentCount)
    this.#seq = column()
    this.#bid = column()
    this.#ask = column()
    this.#bidSize = column()
    this.#askSize = column()
    this.#time = column()
    this.#knownBid = column()
    this.#knownBidTime = column()
    this.#knownAsk = column()
    this.#knownAskTime = column()
  }

  get instrumentCount(): number {
    return this.#seq.length
  }

  /** Takes a quote in. One of an instrument that is not listed is left out: typed arrays ignore it. */
  update(seq: number, quote: QuotePayload): void {
    const at = quote.instrument
    this.#seq[at] = seq
    this.#bid[at] = quote.bidMicros
    this.#ask[at] = quote.askMicros
    this.#bidSize[at] = quote.bidSize
    this.#askSize[at] = quote.askSize
    this.#time[at] = quote.timeMs
    if (quote.bidMicros > 0) {
      this.#knownBid[at] = quote.bidMicros
      this.#knownBidTime[at] = quote.timeMs
    }
    if (quote.askMicros > 0) {
      this.#knownAsk[at] = quote.askMicros
      this.#knownAskTime[at] = quote.timeMs
    }
  }

  /** The last quote of an instrument; undefined before the first. */
  seen(instrument: number): SeenQuote | undefined {
    const timeMs = this.#time[instrument] ?? 0
    if (timeMs === 0) return undefined
    return {
      seq: this.#seq[instrument]!,
      bidMicros: this.#bid[instrument]!,
      askMicros: this.#ask[instrument]!,
      bidSize: this.#bidSize[instrument]!,
      askSize: this.#askSize[instrument]!,
      timeMs
    }
  }

  bid(instrument: number): Mark | undefined {
    return markOf(this.#knownBid[instrument], this.#knownBidTime[instrument])
  }

  ask(instrument: number): Mark | undefined {
    return markOf(this.#knownAsk[instrument], this.#knownAskTime[instrument])
  }

  /** What closes a position: the bid for a long one, the ask for a short one; undefined before that side's first quote. */
  mark(instrument: number, quantity: number): Mark | undefined {
    return quantity > 0 ? this.bid(instrument) : this.ask(instrument)
  }
}

const markOf = (micros: number | undefined, timeMs: number | undefined): Mark | undefined =>
  micros === undefined || timeMs === undefined || micros === 0 ? undefined : { micros, timeMs }
