/**
 * Accumulators: on each fixing the holder buys at a strike below the market, more of it when the
 * spot is under the strike, until the spot reaches an upper barrier.
 */
import { blackScholesGreeks } from "../blackScholes.ts"
import type { InvalidPricingInput } from "../engine.ts"
import { type BlackScholesDynamics, type Dynamics, discountTo, forwardAt } from "./dynamics.ts"
import { firstInvalid, increasingTimes, requires } from "./inputRules.ts"
import type { Functional, TimeGrid } from "./path.ts"

export type Accumulator = {
  readonly _tag: "Accumulator"
  /** Currency, > 0. */
  readonly strike: number
  /**
   * Spot level, > strike: at or above it on a fixing everything ends, with no purchase that day.
   */
  readonly knockOutBarrier: number
  /** Units bought on a fixing at or above the strike, > 0. */
  readonly quantityPerFixing: number
  /** How many times as many below the strike, > 0. */
  readonly gear: number
  /** Years, increasing, > 0; each purchase settles on its fixing. */
  readonly fixingTimesYears: ReadonlyArray<number>
}

export const invalidAccumulator = (product: Accumulator): InvalidPricingInput | undefined =>
  firstInvalid([
    requires.positive("strike", product.strike),
    requires.between("knockOutBarrier", product.knockOutBarrier, {
      isAllowed: (barrier) => barrier > product.strike,
      allowed: `above the strike, which is ${product.strike}`
    }),
    requires.positive("quantityPerFixing", product.quantityPerFixing),
    requires.positive("gear", product.gear),
    increasingTimes("fixingTimesYears", product.fixingTimesYears)
  ])

/**
 * Controls: every purchase made whatever the spot does (a strip of forwards) and, under
 * Black-Scholes, each purchase made unless the spot is above the barrier on its own fixing (a
 * strip of options).
 */
export const accumulatorFunctional = (
  product: Accumulator,
  dynamics: Dynamics,
  grid: TimeGrid
): Functional => {
  const { strike, knockOutBarrier, gear, fixingTimesYears } = product
  const { eventIndex } = grid
  const count = fixingTimesYears.length
  const discounts = Float64Array.from(
    fixingTimesYears,
    (t) => product.quantityPerFixing * discountTo(dynamics, t)
  )
  const forwards = fixingTimesYears.reduce(
    (sum, t, k) => sum + discounts[k]! * (forwardAt(dynamics, t) - strike),
    0
  )
  const isBlackScholes = dynamics._tag === "BlackScholes"
  const options = isBlackScholes
    ? fixingTimesYears.reduce((sum, t) => sum + unlessAboveBarrier(product, dynamics, t), 0)
    : 0
  return {
    uniformCount: 0,
    controlMeans: isBlackScholes ? [forwards, options] : [forwards],
    greekMethod: "LikelihoodRatio",
    usesInitialSpot: false,
    evaluate: ({ spots }, sample) => {
      let value = 0
      let forwardStrip = 0
      let optionStrip = 0
      let isAlive = true
      for (let k = 0; k < count; k++) {
        const spot = spots[eventIndex[k]!]!
        const gain = discounts[k]! * (spot - strike)
        forwardStrip += gain
        if (spot >= knockOutBarrier) {
          isAlive = false
          continue
        }
        const purchase = gain < 0 ? gear * gain : gain
        optionStrip += purchase
        if (isAlive) value += purchase
      }
      sample.value = value
      sample.controls[0] = forwardStrip
      if (isBlackScholes) sample.controls[1] = optionStrip
    }
  }
}

/** Value of one fixing's purchase if only that fixing could knock it out. */
const unlessAboveBarrier = (
  product: Accumulator,
  dynamics: BlackScholesDynamics,
  timeToExpirationYears: number
): number => {
  const { strike, knockOutBarrier, gear, quantityPerFixing } = product
  const at = (right: "Call" | "Put", level: number) =>
    blackScholesGreeks({ ...dynamics, right, strike: level, timeToExpirationYears })
  const above = at("Call", knockOutBarrier)
  const gap = (knockOutBarrier - strike) * -above.dualDelta
  const calls = at("Call", strike).price - above.price - gap
  return quantityPerFixing * (calls - gear * at("Put", strike).price)
}
