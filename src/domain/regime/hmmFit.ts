/**
 * Fits a Gaussian hidden Markov model by expectation maximisation (Baum-Welch) from several seeded
 * starts.
 *
 * The best likelihood wins; states come out in ascending order of `orderBy`. The same input gives
 * the same model.
 */
import { Result, Schema } from "effect"
import { uniformAt } from "../chance.ts"
import { backward, forward, type GaussianHmm, type Observations } from "./hmm.ts"

export interface HmmFitOptions {
  readonly states: number
  readonly starts: number
  readonly seed: number
  /** Per climb. */
  readonly iterationsMax: number
  /** Stops when an iteration gains less log likelihood than this. */
  readonly gainMin: number
  /** Share of the variance of all observations that no state's variance falls below. */
  readonly varianceShareMin: number
  readonly orderBy: "mean" | "variance"
}

export interface HmmFit {
  readonly model: GaussianHmm
  readonly logLikelihood: number
  readonly iterations: number
  readonly converged: boolean
}

export class UnfittableObservations extends Schema.TaggedError<UnfittableObservations>()(
  "UnfittableObservations",
  { reason: Schema.String }
) {
  override get message(): string {
    return this.reason
  }
}

/** Starts are compared after a climb to this gain; only the best one goes on to `gainMin`. */
const trialGainMin = 0.01

/**
 * Several sequences share one model; each starts anew from `initial`. Needs 10 observations per
 * state.
 */
export const fitGaussianHmm = (
  sequences: ReadonlyArray<Observations>,
  options: HmmFitOptions
): Result.Result<HmmFit, UnfittableObservations> => {
  const all = sequences.flat()
  const required = 10 * options.states
  if (all.length < required)
    return refuse(
      `${options.states} states need ${required} observations, there were ${all.length}`
    )
  if (!all.every(Number.isFinite)) return refuse("an observation was not a finite number")
  const spread = varianceOf(all)
  if (!(spread > 0)) return refuse("all observations were equal")
  if (options.starts < 1) return refuse(`starts was ${options.starts}, at least 1 is needed`)
  const varianceMin = options.varianceShareMin * spread
  let best: HmmFit | undefined
  for (let start = 0; start < options.starts; start++) {
    const trial = { ...options, gainMin: Math.max(trialGainMin, options.gainMin) }
    const fit = climb(startingModel(all, options, start), sequences, trial, varianceMin)
    if (best === undefined || fit.logLikelihood > best.logLikelihood) best = fit
  }
  best = climb(best!.model, sequences, options, varianceMin)
  return Result.succeed({ ...best, model: ordered(best.model, options.orderBy) })
}

const climb = (
  start: GaussianHmm,
  sequences: ReadonlyArray<Observations>,
  options: HmmFitOptions,
  varianceMin: number
): HmmFit => {
  let model = start
  let logLikelihood = Number.NEGATIVE_INFINITY
  for (let iteration = 1; iteration <= options.iterationsMax; iteration++) {
    const step = reestimate(model, sequences, varianceMin)
    const gain = step.logLikelihood - logLikelihood
    logLikelihood = step.logLikelihood
    if (gain < options.gainMin)
      return { model, logLikelihood, iterations: iteration, converged: true }
    model = step.model
  }
  const last = sequences.reduce((total, each) => total + forward(model, each).logLikelihood, 0)
  return { model, logLikelihood: last, iterations: options.iterationsMax, converged: false }
}

/**
 * One iteration: the log likelihood of `model`, and the model that maximises its expected complete
 * likelihood.
 */
const reestimate = (
  model: GaussianHmm,
  sequences: ReadonlyArray<Observations>,
  varianceMin: number
): { readonly model: GaussianHmm; readonly logLikelihood: number } => {
  const states = model.means.length
  const zeros = (): Array<number> => new Array<number>(states).fill(0)
  const initial = zeros()
  const weight = zeros()
  const first = zeros()
  const transitions = Array.from({ length: states }, zeros)
  const smoothed: Array<ReadonlyArray<ReadonlyArray<number>>> = []
  let logLikelihood = 0
  for (const observations of sequences) {
    const pass = forward(model, observations)
    const back = backward(model, pass)
    logLikelihood += pass.logLikelihood
    const gamma = pass.filtered.map((row, at) =>
      row.map((value, state) => value * back[at]![state]!)
    )
    smoothed.push(gamma)
    for (let at = 0; at < observations.length; at++)
      for (let state = 0; state < states; state++) {
        const probability = gamma[at]![state]!
        if (at === 0) initial[state]! += probability / sequences.length
        weight[state]! += probability
        first[state]! += probability * observations[at]!
        if (at > 0)
          for (let from = 0; from < states; from++)
            transitions[from]![state]! +=
              (pass.filtered[at - 1]![from]! *
                model.transition[from]![state]! *
                pass.densities[at]![state]! *
                back[at]![state]!) /
              pass.scales[at]!
      }
  }
  const means = first.map((value, state) => value / weight[state]!)
  const second = zeros()
  sequences.forEach((observations, sequence) => {
    observations.forEach((observation, at) => {
      for (let state = 0; state < states; state++)
        second[state]! += smoothed[sequence]![at]![state]! * (observation - means[state]!) ** 2
    })
  })
  return {
    logLikelihood,
    model: {
      initial: shares(initial),
      transition: transitions.map(shares),
      means,
      variances: second.map((value, state) => Math.max(varianceMin, value / weight[state]!))
    }
  }
}

/**
 * Means at jittered quantiles, variances from an eighth to 2.5 times the overall one, persistent
 * states.
 */
const startingModel = (all: Observations, options: HmmFitOptions, start: number): GaussianHmm => {
  const sorted = [...all].sort((a, b) => a - b)
  const { states } = options
  const spread = varianceOf(all)
  let draws = 0
  const draw = () => uniformAt(options.seed, start, draws++)
  const persistence = 0.8 + 0.19 * draw()
  return {
    initial: new Array<number>(states).fill(1 / states),
    transition: Array.from({ length: states }, (_, from) =>
      Array.from({ length: states }, (_, to) =>
        from === to ? persistence : (1 - persistence) / Math.max(1, states - 1)
      )
    ),
    means: Array.from({ length: states }, (_, state) => {
      const quantile = (state + 0.1 + 0.8 * draw()) / states
      return sorted[Math.floor(quantile * sorted.length)]!
    }),
    variances: Array.from({ length: states }, () => spread * 20 ** (draw() - 0.7))
  }
}

const ordered = (model: GaussianHmm, orderBy: HmmFitOptions["orderBy"]): GaussianHmm => {
  const key = orderBy === "mean" ? model.means : model.variances
  const order = key.map((_, state) => state).sort((a, b) => key[a]! - key[b]!)
  return {
    initial: order.map((state) => model.initial[state]!),
    transition: order.map((from) => order.map((to) => model.transition[from]![to]!)),
    means: order.map((state) => model.means[state]!),
    variances: order.map((state) => model.variances[state]!)
  }
}

const shares = (values: ReadonlyArray<number>): ReadonlyArray<number> => {
  const total = values.reduce((a, b) => a + b, 0)
  return values.map((value) => value / total)
}

const varianceOf = (values: Observations): number => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  return values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length
}

const refuse = (reason: string) => Result.fail(new UnfittableObservations({ reason }))
