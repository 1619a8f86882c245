/**
 * One simulated path and what a product makes of it: buffers that the engine reuses path after
 * path.
 */

/** When the path is observed; index 0 is now, the rest are the scheme's steps. */
export type TimeGrid = {
  readonly timesYears: Float64Array
  /** Position in `timesYears` of each event time of the product. */
  readonly eventIndex: Int32Array
}

export type Path = {
  readonly stepCount: number
  readonly timesYears: Float64Array
  /** Currency, one more than steps: [0] is today's spot. */
  readonly spots: Float64Array
  /** Natural logarithms of `spots`. */
  readonly logSpots: Float64Array
  /** Variance of the logarithm over each step, as the scheme sees it. */
  readonly stepVariances: Float64Array
  /** Derivatives of the log spots by the logarithm of today's spot. */
  readonly logSpotTangents: Float64Array
  /** Derivatives of the log spots by the volatility (a parallel shift of local volatility). */
  readonly volatilityTangents: Float64Array
  /** Independent uniforms for the product's own use. */
  readonly uniforms: Float64Array
  /**
   * Derivatives of the log density of the path: by spot, twice by spot over density, by
   * volatility.
   */
  deltaScore: number
  gammaScore: number
  volatilityScore: number
}

export const makePath = (grid: TimeGrid, uniformCount: number): Path => {
  const count = grid.timesYears.length
  return {
    stepCount: count - 1,
    timesYears: grid.timesYears,
    spots: new Float64Array(count),
    logSpots: new Float64Array(count),
    stepVariances: new Float64Array(count - 1),
    logSpotTangents: new Float64Array(count),
    volatilityTangents: new Float64Array(count),
    uniforms: new Float64Array(uniformCount),
    deltaScore: 0,
    gammaScore: 0,
    volatilityScore: 0
  }
}

/** What one path gives. */
export type Sample = {
  /** Discounted payoff, currency. */
  value: number
  /** Derivatives of `value` by each log spot (0 before each evaluation). */
  readonly logGradient: Float64Array
  /** Derivative of `value` by volatility at a fixed path. */
  volatilityGradient: number
  /** Discounted control variates. */
  readonly controls: Float64Array
}

/** Draws paths of one model; see the files `...Paths.ts`. */
export type PathModel = {
  /** Standard normals per path. */
  readonly normalCount: number
  /** Where in the normals' array the k-th dimension of the point set goes. */
  readonly slotOfDimension: (dimension: number) => number
  readonly fill: (normals: Float64Array, path: Path) => void
  /** Whether volatility tangents and scores exist. */
  readonly hasVega: boolean
  /** Whether dS_t/dS_0 = S_t/S_0, which gamma's estimator needs. */
  readonly isScaleInvariant: boolean
}

/** The discounted payoff of one product as a function of the path. */
export type Functional = {
  readonly uniformCount: number
  /** Known expectations of `Sample.controls`. */
  readonly controlMeans: ReadonlyArray<number>
  /** Pathwise needs a continuous payoff; a jump needs the likelihood ratio. */
  readonly greekMethod: "Pathwise" | "LikelihoodRatio"
  /** Whether the payoff reads today's spot itself (then gamma has no estimator here). */
  readonly usesInitialSpot: boolean
  readonly evaluate: (path: Path, sample: Sample) => void
}

/** Event times (years, increasing, > 0) refined so that no step is longer than `stepYearsMax`. */
export const timeGrid = (
  eventTimesYears: ReadonlyArray<number>,
  stepYearsMax: number
): TimeGrid => {
  const times = [0]
  const eventIndex = new Int32Array(eventTimesYears.length)
  let before = 0
  for (const [event, time] of eventTimesYears.entries()) {
    const steps = Math.max(1, Math.ceil((time - before) / stepYearsMax - 1e-9))
    for (let k = 1; k < steps; k++) times.push(before + ((time - before) * k) / steps)
    times.push(time)
    eventIndex[event] = times.length - 1
    before = time
  }
  return { timesYears: Float64Array.from(times), eventIndex }
}
