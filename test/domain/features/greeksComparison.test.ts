import { assert, describe, it } from "@effect/vitest"
import {
  GreeksComparison,
  type GreeksSeen,
  greeksText
} from "../../../src/domain/features/greeksComparison.ts"
import { expirationCloseMs } from "../../../src/domain/market/calendar.ts"

/**
 * Hull, Options, Futures, and Other Derivatives, "The Greek Letters": a call on a stock at 49, strike 50, 20 weeks, 5 %,
 * volatility 20 %: price 2.40, delta 0.522.
 */
const closeMs = expirationCloseMs("2015-12-31")!
const hull: GreeksSeen = {
  contract: {
    ...{ underlying: "X", optionType: "Call", strikeMicros: 50_000_000, expiration: "2015-12-31" },
    ...{ exerciseStyle: "American", multiplier: 100 }
  },
  spotMicros: 49_000_000,
  midMicros: 2_400_528,
  nowMs: closeMs - 0.3846 * 365 * 86_400_000,
  impliedVolatility: 0.2,
  delta: 0.5216
}

const comparing = (...seen: ReadonlyArray<GreeksSeen>) => {
  const options = { riskFreeRate: 0.05, dividendYield: 0, sampleMs: 60_000 }
  const comparison = new GreeksComparison(options)
  for (const each of seen) comparison.take(each)
  return comparison.summary
}

describe("Greeks compared with somebody else's", () => {
  it("agree with a published example", () => {
    const { compared, delta, impliedVolatility } = comparing(hull)
    assert.strictEqual(compared, 1)
    assert.isBelow(delta.worst, 1e-4)
    assert.isBelow(impliedVolatility.worst, 1e-5)
  })

  it("are told by median and worst, with the contract that was the farthest apart", () => {
    const at = (minute: number, delta: number, strikeMicros = 50_000_000): GreeksSeen => ({
      ...hull,
      contract: { ...hull.contract, strikeMicros },
      nowMs: hull.nowMs + minute * 60_000,
      delta: hull.delta + delta
    })
    const { delta, compared } = comparing(at(0, 0.01), at(1, -0.02), at(2, 0.3), at(3, 0.04))
    assert.strictEqual(compared, 4)
    assert.closeTo(delta.median, 0.03, 1e-3)
    assert.closeTo(delta.worst, 0.3, 1e-3)
    assert.strictEqual(delta.worstOf, "X     151231C00050000")
  })

  it("are looked at once a contract and minute, and left out where a side has none", () => {
    const later = { ...hull, nowMs: hull.nowMs + 59_999 }
    assert.strictEqual(comparing(hull, later).compared, 1)
    const other = { ...hull, contract: { ...hull.contract, strikeMicros: 51_000_000 } }
    assert.strictEqual(comparing(hull, other).compared, 2)
    const untold = { ...hull, delta: Number.NaN }
    // Below what exercise is worth no volatility explains a price.
    const cheap = { ...hull, contract: { ...hull.contract, strikeMicros: 40_000_000 } }
    const summary = comparing(untold, cheap)
    assert.deepInclude(summary, { compared: 0, leftOut: 2 })
    assert.strictEqual(
      greeksText("Their", summary),
      "Their greeks: none could be compared with ours"
    )
    assert.strictEqual(comparing({ ...hull, midMicros: 0 }).leftOut, 0)
  })

  it("are one line for people", () => {
    const text = greeksText("Their", comparing({ ...hull, delta: 0.55, impliedVolatility: 0.21 }))
    assert.match(
      text,
      /^Their greeks: 1 compared with ours; delta apart by 0\.028\d\d in the median,/
    )
    assert.match(
      text,
      /implied volatility by (?:0\.99|1\.00)\d points, (?:0\.99|1\.00)\d at most \(X {5}151231C00050000\)$/
    )
  })
})
