import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import {
  BadDailyFile,
  type DailyHistory,
  DailyHistoryUnavailable,
  dailyHistory,
  dailySeriesOf
} from "../../../src/infra/data/dailyHistory.ts"

const committed = (symbol: string, before: string) =>
  dailySeriesOf({ dataDir: "data", symbol, before })

const closeOn = (bars: ReadonlyArray<{ date: string; close: number }>, date: string): number => {
  const bar = bars.find((each) => each.date === date)
  assert.isDefined(bar, `no bar on ${date}`)
  return bar!.close
}

describe("Daily history from the committed files", () => {
  it.effect("ends before the date asked for, with the raw price as its last close", () =>
    Effect.gen(function* () {
      const history = yield* dailyHistory({ dataDir: "data", symbol: "GOOG", before: "2015-12-24" })
      assert.strictEqual(history.source, "own")
      const [goog] = history.series
      assert.strictEqual(goog!.bars.at(-1)!.date, "2015-12-23")
      assert.strictEqual(goog!.bars.at(-1)!.close, 750_310_000)
      assert.isAbove(goog!.bars.length, 2_800)
      const dates = goog!.bars.map((bar) => bar.date)
      assert.deepStrictEqual(dates, [...new Set(dates)].sort())
    })
  )

  it.effect("reports the bars it left out by file, line and date", () =>
    Effect.gen(function* () {
      const { rejected } = yield* committed("GOOG", "2015-12-24")
      const lines = readFileSync("data/daily/goog.csv", "utf8").split("\n")
      assert.includeMembers(
        rejected.map(({ date }) => date),
        ["2007-12-18", "2008-09-30"]
      )
      for (const { file, line, date } of rejected) {
        assert.strictEqual(file, join("data", "daily", "goog.csv"))
        assert.isTrue(lines[line - 1]!.startsWith(date))
      }
    })
  )

  it.effect("joins both sides of every split, the one that the factor file lacks too", () =>
    Effect.gen(function* () {
      const splits = [
        ["GOOG", "2014-04-03"],
        ["AAPL", "2014-06-09"],
        ["AAPL", "2020-08-31"],
        ["IWM", "2005-06-09"]
      ] as const
      for (const [symbol, date] of splits) {
        const { bars } = yield* committed(symbol, "2021-01-01")
        const at = bars.findIndex((bar) => bar.date === date)
        const move = Math.abs(Math.log(bars[at]!.close / bars[at - 1]!.close))
        assert.isBelow(move, 0.05, `${symbol} on ${date}`)
      }
    })
  )

  it.effect(
    "does not let a later split show: AAPL before its 7 for 1 is at its price of then",
    () =>
      Effect.gen(function* () {
        const { bars } = yield* committed("AAPL", "2014-06-05")
        assert.strictEqual(bars.at(-1)!.close, 644_820_000)
      })
  )

  it.effect("has the returns of an independent adjustment, within 1e-5", () =>
    Effect.gen(function* () {
      // Adjusted closes computed by another program from the same vendor's prices and factors.
      const references = [
        ["SPY", "2012-08-08", 118.232492427, "2020-12-31", 372.65965568],
        ["AAPL", "2012-08-08", 19.0687984419, "2014-06-09", 21.110183665],
        ["IBM", "2011-03-23", 114.028566246, "2020-12-31", 124.220070792],
        ["QQQ", "2011-03-23", 50.33485702, "2014-06-06", 87.053641038],
        ["IWM", "2012-08-09", 70.8080988, "2020-12-31", 195.69189735]
      ] as const
      for (const [symbol, first, firstClose, last, lastClose] of references) {
        const { bars } = yield* committed(symbol, "2021-01-01")
        const growth = closeOn(bars, last) / closeOn(bars, first)
        assert.closeTo(growth / (lastClose / firstClose), 1, 1e-5, symbol)
      }
    })
  )

  it.effect("starts QQQ after its hole of six years", () =>
    Effect.gen(function* () {
      const { series } = yield* dailyHistory({
        dataDir: "data",
        symbol: "QQQ",
        before: "2014-06-05"
      })
      assert.strictEqual(series[0]!.bars[0]!.date, "2011-03-23")
    })
  )

  it.effect("gives TWX, which has no file, its peers and says so", () =>
    Effect.gen(function* () {
      const history: DailyHistory = yield* dailyHistory({
        dataDir: "data",
        symbol: "TWX",
        before: "2014-06-05"
      })
      assert.strictEqual(history.source, "peers")
      assert.deepStrictEqual(
        history.series.map(({ symbol }) => symbol),
        ["AAPL", "GOOG", "IBM"]
      )
      for (const { bars } of history.series) assert.strictEqual(bars.at(-1)!.date, "2014-06-04")
    })
  )

  it.effect("is unavailable for a symbol without file or peers, and before the first bar", () =>
    Effect.gen(function* () {
      const unknown = yield* Effect.flip(committed("ZZZZ", "2014-06-05"))
      assert.instanceOf(unknown, DailyHistoryUnavailable)
      assert.include(unknown.message, "zzzz.csv")
      const early = yield* Effect.flip(committed("GOOG", "2004-08-19"))
      assert.include(early.message, "none before 2004-08-19")
      const nonsense = yield* Effect.flip(committed("GOOG", "2015-02-30"))
      assert.include(nonsense.message, '"2015-02-30" is not an ISO date')
    })
  )
})

