import { assert, describe, it } from "@effect/vitest"
import {
  fitSurface,
  forwardAt,
  totalVarianceAt,
  volatilityAt
} from "../../../../src/domain/market/surface/surface.ts"
import { blackScholesPrice } from "../../../../src/domain/pricing/blackScholes.ts"
import { localVolatilityGrid } from "../../../../src/domain/pricing/exotics/localVolatilityGrid.ts"
import { googQuotes } from "../../market/surface/googQuotes.ts"
import { estimated } from "./exoticRows.ts"

describe("Local volatility of the fitted GOOG surface", () => {
  const { market, expirations } = googQuotes(11 * 3_600_000)
  const surface = fitSurface(market, expirations)
  const timeYears = surface.expirations.find(
    (each) => each.expiration === "2016-06-17"
  )!.timeToExpirationYears
  const timesYears = Array.from({ length: 48 }, (_, at) => 0.01 + (timeYears * (at * at)) / 2_209)
  const { grid } = localVolatilityGrid((k, years) => totalVarianceAt(surface, k, years), {
    timesYears,
    logMoneynessMax: 0.6,
    logMoneynessCount: 121,
    floor: 0.02,
    cap: 1.5
  })
  const dividendYield =
    market.riskFreeRate - Math.log(forwardAt(surface, timeYears) / market.spot) / timeYears

  it("needs no bounds where the quotes are", () => {
    let bounded = 0
    let inside = 0
    timesYears.forEach((years, row) => {
      const reach = 2 * Math.sqrt(totalVarianceAt(surface, 0, years))
      for (let column = 0; column < grid.logMoneynessCount; column++) {
        const k = grid.logMoneynessMin + column * grid.logMoneynessStep
        if (Math.abs(k) > reach) continue
        const volatility = grid.volatilities[row * grid.logMoneynessCount + column]!
        inside++
        if (volatility <= 0.02 || volatility >= 1.5) bounded++
      }
    })
    assert.isAbove(inside, 1_000)
    assert.isBelow(bounded / inside, 0.01)
  })

  it("reprices the options that the surface was fitted to", () => {
    for (const strike of [650, 700, 750, 800, 850]) {
      const isCall = strike >= market.spot
      const volatility = volatilityAt(surface, strike, timeYears)
      const { spot, riskFreeRate } = market
      const exact = blackScholesPrice(
        isCall,
        spot,
        strike,
        timeYears,
        riskFreeRate,
        dividendYield,
        volatility
      )
      const { value, standardError } = estimated(
        {
          product: {
            _tag: "Asian",
            right: isCall ? "Call" : "Put",
            average: "Arithmetic",
            strike,
            fixingTimesYears: [timeYears],
            paymentTimeYears: timeYears
          },
          dynamics: {
            _tag: "LocalVolatility",
            spot,
            riskFreeRate,
            dividendYield,
            stepYearsMax: 1 / 128,
            grid
          }
        },
        { pathsPerReplicate: 64, pathsPerBlock: 64 }
      )
      // Of a vega of some 200 USD: half a volatility point for steps and a surface with kinks in time.
      assert.closeTo(value, exact, 3 * standardError + 1, `strike ${strike}`)
      assert.isBelow(standardError, 0.5)
    }
  })
})
