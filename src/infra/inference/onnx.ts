/**
 * The inference port on onnxruntime: one thread, one model run at a time, so equal features give
 * equal bits.
 *
 * A model is two files in a folder, NAME.onnx and its card NAME.json; it runs only while its bytes
 * have the hash on the card. Each is loaded at first use, kept, and released with the layer's
 * scope.
 */
import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { join } from "node:path"
import { Effect, Layer, Schema, Semaphore } from "effect"
import type { InferenceSession } from "onnxruntime-node"
import {
  BadFeatures,
  Inference,
  type InferenceAnswer,
  type InferenceRequest,
  InferenceUnavailable,
  UnknownModel
} from "../../actors/ports/Inference.ts"
import { ModelCard } from "../../domain/models/modelCard.ts"

interface LoadedModel {
  readonly card: ModelCard
  readonly session: InferenceSession
}

type Runtime = typeof import("onnxruntime-node")

/** Optimisation stays off: the graph runs as it was written, on every version of the runtime. */
const sessionOptions: InferenceSession.SessionOptions = {
  executionProviders: ["cpu"],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: "sequential",
  graphOptimizationLevel: "disabled",
  enableCpuMemArena: false,
  logSeverityLevel: 4
}

/** `modelsDir`: the folder of artifacts and cards. */
export const layer = (options: { readonly modelsDir: string }): Layer.Layer<Inference> =>
  Layer.effect(
    Inference,
    Effect.gen(function* () {
      const models = new Map<string, LoadedModel>()
      const oneAtATime = yield* Semaphore.make(1)
      yield* Effect.addFinalizer(() =>
        oneAtATime.withPermit(
          Effect.forEach(
            models.values(),
            ({ session }) => Effect.promise(() => session.release()),
            {
              discard: true
            }
          )
        )
      )
      const loaded = Effect.fnUntraced(function* (modelId: string) {
        const known = models.get(modelId)
        if (known !== undefined) return known
        const model = yield* load(options.modelsDir, modelId)
        models.set(modelId, model)
        return model
      }, Effect.uninterruptible)
      return Inference.of({
        infer: Effect.fn("Inference.infer")(function* (request) {
          const model = yield* loaded(request.modelId)
          return yield* run(model, request)
        }, oneAtATime.withPermit)
      })
    })
  )

const load = Effect.fnUntraced(function* (modelsDir: string, modelId: string) {
  const unavailable = (why: string) => new InferenceUnavailable({ modelId, why })
  // An id is a file name: anything else could leave the folder.
  if (!/^[a-z0-9][a-z0-9.-]*$/.test(modelId))
    return yield* new UnknownModel({ modelId, place: modelsDir })
  const cardFile = join(modelsDir, `${modelId}.json`)
  const onnxFile = join(modelsDir, `${modelId}.onnx`)
  const cardText = yield* Effect.tryPromise({
    try: () => readFile(cardFile, "utf8"),
    catch: (cause) =>
      isMissing(cause)
        ? new UnknownModel({ modelId, place: modelsDir })
        : unavailable(`its card ${cardFile} cannot be read (${textOf(cause)})`)
  })
  const card = yield* Schema.decodeEffect(Schema.fromJsonString(ModelCard))(cardText).pipe(
    Effect.mapError((error) => unavailable(`its card ${cardFile} is not valid: ${oneLine(error)}`))
  )
  if (card.id !== modelId) return yield* unavailable(`its card ${cardFile} is that of ${card.id}`)
  const artifact = yield* Effect.tryPromise({
    try: () => readFile(onnxFile),
    catch: (cause) => unavailable(`${onnxFile} cannot be read (${textOf(cause)})`)
  })
  const hash = createHash("sha256").update(artifact).digest("hex")
  if (hash !== card.onnxSha256)
    return yield* unavailable(
      `${onnxFile} has sha256 ${hash}, its card says ${card.onnxSha256}; ` +
        "restore both files or train anew"
    )
  const runtime = yield* onnxRuntime.pipe(Effect.mapError(unavailable))
  const session = yield* Effect.tryPromise({
    try: () => runtime.InferenceSession.create(artifact, sessionOptions),
    catch: (cause) => unavailable(`onnxruntime refused ${onnxFile} (${textOf(cause)})`)
  })
  return { card, session }
})

const run = Effect.fnUntraced(function* (
  { card, session }: LoadedModel,
  request: InferenceRequest
) {
  const expected = card.input.features
  const bad = (why: string) => new BadFeatures({ modelId: card.id, why })
  if (request.features.length !== expected.length)
    return yield* bad(`were ${request.features.length}, expected ${expected.length}`)
  const row = Float32Array.from(request.features)
  const broken = row.findIndex((value) => !Number.isFinite(value))
  if (broken !== -1)
    return yield* bad(
      `held ${request.features[broken]} as ${expected[broken]}, expected a finite float32`
    )
  const unavailable = (why: string) => new InferenceUnavailable({ modelId: card.id, why })
  const runtime = yield* onnxRuntime.pipe(Effect.mapError(unavailable))
  const results = yield* Effect.tryPromise({
    try: () =>
      session.run({ [card.input.name]: new runtime.Tensor("float32", row, [1, row.length]) }),
    catch: (cause) => unavailable(`onnxruntime failed (${textOf(cause)})`)
  })
  const outputs: Record<string, ReadonlyArray<number>> = {}
  for (const { name, elements } of card.outputs) {
    const data = results[name]?.data
    if (!(data instanceof Float32Array) || data.length !== elements.length)
      return yield* unavailable(
        `output ${name} is ${data?.length ?? 0} values, its card says ${elements.length}`
      )
    outputs[name] = Array.from(data)
  }
  const answer: InferenceAnswer = {
    modelId: card.id,
    modelHash: card.onnxSha256,
    runtime: runtimeName,
    outputs
  }
  return answer
})

/**
 * Loaded at first use: the native library is large, and a host without it still gets a plain
 * sentence.
 */
const onnxRuntime: Effect.Effect<Runtime, string> = Effect.tryPromise({
  try: () => import("onnxruntime-node"),
  catch: (cause) => `onnxruntime-node does not load on this machine (${textOf(cause)})`
})

const runtimeName = `onnxruntime-node ${
  (createRequire(import.meta.url)("onnxruntime-node/package.json") as { readonly version: string })
    .version
} cpu`

const isMissing = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && cause.code === "ENOENT"

const textOf = (cause: unknown): string => oneLine(cause instanceof Error ? cause : String(cause))

const oneLine = (error: Error | string): string =>
  (typeof error === "string" ? error : error.message).replaceAll(/\s+/g, " ").trim()
