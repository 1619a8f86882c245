import { assert, describe, it } from "@effect/vitest"
import { fitLiveSurface, type LiveSlice } from "../../../src/domain/features/liveSurface.ts"
import { surfaceArbitrage } from "../../../src/domain/market/surface/arbitrage.ts"
import { type SmileSlice, sliceVolatility } from "../../../src/domain/market/surface/smileSlice.ts"
import { sviOfSsvi } from "../../../src/domain/market/surface/svi.ts"
import { boardOf, chain, contextOf, googMinutes, known } from "./liveSurfaceFixture.ts"

const strikesNear = [600, 700, 748, 800, 900].map((strike) => strike * 1e6)

const assertNear = (fitted: ReadonlyArray<SmileSlice>, within: number): void => {
  assert.deepStrictEqual(
    fitted.map(({ expiration }) => expiration),
    known.map(({ expiration }) => expiration)
  )
  known.forEach((slice, at) => {
    assert.closeTo(fitted[at]!.forwardMicros / slice.forwardMicros, 1, 1e-6)
    for (const strike of strikesNear) {
      assert.closeTo(sliceVolatility(fitted[at]!, strike), sliceVolatility(slice, strike), within)
    }
  })
}

describe("Live surface", () => {
  it("finds the surface that a chain is quoted at, without a last one", () => {
    const fitted = fitLiveSurface(contextOf(boardOf()), chain, [])
    assertNear(fitted, 2e-3)
    for (const { rmsWidths } of fitted) assert.isBelow(rmsWidths, 0.05)
  })

  it("follows the quotes from a last surface that lies beside them", () => {
    const last = known.map((slice) => ({
      ...slice,
      theta: slice.theta * 1.3,
      rho: 0.1,
      psi: slice.psi * 0.5
    }))
    assertNear(fitLiveSurface(contextOf(boardOf()), chain, last), 2e-3)
  })

  it("stays where it is on quotes that it already fits", () => {
    const context = contextOf(boardOf())
    const once = fitLiveSurface(context, chain, known)
    assertNear(once, 1e-9)
    assert.deepStrictEqual(fitLiveSurface(context, chain, known), once)
  })

  it("is not bent by a few quotes far from where they belong", () => {
    const board = boardOf((instrument, sides) =>
      instrument % 20 === 0
        ? { bidMicros: sides.bidMicros * 1.5, askMicros: sides.askMicros * 1.5 }
        : sides
    )
    assertNear(fitLiveSurface(contextOf(board), chain, known), 5e-3)
  })

  it("leaves out expirations that are over, or quoted on too few strikes or one side only", () => {
    const context = contextOf(boardOf())
    const over = fitLiveSurface({ ...context, nowMs: Date.UTC(2016, 0, 9) }, chain, [])
    assert.notInclude(
      over.map(({ expiration }) => expiration),
      known[0]!.expiration
    )
    const { calls, puts } = chain.expirations[1]!
    const first = new Set([...calls, ...puts].filter((_, at) => at % 61 !== 30))
    const bare = boardOf((instrument, sides) =>
      first.has(instrument) ? { bidMicros: 0, askMicros: 0 } : sides
    )
    assert.deepStrictEqual(
      fitLiveSurface(contextOf(bare), chain, []).map(({ expiration }) => expiration),
      [known[0]!.expiration, known[2]!.expiration]
    )
  })

  it("goes through the real chain all day without arbitrage, most quotes within their width", () => {
    const { chain: listed, minutes } = googMinutes(3)
    let last: ReadonlyArray<LiveSlice> = []
    const residuals: Array<number> = []
    let expirations = 0
    for (const context of minutes()) {
      last = fitLiveSurface(context, listed, last)
      const named = last.map(({ expiration, ...slice }) => ({
        expiration,
        slice: sviOfSsvi(slice)
      }))
      // Touching slices may cross by rounding.
      named.forEach(({ slice }, at) => {
        named[at] = { ...named[at]!, slice: { ...slice, a: slice.a + at * 1e-14 } }
      })
      assert.deepStrictEqual(surfaceArbitrage(named, -1.5, 1.5), [])
      residuals.push(...last.map(({ rmsWidths }) => rmsWidths))
      expirations += last.length
    }
    residuals.sort((one, other) => one - other)
    assert.isAbove(expirations, 69 * 10)
    assert.isBelow(residuals[residuals.length >> 1]!, 0.2)
    assert.isBelow(residuals[Math.floor(residuals.length * 0.95)]!, 0.6)
  })
})
