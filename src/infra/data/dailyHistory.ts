/**
 * Daily bars of a stock before a date, adjusted for splits and dividends, from the CSV files in
 * `data/daily`.
 *
 * Nothing from the date itself or later is returned, and none of it shows: prices are adjusted to
 * the last bar returned, so a later split does not change them. A bad row is left out and reported
 * with file, line and reason.
 */
import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { Effect, Schema } from "effect"
import { contiguousRuns, type DailyBar, screenDailyBars } from "../../domain/features/dailyBar.ts"
import { parseDate } from "../../domain/market/civilDate.ts"
import { parsePriceMicros } from "../../domain/market/price.ts"

/** A row that was not used. `line` counts from 1, the header included; `date` as the row has it. */
interface RejectedRow {
  readonly date: string
  readonly file: string
  readonly line: number
  readonly reason: string
}

export interface DailySeriesOf {
  readonly symbol: string
  /** In date order; pauses included (see `contiguousRuns`). */
  readonly bars: ReadonlyArray<DailyBar>
  readonly rejected: ReadonlyArray<RejectedRow>
  /** What the bars were made from. */
  readonly files: ReadonlyArray<{ readonly path: string; readonly sha256: string }>
}

export interface DailyHistory {
  readonly symbol: string
  /** Exclusive. */
  readonly before: string
  /**
   * `peers`: the symbol has no file here, and `series` are those of the peers that stand in for it.
   */
  readonly source: "own" | "peers"
  /** One per symbol; the last contiguous run of each. */
  readonly series: ReadonlyArray<DailySeriesOf>
}

/** No usable daily bars: no file, no peers, or none before the date. */
export class DailyHistoryUnavailable extends Schema.TaggedError<DailyHistoryUnavailable>()(
  "DailyHistoryUnavailable",
  { symbol: Schema.String, why: Schema.String }
) {
  override get message(): string {
    return `daily history of ${this.symbol}: ${this.why}`
  }
}

/** A file as a whole is not what it should be. */
export class BadDailyFile extends Schema.TaggedError<BadDailyFile>()("BadDailyFile", {
  file: Schema.String,
  why: Schema.String
}) {
  override get message(): string {
    return `${this.file}: ${this.why}`
  }
}

/**
 * Who stands in for a symbol that has no daily file: large single stocks, whose level of volatility
 * is nearer to TWX's than an index fund's is. A stand-in for the level too, so a forecast from it
 * is a rough one.
 */
const dailyPeers: Readonly<Record<string, ReadonlyArray<string>>> = {
  TWX: ["AAPL", "GOOG", "IBM"]
}

const barHeader = "date,open,high,low,close,volume"
const factorHeader = "date,price_factor,split_factor,reference_price"
const correctionHeader = "symbol,before,factor,reason"

/** The history that the desk is given at the start of a session on date `before` (ISO). */
export const dailyHistory = Effect.fn("dailyHistory")(function* (options: {
  readonly dataDir: string
  readonly symbol: string
  readonly before: string
}) {
  const { dataDir, symbol, before } = options
  const peers = dailyPeers[symbol] ?? []
  const own = yield* dailySeriesOf(options).pipe(
    Effect.catchTag("DailyHistoryUnavailable", (error) =>
      peers.length > 0 ? Effect.succeed(undefined) : Effect.fail(error)
    )
  )
  const series =
    own === undefined
      ? yield* Effect.forEach(peers, (peer) => dailySeriesOf({ dataDir, symbol: peer, before }))
      : [own]
  const history: DailyHistory = {
    symbol,
    before,
    source: own === undefined ? "peers" : "own",
    series: series.map((each) => ({ ...each, bars: contiguousRuns(each.bars).at(-1) ?? [] }))
  }
  return history
})

/** All plausible bars of one symbol before a date, with its pauses. */
export const dailySeriesOf = Effect.fn("dailySeriesOf")(function* (options: {
  readonly dataDir: string
  readonly symbol: string
  readonly before: string
}) {
  const { dataDir, symbol, before } = options
  if (parseDate(before) === undefined)
    return yield* new DailyHistoryUnavailable({ symbol, why: `"${before}" is not an ISO date` })
  const folder = join(dataDir, "daily")
  const bars = yield* readCsv(symbol, join(folder, `${symbol.toLowerCase()}.csv`), barHeader)
  const factors = yield* readCsv(
    symbol,
    join(folder, "factor_files", `${symbol.toLowerCase()}.csv`),
    factorHeader
  )
  const corrections = yield* readCsv(symbol, join(folder, "corrections.csv"), correctionHeader)
  const raw = rawBars(bars, before)
  if (raw.rows.length === 0)
    return yield* new DailyHistoryUnavailable({
      symbol,
      why: `${bars.path} has none before ${before}`
    })
  const factorAt = adjustment(
    yield* factorSteps(factors, before),
    yield* correctionSteps(corrections, symbol)
  )
  const lastFactor = factorAt(raw.rows.at(-1)!.bar.date)
  const adjusted = raw.rows.map(({ bar }) => adjust(bar, factorAt(bar.date) / lastFactor))
  const screened = screenDailyBars(adjusted)
  const series: DailySeriesOf = {
    symbol,
    bars: screened.kept,
    rejected: [
      ...raw.rejected,
      ...screened.implausible.map(({ index, reason }) => ({
        date: raw.rows[index]!.bar.date,
        file: bars.path,
        line: raw.rows[index]!.line,
        reason
      }))
    ],
    files: [bars, factors, corrections].map(({ path, sha256 }) => ({ path, sha256 }))
  }
  return series
})

