import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { hasGlobalBounds } from "../../../../src/domain/pricing/exotics/cliquet.ts"
import {
  closedFormPrice,
  describeNoClosedForm
} from "../../../../src/domain/pricing/exotics/closedForm.ts"
import { type ReferenceCase, referenceCases } from "./exoticRows.ts"

const priced = (row: ReferenceCase): number =>
  Result.getOrThrow(closedFormPrice(row.product, row.dynamics))

const refusal = (row: ReferenceCase): string => {
  const result = closedFormPrice(row.product, row.dynamics)
  return Result.isFailure(result) && result.failure._tag === "NoClosedForm"
    ? describeNoClosedForm(result.failure)
    : "priced"
}

describe("Closed forms by product", () => {
  it("are within 1e-8 of every table that has an exact price", () => {
    const tables = [
      [referenceCases("barrier", "barrier.csv"), "price"],
      [referenceCases("asian", "asian.csv", "Geometric"), "geometric_discrete"],
      [referenceCases("forward-start", "cliquet_quantlib.csv"), "price"]
    ] as const
    for (const [rows, column] of tables) {
      for (const row of rows) assert.closeTo(priced(row), row.number(column), 1e-8, row.name)
    }
  })

  it("are refused, with the reason, where there is none", () => {
    const [asian] = referenceCases("asian", "asian.csv")
    const [accumulator] = referenceCases("accumulator", "accumulator.csv")
    const cliquet = referenceCases("cliquet", "cliquet.csv").find(
      ({ product }) => product._tag === "Cliquet" && hasGlobalBounds(product)
    )
    assert.strictEqual(
      refusal(asian!),
      "Asian has no closed form on an arithmetic average; allowed: simulation"
    )
    assert.strictEqual(
      refusal(accumulator!),
      "Accumulator has no closed form here; allowed: simulation"
    )
    assert.strictEqual(
      refusal(cliquet!),
      "Cliquet has no closed form with global bounds that can bind; allowed: simulation"
    )
  })
})
