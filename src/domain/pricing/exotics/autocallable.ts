/**
 * Autocallable notes: redeemed early with a coupon per period when the spot is at or above a
 * barrier on an observation date; otherwise the principal is at risk once a lower barrier has
 * been touched.
 */
import { blackScholesGreeks, blackScholesPrice } from "../blackScholes.ts"
import type { InvalidPricingInput } from "../engine.ts"
import { type BlackScholesDynamics, type Dynamics, discountTo, forwardAt } from "./dynamics.ts"
import { firstInvalid, increasingTimes, requires } from "./inputRules.ts"
import type { Functional, TimeGrid } from "./path.ts"

export type Autocallable = {
  readonly _tag: "Autocallable"
  /** Currency, > 0. */
  readonly notional: number
  /** The spot that performance is measured from, > 0. */
  readonly initialSpot: number
  /** Years, increasing, > 0; the last is maturity and may redeem early too. */
  readonly observationTimesYears: ReadonlyArray<number>
  /** Spot level, > 0. */
  readonly autocallBarrier: number
  /** Fraction of the notional per observation elapsed: redemption i pays 1 + i x coupon. */
  readonly couponPerPeriod: number
  /** Spot level, > 0; at or below it the principal is at risk. */
  readonly knockInBarrier: number
  /** Dates per period on which the lower barrier counts (evenly spaced), or maturity alone. */
  readonly knockInMonitoring: "AtMaturity" | number
}

export const invalidAutocallable = (product: Autocallable): InvalidPricingInput | undefined =>
  firstInvalid([
    requires.positive("notional", product.notional),
    requires.positive("initialSpot", product.initialSpot),
    increasingTimes("observationTimesYears", product.observationTimesYears),
    requires.positive("autocallBarrier", product.autocallBarrier),
    requires.notNegative("couponPerPeriod", product.couponPerPeriod),
    requires.positive("knockInBarrier", product.knockInBarrier),
    product.knockInMonitoring === "AtMaturity"
      ? undefined
      : requires.wholeNumber("knockInMonitoring", product.knockInMonitoring, 10_000)
  ])

const stepsPerPeriod = (product: Autocallable): number =>
  product.knockInMonitoring === "AtMaturity" ? 1 : product.knockInMonitoring

export const autocallableEvents = (product: Autocallable): ReadonlyArray<number> => {
  const steps = stepsPerPeriod(product)
  return product.observationTimesYears.flatMap((time, period) => {
    const start = period === 0 ? 0 : product.observationTimesYears[period - 1]!
    return Array.from({ length: steps }, (_, k) =>
      k === steps - 1 ? time : start + ((time - start) * (k + 1)) / steps
    )
  })
}

/**
 * Controls: the discounted final spot and, under Black-Scholes, the put on the final spot struck
 * at the initial one, and for each observation the digital that pays when the spot is above the
 * barrier.
 */
export const autocallableFunctional = (
  product: Autocallable,
  dynamics: Dynamics,
  grid: TimeGrid
): Functional => {
  const { notional, initialSpot, observationTimesYears: dates, autocallBarrier } = product
  const { knockInBarrier, couponPerPeriod } = product
  const { eventIndex } = grid
  const steps = stepsPerPeriod(product)
  const periods = dates.length
  const last = dates[periods - 1]!
  const discounts = Float64Array.from(dates, (t) => notional * discountTo(dynamics, t))
  const lastDiscount = discounts[periods - 1]!
  const isBlackScholes = dynamics._tag === "BlackScholes"
  const digitalCount = isBlackScholes ? Math.min(periods, digitalsMax) : 0
  const closedMeans = isBlackScholes
    ? [putMean(product, dynamics), ...digitalMeans(product, dynamics, digitalCount)]
    : []
  return {
    uniformCount: 0,
    controlMeans: [(lastDiscount * forwardAt(dynamics, last)) / initialSpot, ...closedMeans],
    greekMethod: "LikelihoodRatio",
    usesInitialSpot: false,
    evaluate: ({ spots }, sample) => {
      const { controls } = sample
      const performance = spots[eventIndex[periods * steps - 1]!]! / initialSpot
      controls[0] = lastDiscount * performance
      if (isBlackScholes) controls[1] = lastDiscount * Math.max(1 - performance, 0)
      for (let i = 0; i < digitalCount; i++) {
        const isAbove = spots[eventIndex[(i + 1) * steps - 1]!]! >= autocallBarrier
        controls[2 + i] = isAbove ? discounts[i]! : 0
      }
      for (let i = 0; i < periods; i++) {
        if (spots[eventIndex[(i + 1) * steps - 1]!]! >= autocallBarrier) {
          sample.value = discounts[i]! * (1 + (i + 1) * couponPerPeriod)
          return
        }
      }
      let isKnockedIn = false
      for (let k = steps === 1 ? periods - 1 : 0; k < periods * steps; k++) {
        if (spots[eventIndex[k]!]! <= knockInBarrier) {
          isKnockedIn = true
          break
        }
      }
      sample.value = lastDiscount * (isKnockedIn ? Math.min(performance, 1) : 1)
    }
  }
}

/** More controls than this cost more than they save. */
const digitalsMax = 4

const putMean = (product: Autocallable, dynamics: BlackScholesDynamics): number =>
  (product.notional / product.initialSpot) *
  blackScholesPrice(
    false,
    dynamics.spot,
    product.initialSpot,
    product.observationTimesYears.at(-1)!,
    dynamics.riskFreeRate,
    dynamics.dividendYield,
    dynamics.volatility
  )

/** A digital call is minus the strike derivative of a call. */
const digitalMeans = (
  product: Autocallable,
  dynamics: BlackScholesDynamics,
  count: number
): ReadonlyArray<number> =>
  product.observationTimesYears.slice(0, count).map((timeToExpirationYears) => {
    const call = blackScholesGreeks({
      ...dynamics,
      right: "Call",
      strike: product.autocallBarrier,
      timeToExpirationYears
    })
    return -product.notional * call.dualDelta
  })
