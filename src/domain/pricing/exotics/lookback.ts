/**
 * Lookback options: on the highest or lowest spot of the life, watched continuously or on dates.
 *
 * Floating strike: a call pays S - min, a put max - S. Fixed strike: a call pays max - K, a put K
 * - min.
 */
import { blackScholesPrice, type OptionRight } from "../blackScholes.ts"
import type { InvalidPricingInput } from "../engine.ts"
import { type Dynamics, discountTo, forwardAt } from "./dynamics.ts"
import { firstInvalid, increasingTimes, refusal, requires } from "./inputRules.ts"
import type { Functional, Path, Sample, TimeGrid } from "./path.ts"

export type LookbackOption = {
  readonly _tag: "Lookback"
  readonly right: OptionRight
  /** Currency, > 0; or the extreme itself is the strike. */
  readonly strike: number | "Floating"
  readonly timeToExpirationYears: number
  /** "Continuous" counts today's spot too; dates (years, increasing, > 0) count those alone. */
  readonly monitoring: "Continuous" | ReadonlyArray<number>
}

export const invalidLookback = (option: LookbackOption): InvalidPricingInput | undefined => {
  const { strike, monitoring, timeToExpirationYears: end } = option
  return firstInvalid([
    strike === "Floating" ? undefined : requires.positive("strike", strike),
    requires.positive("timeToExpirationYears", end),
    monitoring === "Continuous"
      ? undefined
      : (increasingTimes("monitoring", monitoring) ??
        (end >= monitoring.at(-1)!
          ? undefined
          : refusal("timeToExpirationYears", end, "at or after the last monitoring time")))
  ])
}

export const lookbackEvents = (option: LookbackOption): ReadonlyArray<number> => {
  const { monitoring, timeToExpirationYears: end } = option
  if (monitoring === "Continuous") return [end]
  return monitoring.at(-1) === end ? monitoring : [...monitoring, end]
}

/** Whether the payoff is on the maximum (else the minimum). */
const readsMaximum = (option: LookbackOption): boolean =>
  (option.strike === "Floating") === (option.right === "Put")

/**
 * Between two points of the path the extreme of the Brownian bridge is drawn exactly, so
 * continuous monitoring has no bias under Black-Scholes. Controls: the final spot, and a fixed
 * strike's vanilla.
 */
export const lookbackFunctional = (
  option: LookbackOption,
  dynamics: Dynamics,
  grid: TimeGrid
): Functional => {
  const { strike, timeToExpirationYears: end } = option
  const steps = grid.timesYears.length - 1
  const discount = discountTo(dynamics, end)
  const isContinuous = option.monitoring === "Continuous"
  const dates = isContinuous ? 0 : option.monitoring.length
  const side = readsMaximum(option) ? 1 : -1
  const payoffSign = option.right === "Call" ? 1 : -1
  const hasVanilla = dynamics._tag === "BlackScholes" && strike !== "Floating"
  const vanilla = hasVanilla ? [vanillaMean(option, strike, dynamics)] : []
  const extreme = {
    at: isContinuous ? bridgeExtreme(side, steps) : listedExtreme(side, grid.eventIndex, dates)
  }
  return {
    uniformCount: isContinuous ? steps : 0,
    controlMeans: [discount * forwardAt(dynamics, end), ...vanilla],
    greekMethod: "Pathwise",
    usesInitialSpot: isContinuous,
    evaluate: (path, sample) => {
      const final = path.spots[steps]!
      sample.controls[0] = discount * final
      if (strike === "Floating") {
        const level = extreme.at(path, sample, -payoffSign * discount)
        sample.value = discount * payoffSign * (final - level)
        sample.logGradient[steps]! += discount * payoffSign * final
        return
      }
      if (hasVanilla) sample.controls[1] = discount * Math.max(payoffSign * (final - strike), 0)
      const level = extreme.at(path, sample, payoffSign * discount)
      const intrinsic = payoffSign * (level - strike)
      sample.value = intrinsic > 0 ? discount * intrinsic : 0
      if (intrinsic > 0) return
      sample.logGradient.fill(0)
      sample.volatilityGradient = 0
    }
  }
}

const vanillaMean = (
  option: LookbackOption,
  strike: number,
  dynamics: Extract<Dynamics, { readonly _tag: "BlackScholes" }>
): number =>
  blackScholesPrice(
    option.right === "Call",
    dynamics.spot,
    strike,
    option.timeToExpirationYears,
    dynamics.riskFreeRate,
    dynamics.dividendYield,
    dynamics.volatility
  )

/** Gives the extreme and adds `weight` times its derivatives to the sample's gradients. */
type Extreme = (path: Path, sample: Sample, weight: number) => number

const listedExtreme =
  (side: number, eventIndex: Int32Array, dates: number): Extreme =>
  ({ spots }, { logGradient }, weight) => {
    let best = eventIndex[0]!
    for (let k = 1; k < dates; k++) {
      const at = eventIndex[k]!
      if (side * spots[at]! > side * spots[best]!) best = at
    }
    logGradient[best]! += weight * spots[best]!
    return spots[best]!
  }

/**
 * The maximum of a bridge from x to y with variance v is (x + y + sqrt((y - x)^2 - 2 v ln U)) / 2.
 * Its volatility derivative uses dv/dsigma = 2 v / sigma, with sigma^2 = v over the step's years.
 */
const bridgeExtreme =
  (side: number, steps: number): Extreme =>
  (path, sample, weight) => {
    const { logSpots, stepVariances, uniforms, timesYears } = path
    let best = side * -Infinity
    let at = 0
    for (let i = 0; i < steps; i++) {
      const move = logSpots[i + 1]! - logSpots[i]!
      const root = Math.sqrt(move * move - 2 * stepVariances[i]! * Math.log(uniforms[i]!))
      const reached = 0.5 * (logSpots[i]! + logSpots[i + 1]! + side * root)
      if (side * reached > side * best) {
        best = reached
        at = i
      }
    }
    const level = Math.exp(best)
    const move = logSpots[at + 1]! - logSpots[at]!
    const variance = stepVariances[at]!
    const draw = -Math.log(uniforms[at]!)
    const root = Math.sqrt(move * move + 2 * variance * draw)
    const share = root > 0 ? (side * move) / root : 0
    sample.logGradient[at]! += 0.5 * weight * level * (1 - share)
    sample.logGradient[at + 1]! += 0.5 * weight * level * (1 + share)
    if (root > 0) {
      const sigma = Math.sqrt(variance / (timesYears[at + 1]! - timesYears[at]!))
      sample.volatilityGradient += (weight * level * side * draw * variance) / (root * sigma)
    }
    return level
  }
