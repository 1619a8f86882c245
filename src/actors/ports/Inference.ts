/**
 * Runs a trained model on one row of features.
 *
 * The same model, features and runtime give the same outputs, bit for bit. Contract:
 * test/contract/inference.
 */
import { Context, type Effect, Schema } from "effect"

export interface InferenceRequest {
  /** Name of the artifact, as on its card: "regime-goog-2015-12-24". */
  readonly modelId: string
  /** In the order of the card; rounded to float32 on the way in. */
  readonly features: ReadonlyArray<number>
}

export interface InferenceAnswer {
  readonly modelId: string
  /** SHA-256 of the artifact that ran, hex. */
  readonly modelHash: string
  /** What ran it, with its version: "onnxruntime-node 1.30.0 cpu". */
  readonly runtime: string
  /** By output name, each value a float32. */
  readonly outputs: Readonly<Record<string, ReadonlyArray<number>>>
}

/** There is no card of that name. */
export class UnknownModel extends Schema.TaggedError<UnknownModel>()("UnknownModel", {
  modelId: Schema.String,
  place: Schema.String
}) {
  override get message(): string {
    return `model ${JSON.stringify(this.modelId)} has no card in ${this.place}`
  }
}

/**
 * The features are not what the model was trained on: wrong in number, or not finite as float32.
 */
export class BadFeatures extends Schema.TaggedError<BadFeatures>()("BadFeatures", {
  modelId: Schema.String,
  why: Schema.String
}) {
  override get message(): string {
    return `features for model ${this.modelId} ${this.why}`
  }
}

/**
 * The model exists and cannot run: artifact missing or changed, card unreadable, runtime missing or
 * failing.
 */
export class InferenceUnavailable extends Schema.TaggedError<InferenceUnavailable>()(
  "InferenceUnavailable",
  { modelId: Schema.String, why: Schema.String }
) {
  override get message(): string {
    return `model ${this.modelId} cannot run: ${this.why}`
  }
}

export type InferenceError = UnknownModel | BadFeatures | InferenceUnavailable

export class Inference extends Context.Service<
  Inference,
  {
    readonly infer: (request: InferenceRequest) => Effect.Effect<InferenceAnswer, InferenceError>
  }
>()("optionsib/actors/ports/Inference") {}
