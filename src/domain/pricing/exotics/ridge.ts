/**
 * A look at the payoff along the first normal, the others at zero: where its unexplained part
 * lies, so that sampling can reach far enough into the tails, and how large the payoff gets.
 */
import { controlWeights, momentLayout, momentSums } from "./moments.ts"

export type Ridge = {
  /**
   * The first normal is drawn this many times as wide (1 to 6) and reweighted: rare payoffs are
   * seen, and a weight never exceeds this factor.
   */
  readonly spread: number
  /** Largest absolute value or control met where 32-bit points reach. */
  readonly largest: number
}

const reach = 8
const step = 0.25
const spreadMax = 6
/** The quantile of the outermost 32-bit point is 6.4. */
const pointsReach = 6.25

/** `valueAt(z)` sets and returns the value and controls (reused buffers) at first normal `z`. */
export const ridgeOf = (
  valueAt: (z: number) => { readonly value: number; readonly controls: Float64Array },
  controlMeans: ReadonlyArray<number>
): Ridge => {
  const count = controlMeans.length
  const moments = momentSums(1, controlMeans)
  const points: Array<{ z: number; weight: number; value: number; controls: Float64Array }> = []
  const estimate = new Float64Array(1)
  let largest = 0
  for (let z = -reach; z <= reach; z += step) {
    const { value, controls } = valueAt(z)
    const weight = Math.exp(-0.5 * z * z)
    estimate[0] = value
    moments.add(estimate, controls, weight)
    points.push({ z, weight, value, controls: Float64Array.from(controls) })
    if (Math.abs(z) > pointsReach) continue
    largest = Math.max(largest, Math.abs(value), ...controls.map(Math.abs))
  }
  const { sums } = moments
  const weights = controlWeights(sums, 0, 1, count)
  const { controlAt } = momentLayout(1, count)
  let mass = 0
  let square = 0
  for (const { z, weight, value, controls } of points) {
    let rest = value - sums[1]! / sums[0]!
    for (let c = 0; c < count; c++) {
      rest -= weights[c]! * (controls[c]! - controlMeans[c]! - sums[controlAt + c]! / sums[0]!)
    }
    // Rounding is not a payoff.
    if (Math.abs(rest) < 1e-9 * Math.abs(value)) continue
    mass += weight * Math.abs(rest)
    square += weight * Math.abs(rest) * z * z
  }
  const spread = mass > 0 ? Math.sqrt(square / mass) : 1
  return { spread: Math.min(Math.max(spread, 1), spreadMax), largest }
}
