/** Where settings come from: layers of plain data, the later over the earlier. Decoded once, at start. */
import { Context, type Effect, Schema } from "effect"

/** One file's content, as it was parsed. */
export interface ConfigLayer {
  readonly file: string
  readonly value: unknown
}

/** A setting is wrong, or a file of settings cannot be read. One line per fault; exit code 2. */
export class ConfigInvalid extends Schema.TaggedError<ConfigInvalid>()("ConfigInvalid", {
  /** Each names the file, the path in it, the value and what is allowed. */
  faults: Schema.Array(Schema.String)
}) {
  override get message() {
    return this.faults.join("\n")
  }
}

export class Configuration extends Context.Service<
  Configuration,
  {
    /** `config`: a file instead of the default main.yaml. `env`: the environment whose file goes over it. */
    readonly read: (options: {
      readonly config: string | undefined
      readonly env: string
    }) => Effect.Effect<ReadonlyArray<ConfigLayer>, ConfigInvalid>
  }
>()("optionsib/actors/ports/Configuration") {}
