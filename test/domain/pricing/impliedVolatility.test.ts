import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { blackScholesPrice } from "../../../src/domain/pricing/blackScholes.ts"
import {
  type ImpliedVolatilityInput,
  impliedVolatility
} from "../../../src/domain/pricing/impliedVolatility.ts"
import { referenceRows } from "./referenceTables.ts"

const reasonFor = (input: ImpliedVolatilityInput): string =>
  Result.match(impliedVolatility(input), {
    onFailure: (undefined_) => undefined_.reason,
    onSuccess: (volatility) => `volatility ${volatility}`
  })

const ordinary: ImpliedVolatilityInput = {
  right: "Call",
  price: 10,
  spot: 100,
  strike: 100,
  timeToExpirationYears: 1,
  riskFreeRate: 0,
  dividendYield: 0
}

describe("Implied volatility against 50-digit values", () => {
  it("is within 1e-9, and within two roundings of the price, wherever the price determines it", () => {
    let checked = 0
    for (const row of referenceRows("bsm.csv")) {
      const sensitivity = row.number("iv_ulp_sensitivity")
      if (sensitivity >= 1e-9) continue
      checked++
      const answer = impliedVolatility({
        right: row.text("type") === "call" ? "Call" : "Put",
        price: row.number("price_f64"),
        spot: row.number("S"),
        strike: row.number("K"),
        timeToExpirationYears: row.number("T"),
        riskFreeRate: row.number("r"),
        dividendYield: row.number("q")
      })
      if (Result.isFailure(answer)) return assert.fail(`row ${row.text("id")}`)
      const error = Math.abs(answer.success - row.number("iv_of_price_f64"))
      assert.isAtMost(error, 1e-9, `row ${row.text("id")}`)
      const rounding = 2 * sensitivity + 2e-14 * answer.success
      assert.isAtMost(error, rounding, `row ${row.text("id")}`)
    }
    assert.isAbove(checked, 990)
  })
})

describe("Implied volatility", () => {
  const unit = Schema.Number.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
  it.prop("inverts the price", [unit, unit, unit], ([u, v, w]) => {
    const strike = 100 * Math.exp(4 * (u - 0.5))
    const time = 1e-5 * Math.exp(14 * v)
    const volatility = 0.02 * Math.exp(5 * w)
    for (const isCall of [true, false]) {
      const price = blackScholesPrice(isCall, 100, strike, time, 0.03, 0.01, volatility)
      const bump = blackScholesPrice(isCall, 100, strike, time, 0.03, 0.01, volatility * (1 + 1e-6))
      const sensitivity = (bump - price) / (1e-6 * price)
      if (price < 1e-290 || sensitivity < 1e-4) continue
      const answer = impliedVolatility({
        ...ordinary,
        right: isCall ? "Call" : "Put",
        price,
        strike,
        timeToExpirationYears: time,
        riskFreeRate: 0.03,
        dividendYield: 0.01
      })
      if (Result.isFailure(answer)) return assert.fail(answer.failure.reason)
      const error = Math.abs(answer.success / volatility - 1)
      assert.isAtMost(error, 1e-13 + 2e-14 / sensitivity, `${strike} ${time} ${volatility}`)
    }
  })

  it("says why a price outside the no-arbitrage bounds has none", () => {
    assert.strictEqual(reasonFor({ ...ordinary, price: -0.01 }), "PriceBelowIntrinsic")
    assert.strictEqual(reasonFor({ ...ordinary, price: 0 }), "PriceAtIntrinsic")
    assert.strictEqual(reasonFor({ ...ordinary, strike: 80, price: 20 }), "PriceAtIntrinsic")
    assert.strictEqual(reasonFor({ ...ordinary, strike: 80, price: 19.9 }), "PriceBelowIntrinsic")
    assert.strictEqual(reasonFor({ ...ordinary, price: 100 }), "PriceAtMaximum")
    assert.strictEqual(reasonFor({ ...ordinary, price: 100.01 }), "PriceAboveMaximum")
    assert.strictEqual(reasonFor({ ...ordinary, right: "Put", price: 101 }), "PriceAboveMaximum")
  })

  it("refuses inputs that are not numbers or not positive", () => {
    assert.strictEqual(reasonFor({ ...ordinary, spot: 0 }), "InvalidInput")
    assert.strictEqual(reasonFor({ ...ordinary, strike: Number.NaN }), "InvalidInput")
    assert.strictEqual(reasonFor({ ...ordinary, timeToExpirationYears: 0 }), "InvalidInput")
    assert.strictEqual(reasonFor({ ...ordinary, price: Infinity }), "InvalidInput")
  })
})
