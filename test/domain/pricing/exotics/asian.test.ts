import { assert, describe, it } from "@effect/vitest"
import {
  type AsianOption,
  continuousGeometricAsianPrice,
  geometricAsianPrice
} from "../../../../src/domain/pricing/exotics/asian.ts"
import { assertWithinThree, estimated, referenceCases } from "./exoticRows.ts"

const cases = referenceCases("asian", "asian.csv")
const quick = { pathsPerReplicate: 128, pathsPerBlock: 128 }

describe("Asian options against independent values", () => {
  it("are within 1e-8 in closed form when geometric, on dates and continuously", () => {
    for (const row of cases) {
      const option = row.product as AsianOption
      const onDates = geometricAsianPrice(option, row.dynamics)
      const continuous = continuousGeometricAsianPrice(option, row.dynamics)
      assert.closeTo(onDates, row.number("geometric_discrete"), 1e-8, row.name)
      assert.closeTo(continuous, row.number("geometric_continuous"), 1e-8, row.name)
    }
  })

  it("are within 3 standard errors by simulation when arithmetic, on every row", () => {
    for (const row of cases) {
      const { number, name } = row
      const expected = number("arithmetic_discrete_rqmc")
      assertWithinThree(estimated(row, quick), expected, name, number("arithmetic_se"))
    }
  })

  it("are within 3 standard errors by simulation when geometric, on every row", () => {
    for (const row of referenceCases("asian", "asian.csv", "Geometric")) {
      assertWithinThree(estimated(row, quick), row.number("geometric_discrete"), row.name)
    }
  })

  it("at the money are estimated 10 times closer with the geometric control than without", () => {
    const row = cases.find(({ name }) => name.endsWith("row 46"))!
    const random = { ...quick, sampling: "PseudoRandom" } as const
    const without = { ...row, product: { ...row.product, average: "Geometric" } as AsianOption }
    const { standardError } = estimated(row, random)
    assert.isBelow(10 * standardError, estimated(without, random).standardError)
  })
})
