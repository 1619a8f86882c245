/**
 * American options without discrete dividends, by spectral collocation of the exercise boundary.
 *
 * The boundary B(tau) of a put solves a fixed-point equation; ln^2(B/X) is smooth in sqrt(tau), so a few
 * Chebyshev nodes and a few sweeps give it to many digits. The premium over the European value is then
 * one integral. Calls go through put-call symmetry C(S, K, r, q) = P(K, S, q, r).
 * Source: Andersen, Lake, Offengenden, High-performance American option pricing (2016).
 */
import { type AmericanGrid, type AmericanSetting, makeAmericanGrid } from "./americanGrid.ts"
import { evaluateBlackScholes } from "./blackScholes.ts"
import { normalCdfGivenDensity, normalCdfPlain, normalDensity } from "./normal.ts"
import { qdPlusBoundary } from "./qdPlus.ts"

/** What the solver knows about one option after `solve`. */
export type AmericanSolution = {
  price: number
  delta: number
  gamma: number
  thetaPerYear: number
}

/**
 * How the holder of a put should exercise: never early; below one boundary; or, with
 * yield < rate < 0, between two (which this solver leaves to the finite-difference one).
 */
export const exerciseRegion = (
  rate: number,
  yieldRate: number
): "Never" | "OneBoundary" | "TwoBoundaries" => {
  if (rate > 0 || (rate === 0 && yieldRate < 0)) return "OneBoundary"
  return yieldRate < rate ? "TwoBoundaries" : "Never"
}

export class AmericanPutSolver {
  readonly grid: AmericanGrid
  /** Nodes' ln(X / B) and its square, the quantity interpolated. */
  private readonly depth: Float64Array
  private readonly squared: Float64Array
  private readonly logRatio: Float64Array
  private readonly european = new Float64Array(17)

  constructor(setting: AmericanSetting) {
    this.grid = makeAmericanGrid(setting)
    this.depth = new Float64Array(setting.nodes + 1)
    this.squared = new Float64Array(setting.nodes + 1)
    this.logRatio = new Float64Array(setting.points)
  }

  /** X, the boundary just before expiration, as part of the strike. */
  private static limit(rate: number, yieldRate: number): number {
    return yieldRate > rate ? rate / yieldRate : 1
  }

  /**
   * Solves the boundary of a put on strike 1 for this option, kept until the next call.
   * `exerciseRegion(rate, yieldRate)` must be "OneBoundary"; time and volatility > 0.
   */
  solveBoundary(timeYears: number, rate: number, yieldRate: number, volatility: number): void {
    const { setting, rootTime } = this.grid
    const n = setting.nodes
    const limit = AmericanPutSolver.limit(rate, yieldRate)
    let guess = limit
    let before = 0
    this.depth[n] = 0
    for (let i = n - 1; i >= 0; i--) {
      const time = timeYears * rootTime[i]! * rootTime[i]!
      const start = guess * Math.exp(-0.5 * volatility * (Math.sqrt(time) - Math.sqrt(before)))
      guess = qdPlusBoundary(time, rate, yieldRate, volatility, start, limit)
      before = time
      this.depth[i] = Math.log(limit / guess)
    }
    const useDensity = Math.abs(rate - yieldRate) < 0.001
    for (let sweep = 0; sweep < setting.sweeps; sweep++) {
      for (let i = 0; i <= n; i++) this.squared[i] = this.depth[i]! * this.depth[i]!
      let moved = 0
      for (let i = 0; i < n; i++) {
        const change = useDensity
          ? this.stepA(i, timeYears, rate, yieldRate, volatility, limit, sweep === 0)
          : this.stepB(i, timeYears, rate, yieldRate, volatility, limit, sweep === 0)
        if (change > moved) moved = change
      }
      if (moved < setting.tolerance) break
    }
    for (let i = 0; i <= n; i++) this.squared[i] = this.depth[i]! * this.depth[i]!
  }

