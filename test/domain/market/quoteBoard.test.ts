import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { QuoteBoard, QuoteBoardSnapshot } from "../../../src/domain/market/quoteBoard.ts"

const quote = (instrument: number, bidMicros: number, askMicros: number, timeMs = 1_000) => ({
  instrument,
  bidMicros,
  askMicros,
  bidSize: bidMicros > 0 ? 3 : 0,
  askSize: askMicros > 0 ? 4 : 0,
  timeMs
})

const Quotes = Schema.Array(
  Schema.Struct({
    instrument: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 6 })),
    bidMicros: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2_000_000_000 })),
    askMicros: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2_000_000_000 })),
    timeMs: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 2_000_000_000_000 }))
  })
)

describe("QuoteBoard", () => {
  it("keeps the last quote of each instrument", () => {
    const board = new QuoteBoard(3)
    board.update(quote(1, 990_000, 1_010_000))
    board.update(quote(1, 1_000_000, 1_030_000, 2_000))
    assert.strictEqual(board.midMicros(1), 1_015_000)
    assert.strictEqual(board.spreadMicros(1), 30_000)
    assert.strictEqual(board.ageMs(1, 2_500), 500)
    assert.isFalse(board.isQuoted(0))
    assert.strictEqual(board.ageMs(0, 2_500), Number.POSITIVE_INFINITY)
  })

  it("has no midpoint for an absent side or a crossed quote", () => {
    const board = new QuoteBoard(3)
    board.update(quote(0, 0, 50_000))
    board.update(quote(1, 50_000, 0))
    board.update(quote(2, 60_000, 50_000))
    for (const instrument of [0, 1, 2]) {
      assert.isFalse(board.isTwoSided(instrument))
      assert.isNaN(board.midMicros(instrument))
      assert.isNaN(board.spreadMicros(instrument))
    }
  })

  it("throws on a quote of an instrument that is not listed", () => {
    const board = new QuoteBoard(2)
    assert.throws(() => board.update(quote(2, 1, 2)), /instrument 2, of which 2 are listed/)
  })

  it.prop("comes back from its snapshot as it was", { quotes: Quotes }, ({ quotes }) => {
    const board = new QuoteBoard(7)
    for (const each of quotes) board.update({ ...each, bidSize: 1, askSize: 2 })
    const codec = Schema.toCodecJson(QuoteBoardSnapshot)
    const json = JSON.stringify(Schema.encodeSync(codec)(board.snapshot()))
    const restored = QuoteBoard.restore(Schema.decodeUnknownSync(codec)(JSON.parse(json)))
    for (let at = 0; at < 7; at++) {
      assert.strictEqual(restored.timeMs[at], board.timeMs[at])
      assert.strictEqual(restored.bidMicros[at], board.bidMicros[at])
      assert.strictEqual(restored.askMicros[at], board.askMicros[at])
      assert.strictEqual(restored.bidSize[at], board.bidSize[at])
      assert.strictEqual(restored.askSize[at], board.askSize[at])
    }
  })
})
