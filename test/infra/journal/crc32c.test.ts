import { assert, describe, it } from "@effect/vitest"
import { crc32c as native } from "@node-rs/crc32"
import { Schema } from "effect"
import { crc32c, tableCrc32c } from "../../../src/infra/journal/file/crc32c.ts"

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

describe("crc32c", () => {
  it("has the check value of the CRC catalogue and the vectors of RFC 3720", () => {
    const vectors: ReadonlyArray<[Uint8Array, number]> = [
      [new TextEncoder().encode("123456789"), 0xe3069283],
      [new Uint8Array(32), 0x8a9136aa],
      [new Uint8Array(32).fill(0xff), 0x62a8ab43],
      [Uint8Array.from({ length: 32 }, (_, at) => at), 0x46dd794e],
      [Uint8Array.from({ length: 32 }, (_, at) => 31 - at), 0x113fdb5c],
      [new Uint8Array(0), 0]
    ]
    for (const [bytes, sum] of vectors) {
      assert.strictEqual(tableCrc32c(viewOf(bytes), 0, bytes.length), sum)
      assert.strictEqual(native(bytes), sum)
    }
  })

  it("is the native one's at any length and offset", () => {
    const bytes = Uint8Array.from({ length: 1100 }, (_, at) => (at * at * 31 + at) & 0xff)
    for (let length = 0; length < 1050; length += 1) {
      const start = length % 17
      const expected = native(bytes.slice(start, start + length))
      assert.strictEqual(crc32c(bytes, viewOf(bytes), start, start + length), expected)
      assert.strictEqual(tableCrc32c(viewOf(bytes), start, start + length), expected)
    }
  })

  it.prop("is the native one's on any bytes", [Schema.Uint8Array], ([bytes]) => {
    assert.strictEqual(tableCrc32c(viewOf(bytes), 0, bytes.length), native(bytes))
  })
})
