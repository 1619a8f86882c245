/**
 * Fits one SSVI slice to live quotes by Levenberg and Marquardt's method, from wherever the last fit ended: two or
 * three passes over the quotes where the market moved little.
 *
 * Residuals are model price less mid in widths of the quote, counted linearly beyond one (Huber), so no volatility is
 * inverted and a stale quote bends nothing. The coordinates keep every slice free of butterfly arbitrage and of
 * calendar arbitrage against the one before it.
 */
import { cdfCells, cdfCellsPerUnit, cdfReach } from "../../pricing/normalGrid.ts"
import { slopeBounds, thetaLeastAfter } from "./smileSlice.ts"
import type { SsviSlice } from "./svi.ts"

/** Out-of-the-money quotes of one expiration, as parts of the forward and undiscounted. `count` of each are filled. */
export class SmileQuotes {
  count = 0
  /** ln(strike / forward) */
  readonly k: Float64Array
  /** strike / forward */
  readonly moneyness: Float64Array
  readonly mid: Float64Array
  /** One over the quote's width. */
  readonly perWidth: Float64Array

  constructor(capacity: number) {
    this.k = new Float64Array(capacity)
    this.moneyness = new Float64Array(capacity)
    this.mid = new Float64Array(capacity)
    this.perWidth = new Float64Array(capacity)
  }
}

export interface FittedSlice extends SsviSlice {
  /** Root mean square of the residuals, in widths, before the last small step. */
  readonly rmsWidths: number
}

/** Cold fits converge in some 10 to 20 passes, warm ones in 2 or 3. */
const passesMax = 40
/** A step that promises less than this part of the cost is not taken; after one that gained less it is enough. */
const gainLeast = 2e-2
/** One that promises less than this is taken without a look back: so near its minimum the cost is a parabola. */
const gainTrusted = 0.25
const dampingFirst = 1e-3
const rhoMost = 0.999
const inverseRootTwoPi = 0.3989422804014327
/** How far the coordinate of psi may go: to within 3e-4 of either bound. */
const logitMost = 8
const skewMost = 4
const thetaReach = 9.2

/** Sums of one pass at a place: cost, gradient (3), upper half of the normal matrix (6), sum of squares. */
const sumsLength = 11

interface Pass {
  readonly x: Float64Array
  readonly slice: { theta: number; rho: number; psi: number }
  readonly sums: Float64Array
}
const makePass = (): Pass => ({
  x: new Float64Array(3),
  slice: { theta: 0, rho: 0, psi: 0 },
  sums: new Float64Array(sumsLength)
})
/** Filled anew by every fit. */
const passes: readonly [Pass, Pass] = [makePass(), makePass()]

/**
 * The slice nearest to `quotes` (at least three) that may follow `before`, the expiration before it. `start`: where to
 * begin; any values, they are moved into bounds.
 */
export const fitSmileSlice = (
  quotes: SmileQuotes,
  before: SsviSlice | undefined,
  start: SsviSlice
): FittedSlice => {
  let [here, there] = passes
  placeAt(here.x, before, start)
  keepInside(here.x, start.theta)
  evaluate(here, quotes, before)
  let damping = dampingFirst
  for (let pass = 1; pass < passesMax; pass++) {
    const promised = step(here, there.x, damping)
    const share = promised / here.sums[0]!
    if (!(share > gainLeast)) break
    keepInside(there.x, start.theta)
    if (share < gainTrusted && damping <= dampingFirst) {
      sliceAt(there.x, before, here.slice)
      break
    }
    evaluate(there, quotes, before)
    const gain = here.sums[0]! - there.sums[0]!
    if (gain > 0) {
      const swapped = here
      here = there
      there = swapped
      damping = Math.max(1e-9, damping * 0.1)
      if (gain < gainLeast * here.sums[0]!) break
    } else {
      if (-gain < gainLeast * here.sums[0]!) break
      damping *= 10
      if (damping > 1e6) break
    }
  }
  return { ...here.slice, rmsWidths: Math.sqrt(here.sums[10]! / quotes.count) }
}

