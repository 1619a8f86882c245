/**
 * What the simulated account must keep: the worst that the book can lose when the underlying moves and every option is
 * worth its payoff, over a range of moves and at each strike in it. A defined-risk combination needs its greatest loss, a
 * long option its value. A model, not IB's schedule: there are no house rules, no add-ons, no concentration charge.
 */
import type { Instrument } from "../../../domain/market/contract.ts"
import { microsPerUsd } from "../../../domain/market/price.ts"

export interface MarginPosition {
  readonly instrument: Instrument
  /** Signed. */
  readonly quantity: number
  /** USD per share. */
  readonly price: number
}

/** Moves of the underlying that initial and maintenance margin must stand. */
export const initialMove = 0.25
export const maintenanceMove = 0.2

const steps = 20

/** USD, never negative. `spot`: of the underlying, USD. */
export const marginOf = (
  positions: ReadonlyArray<MarginPosition>,
  spot: number,
  move: number
): number => {
  const [low, high] = [spot * (1 - move), spot * (1 + move)]
  const spots = Array.from({ length: steps + 1 }, (_, at) => low + ((high - low) * at) / steps)
  for (const { instrument } of positions) {
    if (instrument.kind === "Stock") continue
    const strike = instrument.contract.strikeMicros / microsPerUsd
    if (strike > low && strike < high) spots.push(strike)
  }
  let worst = 0
  for (const at of spots) {
    let change = 0
    for (const { instrument, quantity, price } of positions) {
      change += quantity * multiplierOf(instrument) * (payoff(instrument, at) - price)
    }
    worst = Math.min(worst, change)
  }
  return Math.round(-worst * 100) / 100
}

export const multiplierOf = (instrument: Instrument): number =>
  instrument.kind === "Stock" ? 1 : instrument.contract.multiplier

const payoff = (instrument: Instrument, spot: number): number => {
  if (instrument.kind === "Stock") return spot
  const strike = instrument.contract.strikeMicros / microsPerUsd
  return Math.max(0, instrument.contract.optionType === "Call" ? spot - strike : strike - spot)
}
