import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { blackScholesGreeks } from "../../../../src/domain/pricing/blackScholes.ts"
import { barrierPrice } from "../../../../src/domain/pricing/exotics/barrierPrice.ts"
import type { BlackScholesDynamics } from "../../../../src/domain/pricing/exotics/dynamics.ts"
import type { ExoticEstimate } from "../../../../src/domain/pricing/exotics/estimate.ts"
import { lookbackPrice } from "../../../../src/domain/pricing/exotics/lookbackPrice.ts"
import type { ExoticProduct } from "../../../../src/domain/pricing/exotics/product.ts"
import { assertWithinThree, estimated } from "./exoticRows.ts"

const dynamics: BlackScholesDynamics = {
  _tag: "BlackScholes",
  spot: 100,
  riskFreeRate: 0.04,
  dividendYield: 0.01,
  volatility: 0.25
}

const year = { timeToExpirationYears: 1, monitoring: "Continuous" } as const

/** Central differences of an exact price. */
const bumped = (price: (dynamics: BlackScholesDynamics) => number) => {
  const at = (spot: number, volatility: number) => price({ ...dynamics, spot, volatility })
  const h = 1e-2
  const v = 1e-4
  return {
    delta: (at(100 + h, 0.25) - at(100 - h, 0.25)) / (2 * h),
    gamma: (at(101, 0.25) - 2 * at(100, 0.25) + at(99, 0.25)) / 1,
    vegaPerVol: (at(100, 0.25 + v) - at(100, 0.25 - v)) / (2 * v)
  }
}

const withGreeks = (product: ExoticProduct): ExoticEstimate =>
  estimated({ product, dynamics }, { greeks: true, pathsPerReplicate: 1024, pathsPerBlock: 1024 })

describe("Pathwise greeks", () => {
  it("of an Asian option on one fixing are Black-Scholes'", () => {
    const exact = blackScholesGreeks({
      ...dynamics,
      right: "Call",
      strike: 105,
      timeToExpirationYears: 1
    })
    const estimate = withGreeks({
      _tag: "Asian",
      right: "Call",
      average: "Arithmetic",
      strike: 105,
      fixingTimesYears: [1],
      paymentTimeYears: 1
    })
    assertWithinThree(estimate.delta, exact.delta, "delta")
    assertWithinThree(estimate.gamma, exact.gamma, "gamma")
    assertWithinThree(estimate.vegaPerVol, exact.vegaPerVol, "vega")
    assert.isBelow(estimate.delta!.standardError, 1e-3)
  })

  it("of continuous barriers are those of the closed form, for all eight types", () => {
    for (const [direction, barrier] of [["Up", 120] as const, ["Down", 85] as const]) {
      for (const knock of ["In", "Out"] as const) {
        for (const right of ["Call", "Put"] as const) {
          const product = {
            ...year,
            _tag: "Barrier",
            direction,
            knock,
            right,
            strike: 100,
            barrier,
            rebate: 2
          } as const
          const exact = bumped((moved) => Result.getOrThrow(barrierPrice(product, moved)))
          const { delta, vegaPerVol } = withGreeks(product)
          const name = `${direction} ${knock} ${right}`
          assertWithinThree(delta, exact.delta, `${name} delta`)
          assertWithinThree(vegaPerVol, exact.vegaPerVol, `${name} vega`)
        }
      }
    }
  })

  it("of continuous lookbacks are those of the closed form", () => {
    for (const strike of ["Floating", 105] as const) {
      for (const right of ["Call", "Put"] as const) {
        const product = { ...year, _tag: "Lookback", right, strike } as const
        const exact = bumped((moved) => Result.getOrThrow(lookbackPrice(product, moved)))
        const { delta, vegaPerVol } = withGreeks(product)
        assertWithinThree(delta, exact.delta, `${strike} ${right} delta`)
        assertWithinThree(vegaPerVol, exact.vegaPerVol, `${strike} ${right} vega`)
      }
    }
  })

  it("of a cliquet from today see no spot at all", () => {
    const { delta } = withGreeks({
      _tag: "Cliquet",
      notional: 100,
      resetTimesYears: [0, 0.5, 1],
      localFloor: -0.1,
      localCap: 0.1,
      globalFloor: 0,
      globalCap: 0.15
    })
    assert.closeTo(delta!.value, 0, 1e-14)
  })
})

describe("Likelihood-ratio greeks", () => {
  it("of an autocallable with one observation are those of its digital and put", () => {
    const product = {
      _tag: "Autocallable",
      notional: 100,
      initialSpot: 100,
      observationTimesYears: [1],
      autocallBarrier: 105,
      couponPerPeriod: 0.08,
      knockInBarrier: 100,
      knockInMonitoring: "AtMaturity"
    } as const
    // Pays 108 above 105, else min(S, 100): a bond, less a put at 100, and 8 digitals at 105.
    const exact = bumped((moved) => {
      const at = (right: "Call" | "Put", strike: number) =>
        blackScholesGreeks({ ...moved, right, strike, timeToExpirationYears: 1 })
      return -at("Put", 100).price - 8 * at("Call", 105).dualDelta
    })
    const { delta, gamma, vegaPerVol } = withGreeks(product)
    assertWithinThree(delta, exact.delta, "delta")
    assertWithinThree(gamma, exact.gamma, "gamma")
    assertWithinThree(vegaPerVol, exact.vegaPerVol, "vega")
    assert.isBelow(delta!.standardError, 0.02)
  })

  it("of a barrier watched once are those of a gap option", () => {
    const product = {
      _tag: "Barrier",
      direction: "Up",
      knock: "Out",
      right: "Call",
      strike: 100,
      barrier: 115,
      rebate: 0,
      timeToExpirationYears: 1,
      monitoring: 1
    } as const
    const exact = bumped((moved) => {
      const call = (strike: number) =>
        blackScholesGreeks({ ...moved, right: "Call", strike, timeToExpirationYears: 1 })
      return call(100).price - call(115).price + 15 * call(115).dualDelta
    })
    const { delta, gamma, vegaPerVol } = withGreeks(product)
    assertWithinThree(delta, exact.delta, "delta")
    assertWithinThree(gamma, exact.gamma, "gamma")
    assertWithinThree(vegaPerVol, exact.vegaPerVol, "vega")
  })
})
