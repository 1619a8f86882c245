import { assert, describe, it } from "@effect/vitest"
import { quoteArbitrage } from "../../../../src/domain/market/surface/arbitrage.ts"
import {
  logMoneynessAtDelta,
  smileMeasures,
  termMeasures
} from "../../../../src/domain/market/surface/measures.ts"
import type { ExpirationQuotes } from "../../../../src/domain/market/surface/quotes.ts"
import {
  fitResiduals,
  fitSurface,
  forwardAt,
  totalVarianceAt,
  volatilityAt
} from "../../../../src/domain/market/surface/surface.ts"
import { totalVariance } from "../../../../src/domain/market/surface/svi.ts"
import { normalCdf } from "../../../../src/domain/pricing/normal.ts"
import { googQuotes } from "./googQuotes.ts"

const elevenOClock = 11 * 3_600_000
const { market, expirations } = googQuotes(elevenOClock)
const surface = fitSurface(market, expirations)

describe("Surface of the GOOG chain at 11:00 on 2015-12-24", () => {
  it("covers every expiration but the one of that day, and says why that one is left out", () => {
    assert.strictEqual(surface.expirations.length, 11)
    assert.deepStrictEqual(surface.refused, [
      { expiration: "2015-12-24", reason: "TooFewForParity" }
    ])
  })

  it("has neither butterfly nor calendar arbitrage, with SVI or with SSVI", () => {
    assert.deepStrictEqual(surface.arbitrage, [])
    assert.deepStrictEqual(fitSurface(market, expirations, "Ssvi").arbitrage, [])
  })

  it("lies inside the bid and ask of nine quotes in ten", () => {
    const residuals = surface.expirations.flatMap(fitResiduals)
    assert.isAbove(residuals.length, 400)
    const inside = residuals.filter((widths) => Math.abs(widths) <= 0.5).length
    assert.isAbove(inside / residuals.length, 0.9)
    for (const each of surface.expirations) {
      assert.isBelow(each.fit.rmsWidths, 0.6, each.expiration)
    }
  })

  it("has forwards near the spot's own carry, for GOOG paid no dividend", () => {
    for (const { implied, timeToExpirationYears: time } of surface.expirations) {
      const carried = market.spot * Math.exp(market.riskFreeRate * time)
      const allowed = 1 + 3 * implied.standardError
      assert.closeTo(implied.forward, carried, allowed)
    }
  })

  it("has downside skew everywhere and most of its variance where results are due", () => {
    const smiles = surface.expirations.map(smileMeasures)
    for (const smile of smiles) {
      assert.isBelow(smile.atmSkewPerLogStrike, 0)
      assert.isBelow(smile.riskReversal25, 0)
    }
    const terms = termMeasures(surface)
    const most = terms.reduce((a, b) => (a.forwardVolatility > b.forwardVolatility ? a : b))
    assert.strictEqual(most.to, "2016-01-29")
  })

  it("interpolates forwards and variance through its expirations, variance rising in time", () => {
    for (const each of surface.expirations) {
      const time = each.timeToExpirationYears
      assert.closeTo(forwardAt(surface, time), each.implied.forward, 1e-9)
      const direct = totalVariance(each.fit.slice, 0.05)
      assert.closeTo(totalVarianceAt(surface, 0.05, time), direct, 1e-12)
      const strike = each.implied.forward * Math.exp(0.05)
      assert.closeTo(volatilityAt(surface, strike, time), Math.sqrt(direct / time), 1e-9)
    }
    for (const k of [-0.2, 0, 0.1]) {
      let before = 0
      for (let time = 0.005; time < 2.5; time += 0.005) {
        const variance = totalVarianceAt(surface, k, time)
        assert.isAtLeast(variance, before, `k ${k} time ${time}`)
        before = variance
      }
    }
  })

  it("is the same again from the same quotes", () => {
    const again = fitSurface(market, expirations)
    assert.deepStrictEqual(again.expirations, surface.expirations)
  })
})

describe("Smile measures", () => {
  it("place a delta where the smile itself has it", () => {
    const { slice } = surface.expirations[6]!.fit
    for (const delta of [0.1, 0.25, 0.5, 0.75]) {
      const k = logMoneynessAtDelta(slice, delta)
      const deviation = Math.sqrt(totalVariance(slice, k))
      assert.closeTo(normalCdf(-k / deviation + deviation / 2), delta, 1e-12)
      assert.closeTo(logMoneynessAtDelta(slice, delta - 1), k, 1e-12)
    }
  })
})

describe("Arbitrage in quotes", () => {
  const expiration = (strikes: ExpirationQuotes["strikes"], years = 0.1): ExpirationQuotes => ({
    expiration: `after ${years}`,
    timeToExpirationYears: years,
    strikes
  })
  const quote = (strike: number, call: number, put: number) => ({
    strike,
    callBid: call - 0.05,
    callAsk: call + 0.05,
    putBid: put - 0.05,
    putAsk: put + 0.05
  })
  const fair = [quote(95, 6.5, 1.4), quote(100, 3.1, 3), quote(105, 1.2, 6.1)]

  it("is none in fair quotes nor in the GOOG chain", () => {
    assert.deepStrictEqual(quoteArbitrage([expiration(fair)]), [])
    assert.deepStrictEqual(quoteArbitrage(expirations), [])
  })

  it("is named with its strikes and its profit", () => {
    const tags = (...each: ReadonlyArray<ExpirationQuotes>) =>
      quoteArbitrage(each).map(({ _tag, right, strikes }) => `${_tag} ${right} ${strikes}`)
    const upsideDown = fair.map((each) => (each.strike === 105 ? quote(105, 3.6, 6.1) : each))
    assert.include(tags(expiration(upsideDown)), "Vertical Call 100,105")
    const bulge = fair.map((each) => (each.strike === 100 ? quote(100, 3.1, 4) : each))
    assert.include(tags(expiration(bulge)), "Butterfly Put 95,100,105")
    const cheaper = fair.map((each) => (each.strike === 95 ? quote(95, 6.2, 1.4) : each))
    assert.deepStrictEqual(tags(expiration(fair), expiration(cheaper, 0.2)), ["Calendar Call 95"])
    const profit = quoteArbitrage([expiration(fair), expiration(cheaper, 0.2)])[0]!.profit
    assert.closeTo(profit, 0.2, 1e-12)
  })
})
