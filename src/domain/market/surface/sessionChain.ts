/** The quotes of a recorded session at one moment, as the surface takes them. */
import { expirationCloseMs } from "../calendar.ts"
import { stockId } from "../contract.ts"
import { microsPerUsd } from "../price.ts"
import type { SessionQuotes } from "../sessionQuotes.ts"
import {
  type ExpirationQuotes,
  isTwoSided,
  type StrikeQuotes,
  type SurfaceMarket
} from "./quotes.ts"

export type SessionChain = {
  readonly market: SurfaceMarket
  /** In order of expiration. */
  readonly expirations: ReadonlyArray<ExpirationQuotes>
  /** Of the stock, when it was last quoted on both sides; currency. */
  readonly stockBid: number
  readonly stockAsk: number
  /** Options with a quote on both sides, and all listed. */
  readonly quotedCount: number
  readonly listedCount: number
}

const msPerYear = 365 * 86_400_000

/**
 * The last quote of each contract known at `atMs` (epoch ms); a side absent from it is absent. Contracts
 * of another multiplier than most are left out: they deliver something else. Undefined before the
 * stock's first two-sided quote.
 */
export const sessionChainAt = (session: SessionQuotes, atMs: number): SessionChain | undefined => {
  const bid = new Float64Array(session.instruments.length)
  const ask = new Float64Array(session.instruments.length)
  const stock = { bid: 0, ask: 0 }
  for (let row = 0; row < session.rowCount && session.timeMs[row]! <= atMs; row++) {
    const at = session.instrument[row]!
    bid[at] = session.bidMicros[row]! / microsPerUsd
    ask[at] = session.askMicros[row]! / microsPerUsd
    if (at === stockId && isTwoSided(bid[at], ask[at])) {
      stock.bid = bid[at]
      stock.ask = ask[at]
    }
  }
  if (stock.bid === 0) return undefined
  const byExpiration = new Map<string, Map<number, StrikeQuotes>>()
  const multiplier = usualMultiplier(session)
  let style: SurfaceMarket["style"] = "American"
  let listedCount = 0
  let quotedCount = 0
  for (const instrument of session.instruments) {
    if (instrument.kind === "Stock" || instrument.contract.multiplier !== multiplier) continue
    const { id, contract } = instrument
    style = contract.exerciseStyle
    listedCount++
    if (isTwoSided(bid[id]!, ask[id]!)) quotedCount++
    const strikes = byExpiration.get(contract.expiration) ?? new Map<number, StrikeQuotes>()
    byExpiration.set(contract.expiration, strikes)
    const strike = contract.strikeMicros / microsPerUsd
    const none = { strike, callBid: 0, callAsk: 0, putBid: 0, putAsk: 0 }
    const sides =
      contract.optionType === "Call"
        ? { callBid: bid[id]!, callAsk: ask[id]! }
        : { putBid: bid[id]!, putAsk: ask[id]! }
    strikes.set(strike, { ...(strikes.get(strike) ?? none), ...sides })
  }
  const expirations = [...byExpiration]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([expiration, strikes]) => ({
      expiration,
      timeToExpirationYears: ((expirationCloseMs(expiration) ?? 0) - atMs) / msPerYear,
      strikes: [...strikes.values()].sort((one, other) => one.strike - other.strike)
    }))
  const { riskFreeRate } = session.assumptions
  const market = { style, spot: (stock.bid + stock.ask) / 2, riskFreeRate }
  return {
    market,
    expirations,
    stockBid: stock.bid,
    stockAsk: stock.ask,
    quotedCount,
    listedCount
  }
}

const usualMultiplier = (session: SessionQuotes): number => {
  const counts = new Map<number, number>()
  for (const instrument of session.instruments) {
    if (instrument.kind === "Stock") continue
    const { multiplier } = instrument.contract
    counts.set(multiplier, (counts.get(multiplier) ?? 0) + 1)
  }
  const most = [...counts].sort((one, other) => other[1] - one[1] || one[0] - other[0])
  return most[0]?.[0] ?? 100
}
