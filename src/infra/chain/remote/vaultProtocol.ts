/** What a desk and the vault's chain in a process of its own say to each other: a JSON line per question and answer. */
import { Schema } from "effect"
import type { ChainAnswer, VaultReading } from "../../../actors/ports/Chain.ts"
import { Instruction, Outcome } from "../../../domain/vault/instruction.ts"
import type { TradeAccount } from "../../../domain/vault/vaultState.ts"

export const Question = Schema.Union([
  /** First on each connection: from here on it alone speaks for the account. */
  Schema.TaggedStruct("Hello", {
    version: Schema.Literal(1),
    account: Schema.String,
    book: Schema.String,
    seed: Schema.Int,
    /** SHA-256 of the vault's limits that the desk reckons with, hex. */
    limitsHash: Schema.String
  }),
  Schema.TaggedStruct("Submit", {
    key: Schema.String,
    instruction: Instruction,
    nowMs: Schema.Int
  }),
  Schema.TaggedStruct("Find", { key: Schema.String }),
  Schema.TaggedStruct("Balances", {}),
  Schema.TaggedStruct("Trade", { tradeId: Schema.String }),
  Schema.TaggedStruct("Trades", {})
])
export type Question = typeof Question.Type

const balances = {
  freeMicros: Schema.BigInt,
  reservedMicros: Schema.BigInt,
  settlingMicros: Schema.BigInt
}

const AnswerOfChain: Schema.Codec<ChainAnswer, unknown> = Schema.Struct({
  number: Schema.Int,
  outcome: Outcome,
  balances: Schema.Struct(balances),
  instruction: Instruction
})

const Reading: Schema.Codec<VaultReading, unknown> = Schema.Struct({
  ...balances,
  heldMicros: Schema.BigInt,
  counterpartyMicros: Schema.BigInt,
  depositedMicros: Schema.BigInt,
  withdrawnMicros: Schema.BigInt,
  frozenUntilMs: Schema.Int,
  anchor: Schema.UndefinedOr(Schema.Struct({ seq: Schema.Int, headHash: Schema.String }))
})

const Account: Schema.Codec<TradeAccount, unknown> = Schema.Struct({
  tradeId: Schema.String,
  maxAmountMicros: Schema.BigInt,
  expiryMs: Schema.Int,
  dueMs: Schema.Int,
  settledMicros: Schema.BigInt,
  settleN: Schema.Int,
  canceled: Schema.Boolean,
  proceedsMicros: Schema.BigInt,
  closeN: Schema.Int,
  closed: Schema.Boolean,
  overdue: Schema.Boolean,
  writtenOff: Schema.Boolean,
  adjustedMicros: Schema.BigInt,
  adjustN: Schema.Int,
  lastAdjustMicros: Schema.BigInt
})

/** The one of these that was asked for; what the chain does not know is absent. */
export const Answer = Schema.Struct({
  description: Schema.optionalKey(Schema.String),
  answer: Schema.optionalKey(AnswerOfChain),
  reading: Schema.optionalKey(Reading),
  trade: Schema.optionalKey(Account),
  trades: Schema.optionalKey(Schema.Array(Account))
})
export type Answer = typeof Answer.Type

export const decodeQuestion = Schema.decodeUnknownResult(Schema.toCodecJson(Question))
export const encodeQuestion = Schema.encodeSync(Schema.toCodecJson(Question))
export const decodeAnswer = Schema.decodeUnknownResult(Schema.toCodecJson(Answer))
export const encodeAnswer = Schema.encodeSync(Schema.toCodecJson(Answer))
