/**
 * Metrics in the text form that Prometheus scrapes: version 0.0.4, or OpenMetrics 1.0 for who accepts it, where a
 * counter carries the trace that raised it last as an exemplar.
 */
import type { Metric, MetricPoint } from "../../actors/ports/Telemetry.ts"

export const plainType = "text/plain; version=0.0.4; charset=utf-8"
export const openMetricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8"

export const prometheusText = (metrics: ReadonlyArray<Metric>, openMetrics: boolean): string => {
  const lines = metrics.flatMap((metric) => metricLines(metric, openMetrics))
  return `${[...lines, ...(openMetrics ? ["# EOF"] : [])].join("\n")}\n`
}

/** A counter's samples end in `_total`; its family has the ending in the plain form only. */
const metricLines = (metric: Metric, openMetrics: boolean): ReadonlyArray<string> => {
  const base = nameOf(metric)
  const sample = metric.type === "Counter" ? `${base}_total` : base
  const family = openMetrics ? base : sample
  return [
    `# HELP ${family} ${escaped(metric.help)}`,
    `# TYPE ${family} ${metric.type.toLowerCase()}`,
    ...metric.points.map((point) => {
      const exemplar = openMetrics && metric.type === "Counter" ? exemplarOf(point) : ""
      return `${sample}${labelText(point.labels)} ${valueText(point.value)}${exemplar}`
    })
  ]
}

const unitSuffixes: Readonly<Record<string, string>> = { ms: "_milliseconds", By: "_bytes" }

const nameOf = ({ name, unit }: Metric): string =>
  `${name.replaceAll(/[^a-zA-Z0-9_]/g, "_")}${unitSuffixes[unit] ?? ""}`

const exemplarOf = ({ traceId }: MetricPoint): string =>
  traceId === "" ? "" : ` # {trace_id="${traceId}"} 1`

const labelText = (labels: Readonly<Record<string, string>>): string => {
  const entries = Object.entries(labels)
  if (entries.length === 0) return ""
  return `{${entries.map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`).join(",")}}`
}

const escaped = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")

const valueText = (value: number): string =>
  Number.isNaN(value)
    ? "NaN"
    : value === Number.POSITIVE_INFINITY
      ? "+Inf"
      : value === Number.NEGATIVE_INFINITY
        ? "-Inf"
        : String(value)
