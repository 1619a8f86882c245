/** Asian options: the payoff is on the average of the spot at given dates. */
import { blackScholesPrice, type OptionRight } from "../blackScholes.ts"
import type { InvalidPricingInput } from "../engine.ts"
import { type Dynamics, discountTo, forwardAt } from "./dynamics.ts"
import { firstInvalid, increasingTimes, refusal, requires } from "./inputRules.ts"
import type { Functional, TimeGrid } from "./path.ts"

export type AsianOption = {
  readonly _tag: "Asian"
  readonly right: OptionRight
  readonly average: "Arithmetic" | "Geometric"
  /** Currency, > 0. */
  readonly strike: number
  /** Years from now, increasing, > 0. */
  readonly fixingTimesYears: ReadonlyArray<number>
  /** When it pays; not before the last fixing. */
  readonly paymentTimeYears: number
}

export const invalidAsian = (option: AsianOption): InvalidPricingInput | undefined => {
  const last = option.fixingTimesYears.at(-1) ?? 0
  return firstInvalid([
    requires.positive("strike", option.strike),
    increasingTimes("fixingTimesYears", option.fixingTimesYears),
    option.paymentTimeYears >= last && option.paymentTimeYears < 1000
      ? undefined
      : refusal(
          "paymentTimeYears",
          option.paymentTimeYears,
          `from the last fixing (${last}) to below 1000`
        )
  ])
}

/**
 * Value of a geometric Asian option on discrete fixings under Black-Scholes, exact.
 *
 * Source: Haug, The Complete Guide to Option Pricing Formulas, 2nd ed., section 4.20.1 (the average
 * is lognormal: mean and variance of its logarithm summed over the fixings).
 */
export const geometricAsianPrice = (
  option: AsianOption,
  dynamics: Extract<Dynamics, { readonly _tag: "BlackScholes" }>
): number => {
  const { spot, volatility, riskFreeRate, dividendYield } = dynamics
  const times = option.fixingTimesYears
  const count = times.length
  let meanTime = 0
  let spread = 0
  for (const [index, time] of times.entries()) {
    meanTime += time / count
    spread += (time * (2 * (count - index) - 1)) / (count * count)
  }
  const growth = (riskFreeRate - dividendYield - 0.5 * volatility * volatility) * meanTime
  const variance = volatility * volatility * spread
  return lognormalOption(
    option.right,
    spot * Math.exp(growth + 0.5 * variance),
    option.strike,
    variance,
    discountTo(dynamics, option.paymentTimeYears)
  )
}

/**
 * Value of a geometric Asian option averaged continuously from now to `paymentTimeYears`, exact.
 *
 * Source: Kemna and Vorst, J. Banking and Finance 14 (1990).
 */
export const continuousGeometricAsianPrice = (
  option: AsianOption,
  dynamics: Extract<Dynamics, { readonly _tag: "BlackScholes" }>
): number => {
  const { spot, volatility, riskFreeRate, dividendYield } = dynamics
  const time = option.paymentTimeYears
  const variance = (volatility * volatility * time) / 3
  const growth = 0.5 * (riskFreeRate - dividendYield - 0.5 * volatility * volatility) * time
  return lognormalOption(
    option.right,
    spot * Math.exp(growth + 0.5 * variance),
    option.strike,
    variance,
    discountTo(dynamics, time)
  )
}

const lognormalOption = (
  right: OptionRight,
  forward: number,
  strike: number,
  variance: number,
  discount: number
): number =>
  discount * blackScholesPrice(right === "Call", forward, strike, 1, 0, 0, Math.sqrt(variance))

/** Controls: the average itself and, under Black-Scholes, the geometric option. */
export const asianFunctional = (
  option: AsianOption,
  dynamics: Dynamics,
  grid: TimeGrid
): Functional => {
  const { fixingTimesYears, strike } = option
  const { eventIndex } = grid
  const count = fixingTimesYears.length
  const discount = discountTo(dynamics, option.paymentTimeYears)
  const sign = option.right === "Call" ? 1 : -1
  const isGeometric = option.average === "Geometric"
  const forwardMean = fixingTimesYears.reduce((sum, t) => sum + forwardAt(dynamics, t) / count, 0)
  const geometricMean =
    dynamics._tag === "BlackScholes" && !isGeometric
      ? [geometricAsianPrice({ ...option, average: "Geometric" }, dynamics)]
      : []
  return {
    uniformCount: 0,
    controlMeans: [discount * forwardMean, ...geometricMean],
    greekMethod: "Pathwise",
    usesInitialSpot: false,
    evaluate: ({ spots, logSpots }, sample) => {
      let sum = 0
      let logSum = 0
      for (let k = 0; k < count; k++) {
        sum += spots[eventIndex[k]!]!
        logSum += logSpots[eventIndex[k]!]!
      }
      const geometric = Math.exp(logSum / count)
      const average = isGeometric ? geometric : sum / count
      const intrinsic = sign * (average - strike)
      sample.value = intrinsic > 0 ? discount * intrinsic : 0
      sample.controls[0] = (discount * sum) / count
      if (!isGeometric) {
        sample.controls[1] = discount * Math.max(sign * (geometric - strike), 0)
      }
      if (!(intrinsic > 0)) return
      const weight = (discount * sign) / count
      for (let k = 0; k < count; k++) {
        const at = eventIndex[k]!
        sample.logGradient[at] = weight * (isGeometric ? geometric : spots[at]!)
      }
    }
  }
}
