/**
 * Everything an audit needs, in one pass over the journal: every record but the quotes, which trade
 * each belongs to, what each answers, and what the desk had before it at each decision (quotes of
 * the legs, features, model, certificate).
 */
import { type JournalRecord, noCause } from "../domain/journal/record.ts"
import { asDeskRecord, type DeskRecord } from "./deskRecord.ts"
import type { Mark, SeenQuote } from "./lastQuotes.ts"
import { RunSummary } from "./runSummary.ts"

/** What was known of one leg when the decision was asked for. */
export interface LegQuote {
  readonly instrument: number
  readonly side: "Buy" | "Sell"
  readonly ratio: number
  /** The last quote; undefined where there was none. */
  readonly quote: SeenQuote | undefined
  /** Last known price of each side, which may be older than the quote. */
  readonly bid: Mark | undefined
  readonly ask: Mark | undefined
}

/** What the verdicts of one phase could see; records by seq, -1 where there was none. */
export interface DecisionEvidence {
  readonly tradeId: string
  readonly phase: 1 | 2
  /** The record that asked: the proposal, or the reservation. */
  readonly seq: number
  readonly timeMs: number
  readonly quotes: ReadonlyArray<LegQuote>
  readonly featuresSeq: number
  readonly regimeSeq: number
  readonly certificateSeq: number
}

export class TradeArchive {
  readonly summary = new RunSummary()
  /** By seq, without quotes. */
  readonly records = new Map<number, JournalRecord>()
  /** By trade: seqs in order. */
  readonly byTrade = new Map<string, Array<number>>()
  readonly tradeOf = new Map<number, string>()
  /** An input to the record that it answers. */
  readonly answers = new Map<number, number>()
  readonly evidence: Array<DecisionEvidence> = []
  readonly #tradeOfOrder = new Map<string, string>()
  /** Key of a request to its seq, the last one asked. */
  readonly #asked = new Map<string, number>()
  readonly #certificates = new Map<string, number>()
  #featuresSeq = -1
  #regimeSeq = -1

  apply(input: JournalRecord): void {
    this.summary.apply(input)
    if (input.type === "Quote") return
    this.records.set(input.seq, input)
    const record = asDeskRecord(input)
    this.#remember(record)
    if (input.cause === noCause) {
      for (const key of answeredKeys(record)) {
        const asked = this.#asked.get(key)
        if (asked !== undefined) this.answers.set(input.seq, asked)
      }
    }
    for (const key of requestKeys(record)) this.#asked.set(key, input.seq)
    this.#place(record)
  }

  /**
   * Whether a record's payload or its correlation names a trade; else a timer belongs to the trade
   * of its cause.
   */
  #place(record: DeskRecord): void {
    const parent = this.answers.get(record.seq) ?? record.cause
    const isTimer = record.type === "TimerSet" || record.type === "TimerCanceled"
    const inherited =
      isTimer || record.type === "TimerFired" ? (this.tradeOf.get(parent) ?? "") : ""
    const tradeId = this.#tradeIdOf(record) || inherited
    if (tradeId === "") return
    this.tradeOf.set(record.seq, tradeId)
    const seqs = this.byTrade.get(tradeId)
    if (seqs === undefined) this.byTrade.set(tradeId, [record.seq])
    else seqs.push(record.seq)
  }

  #tradeIdOf(record: DeskRecord): string {
    switch (record.type) {
      case "ExecutionReport":
      case "OrderCancelReject":
      case "IntentResolved":
      case "ReplaceResolved":
        return this.#tradeOfOrder.get(record.payload.clOrdID) ?? record.correlation
      case "ChainRejected":
        return notOfTrades.has(record.payload.instruction) ? "" : record.payload.tradeId
      default: {
        const named = (record.payload as { readonly tradeId?: string }).tradeId
        return named ?? record.correlation
      }
    }
  }

  #remember(record: DeskRecord): void {
    switch (record.type) {
      case "FeaturesComputed":
        this.#featuresSeq = record.seq
        break
      case "RegimeClassified":
        this.#regimeSeq = record.seq
        break
      case "CertificatePresented":
        this.#certificates.set(record.payload.certificate.strategyId, record.seq)
        break
      case "OrderIntent":
        this.#tradeOfOrder.set(record.payload.clOrdID, record.payload.tradeId)
        break
      case "TradeProposed":
        this.#see(record, record.payload.tradeId, 1)
        break
      case "Reserved":
        this.#see(record, record.payload.tradeId, 2)
        break
    }
  }

  #see({ seq, logicalTimeMs }: DeskRecord, tradeId: string, phase: 1 | 2): void {
    const trade = this.summary.trade(tradeId)
    if (trade === undefined) return
    const { lastQuotes } = this.summary
    this.evidence.push({
      tradeId,
      phase,
      seq,
      timeMs: logicalTimeMs,
      quotes: trade.legs.map(({ instrument, side, ratio }) => ({
        instrument,
        side,
        ratio,
        quote: lastQuotes.seen(instrument),
        bid: lastQuotes.bid(instrument),
        ask: lastQuotes.ask(instrument)
      })),
      featuresSeq: this.#featuresSeq,
      regimeSeq: this.#regimeSeq,
      certificateSeq: this.#certificates.get(trade.strategyId) ?? -1
    })
  }
}

