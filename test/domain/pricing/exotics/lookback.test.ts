import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import type { LookbackOption } from "../../../../src/domain/pricing/exotics/lookback.ts"
import { lookbackPrice } from "../../../../src/domain/pricing/exotics/lookbackPrice.ts"
import { assertWithinThree, estimated } from "./exoticRows.ts"

/** QuantLib 1.44, AnalyticContinuousFloating- and FixedLookbackEngine; spot 100, days over 365. */
const references = [
  {
    strike: "Floating",
    days: 365,
    r: 0.05,
    q: 0.02,
    v: 0.3,
    call: 22.51540221005224,
    put: 23.963864650354274
  },
  {
    strike: "Floating",
    days: 182,
    r: 0.01,
    q: 0.04,
    v: 0.2,
    call: 9.927783404116775,
    put: 12.390070954009074
  },
  {
    strike: 95,
    days: 365,
    r: 0.05,
    q: 0.02,
    v: 0.3,
    call: 31.616936653462005,
    put: 15.165160845666417
  },
  {
    strike: 105,
    days: 730,
    r: 0,
    q: 0.03,
    v: 0.25,
    call: 23.17800464886117,
    put: 32.53420451089295
  },
  {
    strike: 100,
    days: 365,
    r: 0.02,
    q: 0.0199,
    v: 0.2,
    call: 16.653697239148602,
    put: 14.683399392552518
  }
] as const

const cases = references.flatMap(({ strike, days, r, q, v, call, put }) =>
  (["Call", "Put"] as const).map((right) => ({
    name: `${strike} ${right} ${days} days`,
    expected: right === "Call" ? call : put,
    product: {
      _tag: "Lookback",
      right,
      strike,
      timeToExpirationYears: days / 365,
      monitoring: "Continuous"
    } satisfies LookbackOption,
    dynamics: {
      _tag: "BlackScholes",
      spot: 100,
      riskFreeRate: r,
      dividendYield: q,
      volatility: v
    } as const
  }))
)

describe("Lookback options against QuantLib's analytic engines", () => {
  it("are within 1e-8 in closed form, floating and fixed, near zero carry too", () => {
    for (const { product, dynamics, expected, name } of cases) {
      const price = Result.getOrThrow(lookbackPrice(product, dynamics))
      assert.closeTo(price, expected, 1e-8, name)
    }
  })

  it("are within 3 standard errors by simulation", () => {
    for (const row of cases) assertWithinThree(estimated(row), row.expected, row.name)
  })
})

describe("Lookback options", () => {
  it("have a value that is smooth through zero carry", () => {
    const { product, dynamics } = cases[4]!
    const at = (carry: number) =>
      Result.getOrThrow(lookbackPrice(product, { ...dynamics, dividendYield: 0.05 - carry }))
    for (const h of [1e-5, 1e-4, 1e-3]) {
      const bend = at(h) - 2 * at(0) + at(-h)
      assert.isBelow(Math.abs(bend), 200 * h * h + 1e-9, `carry ${h}`)
    }
  })

  it("watched on more dates are worth more, and less than continuously", () => {
    const { product, dynamics, expected } = cases[4]!
    const watched = [4, 16, 64].map((count) =>
      estimated({
        dynamics,
        product: {
          ...product,
          monitoring: Array.from(
            { length: count },
            (_, k) => (product.timeToExpirationYears * (k + 1)) / count
          )
        }
      })
    )
    const values = [...watched.map(({ value }) => value), expected]
    for (let k = 1; k < values.length; k++) assert.isAbove(values[k]!, values[k - 1]!)
  })

  it("on dates have no closed form", () => {
    const { product, dynamics } = cases[4]!
    const refused = lookbackPrice({ ...product, monitoring: [0.5, 1] }, dynamics)
    assert.isTrue(Result.isFailure(refused))
    assert.include(JSON.stringify(refused), "monitoring.length")
  })
})
