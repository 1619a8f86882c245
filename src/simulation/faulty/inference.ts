/** A model that does not answer, or whose input drifted. */
import { type Context, Effect } from "effect"
import { type Inference, InferenceUnavailable } from "../../actors/ports/Inference.ts"
import type { Strikes } from "../Strikes.ts"

type Port = Context.Service.Shape<typeof Inference>

export const faultyInference = (sound: Port, strikes: Strikes): Port => ({
  infer: (request) =>
    Effect.suspend(() => {
      if (strikes.during("ModelAway") !== undefined) {
        const { modelId } = request
        return Effect.fail(new InferenceUnavailable({ modelId, why: "it does not answer" }))
      }
      const drift = strikes.during("ModelDrift")
      if (drift === undefined) return sound.infer(request)
      const features = request.features.map((value) => value * (1 + drift.share))
      return sound.infer({ ...request, features })
    })
})
