import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { impliedForward } from "../../../../src/domain/market/surface/parity.ts"
import type {
  ExpirationQuotes,
  SurfaceMarket
} from "../../../../src/domain/market/surface/quotes.ts"
import { priceOption } from "../../../../src/domain/pricing/engine.ts"

const time = 0.6
const rate = 0.04
const yieldRate = 0.015
const spot = 100
const forward = spot * Math.exp((rate - yieldRate) * time)

/** Quotes around model prices with a skewed smile, two cents wide each side. */
const quotesOf = (style: "European" | "American", spoil: (strike: number) => number) => {
  const priceOf = (right: "Call" | "Put", strike: number) =>
    Result.getOrThrow(
      priceOption({
        style,
        right,
        spot,
        strike,
        timeToExpirationYears: time,
        riskFreeRate: rate,
        dividendYield: yieldRate,
        volatility: 0.3 - 0.2 * Math.log(strike / spot),
        accuracy: "Exact"
      })
    ).price
  const strikes = Array.from({ length: 17 }, (_, i) => 80 + 2.5 * i).map((strike) => {
    const call = priceOf("Call", strike) + spoil(strike)
    const put = priceOf("Put", strike)
    return {
      strike,
      callBid: call - 0.02,
      callAsk: call + 0.02,
      putBid: put - 0.02,
      putAsk: put + 0.02
    }
  })
  const market: SurfaceMarket = { style, spot, riskFreeRate: rate }
  const quotes: ExpirationQuotes = { expiration: "", timeToExpirationYears: time, strikes }
  return { market, quotes }
}

describe("Forward implied by put-call parity", () => {
  it("recovers the forward, the yield and the rate of European quotes", () => {
    const { market, quotes } = quotesOf("European", () => 0)
    const implied = impliedForward(market, quotes)!
    assert.closeTo(implied.forward, forward, 1e-9)
    assert.closeTo(implied.dividendYield, yieldRate, 1e-10)
    assert.closeTo(implied.impliedRate, rate, 1e-9)
    assert.strictEqual(implied.strikesUsed, 17)
  })

  it("recovers the forward of American quotes, whose parity early exercise breaks", () => {
    const { market, quotes } = quotesOf("American", () => 0)
    const american = impliedForward(market, quotes)!
    const naive = impliedForward({ ...market, style: "European" }, quotes)!
    assert.isAbove(Math.abs(naive.forward - forward), 0.1, "the correction has work to do")
    assert.closeTo(american.forward, forward, 0.01)
  })

  it("is not moved by a quarter of the calls being stale", () => {
    const { market, quotes } = quotesOf("European", (strike) => (strike % 10 === 0 ? 1.7 : 0))
    const implied = impliedForward(market, quotes)!
    assert.closeTo(implied.forward, forward, 1e-3)
    assert.isBelow(implied.strikesTrusted, implied.strikesUsed)
  })

  it("is refused when fewer than three strikes are quoted on all four sides", () => {
    const { market, quotes } = quotesOf("European", () => 0)
    const strikes = quotes.strikes.map((each, i) => (i < 2 ? each : { ...each, putBid: 0 }))
    assert.isUndefined(impliedForward(market, { ...quotes, strikes }))
  })
})
