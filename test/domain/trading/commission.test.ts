import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  type Chargeable,
  charge,
  emptyTally,
  ibFixed
} from "../../../src/domain/trading/commission.ts"

const usd = (dollars: number): number => Math.round(dollars * 1_000_000)

const commission = (...executions: ReadonlyArray<Chargeable>): number =>
  Number(charge(ibFixed, emptyTally, executions).chargedMicros) / 1e6

const option = (quantity: number, premium: number): Chargeable => ({
  kind: "Option",
  quantity,
  priceMicros: usd(premium)
})
const stock = (quantity: number, price: number): Chargeable => ({
  kind: "Stock",
  quantity,
  priceMicros: usd(price)
})

describe("commissions of Interactive Brokers", () => {
  // interactivebrokers.com, commissions-options, examples for up to 10,000 contracts a month.
  it.each([
    [1, 2, 1.0],
    [2, 5, 1.3],
    [3, 0.075, 1.5],
    [5, 0.03, 1.25]
  ])("charges %i contracts at a premium of %d as published", (contracts, premium, expected) => {
    assert.strictEqual(commission(option(contracts, premium)), expected)
  })

  it.each([
    [0.04, 25],
    [0.05, 50],
    [0.09, 50],
    [0.1, 65]
  ])("takes the rate of the band that begins at or under %d", (premium, expected) => {
    assert.strictEqual(commission(option(100, premium)), expected)
  })

  // interactivebrokers.com, commissions-stocks, fixed pricing examples.
  it.each([
    [100, 25, 1.0],
    [1_000, 25, 5.0],
    [1_000, 0.25, 2.5]
  ])("charges %i shares at %d as published", (shares, price, expected) => {
    assert.strictEqual(commission(stock(shares, price)), expected)
  })

  it("charges the most where it is less than the least", () => {
    assert.strictEqual(commission(stock(10, 1)), 0.1)
  })

  it("charges a combination per leg contract, with one minimum", () => {
    assert.strictEqual(commission(option(1, 4.1), option(1, 0.03)), 1.0)
    assert.strictEqual(commission(option(2, 4.1), option(2, 1.2)), 2.6)
  })

  const between = (minimum: number, maximum: number) =>
    Schema.Int.check(Schema.isBetween({ minimum, maximum }))
  const Execution = Schema.Struct({
    kind: Schema.Literals(["Stock", "Option"]),
    quantity: between(1, 5_000),
    priceMicros: between(10_000, 900_000_000)
  })

  it.prop(
    "charges for partial fills what it charges for the whole, and never gives back",
    { executions: Schema.Array(Execution).check(Schema.isMinLength(1), Schema.isMaxLength(8)) },
    ({ executions }) => {
      let tally = emptyTally
      for (const each of executions) {
        const before = tally.chargedMicros
        tally = charge(ibFixed, tally, [each])
        assert.isTrue(tally.chargedMicros >= before)
      }
      assert.deepStrictEqual(tally, charge(ibFixed, emptyTally, executions))
    }
  )
})
