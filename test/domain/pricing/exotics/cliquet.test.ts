import { assert, describe, it } from "@effect/vitest"
import {
  type Cliquet,
  cliquetLocalPrice,
  hasGlobalBounds
} from "../../../../src/domain/pricing/exotics/cliquet.ts"
import {
  type ForwardStartStrip,
  forwardStartPrice
} from "../../../../src/domain/pricing/exotics/forwardStart.ts"
import { assertWithinThree, estimated, referenceCases } from "./exoticRows.ts"

const cases = referenceCases("cliquet", "cliquet.csv")
const strips = referenceCases("forward-start", "cliquet_quantlib.csv")
const quick = { pathsPerReplicate: 128, pathsPerBlock: 128 }

describe("Cliquets against independent values", () => {
  it("are within 1e-8 in closed form without global bounds", () => {
    let checked = 0
    for (const row of cases) {
      if (hasGlobalBounds(row.product as Cliquet)) continue
      checked++
      const price = cliquetLocalPrice(row.product as Cliquet, row.dynamics)
      assert.closeTo(price, row.number("price_rqmc"), 1e-8, row.name)
    }
    assert.isAbove(checked, 10)
  })

  it("are within 3 standard errors by simulation, on every row", () => {
    for (const row of cases) {
      assertWithinThree(estimated(row, quick), row.number("price_rqmc"), row.name, row.number("se"))
    }
  })
})

describe("Forward-start strips against QuantLib's cliquet engine", () => {
  it("are within 1e-8 in closed form, on every row", () => {
    for (const row of strips) {
      const price = forwardStartPrice(row.product as ForwardStartStrip, row.dynamics)
      assert.closeTo(price, row.number("price"), 1e-8, row.name)
    }
  })

  it("are within 3 standard errors by simulation, on every row", () => {
    for (const row of strips) {
      assertWithinThree(estimated(row, quick), row.number("price"), row.name)
    }
  })
})
