/**
 * Leg executions of one order gathered into whole units of it: a combination fills as one, its legs count once.
 *
 * A venue that trades a combination reports each leg, and the combination itself beside them: only the legs are counted
 * here, in the order in which they came. A unit is whole once every leg has its ratio of it; what is not whole waits.
 */
import { type LegFill, netPrice, type OrderLeg } from "./netPrice.ts"

/** One execution of one leg, by its place in the order. `commissionMicros` of that execution. */
export interface LegPiece {
  readonly execID: string
  readonly leg: number
  readonly lastQty: number
  readonly lastPxMicros: number
  readonly commissionMicros: bigint
}

export interface ComboFills {
  readonly legs: ReadonlyArray<OrderLeg>
  /** What no whole unit took yet, oldest first. */
  readonly waiting: ReadonlyArray<LegPiece>
  /** Every execution taken in. */
  readonly seen: ReadonlySet<string>
}

/** Whole units that fill together. `netMicros`: rounded to the micro-USD where pieces had different prices. */
export interface UnitFill {
  readonly units: number
  readonly netMicros: number
  /** One entry per price of a leg, in the order of the legs. */
  readonly legs: ReadonlyArray<LegFill>
  readonly commissionMicros: bigint
  readonly execIDs: ReadonlyArray<string>
}

export const noComboFills = (legs: ReadonlyArray<OrderLeg>): ComboFills => ({
  legs,
  waiting: [],
  seen: new Set()
})

/** Takes in an execution; a repeat changes nothing. */
export const takePiece = (fills: ComboFills, piece: LegPiece): ComboFills =>
  fills.seen.has(piece.execID)
    ? fills
    : {
        ...fills,
        waiting: [...fills.waiting, piece],
        seen: new Set(fills.seen).add(piece.execID)
      }

/** How many units are whole. */
export const wholeUnits = ({ legs, waiting }: ComboFills): number => {
  const sums = legs.map(() => 0)
  for (const { leg, lastQty } of waiting) sums[leg]! += lastQty
  return Math.min(...legs.map(({ ratio }, at) => Math.floor(sums[at]! / ratio)))
}

/** Whole units, the pieces that they are made of, and what is left. */
export interface TakenUnits {
  readonly fill: UnitFill
  readonly pieces: ReadonlyArray<LegPiece>
  readonly rest: ComboFills
}

/** Takes all whole units out; undefined where none is. A piece that is larger than it is needed stays with its rest. */
export const takeUnits = (fills: ComboFills): TakenUnits | undefined => {
  const units = wholeUnits(fills)
  if (units === 0) return undefined
  const needed = fills.legs.map(({ ratio }) => ratio * units)
  const taken: Array<LegPiece> = []
  const waiting: Array<LegPiece> = []
  for (const piece of fills.waiting) {
    const quantity = Math.min(piece.lastQty, needed[piece.leg]!)
    needed[piece.leg]! -= quantity
    if (quantity > 0) taken.push({ ...piece, lastQty: quantity })
    // The commission of an execution goes with its first part.
    const left = piece.lastQty - quantity
    if (left > 0) {
      const commissionMicros = quantity > 0 ? 0n : piece.commissionMicros
      waiting.push({ ...piece, lastQty: left, commissionMicros })
    }
  }
  const fill = unitFill(fills.legs, units, taken)
  return { fill, pieces: taken, rest: { ...fills, waiting } }
}

const unitFill = (
  legs: ReadonlyArray<OrderLeg>,
  units: number,
  taken: ReadonlyArray<LegPiece>
): UnitFill => {
  const byPrice = legs.map(() => new Map<number, number>())
  for (const { leg, lastQty, lastPxMicros } of taken) {
    const prices = byPrice[leg]!
    prices.set(lastPxMicros, (prices.get(lastPxMicros) ?? 0) + lastQty)
  }
  const averages = legs.map(({ ratio }, at) => {
    const worth = [...byPrice[at]!].reduce((sum, [price, quantity]) => sum + price * quantity, 0)
    return worth / (ratio * units)
  })
  return {
    units,
    netMicros: Math.round(netPrice(legs, averages)) + 0,
    legs: legs.flatMap(({ instrument, side }, at) =>
      [...byPrice[at]!].map(([lastPxMicros, lastQty]) => ({
        instrument,
        side,
        lastQty,
        lastPxMicros
      }))
    ),
    commissionMicros: taken.reduce((sum, piece) => sum + piece.commissionMicros, 0n),
    execIDs: taken.map(({ execID }) => execID)
  }
}
