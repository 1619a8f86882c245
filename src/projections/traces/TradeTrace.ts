/**
 * The trace of one trade and of its closings: from the quote that began it until its capital is back.
 *
 * The root ends once the trade has come to its end and nothing of it is outstanding at the chain; a span that comes
 * later (a late commission's adjustment) still hangs on it.
 */
import type { Attributes, TraceSpan } from "../../actors/ports/Telemetry.ts"
import type { Of } from "../deskRecord.ts"
import {
  answeredBy,
  chainAttributes,
  completionAttributes,
  recordAttributes
} from "./attributes.ts"
import type { DeskMoment } from "./DeskMoment.ts"
import type { OpenSpan } from "./OpenSpan.ts"
import { Part } from "./Part.ts"
import { type TraceOrigin, traceIdOf } from "./traceIds.ts"

const chainSpans = {
  ReserveRequested: "reserve",
  SettleRequested: "settle",
  CancelReservationRequested: "free",
  CloseRequested: "close",
  AdjustRequested: "adjust"
} as const
type ChainRequestType = keyof typeof chainSpans

const answeredTypes = {
  Reserved: "ReserveRequested",
  Settled: "SettleRequested",
  ReservationCanceled: "CancelReservationRequested",
  Closed: "CloseRequested",
  Adjusted: "AdjustRequested"
} as const
export type ChainAnswerType = keyof typeof answeredTypes

export class TradeTrace {
  readonly traceId: string
  readonly #origin: TraceOrigin
  readonly #emit: (span: TraceSpan) => void
  readonly #position: Part
  readonly #parts = new Map<string, Part>()
  /** Requests to the chain without an answer, by type and number. */
  readonly #asked = new Map<string, OpenSpan>()
  #reserved = false
  #outcome: Attributes | undefined

  constructor(
    origin: TraceOrigin,
    proposal: Of<"TradeProposed">,
    moment: DeskMoment,
    emit: (span: TraceSpan) => void
  ) {
    this.#origin = origin
    this.#emit = emit
    this.traceId = traceIdOf(origin, proposal.seq)
    this.#position = this.#add(proposal, moment, "")
  }

  get isEnded(): boolean {
    return this.#position.isEnded
  }

  /** Of the root. */
  get spanId(): string {
    return this.#position.span.spanId
  }

  /** The trade's and its closings'. */
  get tradeIds(): ReadonlyArray<string> {
    return [...this.#parts.keys()]
  }

  /** Of every order that was sent for it. */
  get orderIds(): ReadonlyArray<string> {
    return [...this.#parts.values()].flatMap((part) => part.orderIds)
  }

  part(tradeId: string): Part {
    return this.#parts.get(tradeId) ?? this.#position
  }

  addClosing(proposal: Of<"TradeProposed">, moment: DeskMoment): void {
    this.#add(proposal, moment, this.#position.span.spanId)
  }

  refused(record: Of<"TradeRefused">): void {
    this.part(record.payload.tradeId).converged(record)
    const { reasons } = record.payload
    this.#over(record, { "optionsib.trade.outcome": "refused", "optionsib.trade.reasons": reasons })
  }

  denied(record: Of<"OrderDenied">): void {
    const { reason } = record.payload
    this.#over(record, {
      "optionsib.trade.outcome": "denied",
      "optionsib.trade.reasons": [reason]
    })
  }

