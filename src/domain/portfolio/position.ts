/**
 * A holding at its signed cost: what was paid for it (positive) or received (negative), micro-USD.
 */
import { type Side, signOf } from "../trading/netPrice.ts"

export interface Position {
  /** Contracts or shares; negative is short. */
  readonly quantity: number
  readonly costMicros: bigint
}

export const flat: Position = { quantity: 0, costMicros: 0n }

export interface Traded {
  readonly position: Position
  /** Profit of what was closed. */
  readonly realizedMicros: bigint
}

/**
 * Adds a signed quantity that cost `costMicros` (negative: received). What goes against the
 * position closes it first: its share of the cost is released, rounded toward zero, and the
 * remainder stays; closing all releases all.
 */
export const trade = (held: Position, quantity: number, costMicros: bigint): Traded => {
  if (quantity === 0 || Math.sign(quantity) !== -Math.sign(held.quantity)) {
    const position = {
      quantity: held.quantity + quantity,
      costMicros: held.costMicros + costMicros
    }
    return { position, realizedMicros: 0n }
  }
  const closing = BigInt(Math.min(Math.abs(quantity), Math.abs(held.quantity)))
  const released = (held.costMicros * closing) / magnitude(held.quantity)
  const closingCost = (costMicros * closing) / magnitude(quantity)
  return {
    position: {
      quantity: held.quantity + quantity,
      costMicros: held.costMicros - released + (costMicros - closingCost)
    },
    realizedMicros: -(closingCost + released)
  }
}

/**
 * Books the change of an execution that is booked already: `quantity` and `costMicros` are differences, signed as it
 * adds to the position. What opened the position changes its cost; what closed it, or closed since, changes the profit.
 */
export const correctTrade = (
  held: Position,
  change: { readonly side: Side; readonly quantity: number; readonly costMicros: bigint }
): Traded => {
  const { side, quantity, costMicros } = change
  const after = held.quantity + quantity
  const isOpening = held.quantity === 0 ? quantity !== 0 : Math.sign(held.quantity) === signOf(side)
  const moved = isOpening
    ? costMicros
    : quantity === 0
      ? 0n
      : (held.costMicros * BigInt(quantity)) / BigInt(held.quantity)
  const cost = after === 0 ? 0n : held.costMicros + moved
  return {
    position: { quantity: after, costMicros: cost },
    realizedMicros: cost - held.costMicros - costMicros
  }
}

/**
 * Takes part of a position out with its share of the cost, realizing nothing. `quantity` has the
 * position's sign.
 */
export const takeOut = (
  held: Position,
  quantity: number
): Position & { readonly rest: Position } => {
  const whole = Math.abs(quantity) >= Math.abs(held.quantity)
  const costMicros =
    whole || held.quantity === 0
      ? held.costMicros
      : (held.costMicros * magnitude(quantity)) / magnitude(held.quantity)
  const rest = {
    quantity: held.quantity - quantity,
    costMicros: held.costMicros - costMicros
  }
  return { quantity, costMicros, rest }
}

const magnitude = (quantity: number): bigint => BigInt(Math.abs(quantity))
