/**
 * What one trade holds and what it cost, and the profit that each movement realizes.
 *
 * Conservation, to the micro-USD: cash in and out = profit realized - cost still held. A partial
 * closing releases its share of the cost rounded down; the remainder stays with what is held.
 * Exercise and assignment move the contract's cost into the shares that it became.
 */
import { stockId } from "../domain/market/contract.ts"
import { correctTrade, flat } from "../domain/portfolio/position.ts"
import type { LegChange } from "../domain/trading/corrections.ts"

interface Lot {
  /** Signed contracts or shares. */
  readonly quantity: number
  /** Micro-USD paid for them; negative where they were sold. */
  readonly costMicros: bigint
}

/** By instrument, in the order of first fills; flat ones are dropped. */
export type Lots = Map<number, Lot>

/**
 * Moves `quantity` (signed) in or out for `cashMicros` (negative pays), in place; returns what that
 * realized.
 */
export const moveLot = (
  lots: Lots,
  instrument: number,
  quantity: number,
  cashMicros: bigint
): bigint => {
  if (quantity === 0) return cashMicros
  const held = lots.get(instrument) ?? { quantity: 0, costMicros: 0n }
  const after = held.quantity + quantity
  if (held.quantity === 0 || Math.sign(held.quantity) === Math.sign(quantity)) {
    lots.set(instrument, { quantity: after, costMicros: held.costMicros - cashMicros })
    return 0n
  }
  const closing = Math.min(Math.abs(quantity), Math.abs(held.quantity))
  const closingCash = share(cashMicros, closing, Math.abs(quantity))
  const released = share(held.costMicros, closing, Math.abs(held.quantity))
  if (after === 0) lots.delete(instrument)
  else {
    // Either part of what was held stays, or all of it went and the rest opens the other way round.
    const costMicros = held.costMicros - released - (cashMicros - closingCash)
    lots.set(instrument, { quantity: after, costMicros })
  }
  return closingCash - released
}

/** Changes what was booked of an execution, in place; returns what that realized. */
export const correctLot = (lots: Lots, change: LegChange): bigint => {
  const held = lots.get(change.instrument) ?? flat
  const { position, realizedMicros } = correctTrade(held, change)
  if (position.quantity === 0) lots.delete(change.instrument)
  else lots.set(change.instrument, position)
  return realizedMicros
}

/**
 * A contract that left a trade: `quantity` as it was held, `shares` that came for it, at
 * `cashMicros`.
 */
export interface LegEnd {
  readonly instrument: number
  readonly quantity: number
  readonly shares: number
  readonly cashMicros: bigint
}

/** Takes an ended contract out, in place; returns what that realized. */
export const endLot = (lots: Lots, end: LegEnd): bigint => {
  const costCarried = -moveLot(lots, end.instrument, -end.quantity, 0n)
  return moveLot(lots, stockId, end.shares, end.cashMicros - costCarried)
}

const share = (amount: bigint, part: number, whole: number): bigint => {
  if (part === whole) return amount
  const product = amount * BigInt(part)
  const quotient = product / BigInt(whole)
  return product < 0n && product % BigInt(whole) !== 0n ? quotient - 1n : quotient
}
