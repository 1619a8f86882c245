/** The sessions port on the product's data folders. */
import * as path from "node:path"
import { Effect, Layer } from "effect"
import { Sessions, SessionUnavailable } from "../../actors/ports/Sessions.ts"
import { packageRoot } from "../product.ts"
import { loadSession } from "./SessionFile.ts"

export const layer: Layer.Layer<Sessions> = Layer.succeed(Sessions, {
  load: (folder, name) =>
    Effect.mapError(
      loadSession(path.resolve(packageRoot, folder), name),
      ({ message }) => new SessionUnavailable({ why: message })
    )
})
