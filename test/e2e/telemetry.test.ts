/** `run --otlp`, `--metrics-port`, the log file and `traces export`, against a collector over real HTTP. */
import { existsSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { startCollector } from "../infra/telemetry/collector.ts"
import { summaryOf } from "./desk.ts"
import { makeHome } from "./home.ts"

const completedTrade = (summary: ReturnType<typeof summaryOf>): string => {
  const trade = summary.trades.find(({ state }) => state === "Completed")
  assert.isDefined(trade)
  return trade.tradeId
}

describe("run --otlp", () => {
  it.live(
    "sends the trace that audit names; export sends the same; the log's lines carry its id",
    () =>
      Effect.gen(function* () {
        const home = yield* makeHome
        const collector = yield* startCollector
        const logFile = home.path("desk.jsonl")
        const config = home.config({ telemetry: { logFile } })
        const args = ["run", "--json", "--speed", "max", "--otlp", collector.url]
        const summary = summaryOf(yield* home.commandWith(config, ...args))
        const tradeId = completedTrade(summary)
        const audit = yield* home.command("audit", "trade", tradeId, "--json")
        const { traceId } = JSON.parse(audit.out) as { readonly traceId: string }
        const live = collector.spans()
        const root = live.filter((span) => span.traceId === traceId && !span.parentSpanId)
        assert.deepStrictEqual(
          root.map(({ name }) => name),
          ["trade open"]
        )
        assert.isTrue(collector.received.some(({ path }) => path === "/v1/metrics"))

        const sent = yield* home.command("traces", "export", "--endpoint", collector.url, "--json")
        assert.strictEqual(sent.code, 0, sent.err)
        const again = collector.spans().slice(live.length)
        assert.deepStrictEqual(again, live)
        assert.deepInclude(JSON.parse(sent.out), { runId: "run-0001", spans: live.length })

        const lines = readFileSync(logFile, "utf8").trimEnd().split("\n")
        const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
        const seqs = logged.map(({ seq }) => seq as number)
        assert.deepStrictEqual(
          seqs,
          seqs.toSorted((a, b) => a - b)
        )
        const order = logged.find(({ type, trade }) => type === "OrderIntent" && trade === tradeId)
        assert.deepInclude(order, { trace_id: traceId, level: "info", run: "run-0001" })
        const reports = logged.filter(({ type }) => type === "ExecutionReport")
        assert.isTrue(reports.every(({ trace_id }) => typeof trace_id === "string"))
      })
  )

  it.live("goes on where the collector is away, and says how to send again", () =>
    Effect.gen(function* () {
      const home = yield* makeHome
      const with_ = yield* home.command("run", "--speed", "max", "--otlp", "http://127.0.0.1:9")
      assert.strictEqual(with_.code, 0, with_.err)
      assert.match(
        with_.out,
        /traces: 0 spans sent, \d+ not taken by the collector; send them again with `traces export --run run-0001`\n$/
      )
      const without = summaryOf(yield* home.command("run", "--json", "--speed", "max"))
      assert.include(with_.out, without.headHash)
    })
  )

  it.live("exports only what ended from a record on", () =>
    Effect.gen(function* () {
      const home = yield* makeHome
      const collector = yield* startCollector
      const { records } = summaryOf(yield* home.command("run", "--json", "--speed", "max"))
      const exported = (from: number) =>
        Effect.map(
          home.command(
            ...["traces", "export", "--endpoint", collector.url, "--json", "--from", String(from)]
          ),
          ({ out }) => (JSON.parse(out) as { readonly spans: number }).spans
        )
      const all = yield* exported(0)
      const late = yield* exported(Math.floor(records * 0.8))
      assert.isAbove(all, late)
      assert.isAbove(late, 0)
      const beyond = ["traces", "export", "--endpoint", collector.url, "--from", String(records)]
      const refused = yield* home.command(...beyond)
      assert.strictEqual(refused.code, 1)
      assert.include(
        refused.err,
        `--from is ${records}; the journal has records 0 to ${records - 1}`
      )
    })
  )
})

describe("A run that is killed and goes on", () => {
  it.live(
    "serves its metrics meanwhile; told live and exported later, its spans are the same",
    () =>
      Effect.gen(function* () {
        const home = yield* makeHome
        const collector = yield* startCollector
        const otlp = ["--otlp", collector.url]
        yield* Effect.scoped(
          Effect.gen(function* () {
            const desk = yield* home.start(
              ...["run", "--speed", "2000", "--metrics-port", "0", ...otlp]
            )
            yield* desk.printed(/metrics: http:\S+/)
            const url = /metrics: (http:\S+)/.exec(desk.out)![1]!
            const proposals = /^optionsib_proposals_total\{book="main",kind="Open",[^}]*\} [1-9]/m
            let scraped = ""
            while (desk.isRunning && !proposals.test(scraped)) {
              scraped = yield* Effect.promise(async () => (await fetch(url)).text())
              yield* Effect.sleep("20 millis")
            }
            assert.match(scraped, proposals)
            assert.match(scraped, /^optionsib_records_total\{book="main",type="Quote"\} [1-9]/m)
            desk.signal("SIGKILL")
            yield* desk.ended
          })
        )
        const summary = summaryOf(yield* home.command("run", "--json", "--speed", "max", ...otlp))
        assert.strictEqual(summary.runId, "run-0001")
        const told = collector.spans()
        const sent = yield* home.command("traces", "export", "--endpoint", collector.url)
        assert.strictEqual(sent.code, 0, sent.err)
        const exported = collector.spans().slice(told.length)
        const byId = new Map(exported.map((span) => [span.spanId, span]))
        assert.strictEqual(byId.size, exported.length)
        for (const span of told) assert.deepStrictEqual(span, byId.get(span.spanId))
        const { traceId } = JSON.parse(
          (yield* home.command("audit", "trade", completedTrade(summary), "--json")).out
        )
        assert.isTrue(exported.some((span) => span.traceId === traceId))
      })
  )
})

describe("Telemetry, bad input", () => {
  it.effect("names the setting and what is allowed, before a run is begun", () =>
    Effect.gen(function* () {
      const home = yield* makeHome
      const url = yield* home.command("run", "--otlp", "collector:4318")
      assert.strictEqual(url.code, 2)
      assert.include(url.err, 'telemetry.otlpEndpoint is "collector:4318"; allowed:')
      assert.include(url.err, "http://127.0.0.1:4318")
      const port = yield* home.command("run", "--metrics-port", "65536")
      assert.strictEqual(port.code, 2)
      assert.include(port.err, "telemetry.metricsPort is 65536")
      assert.isFalse(existsSync(home.path("runs", "run-0001")))
    })
  )

  it.effect("asks for a collector where none is named, and for a run where there is none", () =>
    Effect.gen(function* () {
      const home = yield* makeHome
      const none = yield* home.command("traces", "export")
      assert.strictEqual(none.code, 1)
      assert.include(none.err, "name a collector with --endpoint URL")
      const run = yield* home.command("traces", "export", "--endpoint", "http://127.0.0.1:9")
      assert.strictEqual(run.code, 1)
      assert.include(run.err, home.dataDir)
    })
  )
})
