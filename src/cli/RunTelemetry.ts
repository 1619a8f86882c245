/**
 * What a run tells people's own tools while it goes: spans to a collector, metrics, log lines. Off unless settings ask.
 *
 * Fed with every record as it is made; what comes of it leaves after the commit that made the records durable.
 */
import { Effect, type Scope } from "effect"
import { Quote } from "../actors/ports/records/market.ts"
import {
  type MetricsPortUnavailable,
  type ReadMetrics,
  type SpanQueue,
  Telemetry,
  type TelemetrySource
} from "../actors/ports/Telemetry.ts"
import type { JournalRecord } from "../domain/journal/record.ts"
import { logLine } from "../projections/logLine.ts"
import { MetricsFold } from "../projections/MetricsFold.ts"
import { TraceFold } from "../projections/traces/TraceFold.ts"
import type { Settings } from "../supervisors/settings.ts"
import type { RecordedRun } from "./Launcher.ts"

export const sourceOf = ({ run, settings }: RecordedRun): TelemetrySource => ({
  version: run.build,
  runId: run.runId,
  book: run.book,
  session: run.session,
  mode: settings.mode
})

interface Outlets {
  readonly queue: SpanQueue | undefined
  readonly log: ((line: string) => void) | undefined
  readonly metricsPort: number | undefined
}

export class RunTelemetry {
  readonly #run: RecordedRun["run"]
  readonly #traces: TraceFold
  readonly #metrics = new MetricsFold((tradeId) => this.#traces.placeOf(tradeId)?.traceId ?? "")
  readonly #isOn: boolean
  #outlets: Outlets = { queue: undefined, log: undefined, metricsPort: undefined }
  #lines: Array<string> = []

  private constructor(run: RecordedRun["run"], isOn: boolean) {
    this.#run = run
    this.#traces = new TraceFold(run)
    this.#isOn = isOn
  }

  static open(
    recorded: RecordedRun,
    settings: Settings
  ): Effect.Effect<RunTelemetry, MetricsPortUnavailable, Telemetry | Scope.Scope> {
    return Effect.gen(function* () {
      const telemetry = yield* Telemetry
      const { otlpEndpoint, metricsPort, metricsIntervalMs, logFile } = settings.telemetry
      const isOn = otlpEndpoint !== "" || metricsPort >= 0 || logFile !== ""
      const live = new RunTelemetry(recorded.run, isOn)
      const source = sourceOf(recorded)
      const read = () => live.#metricsOfBook()
      const hasCollector = otlpEndpoint !== ""
      if (hasCollector) {
        yield* telemetry.pushMetrics(otlpEndpoint, source, read, metricsIntervalMs)
      }
      live.#outlets = {
        queue: hasCollector
          ? yield* telemetry.queue(yield* telemetry.exporter(otlpEndpoint, source))
          : undefined,
        log: logFile === "" ? undefined : yield* telemetry.logFile(recorded.folder, logFile),
        metricsPort: metricsPort < 0 ? undefined : yield* telemetry.serveMetrics(metricsPort, read)
      }
      return live
    })
  }

  /** A port may be shared with other books. */
  #metricsOfBook(): ReturnType<ReadMetrics> {
    const { book } = this.#run
    return this.#metrics.read().map((metric) => ({
      ...metric,
      points: metric.points.map((point) => ({ ...point, labels: { book, ...point.labels } }))
    }))
  }

  /** Lines for the reader before the start. */
  get notices(): ReadonlyArray<string> {
    const { metricsPort } = this.#outlets
    return metricsPort === undefined ? [] : [`metrics: http://127.0.0.1:${metricsPort}/metrics`]
  }

  apply(record: JournalRecord): void {
    if (!this.#isOn) return
    this.#traces.apply(record)
    this.#metrics.apply(record)
    if (this.#outlets.log === undefined || record.type === Quote.type) return
    const tradeId = this.#traces.tradeOf(record)
    const { runId, book } = this.#run
    const { listing } = this.#traces
    const place = this.#traces.placeOf(tradeId)
    this.#lines.push(logLine(record, { book, runId, listing, tradeId, place }))
  }

  /** What was applied so far was told by an earlier process. */
  forgetPast(): void {
    this.#traces.take()
    this.#lines = []
  }

  /** Everything applied so far is durable. */
  committed(): void {
    const { queue, log } = this.#outlets
    queue?.offer(this.#traces.take())
    if (this.#lines.length === 0) return
    for (const line of this.#lines) log?.(line)
    this.#lines = []
  }

  /** The session is over: ends what is open, waits a few seconds for the collector. */
  finish(isFinished: boolean): Effect.Effect<ReadonlyArray<string>> {
    const { queue } = this.#outlets
    if (isFinished) this.#traces.finish()
    this.committed()
    if (queue === undefined) return Effect.succeed([])
    return Effect.map(queue.drain, () => {
      const { sent, dropped } = queue.counts()
      const again = `send them again with \`traces export --run ${this.#run.runId}\``
      return dropped === 0
        ? [`traces: ${sent} spans sent`]
        : [`traces: ${sent} spans sent, ${dropped} not taken by the collector; ${again}`]
    })
  }
}
