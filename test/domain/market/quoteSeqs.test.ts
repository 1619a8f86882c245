import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { QuoteSeqs } from "../../../src/domain/market/quoteSeqs.ts"

const Updates = Schema.Array(
  Schema.Tuple([
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 6 })),
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 ** 45 }))
  ])
)
const all = [0, 1, 2, 3, 4, 5, 6]

describe("QuoteSeqs", () => {
  it("names the latest quotes ascending, each once, and leaves out what was never quoted", () => {
    const seqs = new QuoteSeqs(4)
    seqs.update(2, 9)
    seqs.update(1, 40)
    seqs.update(2, 17)
    seqs.update(0, 0)
    assert.deepStrictEqual(seqs.of([1, 3, 2, 1, 0]), [0, 17, 40])
  })

  it("leaves out what is not listed", () => {
    const seqs = new QuoteSeqs(2)
    seqs.update(2, 5)
    assert.deepStrictEqual(seqs.of([-1, 0, 1, 2, 99]), [])
  })

  it.prop("comes back from its snapshot as it was", { updates: Updates }, ({ updates }) => {
    const seqs = new QuoteSeqs(7)
    for (const [instrument, seq] of updates) seqs.update(instrument, seq)
    const restored = QuoteSeqs.restore(JSON.parse(JSON.stringify(seqs.snapshot())))
    for (const each of all) assert.deepStrictEqual(restored.of([each]), seqs.of([each]))
    assert.deepStrictEqual(restored.snapshot(), seqs.snapshot())
  })
})
