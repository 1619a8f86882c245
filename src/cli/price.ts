/** `price --in FILE --out FILE`: a table of options with prices, volatilities and every greek added. */
import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import {
  priceNumberColumns,
  priceRequiredColumns,
  readPriceCells
} from "../domain/pricing/priceCells.ts"
import { priceRow, priceRowColumns } from "../domain/pricing/priceRow.ts"
import { exoticCommand } from "./priceExotic.ts"
import { jsonFlag } from "./settingsFlags.ts"
import { runTable, summaryText } from "./tableRun.ts"

const inFlag = Flag.String("in").pipe(Flag.withDescription("table to read, .csv or .parquet"))

const outFlag = Flag.String("out").pipe(
  Flag.withDescription("table to write, .csv or .parquet; the columns of --in and those added")
)

const added = priceRowColumns.filter((name) => name !== "error")

const missing = (columns: ReadonlySet<string>): string | undefined => {
  const absent = priceRequiredColumns.filter((name) => !columns.has(name))
  const hasQuestion = columns.has("vol") || columns.has("price")
  if (absent.length === 0 && hasQuestion) return undefined
  const names = [...absent, ...(hasQuestion ? [] : ["vol or price"])]
  return `lacks ${names.join(", ")}; needed are ${priceRequiredColumns.join(", ")} and vol or price`
}

export const priceCommand = Command.make(
  "price",
  {
    in: inFlag,
    out: outFlag,
    accuracy: Flag.Literals("accuracy", ["exact", "fast"]).pipe(
      Flag.withDefault("exact" as const),
      Flag.withDescription("of American options: exact (1e-6, some 10 ms a row) or fast (1e-4)")
    ),
    json: jsonFlag
  },
  Effect.fn("cli.price")(function* (options) {
    const accuracy = options.accuracy === "exact" ? "Exact" : "Fast"
    const summary = yield* runTable({
      in: options.in,
      out: options.out,
      missing,
      numberColumns: new Set(priceNumberColumns),
      added,
      price: (cellOf, out) => {
        const row = readPriceCells(cellOf)
        return typeof row === "string" ? row : priceRow(row, out, accuracy)
      }
    })
    if (summary === undefined) return
    yield* Console.log(options.json ? JSON.stringify(summary) : summaryText(summary))
  })
).pipe(
  Command.withDescription(
    "Price a table of options: columns S, K, T (years), r, q (continuous), right (C or P), style (european or american), and vol or price. Adds price, impliedVolatility, every greek (per unit, per year) and error."
  ),
  Command.withExamples([
    {
      command: "node dist/main.js price --in options.csv --out priced.csv",
      description: "CSV in, CSV out"
    },
    {
      command: "node dist/main.js price --in chain.parquet --out priced.parquet --json",
      description: "Parquet, with a summary for a machine"
    }
  ]),
  Command.withSubcommands([exoticCommand])
)
