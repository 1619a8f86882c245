/**
 * The shape shared by every Black formula: with a = |ln(F/K)| / (vol sqrt T) and t = vol sqrt T / 2,
 * the out-of-the-money value over its vega unit is M(a - t) - M(a + t), M being Mills' ratio.
 *
 * Written this way no digit is lost deep out of the money; the only cancellation, at small t, is
 * removed by the odd Taylor series in t. Source of the idea: Jaeckel, "Let's be rational" (2013-2024).
 */
import { millsRatio, millsRatioAnySign } from "./normal.ts"

/** Below this t * max(1, a) the series converges to rounding within six odd terms. */
const seriesBelow = 0.15

/** Where the difference of two Mills' ratios would cancel, and `millsDifferenceSeries` holds. */
export const isSeries = (a: number, t: number): boolean => t < seriesBelow && a * t < seriesBelow

/**
 * M(a - t) - M(a + t) for `a` >= 0, `t` >= 0. Infinity where exp overflows (t - a > 38).
 *
 * Relative error near (1 + a^2) units in the last place: what rounding `a` itself already costs.
 */
export const millsDifference = (a: number, t: number): number =>
  isSeries(a, t) ? millsDifferenceSeries(a, t) : millsRatioAnySign(a - t) - millsRatio(a + t)

/**
 * 2 (I1 t + I3 t^3/3! + ...), where Ik = integral of y^k exp(-a y - y^2/2) over y > 0,
 * I0 = M(a) and I(k+1) = k I(k-1) - a I(k). Errors that this recurrence amplifies are damped by t^k.
 */
export const millsDifferenceSeries = (a: number, t: number): number => {
  const i0 = millsRatio(a)
  const i1 = 1 - a * i0
  const i2 = i0 - a * i1
  const i3 = 2 * i1 - a * i2
  const i4 = 3 * i2 - a * i3
  const i5 = 4 * i3 - a * i4
  const i6 = 5 * i4 - a * i5
  const i7 = 6 * i5 - a * i6
  const i8 = 7 * i6 - a * i7
  const i9 = 8 * i7 - a * i8
  const i10 = 9 * i8 - a * i9
  const i11 = 10 * i9 - a * i10
  const w = t * t
  // Multiplied by reciprocals: divisions would take as long as all the rest.
  const tail = i7 + w * (1 / 72) * (i9 + w * (1 / 110) * i11)
  return 2 * t * (i1 + w * (1 / 6) * (i3 + w * (1 / 20) * (i5 + w * (1 / 42) * tail)))
}
