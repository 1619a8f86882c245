import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { surfaceArbitrage } from "../../../../src/domain/market/surface/arbitrage.ts"
import { logMoneynessAtDelta } from "../../../../src/domain/market/surface/measures.ts"
import {
  logMoneynessAtQuantile,
  mergeSlices,
  type SmileSlice,
  slopeBounds,
  ssviVariance,
  surfaceVolatility,
  thetaLeastAfter
} from "../../../../src/domain/market/surface/smileSlice.ts"
import {
  type SsviSlice,
  sviOfSsvi,
  totalVariance
} from "../../../../src/domain/market/surface/svi.ts"
import { normalQuantile } from "../../../../src/domain/pricing/normal.ts"

const part = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000 }))
const skew = Schema.Int.check(Schema.isBetween({ minimum: -95, maximum: 95 }))

const slice = (change: Partial<SmileSlice> = {}): SmileSlice => ({
  expiration: "2016-01-15",
  timeToExpirationYears: 0.25,
  forwardMicros: 750_000_000,
  theta: 0.01,
  rho: -0.4,
  psi: 0.06,
  ...change
})

describe("SSVI slices", () => {
  it("have the total variance of the SVI slice that they stand for", () => {
    const ssvi = { theta: 0.02, rho: -0.6, psi: 0.11 }
    for (let k = -1; k <= 1; k += 0.125) {
      assert.closeTo(ssviVariance(ssvi, k), totalVariance(sviOfSsvi(ssvi), k), 1e-15)
    }
    assert.closeTo(ssviVariance(ssvi, 0), 0.02, 1e-17)
  })

  it.prop(
    "have no arbitrage between strikes or expirations anywhere within their bounds",
    { theta: part, above: part, first: skew, second: skew, near: part, far: part },
    ({ theta, above, first, second, near, far }) => {
      const before: SsviSlice = (() => {
        const own = { theta: 0.001 + theta / 10_000, rho: first / 100 }
        return {
          ...own,
          psi: slopeBounds(undefined, own.theta, own.rho).most * (0.01 + near / 1e3) * 0.99
        }
      })()
      const rho = second / 100
      const own = thetaLeastAfter(before, rho) + above / 10_000
      const { least, most } = slopeBounds(before, own, rho)
      // A skew that turns so far that no slope fits is not offered to a fit either.
      if (!(most > least)) return
      const after = { theta: own, rho, psi: least + (most - least) * (far / 1_000) * 0.999 }
      const named = [before, after].map((each, at) => ({
        expiration: String(at),
        slice: sviOfSsvi(each)
      }))
      // Touching slices may cross by rounding.
      const lifted = { ...named[1]!, slice: { ...named[1]!.slice, a: named[1]!.slice.a + 1e-13 } }
      assert.deepStrictEqual(surfaceArbitrage([named[0]!, lifted], -3, 3), [])
    }
  )

  it("find the strike of a delta as bisection does", () => {
    for (const delta of [0.1, 0.25, 0.5]) {
      const svi = sviOfSsvi(slice())
      const call = logMoneynessAtQuantile(slice(), normalQuantile(delta))
      const put = logMoneynessAtQuantile(slice(), normalQuantile(1 - delta))
      assert.closeTo(call, logMoneynessAtDelta(svi, delta), 1e-8)
      assert.closeTo(put, logMoneynessAtDelta(svi, -delta), 1e-8)
    }
  })

  it("give a contract the volatility of its expiration and strike, 0 where they know none", () => {
    const surface = [slice({ expiration: "2016-01-08", theta: 0.04, psi: 1e-12 }), slice()]
    assert.closeTo(surfaceVolatility(surface, "2016-01-08", 700_000_000), 0.4, 1e-9)
    assert.closeTo(surfaceVolatility(surface, "2016-01-15", 750_000_000), 0.2, 1e-9)
    assert.isAbove(surfaceVolatility(surface, "2016-01-15", 700_000_000), 0.2)
    assert.strictEqual(surfaceVolatility(surface, "2016-02-19", 700_000_000), 0)
  })

  it("replace those of their expiration and keep the others, in order of expiration", () => {
    const [first, second, third] = ["2016-01-08", "2016-01-15", "2016-01-22"].map((expiration) =>
      slice({ expiration })
    )
    const newer = { ...second!, theta: 0.02, rmsWidths: 3 }
    const { rmsWidths: _, ...plain } = newer
    assert.deepStrictEqual(mergeSlices([second!, third!], [first!, newer]), [first!, plain, third!])
  })
})
