/**
 * One proposal's share of a trace: the trade itself, or one closing of it. Its span is the trace's root or hangs on it.
 *
 * Spans: feed, features, inference, propose, then converge with its three verdicts per phase, the order with its
 * executions and cancels.
 */
import type { Attributes, TraceSpan } from "../../actors/ports/Telemetry.ts"
import type { JournalRecord } from "../../domain/journal/record.ts"
import type { Of } from "../deskRecord.ts"
import {
  answeredBy,
  changeAttributes,
  correctionAttributes,
  executionAttributes,
  inferenceAttributes,
  orderAttributes,
  proposalAttributes,
  recordAttributes,
  tradeAttributes
} from "./attributes.ts"
import type { DeskMoment, RootQuote } from "./DeskMoment.ts"
import { OpenSpan } from "./OpenSpan.ts"
import { spanIdOf, type TraceOrigin } from "./traceIds.ts"

type Verdict = Of<"CognitionVerdict"> | Of<"RiskVerdict"> | Of<"CertificateVerdict">

const verdictNames = {
  CognitionVerdict: "verdict cognition",
  RiskVerdict: "verdict risk",
  CertificateVerdict: "verdict certificate"
} as const

type Change = Of<"ReplaceIntent"> | Of<"ReplaceResolved"> | Of<"OrderCancelReject">

const changeNames = {
  ReplaceIntent: "change requested",
  ReplaceResolved: "change resolved",
  OrderCancelReject: "change rejected"
} as const

interface PartPlace {
  readonly origin: TraceOrigin
  readonly traceId: string
  /** The root's span id; "" for the part that is the root. */
  readonly rootSpanId: string
  readonly emit: (span: TraceSpan) => void
}

export class Part {
  readonly tradeId: string
  readonly isClose: boolean
  readonly span: OpenSpan
  /** `clOrdID`s, in the order of their intents. */
  readonly orderIds: Array<string> = []
  readonly #proposal: Of<"TradeProposed">
  readonly #place: PartPlace
  readonly #phases = new Map<1 | 2, OpenSpan>()
  #order: OpenSpan | undefined
  #cancel: OpenSpan | undefined
  #isEnded = false

  constructor(place: PartPlace, proposal: Of<"TradeProposed">, moment: DeskMoment) {
    this.#place = place
    this.#proposal = proposal
    this.tradeId = proposal.payload.tradeId
    this.isClose = place.rootSpanId !== ""
    const root = moment.rootOf(proposal)
    this.span = this.open(root.seq, `trade ${proposal.payload.kind.toLowerCase()}`, {
      parent: place.rootSpanId,
      startMs: root.timeMs,
      attributes: {
        "optionsib.book": place.origin.book,
        "optionsib.seq": root.seq,
        "optionsib.proposal.seq": proposal.seq,
        ...tradeAttributes(proposal, moment.listing)
      }
    })
    this.#whatLedHere(root, moment)
    this.#emit("propose", proposal, proposal.logicalTimeMs, proposalAttributes(proposal))
    this.#ask(1, proposal)
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** A span of this part; below the part's own unless `parent` says otherwise. */
  open(
    seq: number,
    name: string,
    given: {
      readonly startMs: number
      readonly attributes: Attributes
      readonly parent?: string
      readonly kind?: TraceSpan["kind"]
    }
  ): OpenSpan {
    const { origin, traceId } = this.#place
    return new OpenSpan(
      {
        traceId,
        spanId: spanIdOf(origin, { proposal: this.#proposal.seq, seq, name }),
        parentSpanId: given.parent ?? this.span.spanId,
        name,
        kind: given.kind ?? "Internal",
        startMs: given.startMs
      },
      given.attributes
    )
  }

  verdict(record: Verdict): void {
    const { phase, yes, reasons } = record.payload
    const phaseSpan = this.#phases.get(phase)
    const span = this.open(record.seq, verdictNames[record.type], {
      parent: (phaseSpan ?? this.span).spanId,
      startMs: phaseSpan?.startMs ?? record.logicalTimeMs,
      attributes: {
        ...recordAttributes(record),
        "optionsib.phase": phase,
        "optionsib.verdict.yes": yes,
        "optionsib.verdict.reasons": reasons,
        ...(record.type === "CognitionVerdict" && {
          "optionsib.model.hash": record.payload.modelHash
        }),
        ...(record.type === "CertificateVerdict" && {
          "optionsib.certificate.id": record.payload.certificateId
        })
      }
    })
    this.#place.emit(span.end(record.logicalTimeMs))
  }

  /** The capital is reserved: the three are asked anew. */
  reserved(record: Of<"Reserved">): void {
    if (!this.#isEnded) this.#ask(2, record)
  }

  converged(record: Of<"TradeConverged"> | Of<"TradeRefused">): void {
    const { phase } = record.payload
    const outcome =
      record.type === "TradeConverged"
        ? { "optionsib.converge.outcome": "converged" }
        : {
            "optionsib.converge.outcome": "refused",
            "optionsib.converge.reasons": record.payload.reasons
          }
    const span = this.#phases.get(phase)
    if (span === undefined) return
    this.#phases.delete(phase)
    this.#place.emit(span.end(record.logicalTimeMs, { ...answeredBy(record), ...outcome }))
  }

  ordered(record: Of<"OrderIntent">): void {
    this.orderIds.push(record.payload.clOrdID)
    this.#order = this.open(record.seq, "order", {
      kind: "Client",
      startMs: record.logicalTimeMs,
      attributes: { ...recordAttributes(record), ...orderAttributes(record) }
    })
  }

  /** What the venue said, as events on the order; fills are spans of their own. */
  reported({ seq, payload, logicalTimeMs }: Of<"ExecutionReport">): void {
    this.#order?.event("execution report", logicalTimeMs, {
      "optionsib.seq": seq,
      "optionsib.execution.type": payload.execType,
      "optionsib.order.status": payload.ordStatus,
      ...(payload.orderID !== "" && { "optionsib.order.id": payload.orderID })
    })
  }

