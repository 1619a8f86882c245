import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { uniformAt } from "../../../src/domain/chance.ts"
import { leastSquares } from "../../../src/domain/models/leastSquares.ts"

const rows = Array.from({ length: 200 }, (_, at) => [
  1,
  uniformAt(5, at, 0),
  10 * uniformAt(5, at, 1),
  uniformAt(5, at, 2) - 3
])

describe("Least squares", () => {
  it("finds the coefficients that made the targets", () => {
    const made = [2, -1, 0.25, 7]
    const targets = rows.map((row) => row.reduce((sum, value, i) => sum + value * made[i]!, 0))
    Result.getOrThrow(leastSquares(rows, targets)).forEach((value, i) => {
      assert.closeTo(value, made[i]!, 1e-9)
    })
  })

  it("leaves residuals that no column can explain", () => {
    const targets = rows.map((_, at) => uniformAt(6, at))
    const solution = Result.getOrThrow(leastSquares(rows, targets))
    for (const column of [0, 1, 2, 3]) {
      const product = rows.reduce((sum, row, at) => {
        const fitted = row.reduce((total, value, i) => total + value * solution[i]!, 0)
        return sum + row[column]! * (targets[at]! - fitted)
      }, 0)
      assert.closeTo(product, 0, 1e-9)
    }
  })

  it("names the column that the ones before it make up", () => {
    const doubled = rows.map((row) => [...row, row[1]! - 2 * row[2]!])
    const error = Result.getOrThrow(
      Result.flip(
        leastSquares(
          doubled,
          rows.map(() => 1)
        )
      )
    )
    assert.strictEqual(error.column, 4)
  })
})
