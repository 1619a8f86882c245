/**
 * An execution that the venue corrected after it was told: what is booked for it, what changes, and whether the trade
 * can take that change in.
 *
 * A correction gives the whole execution as it is now. What moves is the difference to what is booked, never the whole.
 */
import { Schema } from "effect"
import type { Holdings } from "./holdings.ts"
import { type LegFill, type Side, signOf } from "./netPrice.ts"
import { LegExecution } from "./reports.ts"

/** What is booked for one execution of an order. */
export const Booked = Schema.Struct({
  /** The order that it is of. */
  clOrdID: Schema.String,
  revision: Schema.Int,
  lastQty: Schema.Int,
  legs: Schema.Array(LegExecution),
  commissionMicros: Schema.BigInt
})
export type Booked = typeof Booked.Type

/** Leg executions as they are now, and those that they replace. */
export interface CorrectedLegs {
  readonly legs: ReadonlyArray<LegFill>
  readonly replaced: { readonly legs: ReadonlyArray<LegFill> }
}

/** What becomes of one leg. `quantity`: signed, as it adds to the position. `costMicros`: more paid, less received. */
export interface LegChange {
  readonly instrument: number
  readonly side: Side
  readonly quantity: number
  readonly costMicros: bigint
}

/** By instrument, in the order in which they are named; what stayed as it was is left out. */
export const legChanges = (
  { legs, replaced }: CorrectedLegs,
  multiplierOf: (instrument: number) => number
): ReadonlyArray<LegChange> => {
  const changes = new Map<number, LegChange>()
  const add = ({ instrument, side, lastQty, lastPxMicros }: LegFill, sign: 1 | -1): void => {
    const before = changes.get(instrument) ?? { instrument, side, quantity: 0, costMicros: 0n }
    const quantity = sign * signOf(side) * lastQty
    const cost = BigInt(quantity * multiplierOf(instrument)) * BigInt(lastPxMicros)
    const sum = { quantity: before.quantity + quantity, costMicros: before.costMicros + cost }
    changes.set(instrument, { ...before, ...sum })
  }
  for (const leg of replaced.legs) add(leg, -1)
  for (const leg of legs) add(leg, 1)
  return [...changes.values()].filter(
    ({ quantity, costMicros }) => quantity !== 0 || costMicros !== 0n
  )
}

/** The positions that change, and by how much. */
export const movesOf = (
  corrected: CorrectedLegs
): ReadonlyArray<readonly [instrument: number, quantity: number, side: Side]> =>
  legChanges(corrected, () => 1)
    .filter(({ quantity }) => quantity !== 0)
    .map(({ instrument, quantity, side }) => [instrument, quantity, side] as const)

/**
 * Why the change of a quantity cannot be booked, as one sentence; undefined where it can. A position may only become
 * larger or smaller than it was said to be: one that has been closed since, or passed on, is not made up anew.
 */
export const correctionFault = (
  corrected: CorrectedLegs,
  order: { readonly closes: string; readonly cumQty: number; readonly orderQty: number },
  trade: { readonly holdings: Holdings } | undefined
): string | undefined => {
  const { cumQty, orderQty, closes } = order
  if (cumQty > orderQty) return `${cumQty} would be filled of ${orderQty} ordered`
  const moves = movesOf(corrected)
  if (moves.length === 0) return undefined
  if (trade === undefined) return "its trade holds nothing any more"
  for (const [instrument, quantity, side] of moves) {
    const held = trade.holdings.get(instrument) ?? 0
    const sign = closes === "" ? signOf(side) : -signOf(side)
    if ((held + quantity) * sign < 0) {
      return `its trade holds ${held} of instrument ${instrument}, which ${quantity} would turn round`
    }
  }
  return undefined
}

/** For people: "Buy 2 of instrument 7 at 4100000 micro-USD". */
export const textOfLegs = (legs: ReadonlyArray<LegFill>): string =>
  legs.length === 0
    ? "nothing"
    : legs
        .map(
          ({ instrument, side, lastQty, lastPxMicros }) =>
            `${side} ${lastQty} of instrument ${instrument} at ${lastPxMicros} micro-USD`
        )
        .join(", ")
