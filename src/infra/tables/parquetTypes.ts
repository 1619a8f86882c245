/**
 * Which Parquet columns pass through as they are, and how their cells read as text. All others
 * (decimals, nested values, times of day, 96-bit timestamps, ...) become text.
 */
import type { SchemaElement } from "hyparquet"
import type { TableColumn } from "../../actors/ports/TableFiles.ts"

/** Timestamps stay integers, so that none loses its last digits. */
export const rawTimestamps = {
  timestampFromMilliseconds: (millis: bigint): bigint => millis,
  timestampFromMicroseconds: (micros: bigint): bigint => micros,
  timestampFromNanoseconds: (nanos: bigint): bigint => nanos
}

/** The table column of a column at the schema's top level. */
export const columnOf = (element: SchemaElement): TableColumn => {
  const { name, num_children: children = 0, repetition_type: repetition } = element
  const isFlat = children === 0 && repetition !== "REPEATED"
  if (isFlat && timestampUnit(element) !== undefined) {
    const perSecond = timestampUnit(element)!
    return { name, type: "Text", native: element, textOf: (cell) => timestampText(cell, perSecond) }
  }
  if (isFlat && isDate(element)) {
    return { name, type: "Text", native: element, textOf: (cell) => dateText(cell) }
  }
  if (isFlat && isText(element)) return { name, type: "Text", native: element }
  if (isFlat && isNumber(element)) return { name, type: "Number", native: element }
  if (isFlat && element.type === "BOOLEAN") return { name, type: "Text", native: element }
  return { name, type: "Text", textOf: plainText }
}

const annotation = ({ converted_type: converted, logical_type: logical }: SchemaElement): string =>
  logical?.type ?? converted ?? ""

const isNumber = (element: SchemaElement): boolean => {
  const physical = ["DOUBLE", "FLOAT", "INT32", "INT64"].includes(element.type ?? "")
  const kind = annotation(element)
  return physical && (kind === "" || kind === "INTEGER" || /^U?INT_\d+$/.test(kind))
}

const isText = (element: SchemaElement): boolean =>
  element.type === "BYTE_ARRAY" && ["STRING", "UTF8"].includes(annotation(element))

const isDate = (element: SchemaElement): boolean => annotation(element) === "DATE"

/** Ticks in a second of a timestamp column; undefined for other columns. */
const timestampUnit = ({ type, ...element }: SchemaElement): bigint | undefined => {
  if (type !== "INT64") return undefined
  if (element.logical_type?.type === "TIMESTAMP") {
    return { MILLIS: 1_000n, MICROS: 1_000_000n, NANOS: 1_000_000_000n }[element.logical_type.unit]
  }
  if (element.converted_type === "TIMESTAMP_MILLIS") return 1_000n
  return element.converted_type === "TIMESTAMP_MICROS" ? 1_000_000n : undefined
}

const timestampText = (cell: unknown, perSecond: bigint): string => {
  if (typeof cell !== "bigint") return plainText(cell)
  const ticks = ((cell % perSecond) + perSecond) % perSecond
  const seconds = Number((cell - ticks) / perSecond)
  const date = new Date(seconds * 1000)
  if (Number.isNaN(date.getTime())) return String(cell)
  const digits = String(perSecond).length - 1
  return `${date.toISOString().slice(0, -5)}.${String(ticks).padStart(digits, "0")}`
}

const dateText = (cell: unknown): string =>
  cell instanceof Date && !Number.isNaN(cell.getTime())
    ? cell.toISOString().slice(0, 10)
    : plainText(cell)

const plainText = (cell: unknown): string => {
  if (typeof cell === "string") return cell
  if (cell instanceof Date) return Number.isNaN(cell.getTime()) ? "" : cell.toISOString()
  if (cell instanceof Uint8Array) return Buffer.from(cell).toString("utf8")
  if (typeof cell !== "object") return String(cell)
  return JSON.stringify(cell, (_, item: unknown) =>
    typeof item === "bigint" ? item.toString() : item
  )
}
