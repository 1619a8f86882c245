/** What a venue is told and what it says, in FIX words. The records of the journal and the broker port share these forms. */
import { Schema } from "effect"
import { ExecType, OrdStatus } from "./orderStatus.ts"

const Side = Schema.Literals(["Buy", "Sell"])

export const TimeInForce = Schema.Literals(["Day", "ImmediateOrCancel"])

/** FIX NewOrderSingle / NewOrderMultileg. Legs are one combination at a net price. */
export const OrderRequest = Schema.Struct({
  clOrdID: Schema.String,
  tradeId: Schema.String,
  legs: Schema.Array(Schema.Struct({ instrument: Schema.Int, side: Side, ratio: Schema.Int })),
  orderQty: Schema.Int,
  limitNetMicros: Schema.Int,
  timeInForce: TimeInForce
})
export type OrderRequest = typeof OrderRequest.Type

/**
 * FIX OrderCancelReplaceRequest: what a working order is to become as a whole, so that a repeat changes nothing more. The
 * order keeps its `clOrdID` (FIX OrigClOrdID); `requestId` names the request (FIX ClOrdID) and its answer.
 */
export const OrderCancelReplaceRequest = Schema.Struct({
  clOrdID: Schema.String,
  requestId: Schema.String,
  /** Of the whole order, what has filled included: above that. */
  orderQty: Schema.Int,
  limitNetMicros: Schema.Int
})
export type OrderCancelReplaceRequest = typeof OrderCancelReplaceRequest.Type

/** One execution of one leg. */
export const LegExecution = Schema.Struct({
  instrument: Schema.Int,
  side: Side,
  lastQty: Schema.Int,
  /** Micro-USD per share. */
  lastPxMicros: Schema.Int
})

/** What a TradeCorrect or a TradeCancel is about. */
export const Correction = Schema.Struct({
  /** FIX ExecRefID: the `execID` of the Trade, also where that was corrected before. */
  execRefID: Schema.String,
  /** From 2: the Trade is its own first. One that is not higher than one before says nothing new. */
  revision: Schema.Int,
  /** The Trade as it was told: what was booked for it where nothing was corrected before. */
  lastQty: Schema.Int,
  legs: Schema.Array(LegExecution),
  commissionMicros: Schema.BigInt
})
export type Correction = typeof Correction.Type

/**
 * FIX ExecutionReport of a whole order; a combination's leg executions travel in its Trade reports. A TradeCorrect gives
 * quantity, prices and commission of the whole execution as they are now; a TradeCancel says that nothing is left of it.
 */
export const ExecutionReportPayload = Schema.Struct({
  clOrdID: Schema.String,
  /** The venue's own id; "" where it gave none. */
  orderID: Schema.String,
  /** Unique per execution; the key of deduplication. */
  execID: Schema.String,
  execType: ExecType,
  ordStatus: OrdStatus,
  orderQty: Schema.Int,
  cumQty: Schema.Int,
  leavesQty: Schema.Int,
  /** Units of the combination filled by the execution; 0 unless Trade or TradeCorrect. */
  lastQty: Schema.Int,
  /** Net price of this fill. */
  lastNetMicros: Schema.Int,
  legs: Schema.Array(LegExecution),
  commissionMicros: Schema.BigInt,
  transactTimeMs: Schema.Int,
  text: Schema.String,
  /** With TradeCorrect and TradeCancel, and with nothing else. */
  correction: Schema.optionalKey(Correction),
  /** Of Replaced: the request that it answers. Absent elsewhere. */
  requestId: Schema.optionalKey(Schema.String)
})
export type ExecutionReportPayload = typeof ExecutionReportPayload.Type

/** FIX OrderCancelReject: a cancel or a replace came too late, or is of an unknown order; the order stays as it was. */
export const CancelRejectPayload = Schema.Struct({
  clOrdID: Schema.String,
  reason: Schema.String,
  transactTimeMs: Schema.Int,
  /** FIX CxlRejResponseTo with the refused request; absent where a cancel was refused. */
  responseTo: Schema.optionalKey(Schema.Literal("Replace")),
  requestId: Schema.optionalKey(Schema.String)
})
export type CancelRejectPayload = typeof CancelRejectPayload.Type

/** A contract ended: expired worthless, exercised by us, or assigned to us. Quantities are signed, ours. */
export const OptionEventPayload = Schema.Struct({
  execID: Schema.String,
  kind: Schema.Literals(["Expired", "Exercised", "Assigned"]),
  instrument: Schema.Int,
  /** Contracts that leave the position: positive were long, negative were short. */
  quantity: Schema.Int,
  /** Shares that enter (positive) or leave (negative) at the strike. */
  shares: Schema.Int,
  strikeMicros: Schema.Int,
  transactTimeMs: Schema.Int
})
export type OptionEventPayload = typeof OptionEventPayload.Type

/** A difference between the broker's account and what the desk knows. */
export const UnexplainedPayload = Schema.Struct({
  /** The same for the same difference, whenever it is found again. */
  differenceId: Schema.String,
  /** What is compared: "execution 0000e0d5.65.01", "position of GOOG  151224C00745000". */
  what: Schema.String,
  expected: Schema.String,
  found: Schema.String,
  /** Listed instruments that it touches, ascending; empty where it touches none of ours. */
  instruments: Schema.Array(Schema.Int),
  transactTimeMs: Schema.Int
})
export type UnexplainedPayload = typeof UnexplainedPayload.Type
