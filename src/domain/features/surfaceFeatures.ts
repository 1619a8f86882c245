/** The surface as features tell it: each expiration's smile, what its quotes show in greeks, and its term point. */
import type { OptionChain } from "../market/optionChain.ts"
import {
  logMoneynessAtQuantile,
  type SmileSlice,
  sliceVolatility
} from "../market/surface/smileSlice.ts"
import { type ChainGreeks, evaluateChain, makeChainGreeks } from "./chainGreeks.ts"
import { fitLiveSurface, type LiveSlice } from "./liveSurface.ts"
import { type ShownGreeks, shownGreeks } from "./shownGreeks.ts"
import type { SmileContext } from "./smile.ts"

export interface SurfaceReading {
  readonly slice: LiveSlice
  readonly shown: ShownGreeks
}

/** Columns that every reading fills anew. */
let columns: ChainGreeks = makeChainGreeks(0)

/** Fits the surface from the `last` one, evaluates the whole chain on it, and adds up what is quoted. */
export const readSurface = (
  context: SmileContext,
  chain: OptionChain,
  last: ReadonlyArray<SmileSlice>
): ReadonlyArray<SurfaceReading> => {
  const slices = fitLiveSurface(context, chain, last)
  if (columns.delta.length < chain.instrumentCount) columns = makeChainGreeks(chain.instrumentCount)
  evaluateChain(context, chain, slices, columns)
  const byExpiration = new Map(chain.expirations.map((each) => [each.expiration, each]))
  return slices.map((slice) => {
    const own = byExpiration.get(slice.expiration)!
    return { slice, shown: shownGreeks(context, own, columns, slice.forwardMicros) }
  })
}

/** Of the normal distribution, at 0.25. */
const quartile = -0.6744897501960817

/** One expiration of the term structure. */
export const termOf = ({ slice, shown }: SurfaceReading) => ({
  expiration: slice.expiration,
  timeToExpirationYears: slice.timeToExpirationYears,
  forwardMicros: slice.forwardMicros,
  atmVolatility: Math.sqrt(slice.theta / slice.timeToExpirationYears),
  skew25: skew25(slice),
  quotedContracts: shown.quotedContracts
})

/** The 25-delta put's volatility less the call's; 0 where the quotes do not reach as far on both sides. */
const skew25 = (slice: LiveSlice): number => {
  const { forwardMicros, lowestMicros, highestMicros } = slice
  const put = forwardMicros * Math.exp(logMoneynessAtQuantile(slice, -quartile))
  const call = forwardMicros * Math.exp(logMoneynessAtQuantile(slice, quartile))
  return put < lowestMicros || call > highestMicros
    ? 0
    : sliceVolatility(slice, put) - sliceVolatility(slice, call)
}
