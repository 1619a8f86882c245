import { assert, describe, it } from "@effect/vitest"
import { uniformAt } from "../../../src/domain/chance.ts"
import {
  annualisedVolatility,
  bipowerVariation,
  dailyVariance,
  garmanKlassVariance,
  parkinsonVariance,
  realizedVariance
} from "../../../src/domain/features/realizedVolatility.ts"

const near = (actual: number, expected: number, relative: number) =>
  assert.isAtMost(Math.abs(actual / expected - 1), relative, `${actual} against ${expected}`)

/** GOOG on 2015-12-23; the close before was 750. Values from mpmath with 25 digits. */
const goog = { open: 753.47, high: 754.21, low: 744, close: 750.31 }

const gaussian = (seed: number, at: number): number =>
  Math.sqrt(-2 * Math.log(1 - uniformAt(seed, at, 0))) *
  Math.cos(2 * Math.PI * uniformAt(seed, at, 1))

/** Days of a driftless random walk with `steps` moves and unit variance per day. */
const walk = (days: number, steps: number, scale: number) =>
  Array.from({ length: days }, (_, day) => {
    let [log, high, low] = [0, 0, 0]
    for (let step = 0; step < steps; step++) {
      log += scale * Math.sqrt(1 / steps) * gaussian(7, day * steps + step)
      high = Math.max(high, log)
      low = Math.min(low, log)
    }
    return { open: 1, high: Math.exp(high), low: Math.exp(low), close: Math.exp(log) }
  })

describe("Estimators of daily variance", () => {
  it("agree with independent values to 1e-12", () => {
    near(parkinsonVariance(goog), 6.700297505270253e-5, 1e-12)
    near(garmanKlassVariance(goog), 8.60626921606131e-5, 1e-12)
    near(dailyVariance(750, goog), 1.0737011624735114e-4, 1e-12)
  })

  it("do not depend on the unit of prices", () => {
    const micros = {
      open: goog.open * 1e6,
      high: goog.high * 1e6,
      low: goog.low * 1e6,
      close: goog.close * 1e6
    }
    near(dailyVariance(750e6, micros), dailyVariance(750, goog), 1e-12)
  })

  it("are 0 on a day without a move, and Garman-Klass never negative", () => {
    const flat = { open: 5, high: 5, low: 5, close: 5 }
    assert.strictEqual(parkinsonVariance(flat), 0)
    assert.strictEqual(garmanKlassVariance(flat), 0)
    // The worst case for the formula: open and close at the ends of the range.
    assert.isAbove(garmanKlassVariance({ open: 5, high: 9, low: 5, close: 9 }), 0)
  })

  it("find the variance of a random walk, short of it by the range that steps hide", () => {
    const scale = 0.02
    const days = walk(1500, 400, scale)
    const meanOf = (values: ReadonlyArray<number>) =>
      values.reduce((a, b) => a + b, 0) / values.length
    const parkinson = meanOf(days.map(parkinsonVariance)) / scale ** 2
    const garmanKlass = meanOf(days.map(garmanKlassVariance)) / scale ** 2
    for (const ratio of [parkinson, garmanKlass]) {
      assert.isAbove(ratio, 0.85)
      assert.isBelow(ratio, 1.03)
    }
  })
})

describe("Variance from returns inside a day", () => {
  const returns = [0.01, -0.02, 0.005]

  it("sums squares, and products of neighbours for bipower variation", () => {
    near(realizedVariance(returns), 0.000525, 1e-12)
    near(bipowerVariation(returns), (Math.PI / 2) * (0.0002 + 0.0001), 1e-12)
    assert.strictEqual(bipowerVariation([0.3]), 0)
  })

  it("leaves a single jump out of bipower variation but not out of realized variance", () => {
    const quiet = Array.from({ length: 400 }, (_, at) => 0.001 * gaussian(3, at))
    const jumped = quiet.map((value, at) => (at === 200 ? value + 0.05 : value))
    assert.isAbove(realizedVariance(jumped), 5 * realizedVariance(quiet))
    assert.isBelow(bipowerVariation(jumped), 1.5 * bipowerVariation(quiet))
  })

  it("annualises 1 % a day to 15.87 %", () => {
    near(annualisedVolatility(0.0001), 0.158745078663875, 1e-12)
  })
})
