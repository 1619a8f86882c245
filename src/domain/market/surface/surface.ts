/**
 * The volatility surface of one underlying at one moment: a forward and an arbitrage-free smile per
 * expiration, total variance linear in time between them at equal log-moneyness.
 */
import { type SurfaceArbitrage, surfaceArbitrage } from "./arbitrage.ts"
import { fitSlice, residualWidths, type SliceFit, type SliceModel } from "./fitSlice.ts"
import { type ImpliedForward, impliedForward } from "./parity.ts"
import type { ExpirationQuotes, SurfaceMarket } from "./quotes.ts"
import { type SlicePoint, slicePoints } from "./slicePoints.ts"
import { type SviSlice, totalVariance } from "./svi.ts"

export type ExpirationSurface = {
  readonly expiration: string
  readonly timeToExpirationYears: number
  readonly implied: ImpliedForward
  readonly points: ReadonlyArray<SlicePoint>
  readonly fit: SliceFit
}

/** An expiration the surface leaves out, and why. */
type ExpirationRefused = {
  readonly expiration: string
  readonly reason: "Expired" | "TooFewForParity" | "TooFewPoints"
}

export type VolatilitySurface = {
  readonly market: SurfaceMarket
  /** In order of expiration. */
  readonly expirations: ReadonlyArray<ExpirationSurface>
  readonly refused: ReadonlyArray<ExpirationRefused>
  /** What the fitted smiles still violate, within half a smile's width of their quotes; empty as a rule. */
  readonly arbitrage: ReadonlyArray<SurfaceArbitrage>
}

/**
 * Fits `expirations` (in order of time) one after the other, each above the one before. A slice whose
 * SVI keeps an arbitrage is fitted as SSVI, whose butterfly conditions hold by construction.
 */
export const fitSurface = (
  market: SurfaceMarket,
  expirations: ReadonlyArray<ExpirationQuotes>,
  model: SliceModel = "Svi"
): VolatilitySurface => {
  const fitted: Array<ExpirationSurface> = []
  const refused: Array<ExpirationRefused> = []
  for (const quotes of expirations) {
    const { expiration, timeToExpirationYears: timeYears } = quotes
    if (!(timeYears > 0)) {
      refused.push({ expiration, reason: "Expired" })
      continue
    }
    const implied = impliedForward(market, quotes)
    if (implied === undefined) {
      refused.push({ expiration, reason: "TooFewForParity" })
      continue
    }
    const points = slicePoints(market, quotes, implied)
    const before = fitted[fitted.length - 1]?.fit.slice
    const fit = fitWithoutArbitrage(model, points, timeYears, before)
    if (fit === undefined) refused.push({ expiration, reason: "TooFewPoints" })
    else fitted.push({ expiration, timeToExpirationYears: timeYears, implied, points, fit })
  }
  const arbitrage = fitted.flatMap((each, index) => {
    const { from, to } = quotedRange(each.points)
    const before = fitted[index - 1]
    const pair = before === undefined ? [each] : [before, each]
    const named = pair.map(({ expiration, fit }) => ({ expiration, slice: fit.slice }))
    return surfaceArbitrage(named, from, to).filter((one) => one.expiration === each.expiration)
  })
  return { market, expirations: fitted, refused, arbitrage }
}

/** The quotes' log-moneyness and half as much again, where the conditions were imposed. */
const quotedRange = (points: ReadonlyArray<SlicePoint>): { from: number; to: number } => {
  const low = Math.min(-0.1, ...points.map(({ k }) => k))
  const high = Math.max(0.1, ...points.map(({ k }) => k))
  const reach = 0.49 * (high - low)
  return { from: low - reach, to: high + reach }
}

/** Tries SVI with growing margins, then SSVI, until nothing is left of arbitrage. */
const fitWithoutArbitrage = (
  model: SliceModel,
  points: ReadonlyArray<SlicePoint>,
  timeYears: number,
  before: SviSlice | undefined
): SliceFit | undefined => {
  const { from, to } = quotedRange(points)
  const isClean = (fit: SliceFit): boolean => {
    const own = { expiration: "own", slice: fit.slice }
    const named = before === undefined ? [own] : [{ expiration: "before", slice: before }, own]
    return surfaceArbitrage(named, from, to).every(({ expiration }) => expiration !== "own")
  }
  let last: SliceFit | undefined
  for (const attempt of model === "Svi" ? (["Svi", "Ssvi"] as const) : (["Ssvi"] as const)) {
    for (const caution of [1, 8]) {
      const fit = fitSlice(attempt, points, timeYears, before, caution)
      if (fit !== undefined && isClean(fit)) return fit
      last = fit ?? last
    }
  }
  return last
}

/** Residuals of one expiration: (model - mid) in widths of the quote, in order of strike. */
export const fitResiduals = (each: ExpirationSurface): ReadonlyArray<number> =>
  each.points.map((point) => residualWidths(each.fit.slice, point, each.timeToExpirationYears))

/** Where `timeYears` stands among the expirations: the two around it and the weight of the later. */
const around = (surface: VolatilitySurface, timeYears: number) => {
  const list = surface.expirations
  const index = list.findIndex((each) => each.timeToExpirationYears >= timeYears)
  const later = list[index === -1 ? list.length - 1 : index]!
  const earlier = index === -1 ? later : index === 0 ? undefined : list[index - 1]!
  return { earlier, later }
}

/**
 * The forward for `timeYears` > 0: the implied carry, (ln F/S) / T, is held before the first
 * expiration and after the last and ln F is linear in time between.
 */
export const forwardAt = (surface: VolatilitySurface, timeYears: number): number => {
  const { spot } = surface.market
  const { earlier, later } = around(surface, timeYears)
  const laterLog = Math.log(later.implied.forward / spot)
  const laterTime = later.timeToExpirationYears
  if (earlier === undefined || earlier === later) {
    return spot * Math.exp((laterLog / laterTime) * timeYears)
  }
  const earlierLog = Math.log(earlier.implied.forward / spot)
  const earlierTime = earlier.timeToExpirationYears
  const part = (timeYears - earlierTime) / (laterTime - earlierTime)
  return spot * Math.exp(earlierLog + part * (laterLog - earlierLog))
}

/**
 * Total variance at log-moneyness `k` for `timeYears` > 0: linear in time between expirations, which
 * keeps calendars free of arbitrage; before the first and after the last, volatility is held.
 */
export const totalVarianceAt = (
  surface: VolatilitySurface,
  k: number,
  timeYears: number
): number => {
  const { earlier, later } = around(surface, timeYears)
  const laterVariance = totalVariance(later.fit.slice, k)
  const laterTime = later.timeToExpirationYears
  if (earlier === undefined || earlier === later) return (laterVariance * timeYears) / laterTime
  const earlierVariance = totalVariance(earlier.fit.slice, k)
  const earlierTime = earlier.timeToExpirationYears
  const part = (timeYears - earlierTime) / (laterTime - earlierTime)
  return earlierVariance + part * (laterVariance - earlierVariance)
}

/** Volatility (0.20 = 20 %) for a strike and a time; the surface must hold an expiration. */
export const volatilityAt = (
  surface: VolatilitySurface,
  strike: number,
  timeYears: number
): number => {
  const k = Math.log(strike / forwardAt(surface, timeYears))
  return Math.sqrt(Math.max(0, totalVarianceAt(surface, k, timeYears)) / timeYears)
}
