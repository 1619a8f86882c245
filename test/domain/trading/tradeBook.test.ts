import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { LegFill } from "../../../src/domain/trading/netPrice.ts"
import {
  allot,
  bookEnded,
  bookFill,
  closeFault,
  restoreTradeBook,
  snapshotTradeBook,
  type TradeBook,
  totalHoldings
} from "../../../src/domain/trading/tradeBook.ts"

const leg = (instrument: number, signed: number): LegFill => ({
  instrument,
  side: signed > 0 ? "Buy" : "Sell",
  lastQty: Math.abs(signed),
  lastPxMicros: 1_000_000
})

const open = (book: TradeBook, tradeId: string, ...legs: ReadonlyArray<LegFill>) =>
  bookFill(book, { tradeId, kind: "Open", closes: "", strategyId: "s", legs })

describe("trade book", () => {
  it("adds opening fills to their trade, takes closing ones from it, and drops a flat trade", () => {
    const book: TradeBook = new Map()
    open(book, "A", leg(1, 2), leg(2, -2))
    const closing = { kind: "Close", closes: "A", strategyId: "s" } as const
    bookFill(book, { ...closing, tradeId: "B", legs: [leg(1, -1), leg(2, 1)] })
    assert.deepStrictEqual(
      [...book.get("A")!.holdings],
      [
        [1, 1],
        [2, -1]
      ]
    )
    assert.isFalse(book.has("B"))
    bookFill(book, { ...closing, tradeId: "B", legs: [leg(1, -1), leg(2, 1)] })
    assert.strictEqual(book.size, 0)
  })

  it("allots an end to holders of the same sign, the oldest first", () => {
    const book: TradeBook = new Map()
    open(book, "A", leg(1, 2))
    open(book, "B", leg(1, -1))
    open(book, "C", leg(1, 3))
    const { parts, rest } = allot(book, 1, 3)
    assert.deepStrictEqual(
      parts.map(({ trade, quantity }) => [trade.tradeId, quantity]),
      [
        ["A", 2],
        ["C", 1]
      ]
    )
    assert.strictEqual(rest, 0)
  })

  it("ends every holder's part where the end is of the whole net position", () => {
    const book: TradeBook = new Map()
    open(book, "A", leg(1, 2))
    open(book, "B", leg(1, -1))
    const { parts } = allot(book, 1, 1)
    assert.deepStrictEqual(
      parts.map(({ trade, quantity }) => [trade.tradeId, quantity]),
      [
        ["A", 2],
        ["B", -1]
      ]
    )
  })

  it("says what no trade holds", () => {
    const book: TradeBook = new Map()
    open(book, "A", leg(1, 2))
    assert.strictEqual(allot(book, 1, 5).rest, 3)
    assert.strictEqual(allot(book, 2, -4).rest, -4)
  })

  it("tells a closing order from one that opens or goes beyond what is held", () => {
    const book: TradeBook = new Map()
    open(book, "A", leg(1, 2), leg(2, -2))
    const legs = [
      { instrument: 1, side: "Sell", ratio: 1 },
      { instrument: 2, side: "Buy", ratio: 1 }
    ] as const
    const trade = book.get("A")
    assert.isUndefined(closeFault(trade, legs, 2))
    assert.strictEqual(closeFault(trade, legs, 3), "Sell 3 of instrument 1, of which it holds 2")
    assert.strictEqual(
      closeFault(trade, [{ instrument: 1, side: "Buy", ratio: 1 }], 1),
      "Buy 1 of instrument 1, of which it holds 2"
    )
    assert.strictEqual(closeFault(undefined, legs, 1), "the trade holds nothing")
  })

  const between = (minimum: number, maximum: number) =>
    Schema.Int.check(Schema.isBetween({ minimum, maximum }))
  const Fill = Schema.Struct({
    trade: Schema.Literals(["A", "B", "C"]),
    instrument: between(1, 3),
    size: between(1, 5),
    isBuy: Schema.Boolean
  })

  it.prop(
    "sums over trades to the net position, before and after ends, and survives a snapshot",
    { fills: Schema.Array(Fill).check(Schema.isMaxLength(20)), ending: between(1, 3) },
    ({ fills, ending }) => {
      const book: TradeBook = new Map()
      const net = new Map<number, number>()
      for (const { trade, instrument, size, isBuy } of fills) {
        const signed = isBuy ? size : -size
        open(book, trade, leg(instrument, signed))
        net.set(instrument, (net.get(instrument) ?? 0) + signed)
      }
      const expected = [...net].filter(([, quantity]) => quantity !== 0)
      assert.sameDeepMembers([...totalHoldings(book)], expected)
      const back = restoreTradeBook(snapshotTradeBook(book))
      assert.deepStrictEqual(snapshotTradeBook(back), snapshotTradeBook(book))

      const quantity = net.get(ending) ?? 0
      const { parts, rest } = allot(book, ending, quantity)
      assert.strictEqual(rest, 0)
      for (const part of parts) {
        const each = { tradeId: part.trade.tradeId, instrument: ending, quantity: part.quantity }
        bookEnded(book, { ...each, shares: part.quantity * 100 }, 0)
      }
      assert.isUndefined(totalHoldings(book).get(ending))
      assert.strictEqual(totalHoldings(book).get(0) ?? 0, quantity * 100)
    }
  )
})
