/**
 * Vault instructions out and chain confirmations in. Keyed by `tradeId` (the chain's order id) and
 * a number `n`, so that a repeat is a no-op. Amounts are micro-USDT, `bigint`; 1 USDT = 1 USD is
 * assumed.
 */
import { Schema } from "effect"
import { recordType } from "../../../domain/journal/record.ts"
import { TradeKind } from "./trade.ts"

export const chainSource = "chain"

const key = { tradeId: Schema.String }
const step = { ...key, n: Schema.Int }
/**
 * From 1; counts how often the same instruction was asked after a rejection. The chain answers each
 * attempt once.
 */
const attempt = { attempt: Schema.Int }

/** By vault. Deposits carry the deposit's id. */
export const DepositRequested = recordType(
  "DepositRequested",
  Schema.Struct({ depositId: Schema.String, amountMicros: Schema.BigInt })
)
export const ReserveRequested = recordType(
  "ReserveRequested",
  Schema.Struct({ ...key, ...attempt, maxAmountMicros: Schema.BigInt, expiryMs: Schema.Int })
)
/**
 * Atomic swap: USDT to the settlement counterparty against position tokens. `cumulativeMicros` over
 * the trade's settles 1..n.
 */
export const SettleRequested = recordType(
  "SettleRequested",
  Schema.Struct({ ...step, ...attempt, cumulativeMicros: Schema.BigInt })
)
/** Frees what a trade reserved and did not settle. */
export const CancelReservationRequested = recordType(
  "CancelReservationRequested",
  Schema.Struct({ ...key, ...attempt, reason: Schema.String })
)
/** Swap back: position tokens burned against principal with profit or loss. */
export const CloseRequested = recordType(
  "CloseRequested",
  Schema.Struct({
    ...step,
    ...attempt,
    cumulativeProceedsMicros: Schema.BigInt,
    final: Schema.Boolean
  })
)
/** Late commissions and execution corrections; signed: negative takes from the vault. */
export const AdjustRequested = recordType(
  "AdjustRequested",
  Schema.Struct({ ...step, ...attempt, amountMicros: Schema.BigInt, reason: Schema.String })
)

const balances = {
  freeMicros: Schema.BigInt,
  reservedMicros: Schema.BigInt,
  settlingMicros: Schema.BigInt
}

/** Confirmations (inputs by chain). Balances are the vault account's after the instruction. */
export const Deposited = recordType(
  "Deposited",
  Schema.Struct({ depositId: Schema.String, amountMicros: Schema.BigInt, ...balances })
)
export const Reserved = recordType(
  "Reserved",
  Schema.Struct({ ...key, maxAmountMicros: Schema.BigInt, ...balances })
)
export const Settled = recordType(
  "Settled",
  Schema.Struct({ ...step, cumulativeMicros: Schema.BigInt, ...balances })
)
export const ReservationCanceled = recordType(
  "ReservationCanceled",
  Schema.Struct({ ...key, freedMicros: Schema.BigInt, ...balances })
)
export const Closed = recordType(
  "Closed",
  Schema.Struct({
    ...step,
    cumulativeProceedsMicros: Schema.BigInt,
    final: Schema.Boolean,
    ...balances
  })
)
export const Adjusted = recordType(
  "Adjusted",
  Schema.Struct({ ...step, amountMicros: Schema.BigInt, ...balances })
)
/**
 * The program said no. `instruction` names the request's record type; a deposit's `tradeId` is its
 * deposit's id.
 */
export const ChainRejected = recordType(
  "ChainRejected",
  Schema.Struct({ ...step, instruction: Schema.String, code: Schema.String, text: Schema.String })
)

/**
 * By vault: a trade is flat, its last order closed, and its capital is back. `realizedMicros` =
 * proceeds - settled, commissions included. An adjustment after it brings another one; the last
 * counts.
 */
export const TradeCompleted = recordType(
  "TradeCompleted",
  Schema.Struct({
    tradeId: Schema.String,
    strategyId: Schema.String,
    kind: TradeKind,
    settledMicros: Schema.BigInt,
    realizedMicros: Schema.BigInt,
    commissionMicros: Schema.BigInt
  })
)

export const vaultTypes = [
  DepositRequested,
  ReserveRequested,
  SettleRequested,
  CancelReservationRequested,
  CloseRequested,
  AdjustRequested,
  Deposited,
  Reserved,
  Settled,
  ReservationCanceled,
  Closed,
  Adjusted,
  ChainRejected,
  TradeCompleted
] as const
