/**
 * What happened between us and Interactive Brokers, in words of our own: the entries of the gateway's log, and all that
 * its orders are folded from. Prices are integer micro-USD; an instrument of -1 is none of the listing.
 */
import { Schema } from "effect"
import { OrderRequest, UnexplainedPayload } from "../../../domain/trading/reports.ts"

const Side = Schema.Literals(["Buy", "Sell"])
const atMs = Schema.Int
const clOrdID = Schema.String

export const IbWord = Schema.Union([
  /** A log that an older build began goes on with this one, which tells corrections its own way from here. */
  Schema.TaggedStruct("Continued", { atMs }),
  /** About to be written: durable before it is. */
  Schema.TaggedStruct("Placed", { request: OrderRequest, orderId: Schema.Int, atMs }),
  /** Certain not to have reached the broker. */
  Schema.TaggedStruct("NotSent", { clOrdID, why: Schema.String, atMs }),
  /** Refused here: it could not be said in the broker's terms. */
  Schema.TaggedStruct("Denied", { request: OrderRequest, why: Schema.String, atMs }),
  /** The broker spoke of it. A second permId for one order is kept beside the first. */
  Schema.TaggedStruct("Acknowledged", { clOrdID, permId: Schema.Int, atMs }),
  Schema.TaggedStruct("CancelAsked", { clOrdID, atMs }),
  Schema.TaggedStruct("CancelRefused", { clOrdID, reason: Schema.String, atMs }),
  Schema.TaggedStruct("ReplaceAsked", {
    clOrdID,
    requestId: Schema.String,
    orderQty: Schema.Int,
    limitNetMicros: Schema.Int,
    atMs
  }),
  /** Certain not to have reached the broker: it may be sent again. */
  Schema.TaggedStruct("ReplaceNotSent", {
    clOrdID,
    requestId: Schema.String,
    why: Schema.String,
    atMs
  }),
  Schema.TaggedStruct("Replaced", { clOrdID, requestId: Schema.String, atMs }),
  Schema.TaggedStruct("ReplaceRefused", {
    clOrdID,
    requestId: Schema.String,
    reason: Schema.String,
    atMs
  }),
  /** `venueCumQty`: units that the broker counts as filled then. */
  Schema.TaggedStruct("Ended", {
    clOrdID,
    as: Schema.Literals(["Canceled", "Rejected", "Expired"]),
    venueCumQty: Schema.Int,
    text: Schema.String,
    atMs
  }),
  /** One execution of one leg. `clOrdID` is "" where no order of ours is meant; `symbol` is for people. */
  Schema.TaggedStruct("Executed", {
    clOrdID,
    execId: Schema.String,
    permId: Schema.Int,
    instrument: Schema.Int,
    symbol: Schema.String,
    side: Side,
    quantity: Schema.Int,
    priceMicros: Schema.Int,
    timeMs: Schema.Int,
    atMs
  }),
  Schema.TaggedStruct("Charged", {
    execId: Schema.String,
    commissionMicros: Schema.BigInt,
    atMs
  }),
  /** Its commission has been waited for long enough: it is told without. */
  Schema.TaggedStruct("ChargeOverdue", { execId: Schema.String, atMs }),
  /** A listed contract left the account at its expiry. */
  Schema.TaggedStruct("ContractEnded", {
    instrument: Schema.Int,
    kind: Schema.Literals(["Expired", "Exercised", "Assigned"]),
    quantity: Schema.Int,
    shares: Schema.Int,
    strikeMicros: Schema.Int,
    date: Schema.String,
    atMs
  }),
  /** `moves`: what our holdings are taken to be off by from now on, so that it is not told again. */
  Schema.TaggedStruct("Differs", {
    difference: UnexplainedPayload,
    moves: Schema.Array(Schema.Tuple([Schema.Int, Schema.Int])),
    atMs
  })
])
export type IbWord = typeof IbWord.Type
export type WordOf<Tag extends IbWord["_tag"]> = Extract<IbWord, { readonly _tag: Tag }>
