import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Metric } from "../../../src/actors/ports/Telemetry.ts"
import { MetricsServers } from "../../../src/infra/telemetry/metricsServer.ts"
import { prometheusText } from "../../../src/infra/telemetry/prometheus.ts"

const traceId = "ab".repeat(16)
const metrics: ReadonlyArray<Metric> = [
  {
    name: "optionsib.orders.closed",
    help: "Orders that\nended",
    unit: "{order}",
    type: "Counter",
    points: [
      { labels: { status: 'Fil"led' }, value: 3, traceId },
      { labels: { status: "a\\b" }, value: 0, traceId: "" }
    ]
  },
  {
    name: "optionsib.session.time",
    help: "Clock",
    unit: "ms",
    type: "Gauge",
    points: [{ labels: {}, value: 1_450_967_400_000, traceId: "" }]
  }
]

const ask = (port: number, path: string, init: RequestInit = {}) =>
  Effect.promise(async () => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, init)
    return {
      status: answer.status,
      type: answer.headers.get("content-type"),
      text: await answer.text()
    }
  })

describe("Prometheus text", () => {
  it("is version 0.0.4, with names, labels and help escaped", () => {
    assert.strictEqual(
      prometheusText(metrics, false),
      [
        "# HELP optionsib_orders_closed_total Orders that\\nended",
        "# TYPE optionsib_orders_closed_total counter",
        'optionsib_orders_closed_total{status="Fil\\"led"} 3',
        'optionsib_orders_closed_total{status="a\\\\b"} 0',
        "# HELP optionsib_session_time_milliseconds Clock",
        "# TYPE optionsib_session_time_milliseconds gauge",
        "optionsib_session_time_milliseconds 1450967400000",
        ""
      ].join("\n")
    )
  })

  it("is OpenMetrics where that is wanted: a counter carries its trace, and the end is marked", () => {
    const lines = prometheusText(metrics, true).trimEnd().split("\n")
    assert.strictEqual(lines[1], "# TYPE optionsib_orders_closed counter")
    assert.strictEqual(
      lines[2],
      `optionsib_orders_closed_total{status="Fil\\"led"} 3 # {trace_id="${traceId}"} 1`
    )
    assert.strictEqual(lines.at(-1), "# EOF")
  })
})

describe("The metrics port", () => {
  it.live("serves /metrics on the loopback in the form that is asked for, and nothing else", () =>
    Effect.gen(function* () {
      const port = yield* new MetricsServers().serve(0, () => metrics)
      const plain = yield* ask(port, "/metrics")
      assert.strictEqual(plain.status, 200)
      assert.match(plain.type!, /^text\/plain; version=0\.0\.4/)
      assert.strictEqual(plain.text, prometheusText(metrics, false))
      const accept = "application/openmetrics-text; version=1.0.0"
      const open = yield* ask(port, "/metrics", { headers: { accept } })
      assert.match(open.type!, /^application\/openmetrics-text; version=1\.0\.0/)
      assert.strictEqual(open.text, prometheusText(metrics, true))
      assert.strictEqual((yield* ask(port, "/")).status, 404)
      assert.strictEqual((yield* ask(port, "/metrics", { method: "POST" })).status, 405)
    })
  )

  it.live("is shared by books of one process: families come once, with the points of all", () =>
    Effect.gen(function* () {
      const servers = new MetricsServers()
      const port = yield* servers.serve(0, () => metrics)
      const other = (status: string) => [
        { ...metrics[0]!, points: [{ labels: { status }, value: 7, traceId: "" }] }
      ]
      const shown = yield* Effect.scoped(
        Effect.gen(function* () {
          assert.strictEqual(yield* servers.serve(port, () => other("Canceled")), port)
          return (yield* ask(port, "/metrics")).text
        })
      )
      assert.strictEqual(shown.match(/# TYPE optionsib_orders_closed_total/g)!.length, 1)
      assert.include(shown, 'optionsib_orders_closed_total{status="Canceled"} 7')
      assert.include(shown, 'optionsib_orders_closed_total{status="Fil\\"led"} 3')
      const after = yield* ask(port, "/metrics")
      assert.strictEqual(after.text, prometheusText(metrics, false))
    })
  )

  it.live("is refused in words where another process has it, and free again after its scope", () =>
    Effect.gen(function* () {
      const [one, another] = [new MetricsServers(), new MetricsServers()]
      const port = yield* Effect.scoped(
        Effect.gen(function* () {
          const port = yield* one.serve(0, () => metrics)
          const refused = yield* Effect.flip(another.serve(port, () => metrics))
          assert.include(refused.message, `metrics: port ${port} of 127.0.0.1`)
          assert.include(refused.message, "EADDRINUSE")
          return port
        })
      )
      assert.strictEqual(yield* another.serve(port, () => metrics), port)
    })
  )
})
