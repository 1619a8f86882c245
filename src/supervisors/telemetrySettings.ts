/** Where traces, metrics and log lines go. Decides nothing, so it is no part of the configuration's hash. */
import { Schema } from "effect"

const whole = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))

export const TelemetrySettings = Schema.Struct({
  /** Base URL of an OTLP/HTTP collector; "" for none. */
  otlpEndpoint: Schema.String.check(
    Schema.isPattern(/^(https?:\/\/[^\s/?#]+[^\s?#]*)?$/, {
      expected: 'the base URL of an OTLP/HTTP collector, like "http://127.0.0.1:4318", or ""'
    })
  ),
  /** Prometheus' /metrics on 127.0.0.1: 0 picks a port, -1 serves none. */
  metricsPort: whole(-1, 65_535),
  /** Between two pushes of metrics to the collector, wall ms. */
  metricsIntervalMs: whole(3_000, 3_600_000),
  /** JSON lines about everything but quotes: absolute, or below the run's folder; "" for none. */
  logFile: Schema.String
})

export const noTelemetry: typeof TelemetrySettings.Type = {
  otlpEndpoint: "",
  metricsPort: -1,
  metricsIntervalMs: 10_000,
  logFile: ""
}
