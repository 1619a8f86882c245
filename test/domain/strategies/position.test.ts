import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { QuoteBoard } from "../../../src/domain/market/quoteBoard.ts"
import { volatilityDefaults } from "../../../src/domain/strategies/parameters.ts"
import {
  addHolding,
  exitLimitMicros,
  exitOrder,
  exitReason,
  type Holding,
  type Position,
  profitOf
} from "../../../src/domain/strategies/position.ts"

const boardOf = (sides: ReadonlyArray<readonly [number, number]>): QuoteBoard => {
  const board = new QuoteBoard(sides.length)
  sides.forEach(([bidMicros, askMicros], instrument) => {
    board.update({ instrument, bidMicros, askMicros, bidSize: 1, askSize: 1, timeMs: 1 })
  })
  return board
}

const held = (...quantities: ReadonlyArray<number>): ReadonlyArray<Holding> =>
  quantities.flatMap((quantity, instrument) =>
    quantity === 0 ? [] : [{ instrument, quantity, multiplier: instrument === 0 ? 1 : 100 }]
  )

const positionOf = (holdings: ReadonlyArray<Holding>, cashMicros: bigint): Position => ({
  tradeId: "t",
  expiration: "2016-01-15",
  view: -1,
  holdings,
  cashMicros,
  entryMicros: cashMicros,
  maxLossMicros: 1_000_000_000n,
  exitAttempts: 0
})

describe("holdings", () => {
  const Trade = Schema.Struct({
    instrument: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 })),
    quantity: Schema.Int.check(Schema.isBetween({ minimum: -5, maximum: 5 }))
  })
  it.prop(
    "are the sum of what was traded, in order of instrument, nothing at 0",
    { trades: Schema.Array(Trade) },
    ({ trades }) => {
      const holdings = trades.reduce<ReadonlyArray<Holding>>(
        (all, each) => addHolding(all, { ...each, multiplier: 100 }),
        []
      )
      for (let id = 0; id < 4; id++) {
        const sum = trades
          .filter((each) => each.instrument === id)
          .reduce((a, b) => a + b.quantity, 0)
        assert.strictEqual(holdings.find((each) => each.instrument === id)?.quantity ?? 0, sum)
      }
      const ids = holdings.map((each) => each.instrument)
      assert.deepStrictEqual(ids, [...ids].sort())
      assert.isTrue(holdings.every((each) => each.quantity !== 0))
    }
  )
})

describe("exitOrder", () => {
  const board = boardOf([
    [100_000_000, 100_020_000],
    [1_000_000, 1_200_000],
    [300_000, 400_000],
    [0, 50_000]
  ])

  it("turns the legs round, in the largest units that hold all of them", () => {
    const order = exitOrder(held(0, -4, 6), board)!
    assert.strictEqual(order.quantity, 2)
    assert.deepStrictEqual(order.legs, [
      { instrument: 1, side: "Buy", ratio: 2 },
      { instrument: 2, side: "Sell", ratio: 3 }
    ])
    assert.strictEqual(order.naturalNetMicros, 2 * 1_200_000 - 3 * 300_000)
    assert.strictEqual(order.midNetMicros, 2 * 1_100_000 - 3 * 350_000)
  })

  it("sells stock alone first, leaves a long without a bid, and waits for a short without an ask", () => {
    assert.deepStrictEqual(exitOrder(held(100, -1), board)!.legs, [
      { instrument: 0, side: "Sell", ratio: 1 }
    ])
    assert.deepStrictEqual(
      exitOrder(held(0, -1, 0, 1), board)!.legs.map((leg) => leg.instrument),
      [1]
    )
    assert.isUndefined(exitOrder(held(0, 0, 0, 5), board))
    assert.isUndefined(
      exitOrder(
        held(0, -1, 1),
        boardOf([
          [1, 2],
          [5, 0],
          [3, 4]
        ])
      )
    )
  })
})

describe("exitReason", () => {
  const board = boardOf([
    [100_000_000, 100_020_000],
    [1_000_000, 1_200_000]
  ])
  const ask = (cashMicros: bigint, over: Partial<Parameters<typeof exitReason>[1]> = {}) => {
    const position = positionOf(held(0, -1), cashMicros)
    return exitReason(volatilityDefaults, {
      position,
      profit: profitOf(volatilityDefaults, position, board),
      tradingDaysLeft: 20,
      minutesToFlat: Number.POSITIVE_INFINITY,
      ...over
    })
  }

  it("takes a profit only at the price it can be had for", () => {
    // Bought back at the ask of 1.20: 120 USD. Half of 240 is 120.
    assert.strictEqual(ask(240_000_000n), "profit-target")
    assert.isUndefined(ask(239_000_000n))
  })

  it("stops a loss at midpoints, but not on a quote too wide to tell", () => {
    // At the midpoint of 1.10 the loss on 390 USD paid is 500 of 1,000 at risk.
    assert.strictEqual(ask(-390_000_000n), "stop-loss")
    const wide = boardOf([
      [1, 2],
      [100_000, 9_000_000]
    ])
    const position = positionOf(held(0, -1), -390_000_000n)
    const profit = profitOf(volatilityDefaults, position, wide)
    assert.isUndefined(profit.atMidMicros)
    assert.isUndefined(ask(-390_000_000n, { profit }))
  })

  it("puts stock and the close before profit and loss, and time last", () => {
    const stock = positionOf(held(100, -1), 240_000_000n)
    assert.strictEqual(ask(240_000_000n, { position: stock }), "assigned-stock")
    assert.strictEqual(ask(240_000_000n, { minutesToFlat: 15 }), "flatten-at-close")
    assert.isUndefined(ask(150_000_000n, { minutesToFlat: 16 }))
    assert.strictEqual(ask(150_000_000n, { tradingDaysLeft: 4.9 }), "time-exit")
    assert.strictEqual(ask(240_000_000n, { tradingDaysLeft: 4.9 }), "profit-target")
  })
})

describe("exitLimitMicros", () => {
  const order = { legs: [], quantity: 1, midNetMicros: 1_000_000, naturalNetMicros: 1_400_000 }
  const limit = (reason: "stop-loss" | "profit-target", attempts: number) =>
    exitLimitMicros(volatilityDefaults, order, reason, attempts)

  it("starts near the midpoint where there is time and at the natural price where there is none", () => {
    assert.strictEqual(limit("profit-target", 0), 1_100_000)
    assert.strictEqual(limit("profit-target", 3), 1_400_000)
    assert.strictEqual(limit("stop-loss", 0), 1_400_000)
  })

  it("gives in no further than half a half-spread past the natural price", () => {
    assert.strictEqual(limit("stop-loss", 50), 1_600_000)
  })
})