const header = "date,open,high,low,close,volume"
const good = [
  "2015-01-02,100,101,99,100.5,1000",
  "2015-01-05,100.5,102,100,101,1000",
  "2015-01-06,101,102,100,101.5,1000"
]

/** Reads made-up files, changed as given. */
const madeUp = (files: {
  readonly bars?: ReadonlyArray<string>
  readonly factors?: ReadonlyArray<string>
  readonly corrections?: ReadonlyArray<string>
}) =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const dataDir = mkdtempSync(join(tmpdir(), "daily-"))
      mkdirSync(join(dataDir, "daily", "factor_files"), { recursive: true })
      const write = (path: string, lines: ReadonlyArray<string>) =>
        writeFileSync(join(dataDir, "daily", path), `${lines.join("\n")}\n`)
      write("abc.csv", files.bars ?? [header, ...good])
      write(
        "factor_files/abc.csv",
        files.factors ?? ["date,price_factor,split_factor,reference_price", "2050-12-31,1,1,0"]
      )
      write("corrections.csv", files.corrections ?? ["symbol,before,factor,reason"])
      return dataDir
    }),
    (dataDir) => dailySeriesOf({ dataDir, symbol: "ABC", before: "2015-02-01" }),
    (dataDir) => Effect.sync(() => rmSync(dataDir, { recursive: true }))
  )

describe("Daily history from damaged files", () => {
  const badRows: ReadonlyArray<readonly [string, string, RegExp]> = [
    ["a date that does not exist", "2015-02-30,1,2,1,1,5", /"2015-02-30" is not an ISO date/],
    ["a repeated date", "2015-01-06,101,102,100,101.5,1000", /does not come after 2015-01-06/],
    ["a price of 0", "2015-01-07,0,102,100,101,1000", /"0" is not a price above 0/],
    ["a negative price", "2015-01-07,101,102,-100,101,1000", /"-100" is not a price/],
    ["a NaN", "2015-01-07,101,NaN,100,101,1000", /"NaN" is not a price/],
    ["a high below the close", "2015-01-07,101,101,100,101.5,1000", /high 101 is below/],
    ["a low above the open", "2015-01-07,101,103,102,102,1000", /low 102 is above/],
    ["a field too few", "2015-01-07,101,102,100,101", /5 fields, expected 6/],
    ["a volume that is no number", "2015-01-07,101,102,100,101,many", /volume "many"/]
  ]
  for (const [what, row, reason] of badRows)
    it.effect(`leaves out a row with ${what} and keeps the others`, () =>
      Effect.gen(function* () {
        const { bars, rejected } = yield* madeUp({ bars: [header, ...good, row] })
        assert.strictEqual(bars.length, 3)
        assert.strictEqual(rejected.length, 1)
        assert.strictEqual(rejected[0]!.line, 5)
        assert.match(rejected[0]!.reason, reason)
      })
    )

  const badFiles: ReadonlyArray<readonly [string, Parameters<typeof madeUp>[0], RegExp]> = [
    ["a foreign header", { bars: ["day,price"] }, /line 1 is "day,price", expected "date,open/],
    [
      "a factor of 0",
      { factors: ["date,price_factor,split_factor,reference_price", "2050-12-31,1,0,0"] },
      /line 2 is "2050-12-31,1,0,0", expected a date and two factors above 0/
    ],
    [
      "factors that end too early",
      { factors: ["date,price_factor,split_factor,reference_price", "2014-12-31,1,1,0"] },
      /its factors end at 2014-12-31, before 2015-02-01/
    ],
    [
      "a correction without a factor",
      { corrections: ["symbol,before,factor,reason", "ABC,2015-01-05,,why"] },
      /line 2 is "ABC,2015-01-05,,why"/
    ]
  ]
  for (const [what, files, sentence] of badFiles)
    it.effect(`refuses a file with ${what}, by name`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(madeUp(files))
        assert.instanceOf(error, BadDailyFile)
        assert.match(error.message, sentence)
      })
    )

  it.effect("applies a split factor to the dates through its own", () =>
    Effect.gen(function* () {
      const { bars } = yield* madeUp({
        bars: [header, "2015-01-02,200,202,198,201,1000", ...good.slice(1)],
        factors: [
          "date,price_factor,split_factor,reference_price",
          "2015-01-02,1,0.5,201",
          "2050-12-31,1,1,0"
        ]
      })
      assert.deepStrictEqual(
        bars.map(({ open }) => open),
        [100_000_000, 100_500_000, 101_000_000]
      )
    })
  )

  it.effect("applies a correction to the dates before its own, and a future one to none", () =>
    Effect.gen(function* () {
      const correctionHeader = "symbol,before,factor,reason"
      const past = yield* madeUp({ corrections: [correctionHeader, "ABC,2015-01-05,0.5,split"] })
      assert.deepStrictEqual(
        past.bars.map(({ open }) => open),
        [50_000_000, 100_500_000, 101_000_000]
      )
      const future = yield* madeUp({ corrections: [correctionHeader, "ABC,2015-03-01,0.5,split"] })
      assert.strictEqual(future.bars[0]!.open, 100_000_000)
      const foreign = yield* madeUp({ corrections: [correctionHeader, "XYZ,2015-01-05,0.5,split"] })
      assert.strictEqual(foreign.bars[0]!.open, 100_000_000)
    })
  )
})
