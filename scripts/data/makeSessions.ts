/**
 * Makes data/sessions from a folder of source files; the bytes it writes depend on nothing else.
 *
 *     node scripts/data/makeSessions.ts SOURCE_FOLDER [SESSIONS_FOLDER]
 *
 * The source folder holds `option_minute/` and `equity_minute/` with files such as
 * `goog_20151224_quote.csv.gz`: the Lean repository's sample data, one CSV per day (see
 * data/SOURCES.md for its commit and how it was unpacked). Rows are copied as they are.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import {
  compareContracts,
  formatOsi,
  type OptionContract
} from "../../src/domain/market/contract.ts"
import { formatPriceMicros, parsePriceMicros } from "../../src/domain/market/price.ts"
import { writeGzip } from "./gzipFile.ts"

interface SessionPlan {
  readonly name: string
  readonly underlying: string
  readonly description: string
  readonly dates: ReadonlyArray<string>
  readonly riskFreeRate: number
  readonly riskFreeRateSource: string
  readonly dividendYield: number
  readonly dividendYieldSource: string
  readonly previousClose: { date: string; price: string; source: string } | null
  readonly closes: ReadonlyArray<{ date: string; price: string; source: string }>
}

const leanCommit = "24863901deffa9ec7985e21ef8fbdb0258efb9e4"
const fundsRate = (date: string, primaryCredit: string, range: string, extra: string): string =>
  `middle of the federal funds target range ${range} in force on ${date}; the Federal Reserve's ` +
  `primary credit rate of ${primaryCredit} (QuantConnect/Lean:Data/alternative/interest-rate/usa/` +
  `interest-rate.csv) lies 0.50 % above the range's upper end${extra}`

const plans: ReadonlyArray<SessionPlan> = [
  {
    name: "goog-2015-12-24",
    underlying: "GOOG",
    description:
      "The whole GOOG option chain and the stock on 2015-12-24, a day that closes at 13:00, " +
      "in minute bars of the national best bid and offer; one expiration is that same day.",
    dates: ["2015-12-24"],
    riskFreeRate: 0.00375,
    riskFreeRateSource: fundsRate(
      "2015-12-23",
      "1.00 %",
      "0.25-0.50 %",
      "; put-call parity at the close of 2015-12-23 gives 0.3-0.6 % for expirations from " +
        "2016-03 to 2018-01"
    ),
    dividendYield: 0,
    dividendYieldSource:
      "GOOG paid no cash dividend in or before 2015: data/daily/factor_files/goog.csv has " +
      "price_factor 1 and one split_factor step only",
    previousClose: {
      date: "2015-12-23",
      price: "750.31",
      source: "data/daily/goog.csv"
    },
    closes: [{ date: "2015-12-24", price: "748.4", source: "data/daily/goog.csv" }]
  },
  {
    name: "twx-2014-06-05",
    underlying: "TWX",
    description:
      "The TWX option chain and the stock on 2014-06-05 and 2014-06-06, two days with a close " +
      "between them. After the second close Time Inc. was spun off; nothing of it shows here.",
    dates: ["2014-06-05", "2014-06-06"],
    riskFreeRate: 0.00125,
    riskFreeRateSource: fundsRate("2014-06-04", "0.75 %", "0.00-0.25 %", ""),
    dividendYield: 0.018,
    dividendYieldSource:
      "four quarterly dividends of 0.3175 USD over a price of 70.5 USD; the amount follows from " +
      "the rows 20140225 and 20140520 of QuantConnect/Lean:Data/equity/usa/factor_files/twx.csv",
    previousClose: null,
    closes: [
      {
        date: "2014-06-05",
        price: "70.88",
        source: "close of the last stock trade bar before 16:00"
      },
      {
        date: "2014-06-06",
        price: "71.08",
        source: "close of the last stock trade bar before 16:00"
      }
    ]
  }
]

const main = (sourceFolder: string, sessionsFolder: string): void => {
  for (const plan of plans) {
    const folder = join(sessionsFolder, plan.name)
    mkdirSync(folder, { recursive: true })
    const contracts = new Map<string, OptionContract>()
    const files = plan.dates.flatMap((date) =>
      [
        { kind: "optionQuotes", asset: "option", what: "quote", packed: true },
        { kind: "stockQuotes", asset: "equity", what: "quote", packed: false },
        { kind: "stockTrades", asset: "equity", what: "trade", packed: false }
      ].map(({ kind, asset, what, packed }) => {
        const stem = `${plan.underlying.toLowerCase()}_${date.replaceAll("-", "")}_${what}`
        const path = join(sourceFolder, `${asset}_minute`, `${stem}.csv${packed ? ".gz" : ""}`)
        const bytes = readFileSync(path)
        const text = (packed ? gunzipSync(bytes) : bytes).toString("latin1")
        if (kind === "optionQuotes") collectContracts(text, plan.underlying, contracts)
        if (kind === "stockTrades") checkClose(text, plan, date)
        const file = `${kind}-${date}.csv.gz`
        return { kind, date, ...write(folder, file, text), source: leanPath(asset, stem) }
      })
    )
    const listed = [...contracts.values()].sort(compareContracts)
    const contractLines = listed.map((contract) =>
      [
        formatOsi(contract),
        contract.expiration,
        formatPriceMicros(contract.strikeMicros),
        contract.optionType === "Call" ? "C" : "P"
      ].join(",")
    )
    const contractText = `${["symbol,expiry,strike,right", ...contractLines].join("\n")}\n`
    const manifest = {
      format: 1,
      name: plan.name,
      underlying: plan.underlying,
      description: plan.description,
      source: `QuantConnect/Lean, commit ${leanCommit}; sample data supplied by AlgoSeek`,
      licence: "Apache-2.0",
      exerciseStyle: "American",
      multiplier: 100,
      dates: plan.dates,
      riskFreeRate: plan.riskFreeRate,
      riskFreeRateSource: plan.riskFreeRateSource,
      dividendYield: plan.dividendYield,
      dividendYieldSource: plan.dividendYieldSource,
      previousClose: plan.previousClose,
      closes: plan.closes,
      contracts: {
        ...write(folder, "contracts.csv.gz", contractText),
        source: "the contracts named by the option quote files"
      },
      files
    }
    writeFileSync(join(folder, "session.json"), `${JSON.stringify(manifest, null, 2)}\n`)
    const rows = files.map((file) => `${file.file} ${file.rows}`).join(", ")
    console.log(`${plan.name}: ${listed.length} contracts, ${rows}`)
  }
}

/** Where the rows stand in the Lean repository. */
const leanPath = (asset: string, stem: string): string => {
  const [symbol, date, what] = stem.split("_")
  const style = asset === "option" ? "_american" : ""
  return `QuantConnect/Lean:Data/${asset}/usa/minute/${symbol}/${date}_${what}${style}.zip`
}

