import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import {
  impliedVolatilityOf,
  type PricingInput,
  priceOption
} from "../../../src/domain/pricing/engine.ts"
import { type Row, referenceRows } from "./referenceTables.ts"

const rows = referenceRows("americanDividends.csv")

const inputOf = (row: Row): PricingInput => ({
  style: row.text("style") === "american" ? "American" : "European",
  right: row.text("type") === "call" ? "Call" : "Put",
  spot: row.number("S"),
  strike: row.number("K"),
  timeToExpirationYears: row.number("days") / 365,
  riskFreeRate: row.number("r"),
  dividendYield: row.number("q"),
  volatility: row.number("vol"),
  dividends: row
    .text("dividends")
    .split(";")
    .map((pair) => pair.split(":").map(Number))
    .map(([day, amount]) => ({ timeYears: day! / 365, amount: amount! }))
})

const valueOf = (input: PricingInput) => Result.getOrThrow(priceOption(input))

describe("Options with cash dividends against QuantLib's finite differences", () => {
  it("agree within the reference's own grid error at the exact setting", () => {
    for (const row of rows.slice(0, 6)) {
      const value = valueOf({ ...inputOf(row), accuracy: "Exact" })
      const allowed = 2e-4 + row.number("grid_change")
      assert.closeTo(value.price, row.number("price"), allowed, `row ${row.text("id")}`)
      assert.closeTo(value.delta, row.number("delta"), 1e-4, `row ${row.text("id")}`)
      assert.closeTo(value.gamma, row.number("gamma"), 1e-4, `row ${row.text("id")}`)
    }
  })

  it("agree within 2e-3 at the fast setting", () => {
    for (const row of rows) {
      const { price } = valueOf(inputOf(row))
      assert.closeTo(price, row.number("price"), 2e-3, `row ${row.text("id")}`)
    }
  })
})

describe("Options with cash dividends", () => {
  it("without any are the same as on the spectral path", () => {
    const { dividends: _, ...plain } = inputOf(rows[0]!)
    const none = valueOf({ ...plain, accuracy: "Exact", dividends: [{ timeYears: 9, amount: 1 }] })
    assert.closeTo(none.price, valueOf({ ...plain, accuracy: "Exact" }).price, 1e-4)
  })

  it("have an implied volatility that gives the price back", () => {
    for (const row of rows.slice(0, 2)) {
      const input = inputOf(row)
      const { volatility, ...question } = input
      const { price } = valueOf(input)
      const implied = Result.getOrThrow(impliedVolatilityOf({ ...question, price }))
      assert.closeTo(implied, volatility, 1e-6, `row ${row.text("id")}`)
    }
  })
})
