/** What every implementation of the inference port keeps, whatever runs the model. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, type Layer } from "effect"
import { Inference } from "../../../src/actors/ports/Inference.ts"

export interface InferenceSubject {
  readonly name: string
  readonly layer: Layer.Layer<Inference>
  readonly modelId: string
  readonly modelHash: string
  readonly features: ReadonlyArray<number>
  readonly outputs: Readonly<Record<string, number>>
}

const ask = (modelId: string, features: ReadonlyArray<number>) =>
  Effect.gen(function* () {
    const inference = yield* Inference
    return yield* inference.infer({ modelId, features })
  })

export const inferenceContract = (subject: InferenceSubject): void => {
  const { layer, modelId, features } = subject

  describe(`Inference, ${subject.name}`, () => {
    it.effect("answers with the hash of the artifact and every output in full", () =>
      Effect.gen(function* () {
        const answer = yield* ask(modelId, features)
        assert.strictEqual(answer.modelId, modelId)
        assert.strictEqual(answer.modelHash, subject.modelHash)
        assert.match(answer.runtime, /\d+\.\d+/)
        assert.deepStrictEqual(
          Object.fromEntries(
            Object.entries(answer.outputs).map(([name, values]) => [name, values.length])
          ),
          subject.outputs
        )
      }).pipe(Effect.provide(layer))
    )

    it.effect("gives float32 values, which survive JSON unchanged", () =>
      Effect.gen(function* () {
        const { outputs } = yield* ask(modelId, features)
        for (const value of Object.values(outputs).flat())
          assert.strictEqual(Math.fround(value), value)
        assert.deepStrictEqual(JSON.parse(JSON.stringify(outputs)), outputs)
      }).pipe(Effect.provide(layer))
    )

    it.effect("gives the same bits for the same features, asked by many fibers at once", () =>
      Effect.gen(function* () {
        const first = yield* ask(modelId, features)
        const others = yield* Effect.forEach(
          Array.from({ length: 50 }),
          () => ask(modelId, features),
          { concurrency: "unbounded" }
        )
        for (const answer of others) assert.deepStrictEqual(answer, first)
      }).pipe(Effect.provide(layer))
    )

    it.effect("answers differently for other features", () =>
      Effect.gen(function* () {
        const quiet = yield* ask(modelId, features)
        const wild = yield* ask(
          modelId,
          features.map((value) => value + 1)
        )
        assert.notDeepEqual(wild.outputs, quiet.outputs)
      }).pipe(Effect.provide(layer))
    )

    it.effect("gives the same bits after it was closed and opened again", () =>
      Effect.gen(function* () {
        const first = yield* ask(modelId, features).pipe(Effect.provide(layer, { local: true }))
        const second = yield* ask(modelId, features).pipe(Effect.provide(layer, { local: true }))
        assert.deepStrictEqual(second, first)
      })
    )

    for (const unknown of ["regime-nowhere-1999-01-01", "", "../package", "/etc/passwd"])
      it.effect(`refuses the model ${JSON.stringify(unknown)} as unknown`, () =>
        Effect.gen(function* () {
          const error = yield* Effect.flip(ask(unknown, features))
          assert.strictEqual(error._tag, "UnknownModel")
          assert.include(error.message, JSON.stringify(unknown))
        }).pipe(Effect.provide(layer))
      )

    it.effect("refuses a wrong number of features and names both numbers", () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(ask(modelId, features.slice(1)))
        assert.strictEqual(error._tag, "BadFeatures")
        assert.include(error.message, `${features.length - 1}`)
        assert.include(error.message, `${features.length}`)
      }).pipe(Effect.provide(layer))
    )

    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 1e300])
      it.effect(`refuses ${bad} as a feature, and goes on answering`, () =>
        Effect.gen(function* () {
          const before = yield* ask(modelId, features)
          const exit = yield* Effect.exit(ask(modelId, [...features.slice(1), bad]))
          assert.isTrue(Exit.isFailure(exit))
          const error = yield* Effect.flip(ask(modelId, [...features.slice(1), bad]))
          assert.strictEqual(error._tag, "BadFeatures")
          assert.include(error.message, String(bad))
          assert.deepStrictEqual(yield* ask(modelId, features), before)
        }).pipe(Effect.provide(layer))
      )
  })
}
