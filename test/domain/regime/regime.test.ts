import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { decodeRegimeAssessment, RegimeAssessment } from "../../../src/domain/regime/regime.ts"

const answer = (
  stateProbabilities: ReadonlyArray<number> | undefined,
  forecastVolatility: ReadonlyArray<number> | undefined = [0.24, 0.26]
) => ({
  modelHash: "ab",
  outputs: {
    ...(stateProbabilities && { stateProbabilities }),
    ...(forecastVolatility && { forecastVolatility })
  }
})

describe("Decoding a regime from a model's answer", () => {
  it("names each value, and the state of the largest probability", () => {
    const assessment = Result.getOrThrow(decodeRegimeAssessment(answer([0.2, 0.7, 0.1])))
    assert.deepStrictEqual(assessment, {
      stateProbabilities: { calm: 0.2, normal: 0.7, stressed: 0.1 },
      state: "normal",
      forecastVolatility5d: 0.24,
      forecastVolatility21d: 0.26,
      modelHash: "ab"
    })
    assert.isTrue(Schema.is(RegimeAssessment)(assessment))
  })

  it("takes the more stressed of two equally likely states", () => {
    const state = (probabilities: ReadonlyArray<number>) =>
      Result.getOrThrow(decodeRegimeAssessment(answer(probabilities))).state
    assert.strictEqual(state([0.5, 0.5, 0]), "normal")
    assert.strictEqual(state([0.5, 0, 0.5]), "stressed")
    assert.strictEqual(state([0, 0, 1]), "stressed")
    assert.strictEqual(state([1, 0, 0]), "calm")
  })

  it("takes probabilities whose float32 rounding misses 1 by a little", () => {
    const third = Math.fround(1 / 3)
    assert.isTrue(Result.isSuccess(decodeRegimeAssessment(answer([third, third, third]))))
  })

  const refusals: ReadonlyArray<
    readonly [
      string,
      Parameters<typeof decodeRegimeAssessment>[0],
      "stateProbabilities" | "forecastVolatility"
    ]
  > = [
    [
      "no probabilities",
      { modelHash: "ab", outputs: { forecastVolatility: [1, 1] } },
      "stateProbabilities"
    ],
    [
      "no forecast",
      { modelHash: "ab", outputs: { stateProbabilities: [1, 0, 0] } },
      "forecastVolatility"
    ],
    ["two states", answer([0.5, 0.5]), "stateProbabilities"],
    ["a sum of 0.9", answer([0.3, 0.3, 0.3]), "stateProbabilities"],
    ["a negative probability", answer([-0.1, 0.6, 0.5]), "stateProbabilities"],
    ["a NaN probability", answer([Number.NaN, 0.5, 0.5]), "stateProbabilities"],
    ["one horizon", answer([1, 0, 0], [0.2]), "forecastVolatility"],
    ["a volatility of 0", answer([1, 0, 0], [0, 0.2]), "forecastVolatility"],
    [
      "an infinite volatility",
      answer([1, 0, 0], [0.2, Number.POSITIVE_INFINITY]),
      "forecastVolatility"
    ],
    ["a volatility of 1,100 %", answer([1, 0, 0], [11, 0.2]), "forecastVolatility"]
  ]
  for (const [what, given, output] of refusals)
    it(`refuses ${what} and names the output`, () => {
      const error = Result.getOrThrow(Result.flip(decodeRegimeAssessment(given)))
      assert.strictEqual(error.output, output)
    })
})
