import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  epochMsOfIbTime,
  microsOfUsd,
  quantityOf,
  revisionOf,
  usdOfMicros
} from "../../../../src/infra/broker/ib/ibNumbers.ts"

const between = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))

describe("IB's numbers", () => {
  it.prop(
    "are exact in micro-USD for every decimal of at most six places",
    [between(-9_000_000_000_000, 9_000_000_000_000)],
    ([micros]) => {
      const sign = micros < 0 ? "-" : ""
      const digits = String(Math.abs(micros)).padStart(7, "0")
      const text = `${sign}${digits.slice(0, -6)}.${digits.slice(-6)}`
      assert.strictEqual(microsOfUsd(Number.parseFloat(text)), micros + 0)
      assert.strictEqual(microsOfUsd(usdOfMicros(micros)), micros + 0)
    }
  )

  it("are nothing where IB left them unset, or where they are no number", () => {
    for (const none of [undefined, Number.NaN, Number.POSITIVE_INFINITY, 1.7976931348623157e308]) {
      assert.isUndefined(microsOfUsd(none))
    }
    for (const none of [undefined, 0, -1, 0.5, Number.NaN]) assert.isUndefined(quantityOf(none))
    assert.strictEqual(quantityOf(3), 3)
  })

  it("say their time in UTC or in New York", () => {
    const expected = Date.UTC(2015, 11, 24, 15, 31, 5)
    assert.strictEqual(epochMsOfIbTime("20151224 15:31:05 UTC"), expected)
    assert.strictEqual(epochMsOfIbTime("20151224-15:31:05 UTC"), expected)
    assert.strictEqual(epochMsOfIbTime("20151224 10:31:05 US/Eastern"), expected)
    assert.strictEqual(epochMsOfIbTime("20151224  10:31:05"), expected)
    assert.strictEqual(
      epochMsOfIbTime("20150702 10:31:05 America/New_York"),
      Date.UTC(2015, 6, 2, 14, 31, 5)
    )
    for (const none of [undefined, "", "yesterday", "20151224 10:31:05 Europe/Berlin"]) {
      assert.isUndefined(epochMsOfIbTime(none))
    }
  })

  it("tell an execution from its revision", () => {
    const first = { base: "0000e0d5.65.01", revision: 1 }
    assert.deepStrictEqual(revisionOf("0000e0d5.65.01.01"), first)
    assert.deepStrictEqual(revisionOf("0000e0d5.65.01.02"), { ...first, revision: 2 })
    assert.deepStrictEqual(revisionOf("odd"), { base: "odd", revision: 1 })
  })
})
