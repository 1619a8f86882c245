/** A proposal as the risk gate remembers it until its end. */
import { Schema } from "effect"
import { addTo, type Holdings } from "../trading/holdings.ts"
import { type OrderLeg, signOf } from "../trading/netPrice.ts"

export const OrderTerms = Schema.Struct({
  tradeId: Schema.String,
  kind: Schema.Literals(["Open", "Close", "Hedge"]),
  closes: Schema.String,
  legs: Schema.Array(
    Schema.Struct({
      instrument: Schema.Int,
      side: Schema.Literals(["Buy", "Sell"]),
      ratio: Schema.Int
    })
  ),
  quantity: Schema.Int,
  limitNetMicros: Schema.Int,
  collateralMicros: Schema.BigInt
})
export type OrderTerms = typeof OrderTerms.Type

/** A proposal between its first yes and its order's end. */
export const WorkingOrder = Schema.Struct({
  ...OrderTerms.fields,
  /** The risk gate said yes in phase 1. */
  approved: Schema.Boolean,
  /** The vault holds its collateral back. */
  reserved: Schema.Boolean,
  filledQty: Schema.Int
})
export type WorkingOrder = typeof WorkingOrder.Type

/** The same legs, in whatever order they are listed, give the same text. */
export const legsKey = (legs: ReadonlyArray<OrderLeg>): string =>
  legs
    .map(({ instrument, side, ratio }) => `${instrument} ${side} ${ratio}`)
    .sort()
    .join(", ")

/** What units of these legs hold. */
export const holdingsOf = (legs: ReadonlyArray<OrderLeg>, units: number): Holdings => {
  const holdings: Holdings = new Map()
  for (const { instrument, side, ratio } of legs) {
    addTo(holdings, instrument, signOf(side) * ratio * units)
  }
  return holdings
}
