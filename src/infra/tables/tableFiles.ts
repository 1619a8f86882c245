/** The tables port on the file system; the ending of a file's name chooses its format. */
import { Effect, Layer } from "effect"
import { TableFiles, TableInvalid } from "../../actors/ports/TableFiles.ts"
import { createCsv, openCsv } from "./csvFile.ts"
import { createParquet, openParquet } from "./parquetFile.ts"
import { attempt, pendingFile } from "./pendingFile.ts"

type Format = "csv" | "parquet"

const formatOf = (file: string): Effect.Effect<Format, TableInvalid> => {
  const ending = /\.([A-Za-z0-9]+)$/.exec(file)?.[1]?.toLowerCase()
  if (ending === "csv" || ending === "parquet") return Effect.succeed(ending)
  const detail = `its name must end in .csv or .parquet, which chooses the format`
  return Effect.fail(new TableInvalid({ file, detail }))
}

export const layer: Layer.Layer<TableFiles> = Layer.succeed(TableFiles, {
  open: Effect.fnUntraced(function* (file) {
    const format = yield* formatOf(file)
    return yield* format === "csv" ? openCsv(file) : openParquet(file)
  }),
  create: Effect.fnUntraced(function* (file, columns) {
    const format = yield* formatOf(file)
    return yield* format === "csv" ? createCsv(file, columns) : createParquet(file, columns)
  }),
  writeText: (file, text) =>
    Effect.scoped(
      Effect.gen(function* () {
        const pending = yield* pendingFile(file)
        yield* attempt(file, () => pending.write(text))
        yield* attempt(file, pending.finish)
      })
    )
})
