import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  formatPriceMicros,
  parsePriceMicros,
  priceMicrosMax
} from "../../../src/domain/market/price.ts"

const anyPrice = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: priceMicrosMax }))

describe("price", () => {
  it.prop("reads back every price it writes, exactly", [anyPrice], ([micros]) => {
    assert.strictEqual(parsePriceMicros(formatPriceMicros(micros)), micros)
  })

  it("reads decimals that no float holds", () => {
    assert.strictEqual(parsePriceMicros("0.1"), 100_000)
    assert.strictEqual(parsePriceMicros("1.005"), 1_005_000)
    assert.strictEqual(parsePriceMicros("8999999.999999"), 8_999_999_999_999)
    assert.strictEqual(parsePriceMicros("590"), 590_000_000)
  })

  it("refuses what is not a plain decimal in range", () => {
    const refused = ["", "-1", "+1", "1e3", "1.", ".5", "0.1234567", "9000000.000001", "NaN", "1 "]
    for (const text of refused) assert.isUndefined(parsePriceMicros(text), text)
  })
})
