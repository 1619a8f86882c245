/**
 * The Monte Carlo engine: a run is split into blocks of paths by number, each block is a pure
 * function of (task, number), and blocks are combined in order of their numbers. So a result
 * depends on the task alone, never on how many threads computed it or in which order they
 * finished.
 */
import * as Result from "effect/Result"
import type { InvalidPricingInput } from "../engine.ts"
import { normalQuantile } from "../normal.ts"
import { blackScholesPaths } from "./blackScholesPaths.ts"
import type { Dynamics } from "./dynamics.ts"
import { hestonPaths } from "./hestonPaths.ts"
import { firstInvalid, refusal, requires } from "./inputRules.ts"
import { localVolatilityPaths } from "./localVolatilityPaths.ts"
import { momentSums } from "./moments.ts"
import {
  type Functional,
  makePath,
  type Path,
  type PathModel,
  type Sample,
  timeGrid
} from "./path.ts"
import { pointSet, type Sampling } from "./pointSet.ts"
import { type ExoticProduct, eventTimes, functionalOf, invalidProduct } from "./product.ts"
import { uniformOfWord } from "./randomWords.ts"
import { ridgeOf } from "./ridge.ts"

export type SimulationTask = {
  readonly product: ExoticProduct
  readonly dynamics: Dynamics
  readonly sampling: Sampling
  /** Whole number below 2^32. */
  readonly seed: number
  /** Independent randomisations; their spread is the standard error. At least 4. */
  readonly replicates: number
  /** A power of two keeps Sobol points balanced. */
  readonly pathsPerReplicate: number
  /** Divides `pathsPerReplicate`. */
  readonly pathsPerBlock: number
  /** Whether delta, gamma and vega are estimated too. */
  readonly greeks: boolean
}

/** Enough for three to five digits on the products here. */
export const defaultSampling = {
  sampling: "Sobol",
  seed: 2,
  replicates: 64,
  pathsPerReplicate: 512,
  pathsPerBlock: 512,
  greeks: false
} as const satisfies Omit<SimulationTask, "product" | "dynamics">

/** Sums over the paths of one block, laid out as `momentLayout` says. */
export type BlockSums = {
  readonly blockIndex: number
  readonly sums: Float64Array
}

/** What is estimated, in the order of the sums. */
export type Estimator = "value" | "delta" | "gamma" | "vegaPerVol"

/** A task made ready: blocks can be computed in any order, here or elsewhere. */
export type BlockSimulator = {
  readonly blockCount: number
  readonly estimators: ReadonlyArray<Estimator>
  readonly controlCount: number
  /** What points of 32 bits cannot see: no standard error is below it. Currency. */
  readonly resolution: number
  readonly simulateBlock: (blockIndex: number) => BlockSums
}

/** Checks the task; a refusal names the field, its value and what is allowed. */
export const blockSimulator = (
  task: SimulationTask
): Result.Result<BlockSimulator, InvalidPricingInput> => {
  const invalid = invalidTask(task)
  return invalid === undefined ? Result.succeed(preparedSimulator(task)) : Result.fail(invalid)
}

/** One block on its own: the same numbers as from a simulator that is used again and again. */
export const simulateBlock = (
  task: SimulationTask,
  blockIndex: number
): Result.Result<BlockSums, InvalidPricingInput> =>
  Result.flatMap(blockSimulator(task), (simulator) =>
    Number.isInteger(blockIndex) && blockIndex >= 0 && blockIndex < simulator.blockCount
      ? Result.succeed(simulator.simulateBlock(blockIndex))
      : Result.fail(
          refusal("blockIndex", blockIndex, `a whole number below ${simulator.blockCount}`)
        )
  )

