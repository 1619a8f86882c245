/**
 * Fits one expiration's smile, SVI or SSVI, in units of each quote's own width, under the conditions of
 * no butterfly arbitrage and of no calendar arbitrage against the expiration before it.
 */
import { nelderMead } from "./nelderMead.ts"
import type { SlicePoint } from "./slicePoints.ts"
import { densityFactor, type SviSlice, ssviSlopeMost, sviOfSsvi, totalVariance } from "./svi.ts"

export type SliceModel = "Svi" | "Ssvi"

export type SliceFit = {
  readonly model: SliceModel
  readonly slice: SviSlice
  /** Weighted root mean square of (model - mid) / quote width. */
  readonly rmsWidths: number
}

/** Residuals beyond this many widths count linearly: one stale quote must not bend the smile. */
const huberWidths = 1
const gridPoints = 81
/** What the conditions keep in hand on the grid, so that they hold between its points. */
const densityMargin = 2e-3
const calendarMargin = 1e-4
const penaltyWeight = 1e6
const anchorWeight = 0.05

/** Log-moneyness on which no-arbitrage conditions are imposed: past the quotes on both sides. */
const conditionGrid = (points: ReadonlyArray<SlicePoint>): Float64Array => {
  let low = -0.1
  let high = 0.1
  for (const { k } of points) {
    low = Math.min(low, k)
    high = Math.max(high, k)
  }
  const reach = 0.5 * (high - low)
  const step = (high - low + 2 * reach) / (gridPoints - 1)
  return Float64Array.from({ length: gridPoints }, (_, i) => low - reach + i * step)
}

/**
 * `before`: the previous expiration's slice, which the fit stays above, or undefined. At least five
 * points for SVI, three for SSVI; fewer give undefined. `caution` multiplies the margins.
 */
export const fitSlice = (
  model: SliceModel,
  points: ReadonlyArray<SlicePoint>,
  timeYears: number,
  before: SviSlice | undefined,
  caution = 1
): SliceFit | undefined => {
  if (points.length < (model === "Svi" ? 5 : 3)) return undefined
  const grid = conditionGrid(points)
  const floor = grid.map((k) => (before === undefined ? 0 : totalVariance(before, k)))
  const scale = varianceScale(points, timeYears)
  const cost = (slice: SviSlice) =>
    misfit(slice, points, timeYears) + penalty(slice, grid, floor, scale, caution)
  const ssvi = fitSsvi(scale, cost)
  if (model === "Ssvi") return { model, slice: ssvi, rmsWidths: rms(ssvi, points, timeYears) }
  const anchored = (slice: SviSlice) => cost(slice) + distance(slice, ssvi, grid, scale)
  const slice = fitSvi(ssvi, points, anchored)
  return { model, slice, rmsWidths: rms(slice, points, timeYears) }
}

const varianceScale = (points: ReadonlyArray<SlicePoint>, timeYears: number): number => {
  let nearest = points[0]!
  for (const point of points) if (Math.abs(point.k) < Math.abs(nearest.k)) nearest = point
  return nearest.volatility * nearest.volatility * timeYears
}

/** Least width counted, in volatility: a one-cent quote is not known better than this. */
const widthLeast = 5e-4

export const residualWidths = (slice: SviSlice, point: SlicePoint, timeYears: number): number => {
  const variance = totalVariance(slice, point.k)
  const volatility = variance > 0 ? Math.sqrt(variance / timeYears) : 0
  return (volatility - point.volatility) / Math.max(point.volatilityWidth, widthLeast)
}

const misfit = (slice: SviSlice, points: ReadonlyArray<SlicePoint>, timeYears: number): number => {
  let sum = 0
  for (const point of points) {
    const size = Math.abs(residualWidths(slice, point, timeYears))
    sum += size < huberWidths ? size * size : huberWidths * (2 * size - huberWidths)
  }
  return sum / points.length
}

const rms = (slice: SviSlice, points: ReadonlyArray<SlicePoint>, timeYears: number): number =>
  Math.sqrt(
    points.reduce((sum, point) => sum + residualWidths(slice, point, timeYears) ** 2, 0) /
      points.length
  )

