/**
 * Arbitrage, in a fitted surface (which must have none) and in the quotes themselves (where it is a
 * fact to show: someone's stale price, or money on the table).
 */
import { type ExpirationQuotes, isTwoSided, type StrikeQuotes } from "./quotes.ts"
import { densityFactor, type SviSlice, totalVariance } from "./svi.ts"

export type SurfaceArbitrage =
  /** Negative implied density at log-moneyness `k`. */
  | { readonly _tag: "Butterfly"; readonly expiration: string; readonly k: number }
  /** Total variance below that of the expiration before. */
  | { readonly _tag: "Calendar"; readonly expiration: string; readonly k: number }

type NamedSlice = { readonly expiration: string; readonly slice: SviSlice }

const samples = 401

/** Every expiration's first violation of each kind on `from` to `to`, sampled at 401 points. */
export const surfaceArbitrage = (
  slices: ReadonlyArray<NamedSlice>,
  from: number,
  to: number
): ReadonlyArray<SurfaceArbitrage> => {
  const found: Array<SurfaceArbitrage> = []
  const grid = Array.from({ length: samples }, (_, i) => from + ((to - from) * i) / (samples - 1))
  slices.forEach(({ expiration, slice }, index) => {
    const butterfly = grid.find(
      (k) => !(totalVariance(slice, k) > 0 && densityFactor(slice, k) >= 0)
    )
    if (butterfly !== undefined) found.push({ _tag: "Butterfly", expiration, k: butterfly })
    const before = slices[index - 1]
    if (before === undefined) return
    const calendar = grid.find((k) => totalVariance(slice, k) < totalVariance(before.slice, k))
    if (calendar !== undefined) found.push({ _tag: "Calendar", expiration, k: calendar })
  })
  return found
}

/** A trade at quoted prices that costs less than nothing, per unit of underlying, before fees. */
export type QuoteArbitrage = {
  readonly _tag: "Vertical" | "Butterfly" | "Calendar"
  readonly right: "Call" | "Put"
  readonly expiration: string
  /** The strikes traded; for a calendar the one strike. */
  readonly strikes: ReadonlyArray<number>
  readonly profit: number
}

const side = (quote: StrikeQuotes, isCall: boolean) =>
  isCall
    ? { strike: quote.strike, bid: quote.callBid, ask: quote.callAsk }
    : { strike: quote.strike, bid: quote.putBid, ask: quote.putAsk }

/**
 * Verticals and butterflies between neighbouring quoted strikes, and calendars between neighbouring
 * expirations, executable at bid and ask. Holds for American options and, for non-negative rates, for
 * European calls and puts on the bounds used (no discounting is taken credit for).
 */
export const quoteArbitrage = (
  expirations: ReadonlyArray<ExpirationQuotes>
): ReadonlyArray<QuoteArbitrage> => {
  const found: Array<QuoteArbitrage> = []
  expirations.forEach((quotes, index) => {
    for (const isCall of [true, false]) {
      withinExpiration(quotes, isCall, found)
      const later = expirations[index + 1]
      if (later !== undefined) betweenExpirations(quotes, later, isCall, found)
    }
  })
  return found
}

const withinExpiration = (
  quotes: ExpirationQuotes,
  isCall: boolean,
  found: Array<QuoteArbitrage>
): void => {
  const { expiration } = quotes
  const right = isCall ? "Call" : "Put"
  const quoted = quotes.strikes
    .map((quote) => side(quote, isCall))
    .filter(({ bid, ask }) => isTwoSided(bid, ask))
  const report = (
    _tag: QuoteArbitrage["_tag"],
    profit: number,
    strikes: ReadonlyArray<number>
  ): void => {
    if (profit > 1e-9) found.push({ _tag, right, expiration, strikes, profit })
  }
  for (let i = 1; i < quoted.length; i++) {
    const low = quoted[i - 1]!
    const high = quoted[i]!
    const strikes = [low.strike, high.strike]
    const gap = high.strike - low.strike
    // The dearer one bought for less than the cheaper one fetches; or sold for more than can be owed.
    const [dear, cheap] = isCall ? [low, high] : [high, low]
    report("Vertical", cheap.bid - dear.ask, strikes)
    report("Vertical", dear.bid - cheap.ask - gap, strikes)
    const above = quoted[i + 1]
    if (above === undefined) continue
    const part = (above.strike - high.strike) / (above.strike - low.strike)
    const wings = part * low.ask + (1 - part) * above.ask
    report("Butterfly", high.bid - wings, [...strikes, above.strike])
  }
}

const betweenExpirations = (
  near: ExpirationQuotes,
  far: ExpirationQuotes,
  isCall: boolean,
  found: Array<QuoteArbitrage>
): void => {
  const byStrike = new Map(far.strikes.map((quote) => [quote.strike, quote]))
  for (const quote of near.strikes) {
    const later = byStrike.get(quote.strike)
    if (later === undefined) continue
    const sold = side(quote, isCall)
    const bought = side(later, isCall)
    if (!isTwoSided(sold.bid, sold.ask) || !isTwoSided(bought.bid, bought.ask)) continue
    const profit = sold.bid - bought.ask
    if (profit > 1e-9) {
      const right = isCall ? "Call" : "Put"
      const { expiration } = near
      found.push({ _tag: "Calendar", right, expiration, strikes: [quote.strike], profit })
    }
  }
}
