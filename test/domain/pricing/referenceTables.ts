/** Reads the reference tables of data/reference: independent values, described in its README.md. */
import { readFileSync } from "node:fs"
import { join } from "node:path"

export type Row = {
  readonly text: (column: string) => string
  readonly number: (column: string) => number
}

export const referenceRows = (name: string): ReadonlyArray<Row> => {
  const path = join(import.meta.dirname, "../../../data/reference", name)
  const [head, ...lines] = readFileSync(path, "utf8").trim().split(/\r?\n/)
  const columns = head!.split(",")
  return lines.map((line) => {
    const values = line.split(",")
    const text = (column: string) => {
      const value = values[columns.indexOf(column)]
      if (value === undefined) throw new Error(`${name} has no column ${column}`)
      return value
    }
    return { text, number: (column) => Number(text(column)) }
  })
}
