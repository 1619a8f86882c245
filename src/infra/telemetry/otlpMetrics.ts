/** Metrics to an OTLP/HTTP collector: OpenTelemetry's meters observe what a projection counted. */
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http"
import { metrics } from "@opentelemetry/sdk-node"
import { Effect, type Scope } from "effect"
import type { Metric, ReadMetrics, TelemetrySource } from "../../actors/ports/Telemetry.ts"
import { resourceOf } from "./resource.ts"

/** For one push with its retries; the last push is at the scope's end. */
const pushMsMax = 1_000

export const pushMetrics = (
  endpoint: string,
  source: TelemetrySource,
  read: ReadMetrics,
  intervalMs: number
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const exporter = new OTLPMetricExporter({
      url: `${endpoint.replace(/\/+$/, "")}/v1/metrics`,
      timeoutMillis: pushMsMax
    })
    const reader = new metrics.PeriodicExportingMetricReader({
      exporter,
      exportIntervalMillis: intervalMs,
      exportTimeoutMillis: pushMsMax
    })
    const provider = new metrics.MeterProvider({ resource: resourceOf(source), readers: [reader] })
    const meter = provider.getMeter("optionsib.metrics", source.version)
    for (const metric of read()) {
      const { name, help: description, unit } = metric
      const options = { description, unit }
      const instrument =
        metric.type === "Counter"
          ? meter.createObservableCounter(name, options)
          : meter.createObservableGauge(name, options)
      instrument.addCallback((result) => {
        for (const { value, labels } of pointsOf(read(), name)) result.observe(value, labels)
      })
    }
    // A collector that is away is no failure of the desk.
    yield* Effect.addFinalizer(() => Effect.promise(() => provider.shutdown().catch(() => {})))
  })

const pointsOf = (all: ReadonlyArray<Metric>, name: string): Metric["points"] =>
  all.find((metric) => metric.name === name)?.points ?? []
