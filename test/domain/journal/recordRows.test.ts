import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Result, Schema } from "effect"
import { Quote } from "../../../src/actors/ports/records/market.ts"
import type { JournalRecord } from "../../../src/domain/journal/record.ts"
import { makeRecordRows } from "../../../src/domain/journal/recordRows.ts"
import { codec, Everything, goldenRecords } from "./goldenRecords.ts"

const rows = makeRecordRows([Quote, Everything])
const quote = goldenRecords.find(({ type }) => type === Quote.type)!

/** Out as text and back, as a file does. */
const throughText = (record: JournalRecord) => {
  const { payload: _, ...header } = record
  const text = `${JSON.stringify(header).slice(0, -1)},"payload":${rows.payloadText(record)}}`
  return rows.record(JSON.parse(text) as Record<string, unknown>)
}

describe("RecordRows", () => {
  it.prop(
    "keep the canonical bytes of any payload, the sign of zero included",
    [Arbitrary.schema(Everything.schema)],
    ([payload]) => {
      const record = { ...quote, type: Everything.type, version: Everything.version, payload }
      const back = Result.getOrThrow(throughText(record))
      assert.deepStrictEqual(codec.encode(back), codec.encode(record))
    }
  )

  it("keep the bytes of a quote, whose layout is binary", () => {
    const back = Result.getOrThrow(throughText(quote))
    assert.deepStrictEqual(codec.encode(back), codec.encode(quote))
  })

  it("refuse what is no record of these kinds, in words", () => {
    const good = { ...quote }
    const refused = (change: object) => {
      const result = rows.record({ ...good, ...change })
      return Result.isFailure(result) ? result.failure : "taken"
    }
    assert.strictEqual(refused({}), "taken")
    assert.match(refused({ type: "Nothing" }), /no kind of record Nothing/)
    assert.match(refused({ version: 99 }), /Quote is of version 99; this build has 1/)
    assert.match(refused({ seq: "7" }), /seq/)
    assert.match(refused({ epoch: 1.5 }), /epoch/)
    assert.match(refused({ payload: { instrument: "x" } }), /instrument|bidMicros/)
    assert.match(refused({ payload: Schema }), /./)
  })
})
