/** Barrier options, the eight knock types: up or down, in or out, call or put, with a rebate. */
import { blackScholesPrice, type OptionRight } from "../blackScholes.ts"
import type { InvalidPricingInput } from "../engine.ts"
import { type BlackScholesDynamics, type Dynamics, discountTo, forwardAt } from "./dynamics.ts"
import { firstPassage } from "./firstPassage.ts"
import { firstInvalid, requires } from "./inputRules.ts"
import type { Functional, Path, Sample, TimeGrid } from "./path.ts"

export type BarrierOption = {
  readonly _tag: "Barrier"
  readonly direction: "Up" | "Down"
  readonly knock: "In" | "Out"
  readonly right: OptionRight
  /** Currency, > 0. */
  readonly strike: number
  /** Spot level, > 0; touching it counts. */
  readonly barrier: number
  /** Currency, >= 0: paid when an out option dies, at expiration when an in option never lived. */
  readonly rebate: number
  readonly timeToExpirationYears: number
  /** "Continuous", or how many evenly spaced dates, the last at expiration, are watched. */
  readonly monitoring: "Continuous" | number
}

export const invalidBarrier = (option: BarrierOption): InvalidPricingInput | undefined =>
  firstInvalid([
    requires.positive("strike", option.strike),
    requires.positive("barrier", option.barrier),
    requires.notNegative("rebate", option.rebate),
    requires.positive("timeToExpirationYears", option.timeToExpirationYears),
    option.monitoring === "Continuous"
      ? undefined
      : requires.wholeNumber("monitoring", option.monitoring, 100_000)
  ])

export const barrierEvents = (option: BarrierOption): ReadonlyArray<number> => {
  const count = option.monitoring === "Continuous" ? 1 : option.monitoring
  const end = option.timeToExpirationYears
  return Array.from({ length: count }, (_, k) => (k === count - 1 ? end : (end * (k + 1)) / count))
}

/** 1 when the barrier is above the spot, -1 when it is below. */
export const barrierSide = (option: BarrierOption): 1 | -1 => (option.direction === "Up" ? 1 : -1)

/**
 * Continuous monitoring weighs each path with the probability that Brownian bridges between its
 * points touched the barrier: no bias under Black-Scholes, and a payoff smooth enough for
 * pathwise greeks. Under other models the bridge has the step's own variance, and a rebate at hit
 * is discounted from the middle of the step: a bias of the order of the step. Controls: the final
 * spot, the vanilla option.
 */
export const barrierFunctional = (
  option: BarrierOption,
  dynamics: Dynamics,
  grid: TimeGrid
): Functional => {
  const end = option.timeToExpirationYears
  const discount = discountTo(dynamics, end)
  const steps = grid.timesYears.length - 1
  const sign = option.right === "Call" ? 1 : -1
  const isBlackScholes = dynamics._tag === "BlackScholes"
  const isContinuous = option.monitoring === "Continuous"
  const evaluate = isContinuous
    ? continuousValue(option, dynamics, grid)
    : listedValue(option, dynamics, grid)
  return {
    uniformCount: 0,
    controlMeans: [
      discount * forwardAt(dynamics, end),
      ...(isBlackScholes ? [vanillaPrice(option, dynamics)] : [])
    ],
    greekMethod: isContinuous ? "Pathwise" : "LikelihoodRatio",
    usesInitialSpot: isContinuous,
    evaluate: (path, sample) => {
      const final = path.spots[steps]!
      const vanilla = discount * Math.max(sign * (final - option.strike), 0)
      sample.controls[0] = discount * final
      if (isBlackScholes) sample.controls[1] = vanilla
      evaluate(path, sample, vanilla)
    }
  }
}

/** The option without its barrier. */
export const vanillaPrice = (option: BarrierOption, dynamics: BlackScholesDynamics): number =>
  blackScholesPrice(
    option.right === "Call",
    dynamics.spot,
    option.strike,
    option.timeToExpirationYears,
    dynamics.riskFreeRate,
    dynamics.dividendYield,
    dynamics.volatility
  )

/** Sets the sample's value and gradients, given the discounted vanilla payoff. */
type Valuation = (path: Path, sample: Sample, vanilla: number) => void

