import { assert, describe, it } from "@effect/vitest"
import {
  millsRatio,
  normalCdf,
  normalDensity,
  normalQuantile
} from "../../../src/domain/pricing/normal.ts"

/** z, Phi(z), phi(z), M(|z|): mpmath 1.3 at 50 digits. */
const values: ReadonlyArray<readonly [number, number, number, number]> = [
  [-37.5, 4.605353009581955e-308, 1.7282337322841054e-306, 0.02664774401489855],
  [-20.25, 1.77619986494957e-91, 3.6055338157275847e-90, 0.0492631592359962],
  [-8.125, 2.2368120644441053e-16, 1.8441627154166695e-15, 0.12129146987654615],
  [-5, 2.866515718791939e-7, 1.4867195147342977e-6, 0.19280810471531576],
  [-3.3, 0.0004834241423837775, 0.0017225689390536812, 0.2806413905555233],
  [-1.75, 0.04005915686381709, 0.08627731882651152, 0.4643069280394422],
  [-1, 0.15865525393145705, 0.24197072451914334, 0.6556795424187984],
  [-0.5, 0.3085375387259869, 0.35206532676429947, 0.8763644564536923],
  [-0.001, 0.49960105778608893, 0.39894208093034234, 1.252314763639392],
  [0, 0.5, 0.3989422804014327, 1.2533141373155003],
  [0.3, 0.6179114221889527, 0.3813878154605241, 1.0018374009921558],
  [1.1, 0.8643339390536173, 0.2178521770325505, 0.6227436548688335],
  [2.6, 0.9953388119762813, 0.013582969233685615, 0.3431641450058691],
  [5.5, 0.9999999810104375, 1.0769760042543276e-7, 0.1763229857571027]
]

describe("Standard normal distribution against 50-digit values", () => {
  for (const [z, cdf, density, mills] of values) {
    it(`is exact to a few roundings at ${z}`, () => {
      assert.isAtMost(Math.abs(normalCdf(z) / cdf - 1), 1e-15)
      assert.isAtMost(Math.abs(normalDensity(z) / density - 1), 5e-16)
      assert.isAtMost(Math.abs(millsRatio(Math.abs(z)) / mills - 1), 5e-16)
    })
  }

  it("has its quantile as inverse", () => {
    for (let z = -37; z < 3; z += 0.37) {
      assert.closeTo(normalQuantile(normalCdf(z)), z, 1e-14 * (1 + Math.abs(z)))
    }
    assert.strictEqual(normalQuantile(0), -Infinity)
    assert.strictEqual(normalQuantile(1), Infinity)
  })

  it("has a Mills ratio that is smooth where the table hands over to the series", () => {
    assert.closeTo(millsRatio(58 + 1e-9) / millsRatio(58 - 1e-9), 1, 1e-10)
    assert.strictEqual(millsRatio(Infinity), 0)
  })
})
