import { createHash } from "node:crypto"
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import { encodeRegimeModel } from "../../../scripts/models/regimeGraph.ts"
import { Inference } from "../../../src/actors/ports/Inference.ts"
import {
  barsMin,
  peerFeatures,
  regimeFeatures
} from "../../../src/domain/features/regimeFeatures.ts"
import { ModelCard } from "../../../src/domain/models/modelCard.ts"
import { decodeRegimeAssessment } from "../../../src/domain/regime/regime.ts"
import { evaluateRegimeModel } from "../../../src/domain/regime/regimeModel.ts"
import { dailySeriesOf } from "../../../src/infra/data/dailyHistory.ts"
import { layer } from "../../../src/infra/inference/onnx.ts"
import { inferenceContract } from "../../contract/inference/inferenceContract.ts"

const modelIds = ["regime-goog-2015-12-24", "regime-pooled-2014-06-05"]
const [googModel] = modelIds as [string, string]

const cardOf = (modelId: string): ModelCard =>
  Schema.decodeUnknownSync(Schema.fromJsonString(ModelCard))(
    readFileSync(`models/${modelId}.json`, "utf8")
  )

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

/** A window that leans back and forth through calm and stressed levels. */
const syntheticFeatures = cardOf(googModel).input.features.map((_, at) => -9 + 2 * Math.sin(at / 7))

inferenceContract({
  name: "onnxruntime",
  layer: layer({ modelsDir: "models" }),
  modelId: googModel,
  modelHash: sha256(readFileSync(`models/${googModel}.onnx`)),
  features: syntheticFeatures,
  outputs: { stateProbabilities: 3, forecastVolatility: 2 }
})

describe("The regime artifacts", () => {
  for (const modelId of modelIds) {
    const card = cardOf(modelId)

    it(`${modelId} is, byte for byte, the graph of the parameters on its card`, () => {
      const artifact = readFileSync(`models/${modelId}.onnx`)
      assert.strictEqual(sha256(artifact), card.onnxSha256)
      const written = encodeRegimeModel(card.id, card.description, card.parameters)
      assert.strictEqual(sha256(written), card.onnxSha256)
    })

    it(`${modelId} was trained on the committed files, before its date`, () => {
      assert.isBelow(
        card.training.lastDate.localeCompare(card.training.before),
        0,
        `${card.training.lastDate} is not before ${card.training.before}`
      )
      assert.isTrue(modelId.endsWith(card.training.before))
      for (const { path, sha256: expected } of card.training.files)
        assert.strictEqual(sha256(readFileSync(path)), expected, path)
    })

    it.effect(
      `${modelId} agrees with the plain evaluation within 1e-6 on a year of each symbol`,
      () =>
        Effect.gen(function* () {
          const inference = yield* Inference
          for (const symbol of ["GOOG", "SPY"]) {
            const { bars } = yield* dailySeriesOf({ dataDir: "data", symbol, before: "2016-01-01" })
            for (let end = bars.length - 252; end <= bars.length; end += 9) {
              const features = Result.getOrThrow(regimeFeatures(bars.slice(end - barsMin, end)))
              const { outputs } = yield* inference.infer({ modelId, features })
              const plain = evaluateRegimeModel(card.parameters, features.map(Math.fround))
              const pairs = [
                [outputs.stateProbabilities!, plain.stateProbabilities],
                [outputs.forecastVolatility!, plain.forecastVolatility]
              ] as const
              for (const [actual, expected] of pairs)
                actual.forEach((value, at) => {
                  assert.isAtMost(Math.abs(value - expected[at]!), 1e-6)
                })
            }
          }
        }).pipe(Effect.provide(layer({ modelsDir: "models" })))
    )

    it.effect(`${modelId} stays in range on features it has never seen the like of`, () =>
      Effect.gen(function* () {
        const inference = yield* Inference
        for (const level of [-18, -12, -6, -3])
          for (const swing of [0, 1, 3]) {
            const window = syntheticFeatures.map((_, at) => level + swing * Math.sin(at))
            const features = peerFeatures([[...window.slice(0, -2), 0, 0]])
            const answer = yield* inference.infer({ modelId, features })
            const assessment = Result.getOrThrow(decodeRegimeAssessment(answer))
            assert.strictEqual(assessment.modelHash, card.onnxSha256)
          }
      }).pipe(Effect.provide(layer({ modelsDir: "models" })))
    )
  }
})

