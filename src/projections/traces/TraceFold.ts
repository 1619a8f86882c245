/**
 * Folds a journal into traces: one per trade, from the quote that began it to its settlement.
 *
 * A projection: it sees records after they are made and costs decisions nothing. The same records give the same spans,
 * in the same order; a span is given out when it ends.
 */

import { Quote, type QuotePayload } from "../../actors/ports/records/market.ts"
import type { TraceSpan } from "../../actors/ports/Telemetry.ts"
import type { JournalRecord } from "../../domain/journal/record.ts"
import { asDeskRecord, type DeskRecord } from "../deskRecord.ts"
import type { Listing } from "../listing.ts"
import { DeskMoment } from "./DeskMoment.ts"
import { TradeTrace } from "./TradeTrace.ts"
import type { TraceOrigin } from "./traceIds.ts"

/** Where a log line or a metric finds its trace. */
export interface TracePlace {
  readonly traceId: string
  readonly spanId: string
}

/** Ended traces that are still known, for what comes late: more would be memory by history. */
const endedMax = 1_024

export class TraceFold {
  readonly #moment = new DeskMoment()
  /** A trade and its closings have one trace. */
  readonly #traces = new Map<string, TradeTrace>()
  readonly #tradeOfOrder = new Map<string, string>()
  readonly #endedTraces: Array<TradeTrace> = []
  #origin: TraceOrigin | undefined
  readonly #given: TraceOrigin
  #ended: Array<TraceSpan> = []
  #lastMs = 0

  /** `given`: the origin of a journal whose first records, and so its opening, are no longer kept. */
  constructor(given: TraceOrigin = { book: "", configHash: "" }) {
    this.#given = given
  }

  apply(input: JournalRecord): void {
    this.#lastMs = input.logicalTimeMs
    if (input.type === Quote.type) {
      const { instrument } = input.payload as QuotePayload
      this.#moment.quoted(input.seq, instrument, input.logicalTimeMs)
      return
    }
    this.#moment.apply(input)
    this.#follow(asDeskRecord(input))
  }

  get listing(): Listing {
    return this.#moment.listing
  }

  /** The spans that ended since this was asked last. */
  take(): ReadonlyArray<TraceSpan> {
    const ended = this.#ended
    if (ended.length > 0) this.#ended = []
    return ended
  }

  /** No record follows: what is open ends with the last one. */
  finish(): void {
    for (const trace of this.#traces.values()) trace.finish(this.#lastMs)
  }

  /** The trace of a trade or a closing; undefined before its proposal. */
  placeOf(tradeId: string): TracePlace | undefined {
    const trace = this.#traces.get(tradeId)
    return trace && { traceId: trace.traceId, spanId: trace.part(tradeId).span.spanId }
  }

  /** The trade that a record is about; "" where it is about none. */
  tradeOf(input: JournalRecord): string {
    const payload = input.payload as { readonly tradeId?: string; readonly clOrdID?: string }
    if (payload.tradeId !== undefined) return payload.tradeId
    return this.#tradeOfOrder.get(payload.clOrdID ?? "") ?? input.correlation
  }

  #follow(record: DeskRecord): void {
    switch (record.type) {
      case "EpochOpened":
        this.#origin ??= record.payload
        return
      case "TradeProposed": {
        const { tradeId, closes } = record.payload
        const closed = this.#traces.get(closes)
        closed?.addClosing(record, this.#moment)
        this.#traces.set(tradeId, closed ?? this.#begin(record))
        return
      }
      case "OrderIntent":
        this.#tradeOfOrder.set(record.payload.clOrdID, record.payload.tradeId)
    }
    const tradeId = this.tradeOf(record)
    const trace = this.#traces.get(tradeId)
    if (trace === undefined) return
    const wasEnded = trace.isEnded
    advance(trace, tradeId, record)
    if (trace.isEnded && !wasEnded) this.#retire(trace)
  }

  #retire(trace: TradeTrace): void {
    this.#endedTraces.push(trace)
    if (this.#endedTraces.length <= endedMax) return
    const oldest = this.#endedTraces.shift()!
    for (const tradeId of oldest.tradeIds) this.#traces.delete(tradeId)
    for (const clOrdID of oldest.orderIds) this.#tradeOfOrder.delete(clOrdID)
  }

  #begin(record: Extract<DeskRecord, { readonly type: "TradeProposed" }>): TradeTrace {
    return new TradeTrace(this.#origin ?? this.#given, record, this.#moment, (span) =>
      this.#ended.push(span)
    )
  }
}

const advance = (trace: TradeTrace, tradeId: string, record: DeskRecord): void => {
  const part = trace.part(tradeId)
  switch (record.type) {
    case "CognitionVerdict":
    case "RiskVerdict":
    case "CertificateVerdict":
      part.verdict(record)
      break
    case "TradeConverged":
      part.converged(record)
      break
    case "TradeRefused":
      trace.refused(record)
      break
    case "ReserveRequested":
    case "SettleRequested":
    case "CancelReservationRequested":
    case "CloseRequested":
    case "AdjustRequested":
      trace.asked(record)
      break
    case "Reserved":
    case "Settled":
    case "ReservationCanceled":
    case "Closed":
    case "Adjusted":
      trace.answered(record)
      break
    case "ChainRejected":
      trace.rejected(record)
      break
    case "OrderDenied":
      trace.denied(record)
      break
    case "OrderIntent":
      part.ordered(record)
      break
    case "ReplaceIntent":
    case "ReplaceResolved":
      part.changed(record)
      break
    case "CancelIntent":
      part.cancelAsked(record)
      break
    case "ExecutionReport":
      part.reported(record)
      break
    case "OrderCancelReject":
      if (record.payload.responseTo === "Replace") part.changed(record)
      else part.cancelRejected(record)
      break
    case "IntentResolved":
      part.resolved(record)
      break
    case "TradeFilled":
      part.executed(record)
      break
    case "TradeCorrected":
      part.corrected(record)
      break
    case "OrderClosed":
      trace.orderClosed(record)
      break
    case "TradeLegEnded":
      trace.legEnded(record)
      break
    case "TradeCompleted":
      trace.completed(record)
      break
  }
}

/** Every span of a journal, in the order of their ends. */
export const tracesOf = (records: Iterable<JournalRecord>): ReadonlyArray<TraceSpan> => {
  const fold = new TraceFold()
  for (const record of records) fold.apply(record)
  fold.finish()
  return fold.take()
}
