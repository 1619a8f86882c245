import { assert, describe, it } from "@effect/vitest"
import {
  type PriceRowInput,
  priceRow,
  priceRowColumns
} from "../../../src/domain/pricing/priceRow.ts"
import { type Row, referenceRows } from "./referenceTables.ts"

const american: PriceRowInput = {
  S: 100,
  K: 105,
  T: 0.75,
  r: 0.05,
  q: 0.02,
  right: "P",
  style: "american",
  vol: 0.3,
  price: Number.NaN
}

const priced = (row: PriceRowInput) => {
  const out = new Float64Array(18)
  const error = priceRow(row, out)
  const value = (name: (typeof priceRowColumns)[number]) => out[priceRowColumns.indexOf(name)]!
  return { error, value }
}

const european = (row: Row): PriceRowInput => ({
  S: row.number("S"),
  K: row.number("K"),
  T: row.number("T"),
  r: row.number("r"),
  q: row.number("q"),
  right: row.text("type") === "call" ? "C" : "P",
  style: "european",
  vol: row.number("vol"),
  price: Number.NaN
})

describe("A priced row", () => {
  it("holds the table's value in each column it names", () => {
    const tableName = { dualDelta: "dual_delta", dualGamma: "dual_gamma", price: "price_exact" }
    for (const row of referenceRows("bsm.csv").slice(0, 200)) {
      const { error, value } = priced(european(row))
      assert.strictEqual(error, "")
      for (const name of priceRowColumns) {
        if (name === "error" || name === "impliedVolatility") continue
        const column = name in tableName ? tableName[name as keyof typeof tableName] : name
        const expected = row.number(column)
        assert.isAtMost(
          Math.abs(value(name) - expected),
          Math.max(1e-14, 1e-12 * Math.abs(expected)),
          `${name} of row ${row.text("id")}`
        )
      }
    }
  })

  it("takes a price instead of a volatility", () => {
    for (const row of referenceRows("bsm.csv").slice(0, 50)) {
      const price = row.number("price_f64")
      const { error, value } = priced({ ...european(row), vol: Number.NaN, price })
      assert.strictEqual(error, "")
      assert.strictEqual(value("price"), price)
      assert.closeTo(value("impliedVolatility"), row.number("iv_of_price_f64"), 1e-9)
    }
    const { price } = { price: priced(american).value("price") }
    const back = priced({ ...american, vol: Number.NaN, price })
    assert.closeTo(back.value("impliedVolatility"), 0.3, 1e-9)
  })

  it("has American greeks that are the differences of its lower ones", () => {
    const { value } = priced(american)
    type Field = "S" | "K" | "T" | "r" | "q" | "vol"
    const slope = (of: (typeof priceRowColumns)[number], by: Field, part = 2e-3) => {
      const step = part * american[by]
      return (moved(by, step).value(of) - moved(by, -step).value(of)) / (2 * step)
    }
    const known = new Map<string, ReturnType<typeof priced>>()
    const moved = (by: Field, step: number) => {
      const key = `${by} ${step}`
      const row = known.get(key) ?? priced({ ...american, [by]: american[by] + step })
      known.set(key, row)
      return row
    }
    const near = (actual: number, expected: number, part = 2e-4) =>
      assert.closeTo(actual, expected, part * Math.abs(expected))
    near(value("delta"), slope("price", "S"))
    near(value("gamma"), slope("delta", "S"))
    near(value("vega"), slope("price", "vol"))
    near(value("theta"), -slope("price", "T"))
    near(value("rho"), slope("price", "r"), 2e-3)
    near(value("phi"), slope("price", "q"), 2e-3)
    near(value("vanna"), slope("delta", "vol"))
    near(value("volga"), slope("vega", "vol"), 1e-3)
    near(value("charm"), -slope("delta", "T"), 1e-3)
    near(value("veta"), -slope("vega", "T"), 1e-3)
    near(value("speed"), slope("gamma", "S"), 1e-3)
    near(value("zomma"), slope("gamma", "vol"))
    near(value("color"), -slope("gamma", "T"), 1e-3)
    near(value("ultima"), slope("volga", "vol", 0.02), 2e-2)
    near(value("dualDelta"), slope("price", "K"))
    near(value("dualGamma"), slope("dualDelta", "K"))
  })

  it("is its payoff, and has the payoff's greeks, where exercise is due", () => {
    const { error, value } = priced({ ...american, S: 50 })
    assert.strictEqual(error, "")
    assert.strictEqual(value("price"), 55)
    assert.strictEqual(value("delta"), -1)
    assert.strictEqual(value("dualDelta"), 1)
    assert.strictEqual(value("vega"), 0)
  })

  it("says in one sentence what is wrong, naming the column", () => {
    const error = (part: Partial<PriceRowInput>) => priced({ ...american, ...part }).error
    assert.strictEqual(error({ right: "X" }), 'right is "X"; allowed: C or P')
    assert.strictEqual(error({ style: "asian" }), 'style is "asian"; allowed: european or american')
    assert.strictEqual(error({ S: -1 }), "S is -1; allowed: a finite number above 0")
    assert.strictEqual(error({ K: Number.NaN }), "K is NaN; allowed: a finite number above 0")
    assert.strictEqual(error({ vol: -0.1 }), "vol is -0.1; allowed: 0 to 100 (0.20 is 20 %)")
    const missing = "vol and price are both missing; one of them is needed"
    assert.strictEqual(error({ vol: Number.NaN }), missing)
    assert.match(error({ vol: Number.NaN, price: 4 }), /^price is 4; no volatility: it is below/)
    assert.match(error({ vol: Number.NaN, price: 200 }), /above the greatest value/)
  })
})
