/** Cliquets: a sum of capped and floored returns over consecutive periods, paid once at the end. */
import { blackScholesPrice } from "../blackScholes.ts"
import type { InvalidPricingInput } from "../engine.ts"
import { type BlackScholesDynamics, type Dynamics, discountTo } from "./dynamics.ts"
import { firstInvalid, increasingTimes, refusal, requires } from "./inputRules.ts"
import type { Functional, TimeGrid } from "./path.ts"

export type Cliquet = {
  readonly _tag: "Cliquet"
  /** Currency, > 0. */
  readonly notional: number
  /** Starts and ends of the periods, years, increasing, the first >= 0; paid at the last. */
  readonly resetTimesYears: ReadonlyArray<number>
  /** Of one period's simple return; -1 or below: none. */
  readonly localFloor: number
  /** Of one period's simple return; Infinity: none. */
  readonly localCap: number
  /** Of the sum; -Infinity: none. */
  readonly globalFloor: number
  /** Of the sum; Infinity: none. */
  readonly globalCap: number
}

export const invalidCliquet = (product: Cliquet): InvalidPricingInput | undefined =>
  firstInvalid([
    requires.positive("notional", product.notional),
    increasingTimes("resetTimesYears", product.resetTimesYears, "FromZero"),
    product.resetTimesYears.length < 2
      ? refusal("resetTimesYears.length", product.resetTimesYears.length, "2 or more")
      : undefined,
    requires.between("localCap", product.localCap, {
      isAllowed: (cap) => cap > -1,
      allowed: "above -1 (a simple return), or Infinity"
    }),
    requires.ordered(
      { field: "localFloor", value: product.localFloor },
      { field: "localCap", value: product.localCap }
    ),
    requires.ordered(
      { field: "globalFloor", value: product.globalFloor },
      { field: "globalCap", value: product.globalCap }
    )
  ])

/** The reset times above 0: what a simulation has to visit. */
export const cliquetEvents = (product: Cliquet): ReadonlyArray<number> =>
  product.resetTimesYears[0] === 0 ? product.resetTimesYears.slice(1) : product.resetTimesYears

/** Whether the global bounds can bind at all, given the local ones. */
export const hasGlobalBounds = (product: Cliquet): boolean => {
  const periods = product.resetTimesYears.length - 1
  return (
    product.globalFloor > periods * Math.max(product.localFloor, -1) ||
    product.globalCap < periods * product.localCap
  )
}

/**
 * Value under Black-Scholes of the sum of local returns, leaving the global bounds aside: exact,
 * and the cliquet's value when it has none.
 */
export const cliquetLocalPrice = (product: Cliquet, dynamics: BlackScholesDynamics): number => {
  const { resetTimesYears: resets, notional } = product
  let sum = 0
  for (let k = 1; k < resets.length; k++) {
    sum += expectedClippedReturn(product, dynamics, resets[k]! - resets[k - 1]!)
  }
  return notional * discountTo(dynamics, resets.at(-1)!) * sum
}

const expectedClippedReturn = (
  product: Cliquet,
  { riskFreeRate, dividendYield, volatility }: BlackScholesDynamics,
  periodYears: number
): number => {
  const growth = Math.exp((riskFreeRate - dividendYield) * periodYears)
  const callAbove = (level: number): number =>
    level <= 0
      ? growth - level
      : level === Infinity
        ? 0
        : blackScholesPrice(true, growth, level, 1, 0, 0, volatility * Math.sqrt(periodYears))
  const floor = Math.max(product.localFloor, -1)
  return floor + callAbove(1 + floor) - callAbove(1 + product.localCap)
}

/** Control: the sum without global bounds, when they bind. */
export const cliquetFunctional = (
  product: Cliquet,
  dynamics: Dynamics,
  grid: TimeGrid
): Functional => {
  const { localFloor, localCap, globalFloor, globalCap, notional } = product
  const startsNow = product.resetTimesYears[0] === 0
  const resets = startsNow ? Int32Array.of(0, ...grid.eventIndex) : grid.eventIndex
  const scale = notional * discountTo(dynamics, product.resetTimesYears.at(-1)!)
  const hasControl = dynamics._tag === "BlackScholes" && hasGlobalBounds(product)
  return {
    uniformCount: 0,
    controlMeans: hasControl ? [cliquetLocalPrice(product, dynamics)] : [],
    greekMethod: "Pathwise",
    usesInitialSpot: startsNow,
    evaluate: ({ spots }, sample) => {
      const { logGradient } = sample
      let sum = 0
      for (let k = 1; k < resets.length; k++) {
        const ratio = spots[resets[k]!]! / spots[resets[k - 1]!]!
        const local = ratio - 1
        if (local > localFloor && local < localCap) {
          logGradient[resets[k]!]! += scale * ratio
          logGradient[resets[k - 1]!]! -= scale * ratio
          sum += local
        } else {
          sum += local >= localCap ? localCap : localFloor
        }
      }
      const isFree = sum > globalFloor && sum < globalCap
      sample.value = scale * Math.min(Math.max(sum, globalFloor), globalCap)
      if (hasControl) sample.controls[0] = scale * sum
      if (!isFree) logGradient.fill(0)
    }
  }
}
