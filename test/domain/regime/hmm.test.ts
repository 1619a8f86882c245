import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import {
  backward,
  forward,
  type GaussianHmm,
  stationaryProbabilities,
  viterbi
} from "../../../src/domain/regime/hmm.ts"
import { fitGaussianHmm, type HmmFitOptions } from "../../../src/domain/regime/hmmFit.ts"

const model: GaussianHmm = {
  initial: [0.5, 0.3, 0.2],
  transition: [
    [0.8, 0.15, 0.05],
    [0.2, 0.7, 0.1],
    [0.1, 0.3, 0.6]
  ],
  means: [-1, 0.5, 2],
  variances: [0.5, 0.8, 2]
}
const observations = [-1.2, 0.1, 0.4, 2.7, -0.3, 1.1]

const density = (value: number, state: number): number =>
  Math.exp(-((value - model.means[state]!) ** 2) / (2 * model.variances[state]!)) /
  Math.sqrt(2 * Math.PI * model.variances[state]!)

/** Every path of states with its joint probability: the definition, without any recursion. */
const allPaths = (length: number): ReadonlyArray<{ path: Array<number>; probability: number }> =>
  Array.from({ length: 3 ** length }, (_, code) => {
    const path = Array.from({ length }, (_, at) => Math.floor(code / 3 ** at) % 3)
    const probability = path.reduce(
      (product, state, at) =>
        product *
        (at === 0 ? model.initial[state]! : model.transition[path[at - 1]!]![state]!) *
        density(observations[at]!, state),
      1
    )
    return { path, probability }
  })

const close = (actual: number, expected: number, tolerance: number, what = "") =>
  assert.isTrue(
    Math.abs(actual - expected) <= tolerance,
    `${what} ${actual} differs from ${expected} by more than ${tolerance}`
  )

describe("Gaussian hidden Markov model, against the sum over all paths", () => {
  const paths = allPaths(observations.length)
  const total = paths.reduce((sum, each) => sum + each.probability, 0)
  const pass = forward(model, observations)

  it("has the log likelihood of the sum", () => {
    close(pass.logLikelihood, Math.log(total), 1e-12)
  })

  it("filters: the last day's probabilities are the shares of the paths that end there", () => {
    for (const state of [0, 1, 2]) {
      const share = paths
        .filter(({ path }) => path.at(-1) === state)
        .reduce((sum, each) => sum + each.probability, 0)
      close(pass.filtered.at(-1)![state]!, share / total, 1e-12)
    }
  })

  it("smooths: each day's probabilities are the shares of the paths that pass there", () => {
    const back = backward(model, pass)
    for (let at = 0; at < observations.length; at++)
      for (const state of [0, 1, 2]) {
        const share = paths
          .filter(({ path }) => path[at] === state)
          .reduce((sum, each) => sum + each.probability, 0)
        close(pass.filtered[at]![state]! * back[at]![state]!, share / total, 1e-12)
      }
  })

  it("finds the most probable path", () => {
    const best = paths.reduce((a, b) => (b.probability > a.probability ? b : a))
    assert.deepStrictEqual([...viterbi(model, observations)], best.path)
  })

  it("stays finite where every density underflows", () => {
    const far = forward(model, [1e4, -1e4, 0])
    assert.isTrue(Number.isFinite(far.logLikelihood))
    for (const row of far.filtered) close(row[0]! + row[1]! + row[2]!, 1, 1e-12)
  })

  it("has stationary probabilities that one more day does not change", () => {
    const stationary = stationaryProbabilities(model.transition)
    for (const to of [0, 1, 2]) {
      const next = stationary.reduce((sum, p, from) => sum + p * model.transition[from]![to]!, 0)
      close(next, stationary[to]!, 1e-14)
    }
  })
})

interface Reference {
  readonly first: string
  readonly last: string
  readonly n: number
  readonly loglik: number
  readonly means: ReadonlyArray<number>
  readonly vars: ReadonlyArray<number>
  readonly transmat: ReadonlyArray<ReadonlyArray<number>>
  readonly viterbi_high_vol_path: string
}

const references = JSON.parse(
  readFileSync("data/reference/regimes.json", "utf8")
) as ReadonlyArray<Reference>

