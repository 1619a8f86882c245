import { assert, describe, it } from "@effect/vitest"
import {
  blackScholesGreeks,
  blackScholesPrice
} from "../../../../src/domain/pricing/blackScholes.ts"
import type { AsianOption } from "../../../../src/domain/pricing/exotics/asian.ts"
import { continuityCorrectedBarrier } from "../../../../src/domain/pricing/exotics/barrierPrice.ts"
import type { Dynamics, HestonDynamics } from "../../../../src/domain/pricing/exotics/dynamics.ts"
import {
  localVolatilityGrid,
  type TotalVariance
} from "../../../../src/domain/pricing/exotics/localVolatilityGrid.ts"
import type { ExoticProduct } from "../../../../src/domain/pricing/exotics/product.ts"
import { assertWithinThree, estimated } from "./exoticRows.ts"

/** A European option, as the Asian option on one fixing. */
const european = (right: "Call" | "Put", strike: number, timeYears: number): AsianOption => ({
  _tag: "Asian",
  right,
  average: "Arithmetic",
  strike,
  fixingTimesYears: [timeYears],
  paymentTimeYears: timeYears
})

const simulated = (product: ExoticProduct, dynamics: Dynamics, pathsPerReplicate = 64) =>
  estimated(
    { product, dynamics },
    { pathsPerReplicate, pathsPerBlock: pathsPerReplicate, greeks: true }
  )

const heston = (
  [riskFreeRate, dividendYield]: readonly [number, number],
  [initialVariance, meanReversion, longRunVariance, volatilityOfVariance, correlation]: readonly [
    number,
    number,
    number,
    number,
    number
  ]
): HestonDynamics => ({
  _tag: "Heston",
  spot: 100,
  riskFreeRate,
  dividendYield,
  initialVariance,
  meanReversion,
  longRunVariance,
  volatilityOfVariance,
  correlation,
  stepYearsMax: 1 / 32
})

/** QuantLib 1.44 AnalyticHestonEngine; delta and gamma of the call by central differences. */
const hestonReferences = [
  {
    dynamics: heston([0.03, 0.01], [0.04, 2, 0.05, 0.6, -0.6]),
    strike: 100,
    timeYears: 1,
    call: 8.651774867026562,
    put: 6.691344846960579,
    delta: 0.657030391630542,
    gamma: 0.01976123918110062
  },
  {
    dynamics: heston([0.02, 0], [0.0175, 1.5768, 0.0398, 0.5751, -0.5711]),
    strike: 110,
    timeYears: 2,
    call: 6.103647966826638,
    put: 11.79048627358219,
    delta: 0.5131499623432845,
    gamma: 0.023264497636180437
  },
  {
    dynamics: heston([0.05, 0.02], [0.09, 1, 0.09, 1, -0.9]),
    strike: 85,
    timeYears: 182 / 365,
    call: 18.963935975541364,
    put: 2.8632609891853305,
    delta: 0.8858673207331691,
    gamma: 0.005048568086451155
  }
] as const

describe("Heston paths", () => {
  it("price European options as QuantLib's engine does, variance often at zero too", () => {
    for (const { dynamics, strike, timeYears, ...expected } of hestonReferences) {
      const call = simulated(european("Call", strike, timeYears), dynamics)
      const put = simulated(european("Put", strike, timeYears), dynamics)
      const name = `strike ${strike}`
      assertWithinThree(call, expected.call, `${name} call`)
      assertWithinThree(put, expected.put, `${name} put`)
      assertWithinThree(call.delta, expected.delta, `${name} delta`)
      assertWithinThree(call.gamma, expected.gamma, `${name} gamma`)
      assert.isUndefined(call.vegaPerVol)
      assert.isBelow(call.standardError, 0.1)
    }
  })
})

const market = { spot: 100, riskFreeRate: 0.03, dividendYield: 0.01 }

const localVolatility = (totalVariance: TotalVariance): Dynamics => ({
  ...market,
  _tag: "LocalVolatility",
  stepYearsMax: 1 / 64,
  grid: localVolatilityGrid(totalVariance, {
    timesYears: Array.from({ length: 40 }, (_, k) => 0.005 + (k * k) / 1500),
    logMoneynessMax: 1.5,
    logMoneynessCount: 121,
    floor: 0.02,
    cap: 2
  }).grid
})

describe("Local volatility paths", () => {
  it("on a flat surface are Black-Scholes', greeks too", () => {
    const flat = localVolatility((_, timeYears) => 0.04 * timeYears)
    const call = simulated(european("Call", 105, 1), flat)
    const exact = blackScholesGreeks({
      ...market,
      right: "Call",
      strike: 105,
      timeToExpirationYears: 1,
      volatility: 0.2
    })
    assertWithinThree(call, exact.price, "price")
    assertWithinThree(call.delta, exact.delta, "delta")
    assertWithinThree(call.vegaPerVol, exact.vegaPerVol, "vega")
  })

  it("reprice the options of the skewed surface they were made from", () => {
    // SSVI: total variance 0.04 t at the money, correlation -0.6, free of arbitrage.
    const surface: TotalVariance = (k, timeYears) => {
      const theta = 0.04 * timeYears
      const phi = 4
      const shifted = phi * k - 0.6
      return 0.5 * theta * (1 - 0.6 * phi * k + Math.sqrt(shifted * shifted + 1 - 0.36))
    }
    const dynamics = localVolatility(surface)
    for (const strike of [80, 95, 105, 120]) {
      const right = strike < 100 ? "Put" : "Call"
      const forward = 100 * Math.exp(0.02)
      const volatility = Math.sqrt(surface(Math.log(strike / forward), 1))
      const exact = blackScholesPrice(right === "Call", 100, strike, 1, 0.03, 0.01, volatility)
      const { value, standardError } = simulated(european(right, strike, 1), dynamics)
      // The Euler scheme's own bias at 64 steps a year is 0.03, under 0.1 volatility points.
      assert.closeTo(value, exact, 3 * standardError + 0.03, `strike ${strike}`)
    }
  })
})

describe("Barriers under other models", () => {
  it("watched continuously agree with dates by way of the continuity correction", () => {
    const { dynamics } = hestonReferences[0]
    const product = {
      _tag: "Barrier",
      direction: "Down",
      knock: "Out",
      right: "Call",
      strike: 100,
      barrier: 88,
      rebate: 1,
      timeToExpirationYears: 0.5
    } as const
    const dates = 16
    const stepYears = product.timeToExpirationYears / dates
    const dated = simulated({ ...product, monitoring: dates }, dynamics, 256)
    const barrier = continuityCorrectedBarrier(product, 0.2, stepYears)
    const moved = simulated({ ...product, barrier, monitoring: "Continuous" }, dynamics, 256)
    const unmoved = simulated({ ...product, monitoring: "Continuous" }, dynamics, 256)
    assertWithinThree(dated, moved.value, "corrected", moved.standardError)
    assert.isAbove(dated.value - unmoved.value, 3 * dated.standardError)
  })
})
