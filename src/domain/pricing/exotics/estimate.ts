/** From block sums to estimates with standard errors: control variates and the spread of replicates. */
import { Result } from "effect"
import type { InvalidPricingInput } from "../engine.ts"
import { refusal } from "./inputRules.ts"
import {
  type BlockSimulator,
  type BlockSums,
  blockSimulator,
  type Estimator,
  momentLayout,
  type SimulationTask
} from "./simulation.ts"

export type Measured = {
  readonly value: number
  /** Standard deviation of `value`, from the spread of the replicates. */
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
 * Control coefficients are the regression over all paths; a replicate's estimate is its mean less the
 * controlled part, the value their mean, the standard error their deviation over sqrt(replicates).
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
  const measured = estimators.map((_, index) =>
    measure(replicates, controlWeights(total, index, estimators.length, controlCount), index, {
      controlAt: momentLayout(estimators.length, controlCount).controlAt
    })
  )
  const named = Object.fromEntries(
    estimators.map((name, index) => [name, measured[index]!])
  ) as Record<Estimator, Measured>
  const { value, ...greeks } = named
  return Result.succeed({
    ...value,
    ...greeks,
    replicates: task.replicates,
    pathCount: total[0]!
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

const measure = (
  replicates: ReadonlyArray<Float64Array>,
  weights: Float64Array,
  index: number,
  { controlAt }: { readonly controlAt: number }
): Measured => {
  const means = replicates.map((sums) => {
    let mean = sums[1 + index]!
    for (let c = 0; c < weights.length; c++) mean -= weights[c]! * sums[controlAt + c]!
    return mean / sums[0]!
  })
  const count = means.length
  const value = means.reduce((sum, mean) => sum + mean, 0) / count
  const squares = means.reduce((sum, mean) => sum + (mean - value) ** 2, 0)
  return { value, standardError: Math.sqrt(squares / (count * (count - 1))) }
}

/** A control this much explained by the others (or constant) is left out. */
const pivotMin = 1e-10

/** Least-squares coefficients of one estimate on the controls, by Gauss-Jordan on the covariances. */
const controlWeights = (
  total: Float64Array,
  index: number,
  estimateCount: number,
  count: number
): Float64Array => {
  const { controlAt, crossAt, squareAt } = momentLayout(estimateCount, count)
  const paths = total[0]!
  const mean = (at: number): number => total[at]! / paths
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
