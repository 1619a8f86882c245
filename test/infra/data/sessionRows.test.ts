import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import type { SessionQuotes } from "../../../src/domain/market/sessionQuotes.ts"
import {
  contractLines,
  decodeFixture,
  type Fixture,
  optionHeader,
  optionLines,
  packed,
  stockLines,
  tradeLines
} from "./sessionFixture.ts"

const decoded = (fixture: Fixture, rows?: Record<string, number>): SessionQuotes =>
  Result.getOrThrow(decodeFixture(fixture, rows))

/** A valid option row with some of its fields replaced. */
const optionRow = (change: Record<string, string>): string => {
  const names = optionHeader.split(",")
  const fields = optionLines[3]!.split(",")
  for (const [name, text] of Object.entries(change)) fields[names.indexOf(name)] = text
  return fields.join(",")
}

const withOptionRow = (row: string): SessionQuotes =>
  decoded({ options: packed([...optionLines.slice(0, 3), row]) }, { optionQuotes: 3 })

describe("session rows", () => {
  it("become quotes in order of time, the stock first, known at the end of their minute", () => {
    const session = decoded({})
    const rows = Array.from({ length: session.rowCount }, (_, row) => [
      new Date(session.timeMs[row]!).toISOString().slice(11, 19),
      session.instruments[session.instrument[row]!]!.symbol,
      session.bidMicros[row],
      session.bidSize[row],
      session.askMicros[row],
      session.askSize[row]
    ])
    assert.deepStrictEqual(rows, [
      ["14:31:00", "GOOG  151224C00750000", 1_450_000, 7, 1_750_000, 9],
      ["14:31:00", "GOOG  151224P00750000", 0, 0, 2_100_000, 3],
      ["14:32:00", "GOOG", 748_750_000, 100, 749_250_000, 300],
      ["14:32:00", "GOOG  151224C00750000", 1_500_000, 8, 1_700_000, 2],
      ["18:00:00", "GOOG  151231C00752500", 8_100_000, 1, 0, 0]
    ])
    assert.strictEqual(session.timeMs.at(-1), session.days[0]!.closeMs)
  })

  it("of the close or later are not tradable, and of the stock outside hours are left out", () => {
    const { report, stockTrades } = decoded({})
    assert.strictEqual(report.rows, 10)
    assert.strictEqual(report.quotes, 5)
    assert.strictEqual(report.trades, 1)
    assert.strictEqual(report.notTradable, 1)
    assert.strictEqual(report.outsideHours, 3)
    assert.strictEqual(report.badRows, 0)
    assert.strictEqual(report.withoutBid, 1)
    assert.strictEqual(report.withoutAsk, 1)
    assert.strictEqual(stockTrades.closeMicros[0], 748_540_000)
    assert.strictEqual(stockTrades.volume[0], 11_492)
  })

  const badRows: ReadonlyArray<[string, Record<string, string>, string]> = [
    ["another date", { date: "2015-12-23" }, 'date is "2015-12-23", the file is of 2015-12-24'],
    ["a time within a minute", { ms_of_day: "34260001" }, 'ms_of_day is "34260001"'],
    ["a time beyond the day", { ms_of_day: "86400000" }, 'ms_of_day is "86400000"'],
    ["a negative time", { ms_of_day: "-60000" }, 'ms_of_day is "-60000"'],
    ["a right that is neither", { right: "X" }, 'right is "X", C or P is allowed'],
    ["an unknown strike", { strike: "751" }, "contract 2015-12-24 751 C is not one of the session"],
    ["an unknown expiry", { expiry: "2015-12-25" }, "contract 2015-12-25 750 C is not one"],
    ["an expiry without hyphens", { expiry: "20151224" }, "contract 20151224 750 C is not one"],
    ["a bid above the ask", { bid_high: "1.9", bid_close: "1.9" }, "bid 1.9 is above ask 1.7"],
    ["a negative price", { bid_low: "-1" }, 'bid open, high, low, close of "1.45", "1.5", "-1"'],
    ["an exponent", { ask_close: "1e0" }, '"1e0" is no price'],
    ["seven decimals", { ask_close: "1.7000001" }, '"1.7000001" is no price'],
    ["part of a side", { bid_open: "" }, "is no bar: 0 < low <= open, close <= high"],
    ["a close above its high", { ask_high: "1.6" }, "is no bar: 0 < low <= open, close <= high"],
    ["a bid of size 0", { bid_size: "0" }, 'bid_size is 0 but bid_close is "1.5"'],
    ["a fractional size", { ask_size: "1.5" }, 'ask_size is "1.5", an integer'],
    ["a second row of its minute", { ms_of_day: "34200000" }, "a second row of the same instrument"]
  ]
  for (const [what, change, reason] of badRows) {
    it(`with ${what} are reported with file, line and reason, and not traded on`, () => {
      const session = withOptionRow(optionRow(change))
      assert.strictEqual(session.report.badRows, 1)
      const [bad] = session.report.bad
      assert.strictEqual(bad?.file, "options.csv.gz")
      assert.strictEqual(bad?.line, 4)
      assert.include(bad?.reason, reason)
      assert.strictEqual(session.report.files[0]?.quotes, 2)
      assert.strictEqual(session.rowCount, 3)
    })
  }

  it("that go back in time are bad, the ones after them are not", () => {
    const [header, first, second, third] = optionLines
    const options = packed([header!, third!, first!, second!, optionLines[4]!])
    const { report } = decoded({ options }, { optionQuotes: 4 })
    assert.deepStrictEqual(
      report.bad.map((bad) => [bad.line, bad.reason.slice(0, 43)]),
      [
        [3, "ms_of_day 34200000 comes after 34260000: ro"],
        [4, "ms_of_day 34200000 comes after 34260000: ro"]
      ]
    )
    assert.strictEqual(report.files[0]?.quotes, 2)
  })

  it("of a contract that had expired before the day are bad", () => {
    const expired = "GOOG  151218C00750000,2015-12-18,750,C"
    const options = packed([optionHeader, optionRow({ expiry: "2015-12-18" })])
    const { report } = decoded(
      { contracts: packed([...contractLines, expired]), options },
      { contracts: 4, optionQuotes: 1 }
    )
    assert.include(report.bad[0]?.reason, "contract 2015-12-18 750 C had expired")
    assert.strictEqual(report.files[0]?.quotes, 0)
  })

  it("with too few or too many columns, or none, say how many they have", () => {
    for (const [row, count] of [
      ["2015-12-24,34260000", 2],
      [`${optionLines[3]},1`, 16],
      [`${optionLines[3]}${",".repeat(40)}`, 55],
      ["", 1]
    ] as const) {
      const { report } = withOptionRow(row)
      assert.strictEqual(report.bad[0]?.reason, `the row has ${count} columns, 15 are needed`)
    }
  })

  it("of the stock are held to the same rules", () => {
    const crossed = stockLines[2]!.replace("749.5,750,749,749.25", "748,748,748,748")
    const { report } = decoded({ stock: packed([stockLines[0]!, crossed]) }, { stockQuotes: 1 })
    assert.strictEqual(report.bad[0]?.reason, "bid 748.75 is above ask 748")
    const noVolume = tradeLines[2]!.replace("11492", "0")
    const traded = decoded({ trades: packed([tradeLines[0]!, noVolume]) }, { stockTrades: 1 })
    assert.include(traded.report.bad[0]?.reason, 'volume is "0"')
    assert.strictEqual(traded.stockTrades.rowCount, 0)
  })

  it("of the contracts file that are faulty leave their contract unknown", () => {
    const contracts = packed([
      ...contractLines.slice(0, 3),
      "GOOG  151231C00752500,2015-12-31,752,C",
      contractLines[1]!
    ])
    const { report, instruments } = decoded({ contracts }, { contracts: 4 })
    assert.strictEqual(instruments.length, 3)
    assert.strictEqual(report.badContracts, 2)
    assert.strictEqual(report.badRows, 1)
    assert.deepStrictEqual(
      report.bad.map((bad) => `${bad.file}:${bad.line}`),
      ["contracts.csv.gz:4", "contracts.csv.gz:5", "options.csv.gz:5"]
    )
  })

  it("are read alike with CR LF line ends and without a last line end", () => {
    const text = optionLines.join("\r\n")
    assert.deepStrictEqual(decoded({ options: gzipSync(text) }), decoded({}))
  })

  it.prop(
    "account for every line of hostile text, and never trade on more than they account for",
    [Schema.Array(Schema.String).check(Schema.isMaxLength(8))],
    ([lines]) => {
      const text = lines.join("\n").replaceAll("\r", "")
      const rows = text === "" ? 0 : text.split("\n").length - (text.endsWith("\n") ? 1 : 0)
      const options = gzipSync(`${optionHeader}\n${text}`)
      const { report } = decoded({ options }, { optionQuotes: rows })
      assert.strictEqual(report.files[0]?.rows, rows)
      assert.strictEqual(report.files[0]?.badRows, rows)
    }
  )

  const mutation = Schema.Struct({
    at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10_000 })),
    byte: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
  })
  it.prop(
    "with any bytes changed are kept whole or refused, with quotes that can be traded on",
    [Schema.Array(mutation).check(Schema.isMaxLength(6))],
    ([mutations]) => {
      const body = Buffer.from(`${optionLines.slice(1).join("\n")}\n`)
      for (const { at, byte } of mutations) body[at % body.length] = byte
      const lines = body.toString("latin1").split("\n")
      const rows = lines.length - (lines.at(-1) === "" ? 1 : 0)
      const options = gzipSync(Buffer.concat([Buffer.from(`${optionHeader}\n`), body]))
      const session = decoded({ options }, { optionQuotes: rows })
      const [file] = session.report.files
      assert.strictEqual(file!.rows, rows)
      assert.strictEqual(file!.quotes + file!.notTradable + file!.badRows, rows)
      for (let row = 0; row < session.rowCount; row++) {
        const bid = session.bidMicros[row]!
        const ask = session.askMicros[row]!
        assert.isTrue(Number.isSafeInteger(bid) && bid >= 0)
        assert.isTrue(Number.isSafeInteger(ask) && ask >= 0)
        assert.isTrue(ask === 0 || bid <= ask)
        assert.strictEqual(session.bidSize[row] === 0, bid === 0)
        assert.strictEqual(session.askSize[row] === 0, ask === 0)
        assert.isTrue(row === 0 || session.timeMs[row - 1]! <= session.timeMs[row]!)
        assert.isDefined(session.instruments[session.instrument[row]!])
      }
    }
  )
})
