/**
 * Makes data/daily from a folder of source files: what training and validation may read. The bytes
 * it writes depend on nothing else. Columns and origins: data/SOURCES.md.
 *
 *     node scripts/data/makeDaily.ts SOURCE_FOLDER [DAILY_FOLDER]
 *
 * The source folder holds `lean/` and `daily/`.
 */
import { copyFileSync, mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { writeGzip } from "./gzipFile.ts"

const symbols = ["goog", "spy", "qqq", "iwm", "aapl", "ibm"]

/** Option chains as they stood before a session, and what is left out of them. */
const chains: ReadonlyArray<{ from: string; to: string; keep?: string; columns?: number }> = [
  { from: "option_daily/nwsa_2013_quote.csv.gz", to: "nwsa_2013_daily_quote.csv.gz" },
  { from: "option_daily/foxa_2013_quote.csv.gz", to: "foxa_2013_daily_quote.csv.gz" },
  { from: "option_daily/aapl_2014_quote.csv.gz", to: "aapl_2014_daily_quote.csv.gz" },
  { from: "option_daily/twx_2014_quote.csv.gz", to: "twx_2014_daily_quote.csv.gz" },
  // The source holds the session's own day, 2015-12-24, as well.
  {
    from: "option_daily/goog_2015_quote.csv.gz",
    to: "goog_2015-12-23_daily_quote.csv.gz",
    keep: "2015-12-23"
  },
  {
    from: "option_daily/goog_2015_trade.csv.gz",
    to: "goog_2015-12-23_daily_trade.csv.gz",
    keep: "2015-12-23"
  },
  {
    from: "option_daily/goog_2015_openinterest.csv.gz",
    to: "goog_2015-12-23_daily_openinterest.csv.gz",
    keep: "2015-12-23"
  },
  {
    from: "option_minute/goog_20151223_quote.csv.gz",
    to: "goog_2015-12-23_minute_quote.csv.gz"
  },
  {
    from: "equity_minute/goog_20151223_trade.csv",
    to: "goog_2015-12-23_stock_minute_trade.csv.gz"
  },
  // Its underlying row and its volatilities are those of the next morning: only the ten columns
  // of the options' own trading are kept, of the options alone.
  {
    from: "option_universe/twx.csv.gz",
    to: "twx_2014-06-04_daily_trade.csv.gz",
    keep: "2014-06-04",
    columns: 10
  }
]

const main = (sourceFolder: string, dailyFolder: string): void => {
  const lean = join(sourceFolder, "lean")
  mkdirSync(join(dailyFolder, "factor_files"), { recursive: true })
  for (const symbol of symbols) {
    const file = `${symbol}.csv`
    copyFileSync(join(lean, "equity_daily", file), join(dailyFolder, file))
    copyFileSync(join(lean, "factor_files", file), join(dailyFolder, "factor_files", file))
  }
  for (const file of ["vix_1990_2026.csv", "arch_sp500.csv"]) {
    copyFileSync(join(sourceFolder, "daily", file), join(dailyFolder, file))
  }
  for (const chain of chains) {
    const bytes = readFileSync(join(lean, chain.from))
    const text = (chain.from.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("latin1")
    const written = writeGzip(join(dailyFolder, "chains", chain.to), select(text, chain))
    console.log(`${chain.to}: ${written.rows} rows, ${written.bytes} bytes`)
  }
}

/** The header and the rows of the date to keep; with `columns`, option rows cut to that many. */
const select = (text: string, { keep, columns }: { keep?: string; columns?: number }): string => {
  const [header = "", ...rows] = text.trimEnd().split("\n")
  const kept = rows.filter(
    (row) =>
      (keep === undefined || row.startsWith(`${keep},`)) &&
      (columns === undefined || row.split(",")[1] !== "")
  )
  const lines = [header, ...kept].map((line) => line.split(",").slice(0, columns).join(","))
  return `${lines.join("\n")}\n`
}

const [source, target = new URL("../../data/daily", import.meta.url).pathname] =
  process.argv.slice(2)
if (source === undefined) {
  console.error("usage: node scripts/data/makeDaily.ts SOURCE_FOLDER [DAILY_FOLDER]")
  process.exit(2)
}
main(source, target)
