/**
 * Every setting of the desk, by section, with unit and bounds. Files give them; nothing has a hidden default.
 *
 * Money is a decimal string in USD or USDT, at most six decimals.
 */
import { Effect, Result, Schema } from "effect"
import * as SchemaIssue from "effect/SchemaIssue"
import { ConfigInvalid, type ConfigLayer } from "../actors/ports/Configuration.ts"
import { JournalPlace } from "../actors/ports/Runs.ts"
import { ChaosScenario } from "../domain/chaos/faults.ts"
import { VolatilityStrategyParameters } from "../domain/strategies/parameters.ts"
import { noWalk } from "../domain/trading/limitWalk.ts"
import { SupervisionConfig } from "./deskTree.ts"
import { defaultIb, IbSettings } from "./ibSettings.ts"
import { KafkaSettings } from "./kafkaSettings.ts"
import { RiskSettings } from "./riskSettings.ts"
import { noServers, ServerSettings } from "./serverSettings.ts"
import { noTelemetry, TelemetrySettings } from "./telemetrySettings.ts"

const whole = (minimum: number, maximum = Number.MAX_SAFE_INTEGER) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const share = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
const positive = Schema.Finite.check(Schema.isGreaterThan(0))
const money = Schema.String.check(
  Schema.isPattern(/^\d{1,12}(\.\d{1,6})?$/, {
    expected: 'a decimal string in USD with at most 6 decimals, like "2500.00"'
  })
)
const name = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}$/, {
    expected: "1 to 64 letters, digits, _, - or ."
  })
)

/** A key that came later: the settings of older runs lack it. */
const later = <S extends Schema.Top>(schema: S, value: S["Encoded"]) =>
  schema.pipe(Schema.withDecodingDefaultKey(Effect.succeed(value)))

const closePolicy = Schema.Literals(["flatten", "carry"])

export const Settings = Schema.Struct({
  book: name,
  session: name,
  seed: whole(0, 0x7fff_ffff),
  /** Trading mode: `simulated` here; paper and live need a broker. */
  mode: Schema.Literals(["simulated", "paper", "live"]),
  run: Schema.Struct({
    speed: Schema.Union([positive, Schema.Literal("max")]),
    closePolicy,
    onStop: Schema.Literals(["leave", "cancel"]),
    refreshMs: whole(50, 60_000)
  }),
  storage: Schema.Struct({
    dataDir: Schema.NonEmptyString,
    journal: JournalPlace,
    commitRecordsMax: whole(1, 1_000_000),
    leaseMs: whole(1),
    snapshotRecords: whole(1),
    // Keys that came later have defaults: the settings of older runs lack them.
    snapshotMs: whole(1).pipe(Schema.withDecodingDefaultKey(Effect.succeed(14_400_000))),
    retain: Schema.Literals(["all", "snapshots"]).pipe(
      Schema.withDecodingDefaultKey(Effect.succeed("all" as const))
    ),
    segmentBytesMax: whole(65_536),
    kafka: KafkaSettings
  }),
  servers: ServerSettings.pipe(Schema.withDecodingDefaultKey(Effect.succeed(noServers))),
  /** Where what is read at start lies: absolute, or below the product's own folder. */
  folders: Schema.Struct({
    sessions: Schema.NonEmptyString,
    models: Schema.NonEmptyString,
    certificates: Schema.NonEmptyString
  }),
  telemetry: later(TelemetrySettings, noTelemetry),
  brokers: Schema.Struct({
    use: Schema.Literals(["sim", "ib", "none"]),
    ib: IbSettings.pipe(Schema.withDecodingDefaultKey(Effect.succeed(defaultIb))),
    simulated: Schema.Struct({
      latencyMs: whole(1, 60_000),
      displayedShare: share,
      orderQtyMax: whole(1),
      legsMax: whole(1, 8),
      optionTicks: Schema.Literals(["cent", "penny", "nickel"])
    })
  }),
  vault: Schema.Struct({
    depositUsdt: money,
    latencyMs: whole(1, 600_000),
    reservationMs: whole(1),
    tradeUsdtMax: money,
    outstandingUsdtMax: money,
    adjustUsdtMax: money,
    reservationMsMax: whole(1),
    freezeMsMax: whole(1),
    chain: later(Schema.Literals(["litesvm", "rpc"]), "litesvm"),
    tradeMsMax: later(whole(1), 5_184_000_000),
    timelockMs: later(whole(0), 86_400_000),
    reconcileMs: later(whole(60_000), 900_000),
    anchorMs: later(whole(60_000), 900_000),
    rpc: later(
      Schema.Struct({
        url: Schema.String,
        commitment: Schema.Literals(["processed", "confirmed", "finalized"]),
        priorityFeeMicroLamports: whole(0),
        programId: Schema.String,
        mint: Schema.String
      }),
      {
        url: "",
        commitment: "confirmed",
        priorityFeeMicroLamports: 0,
        programId: "",
        mint: ""
      }
    )
  }),
  secrets: later(
    Schema.Struct({
      file: Schema.NonEmptyString,
      protection: Schema.Literals(["keyFile", "passphrase", "awsKms"]),
      keyFile: Schema.NonEmptyString,
      awsKms: Schema.Struct({
        keyId: Schema.String,
        region: Schema.String,
        endpoint: Schema.String
      })
    }),
    {
      file: "secrets.vault",
      protection: "keyFile",
      keyFile: "secrets.key",
      awsKms: { keyId: "", region: "", endpoint: "" }
    }
  ),
  market: Schema.Struct({ quoteAgeMsMax: whole(1), featureIntervalMs: whole(60_000) }),
  ai: Schema.Struct({
    models: Schema.Record(Schema.String, Schema.String),
    modelIntervalMs: whole(1),
    cognitionAgeMsMax: whole(1),
    latencyMs: whole(1, 60_000),
    stressedProbabilityMax: share,
    impliedOverForecastMinToSell: positive,
    impliedOverForecastMaxToBuy: Schema.Finite
  }),
  strategies: Schema.Struct({ volatility: VolatilityStrategyParameters }),
  convergence: Schema.Struct({ verdictWaitMs: whole(1) }),
  execution: Schema.Struct({
    workMsMax: whole(1),
    sendMsMax: whole(1),
    timeInForce: Schema.Struct({
      Open: Schema.Literals(["Day", "ImmediateOrCancel"]),
      Close: Schema.Literals(["Day", "ImmediateOrCancel"]),
      Hedge: Schema.Literals(["Day", "ImmediateOrCancel"])
    }),
    walk: later(
      Schema.Struct({ steps: whole(0, 20), everyMs: whole(1_000), startShare: share }),
      noWalk
    )
  }).check(
    Schema.makeFilter(({ walk, workMsMax }) =>
      walk.steps * walk.everyMs < workMsMax
        ? undefined
        : `walk.steps x walk.everyMs below workMsMax ${workMsMax}`
    )
  ),
  hedging: Schema.Struct({
    bandShares: positive,
    insideShare: share,
    collarBasisPoints: positive,
    marginShare: share,
    quoteAgeMsMax: whole(1),
    proposalMsMax: whole(1),
    flattenBeforeMs: whole(1)
  }),
  risk: RiskSettings,
  /** Scenarios of your own for `chaos run`, by name. They decide nothing of a run without it. */
  chaos: later(Schema.Struct({ scenarios: Schema.Record(Schema.String, ChaosScenario) }), {
    scenarios: {}
  }),
  supervision: Schema.Struct({ poisonLimit: whole(2, 100), limits: SupervisionConfig })
})
export type Settings = typeof Settings.Type

