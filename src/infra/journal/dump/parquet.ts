/**
 * A journal's dump as a Parquet table: a column per field, times as timestamps, payloads as JSON text; the header stands
 * in the file's own metadata, under `optionsib.journal`.
 */
import { Effect, Result, type Scope } from "effect"
import type { SchemaElement } from "hyparquet"
import {
  type DumpError,
  type DumpHeader,
  DumpInvalid,
  type DumpRow,
  type DumpSink,
  type DumpSource,
  type DumpUnavailable,
  type FoundRow
} from "../../../actors/ports/JournalDumps.ts"
import type { TableColumn, TableError } from "../../../actors/ports/TableFiles.ts"
import { createParquet, openParquet } from "../../tables/parquetFile.ts"
import { decodeHeader, unavailable } from "./jsonLines.ts"

const headerKey = "optionsib.journal"

const int64: Omit<SchemaElement, "name"> = { type: "INT64" }
const text: Omit<SchemaElement, "name"> = { type: "BYTE_ARRAY", converted_type: "UTF8" }
const time: Omit<SchemaElement, "name"> = { type: "INT64", converted_type: "TIMESTAMP_MILLIS" }

const elements = {
  seq: int64,
  epoch: int64,
  actor: text,
  type: text,
  version: int64,
  cause: int64,
  correlation: text,
  logicalTimeMs: time,
  sourceSeq: int64,
  payload: text,
  crc: text
} satisfies Record<keyof DumpRow, Omit<SchemaElement, "name">>

const names = Object.keys(elements) as ReadonlyArray<keyof DumpRow>
const columns = names.map(
  (name): TableColumn => ({ name, type: "Text", native: { name, ...elements[name] } })
)

export const createParquetDump = Effect.fnUntraced(function* (
  file: string,
  header: DumpHeader
): Effect.fn.Return<DumpSink, DumpUnavailable, Scope.Scope> {
  const own = [{ key: headerKey, value: JSON.stringify(header) }]
  const sink = yield* Effect.mapError(createParquet(file, columns, own), unavailable)
  const cells = (rows: ReadonlyArray<DumpRow>) =>
    names.map((name) => rows.map((row) => cellOf(row[name])))
  return {
    write: (rows) =>
      Effect.mapError(sink.write({ rowCount: rows.length, columns: cells(rows) }), unavailable),
    finish: Effect.mapError(sink.finish, unavailable)
  }
})

const cellOf = (value: string | number): unknown =>
  typeof value === "number" ? BigInt(value) : value

export const openParquetDump = Effect.fnUntraced(function* (
  file: string
): Effect.fn.Return<DumpSource, DumpError, Scope.Scope> {
  const source = yield* Effect.mapError(openParquet(file), dumpError)
  const own = source.keyValues.find(({ key }) => key === headerKey)
  const header = yield* Effect.fromResult(decodeHeader(file, "", own?.value ?? ""))
  const missing = names.filter((name) => !source.columns.some((column) => column.name === name))
  if (missing.length > 0) {
    const why = `it has no column ${missing.join(", ")}`
    return yield* new DumpInvalid({ file, place: "", why })
  }
  const at = new Map(source.columns.map(({ name }, index) => [name, index]))
  let rowsRead = 0
  const next = Effect.gen(function* () {
    const batch = yield* Effect.mapError(source.next, dumpError)
    if (batch === undefined) return undefined
    const rows: Array<FoundRow> = []
    for (let row = 0; row < batch.rowCount; row++) {
      const place = `row ${++rowsRead}`
      const cells = names.map((name) => [name, plain(batch.columns[at.get(name)!]![row])] as const)
      const fields: Record<string, unknown> = Object.fromEntries(cells)
      const payload = Result.try(() => JSON.parse(String(fields.payload)) as unknown)
      if (Result.isFailure(payload)) {
        return yield* new DumpInvalid({ file, place, why: "its payload is not JSON" })
      }
      rows.push({ place, fields: { ...fields, payload: payload.success } })
    }
    return rows
  })
  return { header, next, readShare: source.readShare }
})

const plain = (cell: unknown): unknown => (typeof cell === "bigint" ? Number(cell) : cell)

const dumpError = (error: TableError): DumpError =>
  error._tag === "TableInvalid"
    ? new DumpInvalid({ file: error.file, place: "", why: error.detail })
    : unavailable(error)
