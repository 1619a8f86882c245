/** The GOOG chain of the default session at one minute, as the surface takes it. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import type {
  ExpirationQuotes,
  StrikeQuotes,
  SurfaceMarket
} from "../../../../src/domain/market/surface/quotes.ts"

const folder = join(import.meta.dirname, "../../../../data/sessions/goog-2015-12-24")
const read = (file: string): ReadonlyArray<ReadonlyArray<string>> =>
  gunzipSync(readFileSync(join(folder, file)))
    .toString("utf8")
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split(","))

const closeMsOfDay = 13 * 3_600_000
const msPerYear = 365 * 86_400_000

/** Last bids and asks of the bars that start at or before `msOfDay`; later expirations close at 16:00. */
export const googQuotes = (
  msOfDay: number
): { readonly market: SurfaceMarket; readonly expirations: ReadonlyArray<ExpirationQuotes> } => {
  const stock = read("stockQuotes-2015-12-24.csv.gz").find((row) => Number(row[1]) === msOfDay)!
  const byExpiration = new Map<string, Map<number, StrikeQuotes>>()
  for (const row of read("optionQuotes-2015-12-24.csv.gz")) {
    if (Number(row[1]) > msOfDay) continue
    const strikes = byExpiration.get(row[2]!) ?? new Map<number, StrikeQuotes>()
    byExpiration.set(row[2]!, strikes)
    const strike = Number(row[3])
    const none = { strike, callBid: 0, callAsk: 0, putBid: 0, putAsk: 0 }
    const before = strikes.get(strike) ?? none
    const [bid, ask] = [Number(row[8]), Number(row[13])]
    strikes.set(
      strike,
      row[4] === "C"
        ? { ...before, callBid: bid, callAsk: ask }
        : { ...before, putBid: bid, putAsk: ask }
    )
  }
  const expirations = [...byExpiration]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([expiration, strikes]): ExpirationQuotes => {
      const days = (Date.parse(expiration) - Date.parse("2015-12-24")) / 86_400_000
      const close = days === 0 ? closeMsOfDay : 16 * 3_600_000
      return {
        expiration,
        timeToExpirationYears: (days * 86_400_000 + close - msOfDay - 60_000) / msPerYear,
        strikes: [...strikes.values()].sort((one, other) => one.strike - other.strike)
      }
    })
  const spot = (Number(stock[5]) + Number(stock[10])) / 2
  return { market: { style: "American", spot, riskFreeRate: 0.00375 }, expirations }
}