/** Coordinates: ln of theta above its least, atanh rho, logit of psi between its bounds. */
const placeAt = (x: Float64Array, before: SsviSlice | undefined, start: SsviSlice): void => {
  const rho = Math.max(-0.99, Math.min(0.99, start.rho))
  const above = start.theta - thetaLeastAfter(before, rho)
  const theta = thetaLeastAfter(before, rho) + Math.max(above, 0.01 * start.theta)
  const { least, most } = slopeBounds(before, theta, rho)
  const part = Math.max(0.01, Math.min(0.99, (start.psi - least) / (most - least)))
  x[0] = Math.log(theta - thetaLeastAfter(before, rho))
  x[1] = Math.atanh(rho / rhoMost)
  x[2] = most > least ? Math.log(part / (1 - part)) : 0
}

const sliceAt = (x: Float64Array, before: SsviSlice | undefined, into: Pass["slice"]): void => {
  into.rho = rhoMost * Math.tanh(x[1]!)
  into.theta = thetaLeastAfter(before, into.rho) + Math.exp(x[0]!)
  const { least, most } = slopeBounds(before, into.theta, into.rho)
  // Where the bounds cross, only the butterfly and the slope before it are kept.
  into.psi = most > least ? least + (most - least) / (1 + Math.exp(-x[2]!)) : most
}

const moved = { theta: 0, rho: 0, psi: 0 }
const movedX = new Float64Array(3)
/** d (theta, rho, psi) by each coordinate. */
const jacobian = new Float64Array(9)

/** Theta's own part between a ten-thousandth and ten thousand times `scale`: beyond, a coordinate says nothing any more. */
const keepInside = (x: Float64Array, scale: number): void => {
  const middle = Math.log(scale)
  x[0] = Math.max(middle - thetaReach, Math.min(middle + thetaReach, x[0]!))
  x[1] = Math.max(-skewMost, Math.min(skewMost, x[1]!))
  x[2] = Math.max(-logitMost, Math.min(logitMost, x[2]!))
}

const evaluate = (pass: Pass, quotes: SmileQuotes, before: SsviSlice | undefined): void => {
  const { x, slice, sums } = pass
  sliceAt(x, before, slice)
  const h = 1e-6
  for (let i = 0; i < 3; i++) {
    movedX.set(x)
    movedX[i]! += h
    sliceAt(movedX, before, moved)
    jacobian[3 * i] = (moved.theta - slice.theta) / h
    jacobian[3 * i + 1] = (moved.rho - slice.rho) / h
    jacobian[3 * i + 2] = (moved.psi - slice.psi) / h
  }
  addUp(slice, quotes, sums)
}

