/**
 * The bytes of the vault's log: one line per entry, its CRC-32 in hex before its JSON.
 *
 * A damaged last line was never answered for: it is a torn tail. Damage before it stops the vault.
 */
import { crc32 } from "node:zlib"
import { Option, Result, Schema } from "effect"
import { ChainCorrupt } from "../../../actors/ports/Chain.ts"
import { Instruction, Outcome } from "../../../domain/vault/instruction.ts"

const LedgerEntry = Schema.Struct({
  /** From 1, dense. */
  number: Schema.Int,
  key: Schema.String,
  nowMs: Schema.Int,
  instruction: Instruction,
  outcome: Outcome
})
export type LedgerEntry = typeof LedgerEntry.Type

const EntryJson = Schema.fromJsonString(Schema.toCodecJson(LedgerEntry))
const encodeEntry = Schema.encodeSync(EntryJson)
const decodeEntry = Schema.decodeUnknownOption(EntryJson)

export const writeEntry = (entry: LedgerEntry): Uint8Array => {
  const json = encodeEntry(entry)
  return new TextEncoder().encode(`${checksum(json)} ${json}\n`)
}

/** The whole entries, and how many bytes they take; what follows is a torn tail. */
export interface LedgerContent {
  readonly entries: ReadonlyArray<LedgerEntry>
  readonly wholeBytes: number
}

export const readLedger = (
  bytes: Uint8Array,
  place: string
): Result.Result<LedgerContent, ChainCorrupt> => {
  const entries: Array<LedgerEntry> = []
  let start = 0
  while (start < bytes.length) {
    const end = bytes.indexOf(newline, start)
    const isLast = end === -1 || end === bytes.length - 1
    const entry = end === -1 ? undefined : readLine(bytes.subarray(start, end))
    if (entry === undefined && isLast) break
    if (entry?.number !== entries.length + 1) {
      const why =
        entry === undefined
          ? "its checksum or form is wrong"
          : `its number is ${entry.number}, expected ${entries.length + 1}`
      return Result.fail(new ChainCorrupt({ place, verifiedThrough: entries.length, why }))
    }
    entries.push(entry)
    start = end + 1
  }
  return Result.succeed({ entries, wholeBytes: start })
}

const newline = 10

const readLine = (line: Uint8Array): LedgerEntry | undefined => {
  const text = new TextDecoder().decode(line)
  const json = text.slice(9)
  return text.slice(0, 8) === checksum(json) ? Option.getOrUndefined(decodeEntry(json)) : undefined
}

const checksum = (json: string): string => crc32(json).toString(16).padStart(8, "0")
