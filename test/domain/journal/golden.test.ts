import { readdirSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import {
  codec,
  Everything,
  fromHexLines,
  goldenPath,
  goldenRecords,
  goldenTypes
} from "./goldenRecords.ts"

const golden = (place: { readonly type: string; readonly version: number }): Uint8Array =>
  fromHexLines(readFileSync(goldenPath(place), "utf8"))

describe("Golden records", () => {
  it("there is one of every kind", () => {
    const types = goldenTypes.map(({ type }) => type).sort()
    assert.deepStrictEqual(goldenRecords.map(({ type }) => type).sort(), types)
  })

  for (const record of goldenRecords) {
    it(`${record.type} has the bytes that are on file, and reads back from them`, () => {
      const bytes = golden(record)
      assert.deepStrictEqual(codec.encode(record), bytes)
      assert.deepStrictEqual(Result.getOrThrow(codec.decode(bytes)), record)
    })
  }

  it("every file is readable in the current version, older versions included", () => {
    for (const name of readdirSync(new URL("golden/", import.meta.url))) {
      const text = readFileSync(new URL(`golden/${name}`, import.meta.url), "utf8")
      const record = Result.getOrThrow(codec.decode(fromHexLines(text)))
      const kind = goldenTypes.find(({ type }) => type === record.type)!
      assert.strictEqual(record.version, kind.version, name)
    }
  })

  it("an older JSON version and an older layout are raised step by step", () => {
    for (const [version, micros] of [
      [1, 120_000n],
      [2, 7_000_001n]
    ] as const) {
      const bytes = golden({ type: Everything.type, version })
      const header = Result.getOrThrow(codec.header(bytes))
      assert.strictEqual(header.version, version)
      const record = Result.getOrThrow(codec.decode(bytes))
      assert.strictEqual(record.version, 3)
      assert.deepInclude(record.payload as object, { micros, pairs: [], maybe: null })
    }
  })

  it("a proposal from before it named its quotes has an empty basis", () => {
    const bytes = golden({ type: "TradeProposed", version: 1 })
    assert.strictEqual(Result.getOrThrow(codec.header(bytes)).version, 1)
    const { version, payload } = Result.getOrThrow(codec.decode(bytes))
    assert.strictEqual(version, 2)
    assert.deepInclude(payload as object, { tradeId: "alpha-strategy-0", basis: [] })
  })

  it("one file is readable by hand: header fields stand where the format says", () => {
    const bytes = golden({ type: "TimerSet", version: 1 })
    const view = new DataView(bytes.buffer)
    const record = goldenRecords.find(({ type }) => type === "TimerSet")!
    assert.strictEqual(view.getUint32(0, true), bytes.length)
    assert.strictEqual(bytes[4], 1)
    assert.deepStrictEqual([bytes[5], bytes[6], bytes[7]], [8, 8, 14])
    assert.strictEqual(view.getUint32(8, true), record.epoch)
    assert.strictEqual(view.getUint32(12, true), 1)
    assert.strictEqual(view.getBigUint64(16, true), BigInt(record.seq))
    assert.strictEqual(view.getBigUint64(24, true), BigInt(record.cause + 1))
    assert.strictEqual(view.getBigUint64(32, true), BigInt(record.logicalTimeMs))
    assert.strictEqual(view.getBigUint64(40, true), 0n)
    assert.strictEqual(
      new TextDecoder().decode(bytes.subarray(48)),
      'TimerSetexecutorT-2015-12-24-1{"owner":"executor","timer":"expire A-1","dueMs":1450967460000}'
    )
  })
})
