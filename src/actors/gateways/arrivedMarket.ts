/**
 * A market whose quotes come over a wire: the listing and the history first, then each day from its open to its close.
 *
 * Inputs are numbered as they come. A source that says everything again after a resume is heard from its start: what has
 * its record already is left out by its number.
 */
import type { InputDraft, PayloadOf } from "../../domain/journal/record.ts"
import type { Instrument } from "../../domain/market/contract.ts"
import type { SessionQuotes } from "../../domain/market/sessionQuotes.ts"
import type { QuoteSource } from "../ports/Gateway.ts"
import {
  type DailyHistoryLoaded,
  marketSource,
  type QuotePayload,
  TradingSessionStatus
} from "../ports/records/market.ts"
import { preambleOf } from "./marketPreamble.ts"

export interface ArrivedMarketOptions {
  readonly name: string
  readonly underlying: string
  readonly instruments: ReadonlyArray<Instrument>
  readonly days: SessionQuotes["days"]
  readonly riskFreeRate: number
  readonly dividendYield: number
  readonly contentHash: string
  readonly history: ReadonlyArray<PayloadOf<typeof DailyHistoryLoaded>>
}

interface Arrived {
  readonly dueMs: number
  readonly input: InputDraft
}

/** So many inputs that were taken are kept, for a host that gives some back. */
const keptMax = 4_096

export class ArrivedMarket implements QuoteSource {
  readonly #options: ArrivedMarketOptions
  readonly #inputs: Array<Arrived> = []
  /** Number of the first of `#inputs`, from 1. */
  #firstSeq = 1
  /** Number of the next input to be taken. */
  #nextSeq = 1
  #day = 0
  #isOpen = false

  constructor(options: ArrivedMarketOptions) {
    this.#options = options
    const firstMs = options.days[0]?.openMs ?? Number.POSITIVE_INFINITY
    const { name, underlying, instruments, contentHash, history } = options
    const report = { rows: 0, badRows: 0, notTradable: 0 }
    for (const draft of preambleOf({
      session: { name, underlying, instruments, report },
      contentHash,
      history
    })) {
      this.#push(firstMs, draft)
    }
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Epoch ms of the next opening or closing that is not told yet; Infinity after the last. */
  nextStatusMs(): number {
    const day = this.#options.days[this.#day]
    if (day === undefined) return Number.POSITIVE_INFINITY
    return this.#isOpen ? day.closeMs : day.openMs
  }

  /** Tells the opening or the closing that is due. All quotes up to it must have come. */
  tellStatus(): void {
    const { days, riskFreeRate, dividendYield } = this.#options
    const day = days[this.#day]
    if (day === undefined) throw new Error("the market has no opening after its last day")
    const { date, openMs, closeMs } = day
    const draft = TradingSessionStatus.make({
      date,
      status: this.#isOpen ? "Closed" : "Open",
      openMs,
      closeMs,
      riskFreeRate,
      dividendYield,
      last: this.#isOpen && this.#day === days.length - 1
    })
    this.#push(this.#isOpen ? closeMs : openMs, draft)
    if (this.#isOpen) this.#day++
    this.#isOpen = !this.#isOpen
  }

  /** A quote came; outside the trading hours it is left out. */
  quote(payload: QuotePayload): void {
    if (!this.#isOpen) return
    this.#push(payload.timeMs, { type: "Quote", correlation: "", payload })
  }

  nextDueMs(): number {
    return this.#inputs[this.#nextSeq - this.#firstSeq]?.dueMs ?? Number.POSITIVE_INFINITY
  }

  next(): InputDraft {
    const next = this.#inputs[this.#nextSeq - this.#firstSeq]
    if (next === undefined) throw new Error("no market input has come")
    this.#nextSeq++
    this.#forgetTaken()
    return next.input
  }

  resumeAfter(sourceSeq: number): void {
    if (sourceSeq + 1 < this.#firstSeq) {
      throw new Error(`market input ${sourceSeq + 1} is not kept any more`)
    }
    this.#nextSeq = sourceSeq + 1
    this.#forgetTaken()
  }

  #push(dueMs: number, draft: Omit<InputDraft, "source" | "sourceSeq">): void {
    const sourceSeq = this.#firstSeq + this.#inputs.length
    this.#inputs.push({ dueMs, input: { ...draft, source: marketSource, sourceSeq } })
    this.#forgetTaken()
  }

  /** What was taken is kept for a while; also while a resumed source says again what has its record. */
  #forgetTaken(): void {
    const taken = Math.min(this.#inputs.length, this.#nextSeq - this.#firstSeq)
    if (taken < 2 * keptMax) return
    const over = taken - keptMax
    this.#inputs.splice(0, over)
    this.#firstSeq += over
  }
}
