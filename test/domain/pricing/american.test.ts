import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { americanPrice, exerciseRange } from "../../../src/domain/pricing/americanOption.ts"
import {
  deltaOfOption,
  type ImpliedVolatilityQuestion,
  impliedVolatilityOf,
  type PricingInput,
  priceOption,
  riskOfOption
} from "../../../src/domain/pricing/engine.ts"
import { type Row, referenceRows } from "./referenceTables.ts"

const rows = referenceRows("american.csv")

const inputOf = (row: Row): PricingInput => ({
  style: "American",
  right: row.text("type") === "call" ? "Call" : "Put",
  spot: row.number("S"),
  strike: row.number("K"),
  timeToExpirationYears: row.number("T"),
  riskFreeRate: row.number("r"),
  dividendYield: row.number("q"),
  volatility: row.number("vol")
})

const valueOf = (input: PricingInput) => Result.getOrThrow(priceOption(input))

const priceOf = (accuracy: "Fast" | "Exact", input: PricingInput): number =>
  americanPrice(
    accuracy,
    input.right === "Call",
    input.spot,
    input.strike,
    input.timeToExpirationYears,
    input.riskFreeRate,
    input.dividendYield,
    input.volatility
  )

const trusted = rows.filter((row) => row.number("abs_diff_al_lr") < 2e-4)

describe("American options against QuantLib's high-precision engine", () => {
  it("are within 1e-4 at the fast setting, on every row", () => {
    for (const row of rows) {
      const price = priceOf("Fast", inputOf(row))
      assert.closeTo(price, row.number("price_andersen_lake"), 1e-4, `row ${row.text("id")}`)
    }
  })

  it("are within 1e-6 at the exact setting, on every row", () => {
    for (const row of rows) {
      const price = priceOf("Exact", inputOf(row))
      assert.closeTo(price, row.number("price_andersen_lake"), 1e-6, `row ${row.text("id")}`)
    }
  })

  it("have the delta on which bumping and finite differences agree", () => {
    let checked = 0
    for (const row of trusted) {
      const bump = row.number("delta_bump_0.1pct")
      const grid = row.number("delta_fd")
      const gap = Math.abs(bump - grid)
      if (gap > 1e-4) continue
      checked++
      assert.closeTo(valueOf(inputOf(row)).delta, bump, 2 * gap + 1e-5, `row ${row.text("id")}`)
    }
    assert.isAbove(checked, 80)
  })

  it("have the gamma on which bumping and finite differences agree", () => {
    let checked = 0
    for (const row of trusted) {
      const bump = row.number("gamma_bump_0.1pct")
      const grid = row.number("gamma_fd")
      const gap = Math.abs(bump - grid)
      if (gap > 1e-4) continue
      checked++
      assert.closeTo(valueOf(inputOf(row)).gamma, bump, 2 * gap + 1e-4, `row ${row.text("id")}`)
    }
    assert.isAbove(checked, 60)
  })
})

describe("American options over a wide domain against QuantLib", () => {
  const wide = referenceRows("americanWide.csv")

  it("are within 2e-5 at the exact setting, where the reference itself is uncertain by 1e-5", () => {
    for (const row of wide) {
      const price = priceOf("Exact", inputOf(row))
      assert.closeTo(price, row.number("price"), 2e-5, `row ${row.text("id")}`)
    }
  })

  it("are within 1e-4 at the fast setting to three years, 1e-3 beyond", () => {
    for (const row of wide) {
      const price = priceOf("Fast", inputOf(row))
      const allowed = row.number("T") <= 3 ? 1e-4 : 1e-3
      assert.closeTo(price, row.number("price"), allowed, `row ${row.text("id")}`)
    }
  })
})

const put: PricingInput = {
  style: "American",
  right: "Put",
  spot: 100,
  strike: 105,
  timeToExpirationYears: 0.75,
  riskFreeRate: 0.05,
  dividendYield: 0.02,
  volatility: 0.3,
  accuracy: "Exact"
}

