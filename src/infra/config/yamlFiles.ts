/** Settings from YAML: config/main.yaml (or --config FILE), and config/environment/ENV.yaml over it. */
import * as fs from "node:fs"
import * as path from "node:path"
import { Effect, Layer } from "effect"
import { Yaml } from "effect/encoding"
import { ConfigInvalid, type ConfigLayer, Configuration } from "../../actors/ports/Configuration.ts"

/** `folder`: where main.yaml and environment/ are. */
export const layer = (folder: string): Layer.Layer<Configuration> =>
  Layer.succeed(Configuration, {
    read: Effect.fnUntraced(function* ({ config, env }) {
      const main = yield* readYaml(config ?? path.join(folder, "main.yaml"))
      const environment = path.join(folder, "environment", `${env}.yaml`)
      return fs.existsSync(environment) ? [main, yield* readYaml(environment)] : [main]
    })
  })

const readYaml = (file: string): Effect.Effect<ConfigLayer, ConfigInvalid> => {
  const shown = path.relative(process.cwd(), file) || file
  return Effect.try({
    try: () => ({ file: shown, value: Yaml.parse(fs.readFileSync(file, "utf8")) ?? {} }),
    catch: (thrown) => new ConfigInvalid({ faults: [faultOf(shown, thrown)] })
  })
}

const faultOf = (file: string, thrown: unknown): string => {
  const why = thrown instanceof Error ? thrown.message : String(thrown)
  const missing = thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT"
  return missing
    ? `${file}: there is no such file; name an existing one with --config FILE`
    : `${file}: not readable as YAML: ${why}`
}
