/** The vault's log: what was asked and what came of it, numbered. */
import { Result, Schema } from "effect"
import { ChainCorrupt } from "../../../actors/ports/Chain.ts"
import { Instruction, Outcome } from "../../../domain/vault/instruction.ts"
import type { LogMedium } from "../../log/medium.ts"
import { type EntryLog, openEntryLog } from "../log/entryLog.ts"

const LedgerEntry = Schema.Struct({
  /** From 1, dense. */
  number: Schema.Int,
  key: Schema.String,
  nowMs: Schema.Int,
  instruction: Instruction,
  outcome: Outcome
})
export type LedgerEntry = typeof LedgerEntry.Type

export const openLedgerLog = (
  medium: LogMedium
): Result.Result<EntryLog<LedgerEntry>, ChainCorrupt> =>
  Result.flatMap(openEntryLog<LedgerEntry>(medium, LedgerEntry), (log) => {
    const at = log.entries.findIndex(({ number }, index) => number !== index + 1)
    if (at < 0) return Result.succeed(log)
    const why = `its number is ${log.entries[at]!.number}, expected ${at + 1}`
    return Result.fail(new ChainCorrupt({ place: medium.place, verifiedThrough: at, why }))
  })