const penalty = (
  slice: SviSlice,
  grid: Float64Array,
  floor: Float64Array,
  scale: number,
  caution: number
): number => {
  let sum = Math.max(0, slice.b * (1 + Math.abs(slice.rho)) - 2) ** 2
  for (let i = 0; i < grid.length; i++) {
    const k = grid[i]!
    const variance = totalVariance(slice, k)
    const short = (floor[i]! * (1 + caution * calendarMargin) - variance) / scale
    if (short > 0) sum += short * short
    if (!(variance > 1e-3 * scale)) {
      sum += ((1e-3 * scale - variance) / scale) ** 2
    } else {
      const gap = caution * densityMargin - densityFactor(slice, k)
      if (gap > 0) sum += gap * gap
    }
  }
  return penaltyWeight * sum
}

/**
 * Draws the SVI to the SSVI fit, weakly: quotes overrule it at once, but where there are none, in the
 * far wings, two free slopes would otherwise run off and force every later expiration up.
 */
const distance = (slice: SviSlice, anchor: SviSlice, grid: Float64Array, scale: number): number => {
  let sum = 0
  for (const k of grid) {
    const gap =
      (totalVariance(slice, k) - totalVariance(anchor, k)) / (scale + totalVariance(anchor, k))
    sum += gap * gap
  }
  return (anchorWeight * sum) / grid.length
}

/** theta, rho, psi through coordinates in which the butterfly conditions always hold. */
const ssviAt = (x: Float64Array): SviSlice => {
  const theta = Math.exp(x[0]!)
  const rho = 0.999 * Math.tanh(x[1]!)
  const psi = (0.999 * ssviSlopeMost(theta, rho)) / (1 + Math.exp(-x[2]!))
  return sviOfSsvi({ theta, rho, psi })
}

const fitSsvi = (theta: number, cost: (slice: SviSlice) => number): SviSlice => {
  let best: ReturnType<typeof nelderMead> = { x: new Float64Array(3), value: Infinity }
  for (const rho of [-0.6, 0]) {
    for (const slope of [-1.5, 0]) {
      const found = nelderMead(
        (x) => cost(ssviAt(x)),
        [Math.log(theta), rho, slope],
        [0.1, 0.3, 0.6],
        { evaluationsMax: 300, tolerance: 1e-7 }
      )
      if (found.value < best.value) best = found
    }
  }
  return ssviAt(best.x)
}

/** SVI through its minimum variance, which stays positive, and unconstrained coordinates. */
const sviAt = (x: Float64Array): SviSlice => {
  const b = Math.exp(x[1]!)
  const rho = 0.9999 * Math.tanh(x[2]!)
  const s = Math.exp(x[4]!)
  return { a: Math.exp(x[0]!) - b * s * Math.sqrt(1 - rho * rho), b, rho, m: x[3]!, s }
}

const fitSvi = (
  from: SviSlice,
  points: ReadonlyArray<SlicePoint>,
  cost: (slice: SviSlice) => number
): SviSlice => {
  const width = Math.max(...points.map(({ k }) => k)) - Math.min(...points.map(({ k }) => k))
  let best = from
  let value = cost(from)
  for (let round = 0; round < 3; round++) {
    const least = best.a + best.b * best.s * Math.sqrt(1 - best.rho * best.rho)
    const start = [
      Math.log(Math.max(least, 1e-9)),
      Math.log(Math.max(best.b, 1e-6)),
      Math.atanh(best.rho / 0.9999),
      best.m,
      Math.log(Math.max(best.s, 1e-5))
    ]
    const found = nelderMead(
      (x) => cost(sviAt(x)),
      start,
      [-0.2, 0.2, 0.2, 0.1 * width, round === 0 ? -0.5 : 0.3],
      { evaluationsMax: 700, tolerance: 1e-8 }
    )
    const gain = value - found.value
    if (gain > 0) {
      best = sviAt(found.x)
      value = found.value
    }
    if (gain < 1e-4 * value) break
  }
  return best
}
