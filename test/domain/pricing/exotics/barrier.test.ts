import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { type BarrierOption, vanillaPrice } from "../../../../src/domain/pricing/exotics/barrier.ts"
import { barrierPrice } from "../../../../src/domain/pricing/exotics/barrierPrice.ts"
import type { BlackScholesDynamics } from "../../../../src/domain/pricing/exotics/dynamics.ts"
import { assertWithinThree, estimated, referenceCases } from "./exoticRows.ts"

const cases = referenceCases("barrier", "barrier.csv")
const priceOf = (option: BarrierOption, dynamics: BlackScholesDynamics) =>
  Result.getOrThrow(barrierPrice(option, dynamics))

const option: BarrierOption = {
  _tag: "Barrier",
  direction: "Down",
  knock: "Out",
  right: "Call",
  strike: 100,
  barrier: 90,
  rebate: 0,
  timeToExpirationYears: 0.5,
  monitoring: "Continuous"
}
const dynamics: BlackScholesDynamics = {
  _tag: "BlackScholes",
  spot: 100,
  riskFreeRate: 0.05,
  dividendYield: 0.02,
  volatility: 0.3
}

describe("Barrier options against QuantLib's analytic engine", () => {
  it("are within 1e-8 in closed form, on every row and all eight types", () => {
    const types = new Set<string>()
    for (const row of cases) {
      assert.isTrue(row.product._tag === "Barrier", row.name)
      const barrier = row.product as BarrierOption
      types.add(`${barrier.direction} ${barrier.knock} ${barrier.right}`)
      assert.closeTo(priceOf(barrier, row.dynamics), row.number("price"), 1e-8, row.name)
    }
    assert.strictEqual(types.size, 8)
  })

  it("are within 3 standard errors by simulation, on every row", () => {
    for (const row of cases) {
      const estimate = estimated(row, { pathsPerReplicate: 128, pathsPerBlock: 128 })
      assertWithinThree(estimate, row.number("price"), row.name)
    }
  })
})

describe("Barrier options", () => {
  it("in and out without rebate add up to the vanilla option", () => {
    for (const row of cases) {
      const barrier = { ...(row.product as BarrierOption), rebate: 0 }
      const sum =
        priceOf({ ...barrier, knock: "In" }, row.dynamics) +
        priceOf({ ...barrier, knock: "Out" }, row.dynamics)
      assert.closeTo(sum, vanillaPrice(barrier, row.dynamics), 1e-10, row.name)
    }
  })

  it("touched now are their rebate when out and the vanilla option when in", () => {
    const touched = { ...option, barrier: 101, rebate: 3 }
    assert.strictEqual(priceOf(touched, dynamics), 3)
    const alive = { ...touched, knock: "In" as const }
    assert.strictEqual(priceOf(alive, dynamics), vanillaPrice(alive, dynamics))
    assertWithinThree(estimated({ product: touched, dynamics }), 3, "out")
    assertWithinThree(estimated({ product: alive, dynamics }), vanillaPrice(alive, dynamics), "in")
  })

  it("watched on dates are worth what the correction says, far from continuous", () => {
    for (const [direction, barrier, right] of [
      ["Down", 90, "Call"],
      ["Up", 115, "Call"],
      ["Up", 112, "Put"]
    ] as const) {
      const dated = { ...option, direction, barrier, right, monitoring: 50 }
      const { value, standardError } = estimated({ product: dated, dynamics })
      const corrected = priceOf(dated, dynamics)
      const continuous = priceOf({ ...dated, monitoring: "Continuous" }, dynamics)
      // The correction is of first order in sqrt(step): a tenth of it may be left.
      const left = 0.1 * Math.abs(corrected - continuous)
      assert.closeTo(value, corrected, 3 * standardError + left, `${direction} ${right}`)
      assert.isAbove(Math.abs(value - continuous), 10 * standardError, `${direction}`)
    }
  })

  it("with a rebate under a very negative rate are refused with the least rate", () => {
    const refused = barrierPrice(
      { ...option, rebate: 1 },
      { ...dynamics, riskFreeRate: -0.2, dividendYield: -0.2 }
    )
    assert.isTrue(Result.isFailure(refused))
    assert.include(JSON.stringify(refused), "with a rebate paid at the hit")
  })
})