const collectContracts = (
  text: string,
  underlying: string,
  contracts: Map<string, OptionContract>
): void => {
  for (const line of text.trimEnd().split("\n").slice(1)) {
    const [, , expiration = "", strike = "", right = ""] = line.split(",")
    const key = `${expiration},${strike},${right}`
    if (contracts.has(key)) continue
    contracts.set(key, {
      underlying,
      optionType: right === "C" ? "Call" : "Put",
      strikeMicros: parsePriceMicros(strike)!,
      expiration,
      exerciseStyle: "American",
      multiplier: 100
    })
  }
}

/** A close written above has to be the close of the last trade bar within the day's hours. */
const checkClose = (text: string, plan: SessionPlan, date: string): void => {
  const closeMsOfDay = date === "2015-12-24" ? 46_800_000 : 57_600_000
  const bars = text.trimEnd().split("\n").slice(1)
  const last = bars.filter((line) => Number(line.split(",")[1]) < closeMsOfDay).at(-1)
  const found = last?.split(",")[5]
  const written = plan.closes.find((close) => close.date === date)?.price
  if (found !== written) throw new Error(`${plan.name} closes ${date} at ${found}, not ${written}`)
}

const write = (
  folder: string,
  file: string,
  text: string
): { file: string; rows: number; sha256: string } => {
  const { rows, sha256 } = writeGzip(join(folder, file), text)
  return { file, rows, sha256 }
}

const [source, target = new URL("../../data/sessions", import.meta.url).pathname] =
  process.argv.slice(2)
if (source === undefined) {
  console.error("usage: node scripts/data/makeSessions.ts SOURCE_FOLDER [SESSIONS_FOLDER]")
  process.exit(2)
}
main(source, target)
