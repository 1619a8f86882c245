/**
 * Whether and how far an order fills now: leg by leg at the quotes, when their net is within its limit.
 *
 * A resting order that the market runs through fills at the bar's quotes, which are at least as good as its limit; a
 * real one would have filled at its limit. Combinations fill in whole units: no leg is ever left behind.
 */
import { type LegFill, marketableNet, type OrderLeg } from "../../../domain/trading/netPrice.ts"
import type { QuoteBook } from "./quoteBook.ts"

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
  leavesQty: number
): Fill | undefined => {
  const netMicros = marketableNet(legs, (instrument) => ({
    bidMicros: book.price(instrument, "Sell"),
    askMicros: book.price(instrument, "Buy")
  }))
  if (netMicros === undefined || netMicros > limitNetMicros) return undefined
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
      lastPxMicros: book.price(instrument, side)
    }))
  }
}
