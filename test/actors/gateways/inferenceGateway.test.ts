import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeInferenceGateway } from "../../../src/actors/gateways/inferenceGateway.ts"
import { BadFeatures, type InferenceRequest } from "../../../src/actors/ports/Inference.ts"
import { InferenceRequested } from "../../../src/actors/ports/records/cognition.ts"
import type { JournalRecord } from "../../../src/domain/journal/record.ts"

const request: JournalRecord = {
  ...InferenceRequested.make({
    requestId: "b-regime-classifier-7",
    modelId: "m",
    features: [1, 2]
  }),
  seq: 9,
  epoch: 1,
  actor: "regime-classifier",
  version: 1,
  cause: 8,
  logicalTimeMs: 5,
  sourceSeq: 0
}

/** Adds the features up; knows one model. */
const inference = {
  infer: ({ modelId, features }: InferenceRequest) =>
    features.length === 2
      ? Effect.succeed({
          modelId,
          modelHash: "abc",
          runtime: "adder",
          outputs: { sum: [features[0]! + features[1]!] }
        })
      : Effect.fail(new BadFeatures({ modelId, why: `were ${features.length}, 2 are expected` }))
}
const gateway = makeInferenceGateway({ inference, latencyMs: 20 })

describe("inference gateway", () => {
  it.effect("answers a request with the model's outputs, under the request's key", () =>
    Effect.gen(function* () {
      const [answer] = yield* gateway.perform(request, 25)
      assert.strictEqual(answer!.type, "InferenceAnswered")
      assert.deepStrictEqual(answer!.payload, {
        requestId: "b-regime-classifier-7",
        modelId: "m",
        modelHash: "abc",
        runtime: "adder",
        outputs: { sum: [3] }
      })
      const key = gateway.requestKey(request)
      assert.strictEqual(gateway.answeredKey(answer!.type, answer!.payload), key)
      assert.strictEqual(answer!.sourceSeq, 0)
    })
  )

  it.effect("records an expected failure with its reason instead of failing", () =>
    Effect.gen(function* () {
      const payload = { requestId: "r", modelId: "m", features: [1] }
      const [failure] = yield* gateway.perform({ ...request, payload }, 25)
      assert.strictEqual(failure!.type, "InferenceFailed")
      assert.deepStrictEqual(failure!.payload, {
        requestId: "r",
        modelId: "m",
        reason: "BadFeatures: features for model m were 1, 2 are expected"
      })
      assert.strictEqual(gateway.answeredKey(failure!.type, failure!.payload), "r")
    })
  )

  it.effect("asks again for what was outstanding, with the same answer", () =>
    Effect.gen(function* () {
      const performed = yield* gateway.perform(request, 25)
      assert.deepStrictEqual(yield* gateway.recover(request, 99), performed)
    })
  )

  it("takes no other record for an answer", () => {
    assert.isUndefined(gateway.answeredKey("ExecutionReport", { requestId: "r" }))
  })
})
