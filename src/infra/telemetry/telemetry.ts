/** Telemetry over OTLP/HTTP, Prometheus and files. OpenTelemetry's SDK is loaded when something is to be sent. */
import { Effect, Layer } from "effect"
import { Telemetry } from "../../actors/ports/Telemetry.ts"
import { openLogFile } from "./logFile.ts"
import { MetricsServers } from "./metricsServer.ts"
import { makeSpanQueue } from "./spanQueue.ts"

const metricsServers = new MetricsServers()

export const layer: Layer.Layer<Telemetry> = Layer.succeed(Telemetry, {
  exporter: (endpoint, source) =>
    Effect.flatMap(
      Effect.promise(() => import("./otlpSpans.ts")),
      ({ makeSpanExporter }) => makeSpanExporter(endpoint, source)
    ),
  queue: makeSpanQueue,
  pushMetrics: (endpoint, source, read, intervalMs) =>
    Effect.flatMap(
      Effect.promise(() => import("./otlpMetrics.ts")),
      (otlp) => otlp.pushMetrics(endpoint, source, read, intervalMs)
    ),
  serveMetrics: metricsServers.serve,
  logFile: openLogFile
})
