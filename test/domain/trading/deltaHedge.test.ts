import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { priceOption } from "../../../src/domain/pricing/engine.ts"
import { contractDelta, hedgeShares } from "../../../src/domain/trading/deltaHedge.ts"

const nowMs = Date.UTC(2015, 11, 24, 16)
const question = {
  optionType: "Call",
  style: "European",
  strikeMicros: 750_000_000,
  expiration: "2016-01-15",
  spotMicros: 748_000_000,
  nowMs,
  riskFreeRate: 0.005,
  dividendYield: 0,
  midMicros: Number.NaN,
  surfaceVolatility: 0
} as const

describe("delta of a contract", () => {
  const yearMs = 365 * 86_400_000
  const inputAt = (volatility: number) => ({
    style: "European" as const,
    right: "Call" as const,
    spot: 748,
    strike: 750,
    timeToExpirationYears: (Date.UTC(2016, 0, 15, 21) - nowMs) / yearMs,
    riskFreeRate: 0.005,
    dividendYield: 0,
    volatility
  })
  const valueAt = (volatility: number) => Result.getOrThrow(priceOption(inputAt(volatility)))

  it("is the engine's at the surface's volatility, whatever the contract's own price says", () => {
    const surfaceVolatility = 0.2
    const midMicros = Math.round(valueAt(0.31).price * 1e6)
    const delta = contractDelta({ ...question, surfaceVolatility, midMicros })
    assert.closeTo(delta, valueAt(0.2).delta, 1e-12)
  })

  it("is the engine's at the volatility that the contract's own price implies without a surface", () => {
    const { price, delta } = valueAt(0.31)
    const midMicros = Math.round(price * 1e6)
    assert.closeTo(contractDelta({ ...question, midMicros }), delta, 1e-6)
  })

  it("is the payoff's where nothing is known, and at expiry", () => {
    const bare = question
    // Below the payoff no volatility fits.
    const deep = { ...question, strikeMicros: 700_000_000, midMicros: 1_000_000 }
    assert.strictEqual(contractDelta(deep), 1)
    assert.strictEqual(contractDelta(bare), 0)
    assert.strictEqual(contractDelta({ ...bare, spotMicros: 751_000_000 }), 1)
    assert.strictEqual(contractDelta({ ...bare, optionType: "Put" }), -1)
    const over = {
      ...question,
      surfaceVolatility: 0.2,
      nowMs: Date.UTC(2016, 0, 15, 21),
      spotMicros: 760_000_000
    }
    assert.strictEqual(contractDelta(over), 1)
  })

  it.prop(
    "lies between 0 and 1 for calls and between -1 and 0 for puts, and moves with the spot",
    {
      spot: Schema.Int.check(Schema.isBetween({ minimum: 500, maximum: 1_000 })),
      isCall: Schema.Boolean,
      isAmerican: Schema.Boolean,
      volatilityPercent: Schema.Int.check(Schema.isBetween({ minimum: 5, maximum: 150 }))
    },
    ({ spot, isCall, isAmerican, volatilityPercent }) => {
      const at = (spotMicros: number) =>
        contractDelta({
          ...question,
          optionType: isCall ? "Call" : "Put",
          style: isAmerican ? "American" : "European",
          spotMicros,
          surfaceVolatility: volatilityPercent / 100
        })
      const delta = at(spot * 1_000_000)
      assert.isTrue(isCall ? delta >= 0 && delta <= 1 : delta <= 0 && delta >= -1)
      assert.isAtLeast(at((spot + 20) * 1_000_000), delta - 1e-3)
    }
  )
})

describe("shares of a hedge", () => {
  it.prop(
    "are none within the band, and otherwise bring the delta to its inside, on its own side",
    {
      delta: Schema.Int.check(Schema.isBetween({ minimum: -5_000, maximum: 5_000 })),
      band: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 500 })),
      insidePercent: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100 }))
    },
    ({ delta, band, insidePercent }) => {
      const shares = hedgeShares(delta, band, insidePercent / 100)
      if (Math.abs(delta) <= band) return assert.strictEqual(shares, 0)
      assert.isTrue(Number.isInteger(shares))
      const after = delta + shares
      assert.isAtMost(Math.abs(Math.abs(after) - (band * insidePercent) / 100), 0.5)
      assert.isTrue(after === 0 || Math.sign(after) === Math.sign(delta) || Math.abs(after) <= 0.5)
      return undefined
    }
  )
})
