/** Flags that choose and override settings; shared by every command that starts from them. */
import { Effect, Option, Result } from "effect"
import { Flag } from "effect/cli"
import { type ConfigInvalid, Configuration } from "../actors/ports/Configuration.ts"
import { decodeSettings, type Settings } from "../supervisors/settings.ts"

export const configFlag = Flag.File("config").pipe(
  Flag.withDescription("settings file instead of config/main.yaml"),
  Flag.optional
)

export const envFlag = Flag.Literals("env", ["dev", "paper", "prod"]).pipe(
  Flag.withDescription("environment whose file goes over the settings"),
  Flag.withDefault("dev" as const)
)

export const dataDirFlag = Flag.String("data-dir").pipe(
  Flag.withDescription("folder of the runs; default: storage.dataDir"),
  Flag.optional
)

export const jsonFlag = Flag.Boolean("json").pipe(
  Flag.withDefault(false),
  Flag.withDescription("print one JSON object instead of text")
)

export const journalFlag = Flag.String("journal").pipe(
  Flag.withDescription("where the journal is kept: file, memory or kafka://HOST:PORT/TOPIC"),
  Flag.optional
)

export const bookFlag = Flag.String("book").pipe(
  Flag.withDescription("name of the book"),
  Flag.optional
)

export interface Overrides {
  readonly config: Option.Option<string>
  readonly env: "dev" | "paper" | "prod"
  readonly dataDir?: Option.Option<string>
  readonly session?: Option.Option<string>
  readonly speed?: Option.Option<string>
  readonly journal?: Option.Option<string>
  readonly book?: Option.Option<string>
  readonly seed?: Option.Option<number>
  readonly otlp?: Option.Option<string>
  readonly metricsPort?: Option.Option<number>
  readonly broker?: Option.Option<"sim" | "ib">
  readonly exchange?: Option.Option<string>
  readonly vault?: Option.Option<string>
}

/** The settings of the files with the flags over them, decoded together. */
export const readSettings = (
  overrides: Overrides
): Effect.Effect<Settings, ConfigInvalid, Configuration> =>
  Effect.gen(function* () {
    const configuration = yield* Configuration
    const layers = yield* configuration.read({
      config: Option.getOrUndefined(overrides.config),
      env: overrides.env
    })
    const flags = { file: "command line", value: flagValues(overrides) }
    return yield* Effect.fromResult(
      Result.map(decodeSettings([...layers, flags]), (settings) => settings)
    )
  })

type Some = Readonly<Record<string, unknown>>

const flagValues = (flags: Overrides): Some => ({
  ...given("book", flags.book),
  ...given("session", flags.session),
  ...given("seed", flags.seed),
  ...section("run", given("speed", Option.map(flags.speed ?? Option.none(), speedOf))),
  ...section("storage", {
    ...given("dataDir", flags.dataDir),
    ...given("journal", flags.journal)
  }),
  ...section("telemetry", {
    ...given("otlpEndpoint", flags.otlp),
    ...given("metricsPort", flags.metricsPort)
  }),
  ...section("servers", {
    ...given("exchange", flags.exchange),
    ...given("vault", flags.vault)
  }),
  ...section("brokers", given("use", flags.broker))
})

const given = (key: string, value: Option.Option<unknown> | undefined): Some =>
  value === undefined || Option.isNone(value) ? {} : { [key]: value.value }

const section = (key: string, values: Some): Some =>
  Object.keys(values).length === 0 ? {} : { [key]: values }

/** A number where it reads as one; else the word itself, for the decoder to judge. */
const speedOf = (text: string): number | string =>
  text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text
