import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { canonicalJson, orderedJson } from "../../../src/domain/journal/canonicalJson.ts"

describe("canonicalJson", () => {
  it("sorts keys by UTF-16 code unit at every depth", () => {
    assert.strictEqual(
      canonicalJson({ b: 1, a: [{ z: null, "\u00e9": true, "10": 2, "9": 3 }], B: "" }),
      '{"B":"","a":[{"10":2,"9":3,"z":null,"é":true}],"b":1}'
    )
  })

  it("orderedJson keeps the order that keys have", () => {
    assert.strictEqual(orderedJson({ b: 1, a: { d: 2, c: 3 } }), '{"b":1,"a":{"d":2,"c":3}}')
  })

  it("keeps numbers exactly, the sign of zero included", () => {
    const numbers = [0, -0, 0.1, 1e21, 5e-324, -1.7976931348623157e308, 2 ** 53]
    const back = JSON.parse(canonicalJson(numbers)) as ReadonlyArray<number>
    assert.isTrue(numbers.every((value, index) => Object.is(value, back[index])))
  })

  it("refuses what JSON cannot carry, naming its place", () => {
    const refusals: ReadonlyArray<[unknown, RegExp]> = [
      [{ cash: 12n }, /value\.cash is bigint/],
      [{ a: [1, Number.NaN] }, /value\.a\[1\] is NaN/],
      [{ a: Number.NEGATIVE_INFINITY }, /value\.a is -Infinity/],
      [{ a: { b: undefined } }, /value\.a\.b is undefined/],
      [undefined, /value is undefined/],
      [[Symbol.iterator], /value\[0\] is symbol/],
      [{ at: new Date(0) }, /value\.at is an instance of Date/],
      [new Map(), /value is an instance of Map/],
      [{ f: () => 1 }, /value\.f is function/]
    ]
    for (const [value, evidence] of refusals) {
      assert.throws(() => canonicalJson(value), TypeError, evidence)
    }
  })

  it.prop(
    "is read back by JSON.parse as what it was, and is one text per value",
    [Schema.Array(Schema.Record(Schema.String, Schema.Union([Schema.Finite, Schema.String])))],
    ([value]) => {
      const text = canonicalJson(value)
      assert.deepStrictEqual(JSON.parse(text), value)
      const reversed = value.map((record) => Object.fromEntries(Object.entries(record).reverse()))
      assert.strictEqual(canonicalJson(reversed), text)
    }
  )
})
