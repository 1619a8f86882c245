/**
 * The Monte Carlo engine: a run is split into blocks of paths by number, each block is a pure function of
 * (task, number), and blocks are combined in order of their numbers. So a result depends on the task
 * alone, never on how many threads computed it or in which order they finished.
 */
import { Result } from "effect"
import type { InvalidPricingInput } from "../engine.ts"
import { normalQuantile } from "../normal.ts"
import { blackScholesPaths } from "./blackScholesPaths.ts"
import type { Dynamics } from "./dynamics.ts"
import { hestonPaths } from "./hestonPaths.ts"
import { firstInvalid, refusal, requires } from "./inputRules.ts"
import { localVolatilityPaths } from "./localVolatilityPaths.ts"
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

export type SimulationTask = {
  readonly product: ExoticProduct
  readonly dynamics: Dynamics
  readonly sampling: Sampling
  /** Whole number below 2^32. */
  readonly seed: number
  /** Independent randomisations; their spread is the standard error. At least 2. */
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
  seed: 1,
  replicates: 32,
  pathsPerReplicate: 1024,
  pathsPerBlock: 1024,
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
    replicates < 2 ? refusal("replicates", replicates, "2 or more") : undefined,
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
  const model =
    dynamics._tag === "BlackScholes"
      ? blackScholesPaths(dynamics, grid)
      : dynamics._tag === "Heston"
        ? hestonPaths(dynamics, grid)
        : localVolatilityPaths(dynamics, grid)
  const path = makePath(grid, functional.uniformCount)
  const sample: Sample = {
    value: 0,
    logGradient: new Float64Array(grid.timesYears.length),
    volatilityGradient: 0,
    controls: new Float64Array(functional.controlMeans.length)
  }
  const estimators = task.greeks ? estimatorsOf(functional, model) : (["value"] as const)
  const write = estimatorWriter(functional, estimators, dynamics.spot)
  const blocksPerReplicate = task.pathsPerReplicate / pathsPerBlock

  return {
    blockCount: task.replicates * blocksPerReplicate,
    estimators,
    controlCount: functional.controlMeans.length,
    simulateBlock: (blockIndex) => {
      const draw = pathDrawer(task, model, path, {
        replicate: Math.floor(blockIndex / blocksPerReplicate),
        start: (blockIndex % blocksPerReplicate) * pathsPerBlock
      })
      const moments = momentSums(estimators.length, functional.controlMeans)
      for (let k = 0; k < pathsPerBlock; k++) {
        draw()
        sample.logGradient.fill(0)
        sample.volatilityGradient = 0
        functional.evaluate(path, sample)
        write(path, sample, moments.estimates)
        moments.add(sample.controls)
      }
      return { blockIndex, sums: moments.sums }
    }
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

/** Points to normals and uniforms to a path, one path per call. */
const pathDrawer = (
  task: SimulationTask,
  model: PathModel,
  path: Path,
  from: { readonly replicate: number; readonly start: number }
): (() => void) => {
  const { normalCount } = model
  const dimensions = normalCount + path.uniforms.length
  const next = pointSet({ sampling: task.sampling, dimensions, seed: task.seed, ...from })
  const words = new Uint32Array(dimensions)
  const normals = new Float64Array(normalCount)
  const slots = Int32Array.from({ length: normalCount }, (_, d) => model.slotOfDimension(d))
  return () => {
    next(words)
    for (let d = 0; d < normalCount; d++) {
      normals[slots[d]!] = normalQuantile(uniformOfWord(words[d]!))
    }
    for (let d = normalCount; d < dimensions; d++) {
      path.uniforms[d - normalCount] = uniformOfWord(words[d]!)
    }
    model.fill(normals, path)
  }
}

/**
 * One path's estimates. Pathwise: the chain rule through the path. Likelihood ratio: value times score.
 * Pathwise gamma takes the likelihood ratio of the pathwise delta, which has a kink and no derivative.
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

/**
 * The layout of a block's sums: paths; each estimate; each control less its mean; estimate by control
 * products; control by control products.
 */
export const momentLayout = (estimates: number, controls: number) => {
  const controlAt = 1 + estimates
  const crossAt = controlAt + controls
  const squareAt = crossAt + estimates * controls
  return { controlAt, crossAt, squareAt, length: squareAt + controls * controls }
}

const momentSums = (estimateCount: number, controlMeans: ReadonlyArray<number>) => {
  const count = controlMeans.length
  const means = Float64Array.from(controlMeans)
  const { controlAt, crossAt, squareAt, length } = momentLayout(estimateCount, count)
  const sums = new Float64Array(length)
  const estimates = new Float64Array(estimateCount)
  const centred = new Float64Array(count)
  const add = (controls: Float64Array): void => {
    sums[0]! += 1
    for (let c = 0; c < count; c++) {
      centred[c] = controls[c]! - means[c]!
      sums[controlAt + c]! += centred[c]!
    }
    for (let e = 0; e < estimateCount; e++) {
      const estimate = estimates[e]!
      sums[1 + e]! += estimate
      for (let c = 0; c < count; c++) sums[crossAt + e * count + c]! += estimate * centred[c]!
    }
    for (let c = 0; c < count; c++) {
      for (let d = 0; d < count; d++) sums[squareAt + c * count + d]! += centred[c]! * centred[d]!
    }
  }
  return { sums, estimates, add }
}
