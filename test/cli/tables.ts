/** Tables for the command line's tests: reference rows as its input, and what it wrote as rows. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import type { Row } from "../domain/pricing/referenceTables.ts"

export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "optionsib-price-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
)

export const writeLines = (file: string, lines: ReadonlyArray<string>): string => {
  writeFileSync(file, `${lines.join("\n")}\n`)
  return file
}

/** Rows of a CSV file without quotes, by column. */
export const readRows = (file: string): ReadonlyArray<Readonly<Record<string, string>>> => {
  const [head, ...lines] = readFileSync(file, "utf8").trimEnd().split("\n")
  const columns = head!.split(",")
  return lines.map((line) => {
    const values = line.split(",")
    return Object.fromEntries(columns.map((column, i) => [column, values[i]!]))
  })
}

/** A reference row as the price command reads it; `vol` or `price` as its last two columns. */
export const optionLine = (
  row: Row,
  style: "european" | "american",
  question: { readonly vol?: string; readonly price?: string }
): string => {
  const right = row.text("type") === "call" ? "C" : "P"
  const market = ["id", "S", "K", "T", "r", "q"].map(row.text)
  return [...market, right, style, question.vol ?? "", question.price ?? ""].join(",")
}

export const optionHeader = "id,S,K,T,r,q,right,style,vol,price"
