/**
 * A hidden Markov model with one Gaussian observation per state: likelihood, filter, smoother and
 * Viterbi path.
 *
 * Source: Rabiner, A Tutorial on Hidden Markov Models (1989), with scaled forward and backward
 * passes; densities are divided by the day's largest one before they are exponentiated, so no
 * observation underflows.
 */

/**
 * `transition[i][j]`: probability of state j after state i; rows and `initial` sum to 1.
 * `variances` > 0.
 */
export interface GaussianHmm {
  readonly initial: ReadonlyArray<number>
  readonly transition: ReadonlyArray<ReadonlyArray<number>>
  readonly means: ReadonlyArray<number>
  readonly variances: ReadonlyArray<number>
}

export type Observations = ReadonlyArray<number>

/**
 * Probabilities of the states at each time given the observations up to it, and the log likelihood
 * of all.
 */
export interface Forward {
  readonly filtered: ReadonlyArray<ReadonlyArray<number>>
  /** Observation densities, each divided by the largest of its time. */
  readonly densities: ReadonlyArray<ReadonlyArray<number>>
  /** Probability of each observation given those before it, in units of that largest density. */
  readonly scales: ReadonlyArray<number>
  readonly logLikelihood: number
}

export const forward = (model: GaussianHmm, observations: Observations): Forward => {
  const filtered: Array<ReadonlyArray<number>> = []
  const densities: Array<ReadonlyArray<number>> = []
  const scales: Array<number> = []
  let logLikelihood = 0
  let prior = model.initial
  for (const observation of observations) {
    const logDensities = stateLogDensities(model, observation)
    const largest = Math.max(...logDensities)
    const density = logDensities.map((value) => Math.exp(value - largest))
    const joint = density.map((value, state) => value * prior[state]!)
    const scale = sum(joint)
    const posterior = joint.map((value) => value / scale)
    filtered.push(posterior)
    densities.push(density)
    scales.push(scale)
    logLikelihood += Math.log(scale) + largest
    prior = predict(model, posterior)
  }
  return { filtered, densities, scales, logLikelihood }
}

/** Probabilities of the next state. */
const predict = (model: GaussianHmm, probabilities: ReadonlyArray<number>): ReadonlyArray<number> =>
  model.means.map((_, to) =>
    sum(probabilities.map((probability, from) => probability * model.transition[from]![to]!))
  )

/**
 * Scaled backward variables: `filtered[t][i] * backward[t][i]` is the smoothed probability of state
 * i at t.
 */
export const backward = (
  model: GaussianHmm,
  pass: Forward
): ReadonlyArray<ReadonlyArray<number>> => {
  const states = model.means.length
  const result: Array<ReadonlyArray<number>> = []
  let next: ReadonlyArray<number> = new Array<number>(states).fill(1)
  for (let at = pass.scales.length - 1; at >= 0; at--) {
    result.push(next)
    const weighted = next.map(
      (value, state) => (value * pass.densities[at]![state]!) / pass.scales[at]!
    )
    next = model.transition.map((row) =>
      sum(row.map((probability, to) => probability * weighted[to]!))
    )
  }
  return result.reverse()
}

/** The most likely sequence of states; of equally likely ones the lower state. */
export const viterbi = (model: GaussianHmm, observations: Observations): ReadonlyArray<number> => {
  const logTransition = model.transition.map((row) => row.map(Math.log))
  const cameFrom: Array<ReadonlyArray<number>> = []
  let best: ReadonlyArray<number> = []
  for (const observation of observations) {
    const logDensities = stateLogDensities(model, observation)
    if (cameFrom.length === 0) {
      cameFrom.push([])
      best = logDensities.map((value, state) => value + Math.log(model.initial[state]!))
      continue
    }
    const previous = best
    const origins = logDensities.map((_, to) =>
      indexOfLargest(previous.map((value, from) => value + logTransition[from]![to]!))
    )
    best = logDensities.map(
      (value, to) => value + previous[origins[to]!]! + logTransition[origins[to]!]![to]!
    )
    cameFrom.push(origins)
  }
  const path: Array<number> = []
  for (let at = cameFrom.length - 1, state = indexOfLargest(best); at >= 0; at--) {
    path.push(state)
    state = cameFrom[at]![state] ?? 0
  }
  return path.reverse()
}

/** The long-run share of time in each state: the transition matrix squared until its rows agree. */
export const stationaryProbabilities = (
  transition: ReadonlyArray<ReadonlyArray<number>>
): ReadonlyArray<number> => {
  let power = transition
  for (let doubling = 0; doubling < 40; doubling++) {
    const squared = power.map((row) =>
      row.map((_, to) => sum(row.map((value, via) => value * power[via]![to]!)))
    )
    power = squared.map((row) => row.map((value) => value / sum(row)))
  }
  return power[0]!
}

const stateLogDensities = (model: GaussianHmm, observation: number): ReadonlyArray<number> =>
  model.means.map((mean, state) => {
    const variance = model.variances[state]!
    return -0.5 * (Math.log(2 * Math.PI * variance) + (observation - mean) ** 2 / variance)
  })

const indexOfLargest = (values: ReadonlyArray<number>): number => {
  let best = 0
  for (let at = 1; at < values.length; at++) if (values[at]! > values[best]!) best = at
  return best
}

const sum = (values: ReadonlyArray<number>): number => {
  let total = 0
  for (const value of values) total += value
  return total
}
