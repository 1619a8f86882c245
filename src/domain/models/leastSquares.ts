/**
 * Linear least squares by the normal equations and Cholesky; meant for a dozen well-scaled columns.
 */
import { Result, Schema } from "effect"

export class CollinearColumns extends Schema.TaggedError<CollinearColumns>()("CollinearColumns", {
  column: Schema.Int
}) {
  override get message(): string {
    return `column ${this.column} is a combination of the columns before it`
  }
}

/**
 * Coefficients that minimise the squared residuals of `targets` on `rows` (same length, equal
 * widths). A pivot below 1e-10 of its column's sum of squares counts as collinear; about 1e-6
 * relative accuracy at that edge.
 */
export const leastSquares = (
  rows: ReadonlyArray<ReadonlyArray<number>>,
  targets: ReadonlyArray<number>
): Result.Result<ReadonlyArray<number>, CollinearColumns> => {
  const width = rows[0]?.length ?? 0
  const gram = Array.from({ length: width }, () => new Array<number>(width).fill(0))
  const moments = new Array<number>(width).fill(0)
  rows.forEach((row, at) => {
    for (let i = 0; i < width; i++) {
      moments[i]! += row[i]! * targets[at]!
      for (let j = 0; j <= i; j++) gram[i]![j]! += row[i]! * row[j]!
    }
  })
  const factor = Array.from({ length: width }, () => new Array<number>(width).fill(0))
  for (let i = 0; i < width; i++)
    for (let j = 0; j <= i; j++) {
      let rest = gram[i]![j]!
      for (let k = 0; k < j; k++) rest -= factor[i]![k]! * factor[j]![k]!
      if (i !== j) factor[i]![j] = rest / factor[j]![j]!
      else if (rest > 1e-10 * gram[i]![i]!) factor[i]![i] = Math.sqrt(rest)
      else return Result.fail(new CollinearColumns({ column: i }))
    }
  const solution = [...moments]
  for (let i = 0; i < width; i++) {
    for (let k = 0; k < i; k++) solution[i]! -= factor[i]![k]! * solution[k]!
    solution[i]! /= factor[i]![i]!
  }
  for (let i = width - 1; i >= 0; i--) {
    for (let k = i + 1; k < width; k++) solution[i]! -= factor[k]![i]! * solution[k]!
    solution[i]! /= factor[i]![i]!
  }
  return Result.succeed(solution)
}
