/**
 * A record as one line of JSON for log tools: OpenTelemetry's names for trace and span, the desk's own for the rest.
 *
 * Time is the journal's, so a replay logs the same lines.
 */
import { DateTime } from "effect"
import type { JournalRecord } from "../domain/journal/record.ts"
import { describeRecord } from "./describe.ts"
import { asDeskRecord } from "./deskRecord.ts"
import type { Listing } from "./listing.ts"
import type { TracePlace } from "./traces/TraceFold.ts"

interface LogContext {
  readonly book: string
  readonly runId: string
  readonly listing: Listing
  /** The trade that the record is about; "" where it is about none. */
  readonly tradeId: string
  readonly place: TracePlace | undefined
}

export const logLine = (record: JournalRecord, context: LogContext): string => {
  const { book, runId, listing, tradeId, place } = context
  return JSON.stringify({
    time: DateTime.formatIso(DateTime.makeUnsafe(record.logicalTimeMs)),
    level: levelOf(record),
    message: describeRecord(record, listing),
    run: runId,
    book,
    seq: record.seq,
    actor: record.actor,
    type: record.type,
    ...(tradeId !== "" && { trade: tradeId }),
    ...(place !== undefined && { trace_id: place.traceId, span_id: place.spanId })
  })
}

const levels: Readonly<Record<string, "debug" | "warn" | "error">> = {
  TimerSet: "debug",
  TimerCanceled: "debug",
  TimerFired: "debug",
  IntervalElapsed: "debug",
  FeaturesComputed: "debug",
  StrategyIdle: "debug",
  InferenceFailed: "warn",
  TradeRefused: "warn",
  OrderDenied: "warn",
  OrderCancelReject: "warn",
  ChainRejected: "warn",
  ActorRestarted: "warn",
  ActorDown: "error",
  MessageQuarantined: "error",
  TradeCorrected: "warn",
  DifferenceFound: "error",
  Unexplained: "error"
}

const levelOf = (input: JournalRecord): string => {
  const record = asDeskRecord(input)
  const isBadReport = record.type === "ExecutionReport" && record.payload.execType === "Rejected"
  if (record.type === "VenueStatus" && record.payload.reason !== "") return "error"
  const isResolved = record.type === "IntentResolved" || record.type === "ReplaceResolved"
  const isUnknown = isResolved && record.payload.outcome === "Unknown"
  return isBadReport || isUnknown ? "warn" : (levels[record.type] ?? "info")
}
