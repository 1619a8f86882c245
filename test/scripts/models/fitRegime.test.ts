import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import {
  fitForecast,
  fitStates,
  hmmFitOptions,
  type TrainingRun,
  trainingRows,
  trainingRuns
} from "../../../scripts/models/fitRegime.ts"
import { walkForward } from "../../../scripts/models/walkForward.ts"
import { ModelCard } from "../../../src/domain/models/modelCard.ts"
import { dailySeriesOf } from "../../../src/infra/data/dailyHistory.ts"

const card = Schema.decodeUnknownSync(Schema.fromJsonString(ModelCard))(
  readFileSync("models/regime-goog-2015-12-24.json", "utf8")
)
const { before } = card.training

const googRuns = (until: string) =>
  Effect.map(dailySeriesOf({ dataDir: "data", symbol: "GOOG", before: until }), ({ bars }) =>
    trainingRuns("GOOG", bars)
  )

const allClose = (
  actual: ReadonlyArray<number>,
  expected: ReadonlyArray<number>,
  tolerance: number
) => {
  assert.strictEqual(actual.length, expected.length)
  actual.forEach((value, at) => {
    assert.closeTo(value, expected[at]!, tolerance)
  })
}

const numbersIn = (value: unknown): ReadonlyArray<number> =>
  typeof value === "number"
    ? [value]
    : typeof value === "object" && value !== null
      ? Object.values(value).flatMap(numbersIn)
      : []

describe("The committed GOOG model", () => {
  it.effect("is what training on the committed data gives", () =>
    Effect.gen(function* () {
      const runs = yield* googRuns(before)
      // Two of the eight starts: any that reaches the best maximum gives the committed states.
      const hmm = fitStates(runs, before, { ...hmmFitOptions, starts: 2 })
      allClose(hmm.means, card.parameters.hmm.means, 1e-4)
      allClose(hmm.variances, card.parameters.hmm.variances, 1e-4)
      allClose(hmm.transition.flat(), card.parameters.hmm.transition.flat(), 1e-4)
      fitForecast(trainingRows(runs), before).forEach((fitted, horizon) => {
        const expected = card.parameters.forecast[horizon]!
        allClose(fitted.weights, expected.weights, 1e-5)
        allClose(
          [fitted.intercept, fitted.smearing, fitted.closeToCloseScale],
          [expected.intercept, expected.smearing, expected.closeToCloseScale],
          1e-5
        )
      })
    })
  )

  it.effect("forecasts better than the naive and the EWMA forecast on days it did not see", () =>
    Effect.gen(function* () {
      const runs = yield* googRuns(before)
      const metrics = walkForward(runs, trainingRows(runs))
      for (const { rangeVariance, squaredReturns } of metrics.horizons) {
        assert.isBelow(rangeVariance.model!.qlike, rangeVariance.naive!.qlike)
        assert.isBelow(rangeVariance.model!.qlike, rangeVariance.ewma!.qlike)
        assert.isAbove(rangeVariance.model!.r2, rangeVariance.ewma!.r2)
        assert.isBelow(squaredReturns.model!.qlike, squaredReturns.ewma!.qlike)
      }
      const realized = metrics.states.map((state) => state.realizedVolatilityNext5Days!)
      assert.deepStrictEqual(
        realized,
        [...realized].sort((a, b) => a - b)
      )
      allClose(numbersIn(metrics), numbersIn(card.metrics), 1e-3)
    })
  )
})

describe("Fitting the regime model", () => {
  it.effect("does not see the day it is told to stop before, nor any later one", () =>
    Effect.gen(function* () {
      const cut = "2009-06-01"
      const full = yield* googRuns("2012-01-01")
      const known = yield* googRuns(cut)
      const quick = { ...hmmFitOptions, starts: 1, iterationsMax: 20 }
      assert.deepStrictEqual(fitStates(full, cut, quick), fitStates(known, cut, quick))
      const shaken = full.map(
        (run): TrainingRun => ({
          ...run,
          series: {
            logVariances: run.series.logVariances.map((value, at) =>
              run.dates[at]! < cut ? value : -value
            ),
            logReturns: run.series.logReturns.map((value, at) =>
              run.dates[at]! < cut ? value : 3 * value
            )
          }
        })
      )
      assert.deepStrictEqual(
        fitForecast(trainingRows(shaken), cut),
        fitForecast(trainingRows(full), cut)
      )
    })
  )
})
