import { assert, describe, it } from "@effect/vitest"
import { readSmile, skewAtDelta } from "../../../src/domain/features/smile.ts"
import {
  atmOverIndex,
  monthlyExpirations,
  quoteTimeMs,
  SyntheticChain
} from "../../../src/domain/validation/syntheticChain.ts"

const flat = { slope: 0, curvature: 0, floor: 0.5 }
const skewed = { slope: -0.2, curvature: 0.03, floor: 0.5 }
const spread = { halfSpreadOverMid: 0.01, halfSpreadOverSpot: 0.00005 }

const chainOf = (shape: typeof flat) => {
  const { nowMs } = quoteTimeMs("2015-12-23")!
  const at = { spotMicros: 200_000_000, atmVolatility: 0.15, nowMs }
  const market = new SyntheticChain(at, monthlyExpirations("2015-12-23", 10, 60), {
    shape,
    spread
  })
  market.quote(at)
  const context = {
    board: market.board,
    nowMs,
    spotMicros: at.spotMicros,
    riskFreeRate: 0,
    quoteAgeMsMax: 1
  }
  return { market, at, smile: readSmile(context, market.chain.expirations[0]!, 0.1)! }
}

describe("synthetic chain", () => {
  it("expires on third Fridays within the wanted days", () => {
    assert.deepStrictEqual(monthlyExpirations("2015-12-23", 10, 60), ["2016-01-15", "2016-02-19"])
    assert.deepStrictEqual(monthlyExpirations("2015-12-23", 30, 60), ["2016-02-19"])
  })

  it("is read back as the volatility and the skew it was made with", () => {
    assert.closeTo(chainOf(flat).smile.atmVolatility, 0.15, 5e-4)
    assert.closeTo(skewAtDelta(chainOf(flat).smile, 0.25), 0, 2e-3)
    const { smile } = chainOf(skewed)
    assert.closeTo(smile.atmVolatility, 0.15, 1e-3)
    // 25 delta lies about 0.67 standard deviations out on either side.
    assert.closeTo(skewAtDelta(smile, 0.25) / 0.15, 0.2 * 2 * 0.67, 0.03)
  })

  it("quotes whole cents around the model price, wide by the stated spread", () => {
    const { market } = chainOf(skewed)
    for (let id = 1; id < market.chain.instrumentCount; id++) {
      const bid = market.board.bidMicros[id]!
      const ask = market.board.askMicros[id]!
      assert.strictEqual(bid % 10_000, 0)
      assert.strictEqual(ask % 10_000, 0)
      const half = Math.max(0.01 * ((bid + ask) / 2), 10_000)
      assert.isAtMost(ask - bid, 2 * half + 20_001)
      assert.isAtLeast(ask - bid, 10_000)
    }
  })

  it("quotes what is over at its payoff", () => {
    const { market, at } = chainOf(flat)
    const [chain] = market.chain.expirations
    const strike = chain!.strikesMicros.findIndex((each) => each >= 200_000_000)
    const later = { ...at, spotMicros: 205_000_000, nowMs: chain!.lastTradeMs }
    market.quote(later, [chain!.calls[strike]!])
    const mid = market.board.midMicros(chain!.calls[strike]!)
    assert.closeTo(mid, 205_000_000 - chain!.strikesMicros[strike]!, 60_000)
  })
})

describe("atmOverIndex", () => {
  it("is 1 for a flat smile: the index is then the volatility itself", () => {
    assert.closeTo(atmOverIndex(flat), 1, 1e-4)
  })

  it("is near the S&P 500's own ratio with the stated skew", () => {
    // 2015-12-22: at-the-money volatility of the January 2016 options about 0.144, VIX 16.6.
    assert.closeTo(atmOverIndex(skewed), 0.144 / 0.166, 0.03)
  })
})