const addUp = (slice: SsviSlice, quotes: SmileQuotes, sums: Float64Array): void => {
  const { theta, rho, psi } = slice
  const { count, k: ks, moneyness, mid, perWidth } = quotes
  const cells = cdfCells
  let cost = 0
  let g0 = 0
  let g1 = 0
  let g2 = 0
  let h00 = 0
  let h01 = 0
  let h02 = 0
  let h11 = 0
  let h12 = 0
  let h22 = 0
  let squares = 0
  for (let i = 0; i < count; i++) {
    const k = ks[i]!
    const slope = psi * k
    const root = Math.sqrt(slope * (slope + 2 * rho * theta) + theta * theta)
    const deviation = Math.sqrt(0.5 * (theta + rho * slope + root))
    // Both arguments are on the out-of-the-money side: Phi is small there and the difference exact enough.
    const sign = k >= 0 ? 1 : -1
    const d1 = -k / deviation + 0.5 * deviation
    let z = sign * d1
    let y = (Math.max(-cdfReach, Math.min(cdfReach, z)) + cdfReach) * cdfCellsPerUnit
    let cell = (y + 0.5) | 0
    let d = y - cell
    let c = 5 * cell
    const first =
      cells[c]! +
      d * (cells[c + 1]! + d * (cells[c + 2]! + d * (cells[c + 3]! + d * cells[c + 4]!)))
    z = sign * (d1 - deviation)
    y = (Math.max(-cdfReach, Math.min(cdfReach, z)) + cdfReach) * cdfCellsPerUnit
    cell = (y + 0.5) | 0
    d = y - cell
    c = 5 * cell
    const second =
      cells[c]! +
      d * (cells[c + 1]! + d * (cells[c + 2]! + d * (cells[c + 3]! + d * cells[c + 4]!)))
    const price = sign * (first - moneyness[i]! * second)
    const density = inverseRootTwoPi * Math.exp(-0.5 * d1 * d1)
    const residual = (price - mid[i]!) * perWidth[i]!
    const size = Math.abs(residual)
    const weight = size <= 1 ? 1 : 1 / size
    cost += size <= 1 ? residual * residual : 2 * size - 1
    squares += residual * residual
    // By total variance, then variance by the slice's three numbers.
    const byVariance = (0.25 * density * perWidth[i]!) / deviation
    const perRoot = 1 / root
    const j0 = byVariance * (1 + (theta + rho * slope) * perRoot)
    const j1 = byVariance * slope * (1 + theta * perRoot)
    const j2 = byVariance * k * (rho + (slope + rho * theta) * perRoot)
    g0 += weight * j0 * residual
    g1 += weight * j1 * residual
    g2 += weight * j2 * residual
    h00 += weight * j0 * j0
    h01 += weight * j0 * j1
    h02 += weight * j0 * j2
    h11 += weight * j1 * j1
    h12 += weight * j1 * j2
    h22 += weight * j2 * j2
  }
  sums[0] = cost
  sums[10] = squares
  const m = jacobian
  for (let i = 0; i < 3; i++) {
    const a = m[3 * i]!
    const b = m[3 * i + 1]!
    const c = m[3 * i + 2]!
    sums[1 + i] = a * g0 + b * g1 + c * g2
    const u0 = a * h00 + b * h01 + c * h02
    const u1 = a * h01 + b * h11 + c * h12
    const u2 = a * h02 + b * h12 + c * h22
    for (let j = i; j < 3; j++) {
      sums[placeOf(i, j)] = u0 * m[3 * j]! + u1 * m[3 * j + 1]! + u2 * m[3 * j + 2]!
    }
  }
}

/** 00 01 02 11 12 22 from 4. */
const placeOf = (i: number, j: number): number => 4 + (i === 0 ? j : i + j + 1)

/** The damped step from `here` into `next`: what it promises to gain, NaN where the matrix is singular beyond help. */
const step = ({ x, sums }: Pass, next: Float64Array, damping: number): number => {
  // Marquardt's scaling; the small constant holds a coordinate that no quote speaks of where it is.
  const a = sums[4]! * (1 + damping) + 1e-9
  const b = sums[5]!
  const c = sums[6]!
  const d = sums[7]! * (1 + damping) + 1e-9
  const e = sums[8]!
  const f = sums[9]! * (1 + damping) + 1e-9
  const l00 = Math.sqrt(a)
  const l10 = b / l00
  const l20 = c / l00
  const l11 = Math.sqrt(d - l10 * l10)
  const l21 = (e - l20 * l10) / l11
  const l22 = Math.sqrt(f - l20 * l20 - l21 * l21)
  if (!(l22 > 0)) return Number.NaN
  const y0 = -sums[1]! / l00
  const y1 = (-sums[2]! - l10 * y0) / l11
  const y2 = (-sums[3]! - l20 * y0 - l21 * y1) / l22
  const s2 = y2 / l22
  const s1 = (y1 - l21 * s2) / l11
  const s0 = (y0 - l10 * s1 - l20 * s2) / l00
  next[0] = x[0]! + limited(s0, 1)
  next[1] = x[1]! + limited(s1, 1)
  next[2] = x[2]! + limited(s2, 3)
  return -(sums[1]! * s0 + sums[2]! * s1 + sums[3]! * s2)
}

const limited = (step: number, most: number): number => Math.max(-most, Math.min(most, step))
