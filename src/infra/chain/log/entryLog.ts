/**
 * A chain's own log: one line per entry, its CRC-32 in hex before its JSON.
 *
 * Invariant: an entry that `append` returned for is durable. A damaged last line was never answered for: it is a torn
 * tail and cut. Damage before it stops the chain.
 */
import { crc32 } from "node:zlib"
import { Option, Result, Schema } from "effect"
import { ChainCorrupt } from "../../../actors/ports/Chain.ts"
import type { LogMedium } from "./medium.ts"

export interface EntryLog<E> {
  readonly place: string
  /** What was there when it was opened, in order. */
  readonly entries: ReadonlyArray<E>
  /** Throws where the medium fails; what it then holds is not known, so every later call throws too. */
  readonly append: (entry: E) => void
  /** Throws what `append` threw, if it did. */
  readonly check: () => void
}

export const openEntryLog = <E>(
  medium: LogMedium,
  schema: Schema.Codec<E, unknown>
): Result.Result<EntryLog<E>, ChainCorrupt> => {
  const json = Schema.fromJsonString(Schema.toCodecJson(schema))
  const encode = Schema.encodeSync(json)
  const decode = Schema.decodeUnknownOption(json)
  const bytes = medium.read()
  const entries: Array<E> = []
  let start = 0
  while (start < bytes.length) {
    const end = bytes.indexOf(newline, start)
    const isLast = end === -1 || end === bytes.length - 1
    const text = end === -1 ? undefined : checked(bytes.subarray(start, end))
    const entry = text === undefined ? undefined : Option.getOrUndefined(decode(text))
    if (entry === undefined) {
      if (isLast && text === undefined) break
      const why = text === undefined ? "its checksum is wrong" : "it is no entry of this log"
      return Result.fail(
        new ChainCorrupt({ place: medium.place, verifiedThrough: entries.length, why })
      )
    }
    entries.push(entry)
    start = end + 1
  }
  if (start < bytes.length) medium.truncate(start)
  let broken: string | undefined
  const check = () => {
    if (broken !== undefined) throw new Error(broken)
  }
  return Result.succeed({
    check,
    place: medium.place,
    entries,
    append: (entry) => {
      check()
      const line = encode(entry)
      try {
        medium.append(new TextEncoder().encode(`${checksum(line)} ${line}\n`))
      } catch (thrown) {
        broken = thrown instanceof Error ? thrown.message : String(thrown)
        throw thrown
      }
    }
  })
}

const newline = 10

const checked = (line: Uint8Array): string | undefined => {
  const text = new TextDecoder().decode(line)
  const json = text.slice(9)
  return text.slice(0, 8) === checksum(json) ? json : undefined
}

const checksum = (json: string): string => crc32(json).toString(16).padStart(8, "0")
