/** Weighted sums over paths, and the regression on control variates that they allow. */

/**
 * The layout of the sums: weight; each estimate; each control less its mean; estimate by control
 * products; control by control products.
 */
export const momentLayout = (estimates: number, controls: number) => {
  const controlAt = 1 + estimates
  const crossAt = controlAt + controls
  const squareAt = crossAt + estimates * controls
  return { controlAt, crossAt, squareAt, length: squareAt + controls * controls }
}

export type MomentSums = {
  readonly sums: Float64Array
  /** Adds one path. `estimates` and `controls` are read, not kept. */
  readonly add: (estimates: Float64Array, controls: Float64Array, weight: number) => void
}

export const momentSums = (
  estimateCount: number,
  controlMeans: ReadonlyArray<number>
): MomentSums => {
  const count = controlMeans.length
  const means = Float64Array.from(controlMeans)
  const { controlAt, crossAt, squareAt, length } = momentLayout(estimateCount, count)
  const sums = new Float64Array(length)
  const centred = new Float64Array(count)
  return {
    sums,
    add: (estimates, controls, weight) => {
      sums[0]! += weight
      for (let c = 0; c < count; c++) {
        centred[c] = controls[c]! - means[c]!
        sums[controlAt + c]! += weight * centred[c]!
      }
      for (let e = 0; e < estimateCount; e++) {
        const estimate = weight * estimates[e]!
        sums[1 + e]! += estimate
        for (let c = 0; c < count; c++) sums[crossAt + e * count + c]! += estimate * centred[c]!
      }
      for (let c = 0; c < count; c++) {
        const row = squareAt + c * count
        const left = weight * centred[c]!
        for (let d = 0; d < count; d++) sums[row + d]! += left * centred[d]!
      }
    }
  }
}

/** A control this much explained by the others (or constant) is left out. */
const pivotMin = 1e-10

/**
 * Least-squares coefficients of estimate `index` on the controls, by Gauss-Jordan on covariances.
 */
export const controlWeights = (
  total: Float64Array,
  index: number,
  estimateCount: number,
  count: number
): Float64Array => {
  const { controlAt, crossAt, squareAt } = momentLayout(estimateCount, count)
  const mean = (at: number): number => total[at]! / total[0]!
  const rows = Array.from({ length: count }, (_, c) => {
    const row = new Float64Array(count + 1)
    for (let d = 0; d < count; d++) {
      row[d] = mean(squareAt + c * count + d) - mean(controlAt + c) * mean(controlAt + d)
    }
    row[count] = mean(crossAt + index * count + c) - mean(1 + index) * mean(controlAt + c)
    return row
  })
  const scales = rows.map((row, c) => row[c]!)
  const used: Array<number> = []
  for (const [c, pivot] of rows.entries()) {
    if (!(pivot[c]! > pivotMin * scales[c]!)) continue
    used.push(c)
    for (const row of rows) {
      if (row === pivot) continue
      const factor = row[c]! / pivot[c]!
      for (let d = 0; d <= count; d++) row[d]! -= factor * pivot[d]!
    }
  }
  const weights = new Float64Array(count)
  for (const c of used) weights[c] = rows[c]![count]! / rows[c]![c]!
  return weights
}
