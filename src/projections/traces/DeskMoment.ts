/**
 * What a proposal stands on, remembered as records go by: the quotes, the last interval, features and model answer.
 *
 * A quote costs two numbers in a typed array.
 */
import type { JournalRecord } from "../../domain/journal/record.ts"
import { asDeskRecord, type Of } from "../deskRecord.ts"
import { Listing } from "../listing.ts"

/** The quote that began a trade. `instrument` is -1 where the proposal named none. */
export interface RootQuote {
  readonly seq: number
  readonly timeMs: number
  readonly instrument: number
}

export class DeskMoment {
  listing = new Listing()
  interval: Of<"IntervalElapsed"> | undefined
  features: Of<"FeaturesComputed"> | undefined
  regime: Of<"RegimeClassified"> | undefined
  request: Of<"InferenceRequested"> | undefined
  answer: Of<"InferenceAnswered"> | undefined
  /** Seq and time of each instrument's last quote, side by side. */
  #quotes = new Float64Array(0)
  readonly #requests = new Map<string, Of<"InferenceRequested">>()

  quoted(seq: number, instrument: number, timeMs: number): void {
    const at = instrument * 2
    this.#quotes[at] = seq
    this.#quotes[at + 1] = timeMs
  }

  apply(input: JournalRecord): void {
    const record = asDeskRecord(input)
    switch (record.type) {
      case "InstrumentsListed":
        this.listing = new Listing(record.payload.underlying, record.payload.instruments)
        this.#quotes = new Float64Array(record.payload.instruments.length * 2)
        break
      case "IntervalElapsed":
        this.interval = record
        break
      case "FeaturesComputed":
        this.features = record
        break
      case "InferenceRequested":
        this.#requests.set(record.payload.requestId, record)
        break
      case "InferenceFailed":
        this.#requests.delete(record.payload.requestId)
        break
      case "InferenceAnswered": {
        const { requestId } = record.payload
        this.request = this.#requests.get(requestId)
        this.answer = record
        this.#requests.delete(requestId)
        break
      }
      case "RegimeClassified":
        this.regime = record
        break
    }
  }

  /** The newest quote of a proposal's basis; without one, the record that the proposal answers. */
  rootOf({ cause, logicalTimeMs, payload }: Of<"TradeProposed">): RootQuote {
    const seq = payload.basis.at(-1)
    if (seq === undefined) return { seq: cause, timeMs: logicalTimeMs, instrument: -1 }
    for (let at = 0; at < this.#quotes.length; at += 2) {
      const timeMs = this.#quotes[at + 1]!
      if (this.#quotes[at] === seq && timeMs > 0) return { seq, timeMs, instrument: at / 2 }
    }
    return { seq, timeMs: logicalTimeMs, instrument: -1 }
  }
}
