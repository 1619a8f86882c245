/**
 * How the underlying moves under the pricing measure: plain data, so it can cross to a worker
 * thread.
 */
import type { InvalidPricingInput } from "../engine.ts"
import { firstInvalid, isRate, requires } from "./inputRules.ts"
import type { LocalVolatilityGrid } from "./localVolatilityGrid.ts"

type Market = {
  /** Currency, > 0. */
  readonly spot: number
  /** Continuous, per year. */
  readonly riskFreeRate: number
  /** Continuous, per year. */
  readonly dividendYield: number
}

export type BlackScholesDynamics = Market & {
  readonly _tag: "BlackScholes"
  /** 0.20 means 20 % per square root of a year, > 0. */
  readonly volatility: number
}

export type LocalVolatilityDynamics = Market & {
  readonly _tag: "LocalVolatility"
  readonly grid: LocalVolatilityGrid
  /** Longest step of the log-Euler scheme; its bias is of this order. */
  readonly stepYearsMax: number
}

/**
 * dv = meanReversion (longRunVariance - v) dt + volatilityOfVariance sqrt(v) dB, dB dW =
 * correlation dt.
 */
export type HestonDynamics = Market & {
  readonly _tag: "Heston"
  readonly initialVariance: number
  readonly longRunVariance: number
  readonly meanReversion: number
  readonly volatilityOfVariance: number
  readonly correlation: number
  /** Longest step of the quadratic-exponential scheme. */
  readonly stepYearsMax: number
}

export type Dynamics = BlackScholesDynamics | LocalVolatilityDynamics | HestonDynamics

/** E[S_t], currency. */
export const forwardAt = (dynamics: Market, timeYears: number): number =>
  dynamics.spot * Math.exp((dynamics.riskFreeRate - dynamics.dividendYield) * timeYears)

export const discountTo = (dynamics: Market, timeYears: number): number =>
  Math.exp(-dynamics.riskFreeRate * timeYears)

/** What is wrong with the numbers, if anything is. */
export const invalidDynamics = (dynamics: Dynamics): InvalidPricingInput | undefined =>
  firstInvalid([
    requires.positive("spot", dynamics.spot),
    isRate("riskFreeRate", dynamics.riskFreeRate),
    isRate("dividendYield", dynamics.dividendYield),
    ...modelRules(dynamics)
  ])

const modelRules = (dynamics: Dynamics): ReadonlyArray<InvalidPricingInput | undefined> => {
  switch (dynamics._tag) {
    case "BlackScholes":
      return [
        requires.between("volatility", dynamics.volatility, {
          isAllowed: (v) => v > 0 && v <= 10,
          allowed: "above 0, at most 10 (0.20 is 20 %)"
        })
      ]
    case "LocalVolatility":
      return [requires.positive("stepYearsMax", dynamics.stepYearsMax)]
    case "Heston":
      return [
        requires.positive("initialVariance", dynamics.initialVariance),
        requires.positive("longRunVariance", dynamics.longRunVariance),
        requires.positive("meanReversion", dynamics.meanReversion),
        requires.positive("volatilityOfVariance", dynamics.volatilityOfVariance),
        requires.between("correlation", dynamics.correlation, {
          isAllowed: (v) => v > -1 && v < 1,
          allowed: "above -1 and below 1"
        }),
        requires.positive("stepYearsMax", dynamics.stepYearsMax)
      ]
  }
}
