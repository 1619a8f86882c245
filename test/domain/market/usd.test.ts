import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  formatUsd,
  formatUsdCents,
  formatUsdSigned,
  parseUsd
} from "../../../src/domain/market/usd.ts"

const limit = 10n ** 24n
const anyAmount = Schema.BigInt.check(Schema.isBetweenBigInt({ minimum: -limit, maximum: limit }))

describe("USD text", () => {
  it.prop(
    "reads back every amount it writes, beyond what a float holds",
    [anyAmount],
    ([micros]) => {
      assert.strictEqual(parseUsd(formatUsd(micros)), micros)
    }
  )

  it("has at least two decimals and no more than it needs", () => {
    assert.strictEqual(formatUsd(0n), "0.00")
    assert.strictEqual(formatUsd(1_234_500_000n), "1234.50")
    assert.strictEqual(formatUsd(-1n), "-0.000001")
    assert.strictEqual(formatUsd(-650_100n), "-0.6501")
    assert.strictEqual(formatUsd(9_007_199_254_740_993_000_001n), "9007199254740993.000001")
  })

  it("refuses what is not a plain decimal", () => {
    for (const text of ["", "+1", "1e3", "1.", ".5", "0.1234567", "1,000.00", "NaN", "--1"]) {
      assert.isUndefined(parseUsd(text), text)
    }
  })

  it("rounds to the cent for people, halves away from zero, thousands apart", () => {
    assert.strictEqual(formatUsdCents(1_234_567_895_000n), "1,234,567.90")
    assert.strictEqual(formatUsdCents(-1_005_000n), "-1.01")
    assert.strictEqual(formatUsdCents(-4_999n), "0.00")
    assert.strictEqual(formatUsdSigned(12_000_000n), "+12.00")
    assert.strictEqual(formatUsdSigned(4_999n), "0.00")
    assert.strictEqual(formatUsdSigned(-12_000_000n), "-12.00")
  })
})
