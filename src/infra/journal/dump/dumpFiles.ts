/** Dumps of journals on the file system; the ending of a file's name chooses the format. */
import { Effect, Layer } from "effect"
import { DumpInvalid, JournalDumps } from "../../../actors/ports/JournalDumps.ts"
import { createJsonLines, openJsonLines } from "./jsonLines.ts"
import { createParquetDump, openParquetDump } from "./parquet.ts"

const formatOf = (file: string): Effect.Effect<"jsonl" | "parquet", DumpInvalid> => {
  const ending = /\.([A-Za-z0-9]+)$/.exec(file)?.[1]?.toLowerCase()
  if (ending === "jsonl" || ending === "parquet") return Effect.succeed(ending)
  const why = "its name must end in .jsonl or .parquet, which chooses the format"
  return Effect.fail(new DumpInvalid({ file, place: "", why }))
}

export const layer: Layer.Layer<JournalDumps> = Layer.succeed(JournalDumps, {
  open: Effect.fnUntraced(function* (file) {
    return yield* (yield* formatOf(file)) === "jsonl" ? openJsonLines(file) : openParquetDump(file)
  }),
  create: Effect.fnUntraced(function* (file, header) {
    return yield* (yield* formatOf(file)) === "jsonl"
      ? createJsonLines(file, header)
      : createParquetDump(file, header)
  })
})
