/**
 * Spans to an OTLP/HTTP collector by OpenTelemetry's own exporter, which retries with backoff within its time.
 *
 * The spans have ended long ago and have their ids: they are handed to the exporter as they are, past any tracer.
 */
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http"
import { api, core, type resources, type tracing } from "@opentelemetry/sdk-node"
import { Effect, type Scope } from "effect"
import {
  CollectorUnavailable,
  type SpanExporter,
  type TelemetrySource,
  type TraceSpan
} from "../../actors/ports/Telemetry.ts"
import { resourceOf } from "./resource.ts"

/** For one batch with its retries: the first comes after a second. */
const sendMsMax = 2_500

export const makeSpanExporter = (
  endpoint: string,
  source: TelemetrySource
): Effect.Effect<SpanExporter, never, Scope.Scope> =>
  Effect.gen(function* () {
    const exporter = new OTLPTraceExporter({
      url: `${endpoint.replace(/\/+$/, "")}/v1/traces`,
      timeoutMillis: sendMsMax
    })
    // Not waited for: whoever sends waits for the answers it wants.
    yield* Effect.addFinalizer(() => Effect.sync(() => void exporter.shutdown().catch(() => {})))
    const resource = resourceOf(source)
    const scope = { name: "optionsib.traces", version: source.version }
    return {
      send: (spans) =>
        spans.length === 0
          ? Effect.void
          : Effect.callback<void, CollectorUnavailable>((resume) => {
              const readable = spans.map((span) => readableSpan(span, resource, scope))
              exporter.export(readable, ({ code, error }) => {
                const failed = code !== core.ExportResultCode.SUCCESS
                const why = error?.message || "no answer"
                resume(failed ? Effect.fail(new CollectorUnavailable({ endpoint, why })) : done)
              })
            })
    }
  })

const done = Effect.void

const readableSpan = (
  span: TraceSpan,
  resource: resources.Resource,
  instrumentationScope: core.InstrumentationScope
): tracing.ReadableSpan => ({
  name: span.name,
  kind: span.kind === "Client" ? api.SpanKind.CLIENT : api.SpanKind.INTERNAL,
  spanContext: () => contextOf(span.traceId, span.spanId),
  ...(span.parentSpanId !== "" && {
    parentSpanContext: contextOf(span.traceId, span.parentSpanId)
  }),
  startTime: hrTime(span.startMs),
  endTime: through(span.endMs),
  duration: through(span.endMs - span.startMs),
  status:
    span.error === undefined
      ? { code: api.SpanStatusCode.UNSET }
      : { code: api.SpanStatusCode.ERROR, message: span.error },
  attributes: plainAttributes(span.attributes),
  events: span.events.map(({ name, timeMs, attributes }) => ({
    name,
    time: hrTime(timeMs),
    attributes: plainAttributes(attributes)
  })),
  links: [],
  ended: true,
  resource,
  instrumentationScope,
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0
})

const contextOf = (traceId: string, spanId: string): api.SpanContext => ({
  traceId,
  spanId,
  traceFlags: api.TraceFlags.SAMPLED
})

/** Seconds and nanoseconds. */
const hrTime = (ms: number): [number, number] => [Math.floor(ms / 1000), (ms % 1000) * 1e6]

/**
 * An end, 1 ns late: a decision takes no time in the journal, and viewers take a span without any for broken. All are
 * late alike, so that children stay within their parents.
 */
const through = (ms: number): [number, number] => {
  const [seconds, nanoseconds] = hrTime(ms)
  return [seconds, nanoseconds + 1]
}

/** The exporter's lists are not read-only. */
const plainAttributes = (attributes: TraceSpan["attributes"]): api.Attributes =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      typeof value === "object" ? ([...value] as Array<string> | Array<number>) : value
    ])
  )
