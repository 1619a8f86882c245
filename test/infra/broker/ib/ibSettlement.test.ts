import { assert, describe, it } from "@effect/vitest"
import type { OptionContract } from "../../../../src/domain/market/contract.ts"
import { contractEnds, type GoneContract } from "../../../../src/infra/broker/ib/ibSettlement.ts"

const gone = (
  instrument: number,
  optionType: "Call" | "Put",
  strike: number,
  quantity: number
): GoneContract => {
  const contract: OptionContract = {
    underlying: "GOOG",
    optionType,
    strikeMicros: strike * 1_000_000,
    expiration: "2015-12-24",
    exerciseStyle: "American",
    multiplier: 100
  }
  return { instrument, quantity, contract }
}

const kinds = (ended: ReturnType<typeof contractEnds>) =>
  ended?.map(({ instrument, kind, shares }) => [instrument, kind, shares])

describe("Contracts that left an IB account at their expiry", () => {
  it("ended worthless where no shares came", () => {
    assert.deepStrictEqual(kinds(contractEnds([gone(1, "Call", 750, 2)], 0)), [[1, "Expired", 0]])
  })

  it("were exercised or assigned where just their shares came or went", () => {
    const spread = [gone(1, "Call", 745, 1), gone(2, "Call", 750, -1)]
    assert.deepStrictEqual(kinds(contractEnds(spread, 100)), [
      [1, "Exercised", 100],
      [2, "Expired", 0]
    ])
    assert.deepStrictEqual(kinds(contractEnds([gone(1, "Put", 745, -3)], 300)), [
      [1, "Assigned", 300]
    ])
  })

  it("are not explained by shares that no set of them gives, nor by two sets", () => {
    assert.isUndefined(contractEnds([gone(1, "Call", 745, 1)], 50))
    // Both delivered and both worthless come to no shares: two prices, two stories.
    assert.isUndefined(contractEnds([gone(1, "Call", 745, 1), gone(2, "Call", 750, -1)], 0))
    assert.isUndefined(contractEnds([], 100))
  })

  it("of two stories are the one that the last quotes of the stock allow", () => {
    const spread = [gone(1, "Call", 745, 1), gone(2, "Call", 750, -1)]
    const at = (dollars: number) => ({
      bidMicros: dollars * 1_000_000 - 100_000,
      askMicros: dollars * 1_000_000 + 100_000
    })
    assert.deepStrictEqual(kinds(contractEnds(spread, 0, at(740))), [
      [1, "Expired", 0],
      [2, "Expired", 0]
    ])
    assert.deepStrictEqual(kinds(contractEnds(spread, 0, at(760))), [
      [1, "Exercised", 100],
      [2, "Assigned", -100]
    ])
    assert.isUndefined(contractEnds(spread, 0, at(747)))
  })
})
