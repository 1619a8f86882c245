/**
 * Whether and how far an order fills now: leg by leg at the quotes, when their net is within its limit.
 *
 * A resting order that the market runs through fills at the bar's quotes, which are at least as good as its limit; a
 * real one would have filled at its limit. Combinations fill in whole units: no leg is ever left behind.
 */
import {
  type LegFill,
  marketableNet,
  type OrderLeg,
  type Side,
  signOf
} from "../../../domain/trading/netPrice.ts"
import type { OrderRequest } from "../../../domain/trading/reports.ts"
import type { QuoteBook } from "./quoteBook.ts"
import type { VenueTerms } from "./venueTerms.ts"

export interface Fill {
  readonly units: number
  readonly netMicros: number
  readonly legs: ReadonlyArray<LegFill>
}

/** Undefined where nothing fills: a side is absent, the net is beyond the limit, or the share of the sizes is used up. */
export const match = (
  book: QuoteBook,
  legs: ReadonlyArray<OrderLeg>,
  limitNetMicros: number,
  leavesQty: number,
  pricing: VenueTerms["pricing"] = "Limit"
): Fill | undefined => {
  const priceOf =
    pricing === "Midpoint"
      ? (instrument: number) => midpoint(book, instrument)
      : (instrument: number, side: Side) => book.price(instrument, side)
  const netMicros = marketableNet(legs, (instrument) => ({
    bidMicros: priceOf(instrument, "Sell"),
    askMicros: priceOf(instrument, "Buy")
  }))
  if (netMicros === undefined) return undefined
  if (pricing !== "Market" && netMicros > limitNetMicros) return undefined
  let units = leavesQty
  for (const { instrument, side, ratio } of legs) {
    units = Math.min(units, Math.floor(book.available(instrument, side) / ratio))
  }
  if (units <= 0) return undefined
  return {
    units,
    netMicros,
    legs: legs.map(({ instrument, side, ratio }) => ({
      instrument,
      side,
      lastQty: units * ratio,
      lastPxMicros: priceOf(instrument, side)
    }))
  }
}

/** 0 unless both sides are there. Whole micro-USD: quotes are whole cents. */
const midpoint = (book: QuoteBook, instrument: number): number => {
  const bid = book.price(instrument, "Sell")
  const ask = book.price(instrument, "Buy")
  return bid > 0 && ask > 0 ? Math.floor((bid + ask) / 2) : 0
}

/** `units` at exactly the limit, whatever the book shows: the first leg's price makes up the net. */
export const restFill = (
  book: QuoteBook,
  { legs, limitNetMicros }: Pick<OrderRequest, "legs" | "limitNetMicros">,
  units: number,
  pricing: VenueTerms["pricing"]
): Fill => {
  const prices = legs.map(({ instrument, side }) => book.price(instrument, side))
  const netFrom = (from: number): number =>
    legs.reduce((net, { side, ratio }, at) => {
      return at < from ? net : net + signOf(side) * ratio * prices[at]!
    }, 0)
  const [first] = legs
  if (pricing !== "Market" && first !== undefined) {
    const firstNet = (limitNetMicros - netFrom(1)) * signOf(first.side)
    prices[0] = Math.max(0, Math.round(firstNet / first.ratio))
  }
  return {
    units,
    netMicros: netFrom(0),
    legs: legs.map(({ instrument, side, ratio }, at) => ({
      instrument,
      side,
      lastQty: units * ratio,
      lastPxMicros: prices[at]!
    }))
  }
}
