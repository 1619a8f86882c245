/**
 * Net prices of combinations: micro-USD per unit for one share of each leg times its ratio. Positive pays (debit),
 * negative receives (credit). Integers throughout.
 */

export type Side = "Buy" | "Sell"

/** FIX NoLegs group: `ratio` contracts (or shares) of the leg per unit of the order. */
export interface OrderLeg {
  readonly instrument: number
  readonly side: Side
  readonly ratio: number
}

/** An execution of one leg; `lastPxMicros` per share. */
export interface LegFill {
  readonly instrument: number
  readonly side: Side
  readonly lastQty: number
  readonly lastPxMicros: number
}

/** 1 buys, -1 sells: the sign of the position that a side adds. */
export const signOf = (side: Side): 1 | -1 => (side === "Buy" ? 1 : -1)

/** The net price of legs at these prices, one per leg in order. */
export const netPrice = (
  legs: ReadonlyArray<OrderLeg>,
  pricesMicros: ReadonlyArray<number>
): number =>
  legs.reduce((net, leg, at) => net + signOf(leg.side) * leg.ratio * pricesMicros[at]!, 0)

/** A quote's two sides; 0 where a side is absent. */
export interface Sides {
  readonly bidMicros: number
  readonly askMicros: number
}

/** What it costs at once: bought legs at the ask, sold legs at the bid. Undefined where a side that it needs is absent. */
export const marketableNet = (
  legs: ReadonlyArray<OrderLeg>,
  quoteOf: (instrument: number) => Sides
): number | undefined => {
  let net = 0
  for (const { instrument, side, ratio } of legs) {
    const quote = quoteOf(instrument)
    const price = side === "Buy" ? quote.askMicros : quote.bidMicros
    if (!(price > 0)) return undefined
    net += signOf(side) * ratio * price
  }
  return net
}

/** Cash of leg fills: negative pays, positive receives; each leg times its own multiplier, commission not included. */
export const cashOfFills = (
  fills: ReadonlyArray<LegFill>,
  multiplierOf: (instrument: number) => number
): bigint => {
  let cash = 0n
  for (const { instrument, side, lastQty, lastPxMicros } of fills) {
    const shares = lastQty * multiplierOf(instrument)
    cash -= BigInt(signOf(side)) * BigInt(shares) * BigInt(lastPxMicros)
  }
  return cash
}