const invalidTask = (task: SimulationTask): InvalidPricingInput | undefined => {
  const { seed, replicates, pathsPerReplicate, pathsPerBlock } = task
  return firstInvalid([
    invalidProduct(task.product, task.dynamics),
    requires.between("seed", seed, {
      isAllowed: (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32,
      allowed: "a whole number from 0 to 4294967295"
    }),
    requires.wholeNumber("replicates", replicates, 65_536),
    replicates < 4 ? refusal("replicates", replicates, "4 or more") : undefined,
    requires.wholeNumber("pathsPerReplicate", pathsPerReplicate, 2 ** 30),
    requires.wholeNumber("pathsPerBlock", pathsPerBlock, 2 ** 20),
    pathsPerReplicate % pathsPerBlock !== 0
      ? refusal("pathsPerBlock", pathsPerBlock, `a divisor of ${pathsPerReplicate}`)
      : undefined,
    task.sampling === "Antithetic" && pathsPerBlock % 2 !== 0
      ? refusal("pathsPerBlock", pathsPerBlock, "an even number with antithetic pairs")
      : undefined
  ])
}

const stepYearsMax = (dynamics: Dynamics): number =>
  dynamics._tag === "BlackScholes" ? Infinity : dynamics.stepYearsMax

const preparedSimulator = (task: SimulationTask): BlockSimulator => {
  const { product, dynamics, pathsPerBlock } = task
  const grid = timeGrid(eventTimes(product), stepYearsMax(dynamics))
  const functional = functionalOf(product, dynamics, grid)
  const { controlMeans } = functional
  const model =
    dynamics._tag === "BlackScholes"
      ? blackScholesPaths(dynamics, grid, task.greeks)
      : dynamics._tag === "Heston"
        ? hestonPaths(dynamics, grid)
        : localVolatilityPaths(dynamics, grid)
  const path = makePath(grid, functional.uniformCount)
  const sample: Sample = {
    value: 0,
    logGradient: new Float64Array(grid.timesYears.length),
    volatilityGradient: 0,
    controls: new Float64Array(controlMeans.length)
  }
  const evaluate = (): Sample => {
    sample.logGradient.fill(0)
    sample.volatilityGradient = 0
    functional.evaluate(path, sample)
    return sample
  }
  const ridge = ridgeOf(ridgeWalk(model, path, evaluate), controlMeans)
  const estimators = task.greeks ? estimatorsOf(functional, model) : (["value"] as const)
  const write = estimatorWriter(functional, estimators, dynamics.spot)
  const estimates = new Float64Array(estimators.length)
  const blocksPerReplicate = task.pathsPerReplicate / pathsPerBlock

  return {
    blockCount: task.replicates * blocksPerReplicate,
    estimators,
    controlCount: controlMeans.length,
    resolution: ridge.largest * 2 ** -32,
    simulateBlock: (blockIndex) => {
      const draw = pathDrawer(task, model, path, {
        replicate: Math.floor(blockIndex / blocksPerReplicate),
        start: (blockIndex % blocksPerReplicate) * pathsPerBlock,
        spread: ridge.spread
      })
      const moments = momentSums(estimators.length, controlMeans)
      for (let k = 0; k < pathsPerBlock; k++) {
        const weight = draw()
        write(path, evaluate(), estimates)
        // Estimates and the controls' distances from their means count `weight` times.
        moments.add(estimates, sample.controls, weight)
      }
      return { blockIndex, sums: moments.sums }
    }
  }
}

/** Puts the path on the ridge: first normal `z`, the other normals 0, uniforms one half. */
const ridgeWalk = (model: PathModel, path: Path, evaluate: () => Sample) => {
  const normals = new Float64Array(model.normalCount)
  return (z: number): Sample => {
    normals[model.slotOfDimension(0)] = z
    path.uniforms.fill(0.5)
    model.fill(normals, path)
    return evaluate()
  }
}

const estimatorsOf = (functional: Functional, model: PathModel): ReadonlyArray<Estimator> => {
  const hasGamma =
    model.isScaleInvariant &&
    (functional.greekMethod === "LikelihoodRatio" || !functional.usesInitialSpot)
  return [
    "value",
    "delta",
    ...(hasGamma ? (["gamma"] as const) : []),
    ...(model.hasVega ? (["vegaPerVol"] as const) : [])
  ]
}

/** Points to normals and uniforms to a path, one path per call; returns the path's weight. */
const pathDrawer = (
  task: SimulationTask,
  model: PathModel,
  path: Path,
  from: { readonly replicate: number; readonly start: number; readonly spread: number }
): (() => number) => {
  const { normalCount } = model
  const { spread, replicate, start } = from
  const { sampling, seed, pathsPerBlock: count } = task
  const dimensions = normalCount + path.uniforms.length
  const next = pointSet({ sampling, dimensions, seed, replicate, start, count })
  const words = new Uint32Array(dimensions)
  const normals = new Float64Array(normalCount)
  const slots = Int32Array.from({ length: normalCount }, (_, d) => model.slotOfDimension(d))
  const first = slots[0]!
  const flattening = 0.5 * (1 - 1 / (spread * spread))
  return () => {
    next(words)
    for (let d = 0; d < normalCount; d++) {
      normals[slots[d]!] = normalQuantile(uniformOfWord(words[d]!))
    }
    for (let d = normalCount; d < dimensions; d++) {
      path.uniforms[d - normalCount] = uniformOfWord(words[d]!)
    }
    const wide = spread * normals[first]!
    normals[first] = wide
    model.fill(normals, path)
    return spread * Math.exp(-flattening * wide * wide)
  }
}

/**
 * One path's estimates. Pathwise: the chain rule through the path. Likelihood ratio: value times
 * score. Pathwise gamma takes the likelihood ratio of the pathwise delta, which has a kink and no
 * derivative.
 * Source: Glasserman, Monte Carlo Methods in Financial Engineering (2003), sections 7.2 and 7.3.
 */
const estimatorWriter = (
  functional: Functional,
  estimators: ReadonlyArray<Estimator>,
  spot: number
): ((path: Path, sample: Sample, out: Float64Array) => void) => {
  const hasGamma = estimators.includes("gamma")
  const vegaAt = estimators.indexOf("vegaPerVol")
  if (estimators.length === 1) {
    return (_, sample, out) => {
      out[0] = sample.value
    }
  }
  if (functional.greekMethod === "LikelihoodRatio") {
    return (path, { value }, out) => {
      out[0] = value
      out[1] = value * path.deltaScore
      if (hasGamma) out[2] = value * path.gammaScore
      if (vegaAt > 0) out[vegaAt] = value * path.volatilityScore
    }
  }
  return (path, { value, logGradient, volatilityGradient }, out) => {
    let bySpot = 0
    let byVolatility = volatilityGradient
    for (let i = 0; i < logGradient.length; i++) {
      bySpot += logGradient[i]! * path.logSpotTangents[i]!
      byVolatility += logGradient[i]! * path.volatilityTangents[i]!
    }
    const delta = bySpot / spot
    out[0] = value
    out[1] = delta
    if (hasGamma) out[2] = delta * (path.deltaScore - 1 / spot)
    if (vegaAt > 0) out[vegaAt] = byVolatility
  }
}