  /** ln(B(tau_i) / B(u)) at the quadrature points of node i. */
  private fillLogRatios(i: number): void {
    const n = this.grid.setting.nodes
    const points = this.grid.setting.points
    const own = this.depth[i]!
    let at = i * points * (n + 1)
    for (let k = 0; k < points; k++) {
      let sum = 0
      for (let j = 0; j <= n; j++) sum += this.grid.carry[at++]! * this.squared[j]!
      this.logRatio[k] = (sum > 0 ? Math.sqrt(sum) : 0) - own
    }
  }

  /** Fixed-point system B of the paper (probabilities); returns how far ln B moved. */
  private stepB(
    i: number,
    timeYears: number,
    rate: number,
    yieldRate: number,
    volatility: number,
    limit: number,
    newton: boolean
  ): number {
    const { cosine, weight, rootTime, setting } = this.grid
    const time = timeYears * rootTime[i]! * rootTime[i]!
    const deviation = volatility * Math.sqrt(time)
    const carry = rate - yieldRate
    this.fillLogRatios(i)
    let above = 0
    let below = 0
    for (let k = 0; k < setting.points; k++) {
      const c = cosine[k]!
      const v = time * c * c
      const spread = deviation * c
      const minus = (this.logRatio[k]! + carry * v) / spread - 0.5 * spread
      const left = time - v
      if (rate !== 0) above += weight[k]! * Math.exp(rate * left) * normalCdfPlain(minus)
      if (yieldRate !== 0)
        below += weight[k]! * Math.exp(yieldRate * left) * normalCdfPlain(minus + spread)
    }
    const logBoundary = Math.log(limit) - this.depth[i]!
    const minus = (logBoundary + carry * time) / deviation - 0.5 * deviation
    const densityMinus = normalDensity(minus)
    const densityPlus = normalDensity(minus + deviation)
    const top = normalCdfGivenDensity(minus, densityMinus) + rate * time * above
    const bottom = normalCdfGivenDensity(minus + deviation, densityPlus) + yieldRate * time * below
    return this.update(
      i,
      Math.exp(-carry * time),
      top,
      bottom,
      newton ? densityMinus / deviation : 0,
      newton ? densityPlus / deviation : 0,
      newton,
      limit
    )
  }

  /** Fixed-point system A of the paper (densities too), better when rate and yield are close. */
  private stepA(
    i: number,
    timeYears: number,
    rate: number,
    yieldRate: number,
    volatility: number,
    limit: number,
    newton: boolean
  ): number {
    const { cosine, weight, rootTime, setting } = this.grid
    const time = timeYears * rootTime[i]! * rootTime[i]!
    const deviation = volatility * Math.sqrt(time)
    const carry = rate - yieldRate
    this.fillLogRatios(i)
    let above = 0
    let below = 0
    for (let k = 0; k < setting.points; k++) {
      const c = cosine[k]!
      const v = time * c * c
      const spread = deviation * c
      const minus = (this.logRatio[k]! + carry * v) / spread - 0.5 * spread
      const plus = minus + spread
      const densityPlus = normalDensity(plus)
      const left = time - v
      above += weight[k]! * Math.exp(rate * left) * (normalDensity(minus) / spread)
      below +=
        weight[k]! *
        Math.exp(yieldRate * left) *
        (normalCdfGivenDensity(plus, densityPlus) + densityPlus / spread)
    }
    const logBoundary = Math.log(limit) - this.depth[i]!
    const minus = (logBoundary + carry * time) / deviation - 0.5 * deviation
    const plus = minus + deviation
    const densityMinus = normalDensity(minus)
    const densityPlus = normalDensity(plus)
    const top = densityMinus / deviation + rate * time * above
    const bottom =
      densityPlus / deviation + normalCdfGivenDensity(plus, densityPlus) + yieldRate * time * below
    const squareDeviation = deviation * deviation
    return this.update(
      i,
      Math.exp(-carry * time),
      top,
      bottom,
      newton ? (-minus * densityMinus) / squareDeviation : 0,
      newton ? densityPlus * (1 / deviation - plus / squareDeviation) : 0,
      newton,
      limit
    )
  }

