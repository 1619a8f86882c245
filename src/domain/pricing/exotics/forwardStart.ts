/**
 * Forward-start options: at each reset the strike is set to a multiple of the spot, and the
 * option pays at the next reset. One period is a forward-start option, several are a strip (a
 * cliquet of options).
 */
import { blackScholesPrice, type OptionRight } from "../blackScholes.ts"
import type { InvalidPricingInput } from "../engine.ts"
import { type BlackScholesDynamics, type Dynamics, discountTo, forwardAt } from "./dynamics.ts"
import { firstInvalid, increasingTimes, refusal, requires } from "./inputRules.ts"
import type { Functional, TimeGrid } from "./path.ts"

export type ForwardStartStrip = {
  readonly _tag: "ForwardStart"
  readonly right: OptionRight
  /** Strike over the spot at the reset, > 0. */
  readonly moneyness: number
  /** Years, increasing, the first >= 0. */
  readonly resetTimesYears: ReadonlyArray<number>
}

export const invalidForwardStart = (product: ForwardStartStrip): InvalidPricingInput | undefined =>
  firstInvalid([
    requires.positive("moneyness", product.moneyness),
    increasingTimes("resetTimesYears", product.resetTimesYears, "FromZero"),
    product.resetTimesYears.length < 2
      ? refusal("resetTimesYears.length", product.resetTimesYears.length, "2 or more")
      : undefined
  ])

export const forwardStartEvents = (product: ForwardStartStrip): ReadonlyArray<number> =>
  product.resetTimesYears[0] === 0 ? product.resetTimesYears.slice(1) : product.resetTimesYears

/** Exact under Black-Scholes. Source: Rubinstein, "Pay now, choose later", Risk 4(2) (1991). */
export const forwardStartPrice = (
  product: ForwardStartStrip,
  dynamics: BlackScholesDynamics
): number => {
  const { spot, riskFreeRate, dividendYield, volatility } = dynamics
  const { resetTimesYears: resets, right, moneyness } = product
  let value = 0
  for (let k = 1; k < resets.length; k++) {
    const start = resets[k - 1]!
    value +=
      spot *
      Math.exp(-dividendYield * start) *
      blackScholesPrice(
        right === "Call",
        1,
        moneyness,
        resets[k]! - start,
        riskFreeRate,
        dividendYield,
        volatility
      )
  }
  return value
}

/** Controls: the discounted spots at the ends, summed. */
export const forwardStartFunctional = (
  product: ForwardStartStrip,
  dynamics: Dynamics,
  grid: TimeGrid
): Functional => {
  const { moneyness } = product
  const sign = product.right === "Call" ? 1 : -1
  const startsNow = product.resetTimesYears[0] === 0
  const resets = startsNow ? Int32Array.of(0, ...grid.eventIndex) : grid.eventIndex
  const discounts = Float64Array.from(product.resetTimesYears, (t) => discountTo(dynamics, t))
  const forwards = product.resetTimesYears.slice(1).map((t, k) => {
    return discounts[k + 1]! * forwardAt(dynamics, t)
  })
  return {
    uniformCount: 0,
    controlMeans: [forwards.reduce((sum, forward) => sum + forward, 0)],
    greekMethod: "Pathwise",
    usesInitialSpot: startsNow,
    evaluate: ({ spots }, sample) => {
      let value = 0
      let control = 0
      for (let k = 1; k < resets.length; k++) {
        const discount = discounts[k]!
        const start = discount * spots[resets[k - 1]!]! * moneyness
        const end = discount * spots[resets[k]!]!
        control += end
        const intrinsic = sign * (end - start)
        if (!(intrinsic > 0)) continue
        value += intrinsic
        sample.logGradient[resets[k]!]! += sign * end
        sample.logGradient[resets[k - 1]!]! -= sign * start
      }
      sample.value = value
      sample.controls[0] = control
    }
  }
}
