/**
 * What the desk tells people's own tools: spans, metrics and log lines, after the fact and without waiting.
 *
 * All of it is made from the journal, so nothing is lost where a collector is away: it can be sent again.
 */
import { Context, type Effect, Schema, type Scope } from "effect"

export type AttributeValue =
  | string
  | number
  | boolean
  | ReadonlyArray<string>
  | ReadonlyArray<number>
/** Names in OpenTelemetry's form: lower case, dots between, `_` inside. */
export type Attributes = Readonly<Record<string, AttributeValue>>

export interface SpanEvent {
  readonly name: string
  readonly timeMs: number
  readonly attributes: Attributes
}

/** A span that has ended, as OpenTelemetry means it. */
export interface TraceSpan {
  /** 32 and 16 hex digits; `parentSpanId` is "" at the root. */
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly name: string
  /** Client: asks something outside of the desk and has its answer. */
  readonly kind: "Internal" | "Client"
  /** Epoch ms of the journal's clock. */
  readonly startMs: number
  readonly endMs: number
  readonly attributes: Attributes
  readonly events: ReadonlyArray<SpanEvent>
  /** What went wrong; undefined where nothing did. A refusal by a verdict is no error. */
  readonly error: string | undefined
}

/** Who speaks: attributes of all spans and metrics of a run. */
export interface TelemetrySource {
  readonly version: string
  readonly runId: string
  readonly book: string
  readonly session: string
  readonly mode: string
}

/** A collector did not take what was sent, after the exporter's own retries. */
export class CollectorUnavailable extends Schema.TaggedError<CollectorUnavailable>()(
  "CollectorUnavailable",
  { endpoint: Schema.String, why: Schema.String }
) {
  override get message(): string {
    return `the collector at ${this.endpoint} took nothing: ${this.why}`
  }
}

/** A metrics port that cannot be listened on. */
export class MetricsPortUnavailable extends Schema.TaggedError<MetricsPortUnavailable>()(
  "MetricsPortUnavailable",
  { port: Schema.Int, why: Schema.String }
) {
  override get message(): string {
    return `metrics: port ${this.port} of 127.0.0.1 cannot be listened on: ${this.why}`
  }
}

/** Sends spans and waits for the collector's answer. */
export interface SpanExporter {
  readonly send: (spans: ReadonlyArray<TraceSpan>) => Effect.Effect<void, CollectorUnavailable>
}

interface QueueCounts {
  readonly sent: number
  /** Thrown away because the queue was full or the collector away. */
  readonly dropped: number
  readonly waiting: number
}

/** Takes spans at once and sends them when it can: never waits, never grows beyond its bound. */
export interface SpanQueue {
  readonly offer: (spans: ReadonlyArray<TraceSpan>) => void
  readonly counts: () => QueueCounts
  /** Sends what waits, for a few seconds at most; the rest is dropped. */
  readonly drain: Effect.Effect<void>
}

/** One measured value. `traceId`: the trade that last changed it, "" where none did. */
export interface MetricPoint {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  readonly traceId: string
}

export interface Metric {
  /** OpenTelemetry's name, e.g. `optionsib.orders`. */
  readonly name: string
  readonly help: string
  /** UCUM: "1", "ms", "By", or "{order}" for what is counted. */
  readonly unit: string
  readonly type: "Counter" | "Gauge"
  readonly points: ReadonlyArray<MetricPoint>
}
export type ReadMetrics = () => ReadonlyArray<Metric>

export class Telemetry extends Context.Service<
  Telemetry,
  {
    /** `endpoint`: base URL of an OTLP/HTTP collector, e.g. http://127.0.0.1:4318. */
    readonly exporter: (
      endpoint: string,
      source: TelemetrySource
    ) => Effect.Effect<SpanExporter, never, Scope.Scope>
    readonly queue: (exporter: SpanExporter) => Effect.Effect<SpanQueue, never, Scope.Scope>
    /** Sends metrics every `intervalMs` and at the scope's end. */
    readonly pushMetrics: (
      endpoint: string,
      source: TelemetrySource,
      read: ReadMetrics,
      intervalMs: number
    ) => Effect.Effect<void, never, Scope.Scope>
    /** Serves /metrics in Prometheus' text form on 127.0.0.1; 0 picks a port. Gives the port. */
    readonly serveMetrics: (
      port: number,
      read: ReadMetrics
    ) => Effect.Effect<number, MetricsPortUnavailable, Scope.Scope>
    /** Appends lines to a file, absolute or below `folder`; never waits. */
    readonly logFile: (
      folder: string,
      file: string
    ) => Effect.Effect<(line: string) => void, never, Scope.Scope>
  }
>()("optionsib/actors/ports/Telemetry") {}
