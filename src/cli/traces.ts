/** `traces export`: sends a run's traces to a collector, made from its journal; as often as wanted. */
import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { Journal, type JournalReader } from "../actors/ports/Journal.ts"
import type { RunInfo } from "../actors/ports/Runs.ts"
import { type SpanExporter, Telemetry, type TraceSpan } from "../actors/ports/Telemetry.ts"
import { TraceFold } from "../projections/traces/TraceFold.ts"
import { CannotStart, Launcher, refuseEmpty } from "./Launcher.ts"
import { sourceOf } from "./RunTelemetry.ts"
import { runFlag } from "./replay.ts"
import { configFlag, dataDirFlag, envFlag, jsonFlag, readSettings } from "./settingsFlags.ts"

const batchMax = 512

const exportTraces = Command.make(
  "export",
  {
    config: configFlag,
    env: envFlag,
    dataDir: dataDirFlag,
    run: runFlag,
    from: Flag.Int("from").pipe(
      Flag.withDescription("only spans that ended with this record or later"),
      Flag.withDefault(0)
    ),
    otlp: Flag.String("endpoint").pipe(
      Flag.withDescription("OTLP/HTTP collector; default: telemetry.otlpEndpoint"),
      Flag.optional
    ),
    json: jsonFlag
  },
  Effect.fn("cli.traces.export")(function* (options) {
    const { telemetry: wanted, storage } = yield* readSettings(options)
    const endpoint = wanted.otlpEndpoint
    if (endpoint === "") {
      return yield* new CannotStart({
        why: "traces export: name a collector with --endpoint URL, or in telemetry.otlpEndpoint"
      })
    }
    const launcher = yield* Launcher
    const runId = Option.getOrUndefined(options.run)
    const recorded = yield* launcher.recordedRun(storage.dataDir, runId)
    const spans = yield* Effect.gen(function* () {
      const reader = yield* (yield* Journal).openReader
      yield* refuseEmpty(recorded, reader)
      return yield* spansFrom(reader, options.from, recorded.run)
    }).pipe(Effect.provide(recorded.journal))
    const telemetry = yield* Telemetry
    yield* Effect.scoped(
      Effect.gen(function* () {
        yield* sendAll(yield* telemetry.exporter(endpoint, sourceOf(recorded)), spans)
      })
    )
    const traces = new Set(spans.map(({ traceId }) => traceId)).size
    const told = { runId: recorded.run.runId, endpoint, spans: spans.length, traces }
    yield* Console.log(
      options.json
        ? JSON.stringify(told)
        : `${told.runId}: ${told.spans} spans of ${traces} traces sent to ${endpoint}`
    )
  })
).pipe(
  Command.withDescription("Send a run's traces to an OTLP/HTTP collector; repeats are no harm"),
  Command.withExamples([
    {
      command: "node dist/main.js traces export --endpoint http://127.0.0.1:4318",
      description: "the latest run, to a Jaeger on this machine"
    }
  ])
)

/** Of a run that is not finished, what is still open is left out: it ends later. */
const spansFrom = (
  reader: JournalReader,
  from: number,
  run: RunInfo
): Effect.Effect<ReadonlyArray<TraceSpan>, CannotStart> => {
  const head = reader.head().seq
  if (from < 0 || from > head) {
    return Effect.fail(
      new CannotStart({ why: `--from is ${from}; the journal has records 0 to ${head}` })
    )
  }
  const fold = new TraceFold(run)
  const spans: Array<TraceSpan> = []
  for (const record of reader.read(0)) {
    fold.apply(record)
    const ended = fold.take()
    if (record.seq >= from) spans.push(...ended)
  }
  if (run.finished) fold.finish()
  return Effect.succeed([...spans, ...fold.take()])
}

const sendAll = Effect.fnUntraced(function* (
  exporter: SpanExporter,
  spans: ReadonlyArray<TraceSpan>
) {
  for (let at = 0; at < spans.length; at += batchMax) {
    yield* exporter.send(spans.slice(at, at + batchMax)).pipe(
      Effect.mapError(
        ({ message }) =>
          new CannotStart({
            why: `${message}; ${at} of ${spans.length} spans had been taken: export again, repeats are no harm`
          })
      )
    )
  }
})

export const tracesCommand = Command.make("traces").pipe(
  Command.withDescription("A run's trades as traces"),
  Command.withSubcommands([exportTraces])
)