const isoDate = (text: string): string => {
  const [month, day, year] = text.split("/") as [string, string, string]
  return `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`
}

const closes = readFileSync("data/daily/arch_sp500.csv", "utf8")
  .trim()
  .split(/\r?\n/)
  .slice(1)
  .map((line) => line.split(","))
  .map((fields) => ({ date: isoDate(fields[0]!), close: Number(fields[4]) }))

const returnsBetween = (first: string, last: string): ReadonlyArray<number> =>
  closes.flatMap(({ date, close }, at) =>
    at > 0 && date >= first && date <= last ? [100 * Math.log(close / closes[at - 1]!.close)] : []
  )

const twoStates: HmmFitOptions = {
  states: 2,
  starts: 8,
  seed: 1,
  iterationsMax: 500,
  gainMin: 1e-6,
  varianceShareMin: 1e-3,
  orderBy: "variance"
}

describe("Gaussian hidden Markov model, against hmmlearn on the S&P 500", () => {
  for (const reference of references)
    describe(`${reference.first} to ${reference.last}`, () => {
      const returns = returnsBetween(reference.first, reference.last)
      const fit = Result.getOrThrow(fitGaussianHmm([returns], twoStates))

      it("reads the same returns", () => {
        assert.strictEqual(returns.length, reference.n)
      })

      it("gives hmmlearn's parameters hmmlearn's likelihood from one of the first states", () => {
        const likelihoods = [
          [1, 0],
          [0, 1]
        ].map(
          (initial) =>
            forward(
              {
                initial,
                transition: reference.transmat,
                means: reference.means,
                variances: reference.vars
              },
              returns
            ).logLikelihood
        )
        close(Math.max(...likelihoods), reference.loglik, 1e-3)
      })

      it("climbs at least as high as hmmlearn did", () => {
        assert.isTrue(fit.converged)
        assert.isAtLeast(fit.logLikelihood, reference.loglik - 1e-3)
        assert.isAtMost(fit.logLikelihood, reference.loglik + 0.5)
      })

      it("finds hmmlearn's states", () => {
        for (const state of [0, 1]) {
          close(fit.model.means[state]!, reference.means[state]!, 0.01, "mean")
          const variance = reference.vars[state]!
          close(fit.model.variances[state]!, variance, 0.02 * variance, "variance")
          close(
            fit.model.transition[state]![state]!,
            reference.transmat[state]![state]!,
            0.005,
            "persistence"
          )
        }
      })

      it("assigns at least 99 % of the days as hmmlearn does", () => {
        const path = viterbi(fit.model, returns)
        const same = path.filter(
          (state, at) => String(state) === reference.viterbi_high_vol_path[at]
        ).length
        assert.isAtLeast(same / path.length, 0.99)
      })
    })
})

describe("Fitting a hidden Markov model", () => {
  const returns = returnsBetween("2012-01-03", "2012-12-31")

  it("gives the same model for the same seed", () => {
    assert.deepStrictEqual(
      fitGaussianHmm([returns], twoStates),
      fitGaussianHmm([returns], twoStates)
    )
  })

  it("never loses likelihood with more iterations", () => {
    const reached = [1, 2, 5, 20, 80].map(
      (iterationsMax) =>
        Result.getOrThrow(fitGaussianHmm([returns], { ...twoStates, starts: 1, iterationsMax }))
          .logLikelihood
    )
    for (let at = 1; at < reached.length; at++)
      assert.isAtLeast(reached[at]!, reached[at - 1]! - 1e-9)
  })

  const refusals: ReadonlyArray<readonly [string, ReadonlyArray<number>, RegExp]> = [
    ["too few observations", [1, 2, 3], /2 states need 20 observations, there were 3/],
    ["a NaN", [...returns, Number.NaN], /not a finite number/],
    ["equal observations", new Array<number>(50).fill(1), /all observations were equal/]
  ]
  for (const [what, values, sentence] of refusals)
    it(`refuses ${what}`, () => {
      const failure = Result.flip(fitGaussianHmm([values], twoStates))
      assert.match(Result.getOrThrow(failure).message, sentence)
    })
})
