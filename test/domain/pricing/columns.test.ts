import { assert, describe, it } from "@effect/vitest"
import { americanPrice } from "../../../src/domain/pricing/americanOption.ts"
import { blackScholesGreeks, greekNames } from "../../../src/domain/pricing/blackScholes.ts"
import {
  americanColumns,
  americanImpliedVolatilityColumns,
  blackScholesColumns,
  impliedVolatilityColumns,
  makeGreekColumns,
  type OptionColumns
} from "../../../src/domain/pricing/columns.ts"
import { reasonOfCode } from "../../../src/domain/pricing/impliedVolatility.ts"
import { referenceRows } from "./referenceTables.ts"

const columnsOf = (table: string) => {
  const rows = referenceRows(table)
  const column = (name: string) => Float64Array.from(rows, (row) => row.number(name))
  const options: OptionColumns = {
    isCall: Uint8Array.from(rows, (row) => (row.text("type") === "call" ? 1 : 0)),
    spot: column("S"),
    strike: column("K"),
    timeToExpirationYears: column("T"),
    riskFreeRate: column("r"),
    dividendYield: column("q")
  }
  return { count: rows.length, options, volatility: column("vol"), column }
}

describe("Pricing by columns", () => {
  it("gives the same bits as the scalar functions", () => {
    const { count, options, volatility } = columnsOf("bsm.csv")
    const out = makeGreekColumns(count)
    blackScholesColumns(count, options, volatility, out)
    for (let i = 0; i < count; i++) {
      const scalar = blackScholesGreeks({
        right: options.isCall[i] === 1 ? "Call" : "Put",
        spot: options.spot[i]!,
        strike: options.strike[i]!,
        timeToExpirationYears: options.timeToExpirationYears[i]!,
        riskFreeRate: options.riskFreeRate[i]!,
        dividendYield: options.dividendYield[i]!,
        volatility: volatility[i]!
      })
      for (const name of greekNames) assert.strictEqual(out[name][i], scalar[name], `${name} ${i}`)
    }
  })

  it("marks rows without an implied volatility by a code and fills the others", () => {
    const { count, options, column } = columnsOf("bsm.csv")
    const prices = column("price_f64")
    prices[3] = -1
    prices[7] = Number.NaN
    const volatility = new Float64Array(count)
    const code = new Int8Array(count)
    impliedVolatilityColumns(count, options, prices, volatility, code)
    assert.strictEqual(reasonOfCode(code[3]!), "PriceBelowIntrinsic")
    assert.strictEqual(reasonOfCode(code[7]!), "InvalidInput")
    const without = code.filter((value) => value !== 0).length
    assert.strictEqual(without, 3, "the two above and the row whose price is all intrinsic")
    const expected = column("iv_of_price_f64")
    for (let i = 0; i < count; i++) {
      if (code[i] === 0) assert.closeTo(volatility[i]!, expected[i]!, 1e-9)
    }
  })

  it("prices American chains and inverts them", () => {
    const { count, options, volatility } = columnsOf("american.csv")
    const out = {
      price: new Float64Array(count),
      delta: new Float64Array(count),
      gamma: new Float64Array(count),
      thetaPerYear: new Float64Array(count)
    }
    americanColumns("Fast", count, options, volatility, out)
    const implied = new Float64Array(count)
    const code = new Int8Array(count)
    americanImpliedVolatilityColumns("Fast", count, options, out.price, implied, code)
    let inverted = 0
    for (let i = 0; i < count; i++) {
      const again = (v: number) =>
        americanPrice(
          "Fast",
          options.isCall[i] === 1,
          options.spot[i]!,
          options.strike[i]!,
          options.timeToExpirationYears[i]!,
          options.riskFreeRate[i]!,
          options.dividendYield[i]!,
          v
        )
      assert.strictEqual(again(volatility[i]!), out.price[i])
      if (code[i] !== 0) continue
      inverted++
      assert.closeTo(again(implied[i]!), out.price[i]!, 1e-9 * (1 + out.price[i]!))
    }
    assert.isAbove(inverted, 120)
  })
})
