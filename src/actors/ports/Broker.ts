/**
 * The broker: takes orders, cancels them, answers what became of them, and speaks of its own accord.
 *
 * Every report carries the venue's own number (`sourceSeq`, dense from 1), so that whoever reads twice can drop
 * repeats. Reports leave in that order: an answer is preceded by every older report that was due.
 * One contract suite, test/contract/broker, runs against every implementation.
 */
import { Context, type Effect, Schema } from "effect"
import type { PayloadOf } from "../../domain/journal/record.ts"
import { brokerSource, ExecutionReport, OptionEvent, OrderCancelReject } from "../records/broker.ts"
import { Leg } from "../records/trade.ts"
import type { Speaker } from "./Gateway.ts"

/** The venue cannot be asked now. What it did with a request that ended so is not known. */
export class VenueUnavailable extends Schema.TaggedError<VenueUnavailable>()("VenueUnavailable", {
  venue: Schema.String,
  why: Schema.String
}) {
  override get message() {
    return `the venue ${this.venue} cannot be reached: ${this.why}`
  }
}

/** What a venue is told of an order: the part of an `OrderIntent` that concerns it. Legs are one combination at a net price. */
export const OrderRequest = Schema.Struct({
  clOrdID: Schema.String,
  tradeId: Schema.String,
  legs: Schema.Array(Leg),
  orderQty: Schema.Int,
  limitNetMicros: Schema.Int,
  timeInForce: Schema.Literals(["Day", "ImmediateOrCancel"])
})
export type OrderRequest = typeof OrderRequest.Type

export type ExecutionReportPayload = PayloadOf<typeof ExecutionReport>
export type OptionEventPayload = PayloadOf<typeof OptionEvent>

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
    payload: ExecutionReport.schema,
    ...numbered
  }),
  Schema.Struct({
    type: Schema.Literal("OrderCancelReject"),
    payload: OrderCancelReject.schema,
    ...numbered
  }),
  Schema.Struct({ type: Schema.Literal("OptionEvent"), payload: OptionEvent.schema, ...numbered })
])
export type BrokerReport = typeof BrokerReport.Type

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
     * order with the same `clOrdID` is not a second order: the answer is that of the first.
     */
    readonly submit: (
      order: OrderRequest,
      nowMs: number
    ) => Effect.Effect<ReadonlyArray<BrokerReport>, VenueUnavailable>
    /** Asks to cancel what is left of an order; answered by a Canceled report or an `OrderCancelReject`. */
    readonly cancel: (
      clOrdID: string,
      nowMs: number
    ) => Effect.Effect<ReadonlyArray<BrokerReport>, VenueUnavailable>
    /** Everything known of one order, past reports included. Changes nothing. */
    readonly query: (clOrdID: string, nowMs: number) => Effect.Effect<OrderFate>
    /** Signed quantities by ascending instrument; flat ones are left out. */
    readonly positions: Effect.Effect<
      ReadonlyArray<readonly [instrument: number, quantity: number]>,
      VenueUnavailable
    >
    readonly speaker: BrokerSpeaker
  }
>()("optionsib/actors/ports/Broker") {}
