/**
 * The path of a trade before its order: proposal, three verdicts, outcome. Authors: strategy and hedger propose;
 * regime-classifier, risk-gate and convergence give the verdicts; convergence sums them up.
 */
import { Schema } from "effect"
import { recordType } from "../../../domain/journal/record.ts"

/** One leg of an order at a net price: FIX NoLegs group. */
export const Leg = Schema.Struct({
  instrument: Schema.Int,
  side: Schema.Literals(["Buy", "Sell"]),
  /** Contracts (or shares) of this leg per unit of the order. */
  ratio: Schema.Int
})
export type Leg = typeof Leg.Type

/** Before version 2 a proposal did not name its quotes. */
const withBasis = (older: unknown): unknown => ({ ...(older as object), basis: [] })

export const TradeKind = Schema.Literals(["Open", "Close", "Hedge"])

/**
 * A wish to trade. `tradeId` is (book, author, author's event count). One multi-leg order at a net price.
 * Net prices are micro-USD per unit for one share of each leg: positive pays (debit), negative receives (credit).
 */
export const TradeProposed = recordType(
  "TradeProposed",
  Schema.Struct({
    tradeId: Schema.String,
    kind: TradeKind,
    /** The position that a Close ends; "" otherwise. */
    closes: Schema.String,
    strategyId: Schema.String,
    legs: Schema.Array(Leg),
    /** Units of the whole combination. */
    quantity: Schema.Int,
    limitNetMicros: Schema.Int,
    /** Collateral the vault must hold back before the order leaves, fees included. 0 for a Close. */
    collateralMicros: Schema.BigInt,
    /** Why: the numbers that the author looked at, by name. */
    rationale: Schema.Record(Schema.String, Schema.Finite),
    /**
     * Seqs of the quotes it rests on, ascending: the newest began the trade. By strategy, the smile that an Open was
     * chosen from and what a Close holds; by hedger, the stock and the contracts that it hedges.
     */
    basis: Schema.Array(Schema.Int)
  }),
  { version: 2, upcasters: { 1: withBasis } }
)

/** By strategy, when it looked for a trade and proposes none: what a summary counts. */
export const StrategyIdle = recordType(
  "StrategyIdle",
  Schema.Struct({
    strategyId: Schema.String,
    /** A kind, e.g. `edge-too-small`. */
    reason: Schema.String,
    /** One sentence with the numbers. */
    detail: Schema.String
  })
)

/** 1: at the proposal. 2: asked anew when the capital is reserved. */
const Phase = Schema.Literals([1, 2])

const verdict = {
  tradeId: Schema.String,
  phase: Phase,
  yes: Schema.Boolean,
  /** Machine-readable first words, e.g. `stale-quote: instrument 12 is 70 s old, at most 60 s`. Never empty. */
  reasons: Schema.Array(Schema.String)
}

/** By regime-classifier: the last model answer, no older than `cognitionAgeMsMax`. */
export const CognitionVerdict = recordType(
  "CognitionVerdict",
  Schema.Struct({ ...verdict, modelHash: Schema.String })
)

/** By risk-gate. */
export const RiskVerdict = recordType("RiskVerdict", Schema.Struct(verdict))

/** By convergence: whether the strategy carries a valid certificate. */
export const CertificateVerdict = recordType(
  "CertificateVerdict",
  Schema.Struct({ ...verdict, certificateId: Schema.String })
)

/** Three yes. Phase 1 lets the vault reserve, phase 2 lets the executor send. */
export const TradeConverged = recordType(
  "TradeConverged",
  Schema.Struct({ tradeId: Schema.String, phase: Phase })
)

/** At least one no (or a missing verdict). In phase 2 the vault frees the reservation. */
export const TradeRefused = recordType(
  "TradeRefused",
  Schema.Struct({ tradeId: Schema.String, phase: Phase, reasons: Schema.Array(Schema.String) })
)

export const tradeTypes = [
  TradeProposed,
  StrategyIdle,
  CognitionVerdict,
  RiskVerdict,
  CertificateVerdict,
  TradeConverged,
  TradeRefused
] as const
