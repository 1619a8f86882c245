/**
 * A recorded session as a source of inputs: the chain, the daily history, then each day from its open to its close.
 *
 * Input n is a function of n alone: `resumeAfter` goes anywhere in constant time, and a repeat is the same input.
 */
import type { InputDraft, PayloadOf } from "../../domain/journal/record.ts"
import type { SessionQuotes } from "../../domain/market/sessionQuotes.ts"
import type { QuoteSource } from "../ports/Gateway.ts"
import {
  type DailyHistoryLoaded,
  marketSource,
  type QuotePayload,
  TradingSessionStatus
} from "../ports/records/market.ts"
import { preambleOf } from "./marketPreamble.ts"

/** What the gateway reads of a loaded session. */
export type MarketSession = Pick<
  SessionQuotes,
  | "name"
  | "underlying"
  | "instruments"
  | "days"
  | "rowCount"
  | "timeMs"
  | "instrument"
  | "bidMicros"
  | "askMicros"
  | "bidSize"
  | "askSize"
> & {
  readonly assumptions: Pick<SessionQuotes["assumptions"], "riskFreeRate" | "dividendYield">
  readonly report: Pick<SessionQuotes["report"], "rows" | "badRows" | "notTradable">
}

export interface MarketGatewayOptions {
  readonly session: MarketSession
  /** SHA-256 of the session's files, hex. */
  readonly contentHash: string
  /** Adjusted daily bars of the underlying or, where it has none, of its peers; every date before the session's. */
  readonly history: ReadonlyArray<PayloadOf<typeof DailyHistoryLoaded>>
}

export const makeMarketGateway = (options: MarketGatewayOptions): QuoteSource =>
  new MarketGateway(options)

/** Rows `firstRow` to `endRow` - 1 are the day's quotes; its inputs are Open, the quotes, Closed. */
interface DaySpan {
  readonly firstRow: number
  readonly endRow: number
  /** Number of the day's Open. */
  readonly openSeq: number
  readonly openMs: number
  readonly closeMs: number
  readonly open: InputDraft
  readonly closed: InputDraft
}

class MarketGateway implements QuoteSource {
  readonly #session: MarketSession
  readonly #preamble: ReadonlyArray<InputDraft>
  readonly #days: ReadonlyArray<DaySpan>
  readonly #firstMs: number
  /** Number of the next input, from 1. */
  #nextSeq = 1
  #day = 0
  #row = 0

  constructor(options: MarketGatewayOptions) {
    this.#session = options.session
    this.#preamble = preambleOf(options).map((draft, index) => ({
      ...draft,
      source: marketSource,
      sourceSeq: index + 1
    }))
    this.#days = daySpans(options.session, this.#preamble.length + 1)
    this.#firstMs = options.session.days[0]?.openMs ?? Number.POSITIVE_INFINITY
  }

  nextDueMs(): number {
    if (this.#nextSeq <= this.#preamble.length) return this.#firstMs
    const day = this.#days[this.#day]
    if (day === undefined) return Number.POSITIVE_INFINITY
    if (this.#nextSeq === day.openSeq) return day.openMs
    return this.#row < day.endRow ? this.#session.timeMs[this.#row]! : day.closeMs
  }

  next(): InputDraft {
    const day = this.#days[this.#day]
    if (this.#nextSeq > this.#preamble.length && day !== undefined && this.#row < day.endRow) {
      if (this.#nextSeq !== day.openSeq) return this.#quote(this.#nextSeq++, this.#row++)
    }
    return this.#rare()
  }

  resumeAfter(sourceSeq: number): void {
    this.#nextSeq = sourceSeq + 1
    this.#day = 0
    this.#row = 0
    const { length } = this.#days
    while (this.#day < length && closedSeq(this.#days[this.#day]!) <= sourceSeq) this.#day++
    const day = this.#days[this.#day]
    if (day !== undefined) {
      this.#row = Math.min(day.endRow, day.firstRow + Math.max(0, sourceSeq - day.openSeq))
    }
  }

  #quote(sourceSeq: number, row: number): InputDraft<"Quote", QuotePayload> {
    const session = this.#session
    return {
      type: "Quote",
      source: marketSource,
      sourceSeq,
      correlation: "",
      payload: {
        instrument: session.instrument[row]!,
        bidMicros: session.bidMicros[row]!,
        askMicros: session.askMicros[row]!,
        bidSize: session.bidSize[row]!,
        askSize: session.askSize[row]!,
        timeMs: session.timeMs[row]!,
        replaced: 0
      }
    }
  }

  #rare(): InputDraft {
    const seq = this.#nextSeq++
    if (seq <= this.#preamble.length) return this.#preamble[seq - 1]!
    const day = this.#days[this.#day]
    if (day === undefined) throw new Error("the market has no input after its last day")
    if (seq === day.openSeq) return day.open
    this.#day++
    this.#row = this.#days[this.#day]?.firstRow ?? this.#session.rowCount
    return day.closed
  }
}

const closedSeq = (day: DaySpan): number => day.openSeq + 1 + (day.endRow - day.firstRow)

const daySpans = (session: MarketSession, firstSeq: number): ReadonlyArray<DaySpan> => {
  const spans: Array<DaySpan> = []
  let row = 0
  let openSeq = firstSeq
  session.days.forEach((day, index) => {
    const firstRow = row
    while (row < session.rowCount && session.timeMs[row]! <= day.closeMs) row++
    const { date, openMs, closeMs } = day
    const { riskFreeRate, dividendYield } = session.assumptions
    const status = (name: "Open" | "Closed", sourceSeq: number): InputDraft => ({
      ...TradingSessionStatus.make({
        date,
        status: name,
        openMs,
        closeMs,
        riskFreeRate,
        dividendYield,
        last: name === "Closed" && index === session.days.length - 1
      }),
      source: marketSource,
      sourceSeq
    })
    const closeSeq = openSeq + 1 + (row - firstRow)
    spans.push({
      firstRow,
      endRow: row,
      openSeq,
      openMs,
      closeMs,
      open: status("Open", openSeq),
      closed: status("Closed", closeSeq)
    })
    openSeq = closeSeq + 1
  })
  if (row < session.rowCount) {
    throw new Error(
      `session ${session.name} has ${session.rowCount - row} quotes after its last close`
    )
  }
  return spans
}
