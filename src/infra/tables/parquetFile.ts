/**
 * Tables in Parquet files. Memory holds one row group of the source, or 65,536 rows of it where the
 * file has page offsets; what is written has row groups of about 65,536 rows, Snappy-compressed.
 */
import * as fs from "node:fs/promises"
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib"
import { Effect, type Scope } from "effect"
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetScan,
  type SchemaElement
} from "hyparquet"
import { ByteWriter, ParquetWriter } from "hyparquet-writer"
import {
  type TableBatch,
  type TableColumn,
  type TableError,
  TableInvalid,
  type TableSink,
  type TableSource,
  type TableUnavailable
} from "../../actors/ports/TableFiles.ts"
import { columnOf, rawTimestamps } from "./parquetTypes.ts"
import { attempt, pendingFile, reasonOf } from "./pendingFile.ts"

const rowsPerRead = 65_536
const rowsPerGroup = 65_536

const decompressors: Compressors = {
  GZIP: (input) => gunzipSync(input),
  BROTLI: (input) => brotliDecompressSync(input),
  ZSTD: (input) => zstdDecompressSync(input)
}

/** What the file says of itself beside its rows. */
type KeyValues = ReadonlyArray<{ readonly key: string; readonly value?: string }>

export const openParquet = Effect.fnUntraced(function* (
  file: string
): Effect.fn.Return<TableSource & { readonly keyValues: KeyValues }, TableError, Scope.Scope> {
  const handle = yield* Effect.acquireRelease(
    attempt(file, () => fs.open(file, "r")),
    (open) => Effect.promise(() => open.close().catch(() => undefined))
  )
  const { size } = yield* attempt(file, () => handle.stat())
  const bytes: AsyncBuffer = {
    byteLength: size,
    slice: async (start, end = size) => {
      const buffer = new Uint8Array(Math.max(0, end - start))
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, start)
      if (bytesRead < buffer.length)
        throw new Error("it ends before its own table of contents says")
      return buffer.buffer
    }
  }
  const metadata = yield* decoding(file, () => parquetMetadataAsync(bytes))
  const columns = topLevel(metadata.schema).map(columnOf)
  const scan = yield* decoding(file, () =>
    parquetScan({ file: bytes, metadata, compressors: decompressors, parsers: rawTimestamps })
  )
  const ranges = readRanges(metadata, scan.ranges)
  let rangesRead = 0
  const next = Effect.suspend(() => {
    const range = ranges[rangesRead]
    if (range === undefined) return Effect.succeed(undefined)
    return decoding(file, async (): Promise<TableBatch> => {
      const cells: Array<ArrayLike<unknown>> = []
      for (const { name } of columns) cells.push(await scan.readColumn({ column: name, ...range }))
      rangesRead++
      return { rowCount: range.rowEnd - range.rowStart, columns: cells, faults: new Map() }
    })
  })
  return {
    columns,
    keyValues: metadata.key_value_metadata ?? [],
    next,
    readShare: () => (ranges.length === 0 ? 1 : rangesRead / ranges.length)
  }
})

/** The columns of the flattened schema, without what is nested in them. */
const topLevel = (schema: ReadonlyArray<SchemaElement>): ReadonlyArray<SchemaElement> => {
  const found: Array<SchemaElement> = []
  let at = 1
  const skip = (): void => {
    const children = schema[at++]?.num_children ?? 0
    for (let i = 0; i < children; i++) skip()
  }
  while (at < schema.length) {
    found.push(schema[at]!)
    skip()
  }
  return found
}

type RowRange = { readonly rowStart: number; readonly rowEnd: number }

/** Parts of row groups are read alone only where the file says at which byte their pages begin. */
const readRanges = (
  metadata: FileMetaData,
  groups: ReadonlyArray<RowRange>
): ReadonlyArray<RowRange> => {
  const hasOffsets = metadata.row_groups.every(({ columns }) =>
    columns.every(({ offset_index_offset: offset }) => offset !== undefined)
  )
  if (!hasOffsets) return groups
  return groups.flatMap(({ rowStart, rowEnd }) =>
    Array.from({ length: Math.ceil((rowEnd - rowStart) / rowsPerRead) }, (_, k) => ({
      rowStart: rowStart + k * rowsPerRead,
      rowEnd: Math.min(rowEnd, rowStart + (k + 1) * rowsPerRead)
    }))
  )
}

const decoding = <A>(file: string, act: () => Promise<A>): Effect.Effect<A, TableInvalid> =>
  Effect.tryPromise({
    try: act,
    catch: (cause) =>
      new TableInvalid({ file, detail: `not readable as Parquet: ${reasonOf(file, cause)}` })
  })

export const createParquet = Effect.fnUntraced(function* (
  file: string,
  columns: ReadonlyArray<TableColumn>,
  keyValues: KeyValues = []
): Effect.fn.Return<TableSink, TableUnavailable, Scope.Scope> {
  const pending = yield* pendingFile(file)
  const bytes = new ByteWriter()
  const flush = async (): Promise<void> => {
    const written = new Uint8Array(bytes.buffer, 0, bytes.index).slice()
    bytes.index = 0
    await pending.write(written)
  }
  const writer = new ParquetWriter({
    writer: Object.assign(bytes, { flush, finish: flush }),
    schema: [{ name: "root", num_children: columns.length }, ...columns.map(elementOf)],
    kvMetadata: [...keyValues],
    createdBy: "optionsib"
  })
  let waiting: Array<Array<ArrayLike<unknown>>> = columns.map(() => [])
  let rowsWaiting = 0
  const writeGroup = async (): Promise<void> => {
    if (rowsWaiting === 0) return
    const columnData = columns.map((column, i) => ({
      name: column.name,
      data: cellsOf(column, waiting[i]!)
    }))
    waiting = columns.map(() => [])
    rowsWaiting = 0
    await writer.write({ columnData, rowGroupSize: Number.MAX_SAFE_INTEGER })
  }
  return {
    write: (batch) =>
      attempt(file, async () => {
        batch.columns.forEach((cells, i) => {
          waiting[i]!.push(cells)
        })
        rowsWaiting += batch.rowCount
        if (rowsWaiting >= rowsPerGroup) await writeGroup()
      }),
    finish: attempt(file, async () => {
      await writeGroup()
      await writer.finish()
      await pending.finish()
    })
  }
})

const elementOf = (column: TableColumn): SchemaElement => {
  const { name, type, native } = column
  // Optional whatever it was: a cell may be missing after a fault.
  if (native !== undefined) return { ...(native as SchemaElement), repetition_type: "OPTIONAL" }
  return type === "Number"
    ? { name, type: "DOUBLE", repetition_type: "OPTIONAL" }
    : { name, type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" }
}

const cellsOf = (
  { type, native, textOf }: TableColumn,
  pieces: ReadonlyArray<ArrayLike<unknown>>
): Array<unknown> => {
  const cells: Array<unknown> = []
  for (const piece of pieces) {
    for (let i = 0; i < piece.length; i++) {
      const cell = piece[i]
      if (cell === null || cell === undefined) cells.push(null)
      else if (native !== undefined) cells.push(cell)
      else if (type === "Number") cells.push(numberOf(cell))
      else cells.push(textOf === undefined ? String(cell) : textOf(cell))
    }
  }
  return cells
}

/** What is no number is missing: its row's error says what it was. */
const numberOf = (cell: unknown): number | null => {
  const value = typeof cell === "string" && cell.trim() === "" ? Number.NaN : Number(cell)
  return Number.isNaN(value) ? null : value
}
