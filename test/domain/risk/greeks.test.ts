import { assert, describe, it } from "@effect/vitest"
import { greeksOfHoldings } from "../../../src/domain/risk/greeks.ts"
import { boardOf, marketOf, nowMs, type Sides } from "./riskFixture.ts"

const at = (micros: number): Sides => ({ bidMicros: micros, askMicros: micros })
const yearMs = 365 * 86_400_000
const europeans = new Set([1, 2, 3, 4])

describe("Risk, greeks of holdings", () => {
  it("has Hull's greeks of a European call: 49 on 50, 20 weeks, 5 %, volatility 20 %", () => {
    // Hull, Options, Futures, and Other Derivatives, chapter 19: value 2.4005, delta 0.522, gamma
    // 0.066, vega 12.1.
    const board = boardOf(
      new Map([
        [0, at(49_000_000)],
        [1, at(2_400_500)]
      ])
    )
    const market = marketOf({ board, europeans })
    const lastTradeMs = market.chain.expirations[0]!.lastTradeMs
    const greeks = greeksOfHoldings(market, new Map([[1, 1]]), lastTradeMs - 0.3846 * yearMs)
    assert.closeTo(greeks.deltaShares, 52.2, 0.05)
    assert.closeTo(greeks.gammaSharesPerUsd, 6.6, 0.05)
    assert.closeTo(greeks.vegaUsdPerVolPoint, 12.1, 0.05)
    assert.deepStrictEqual(greeks.unpriced, [])
  })

  it("reads an in-the-money option's volatility from the other side of its strike", () => {
    const greeksAt = (putMicros: number, callMicros: number) => {
      const board = boardOf(
        new Map([
          [1, at(callMicros)],
          [2, at(putMicros)]
        ])
      )
      return greeksOfHoldings(marketOf({ board }), new Map([[2, 1]]), nowMs)
    }
    assert.deepStrictEqual(greeksAt(9_000_000, 2_400_000), greeksAt(2_450_000, 2_400_000))
    assert.notDeepEqual(greeksAt(2_450_000, 2_000_000), greeksAt(2_450_000, 2_400_000))
  })

  it("takes the surface's volatility where it has the expiration, before any single quote's", () => {
    const volatility = 0.2
    const lastTradeMs = marketOf().chain.expirations[0]!.lastTradeMs
    const years = (lastTradeMs - nowMs) / yearMs
    const slice = {
      expiration: "2016-05-13",
      timeToExpirationYears: years,
      forwardMicros: 49_500_000,
      theta: volatility ** 2 * years,
      rho: 0,
      psi: 1e-12
    }
    const quoted = boardOf(new Map([[1, at(6_000_000)]]))
    const one = new Map([[1, 1]])
    const onSurface = greeksOfHoldings(marketOf({ board: quoted, surface: [slice] }), one, nowMs)
    const unquoted = boardOf(new Map([[1, at(0)]]))
    const byAtm = greeksOfHoldings(marketOf({ board: unquoted }), one, nowMs)
    assert.closeTo(onSurface.deltaShares, byAtm.deltaShares, 1e-6)
    assert.closeTo(onSurface.vegaUsdPerVolPoint, byAtm.vegaUsdPerVolPoint, 1e-6)
    const bySingleQuote = greeksOfHoldings(marketOf({ board: quoted }), one, nowMs)
    assert.isAbove(Math.abs(bySingleQuote.deltaShares - onSurface.deltaShares), 0.5)
  })

  it("adds up by signed quantity, shares as one delta each", () => {
    const market = marketOf()
    const one = greeksOfHoldings(market, new Map([[1, 1]]), nowMs)
    const book = greeksOfHoldings(
      market,
      new Map([
        [1, -3],
        [0, 70]
      ]),
      nowMs
    )
    assert.closeTo(book.deltaShares, 70 - 3 * one.deltaShares, 1e-9)
    assert.closeTo(book.vegaUsdPerVolPoint, -3 * one.vegaUsdPerVolPoint, 1e-9)
  })

  it("moves delta by gamma where the underlying moves and volatility stays", () => {
    const volatility = 0.2
    const deltaAt = (spot: number) => {
      // No quote for the option: the expiration's own volatility is used.
      const board = boardOf(
        new Map([
          [0, at(spot * 1_000_000)],
          [1, at(0)]
        ])
      )
      const volatilities = new Map([["2016-05-13", volatility]])
      return greeksOfHoldings(marketOf({ board, volatilities }), new Map([[1, 1]]), nowMs)
    }
    const moved = (deltaAt(49.1).deltaShares - deltaAt(48.9).deltaShares) / 0.2
    assert.closeTo(moved, deltaAt(49).gammaSharesPerUsd, 0.01)
  })

  it("counts an option without any volatility as its exercise value, and names it", () => {
    const market = marketOf({
      board: boardOf(
        new Map([
          [4, at(0)],
          [1, at(0)]
        ])
      ),
      volatilities: new Map()
    })
    const greeks = greeksOfHoldings(
      market,
      new Map([
        [4, 2],
        [1, 1]
      ]),
      nowMs
    )
    assert.deepStrictEqual(greeks.unpriced, [4, 1])
    assert.strictEqual(greeks.deltaShares, 0)
    const deep = marketOf({
      board: boardOf(
        new Map([
          [0, at(60_000_000)],
          [1, at(0)],
          [2, at(0)]
        ])
      ),
      volatilities: new Map()
    })
    assert.strictEqual(greeksOfHoldings(deep, new Map([[1, 1]]), nowMs).deltaShares, 100)
  })
})