const refusal = (modelsDir: string, modelId: string) =>
  Effect.gen(function* () {
    const inference = yield* Inference
    return yield* Effect.flip(inference.infer({ modelId, features: syntheticFeatures }))
  }).pipe(Effect.provide(layer({ modelsDir })))

/** A folder with a copy of one model, changed by `spoil`, removed afterwards. */
const withCopy = <A, E>(
  spoil: (folder: string) => void,
  use: (folder: string) => Effect.Effect<A, E>
) =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const folder = mkdtempSync(join(tmpdir(), "models-"))
      for (const extension of ["onnx", "json"])
        copyFileSync(`models/${googModel}.${extension}`, join(folder, `${googModel}.${extension}`))
      spoil(folder)
      return folder
    }),
    use,
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
  )

const editCard = (folder: string, edit: (text: string) => string): void => {
  const file = join(folder, `${googModel}.json`)
  writeFileSync(file, edit(readFileSync(file, "utf8")))
}

describe("Inference on onnxruntime, where a model is not what it should be", () => {
  const cases: ReadonlyArray<readonly [string, (folder: string) => void, RegExp]> = [
    [
      "one bit of the artifact differs",
      (folder) => {
        const file = join(folder, `${googModel}.onnx`)
        const bytes = readFileSync(file)
        bytes[9000]! ^= 1
        writeFileSync(file, bytes)
      },
      /has sha256 [0-9a-f]{64}, its card says [0-9a-f]{64}; restore both files or train anew/
    ],
    [
      "the artifact is missing",
      (folder) => rmSync(join(folder, `${googModel}.onnx`)),
      /\.onnx cannot be read \(ENOENT/
    ],
    [
      "the card is not JSON",
      (folder) => writeFileSync(join(folder, `${googModel}.json`), "{"),
      /its card .* is not valid/
    ],
    [
      "the card is another model's",
      (folder) => editCard(folder, (text) => text.replace(googModel, "regime-other-2015-12-24")),
      /is that of regime-other-2015-12-24/
    ],
    [
      "the artifact is no ONNX graph though its card agrees",
      (folder) => {
        const junk = Buffer.from("not a graph")
        writeFileSync(join(folder, `${googModel}.onnx`), junk)
        editCard(folder, (text) => text.replace(cardOf(googModel).onnxSha256, sha256(junk)))
      },
      /onnxruntime refused/
    ],
    [
      "the card promises an output that the graph lacks",
      (folder) =>
        editCard(folder, (text) =>
          text.replace('"name": "forecastVolatility"', '"name": "forecastVariance"')
        ),
      /output forecastVariance is 0 values, its card says 2/
    ]
  ]
  for (const [what, spoil, sentence] of cases)
    it.effect(`is unavailable, in one sentence, when ${what}`, () =>
      withCopy(spoil, (folder) =>
        Effect.gen(function* () {
          const error = yield* refusal(folder, googModel)
          assert.strictEqual(error._tag, "InferenceUnavailable")
          assert.match(error.message, sentence)
          assert.notInclude(error.message, "\n")
        })
      )
    )

  it.effect("answers once the files are restored, without a new layer", () =>
    withCopy(
      (folder) => rmSync(join(folder, `${googModel}.onnx`)),
      (folder) =>
        Effect.gen(function* () {
          const inference = yield* Inference
          const request = { modelId: googModel, features: syntheticFeatures }
          yield* Effect.flip(inference.infer(request))
          copyFileSync(`models/${googModel}.onnx`, join(folder, `${googModel}.onnx`))
          const answer = yield* inference.infer(request)
          assert.strictEqual(answer.modelHash, cardOf(googModel).onnxSha256)
        }).pipe(Effect.provide(layer({ modelsDir: folder })))
    )
  )
})