type Plain = { readonly [key: string]: unknown }

const isPlain = (value: unknown): value is Plain =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The later over the earlier, section by section; anything but sections is replaced whole. */
const over = (below: unknown, above: unknown): unknown => {
  if (!isPlain(below) || !isPlain(above)) return above
  const keys = [...new Set([...Object.keys(below), ...Object.keys(above)])]
  return Object.fromEntries(
    keys.map((key) => [key, key in above ? over(below[key], above[key]) : below[key]])
  )
}

const decode = Schema.decodeUnknownResult(Settings, { errors: "all", onExcessProperty: "error" })
const issues = SchemaIssue.makeFormatterStandardSchemaV1()

/** Decodes layered settings; every fault names file, path, value and what is allowed. */
export const decodeSettings = (
  layers: ReadonlyArray<ConfigLayer>
): Result.Result<Settings, ConfigInvalid> => {
  const merged = layers.map(({ value }) => value).reduce(over, {})
  return Result.mapError(decode(merged), (error) => {
    const faults = issues(error.issue).issues.map(({ path, message }) =>
      faultText(layers, merged, (path ?? []).map(keyOf), message)
    )
    return new ConfigInvalid({ faults })
  })
}

const keyOf = (part: PropertyKey | { readonly key: PropertyKey }): string =>
  String(typeof part === "object" ? part.key : part)

const faultText = (
  layers: ReadonlyArray<ConfigLayer>,
  merged: unknown,
  path: ReadonlyArray<string>,
  message: string
): string => {
  const at = path.join(".") || "(the whole file)"
  const owner = layers.findLast(({ value }) => valueAt(value, path) !== undefined) ?? layers[0]
  const value = valueAt(merged, path)
  const allowed = message.replace(/^Expected /, "").replace(/^a value /, "a value ")
  if (message === "Missing key") return `${owner?.file}: ${at} is missing`
  if (message === "Expected no excess property") {
    return `${owner?.file}: ${at} is not a setting; known there: ${knownAt(path)}`
  }
  return `${owner?.file}: ${at} is ${JSON.stringify(value)}; allowed: ${allowed}`
}

const valueAt = (value: unknown, path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((at, key) => (isPlain(at) ? at[key] : undefined), value)

const knownAt = (path: ReadonlyArray<string>): string => {
  let schema: unknown = Settings
  for (const key of path.slice(0, -1)) {
    schema = (schema as { fields?: Record<string, unknown> }).fields?.[key]
  }
  const { fields } = (schema ?? {}) as { fields?: Record<string, unknown> }
  return fields === undefined ? "none" : Object.keys(fields).join(", ")
}
