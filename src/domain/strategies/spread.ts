/**
 * Defined-risk spreads out of one expiration's smile, and what they are worth: on the market and under a forecast.
 *
 * Net prices are micro-USD per unit for one share of each leg: positive pays, negative receives.
 */

import type { Smile, SmilePoint } from "../features/smile.ts"
import { blackScholesPrice } from "../pricing/blackScholes.ts"
import type { OrderLeg } from "../trading/netPrice.ts"

export type Structure = "IronCondor" | "PutVertical" | "CallVertical"

/** -1 sells the inner strikes and buys the wings (a credit), 1 the reverse (a debit). */
export type View = -1 | 1

export interface Spread {
  readonly structure: Structure
  readonly view: View
  readonly expiration: string
  /** By ascending strike, each with ratio 1. */
  readonly legs: ReadonlyArray<OrderLeg>
  readonly points: ReadonlyArray<SmilePoint>
  readonly midNetMicros: number
  /** Half of every leg's spread: what the natural price costs over the midpoint. */
  readonly halfSpreadMicros: number
  /** The widest wing: the most that a credit spread can pay out; 0 for a debit spread. */
  readonly payoutMaxMicros: number
}

/** Strikes nearest to the two deltas; undefined where a wing has no two of them in order. */
export const makeSpread = (
  smile: Smile,
  structure: Structure,
  view: View,
  deltas: { readonly innerDelta: number; readonly outerDelta: number }
): Spread | undefined => {
  const wings = structure === "IronCondor" ? [false, true] : [structure === "CallVertical"]
  const chosen: Array<{ readonly point: SmilePoint; readonly isInner: boolean }> = []
  let widestMicros = 0
  for (const isCall of wings) {
    const points = smile.points.filter((point) => point.isCall === isCall)
    const inner = nearestDelta(points, deltas.innerDelta)
    const outer = nearestDelta(points, deltas.outerDelta)
    if (inner === undefined || outer === undefined) return undefined
    const widthMicros = Math.abs(inner.strikeMicros - outer.strikeMicros)
    const isBeyond = isCall === outer.strikeMicros > inner.strikeMicros
    if (widthMicros === 0 || !isBeyond) return undefined
    widestMicros = Math.max(widestMicros, widthMicros)
    chosen.push({ point: inner, isInner: true }, { point: outer, isInner: false })
  }
  chosen.sort((a, b) => a.point.strikeMicros - b.point.strikeMicros)
  let midNetMicros = 0
  let halfSpreadMicros = 0
  for (const { point, isInner } of chosen) {
    midNetMicros += (isInner ? view : -view) * point.midMicros
    halfSpreadMicros += point.spreadMicros / 2
  }
  return {
    structure,
    view,
    expiration: smile.expiration,
    legs: chosen.map(({ point, isInner }) => ({
      instrument: point.instrument,
      side: (isInner ? view : -view) === 1 ? "Buy" : "Sell",
      ratio: 1
    })),
    points: chosen.map(({ point }) => point),
    midNetMicros,
    halfSpreadMicros,
    payoutMaxMicros: view === -1 ? widestMicros : 0
  }
}

/**
 * The spread's value where the smile keeps its shape and its level becomes `levelRatio` times the market's: forecast over
 * implied deviation. Only the level is doubted, so no edge comes from the market's own skew.
 */
export const valueAtLevel = (smile: Smile, spread: Spread, levelRatio: number): number => {
  let value = 0
  spread.points.forEach((point, at) => {
    const price = blackScholesPrice(
      point.isCall,
      smile.forwardMicros,
      point.strikeMicros,
      smile.timeToExpirationYears,
      0,
      0,
      point.volatility * levelRatio
    )
    value += (spread.legs[at]!.side === "Buy" ? 1 : -1) * price * smile.discountFactor
  })
  return value
}

/** The most that a unit can lose per share when it is traded at a net price. */
export const maxLossMicros = (spread: Spread, netMicros: number): number =>
  spread.payoutMaxMicros + netMicros

const nearestDelta = (points: ReadonlyArray<SmilePoint>, delta: number): SmilePoint | undefined => {
  let nearest: SmilePoint | undefined
  for (const point of points) {
    if (nearest === undefined || Math.abs(point.delta - delta) < Math.abs(nearest.delta - delta)) {
      nearest = point
    }
  }
  return nearest
}