/** Keys under which a record may be answered from outside. */
const requestKeys = (record: DeskRecord): ReadonlyArray<string> => {
  switch (record.type) {
    case "OrderIntent":
      return [`order ${record.payload.clOrdID}`]
    case "ReplaceIntent":
      return [`change ${record.payload.requestId}`]
    case "CancelIntent":
      return [`cancel ${record.payload.clOrdID}`]
    case "InferenceRequested":
      return [`inference ${record.payload.requestId}`]
    case "TimerSet":
      return [`timer ${record.payload.owner} ${record.payload.timer}`]
    case "DepositRequested":
      return [`${record.type} ${record.payload.depositId} 0`]
    case "WithdrawRequested":
      return [`${record.type} ${record.payload.withdrawalId} 0`]
    case "ReserveRequested":
    case "CancelReservationRequested":
      return [`${record.type} ${record.payload.tradeId} 0`]
    case "SettleRequested":
    case "CloseRequested":
    case "AdjustRequested":
      return [`${record.type} ${record.payload.tradeId} ${record.payload.n}`]
    default:
      return []
  }
}

/** Keys of the request that an input answers; the last one that was asked counts. */
const answeredKeys = (record: DeskRecord): ReadonlyArray<string> => {
  switch (record.type) {
    case "ExecutionReport": {
      const { execType, clOrdID, requestId } = record.payload
      if (requestId !== undefined) return [`change ${requestId}`]
      // A venue also cancels on its own: then it answers the order.
      return execType === "Canceled"
        ? [`order ${clOrdID}`, `cancel ${clOrdID}`]
        : [`order ${clOrdID}`]
    }
    case "IntentResolved":
      return [`order ${record.payload.clOrdID}`]
    case "ReplaceResolved":
      return [`change ${record.payload.requestId}`]
    case "OrderCancelReject": {
      const { clOrdID, requestId } = record.payload
      return [requestId === undefined ? `cancel ${clOrdID}` : `change ${requestId}`]
    }
    case "InferenceAnswered":
    case "InferenceFailed":
      return [`inference ${record.payload.requestId}`]
    case "TimerFired":
      return [`timer ${record.payload.owner} ${record.payload.timer}`]
    case "Deposited":
      return [`DepositRequested ${record.payload.depositId} 0`]
    case "Withdrawn":
      return [`WithdrawRequested ${record.payload.withdrawalId} 0`]
    case "Reserved":
      return [`ReserveRequested ${record.payload.tradeId} 0`]
    case "ReservationCanceled":
      return [`CancelReservationRequested ${record.payload.tradeId} 0`]
    case "Settled":
      return [`SettleRequested ${record.payload.tradeId} ${record.payload.n}`]
    case "Closed":
      return [`CloseRequested ${record.payload.tradeId} ${record.payload.n}`]
    case "Adjusted":
      return [`AdjustRequested ${record.payload.tradeId} ${record.payload.n}`]
    case "ChainRejected":
      return [`${record.payload.instruction} ${record.payload.tradeId} ${record.payload.n}`]
    default:
      return []
  }
}

/** A rejection of these carries an id of its own where others have the trade's. */
const notOfTrades: ReadonlySet<string> = new Set([
  "DepositRequested",
  "WithdrawRequested",
  "FreezeRequested",
  "ThawRequested",
  "AnchorRequested"
])

/** Reads a whole journal into an archive. */
export const archiveOf = (records: Iterable<JournalRecord>): TradeArchive => {
  const archive = new TradeArchive()
  for (const record of records) archive.apply(record)
  return archive
}