  resolved({ seq, payload, logicalTimeMs }: Of<"IntentResolved">): void {
    const attributes = { "optionsib.seq": seq, "optionsib.intent.outcome": payload.outcome }
    this.#order?.event("intent resolved", logicalTimeMs, attributes)
  }

  /** A change of the order, or what became of it: events on the order; its Replaced is a report. */
  changed(record: Change): void {
    this.#order?.event(changeNames[record.type], record.logicalTimeMs, {
      "optionsib.seq": record.seq,
      ...changeAttributes(record)
    })
  }

  executed(record: Of<"TradeFilled">): void {
    // From the order's leaving: how long the fill took.
    this.#emit("execution", record, this.#order?.startMs ?? record.logicalTimeMs, {
      ...executionAttributes(record)
    })
  }

  corrected(record: Of<"TradeCorrected">): void {
    this.#emit("correction", record, record.logicalTimeMs, correctionAttributes(record))
  }

  cancelAsked(record: Of<"CancelIntent">): void {
    this.#cancel = this.open(record.seq, "cancel", {
      kind: "Client",
      parent: (this.#order ?? this.span).spanId,
      startMs: record.logicalTimeMs,
      attributes: {
        ...recordAttributes(record),
        "peer.service": "exchange",
        "optionsib.order.cl_ord_id": record.payload.clOrdID,
        "optionsib.cancel.reason": record.payload.reason
      }
    })
  }

  cancelRejected(record: Of<"OrderCancelReject">): void {
    this.#endCancel(record, `the venue did not cancel: ${record.payload.reason}`)
  }

  orderClosed(record: Of<"OrderClosed">): void {
    this.#endCancel(record)
    const { ordStatus, cumQty, reason } = record.payload
    const error = ordStatus === "Rejected" ? `rejected by the venue: ${reason}` : undefined
    const attributes = {
      ...answeredBy(record),
      "optionsib.order.status": ordStatus,
      "optionsib.order.cum_qty": cumQty,
      ...(reason !== "" && { "optionsib.order.reason": reason }),
      ...(error !== undefined && { "error.type": "Rejected" })
    }
    if (this.#order !== undefined) {
      this.#place.emit(this.#order.end(record.logicalTimeMs, attributes, error))
    }
    this.#order = undefined
  }

  /** The part's own span, once; whatever of it is still open ends with it. */
  end(timeMs: number, attributes: Attributes = {}): void {
    if (this.#isEnded) return
    this.#isEnded = true
    for (const span of [this.#cancel, this.#order, ...this.#phases.values()]) {
      if (span !== undefined) this.#place.emit(span.end(timeMs, { "optionsib.unanswered": true }))
    }
    this.#cancel = undefined
    this.#order = undefined
    this.#phases.clear()
    this.#place.emit(this.span.end(timeMs, attributes))
  }

  /** What the proposal saw: the quote until it was taken up, the features, the model's answer in force. */
  #whatLedHere(root: RootQuote, moment: DeskMoment): void {
    const { interval, features, regime, answer, request, listing } = moment
    const taken = interval !== undefined && interval.seq > root.seq ? interval : this.#proposal
    const feed = this.open(root.seq, "feed", {
      startMs: root.timeMs,
      attributes: {
        "optionsib.seq": root.seq,
        "optionsib.actor": "feed",
        ...(root.instrument >= 0 && {
          "optionsib.record.type": "Quote",
          "optionsib.quote.instrument": root.instrument,
          "optionsib.quote.name": listing.nameOf(root.instrument)
        }),
        ...answeredBy(taken)
      }
    })
    this.#place.emit(feed.end(taken.logicalTimeMs))
    if (features !== undefined) {
      const { term, quotesSeen, staleInstruments } = features.payload
      this.#emit("features", features, features.logicalTimeMs, {
        "optionsib.features.expirations": term.length,
        "optionsib.features.quotes_seen": quotesSeen,
        "optionsib.features.stale_instruments": staleInstruments
      })
    }
    const asked = this.#proposal.payload.kind === "Open" && answer !== undefined
    if (asked && request !== undefined && regime?.cause === answer.seq) {
      const span = this.open(request.seq, "inference", {
        kind: "Client",
        startMs: request.logicalTimeMs,
        attributes: { ...recordAttributes(request), ...answeredBy(answer) }
      })
      this.#place.emit(span.end(answer.logicalTimeMs, inferenceAttributes(answer, regime)))
    }
  }

  #ask(phase: 1 | 2, record: JournalRecord): void {
    const attributes = { ...recordAttributes(record), "optionsib.phase": phase }
    const startMs = record.logicalTimeMs
    this.#phases.set(phase, this.open(record.seq, "converge", { startMs, attributes }))
  }

  #endCancel(record: JournalRecord, error?: string): void {
    if (this.#cancel === undefined) return
    const attributes = {
      ...answeredBy(record),
      ...(error !== undefined && { "error.type": record.type })
    }
    this.#place.emit(this.#cancel.end(record.logicalTimeMs, attributes, error))
    this.#cancel = undefined
  }

  /** A span that ends with its record. */
  #emit(name: string, record: JournalRecord, startMs: number, attributes: Attributes): void {
    const isExecution = name === "execution"
    const span = this.open(record.seq, name, {
      ...(isExecution && { kind: "Client" as const, parent: (this.#order ?? this.span).spanId }),
      startMs,
      attributes: { ...recordAttributes(record), ...attributes }
    })
    this.#place.emit(span.end(record.logicalTimeMs))
  }
}
