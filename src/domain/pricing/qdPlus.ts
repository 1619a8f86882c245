/**
 * The QD+ approximation of the early exercise boundary of an American put, the starting point of the
 * spectral solver. Source: Li, Analytical approximations for the critical stock prices of American
 * options: a performance comparison (2010).
 */
import { millsRatio, normalCdfGivenDensity } from "./normal.ts"

const newtonStepsMax = 12
const inverseRootTwoPi = 0.3989422804014327

/**
 * Boundary of a put on strike 1 with `timeYears` > 0 left, by Newton's method from `start`. `rate` > 0,
 * or 0 with a negative yield. About 2e-3 of the strike; it need not be better.
 *
 * The equation is multiplied through by the exercise gain K - S - p(S), which may pass zero on the
 * way, so it stays smooth and nearly convex for every S.
 */
export const qdPlusBoundary = (
  timeYears: number,
  rate: number,
  yieldRate: number,
  volatility: number,
  start: number,
  highest: number
): number => {
  const variance = volatility * volatility
  const deviation = volatility * Math.sqrt(timeYears)
  const discount = Math.exp(-rate * timeYears)
  const yieldDiscount = Math.exp(-yieldRate * timeYears)
  const carry = (rate - yieldRate) * timeYears
  const elapsed = rate * timeYears
  const growth = Math.abs(elapsed) > 1e-8 ? -Math.expm1(-elapsed) / elapsed : 1 - elapsed / 2
  const drift = (2 * (rate - yieldRate)) / variance - 1
  const scaled = 2 / (variance * timeYears * growth)
  const root = Math.sqrt(drift * drift + 4 * scaled)
  // value = (1 - below1) S + gainFactor gain + thetaFactor theta, all of it zero at the boundary
  const gainFactor =
    -0.5 * (drift + root) + (discount * (scaled - (scaled / root) * (scaled / root))) / root
  const thetaFactor = -2 / (variance * root)
  let boundary = start
  for (let step = 0; step < newtonStepsMax; step++) {
    const d1 = (Math.log(boundary) + carry) / deviation + 0.5 * deviation
    const density = inverseRootTwoPi * Math.exp(-0.5 * d1 * d1)
    const below1 = yieldDiscount * normalCdfGivenDensity(-d1, density)
    const unit = boundary * yieldDiscount * density
    const d2 = d1 - deviation
    const below2 = d2 > 0 ? unit * millsRatio(d2) : discount - unit * millsRatio(-d2)
    const gain = 1 - boundary - (below2 - boundary * below1)
    const decay = (unit * variance) / (2 * deviation)
    const theta = rate * below2 - yieldRate * boundary * below1 - decay
    const value = (1 - below1) * boundary + gainFactor * gain + thetaFactor * theta
    const thetaSlope =
      ((yieldRate - rate) * unit) / (deviation * boundary) -
      yieldRate * below1 -
      (decay / boundary) * (1 - d1 / deviation)
    const slope =
      (1 - below1) * (1 - gainFactor) + unit / (deviation * boundary) + thetaFactor * thetaSlope
    let next = slope > 0 ? boundary - value / slope : 0
    if (!(next > 0.5 * boundary)) next = 0.5 * boundary
    if (next > highest) next = 0.5 * (boundary + highest)
    const moved = Math.abs(next - boundary)
    boundary = next
    // Newton's next step would be of the size of this one squared, below what the approximation is good for.
    if (moved < 2e-3 * boundary) break
  }
  return boundary
}
