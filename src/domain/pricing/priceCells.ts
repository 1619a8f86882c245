/** Cells of a pricing table as the input of one row, or one sentence saying which cell cannot be read. */
import type { PriceRowInput } from "./priceRow.ts"

/** A cell by its column: text, a number, or nothing. */
export type CellOf = (column: string) => unknown

/** Columns that hold numbers. */
export const priceNumberColumns = ["S", "K", "T", "r", "q", "vol", "price"] as const

/** Columns without which no row can be priced; of `vol` and `price` one is needed. */
export const priceRequiredColumns = ["S", "K", "T", "r", "q", "right", "style"] as const

/** Reads one row; ranges are left to `priceRow`. Empty `vol` or `price` is NaN: absent. */
export const readPriceCells = (cellOf: CellOf): PriceRowInput | string => {
  let unreadable = ""
  const number = (column: string, mayBeAbsent: boolean): number => {
    const cell = cellOf(column)
    if (typeof cell === "number") return cell
    if (typeof cell === "bigint") return Number(cell)
    const text = textOf(cell)
    if (decimal.test(text)) return Number(text)
    if (!(mayBeAbsent && absent.has(text.toLowerCase())) && unreadable === "") {
      unreadable = `${column} is ${shown(text)}; allowed: a number`
    }
    return Number.NaN
  }
  const row: PriceRowInput = {
    S: number("S", false),
    K: number("K", false),
    T: number("T", false),
    r: number("r", false),
    q: number("q", false),
    right: textOf(cellOf("right")).slice(0, 40),
    style: textOf(cellOf("style")).slice(0, 40),
    vol: number("vol", true),
    price: number("price", true)
  }
  return unreadable === "" ? row : unreadable
}

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/
const absent = new Set(["", "nan", "null", "na"])

const textOf = (cell: unknown): string =>
  typeof cell === "string" ? cell.trim() : cell === null || cell === undefined ? "" : String(cell)

const shown = (text: string): string => (text === "" ? "empty" : JSON.stringify(text.slice(0, 40)))
