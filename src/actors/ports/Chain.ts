/**
 * The vault on its chain: instructions in, confirmations out.
 *
 * The chain keeps its own durable log and answers only after it is written, so what it answered
 * stays true whatever happens to us; it is never rebuilt from our journal. One contract suite,
 * test/contract/chain, runs against every implementation.
 */
import { type Effect, Schema } from "effect"
import type { Instruction, Outcome } from "../../domain/vault/instruction.ts"
import type { Anchor, TradeAccount, VaultBalances } from "../../domain/vault/vaultState.ts"

/**
 * The chain cannot be reached or cannot write: what became of the instruction is not known. Never a
 * rejection.
 */
export class ChainUnavailable extends Schema.TaggedError<ChainUnavailable>()("ChainUnavailable", {
  place: Schema.String,
  why: Schema.String
}) {
  override get message(): string {
    return `the vault at ${this.place} cannot answer: ${this.why}`
  }
}

/** The chain's own log is damaged before its end, or is not one. */
export class ChainCorrupt extends Schema.TaggedError<ChainCorrupt>()("ChainCorrupt", {
  place: Schema.String,
  /** Entries that are known to be good. */
  verifiedThrough: Schema.Int,
  why: Schema.String
}) {
  override get message(): string {
    const { place, verifiedThrough, why } = this
    return `the vault log at ${place} is damaged after entry ${verifiedThrough}: ${why}`
  }
}

export interface ChainRequest {
  /** Names this very instruction: asking again under the same key gives the first answer again. */
  readonly key: string
  readonly instruction: Instruction
  /** Epoch ms; the first asking counts. */
  readonly nowMs: number
}

export interface ChainAnswer {
  /** The entry's place in the chain's own log, from 1, dense; the same at each asking. */
  readonly number: number
  /** `Repeated`: another key did the same before. */
  readonly outcome: Outcome
  /** The vault's balances just after the entry. */
  readonly balances: VaultBalances
  /** What was first asked under the key; a later asking may differ where it reads the moment. */
  readonly instruction: Instruction
}

/** What the chain's accounts hold now. Amounts: micro-USDT. */
export interface VaultReading extends VaultBalances {
  /** In the vault's token account: at least free and reserved together. */
  readonly heldMicros: bigint
  /** With the settlement counterparty: paid to it less paid back. Negative: it paid profits. */
  readonly counterpartyMicros: bigint
  readonly depositedMicros: bigint
  readonly withdrawnMicros: bigint
  /** Epoch ms; 0 when not frozen at the chain's own time. */
  readonly frozenUntilMs: number
  readonly anchor: Anchor | undefined
}

export interface ChainShape {
  /** What it is, for people; says so where it is simulated. */
  readonly description: string
  readonly submit: (request: ChainRequest) => Effect.Effect<ChainAnswer, ChainUnavailable>
  /** What the chain answered to this key; undefined where it never took it. */
  readonly find: (key: string) => Effect.Effect<ChainAnswer | undefined, ChainUnavailable>
  readonly balances: Effect.Effect<VaultReading, ChainUnavailable>
  /** The account of an order id; undefined where it never reserved. */
  readonly trade: (tradeId: string) => Effect.Effect<TradeAccount | undefined, ChainUnavailable>
  /** Every account that reserved through this log, in that order. */
  readonly trades: Effect.Effect<ReadonlyArray<TradeAccount>, ChainUnavailable>
}