const listedValue = (option: BarrierOption, dynamics: Dynamics, grid: TimeGrid): Valuation => {
  const { eventIndex, timesYears } = grid
  const side = barrierSide(option)
  const level = side * option.barrier
  const atEnd = option.rebate * discountTo(dynamics, option.timeToExpirationYears)
  return ({ spots }, sample, vanilla) => {
    let hit = 0
    for (let k = 0; k < eventIndex.length; k++) {
      if (side * spots[eventIndex[k]!]! >= level) {
        hit = eventIndex[k]!
        break
      }
    }
    if (option.knock === "In") sample.value = hit > 0 ? vanilla : atEnd
    else {
      sample.value = hit > 0 ? option.rebate * discountTo(dynamics, timesYears[hit]!) : vanilla
    }
  }
}

const continuousValue = (option: BarrierOption, dynamics: Dynamics, grid: TimeGrid): Valuation => {
  const steps = grid.timesYears.length - 1
  const passage = firstPassage(grid, barrierSide(option), Math.log(option.barrier))
  const atEnd = option.rebate * discountTo(dynamics, option.timeToExpirationYears)
  const sign = option.right === "Call" ? 1 : -1
  const rewards = new Float64Array(steps)
  const isOut = option.knock === "Out"
  const rebateAtHit =
    isOut && option.rebate > 0 && dynamics._tag === "BlackScholes"
      ? driftedRebate(option, dynamics, grid)
      : undefined
  if (isOut && dynamics._tag !== "BlackScholes") {
    for (let i = 0; i < steps; i++) {
      const middle = 0.5 * (grid.timesYears[i]! + grid.timesYears[i + 1]!)
      rewards[i] = option.rebate * discountTo(dynamics, middle)
    }
  }
  return (path, sample, vanilla) => {
    if (!isOut) rewards.fill(vanilla)
    sample.value = passage.value(path, path.logSpots, rewards, isOut ? vanilla : atEnd, 1, sample)
    const weight = isOut ? passage.survival() : 1 - passage.survival()
    if (vanilla > 0) {
      const slope = discountedSlope(path.spots[steps]!, option, sign, vanilla)
      sample.logGradient[steps]! += weight * slope
    }
    rebateAtHit?.(path, sample, 0)
  }
}

/**
 * d(vanilla)/d(log final spot): vanilla = D sign (S - K), so D sign S = vanilla S sign / (sign (S
 * - K)).
 */
const discountedSlope = (
  final: number,
  option: BarrierOption,
  sign: number,
  vanilla: number
): number => (vanilla * sign * final) / (sign * (final - option.strike))

/**
 * The rebate at hit without knowing when the hit was: under the drift m' = +-sqrt(m^2 + 2 r
 * sigma^2) e^(-r tau) becomes the constant (B / S)^((m - m') / sigma^2) times the indicator of a
 * hit.
 */
const driftedRebate = (
  option: BarrierOption,
  dynamics: BlackScholesDynamics,
  grid: TimeGrid
): Valuation => {
  const { volatility, riskFreeRate, dividendYield, spot } = dynamics
  const variance = volatility * volatility
  const side = barrierSide(option)
  const drift = riskFreeRate - dividendYield - 0.5 * variance
  const drifted = side * Math.sqrt(drift * drift + 2 * riskFreeRate * variance)
  const driftSlope = -volatility
  const driftedSlope =
    drifted === 0 ? 0 : (drift * driftSlope + 2 * riskFreeRate * volatility) / drifted
  // At or beyond the barrier already: the hit is now and the factor is one.
  const distance = side * Math.max(side * Math.log(option.barrier / spot), 0)
  const power = distance === 0 ? 0 : (drift - drifted) / variance
  const powerSlope = (driftSlope - driftedSlope) / variance - (2 * power) / volatility
  const scale = option.rebate * Math.exp(power * distance)
  const steps = grid.timesYears.length - 1
  const passage = firstPassage(grid, side, Math.log(option.barrier))
  const shifted = new Float64Array(steps + 1)
  const ones = new Float64Array(steps).fill(1)
  const inner: Sample = {
    value: 0,
    logGradient: new Float64Array(steps + 1),
    volatilityGradient: 0,
    controls: new Float64Array(0)
  }
  return (path, sample) => {
    const times = path.timesYears
    for (let i = 0; i <= steps; i++) {
      shifted[i] = path.logSpots[i]! + (drifted - drift) * times[i]!
    }
    inner.logGradient.fill(0)
    inner.volatilityGradient = 0
    const value = passage.value(path, shifted, ones, 0, scale, inner)
    sample.value += value
    sample.logGradient[0]! -= value * power
    sample.volatilityGradient += inner.volatilityGradient + value * powerSlope * distance
    for (let i = 0; i <= steps; i++) {
      sample.logGradient[i]! += inner.logGradient[i]!
      sample.volatilityGradient += inner.logGradient[i]! * (driftedSlope - driftSlope) * times[i]!
    }
  }
}
