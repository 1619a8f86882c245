import { describe, it } from "@effect/vitest"
import { assertWithinThree, estimated, referenceCases } from "./exoticRows.ts"

const quick = { pathsPerReplicate: 128, pathsPerBlock: 128 }

describe("Structured products against quadrature", () => {
  it("autocallables are within 3 standard errors by simulation, on every row", () => {
    for (const row of referenceCases("autocallable", "autocallable.csv")) {
      assertWithinThree(estimated(row, quick), row.number("price_quadrature"), row.name)
    }
  })

  it("accumulators are within 3 standard errors by simulation, on every row", () => {
    for (const row of referenceCases("accumulator", "accumulator.csv")) {
      assertWithinThree(estimated(row, quick), row.number("price_quadrature"), row.name)
    }
  })
})
