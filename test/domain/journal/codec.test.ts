import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Result, Schema } from "effect"
import { Quote, TradingSessionStatus } from "../../../src/actors/ports/records/market.ts"
import { makeRecordCodec } from "../../../src/domain/journal/codec.ts"
import { type JournalRecord, noCause, recordType } from "../../../src/domain/journal/record.ts"
import { UndecodableRecord } from "../../../src/domain/journal/recordDecoder.ts"
import { codec, Everything, goldenRecords } from "./goldenRecords.ts"

const whole = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))
const uint32 = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0xffff_ffff }))
const wellFormed = (bytesMax: number) =>
  Schema.String.check(
    Schema.makeFilter((text: string) => text.isWellFormed() && Buffer.byteLength(text) <= bytesMax)
  )

const header = Schema.Struct({
  seq: whole,
  epoch: uint32,
  actor: wellFormed(127).check(Schema.isMinLength(1)),
  cause: Schema.Union([Schema.Literal(noCause), whole.check(Schema.isLessThan(2 ** 52))]),
  correlation: wellFormed(255),
  logicalTimeMs: whole,
  sourceSeq: whole
})

const quotePayload = Schema.Struct({
  instrument: uint32,
  bidMicros: whole,
  askMicros: whole,
  bidSize: uint32,
  askSize: uint32,
  timeMs: whole,
  replaced: uint32
})

const recordOf = (
  { type, version }: { readonly type: string; readonly version: number },
  fields: typeof header.Type,
  payload: unknown
): JournalRecord => ({ ...fields, type, version, payload })

const quote = goldenRecords.find(({ type }) => type === "Quote")!
const status = goldenRecords.find(({ type }) => type === "TradingSessionStatus")!

