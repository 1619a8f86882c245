import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  bootstrapPValue,
  deflatedSharpe,
  deviationOf,
  maxDrawdownOf,
  meanOf,
  momentsOf,
  sharpeOf
} from "../../../src/domain/validation/statistics.ts"

const Returns = Schema.Array(Schema.Finite.check(Schema.isBetween({ minimum: -1, maximum: 1 })))

describe("Sharpe ratio and moments", () => {
  it("are those of a sample worked by hand", () => {
    const values = [2, 4, 4, 4, 5, 5, 7, 9]
    assert.strictEqual(meanOf(values), 5)
    assert.closeTo(deviationOf(values), Math.sqrt(32 / 7), 1e-15)
    assert.closeTo(sharpeOf(values), 5 / Math.sqrt(32 / 7), 1e-15)
    // Central moments 4, 5.25, 44.5.
    assert.closeTo(momentsOf(values).skewness, 5.25 / 8, 1e-15)
    assert.closeTo(momentsOf(values).kurtosis, 44.5 / 16, 1e-15)
  })

  it("are defined for values that do not vary", () => {
    assert.strictEqual(sharpeOf([1, 1, 1]), 0)
    assert.deepStrictEqual(momentsOf([1, 1, 1]), { skewness: 0, kurtosis: 3 })
  })
})

describe("deflatedSharpe", () => {
  it("is 0.9004 in the example of Bailey and Lopez de Prado (2014)", () => {
    // Annual Sharpe 2.5 over 5 years of 250 days, 100 trials whose annual Sharpe ratios have variance 0.5.
    const probability = deflatedSharpe({
      sharpe: 2.5 / Math.sqrt(250),
      observations: 1250,
      skewness: -3,
      kurtosis: 10,
      trials: 100,
      trialDeviation: Math.sqrt(0.5 / 250)
    })
    assert.closeTo(probability, 0.9004, 5e-4)
  })

  it("falls with every further trial", () => {
    const of = (trials: number) =>
      deflatedSharpe({
        sharpe: 0.2,
        observations: 90,
        skewness: -1,
        kurtosis: 5,
        trials,
        trialDeviation: 0.1
      })
    assert.isAbove(of(1), of(2))
    assert.isAbove(of(2), of(10))
    assert.isAbove(of(10), of(100))
  })
})

describe("bootstrapPValue", () => {
  it("is near the normal tail for a large sample, and the same for the same seed", () => {
    // Mean 0.1, deviation 1, 400 observations: t = 2, one-sided 0.0228.
    const values = Array.from({ length: 400 }, (_, at) => 0.1 + (at % 2 === 0 ? 1 : -1))
    const options = { resamples: 3000, seed: 7 }
    assert.closeTo(bootstrapPValue(values, options), 0.0228, 0.008)
    assert.strictEqual(bootstrapPValue(values, options), bootstrapPValue(values, options))
  })

  it("finds nothing where there is nothing", () => {
    const values = Array.from({ length: 100 }, (_, at) => (at % 2 === 0 ? 1 : -1))
    assert.closeTo(bootstrapPValue(values, { resamples: 1000, seed: 3 }), 0.5, 0.08)
  })
})

describe("maxDrawdownOf", () => {
  it("is the deepest fall below the best so far", () => {
    assert.strictEqual(maxDrawdownOf([1, -0.5, 0.25, -2, 5]), 2.25)
    assert.strictEqual(maxDrawdownOf([1, 2, 3]), 0)
  })

  it.prop("is never less than the worst value's loss", { returns: Returns }, ({ returns }) => {
    const worst = Math.max(0, ...returns.map((value) => -value))
    assert.isAtLeast(maxDrawdownOf(returns) + 1e-12, worst)
  })
})