  /** B <- f(B) = alpha top / bottom, or a Newton step on it; slopes are by ln B. */
  private update(
    i: number,
    alpha: number,
    top: number,
    bottom: number,
    topSlope: number,
    bottomSlope: number,
    newton: boolean,
    limit: number
  ): number {
    const old = this.depth[i]!
    const boundary = limit * Math.exp(-old)
    const image = (alpha * top) / bottom
    let next = image
    if (newton) {
      const slope = (image * (topSlope / top - bottomSlope / bottom)) / boundary
      next = boundary - (image - boundary) / (slope - 1)
    }
    if (!(next > 0)) next = 0.5 * boundary
    const depth = next < limit ? Math.log(limit / next) : 0
    this.depth[i] = depth
    return Math.abs(depth - old)
  }

  /** The boundary solved last, at the longest time, as part of the strike. */
  boundaryNow(rate: number, yieldRate: number): number {
    return AmericanPutSolver.limit(rate, yieldRate) * Math.exp(-this.depth[0]!)
  }

  /** Value, delta, gamma, theta of the put on strike 1 at `spot`, for the boundary solved last. */
  evaluate(
    spot: number,
    timeYears: number,
    rate: number,
    yieldRate: number,
    volatility: number,
    into: AmericanSolution
  ): void {
    if (spot <= this.boundaryNow(rate, yieldRate)) {
      into.price = 1 - spot
      into.delta = -1
      into.gamma = 0
      into.thetaPerYear = 0
      return
    }
    const { priceCarry, priceCosine, priceWeight, setting } = this.grid
    const n = setting.nodes
    const carry = rate - yieldRate
    const deviation = volatility * Math.sqrt(timeYears)
    const logSpot = Math.log(spot / AmericanPutSolver.limit(rate, yieldRate))
    let value = 0
    let slope = 0
    let curve = 0
    let at = 0
    for (let k = 0; k < setting.pricePoints; k++) {
      let sum = 0
      for (let j = 0; j <= n; j++) sum += priceCarry[at++]! * this.squared[j]!
      const c = priceCosine[k]!
      const v = timeYears * c * c
      const spread = deviation * c
      const plus = (logSpot + (sum > 0 ? Math.sqrt(sum) : 0) + carry * v) / spread + 0.5 * spread
      const minus = plus - spread
      const strikeFlow = priceWeight[k]! * rate * Math.exp(-rate * v)
      const spotFlow = priceWeight[k]! * yieldRate * Math.exp(-yieldRate * v)
      const densityMinus = normalDensity(minus)
      const densityPlus = normalDensity(plus)
      const strikeDensity = (strikeFlow * densityMinus) / (spot * spread)
      const spotDensity = (spotFlow * densityPlus) / spread
      const spotProbability = spotFlow * normalCdfGivenDensity(-plus, densityPlus)
      value += strikeFlow * normalCdfGivenDensity(-minus, densityMinus) - spot * spotProbability
      slope += spotDensity - spotProbability - strikeDensity
      curve += (strikeDensity * (minus / spread + 1) + spotDensity * (1 - plus / spread)) / spot
    }
    const out = this.european
    evaluateBlackScholes(false, spot, 1, timeYears, rate, yieldRate, volatility, out)
    const price = out[0]! + timeYears * value
    const payoff = 1 - spot
    into.price = Math.max(price, payoff)
    into.delta = out[1]! + timeYears * slope
    into.gamma = out[2]! + timeYears * curve
    into.thetaPerYear =
      rate * into.price -
      carry * spot * into.delta -
      0.5 * volatility * volatility * spot * spot * into.gamma
  }
}

/** Within 1e-4 of the reference table on every row. */
export const fastSetting: AmericanSetting = {
  nodes: 8,
  points: 10,
  sweeps: 5,
  pricePoints: 20,
  tolerance: 0
}

/** Within 1e-6 of the reference table; 3.6e-7 at worst, the reference's own noise included. */
export const exactSetting: AmericanSetting = {
  nodes: 20,
  points: 32,
  sweeps: 24,
  pricePoints: 64,
  tolerance: 1e-12
}
