import { assert, describe, it } from "@effect/vitest"
import { evaluateChain, makeChainGreeks } from "../../../src/domain/features/chainGreeks.ts"
import { readSurface, termOf } from "../../../src/domain/features/surfaceFeatures.ts"
import { sliceVolatility } from "../../../src/domain/market/surface/smileSlice.ts"
import { blackScholesGreeks } from "../../../src/domain/pricing/blackScholes.ts"
import { boardOf, chain, contextOf, known, riskFreeRate, spotMicros } from "./liveSurfaceFixture.ts"

const expected = (e: number, at: number, right: "Call" | "Put") => {
  const slice = known[e]!
  const strikeMicros = chain.expirations[e]!.strikesMicros[at]!
  const years = slice.timeToExpirationYears
  return blackScholesGreeks({
    right,
    spot: spotMicros / 1e6,
    strike: strikeMicros / 1e6,
    timeToExpirationYears: years,
    riskFreeRate,
    dividendYield: riskFreeRate - Math.log(slice.forwardMicros / spotMicros) / years,
    volatility: sliceVolatility(slice, strikeMicros)
  })
}

const everyContract = () =>
  chain.expirations.flatMap(({ calls, puts, strikesMicros }, e) =>
    Array.from(strikesMicros).flatMap((strikeMicros, at) => [
      { instrument: calls[at]!, e, at, right: "Call" as const, strikeMicros },
      { instrument: puts[at]!, e, at, right: "Put" as const, strikeMicros }
    ])
  )

describe("Greeks of a whole chain", () => {
  it("are the pricing core's at the surface's volatility, of every listed contract", () => {
    const greeks = makeChainGreeks(chain.instrumentCount)
    evaluateChain({ spotMicros, riskFreeRate }, chain, known, greeks)
    assert.isNaN(greeks.delta[0])
    for (const { instrument, e, at, right } of everyContract()) {
      const own = expected(e, at, right)
      assert.closeTo(greeks.valueUsd[instrument]!, own.price, 1e-9)
      assert.closeTo(greeks.delta[instrument]!, own.delta, 1e-11)
      assert.closeTo(greeks.gammaPerUsd[instrument]!, own.gamma, 1e-13)
      assert.closeTo(greeks.vegaPerVol[instrument]!, own.vegaPerVol, 1e-8)
      assert.closeTo(greeks.thetaPerYear[instrument]!, own.thetaPerYear, 1e-8)
    }
  })

  it("leave contracts of expirations without a slice alone", () => {
    const greeks = makeChainGreeks(chain.instrumentCount)
    evaluateChain({ spotMicros, riskFreeRate }, chain, [known[0]!, known[2]!], greeks)
    for (const { instrument, e } of everyContract()) {
      assert.strictEqual(Number.isNaN(greeks.delta[instrument]!), e === 1)
    }
  })

  it("add up to what an expiration's quotes show, at displayed sizes", () => {
    const lifted = chain.expirations[1]!.calls[45]!
    const board = boardOf((instrument, sides) =>
      instrument === lifted
        ? { bidMicros: sides.askMicros + 1, askMicros: sides.askMicros + 2 }
        : sides
    )
    const readings = readSurface(contextOf(board), chain, known)
    readings.forEach(({ shown, slice }, e) => {
      assert.strictEqual(slice.quotes, 61)
      assert.strictEqual(shown.quotedContracts, 122)
      let vega = 0
      let gamma = 0
      let theta = 0
      for (const each of everyContract()) {
        if (each.e !== e) continue
        const own = expected(e, each.at, each.right)
        vega += own.vegaPerVol
        gamma += own.gamma
        theta += own.thetaPerYear
      }
      assert.closeTo(shown.bidVegaUsdPerVolPoint / (7 * vega), 1, 1e-2)
      assert.closeTo(shown.askVegaUsdPerVolPoint / (11 * vega), 1, 1e-2)
      assert.closeTo(shown.askGammaSharesPerUsd / (1_100 * gamma), 1, 1e-2)
      assert.closeTo(shown.askThetaUsdPerDay365 / ((1_100 / 365) * theta), 1, 1e-2)
      assert.strictEqual(shown.outsideQuotes, e === 1 ? 1 : 0)
    })
  })

  it("make a term point with the surface's level and skew, 0 where quotes do not reach 25 delta", () => {
    const [point] = readSurface(contextOf(boardOf()), chain, known).map(termOf)
    assert.closeTo(point!.atmVolatility, 0.19, 1e-6)
    assert.isAbove(point!.skew25, 0.01)
    const near = new Set(
      [...chain.expirations[0]!.strikesMicros.keys()].filter((at) => at >= 28 && at <= 31)
    )
    const { calls, puts } = chain.expirations[0]!
    const narrow = boardOf((instrument, sides) => {
      const at = Math.max(calls.indexOf(instrument), puts.indexOf(instrument))
      return at >= 0 && !near.has(at) ? { bidMicros: 0, askMicros: 0 } : sides
    })
    const [bare] = readSurface(contextOf(narrow), chain, known).map(termOf)
    assert.strictEqual(bare!.skew25, 0)
  })
})
