/** What a vault's chain log holds: one entry per answer, with all that led to it. */
import { Schema } from "effect"
import { Instruction, Outcome } from "../../../domain/vault/instruction.ts"

export const Answered = Schema.TaggedStruct("Answered", {
  key: Schema.String,
  nowMs: Schema.Int,
  instruction: Instruction,
  /** The transactions that were run for it, in order: when, and their bytes in base64. */
  transactions: Schema.Array(Schema.Struct({ atMs: Schema.Int, wire: Schema.String })),
  number: Schema.Int,
  outcome: Outcome,
  balances: Schema.Struct({
    freeMicros: Schema.BigInt,
    reservedMicros: Schema.BigInt,
    settlingMicros: Schema.BigInt
  })
})
export type Answered = typeof Answered.Type
