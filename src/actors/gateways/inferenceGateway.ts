/**
 * Model inference as a gateway: a durable `InferenceRequested` in, an answer or a recorded failure out.
 *
 * Asking twice is harmless: the same model, features and runtime give the same outputs.
 */
import { type Context, Effect } from "effect"
import type { InputDraft, JournalRecord, PayloadOf } from "../../domain/journal/record.ts"
import type { RequestGateway } from "../ports/Gateway.ts"
import type { Inference } from "../ports/Inference.ts"
import {
  InferenceAnswered,
  InferenceFailed,
  InferenceRequested,
  inferenceSource
} from "../ports/records/cognition.ts"

export interface InferenceGatewayOptions {
  readonly inference: Context.Service.Shape<typeof Inference>
  /** Simulated time from request to answer in a session. */
  readonly latencyMs: number
}

type Request = PayloadOf<typeof InferenceRequested>

export const makeInferenceGateway = (options: InferenceGatewayOptions): RequestGateway => {
  const perform = (request: JournalRecord): Effect.Effect<ReadonlyArray<InputDraft>> => {
    const { requestId, modelId, features } = request.payload as Request
    return options.inference.infer({ modelId, features }).pipe(
      Effect.match({
        onSuccess: (answer) => InferenceAnswered.make({ requestId, ...answer }),
        onFailure: (error) =>
          InferenceFailed.make({ requestId, modelId, reason: `${error._tag}: ${error.message}` })
      }),
      Effect.map((draft) => [{ ...draft, source: inferenceSource, sourceSeq: 0 }])
    )
  }
  return {
    id: inferenceSource,
    requests: [InferenceRequested.type],
    latencyMs: options.latencyMs,
    requestKey: (request) => (request.payload as Request).requestId,
    answeredKey: (type, payload) =>
      type === InferenceAnswered.type || type === InferenceFailed.type
        ? (payload as Request).requestId
        : undefined,
    perform,
    recover: perform
  }
}
