/**
 * The expected reward of a path that may touch a barrier between its points: `rewards[i]` if the
 * first touch is in step i, else `terminal`. Between points the log is a Brownian bridge.
 */
import type { Path, Sample, TimeGrid } from "./path.ts"

export type FirstPassage = {
  /**
   * Adds `scale` times the derivatives (rewards held fixed) to the sample; returns the scaled
   * value.
   */
  readonly value: (
    path: Path,
    logSpots: Float64Array,
    rewards: Float64Array,
    terminal: number,
    scale: number,
    sample: Sample
  ) => number
  /** Probability that the last path never touched. */
  readonly survival: () => number
}

/**
 * `side` 1: barrier above. A bridge from distance a to b with variance v touches with
 * exp(-2ab/v).
 */
export const firstPassage = (grid: TimeGrid, side: 1 | -1, logBarrier: number): FirstPassage => {
  const steps = grid.timesYears.length - 1
  /** Probability to be untouched at the start of each step. */
  const alive = new Float64Array(steps + 1)
  const missed = new Float64Array(steps)
  return {
    survival: () => alive[steps]!,
    value: (path, logSpots, rewards, terminal, scale, sample) => {
      const { stepVariances, timesYears } = path
      alive[0] = 1
      for (let i = 0; i < steps; i++) {
        const from = side * (logBarrier - logSpots[i]!)
        const to = side * (logBarrier - logSpots[i + 1]!)
        const isOver = from <= 0 || to <= 0
        missed[i] = isOver ? 0 : -Math.expm1((-2 * from * to) / stepVariances[i]!)
        alive[i + 1] = alive[i]! * missed[i]!
      }
      let onward = terminal
      for (let i = steps - 1; i >= 0; i--) {
        const stay = missed[i]!
        if (stay > 0 && alive[i]! > 0) {
          const from = side * (logBarrier - logSpots[i]!)
          const to = side * (logBarrier - logSpots[i + 1]!)
          const variance = stepVariances[i]!
          // Derivative of the value by the log of this step's touching probability.
          const lever = scale * alive[i]! * (rewards[i]! - onward) * (1 - stay)
          sample.logGradient[i]! += (lever * 2 * side * to) / variance
          sample.logGradient[i + 1]! += (lever * 2 * side * from) / variance
          const sigma = Math.sqrt(variance / (timesYears[i + 1]! - timesYears[i]!))
          sample.volatilityGradient += (lever * 4 * from * to) / (variance * sigma)
        }
        onward = (1 - stay) * rewards[i]! + stay * onward
      }
      return scale * onward
    }
  }
}
