/**
 * What is known about a trained model: the file beside each ONNX artifact.
 *
 * The card names the artifact by its hash and the data by theirs; an artifact that differs from its
 * card is not run.
 */
import { Schema } from "effect"
import { RegimeParameters } from "../regime/regimeModel.ts"

const Sha256Hex = Schema.String.check(
  Schema.isPattern(/^[0-9a-f]{64}$/, { expected: "64 lower-case hex digits" })
)

const Output = Schema.Struct({
  name: Schema.String,
  elements: Schema.Array(Schema.String),
  unit: Schema.String
})

const TrainingFile = Schema.Struct({ path: Schema.String, sha256: Sha256Hex })

export const ModelCard = Schema.Struct({
  id: Schema.String,
  description: Schema.String,
  onnxSha256: Sha256Hex,
  command: Schema.String,
  training: Schema.Struct({
    symbols: Schema.Array(Schema.String),
    /** Exclusive: every training date is earlier. */
    before: Schema.String,
    firstDate: Schema.String,
    lastDate: Schema.String,
    bars: Schema.Int,
    implausibleBarsLeftOut: Schema.Int,
    files: Schema.Array(TrainingFile)
  }),
  input: Schema.Struct({ name: Schema.String, features: Schema.Array(Schema.String) }),
  outputs: Schema.Array(Output),
  parameters: RegimeParameters,
  states: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      typicalVolatility: Schema.Finite,
      longRunShare: Schema.Finite,
      expectedDays: Schema.Finite
    })
  ),
  metrics: Schema.Json,
  limits: Schema.Array(Schema.String)
})
export type ModelCard = typeof ModelCard.Type
