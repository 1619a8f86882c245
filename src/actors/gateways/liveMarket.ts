/**
 * Today's market as it comes: the listing and the history first, then quotes between the opening and the closing.
 *
 * What came cannot come again, so a resumed market goes on with the next number. A closing has a number of its own, the
 * day times `dayStride`: so the last number alone tells which day it is and whether it is open.
 */
import type { InputDraft } from "../../domain/journal/record.ts"
import type { QuoteSource } from "../ports/Gateway.ts"
import {
  marketSource,
  type QuotePayload,
  TradingSessionStatus,
  VenueStatus,
  type VenueStatusPayload
} from "../ports/records/market.ts"
import type { ArrivedMarketOptions } from "./arrivedMarket.ts"
import { preambleOf } from "./marketPreamble.ts"

interface Arrived {
  readonly dueMs: number
  readonly input: InputDraft
}

/** Numbers of one day at most; no day has so many quotes. */
export const dayStride = 1_000_000_000_000
/** So many inputs that were taken are kept, for a host that gives some back. */
const keptMax = 4_096

export class LiveMarket implements QuoteSource {
  readonly #options: ArrivedMarketOptions
  readonly #preambleLength: number
  /** In the order of their numbers. */
  readonly #inputs: Array<Arrived> = []
  /** Place in `#inputs` of the next one to be taken. */
  #next = 0
  #lastSeq = 0
  #day = 0
  #isOpen = false
  #told: VenueStatusPayload | undefined

  /** `startMs`: epoch ms of now, from which the listing is known. */
  constructor(options: ArrivedMarketOptions, startMs: number) {
    this.#options = options
    const { name, underlying, instruments, contentHash, history } = options
    const report = { rows: 0, badRows: 0, notTradable: 0 }
    const session = { name, underlying, instruments, report }
    const preamble = preambleOf({ session, contentHash, history })
    this.#preambleLength = preamble.length
    for (const draft of preamble) this.#push(startMs, draft)
  }

  /** Epoch ms of the next opening or closing that is not told yet; Infinity after the last. */
  nextStatusMs(): number {
    const day = this.#options.days[this.#day]
    if (day === undefined) return Number.POSITIVE_INFINITY
    return this.#isOpen ? day.closeMs : day.openMs
  }

  /** Tells the openings and closings that are due. */
  tellStatus(nowMs: number): void {
    while (this.nextStatusMs() <= nowMs) this.#tellNext(nowMs)
  }

  /** A quote came; outside the trading hours it is left out. */
  quote(payload: QuotePayload): void {
    this.tellStatus(payload.timeMs)
    if (!this.#isOpen) return
    this.#push(payload.timeMs, { type: "Quote", correlation: "", payload })
  }

  /** How the broker is, told once while the market is open and then where it changes. */
  venue(status: VenueStatusPayload, nowMs: number): void {
    const { connection, marketData } = this.#told ?? {}
    if (!this.#isOpen) return
    if (connection === status.connection && marketData === status.marketData) return
    this.#told = status
    this.#push(nowMs, VenueStatus.make(status))
  }

  nextDueMs(): number {
    return this.#inputs[this.#next]?.dueMs ?? Number.POSITIVE_INFINITY
  }

  next(): InputDraft {
    const next = this.#inputs[this.#next]
    if (next === undefined) throw new Error("no market input has come")
    this.#next++
    if (this.#next >= 2 * keptMax) {
      this.#inputs.splice(0, this.#next - keptMax)
      this.#next = keptMax
    }
    return next.input
  }

  resumeAfter(sourceSeq: number): void {
    if (sourceSeq > this.#lastSeq) {
      this.#goOnAfter(sourceSeq)
      return
    }
    const at = this.#inputs.findIndex(({ input }) => input.sourceSeq > sourceSeq)
    const isGone = at === 0 && this.#inputs[0]!.input.sourceSeq > sourceSeq + 1
    if (isGone) throw new Error(`market input ${sourceSeq + 1} is not kept any more`)
    this.#next = at < 0 ? this.#inputs.length : at
  }

  /** Everything up to this number was told in an earlier life. */
  #goOnAfter(sourceSeq: number): void {
    this.#inputs.length = 0
    this.#next = 0
    this.#lastSeq = sourceSeq
    this.#day = Math.floor(sourceSeq / dayStride)
    this.#isOpen = sourceSeq % dayStride > (this.#day === 0 ? this.#preambleLength : 0)
  }

  #tellNext(nowMs: number): void {
    const { days, riskFreeRate, dividendYield } = this.#options
    const { date, openMs, closeMs } = days[this.#day]!
    const isClosing = this.#isOpen
    const draft = TradingSessionStatus.make({
      date,
      status: isClosing ? "Closed" : "Open",
      openMs,
      closeMs,
      riskFreeRate,
      dividendYield,
      last: isClosing && this.#day === days.length - 1
    })
    if (isClosing) {
      this.#day++
      this.#lastSeq = this.#day * dayStride - 1
    }
    this.#push(isClosing ? closeMs : nowMs, draft)
    this.#isOpen = !isClosing
  }

  #push(dueMs: number, draft: Omit<InputDraft, "source" | "sourceSeq">): void {
    const sourceSeq = ++this.#lastSeq
    this.#inputs.push({ dueMs, input: { ...draft, source: marketSource, sourceSeq } })
  }
}