describe("American options", () => {
  it("have the same delta and risk where only these are asked for, of either style", () => {
    for (const style of ["American", "European"] as const) {
      const input: PricingInput = { ...put, style, accuracy: "Fast" }
      const { delta, gamma, price, vegaPerVol } = valueOf(input)
      assert.strictEqual(Result.getOrThrow(deltaOfOption(input)), delta)
      assert.deepInclude(Result.getOrThrow(riskOfOption(input)), {
        price,
        delta,
        gamma,
        vegaPerVol
      })
      assert.isTrue(Result.isFailure(deltaOfOption({ ...input, spot: 0 })))
      assert.isTrue(Result.isFailure(riskOfOption({ ...input, volatility: -1 })))
    }
  })

  it("have first-order greeks equal to differences of their prices", () => {
    for (const right of ["Put", "Call"] as const) {
      const base: PricingInput = { ...put, right }
      const slope = (field: "spot" | "volatility" | "riskFreeRate" | "timeToExpirationYears") => {
        const step = 1e-3 * base[field]
        const up = priceOf("Exact", { ...base, [field]: base[field] + step })
        const down = priceOf("Exact", { ...base, [field]: base[field] - step })
        return (up - down) / (2 * step)
      }
      for (const accuracy of ["Exact", "Fast"] as const) {
        const value = valueOf({ ...base, accuracy })
        const allowed = accuracy === "Exact" ? 2e-5 : 2e-4
        assert.closeTo(value.delta, slope("spot"), allowed)
        assert.closeTo(value.vegaPerVol, slope("volatility"), 30 * allowed)
        assert.closeTo(value.rhoPerRate, slope("riskFreeRate"), 100 * allowed)
        assert.closeTo(value.thetaPerYear, -slope("timeToExpirationYears"), 30 * allowed)
      }
    }
  })

  it("are worth their payoff, no more, at and beyond the exercise boundary", () => {
    const boundary = exerciseRange(false, 105, 0.75, 0.05, 0.02, 0.3)!.to
    const at = (spot: number) => americanPrice("Exact", false, spot, 105, 0.75, 0.05, 0.02, 0.3)
    assert.isTrue(boundary > 60 && boundary < 100)
    assert.closeTo(at(boundary * 0.999), 105 - boundary * 0.999, 1e-12)
    assert.isAbove(at(boundary * 1.01), 105 - boundary * 1.01)
    const slope = (at(boundary * 1.002) - at(boundary)) / (0.002 * boundary)
    assert.closeTo(slope, -1, 5e-3, "smooth pasting")
  })

  it("are never exercised early without an advantage in it", () => {
    assert.isUndefined(exerciseRange(true, 105, 0.75, 0.05, 0, 0.3))
    assert.isUndefined(exerciseRange(false, 105, 0.75, -0.01, 0.02, 0.3))
    const call: PricingInput = { ...put, right: "Call", dividendYield: 0 }
    assert.strictEqual(valueOf(call).price, valueOf({ ...call, style: "European" }).price)
  })

  it("are exercised within a band where both rates are negative, the yield more so", () => {
    const range = exerciseRange(false, 100, 2, -0.02, -0.06, 0.2)!
    assert.isAbove(range.from, 100 / 3, "never below strike times rate over yield")
    assert.isBelow(range.to, 100)
    assert.isBelow(range.from, range.to)
    const at = (spot: number) => americanPrice("Exact", false, spot, 100, 2, -0.02, -0.06, 0.2)
    const middle = (range.from + range.to) / 2
    assert.strictEqual(at(middle), 100 - middle)
    assert.isAbove(at(range.from * 0.9), 100 - range.from * 0.9)
    assert.isAbove(at(range.to * 1.1), Math.max(0, 100 - range.to * 1.1))
  })

  it("have an implied volatility that gives the price back", () => {
    for (const row of rows) {
      const input = inputOf(row)
      const { price } = valueOf(input)
      if (price - valueOf({ ...input, volatility: 1e-5 }).price < 1e-3) continue
      const { volatility, ...question } = input
      const answer = impliedVolatilityOf({ ...question, price })
      if (Result.isFailure(answer)) return assert.fail(`row ${row.text("id")}`)
      assert.closeTo(answer.success, volatility, 1e-6, `row ${row.text("id")}`)
    }
  })

  it("priced at their payoff have no implied volatility, and the reason says so", () => {
    const { volatility: _, ...question } = put
    const reason = (price: number) => {
      const asked: ImpliedVolatilityQuestion = { ...question, price }
      return Result.match(impliedVolatilityOf(asked), {
        onFailure: (failure) => (failure._tag === "InvalidPricingInput" ? "" : failure.reason),
        onSuccess: String
      })
    }
    assert.strictEqual(reason(5), "PriceAtIntrinsic")
    assert.strictEqual(reason(4.9), "PriceBelowIntrinsic")
    assert.strictEqual(reason(106), "PriceAboveMaximum")
  })
})

describe("Pricing engine", () => {
  it("names the field, the value and what is allowed", () => {
    const refusal = Result.match(priceOption({ ...put, volatility: -0.1 }), {
      onFailure: (invalid) => `${invalid.field} ${invalid.value} ${invalid.allowed}`,
      onSuccess: () => "priced"
    })
    assert.strictEqual(refusal, "volatility -0.1 0 to 100 (0.20 is 20 %)")
  })
})
