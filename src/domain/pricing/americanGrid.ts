/**
 * The fixed numbers of one accuracy setting of the American solver: Chebyshev nodes in sqrt(time),
 * quadrature in an angle, and the matrices that carry boundary values from the nodes to the
 * quadrature points. None depends on the option, so each is computed once.
 */
import { gaussLegendre } from "./gaussLegendre.ts"

/**
 * `nodes`: collocation intervals n. `points`: quadrature points of the fixed-point integrals.
 * `sweeps`: fixed-point sweeps at most. `pricePoints`: quadrature points of the premium integral.
 * `tolerance`: a sweep that moves no ln B by more than this is the last; 0 makes all of them, and leaves the node
 * nearest expiration, whose time is a hundredth of the whole, after the first.
 */
export type AmericanSetting = {
  readonly nodes: number
  readonly points: number
  readonly sweeps: number
  readonly pricePoints: number
  readonly tolerance: number
}

/**
 * Fast settings by what early exercise can bring: the put's rate times its years, at most `rateTimesYears`. An option
 * that little can be gained on needs few digits of that little. None of 4,100 random options (strikes of 40 to 230 on
 * a spot of 100, volatility 3 to 90 %, rates to 11 %, to three years) was further than 9.3e-5 per 100 of strike from 28
 * nodes. At ten years 1e-3 has been seen.
 */
export const fastSettings: ReadonlyArray<AmericanSetting & { readonly rateTimesYears: number }> = [
  { rateTimesYears: 0.003, nodes: 4, points: 4, sweeps: 2, pricePoints: 10, tolerance: 0 },
  { rateTimesYears: 0.015, nodes: 6, points: 6, sweeps: 3, pricePoints: 12, tolerance: 0 },
  { rateTimesYears: 0.027, nodes: 6, points: 6, sweeps: 4, pricePoints: 18, tolerance: 0 },
  { rateTimesYears: 0.08, nodes: 7, points: 7, sweeps: 4, pricePoints: 20, tolerance: 0 },
  { rateTimesYears: 0.15, nodes: 8, points: 8, sweeps: 5, pricePoints: 20, tolerance: 0 },
  { rateTimesYears: Infinity, nodes: 9, points: 10, sweeps: 6, pricePoints: 24, tolerance: 0 }
]

/** Longer options take the last of the fast settings, whatever their rate. */
export const fastYearsMost = 3

/** Within 5e-7 of 28 nodes on the same options; sweeps end by the tolerance, after 8 as a rule. */
export const exactSetting: AmericanSetting = {
  nodes: 20,
  points: 32,
  sweeps: 60,
  pricePoints: 64,
  tolerance: 1e-10
}

export type AmericanGrid = {
  readonly setting: AmericanSetting
  /** Node i as part of sqrt(T), from 1 down to 0 (length n + 1). */
  readonly rootTime: Float64Array
  /** cos, 1 / cos and 2 sin cos weight at the angles of the fixed-point quadrature. */
  readonly cosine: Float64Array
  readonly secant: Float64Array
  readonly weight: Float64Array
  /**
   * Row (i, k), n long: interpolates at rootTime[i] sin(theta[k]) a function that is 0 at time 0 (so the
   * last node needs no entry).
   */
  readonly carry: Float64Array
  readonly priceCosine: Float64Array
  readonly priceSecant: Float64Array
  readonly priceWeight: Float64Array
  readonly priceCarry: Float64Array
}

/**
 * With v = tau cos^2(theta) the time from now and u = tau sin^2(theta) the time then left, both
 * sqrt(v) and sqrt(u) are analytic in theta, so Gauss-Legendre converges fast at both ends.
 */
export const makeAmericanGrid = (setting: AmericanSetting): AmericanGrid => {
  const { nodes: n, points, pricePoints } = setting
  const rootTime = Float64Array.from({ length: n + 1 }, (_, i) =>
    i === n ? 0 : (1 + Math.cos((i * Math.PI) / n)) / 2
  )
  const inner = angles(points)
  const outer = angles(pricePoints)
  const carry = new Float64Array(n * points * n)
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < points; k++) {
      writeRow(carry, (i * points + k) * n, rootTime, rootTime[i]! * inner.sine[k]!)
    }
  }
  const priceCarry = new Float64Array(pricePoints * n)
  for (let k = 0; k < pricePoints; k++) {
    writeRow(priceCarry, k * n, rootTime, outer.sine[k]!)
  }
  return {
    setting,
    rootTime,
    cosine: inner.cosine,
    secant: inner.cosine.map((c) => 1 / c),
    weight: inner.weight,
    carry,
    priceCosine: outer.cosine,
    priceSecant: outer.cosine.map((c) => 1 / c),
    priceWeight: outer.weight,
    priceCarry
  }
}

const angles = (count: number) => {
  const { nodes, weights } = gaussLegendre(count)
  const half = Math.PI / 2
  const sine = nodes.map((x) => Math.sin(half * x))
  const cosine = nodes.map((x) => Math.cos(half * x))
  const weight = weights.map((w, k) => w * half * 2 * sine[k]! * cosine[k]!)
  return { sine, cosine, weight }
}

/** Barycentric interpolation weights at `x` on the Chebyshev points `nodes` of [0, 1]. */
const writeRow = (into: Float64Array, at: number, nodes: Float64Array, x: number): void => {
  const n = nodes.length - 1
  const weightOf = (j: number) => {
    const sign = j % 2 === 0 ? 1 : -1
    return (j === 0 || j === n ? 0.5 * sign : sign) / (x - nodes[j]!)
  }
  const exact = nodes.indexOf(x)
  let sum = 0
  for (let j = 0; j <= n; j++) sum += weightOf(j)
  for (let j = 0; j < n; j++) into[at + j] = exact < 0 ? weightOf(j) / sum : j === exact ? 1 : 0
}