interface Csv {
  readonly path: string
  readonly sha256: string
  /** Data lines, split at commas; line 1 is the header. */
  readonly rows: ReadonlyArray<{ readonly line: number; readonly fields: ReadonlyArray<string> }>
}

const readCsv = Effect.fnUntraced(function* (symbol: string, path: string, header: string) {
  const content = yield* Effect.tryPromise({
    try: () => readFile(path),
    catch: (cause) =>
      new DailyHistoryUnavailable({
        symbol,
        why:
          cause instanceof Error && "code" in cause && cause.code === "ENOENT"
            ? `there is no ${path}`
            : `${path} cannot be read (${cause instanceof Error ? cause.message : String(cause)})`
      })
  })
  const lines = content.toString("utf8").split(/\r?\n/)
  if (lines[0] !== header)
    return yield* new BadDailyFile({
      file: path,
      why: `line 1 is "${lines[0]?.slice(0, 60)}", expected "${header}"`
    })
  const csv: Csv = {
    path,
    sha256: createHash("sha256").update(content).digest("hex"),
    rows: lines.flatMap((text, at) =>
      at === 0 || text === "" ? [] : [{ line: at + 1, fields: text.split(",") }]
    )
  }
  return csv
})

interface RawBars {
  readonly rows: ReadonlyArray<{ readonly line: number; readonly bar: DailyBar }>
  readonly rejected: ReadonlyArray<RejectedRow>
}

const rawBars = (csv: Csv, before: string): RawBars => {
  const rows: Array<RawBars["rows"][number]> = []
  const rejected: Array<RejectedRow> = []
  let previousDate = ""
  for (const { line, fields } of csv.rows) {
    const bar = parseBar(fields)
    const reason =
      typeof bar === "string"
        ? bar
        : bar.date <= previousDate
          ? `date ${bar.date} does not come after ${previousDate}`
          : undefined
    if (typeof bar === "string" || reason !== undefined)
      rejected.push({ date: fields[0] ?? "", file: csv.path, line, reason: reason ?? "" })
    else if (bar.date < before) {
      rows.push({ line, bar })
      previousDate = bar.date
    }
  }
  return { rows, rejected }
}

/** A bar in raw prices, or what is wrong with the row. */
const parseBar = (fields: ReadonlyArray<string>): DailyBar | string => {
  if (fields.length !== 6) return `${fields.length} fields, expected 6`
  const [date, open, high, low, close, volume] = fields as [
    string,
    string,
    string,
    string,
    string,
    string
  ]
  if (parseDate(date) === undefined) return `"${date}" is not an ISO date`
  const prices = [open, high, low, close].map(parsePriceMicros)
  const bad = prices.findIndex((price) => price === undefined || price === 0)
  if (bad !== -1) return `"${fields[bad + 1]}" is not a price above 0 with at most 6 decimals`
  const [openMicros, highMicros, lowMicros, closeMicros] = prices as [
    number,
    number,
    number,
    number
  ]
  if (highMicros < Math.max(openMicros, closeMicros)) return `high ${high} is below open or close`
  if (lowMicros > Math.min(openMicros, closeMicros)) return `low ${low} is above open or close`
  if (!/^\d+$/.test(volume)) return `volume "${volume}" is not a whole number`
  return {
    date,
    open: openMicros,
    high: highMicros,
    low: lowMicros,
    close: closeMicros,
    volume: Number(volume)
  }
}

/** Factors of the files hold for dates through `date`, corrections for dates before it. */
interface FactorStep {
  readonly date: string
  readonly factor: number
}

/** Each row holds for dates up to its own, back to the row before. */
const factorSteps = Effect.fnUntraced(function* (csv: Csv, before: string) {
  const steps: Array<FactorStep> = []
  for (const { line, fields } of csv.rows) {
    const factor = Number(fields[1]) * Number(fields[2])
    const date = fields[0] ?? ""
    if (parseDate(date) === undefined || !(factor > 0 && factor < 1e6))
      return yield* badRow(csv, line, "a date and two factors above 0", fields)
    steps.push({ date, factor })
  }
  const last = steps.at(-1)
  if (last === undefined || last.date < before)
    return yield* new BadDailyFile({
      file: csv.path,
      why: `its factors end at ${last?.date ?? "nothing"}, before ${before}`
    })
  return steps
})

/** Corrections of one symbol; each holds for the dates before its own. */
const correctionSteps = Effect.fnUntraced(function* (csv: Csv, symbol: string) {
  const steps: Array<FactorStep> = []
  for (const { line, fields } of csv.rows) {
    const [of, date, text] = fields
    const factor = Number(text)
    if (date === undefined || parseDate(date) === undefined || !(factor > 0 && factor < 1e6))
      return yield* badRow(csv, line, "a symbol, a date and a factor above 0", fields)
    if (of === symbol) steps.push({ date, factor })
  }
  return steps
})

const adjustment =
  (steps: ReadonlyArray<FactorStep>, corrections: ReadonlyArray<FactorStep>) =>
  (date: string): number =>
    corrections.reduce(
      (factor, correction) => (date < correction.date ? factor * correction.factor : factor),
      (steps.find((step) => date <= step.date) ?? { factor: 1 }).factor
    )

const badRow = (csv: Csv, line: number, expected: string, fields: ReadonlyArray<string>) =>
  new BadDailyFile({
    file: csv.path,
    why: `line ${line} is "${fields.join(",").slice(0, 60)}", expected ${expected}`
  })

const adjust = (bar: DailyBar, factor: number): DailyBar => ({
  date: bar.date,
  open: Math.round(bar.open * factor),
  high: Math.round(bar.high * factor),
  low: Math.round(bar.low * factor),
  close: Math.round(bar.close * factor),
  volume: bar.volume
})
