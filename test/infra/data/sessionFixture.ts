/** A small session in memory: one day, one stock, three contracts, files packed and digested. */
import { createHash } from "node:crypto"
import { gzipSync } from "node:zlib"
import { Result } from "effect"
import type { SessionQuotes } from "../../../src/domain/market/sessionQuotes.ts"
import {
  decodeSession,
  type SessionError,
  SessionUnreadable
} from "../../../src/infra/data/SessionFile.ts"

export const fixtureName = "goog-2015-12-24"

export const contractLines = [
  "symbol,expiry,strike,right",
  "GOOG  151224C00750000,2015-12-24,750,C",
  "GOOG  151224P00750000,2015-12-24,750,P",
  "GOOG  151231C00752500,2015-12-31,752.5,C"
]

const bars = (side: string): string =>
  ["open", "high", "low", "close", "size"].map((part) => `${side}_${part}`).join(",")

export const optionHeader = `date,ms_of_day,expiry,strike,right,${bars("bid")},${bars("ask")}`

export const optionLines = [
  optionHeader,
  "2015-12-24,34200000,2015-12-24,750,C,1.4,1.5,1.3,1.45,7,1.6,1.8,1.6,1.75,9",
  "2015-12-24,34200000,2015-12-24,750,P,,,,,0,2.1,2.1,2.1,2.1,3",
  "2015-12-24,34260000,2015-12-24,750,C,1.45,1.5,1.45,1.5,8,1.75,1.75,1.7,1.7,2",
  "2015-12-24,46740000,2015-12-31,752.5,C,8.1,8.1,8.1,8.1,1,,,,,0",
  "2015-12-24,46800000,2015-12-24,750,C,0.05,0.05,0.05,0.05,1,0.1,0.1,0.1,0.1,1"
]

export const stockLines = [
  `date,ms_of_day,${bars("bid")},${bars("ask")}`,
  "2015-12-24,34140000,726,726,726,726,200,764,764,764,764,100",
  "2015-12-24,34260000,748.5,749,748,748.75,100,749.5,750,749,749.25,300",
  "2015-12-24,46860000,748.1,748.1,748.1,748.1,100,748.4,748.4,748.4,748.4,100"
]

export const tradeLines = [
  "date,ms_of_day,open,high,low,close,volume",
  "2015-12-24,34080000,750.3,750.3,750.3,750.3,27",
  "2015-12-24,34200000,749.55,749.99,748.54,748.54,11492"
]

export interface Fixture {
  readonly contracts?: Uint8Array
  readonly options?: Uint8Array
  readonly stock?: Uint8Array
  readonly trades?: Uint8Array
  /** Changes the decoded manifest before it is written. */
  readonly manifest?: (manifest: Record<string, unknown>) => unknown
  /** Changes the bytes of files after their digests were taken; undefined removes a file. */
  readonly files?: (files: Map<string, Uint8Array>) => void
}

export const packed = (lines: ReadonlyArray<string>): Uint8Array =>
  gzipSync(`${lines.join("\n")}\n`)

/** The bytes of every file of the session, its digests and row counts true. */
const fixtureFiles = (fixture: Fixture, rows?: Record<string, number>) => {
  const parts = [
    ["contracts", "contracts.csv.gz", fixture.contracts ?? packed(contractLines), 3],
    ["optionQuotes", "options.csv.gz", fixture.options ?? packed(optionLines), 5],
    ["stockQuotes", "stock.csv.gz", fixture.stock ?? packed(stockLines), 3],
    ["stockTrades", "trades.csv.gz", fixture.trades ?? packed(tradeLines), 2]
  ] as const
  const entries = parts.map(([kind, file, bytes, count]) => ({
    kind,
    date: "2015-12-24",
    file,
    rows: rows?.[kind] ?? count,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    source: "a test"
  }))
  const manifest = {
    format: 1,
    name: fixtureName,
    underlying: "GOOG",
    description: "a test",
    source: "a test",
    licence: "none",
    exerciseStyle: "American",
    multiplier: 100,
    dates: ["2015-12-24"],
    riskFreeRate: 0.00375,
    riskFreeRateSource: "a test",
    dividendYield: 0,
    dividendYieldSource: "a test",
    previousClose: { date: "2015-12-23", price: "750.31", source: "a test" },
    closes: [{ date: "2015-12-24", price: "748.4", source: "a test" }],
    contracts: entries[0],
    files: entries.slice(1)
  }
  const files = new Map<string, Uint8Array>(parts.map(([, file, bytes]) => [file, bytes]))
  const written = fixture.manifest === undefined ? manifest : fixture.manifest(manifest)
  files.set("session.json", Buffer.from(JSON.stringify(written)))
  fixture.files?.(files)
  return files
}

export const decodeFixture = (
  fixture: Fixture,
  rows?: Record<string, number>
): Result.Result<SessionQuotes, SessionError> => {
  const files = fixtureFiles(fixture, rows)
  return decodeSession(fixtureName, (file) => {
    const bytes = files.get(file)
    return bytes === undefined
      ? Result.fail(new SessionUnreadable({ file, detail: "there is no such file" }))
      : Result.succeed(bytes)
  })
}
