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
import { millsRatioAnySign, normalCdf, normalCdfGivenDensity, normalDensity } from "./normal.ts"
import { cdfCells, cdfCellsPerUnit, cdfFromGrid, cdfReach, densityFromGrid } from "./normalGrid.ts"
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
  /** ln(X / B) at the nodes, X being the boundary's limit at expiration; its square is interpolated. */
  private readonly depth: Float64Array
  private readonly squared: Float64Array
  /** Before and after the last sweep, for the mixing of sweeps. */
  private readonly before: Float64Array
  private readonly lastBefore: Float64Array
  private readonly lastAfter: Float64Array
  /** Quadrature weight times e^(r u), e^(q u) at each point of each node. */
  private readonly strikeGrowth: Float64Array
  private readonly spotGrowth: Float64Array
  private readonly sums = new Float64Array(2)
  private readonly european = new Float64Array(17)

  constructor(setting: AmericanSetting) {
    this.grid = makeAmericanGrid(setting)
    const { nodes, points } = setting
    this.depth = new Float64Array(nodes + 1)
    this.squared = new Float64Array(nodes + 1)
    this.before = new Float64Array(nodes)
    this.lastBefore = new Float64Array(nodes)
    this.lastAfter = new Float64Array(nodes)
    this.strikeGrowth = new Float64Array(nodes * points)
    this.spotGrowth = new Float64Array(nodes * points)
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
    const { setting } = this.grid
    const n = setting.nodes
    const { depth, squared, before } = this
    this.guessBoundary(timeYears, rate, yieldRate, volatility)
    this.fillGrowth(timeYears, rate, yieldRate)
    const limit = AmericanPutSolver.limit(rate, yieldRate)
    const logLimit = Math.log(limit)
    const withDensities = Math.abs(rate - yieldRate) < 0.001
    for (let sweep = 0; sweep < setting.sweeps; sweep++) {
      for (let i = 0; i < n; i++) {
        const own = depth[i]!
        before[i] = own
        squared[i] = own * own
      }
      let moved = 0
      const nodes = sweep > 0 && setting.tolerance === 0 ? n - 1 : n
      for (let i = 0; i < nodes; i++) {
        const image =
          yieldRate < 0
            ? this.imageC(i, timeYears, rate, yieldRate, volatility, logLimit)
            : withDensities
              ? this.imageA(i, timeYears, rate, yieldRate, volatility, logLimit)
              : this.imageB(i, timeYears, rate, yieldRate, volatility, logLimit)
        const next = image < limit ? Math.log(limit / image) : 0
        moved = Math.max(moved, Math.abs(next - before[i]!))
        depth[i] = next
      }
      if (moved < setting.tolerance) break
      this.mixSweeps(sweep === 0)
    }
    for (let i = 0; i < n; i++) squared[i] = depth[i]! * depth[i]!
  }

  private guessBoundary(
    timeYears: number,
    rate: number,
    yieldRate: number,
    volatility: number
  ): void {
    const { rootTime, setting } = this.grid
    const limit = AmericanPutSolver.limit(rate, yieldRate)
    let guess = limit
    let shorter = 0
    let slope = -0.5 * volatility * Math.sqrt(timeYears)
    for (let i = setting.nodes - 1; i >= 0; i--) {
      const root = rootTime[i]!
      // The logarithm goes on as it did between the two nodes before.
      const start = guess * Math.exp(slope * (root - shorter))
      const found = qdPlusBoundary(
        timeYears * root * root,
        rate,
        yieldRate,
        volatility,
        start,
        limit
      )
      const depth = Math.log(limit / found)
      if (shorter > 0) slope = (this.depth[i + 1]! - depth) / (root - shorter)
      guess = found
      shorter = root
      this.depth[i] = depth
    }
  }

  private fillGrowth(timeYears: number, rate: number, yieldRate: number): void {
    const { rootTime, cosine, weight, setting } = this.grid
    const { strikeGrowth, spotGrowth } = this
    let at = 0
    for (let i = 0; i < setting.nodes; i++) {
      const time = timeYears * rootTime[i]! * rootTime[i]!
      for (let k = 0; k < setting.points; k++) {
        const left = time * (1 - cosine[k]! * cosine[k]!)
        strikeGrowth[at] = weight[k]! * exponential(rate * left)
        if (yieldRate !== 0) spotGrowth[at] = weight[k]! * exponential(yieldRate * left)
        at++
      }
    }
  }

  /**
   * Anderson mixing of depth one: where the last two sweeps moved along one line, jumps to where it
   * ends. Two sweeps do the work of five.
   */
  private mixSweeps(isFirst: boolean): void {
    const { depth, before, lastBefore, lastAfter } = this
    const n = before.length
    let along = 0
    let length = 0
    for (let i = 0; i < n; i++) {
      const residual = depth[i]! - before[i]!
      const change = residual - (lastAfter[i]! - lastBefore[i]!)
      along += residual * change
      length += change * change
    }
    const part = isFirst || !(length > 0) ? 0 : along / length
    for (let i = 0; i < n; i++) {
      const after = depth[i]!
      const mixed = after - part * (after - lastAfter[i]!)
      lastBefore[i] = before[i]!
      lastAfter[i] = after
      if (mixed > 0) depth[i] = mixed
    }
  }

  /** The integrals of probabilities of node i into `sums`: e^(ru) Phi(d-) and e^(qu) Phi(d+). */
  private integrate(i: number, deviation: number, drift: number, hasYield: boolean): void {
    const { cosine, secant, carry, setting } = this.grid
    const { squared, strikeGrowth, spotGrowth } = this
    const cells = cdfCells
    const n = setting.nodes
    const points = setting.points
    const own = this.depth[i]!
    const inverse = 1 / deviation
    let above = 0
    let below = 0
    let growth = i * points
    let at = growth * n
    for (let k = 0; k < points; k++) {
      let sum = 0
      for (let j = 0; j < n; j++) sum += carry[at++]! * squared[j]!
      const ratio = (sum > 0 ? Math.sqrt(sum) : 0) - own
      const minus = ratio * inverse * secant[k]! + drift * cosine[k]!
      // Phi(minus) and Phi(plus) as normalGrid.ts describes.
      let y = (Math.max(-cdfReach, Math.min(cdfReach, minus)) + cdfReach) * cdfCellsPerUnit
      let cell = (y + 0.5) | 0
      let d = y - cell
      let c = 5 * cell
      above +=
        strikeGrowth[growth]! *
        (cells[c]! +
          d * (cells[c + 1]! + d * (cells[c + 2]! + d * (cells[c + 3]! + d * cells[c + 4]!))))
      if (hasYield) {
        const plus = minus + deviation * cosine[k]!
        y = (Math.max(-cdfReach, Math.min(cdfReach, plus)) + cdfReach) * cdfCellsPerUnit
        cell = (y + 0.5) | 0
        d = y - cell
        c = 5 * cell
        below +=
          spotGrowth[growth]! *
          (cells[c]! +
            d * (cells[c + 1]! + d * (cells[c + 2]! + d * (cells[c + 3]! + d * cells[c + 4]!))))
      }
      growth++
    }
    this.sums[0] = above
    this.sums[1] = below
  }

  /** Fixed-point system B of the paper (probabilities): the boundary that node i maps to. */
  private imageB(
    i: number,
    timeYears: number,
    rate: number,
    yieldRate: number,
    volatility: number,
    logLimit: number
  ): number {
    const rootTime = this.grid.rootTime[i]!
    const time = timeYears * rootTime * rootTime
    const deviation = volatility * Math.sqrt(time)
    const drift = ((rate - yieldRate) * time) / deviation - 0.5 * deviation
    this.integrate(i, deviation, drift, yieldRate !== 0)
    const minus = (logLimit - this.depth[i]!) / deviation + drift
    // Near the money the table is as good; further out its absolute error would show in the ratio.
    const isNear = minus > -3
    const lower = isNear ? cdfFromGrid(minus) : normalCdf(minus)
    const upper = isNear ? cdfFromGrid(minus + deviation) : normalCdf(minus + deviation)
    const top = lower + rate * time * this.sums[0]!
    const bottom = upper + yieldRate * time * this.sums[1]!
    return (exponential((yieldRate - rate) * time) * top) / bottom
  }

  /**
   * For a negative yield, where system B's denominator may change sign on the way: value matching says
   * that the European call at the boundary, c(B), is worth what waiting saves, P(B) > 0. One Newton step
   * in ln B on ln c = ln P, P held.
   */
  private imageC(
    i: number,
    timeYears: number,
    rate: number,
    yieldRate: number,
    volatility: number,
    logLimit: number
  ): number {
    const rootTime = this.grid.rootTime[i]!
    const time = timeYears * rootTime * rootTime
    const deviation = volatility * Math.sqrt(time)
    const drift = ((rate - yieldRate) * time) / deviation - 0.5 * deviation
    this.integrate(i, deviation, drift, true)
    const boundary = Math.exp(logLimit - this.depth[i]!)
    const minus = (logLimit - this.depth[i]!) / deviation + drift
    const plus = minus + deviation
    const discounted = boundary * Math.exp(-yieldRate * time)
    const density = normalDensity(plus)
    const call = discounted * density * (millsRatioAnySign(-plus) - millsRatioAnySign(-minus))
    const strikeSaved = rate * Math.exp(-rate * time) * this.sums[0]!
    const saved = time * (strikeSaved - yieldRate * discounted * this.sums[1]!)
    const probability = discounted * normalCdfGivenDensity(plus, density)
    const step = (Math.log(saved / call) * call) / probability
    // A NaN, from a density that underflows, leaves the boundary where it is.
    return boundary * Math.exp(step > -1 ? Math.min(1, step) : step <= -1 ? -1 : 0)
  }

  /** Fixed-point system A of the paper (densities too), better when rate and yield are close. */
  private imageA(
    i: number,
    timeYears: number,
    rate: number,
    yieldRate: number,
    volatility: number,
    logLimit: number
  ): number {
    const { cosine, secant, carry, rootTime, setting } = this.grid
    const { squared, strikeGrowth, spotGrowth } = this
    const n = setting.nodes
    const points = setting.points
    const own = this.depth[i]!
    const time = timeYears * rootTime[i]! * rootTime[i]!
    const deviation = volatility * Math.sqrt(time)
    const inverse = 1 / deviation
    const drift = (rate - yieldRate) * time * inverse - 0.5 * deviation
    let above = 0
    let below = 0
    let growth = i * points
    let at = growth * n
    for (let k = 0; k < points; k++) {
      let sum = 0
      for (let j = 0; j < n; j++) sum += carry[at++]! * squared[j]!
      const ratio = (sum > 0 ? Math.sqrt(sum) : 0) - own
      const inverseSpread = inverse * secant[k]!
      const minus = ratio * inverseSpread + drift * cosine[k]!
      const plus = minus + deviation * cosine[k]!
      above += strikeGrowth[growth]! * densityFromGrid(minus) * inverseSpread
      below += spotGrowth[growth]! * (cdfFromGrid(plus) + densityFromGrid(plus) * inverseSpread)
      growth++
    }
    const minus = (logLimit - own) * inverse + drift
    const plus = minus + deviation
    const densityPlus = normalDensity(plus)
    const top = normalDensity(minus) * inverse + rate * time * above
    const bottom =
      densityPlus * inverse + normalCdfGivenDensity(plus, densityPlus) + yieldRate * time * below
    return (exponential((yieldRate - rate) * time) * top) / bottom
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
    const { priceCarry, priceCosine, priceSecant, priceWeight, setting } = this.grid
    const { squared } = this
    const n = setting.nodes
    const carry = rate - yieldRate
    const deviation = volatility * Math.sqrt(timeYears)
    const inverse = 1 / deviation
    const drift = carry * timeYears * inverse + 0.5 * deviation
    const logSpot = Math.log(spot / AmericanPutSolver.limit(rate, yieldRate))
    let value = 0
    let slope = 0
    let curve = 0
    let at = 0
    for (let k = 0; k < setting.pricePoints; k++) {
      let sum = 0
      for (let j = 0; j < n; j++) sum += priceCarry[at++]! * squared[j]!
      const c = priceCosine[k]!
      const v = timeYears * c * c
      const inverseSpread = inverse * priceSecant[k]!
      const plus = (logSpot + (sum > 0 ? Math.sqrt(sum) : 0)) * inverseSpread + drift * c
      const minus = plus - deviation * c
      const strikeFlow = priceWeight[k]! * rate * exponential(-rate * v)
      const spotFlow = priceWeight[k]! * yieldRate * exponential(-yieldRate * v)
      const strikeDensity = (strikeFlow * densityFromGrid(minus) * inverseSpread) / spot
      const spotDensity = spotFlow * densityFromGrid(plus) * inverseSpread
      const spotProbability = spotFlow * cdfFromGrid(-plus)
      value += strikeFlow * cdfFromGrid(-minus) - spot * spotProbability
      slope += spotDensity - spotProbability - strikeDensity
      curve +=
        strikeDensity * (minus * inverseSpread + 1) + spotDensity * (1 - plus * inverseSpread)
    }
    curve /= spot
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

/** e^x, by its series where the argument is as small as rates times years are (error below 2e-13). */
const exponential = (x: number): number =>
  x > -0.1 && x < 0.1
    ? 1 +
      x * (1 + x * (0.5 + x * (1 / 6 + x * (1 / 24 + x * (1 / 120 + x * (1 / 720 + x / 5040))))))
    : Math.exp(x)
