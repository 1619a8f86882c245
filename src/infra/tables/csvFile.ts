/** Tables in CSV files: cells pass through as the text they are. */
import * as fs from "node:fs/promises"
import { Effect, type Scope } from "effect"
import {
  type TableBatch,
  type TableColumn,
  type TableError,
  TableInvalid,
  type TableSink,
  type TableSource,
  type TableUnavailable
} from "../../actors/ports/TableFiles.ts"
import { CsvRecords, csvCell } from "./csvRecords.ts"
import { attempt, pendingFile } from "./pendingFile.ts"

const pieceBytes = 1 << 18
const rowsPerBatch = 4096
const columnsMax = 10_000

export const openCsv = Effect.fnUntraced(function* (
  file: string
): Effect.fn.Return<TableSource, TableError, Scope.Scope> {
  const handle = yield* Effect.acquireRelease(
    attempt(file, () => fs.open(file, "r")),
    (open) => Effect.promise(() => open.close().catch(() => undefined))
  )
  const { size } = yield* attempt(file, () => handle.stat())
  const records = new CsvRecords()
  const decoder = new TextDecoder("utf-8")
  const piece = new Uint8Array(pieceBytes)
  let bytesRead = 0
  let isEnded = false

  /** Reads on until there is a record; undefined at the end. */
  const readRecord = async (): Promise<ReadonlyArray<string> | undefined> => {
    for (;;) {
      const record = records.next()
      if (record !== undefined || isEnded || records.fault !== undefined) return record
      const { bytesRead: count } = await handle.read(piece, 0, pieceBytes, null)
      bytesRead += count
      isEnded = count === 0
      records.push(decoder.decode(piece.subarray(0, count), { stream: !isEnded }))
      if (isEnded) records.end()
    }
  }
  const failOnFault = Effect.suspend(() =>
    records.fault === undefined
      ? Effect.void
      : Effect.fail(new TableInvalid({ file, detail: records.fault }))
  )

  const header = yield* attempt(file, readRecord)
  yield* failOnFault
  if (header === undefined) {
    const detail = "it is empty; the first line must name the columns"
    return yield* new TableInvalid({ file, detail })
  }
  if (header.length > columnsMax) {
    const detail = `line 1 has ${header.length} columns; at most ${columnsMax} are allowed`
    return yield* new TableInvalid({ file, detail })
  }
  const names = header.map((name) => name.trim())
  const next = Effect.gen(function* () {
    const batch = yield* attempt(file, () => readBatch(readRecord, names.length))
    yield* failOnFault
    return batch
  })
  return {
    columns: names.map((name) => ({ name, type: "Text" })),
    next,
    readShare: () => (size === 0 ? 0 : Math.min(1, bytesRead / size))
  }
})

const readBatch = async (
  readRecord: () => Promise<ReadonlyArray<string> | undefined>,
  width: number
): Promise<TableBatch | undefined> => {
  const columns = Array.from({ length: width }, (): Array<string> => [])
  const faults = new Map<number, string>()
  let rowCount = 0
  while (rowCount < rowsPerBatch) {
    const record = await readRecord()
    if (record === undefined) break
    if (record.length !== width) {
      faults.set(rowCount, `the row has ${record.length} fields; the header has ${width}`)
    }
    for (let i = 0; i < width; i++) columns[i]!.push(record[i] ?? "")
    rowCount++
  }
  return rowCount === 0 ? undefined : { rowCount, columns, faults }
}

export const createCsv = Effect.fnUntraced(function* (
  file: string,
  columns: ReadonlyArray<TableColumn>
): Effect.fn.Return<TableSink, TableUnavailable, Scope.Scope> {
  const pending = yield* pendingFile(file)
  const header = `${columns.map(({ name }) => csvCell(name)).join(",")}\n`
  yield* attempt(file, () => pending.write(header))
  return {
    write: (batch) => attempt(file, () => pending.write(batchText(columns, batch))),
    finish: attempt(file, pending.finish)
  }
})

const batchText = (
  columns: ReadonlyArray<TableColumn>,
  { rowCount, columns: cells }: Omit<TableBatch, "faults">
): string => {
  let text = ""
  for (let row = 0; row < rowCount; row++) {
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i]![row]
      const { textOf } = columns[i]!
      const isTyped = textOf !== undefined && cell !== null && cell !== undefined
      text += (i === 0 ? "" : ",") + csvCell(isTyped ? textOf(cell) : cell)
    }
    text += "\n"
  }
  return text
}