  orderClosed(record: Of<"OrderClosed">): void {
    const { tradeId, cumQty, reason, ordStatus } = record.payload
    const part = this.part(tradeId)
    part.orderClosed(record)
    if (cumQty === 0) {
      const reasons = [reason === "" ? ordStatus : reason]
      this.#over(record, {
        "optionsib.trade.outcome": "unfilled",
        "optionsib.trade.reasons": reasons
      })
    } else if (part.isClose) {
      this.#over(record, { "optionsib.trade.outcome": "filled" })
    }
  }

  legEnded(record: Of<"TradeLegEnded">): void {
    const { kind, instrument, quantity, shares } = record.payload
    const span = this.#position.open(record.seq, "leg ended", {
      startMs: record.logicalTimeMs,
      attributes: {
        ...recordAttributes(record),
        "optionsib.leg.end": kind,
        "optionsib.leg.instrument": instrument,
        "optionsib.leg.quantity": quantity,
        "optionsib.leg.shares": shares
      }
    })
    this.#emit(span.end(record.logicalTimeMs))
  }

  completed(record: Of<"TradeCompleted">): void {
    const completion = completionAttributes(record)
    const span = this.#position.open(record.seq, "complete", {
      startMs: record.logicalTimeMs,
      attributes: { ...recordAttributes(record), ...completion }
    })
    this.#emit(span.end(record.logicalTimeMs))
    this.#reserved = false
    this.#over(record, { "optionsib.trade.outcome": "completed", ...completion })
  }

  asked(record: Of<ChainRequestType>): void {
    const key = keyOf(record.type, record.payload)
    this.#asked.set(
      key,
      this.#position.open(record.seq, chainSpans[record.type], {
        kind: "Client",
        startMs: record.logicalTimeMs,
        attributes: { ...recordAttributes(record), ...chainAttributes(record) }
      })
    )
  }

  answered(record: Of<ChainAnswerType>): void {
    this.#answer(keyOf(answeredTypes[record.type], record.payload), record)
    if (record.type === "Reserved") {
      this.#reserved = true
      this.#position.reserved(record)
    }
    if (record.type === "ReservationCanceled") this.#reserved = false
    this.#endIfOver(record.logicalTimeMs)
  }

  rejected(record: Of<"ChainRejected">): void {
    const { instruction, code, text } = record.payload
    this.#answer(keyOf(instruction, record.payload), record, { code, text })
    if (instruction === "ReserveRequested") {
      const reasons = [`${code}: ${text}`]
      this.#over(record, {
        "optionsib.trade.outcome": "rejected",
        "optionsib.trade.reasons": reasons
      })
    }
    this.#endIfOver(record.logicalTimeMs)
  }

  /** The session is over: what is still open ends here, and says so. */
  finish(timeMs: number): void {
    if (this.isEnded) return
    for (const span of this.#asked.values()) {
      this.#emit(span.end(timeMs, { "optionsib.unanswered": true }))
    }
    this.#asked.clear()
    for (const part of this.#parts.values()) {
      if (part !== this.#position) part.end(timeMs, { "optionsib.trade.outcome": "open" })
    }
    this.#position.end(timeMs, this.#outcome ?? { "optionsib.trade.outcome": "open" })
  }

  #add(proposal: Of<"TradeProposed">, moment: DeskMoment, rootSpanId: string): Part {
    const { traceId } = this
    const place = { origin: this.#origin, traceId, rootSpanId, emit: this.#emit }
    const part = new Part(place, proposal, moment)
    this.#parts.set(part.tradeId, part)
    return part
  }

  /** A closing ends with its order; the trade itself when its capital is free, too. */
  #over(
    record: Of<"TradeRefused" | "OrderDenied" | "OrderClosed" | "TradeCompleted" | "ChainRejected">,
    outcome: Attributes
  ): void {
    const part = this.part(record.payload.tradeId)
    if (part.isClose) {
      part.end(record.logicalTimeMs, outcome)
      return
    }
    this.#outcome = outcome
    this.#endIfOver(record.logicalTimeMs)
  }

  #endIfOver(timeMs: number): void {
    if (this.#outcome === undefined || this.#reserved || this.#asked.size > 0) return
    this.#position.end(timeMs, this.#outcome)
  }

  #answer(
    key: string,
    record: Of<ChainAnswerType> | Of<"ChainRejected">,
    refusal?: { readonly code: string; readonly text: string }
  ): void {
    const span = this.#asked.get(key)
    if (span === undefined) return
    this.#asked.delete(key)
    const attributes = {
      ...answeredBy(record),
      ...(refusal !== undefined && { "error.type": refusal.code })
    }
    const error = refusal && `the chain refused: ${refusal.code}: ${refusal.text}`
    this.#emit(span.end(record.logicalTimeMs, attributes, error))
  }
}

/** Reservations and their ends have no number. */
const keyOf = (type: string, payload: object): string => {
  const isNumbered = type !== "ReserveRequested" && type !== "CancelReservationRequested"
  return `${type} ${isNumbered && "n" in payload ? payload.n : 0}`
}
