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

export const WithdrawRequested = recordType(
  "WithdrawRequested",
  Schema.Struct({ withdrawalId: Schema.String, amountMicros: Schema.BigInt })
)
/** `freezeId` names one freeze or thaw; `untilMs` is epoch ms. */
export const FreezeRequested = recordType(
  "FreezeRequested",
  Schema.Struct({ freezeId: Schema.String, untilMs: Schema.Int })
)
export const ThawRequested = recordType("ThawRequested", Schema.Struct({ freezeId: Schema.String }))

/** By auditor: what does the chain hold? `n` counts these requests. */
export const BalancesRequested = recordType("BalancesRequested", Schema.Struct({ n: Schema.Int }))
/** By auditor: write the journal's head, as it is when the request is performed, to the chain. */
export const AnchorRequested = recordType(
  "AnchorRequested",
  Schema.Struct({ n: Schema.Int, reason: Schema.String })
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
export const Withdrawn = recordType(
  "Withdrawn",
  Schema.Struct({ withdrawalId: Schema.String, amountMicros: Schema.BigInt, ...balances })
)
export const VaultFrozen = recordType(
  "VaultFrozen",
  Schema.Struct({ freezeId: Schema.String, untilMs: Schema.Int, ...balances })
)
export const VaultThawed = recordType(
  "VaultThawed",
  Schema.Struct({ freezeId: Schema.String, ...balances })
)
/** Read from the chain's accounts, not from its answers. `heldMicros`: what the vault's token account holds. */
export const BalancesReported = recordType(
  "BalancesReported",
  Schema.Struct({ n: Schema.Int, ...balances, heldMicros: Schema.BigInt })
)
/** The chain holds the head (hex) over the journal's records through `seq`. */
export const Anchored = recordType(
  "Anchored",
  Schema.Struct({ n: Schema.Int, seq: Schema.Int, headHash: Schema.String })
)
/**
 * The program said no. `instruction` names the request's record type; the `tradeId` of a deposit,
 * withdrawal or freeze is its own id, that of an anchor "".
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
  WithdrawRequested,
  FreezeRequested,
  ThawRequested,
  BalancesRequested,
  AnchorRequested,
  Deposited,
  Reserved,
  Settled,
  ReservationCanceled,
  Closed,
  Adjusted,
  Withdrawn,
  VaultFrozen,
  VaultThawed,
  BalancesReported,
  Anchored,
  ChainRejected,
  TradeCompleted
] as const
