import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import type { TelemetrySource, TraceSpan } from "../../../src/actors/ports/Telemetry.ts"
import { makeSpanExporter } from "../../../src/infra/telemetry/otlpSpans.ts"
import { startCollector } from "./collector.ts"

const source: TelemetrySource = {
  version: "0.1.0",
  runId: "run-0001",
  book: "main",
  session: "goog",
  mode: "simulated"
}

const span: TraceSpan = {
  traceId: "0123456789abcdef0123456789abcdef",
  spanId: "0123456789abcdef",
  parentSpanId: "fedcba9876543210",
  name: "order",
  kind: "Client",
  startMs: 1_450_967_400_001,
  endMs: 1_450_967_400_151,
  attributes: {
    "optionsib.seq": 12,
    "optionsib.verdict.yes": true,
    "optionsib.trade.reasons": ["one", "two"],
    "optionsib.rationale.edge": 0.25
  },
  events: [
    { name: "execution report", timeMs: 1_450_967_400_100, attributes: { "optionsib.seq": 13 } }
  ],
  error: "rejected by the venue: no"
}

describe("OTLP spans", () => {
  it.live("arrive with the ids, times, attributes, events and status that they have", () =>
    Effect.gen(function* () {
      const collector = yield* startCollector
      const exporter = yield* makeSpanExporter(collector.url, source)
      const root = { ...span, parentSpanId: "", kind: "Internal" as const, error: undefined }
      yield* exporter.send([span, root])
      const [sent, sentRoot] = collector.spans()
      assert.deepInclude(sent, {
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId,
        name: "order",
        kind: 3,
        startTimeUnixNano: "1450967400001000000",
        endTimeUnixNano: "1450967400151000001",
        status: { code: 2, message: "rejected by the venue: no" }
      })
      const attributes = Object.fromEntries(sent!.attributes.map(({ key, value }) => [key, value]))
      assert.deepEqual(attributes, {
        "optionsib.seq": { intValue: 12 },
        "optionsib.verdict.yes": { boolValue: true },
        "optionsib.trade.reasons": {
          arrayValue: { values: [{ stringValue: "one" }, { stringValue: "two" }] }
        },
        "optionsib.rationale.edge": { doubleValue: 0.25 }
      })
      assert.strictEqual(sent!.events[0]!.timeUnixNano, "1450967400100000000")
      assert.isUndefined(sentRoot!.parentSpanId)
      assert.deepInclude(sentRoot, { kind: 1, status: { code: 0 } })
      assert.deepInclude(collector.resource(), {
        "service.name": { stringValue: "optionsib" },
        "service.version": { stringValue: "0.1.0" },
        "service.instance.id": { stringValue: "run-0001" }
      })
    })
  )

  it.live("fail in words when the collector refuses, is away, or is no collector", () =>
    Effect.gen(function* () {
      const collector = yield* startCollector
      const exporter = yield* makeSpanExporter(collector.url, source)
      collector.answer = 400
      const refused = yield* Effect.flip(exporter.send([span]))
      assert.include(refused.message, `the collector at ${collector.url} took nothing: `)
      const away = yield* makeSpanExporter("http://127.0.0.1:9", source)
      assert.include((yield* Effect.flip(away.send([span]))).message, "ECONNREFUSED")
    })
  )

  it.live("are sent again while a collector says it is busy", () =>
    Effect.gen(function* () {
      const collector = yield* startCollector
      collector.answer = 503
      const exporter = yield* makeSpanExporter(`${collector.url}/`, source)
      const sending = yield* Effect.forkChild(exporter.send([span]))
      yield* Effect.sleep("300 millis")
      assert.strictEqual(collector.spans().length, 0)
      collector.answer = 200
      yield* Fiber.join(sending)
      assert.strictEqual(collector.spans().length, 1)
    })
  )
})
