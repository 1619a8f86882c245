/**
 * What the vault can be told and what it answers. Every instruction is safe to repeat: its key is
 * an order id and a number, or the id of a transfer. Amounts are micro-USDT.
 */
import { Schema } from "effect"

const key = { tradeId: Schema.String }
const step = { ...key, n: Schema.Int }

export const Instruction = Schema.Union([
  Schema.TaggedStruct("Deposit", { depositId: Schema.String, amountMicros: Schema.BigInt }),
  Schema.TaggedStruct("Withdraw", { withdrawalId: Schema.String, amountMicros: Schema.BigInt }),
  Schema.TaggedStruct("Reserve", {
    ...key,
    maxAmountMicros: Schema.BigInt,
    expiryMs: Schema.Int
  }),
  /** Swaps USDT for position tokens, up to `cumulativeMicros` over the settles 1..n. */
  Schema.TaggedStruct("Settle", { ...step, cumulativeMicros: Schema.BigInt }),
  /** Frees what a trade reserved and did not settle; nothing settles afterwards. */
  Schema.TaggedStruct("Cancel", key),
  /**
   * Swaps back, up to `cumulativeProceedsMicros` over the closes 1..n; the final one burns all
   * position tokens.
   */
  Schema.TaggedStruct("Close", {
    ...step,
    cumulativeProceedsMicros: Schema.BigInt,
    final: Schema.Boolean
  }),
  /** Late commissions and corrections; signed, negative takes from the vault. Not cumulative. */
  Schema.TaggedStruct("Adjust", { ...step, amountMicros: Schema.BigInt }),
  /** Until `untilMs` nothing is reserved and nothing leaves; closings and deposits go on. */
  Schema.TaggedStruct("Freeze", { untilMs: Schema.Int }),
  Schema.TaggedStruct("Thaw", {}),
  /**
   * Past a reservation's expiry frees what never settled; past its due time marks an unclosed
   * trade,
   * and nothing new is reserved until it is closed. Anyone may say it.
   */
  Schema.TaggedStruct("Overdue", key),
  /**
   * The trader closes a marked trade and takes its position tokens, the claim on the counterparty.
   */
  Schema.TaggedStruct("WriteOff", key),
  /**
   * Writes down the head of the journal's chain after record `seq`: a later cut or change shows.
   */
  Schema.TaggedStruct("Anchor", { seq: Schema.Int, headHash: Schema.String })
])
export type Instruction = typeof Instruction.Type

export const RejectionCode = Schema.Literals([
  "AdjustBoundExceeded",
  "AggregateCapExceeded",
  "AmountOutOfRange",
  "AnchorNotNewer",
  "CumulativeDecreased",
  "ExpiryOutOfRange",
  "FreezeOutOfRange",
  "FreezePause",
  "Frozen",
  "InsufficientFree",
  "NotOverdue",
  "NothingSettled",
  "NumberOutOfOrder",
  "OrderIdReused",
  "OverReservation",
  "RepeatDiffers",
  "ReservationCanceled",
  "ReservationExpired",
  "TradeCapExceeded",
  "TradeClosed",
  "TradeOverdue",
  "UnknownTrade"
])
export type RejectionCode = typeof RejectionCode.Type

export const Outcome = Schema.Union([
  /**
   * `movedMicros`: what changed its place: paid in or out, reserved, settled, freed, or paid back
   * (signed in an adjust).
   */
  Schema.TaggedStruct("Applied", { movedMicros: Schema.BigInt }),
  /** It happened before; nothing changed now. */
  Schema.TaggedStruct("Repeated", {}),
  Schema.TaggedStruct("Rejected", { code: RejectionCode, text: Schema.String })
])
export type Outcome = typeof Outcome.Type

export const rejected = (code: RejectionCode, text: string): Outcome => ({
  _tag: "Rejected",
  code,
  text
})
