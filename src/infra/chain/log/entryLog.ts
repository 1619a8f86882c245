/** A chain's own log: one entry a line. */
import { Option, Result, Schema } from "effect"
import { ChainCorrupt } from "../../../actors/ports/Chain.ts"
import { lineWriter, readLines } from "../../log/lines.ts"
import type { LogMedium } from "../../log/medium.ts"

export interface EntryLog<E> {
  readonly place: string
  /** What was there when it was opened, in order. */
  readonly entries: ReadonlyArray<E>
  /** Throws where the medium fails; what it then holds is not known, so every later call throws too. */
  readonly append: (entry: E) => void
  /** Throws what `append` threw, if it did. */
  readonly check: () => void
}

/** Cuts a torn tail. May throw what the medium throws. */
export const openEntryLog = <E>(
  medium: LogMedium,
  schema: Schema.Codec<E, unknown>
): Result.Result<EntryLog<E>, ChainCorrupt> => {
  const { place } = medium
  const json = Schema.fromJsonString(Schema.toCodecJson(schema))
  const encode = Schema.encodeSync(json)
  const decode = Schema.decodeUnknownOption(json)
  const { lines, badLine, cut } = readLines(medium)
  const corrupt = (verifiedThrough: number, why: string) =>
    Result.fail(new ChainCorrupt({ place, verifiedThrough, why }))
  const entries: Array<E> = []
  for (const line of lines) {
    const entry = Option.getOrUndefined(decode(line))
    if (entry === undefined) return corrupt(entries.length, "it is no entry of this log")
    entries.push(entry)
  }
  if (badLine > 0) return corrupt(entries.length, "its checksum is wrong")
  cut()
  const { append, check } = lineWriter(medium, (why) => new Error(why))
  return Result.succeed({ place, entries, check, append: (entry) => append(encode(entry)) })
}
