import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { surfaceArbitrage } from "../../../../src/domain/market/surface/arbitrage.ts"
import { fitSlice } from "../../../../src/domain/market/surface/fitSlice.ts"
import {
  densityFactor,
  type SviSlice,
  ssviSlopeMost,
  sviOfSsvi,
  totalVariance,
  varianceSlope
} from "../../../../src/domain/market/surface/svi.ts"
import { blackScholesPrice } from "../../../../src/domain/pricing/blackScholes.ts"
import { normalDensity } from "../../../../src/domain/pricing/normal.ts"

const smile: SviSlice = { a: 0.01, b: 0.12, rho: -0.45, m: 0.02, s: 0.15 }
/** Vogt's slice, positive everywhere and yet with a negative density: Gatheral and Jacquier, section 3.2. */
const vogt: SviSlice = { a: -0.041, b: 0.1331, rho: 0.306, m: 0.3586, s: 0.4153 }

const callAt = (slice: SviSlice, strike: number): number =>
  blackScholesPrice(true, 1, strike, 1, 0, 0, Math.sqrt(totalVariance(slice, Math.log(strike))))

const points = (slice: SviSlice, timeYears: number) =>
  Array.from({ length: 41 }, (_, i) => {
    const k = -0.5 + 0.02 * i
    const volatility = Math.sqrt(totalVariance(slice, k) / timeYears)
    return { strike: Math.exp(k), isCall: k >= 0, k, volatility, volatilityWidth: 0.005 }
  })

describe("SVI smile", () => {
  it("has the density that the second derivative of its call prices by strike gives", () => {
    for (const strike of [0.6, 0.8, 1, 1.1, 1.5]) {
      const h = 1e-3 * strike
      const bend = callAt(smile, strike - h) - 2 * callAt(smile, strike) + callAt(smile, strike + h)
      const k = Math.log(strike)
      const w = totalVariance(smile, k)
      const d2 = -k / Math.sqrt(w) - Math.sqrt(w) / 2
      const density = (densityFactor(smile, k) * normalDensity(d2)) / (strike * Math.sqrt(w))
      assert.closeTo(density / (bend / (h * h)), 1, 1e-4)
    }
  })

  it("has the slope that its differences have", () => {
    for (const k of [-0.5, -0.1, 0, 0.3]) {
      const slope = (totalVariance(smile, k + 1e-5) - totalVariance(smile, k - 1e-5)) / 2e-5
      assert.closeTo(varianceSlope(smile, k), slope, 1e-9)
    }
  })

  it("shows the butterfly arbitrage of a slice known to have one", () => {
    const found = surfaceArbitrage([{ expiration: "A", slice: vogt }], -1.5, 1.5)
    assert.deepStrictEqual(
      found.map(({ _tag }) => _tag),
      ["Butterfly"]
    )
    assert.deepStrictEqual(surfaceArbitrage([{ expiration: "A", slice: smile }], -1.5, 1.5), [])
  })

  it("shows a calendar arbitrage where a later slice lies lower", () => {
    const later = { ...smile, b: 0.1 }
    const found = surfaceArbitrage(
      [
        { expiration: "A", slice: smile },
        { expiration: "B", slice: later }
      ],
      -1,
      1
    )
    assert.strictEqual(found[0]!._tag, "Calendar")
    assert.strictEqual(found[0]!.expiration, "B")
  })
})

describe("SSVI smile", () => {
  const unit = Schema.Number.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
  it.prop("is free of butterfly arbitrage up to its steepest slope", [unit, unit], ([u, v]) => {
    const theta = 0.0005 * Math.exp(7 * u)
    const rho = 1.98 * (v - 0.5)
    const slice = sviOfSsvi({ theta, rho, psi: 0.9999 * ssviSlopeMost(theta, rho) })
    assert.closeTo(totalVariance(slice, 0), theta, 1e-12)
    assert.deepStrictEqual(surfaceArbitrage([{ expiration: "A", slice }], -5, 5), [])
  })
})

describe("Fit of one smile", () => {
  it("recovers an arbitrage-free SVI slice from its own volatilities", () => {
    const fit = fitSlice("Svi", points(smile, 0.5), 0.5, undefined)!
    assert.isBelow(fit.rmsWidths, 0.02)
    for (const k of [-0.4, 0, 0.2]) {
      assert.closeTo(totalVariance(fit.slice, k), totalVariance(smile, k), 1e-4)
    }
  })

  it("gives up fit for the absence of butterfly arbitrage", () => {
    const wide = points(vogt, 1).map((point) => ({ ...point, k: point.k + 0.5 }))
    const volatilities = wide.map((point) => ({
      ...point,
      volatility: Math.sqrt(totalVariance(vogt, point.k))
    }))
    const fit = fitSlice("Svi", volatilities, 1, undefined)!
    assert.deepStrictEqual(surfaceArbitrage([{ expiration: "A", slice: fit.slice }], -0.4, 1.4), [])
    assert.isAbove(fit.rmsWidths, 0.02)
  })

  it("stays above the expiration before it, even against the quotes", () => {
    const low = points({ ...smile, a: 0.002 }, 0.6)
    const fit = fitSlice("Svi", low, 0.6, smile)!
    const pair = [
      { expiration: "A", slice: smile },
      { expiration: "B", slice: fit.slice }
    ]
    assert.deepStrictEqual(surfaceArbitrage(pair, -0.7, 0.5), [])
  })

  it("shrugs off one stale quote", () => {
    const stale = points(smile, 0.5).map((point, i) =>
      i === 20 ? { ...point, volatility: point.volatility + 0.2 } : point
    )
    const fit = fitSlice("Svi", stale, 0.5, undefined)!
    for (const k of [-0.3, 0, 0.2]) {
      const moved = Math.sqrt(totalVariance(fit.slice, k) / 0.5)
      assert.closeTo(moved, Math.sqrt(totalVariance(smile, k) / 0.5), 0.005)
    }
  })
})
