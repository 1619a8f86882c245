/**
 * From block sums to estimates with standard errors: control variates and the spread of
 * replicates.
 */
import * as Result from "effect/Result"
import type { InvalidPricingInput } from "../engine.ts"
import { refusal } from "./inputRules.ts"
import { controlWeights, momentLayout } from "./moments.ts"
import {
  type BlockSimulator,
  type BlockSums,
  blockSimulator,
  type Estimator,
  type SimulationTask
} from "./simulation.ts"

type Measured = {
  readonly value: number
  /**
   * Standard deviation of `value`: upper 95 % confidence limit from the spread of the replicates.
   */
  readonly standardError: number
}

/** Currency, and per unit as in `BlackScholesGreeks`; a greek without an estimator is absent. */
export type ExoticEstimate = Measured & {
  readonly delta?: Measured
  readonly gamma?: Measured
  readonly vegaPerVol?: Measured
  readonly replicates: number
  readonly pathCount: number
}

/**
 * Combines the blocks of a task, in whatever order they come; each must be there once.
 *
 * Control coefficients are the regression over all paths; a replicate's estimate is its mean less
 * the controlled part (a path's weight, whose mean is one, is a control too), the value their
 * mean, the standard error their deviation over sqrt(replicates) with an allowance for its own
 * uncertainty, at least the simulator's resolution.
 */
export const combineBlocks = (
  task: SimulationTask,
  blocks: ReadonlyArray<BlockSums>
): Result.Result<ExoticEstimate, InvalidPricingInput> =>
  Result.flatMap(blockSimulator(task), (simulator) => combined(task, simulator, blocks))

/** The whole task on this thread: the same numbers as from any number of threads. */
export const simulate = (
  task: SimulationTask
): Result.Result<ExoticEstimate, InvalidPricingInput> =>
  Result.flatMap(blockSimulator(task), (simulator) => {
    const blocks = Array.from({ length: simulator.blockCount }, (_, k) =>
      simulator.simulateBlock(k)
    )
    return combined(task, simulator, blocks)
  })

const combined = (
  task: SimulationTask,
  simulator: BlockSimulator,
  blocks: ReadonlyArray<BlockSums>
): Result.Result<ExoticEstimate, InvalidPricingInput> => {
  const { blockCount, estimators, controlCount } = simulator
  const ordered = new Array<BlockSums | undefined>(blockCount).fill(undefined)
  for (const block of blocks) {
    const isNew = ordered[block.blockIndex] === undefined && block.blockIndex < blockCount
    if (!isNew) return Result.fail(refusal("blockIndex", block.blockIndex, "each block once"))
    ordered[block.blockIndex] = block
  }
  const missing = ordered.indexOf(undefined)
  if (missing >= 0) return Result.fail(refusal("blocks.length", blocks.length, `${blockCount}`))

  const perReplicate = blockCount / task.replicates
  const replicates = Array.from({ length: task.replicates }, (_, replicate) =>
    summed(ordered.slice(replicate * perReplicate, (replicate + 1) * perReplicate))
  )
  const total = summed(replicates.map((sums) => ({ sums })))
  const { controlAt } = momentLayout(estimators.length, controlCount)
  const measured = estimators.map((name, index) => {
    const weights = controlWeights(total, index, estimators.length, controlCount)
    const controlled = (sums: Float64Array): number => {
      let sum = sums[1 + index]!
      for (let c = 0; c < controlCount; c++) sum -= weights[c]! * sums[controlAt + c]!
      return sum
    }
    const level = controlled(total) / total[0]!
    const means = replicates.map((sums) => {
      const excessWeight = sums[0]! / task.pathsPerReplicate - 1
      return controlled(sums) / task.pathsPerReplicate - level * excessWeight
    })
    return measuredBy(means, name === "value" ? simulator.resolution : 0)
  })
  const named = Object.fromEntries(
    estimators.map((name, index) => [name, measured[index]!])
  ) as Record<Estimator, Measured>
  const { value, ...greeks } = named
  return Result.succeed({
    ...value,
    ...greeks,
    replicates: task.replicates,
    pathCount: task.replicates * task.pathsPerReplicate
  })
}

const summed = (
  blocks: ReadonlyArray<{ readonly sums: Float64Array } | undefined>
): Float64Array => {
  const total = Float64Array.from(blocks[0]!.sums)
  for (const block of blocks.slice(1)) {
    for (let i = 0; i < total.length; i++) total[i]! += block!.sums[i]!
  }
  return total
}

const measuredBy = (means: ReadonlyArray<number>, resolution: number): Measured => {
  const count = means.length
  const value = means.reduce((sum, mean) => sum + mean, 0) / count
  const squares = means.reduce((sum, mean) => sum + (mean - value) ** 2, 0)
  const spread = Math.sqrt(squares / (count * (count - 1)))
  return { value, standardError: Math.max(spread * spreadAllowance(count - 1), resolution) }
}

/**
 * A deviation seen in few replicates may be too small by chance: with this factor (1.17 for 64)
 * it is the upper 95 % confidence limit. Chi-square quantile by Wilson and Hilferty (1931).
 */
const spreadAllowance = (degrees: number): number => {
  const ninth = 2 / (9 * degrees)
  return (1 - ninth - 1.6448536269514722 * Math.sqrt(ninth)) ** -1.5
}
