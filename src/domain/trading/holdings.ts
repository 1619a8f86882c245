/** Signed quantities per instrument: positive is long. Instruments that are flat are not held. */
import { type LegFill, signOf } from "./netPrice.ts"

/** In the order in which the instruments came in: a function of the fills alone. */
export type Holdings = Map<number, number>

/** Adds a signed quantity in place. */
export const addTo = (holdings: Holdings, instrument: number, quantity: number): void => {
  const held = (holdings.get(instrument) ?? 0) + quantity
  if (held === 0) holdings.delete(instrument)
  else holdings.set(instrument, held)
}

/** Adds the legs of a fill in place. */
export const addFills = (holdings: Holdings, fills: ReadonlyArray<LegFill>): void => {
  for (const { instrument, side, lastQty } of fills) {
    addTo(holdings, instrument, signOf(side) * lastQty)
  }
}

/** As pairs by ascending instrument: for answers and comparisons. */
export const sortedHoldings = (holdings: Holdings): ReadonlyArray<readonly [number, number]> =>
  [...holdings].sort(([a], [b]) => a - b)
