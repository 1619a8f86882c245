/**
 * One expiration of the desk's live surface: a forward and an SSVI smile, three numbers, so that a whole surface
 * travels in one record and any strike's volatility is read off it in nanoseconds.
 *
 * Source: Hendriks and Martini, The extended SSVI volatility surface (2019).
 */
import { Schema } from "effect"
import { type SsviSlice, ssviSlopeMost } from "./svi.ts"

export const SmileSlice = Schema.Struct({
  /** YYYY-MM-DD */
  expiration: Schema.String,
  /** When it was fitted; > 0. */
  timeToExpirationYears: Schema.Finite,
  /** Implied by put-call parity, micro-USD. */
  forwardMicros: Schema.Finite,
  /** Total variance at the forward, > 0. */
  theta: Schema.Finite,
  /** -1 to 1: which wing is the steeper. */
  rho: Schema.Finite,
  /** Slope scale of the wings, > 0. */
  psi: Schema.Finite
})
export type SmileSlice = typeof SmileSlice.Type

/** Total variance at log-moneyness `k` = ln(strike / forward). */
export const ssviVariance = ({ theta, rho, psi }: SsviSlice, k: number): number => {
  const slope = psi * k
  return 0.5 * (theta + rho * slope + Math.sqrt(slope * (slope + 2 * rho * theta) + theta * theta))
}

/** Annualised, decimal. */
export const sliceVolatility = (slice: SmileSlice, strikeMicros: number): number =>
  Math.sqrt(
    ssviVariance(slice, Math.log(strikeMicros / slice.forwardMicros)) / slice.timeToExpirationYears
  )

/** The surface's volatility of a contract; 0 where the surface has no such expiration. */
export const surfaceVolatility = (
  surface: ReadonlyArray<SmileSlice>,
  expiration: string,
  strikeMicros: number
): number => {
  for (const slice of surface) {
    if (slice.expiration === expiration) return sliceVolatility(slice, strikeMicros)
  }
  return 0
}

/** Later slices in the place of those that they replace; the others are kept. In order of expiration. */
export const mergeSlices = (
  kept: ReadonlyArray<SmileSlice>,
  later: ReadonlyArray<SmileSlice>
): ReadonlyArray<SmileSlice> => {
  const replaced = new Set(later.map(({ expiration }) => expiration))
  return [...kept.filter(({ expiration }) => !replaced.has(expiration)), ...later]
    .map(({ expiration, timeToExpirationYears, forwardMicros, theta, rho, psi }) => ({
      expiration,
      timeToExpirationYears,
      forwardMicros,
      theta,
      rho,
      psi
    }))
    .sort((one, other) => (one.expiration < other.expiration ? -1 : 1))
}

/**
 * Log-moneyness at which an option has a forward delta of `call` (0 < `call` < 1; a put's is `call` - 1), given
 * the quantile of `call`. Steps of a fixed point: the smile changes little between them.
 */
export const logMoneynessAtQuantile = (slice: SmileSlice, quantile: number): number => {
  let k = 0
  for (let step = 0; step < 30; step++) {
    const deviation = Math.sqrt(ssviVariance(slice, k))
    const next = deviation * (0.5 * deviation - quantile)
    const moved = Math.abs(next - k)
    k = next
    if (moved < 1e-9) break
  }
  return k
}

/**
 * The least theta of a slice with skew `rho` after the expiration `before` it, and the range of psi: no butterfly
 * arbitrage and none of calendars. Sufficient, so a little stricter than need be.
 * Source: Corbetta, Cohort, Laachir, Martini, Robust calibration and arbitrage-free interpolation of SSVI slices
 * (2019), after Gatheral and Jacquier (2014), theorem 4.2.
 */
export const thetaLeastAfter = (before: SsviSlice | undefined, rho: number): number =>
  before === undefined ? 0 : before.theta * ratioLeast(before, rho)

export const slopeBounds = (
  before: SsviSlice | undefined,
  theta: number,
  rho: number
): { readonly least: number; readonly most: number } => {
  const most = ssviSlopeMost(theta, rho)
  if (before === undefined) return { least: 0, most }
  const { psi } = before
  return {
    least: psi * ratioLeast(before, rho),
    most: Math.min(most, (psi * theta) / before.theta)
  }
}

/** Both wings of the later slice must rise at least as fast as those of the earlier. */
const ratioLeast = (before: SsviSlice, rho: number): number =>
  Math.max((1 + before.rho) / (1 + rho), (1 - before.rho) / (1 - rho))
