/**
 * The broker: takes orders, changes and cancels them, answers what became of them, and speaks of its own accord.
 *
 * Every report carries the venue's own number (`sourceSeq`, dense from 1), so that whoever reads twice can drop
 * repeats. Reports leave in that order: an answer is preceded by every older report that was due.
 * One contract suite, test/contract/broker, runs against every implementation.
 */
import { Context, type Effect, Schema } from "effect"
import {
  CancelRejectPayload,
  ExecutionReportPayload,
  OptionEventPayload,
  type OrderCancelReplaceRequest,
  type OrderRequest,
  UnexplainedPayload
} from "../../domain/trading/reports.ts"
import type { Speaker } from "./Gateway.ts"

/** The source of a broker's inputs. */
export const brokerSource = "broker"

/** The venue cannot be asked now. What it did with a request that ended so is not known. */
export class VenueUnavailable extends Schema.TaggedError<VenueUnavailable>()("VenueUnavailable", {
  venue: Schema.String,
  why: Schema.String
}) {
  override get message() {
    return `the venue ${this.venue} cannot be reached: ${this.why}`
  }
}

const numbered = {
  sourceSeq: Schema.Int,
  /** The trade of the order; "" for option events. */
  correlation: Schema.String,
  source: Schema.Literal(brokerSource)
}

/** What a venue says: an input of the book, numbered by the venue. */
export const BrokerReport = Schema.Union([
  Schema.Struct({
    type: Schema.Literal("ExecutionReport"),
    payload: ExecutionReportPayload,
    ...numbered
  }),
  Schema.Struct({
    type: Schema.Literal("OrderCancelReject"),
    payload: CancelRejectPayload,
    ...numbered
  }),
  Schema.Struct({ type: Schema.Literal("OptionEvent"), payload: OptionEventPayload, ...numbered }),
  /** What the venue's account shows and nothing that was asked of it explains. */
  Schema.Struct({ type: Schema.Literal("Unexplained"), payload: UnexplainedPayload, ...numbered })
])
export type BrokerReport = typeof BrokerReport.Type

/** The request is certain not to have left: it was too late for it, or the writer's lease was over. */
export class SendLapsed extends Schema.TaggedError<SendLapsed>()("SendLapsed", {
  clOrdID: Schema.String,
  why: Schema.String
}) {
  override get message() {
    return `order ${this.clOrdID} was not sent: ${this.why}`
  }
}

/** What a venue knows of an order. `Unknown` where it could not tell: never to be taken for absence. */
export type OrderFate =
  | { readonly _tag: "Present"; readonly reports: ReadonlyArray<BrokerReport> }
  | { readonly _tag: "Absent" }
  | { readonly _tag: "Unknown"; readonly why: string }

/** Unsolicited reports: fills of resting orders, expiries, option events. */
export interface BrokerSpeaker extends Speaker {
  readonly next: () => BrokerReport
}

export class Broker extends Context.Service<
  Broker,
  {
    /**
     * Hands in an order; answers with its acknowledgement or rejection and, where it is marketable, its fills. A second
     * order with the same `clOrdID` is not a second order: the answer is that of the first. A venue that is reached over a
     * wire looks at `sendBeforeMs` (epoch ms; Infinity for none) and at its lease again immediately before it writes.
     */
    readonly submit: (
      order: OrderRequest,
      nowMs: number,
      sendBeforeMs?: number
    ) => Effect.Effect<ReadonlyArray<BrokerReport>, VenueUnavailable | SendLapsed>
    /**
     * Changes quantity and limit of a working order; answered by a Replaced report or an `OrderCancelReject` with its
     * `requestId`, and by the fills that the new limit brings. A second request with the same id is not a second change:
     * the answer is that of the first. `sendBeforeMs` is looked at as with an order.
     */
    readonly replace: (
      change: OrderCancelReplaceRequest,
      nowMs: number,
      sendBeforeMs?: number
    ) => Effect.Effect<ReadonlyArray<BrokerReport>, VenueUnavailable | SendLapsed>
    /** Asks to cancel what is left of an order; answered by a Canceled report or an `OrderCancelReject`. */
    readonly cancel: (
      clOrdID: string,
      nowMs: number
    ) => Effect.Effect<ReadonlyArray<BrokerReport>, VenueUnavailable>
    /**
     * Everything known of one order, past reports and answers to its changes included: a change without its answer in
     * them never took place. Changes nothing.
     */
    readonly query: (clOrdID: string, nowMs: number) => Effect.Effect<OrderFate>
    /** Signed quantities by ascending instrument; flat ones are left out. */
    readonly positions: Effect.Effect<
      ReadonlyArray<readonly [instrument: number, quantity: number]>,
      VenueUnavailable
    >
    readonly speaker: BrokerSpeaker
  }
>()("optionsib/actors/ports/Broker") {}
