import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { black76Greeks, black76ImpliedVolatility } from "../../../src/domain/pricing/black76.ts"
import {
  type BlackScholesGreeks,
  type BlackScholesInput,
  blackScholesGreeks
} from "../../../src/domain/pricing/blackScholes.ts"
import { type Row, referenceRows } from "./referenceTables.ts"

const rows = referenceRows("bsm.csv")

const columns: ReadonlyArray<readonly [keyof BlackScholesGreeks, string]> = [
  ["price", "price_exact"],
  ["delta", "delta"],
  ["gamma", "gamma"],
  ["vegaPerVol", "vega"],
  ["thetaPerYear", "theta"],
  ["rhoPerRate", "rho"],
  ["phiPerRate", "phi"],
  ["vannaPerVol", "vanna"],
  ["volgaPerVol2", "volga"],
  ["charmPerYear", "charm"],
  ["vetaPerVolYear", "veta"],
  ["speed", "speed"],
  ["zommaPerVol", "zomma"],
  ["colorPerYear", "color"],
  ["ultimaPerVol3", "ultima"],
  ["dualDelta", "dual_delta"],
  ["dualGamma", "dual_gamma"]
]

const inputOf = (row: Row): BlackScholesInput => ({
  right: row.text("type") === "call" ? "Call" : "Put",
  spot: row.number("S"),
  strike: row.number("K"),
  timeToExpirationYears: row.number("T"),
  riskFreeRate: row.number("r"),
  dividendYield: row.number("q"),
  volatility: row.number("vol")
})

describe("Black-Scholes-Merton against 50-digit values", () => {
  for (const [name, column] of columns) {
    it(`${name} is within 1e-12 relative or 1e-14 absolute, 1e-10 for tiny expiries`, () => {
      for (const row of rows) {
        const expected = row.number(column)
        const actual = blackScholesGreeks(inputOf(row))[name]
        const relative = row.text("category") === "tiny_T" ? 1e-10 : 1e-12
        const allowed = Math.max(1e-14, relative * Math.abs(expected))
        assert.isAtMost(Math.abs(actual - expected), allowed, `row ${row.text("id")}`)
      }
    })
  }

  it("keeps relative accuracy in prices far out of the money", () => {
    const far = rows.filter((row) => row.text("category") === "deep_otm")
    assert.isAbove(far.length, 50)
    for (const row of far) {
      const expected = row.number("price_exact")
      const { price } = blackScholesGreeks(inputOf(row))
      assert.isAtMost(Math.abs(price / expected - 1), 1e-13, `row ${row.text("id")}`)
    }
  })
})

const ordinary: BlackScholesInput = {
  right: "Call",
  spot: 100,
  strike: 95,
  timeToExpirationYears: 0.4,
  riskFreeRate: 0.03,
  dividendYield: 0.01,
  volatility: 0.25
}

describe("Black-Scholes-Merton at its edges", () => {
  it("is the payoff at expiration, with a step delta", () => {
    const expired = blackScholesGreeks({ ...ordinary, timeToExpirationYears: 0 })
    assert.strictEqual(expired.price, 5)
    assert.strictEqual(expired.delta, 1)
    assert.strictEqual(expired.gamma, 0)
    const worthless = blackScholesGreeks({ ...ordinary, strike: 105, timeToExpirationYears: 0 })
    assert.strictEqual(worthless.price, 0)
    assert.strictEqual(worthless.delta, 0)
  })

  it("has finite greeks without volatility, without time, and far beyond any density", () => {
    for (const edge of [
      { volatility: 0 },
      { timeToExpirationYears: 0 },
      { strike: 100, timeToExpirationYears: 0 },
      { strike: 1e9 },
      { strike: 1e-9 },
      { volatility: 1e-12 },
      { volatility: 50 }
    ]) {
      for (const right of ["Call", "Put"] as const) {
        for (const [name, value] of Object.entries(
          blackScholesGreeks({ ...ordinary, ...edge, right })
        )) {
          assert.isTrue(Number.isFinite(value), `${name} of ${right} at ${JSON.stringify(edge)}`)
        }
      }
    }
  })
})

describe("Black-76", () => {
  it("equals Black-Scholes-Merton on the carried forward", () => {
    const { riskFreeRate: rate, dividendYield, timeToExpirationYears: time } = ordinary
    const growth = Math.exp((rate - dividendYield) * time)
    const onSpot = blackScholesGreeks(ordinary)
    const onForward = black76Greeks({
      right: "Call",
      forward: ordinary.spot * growth,
      strike: ordinary.strike,
      timeToExpirationYears: time,
      riskFreeRate: rate,
      volatility: ordinary.volatility
    })
    assert.closeTo(onForward.price, onSpot.price, 1e-13)
    assert.closeTo(onForward.deltaPerForward * growth, onSpot.delta, 1e-14)
    assert.closeTo(onForward.vegaPerVol, onSpot.vegaPerVol, 1e-12)
  })
  it("inverts its own prices", () => {
    for (const strike of [60, 95, 100, 180]) {
      const option = {
        right: "Put",
        forward: 101,
        strike,
        timeToExpirationYears: 0.4,
        riskFreeRate: 0.03
      } as const
      const { price } = black76Greeks({ ...option, volatility: 0.25 })
      const implied = Result.getOrThrow(black76ImpliedVolatility({ ...option, price }))
      assert.closeTo(implied, 0.25, 1e-12, `${strike}`)
    }
  })
})