describe("RecordCodec", () => {
  it.prop("reads back any quote as it was", [header, quotePayload], ([fields, payload]) => {
    const record = recordOf(Quote, fields, payload)
    const bytes = codec.encode(record)
    assert.deepStrictEqual(Result.getOrThrow(codec.decode(bytes)), record)
    const { payload: _, ...rest } = record
    assert.deepStrictEqual(Result.getOrThrow(codec.header(bytes)), rest)
  })

  it.prop(
    "reads back any JSON payload as it was, the sign of zero included",
    [header, Arbitrary.schema(Everything.schema)],
    ([fields, payload]) => {
      const record = recordOf(Everything, fields, payload)
      const bytes = codec.encode(record)
      const back = Result.getOrThrow(codec.decode(bytes))
      assert.deepStrictEqual(back, record)
      assert.deepStrictEqual(codec.encode(back), bytes)
    }
  )

  it.prop(
    "answers hostile bytes with a record or a typed error",
    [Schema.Uint8Array],
    ([bytes]) => {
      for (const result of [codec.decode(bytes), codec.header(bytes)]) {
        if (Result.isFailure(result)) assert.instanceOf(result.failure, UndecodableRecord)
      }
    }
  )

  it.prop(
    "answers changed bytes with a typed error, or with a record that encodes again",
    [
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: goldenRecords.length - 1 })),
      Schema.Array(
        Schema.Tuple([
          Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 400 })),
          Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
        ])
      ).check(Schema.isMinLength(1), Schema.isMaxLength(5))
    ],
    ([index, changes]) => {
      const bytes = codec.encode(goldenRecords[index]!)
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte
      const result = codec.decode(bytes)
      if (Result.isFailure(result)) assert.instanceOf(result.failure, UndecodableRecord)
      else assert.isAbove(codec.encode(result.success).length, 47)
    }
  )

  it("answers every cut of every kind's bytes with a typed error", () => {
    for (const record of goldenRecords) {
      const bytes = codec.encode(record)
      for (let length = 0; length < bytes.length; length++) {
        const result = codec.decode(bytes.subarray(0, length))
        assert.isTrue(Result.isFailure(result))
        assert.isTrue(Result.isFailure(codec.header(bytes.subarray(0, length))))
      }
    }
  })

  it("makes the same bytes whatever the order of keys in the payload", () => {
    for (const record of goldenRecords) {
      assert.deepStrictEqual(
        codec.encode({ ...record, payload: reversedKeys(record.payload) }),
        codec.encode(record)
      )
    }
  })

  it("writes the same bytes in place, at any offset, and says -1 where they do not fit", () => {
    for (const record of goldenRecords) {
      const bytes = codec.encode(record)
      const buffer = new Uint8Array(bytes.length + 7).fill(0xee)
      assert.strictEqual(codec.encodeInto(record, buffer, 7), buffer.length)
      assert.deepStrictEqual(buffer.slice(7), bytes)
      assert.deepStrictEqual(buffer.slice(0, 7), new Uint8Array(7).fill(0xee))
      for (let size = 0; size < bytes.length; size++) {
        assert.strictEqual(codec.encodeInto(record, new Uint8Array(size), 0), -1)
      }
    }
  })

  it("reads the same record from the middle of a buffer", () => {
    const bytes = codec.encode(quote)
    const buffer = new Uint8Array(bytes.length + 50)
    buffer.set(bytes, 31)
    const record = codec.decodeAt(buffer, 31, 31 + bytes.length)
    assert.deepStrictEqual(Result.getOrThrow(record), quote)
  })

  it("has no form for numbers, text and payloads that would not read back", () => {
    const refusals: ReadonlyArray<[Partial<JournalRecord>, RegExp]> = [
      [{ seq: 1.5 }, /seq is 1.5/],
      [{ seq: -1 }, /seq is -1/],
      [{ seq: 2 ** 53 }, /seq is 9007199254740992/],
      [{ epoch: 2 ** 32 }, /epoch is 4294967296/],
      [{ cause: -2 }, /cause/],
      [{ logicalTimeMs: Number.NaN }, /logicalTimeMs is NaN/],
      [{ sourceSeq: Number.POSITIVE_INFINITY }, /sourceSeq is Infinity/],
      [{ actor: "" }, /actor is empty/],
      [{ actor: "a".repeat(128) }, /128 bytes; at most 127/],
      [{ actor: "\ud800" }, /lone surrogate/],
      [{ correlation: "€".repeat(86) }, /258 bytes; at most 255/],
      [{ correlation: "\udfff" }, /lone surrogate/],
      [{ version: 2 }, /version is 2, not 1/],
      [{ type: "Nonsense" }, /no kind Nonsense/],
      [{ payload: undefined }, /payload/],
      [{ payload: { ...(status.payload as object), riskFreeRate: Number.NaN } }, /riskFreeRate/],
      [{ payload: { ...(status.payload as object), date: undefined } }, /date/]
    ]
    for (const [change, evidence] of refusals) {
      assert.throws(() => codec.encode({ ...status, ...change }), TypeError, evidence)
    }
  })

  it("refuses a quote that its layout would round, wrap or lose the sign of", () => {
    const changes = [
      { bidMicros: 0.5 },
      { askMicros: Number.NaN },
      { bidSize: 2 ** 32 },
      { askSize: -1 },
      { replaced: -0 },
      { timeMs: 2 ** 53 },
      { instrument: undefined }
    ]
    for (const change of changes) {
      const payload = { ...(quote.payload as object), ...change }
      assert.throws(() => codec.encode({ ...quote, payload }), TypeError, /not of its layout/)
    }
  })

  it("refuses a quote's bytes whose payload is out of range", () => {
    const bytes = codec.encode(quote)
    new DataView(bytes.buffer).setFloat64(bytes.length - 32, Number.NaN, true)
    const result = codec.decode(bytes)
    assert.isTrue(Result.isFailure(result))
    assert.match(String(result), /out of range/)
  })

  it("asks the schema where a layout does not say what it holds", () => {
    const { holds: _, ...layout } = Quote.layout!
    const other = makeRecordCodec([recordType("Quote", Quote.schema, { layout })])
    assert.deepStrictEqual(other.encode(quote), codec.encode(quote))
    const payload = { ...(quote.payload as object), bidMicros: 0.5 }
    assert.throws(() => other.encode({ ...quote, payload }), TypeError, /not of its layout/)
  })

  it("reads the header of a kind it does not have, and names the kind where it must decode", () => {
    const other = makeRecordCodec([TradingSessionStatus])
    const bytes = codec.encode(goldenRecords[0]!)
    assert.strictEqual(Result.getOrThrow(other.header(bytes)).type, "EpochOpened")
    assert.match(String(other.decode(bytes)), /EpochOpened by kernel.*no such kind/)
  })

  it("refuses a well-known name that is spelled out: a name has one form", () => {
    const bytes = codec.encode({ ...quote, actor: "markex" })
    bytes[bytes.indexOf("x".charCodeAt(0), 48)] = "t".charCodeAt(0)
    assert.match(String(codec.decode(bytes)), /name of its header/)
  })

  it("refuses a version of a newer build and one without an upcaster", () => {
    const newer = codec.encode(status)
    new DataView(newer.buffer).setUint32(12, 9, true)
    assert.match(String(codec.decode(newer)), /version 9 is of a newer build/)
    const older = makeRecordCodec([
      recordType("TradingSessionStatus", TradingSessionStatus.schema, { version: 2 })
    ])
    assert.match(String(older.decode(codec.encode(status))), /no upcaster from version 1/)
  })

  it("refuses two kinds of one name", () => {
    assert.throws(() => makeRecordCodec([Quote, Quote]), TypeError, /two kinds are named Quote/)
  })
})

const reversedKeys = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reversedKeys)
  if (typeof value !== "object" || value === null) return value
  const entries = Object.entries(value).map(([key, item]) => [key, reversedKeys(item)])
  return Object.fromEntries(entries.reverse())
}
