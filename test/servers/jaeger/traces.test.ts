/** The real session's traces in a real Jaeger, held against the journal span by span. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { JaegerServer } from "../../../scripts/servers/jaegerServer.ts"
import { Journal } from "../../../src/actors/ports/Journal.ts"
import { Launcher } from "../../../src/cli/Launcher.ts"
import * as DeskLauncher from "../../../src/deskLauncher.ts"
import type { JournalRecord } from "../../../src/domain/journal/record.ts"
import { optionsib, type Summary, summaryOf } from "../../e2e/desk.ts"
import { expectedSpans } from "../../projections/traces/expectedSpans.ts"
import { askTrace, askTraces, type JaegerTrace, tagOf } from "./jaegerTrace.ts"

const folder = mkdtempSync(join(tmpdir(), "optionsib-jaeger-test-"))
const dataDir = join(folder, "data")
let jaeger: JaegerServer
let summary: Summary

const run = (data: string, endpoint: string) =>
  Effect.map(
    optionsib("run", "--json", "--speed", "max", "--data-dir", data, "--otlp", endpoint),
    summaryOf
  )

const journalOf = (data: string): Effect.Effect<ReadonlyArray<JournalRecord>> =>
  Effect.gen(function* () {
    const recorded = yield* (yield* Launcher).recordedRun(data, undefined)
    return yield* Effect.gen(function* () {
      return [...(yield* (yield* Journal).openReader).read(0)]
    }).pipe(Effect.provide(recorded.journal))
  }).pipe(Effect.scoped, Effect.provide(DeskLauncher.layer), Effect.orDie)

const audited = (tradeId: string) =>
  Effect.map(
    optionsib("audit", "trade", tradeId, "--json", "--data-dir", dataDir),
    ({ out }) => JSON.parse(out) as { readonly traceId: string }
  )

const completedTrade = (): string => {
  const trade = summary.trades.find(({ state }) => state === "Completed")
  assert.isDefined(trade, "the session completed no trade")
  return trade.tradeId
}

beforeAll(async () => {
  jaeger = await JaegerServer.start(join(folder, "jaeger"), { otlp: 0, ui: 0 })
  summary = await Effect.runPromise(run(dataDir, jaeger.otlpUrl))
})

afterAll(async () => {
  await jaeger?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Name, record, times in ms, parent's name: what a span is, apart from ids. */
const tableOf = ({ spans }: JaegerTrace): ReadonlyArray<string> => {
  const nameOf = new Map(spans.map((span) => [span.spanID, span.operationName]))
  return spans
    .map((span) => {
      const parent = span.references[0]
      const [startMs, ms] = [span.startTime / 1000, span.duration / 1000]
      const above = parent === undefined ? "" : (nameOf.get(parent.spanID) ?? "missing")
      return `${span.operationName} ${tagOf(span, "optionsib.seq")} ${startMs} ${ms} < ${above}`
    })
    .sort()
}

describe("The real session's traces in Jaeger", () => {
  it.live("hold for a completed trade the spans that its journal says, each with its times", () =>
    Effect.gen(function* () {
      const tradeId = completedTrade()
      const { traceId } = yield* audited(tradeId)
      const trace = yield* Effect.promise(() => askTrace(jaeger.queryUrl, traceId))
      const records = yield* journalOf(dataDir)
      const expected = expectedSpans(records, tradeId).map(
        ({ name, seq, startMs, endMs, parent }) =>
          `${name} ${seq} ${startMs} ${endMs - startMs} < ${parent}`
      )
      assert.deepStrictEqual(tableOf(trace), expected.sort())
      const roots = trace.spans.filter(({ references }) => references.length === 0)
      assert.strictEqual(roots.length, 1)
      assert.strictEqual(tagOf(roots[0]!, "optionsib.trade.id"), tradeId)
      assert.strictEqual(records[Number(tagOf(roots[0]!, "optionsib.seq"))]!.type, "Quote")
    })
  )

  it.live("name the service, the run and its clock, and what each venue was asked", () =>
    Effect.gen(function* () {
      const { traceId } = yield* audited(completedTrade())
      const trace = yield* Effect.promise(() => askTrace(jaeger.queryUrl, traceId))
      const [process] = Object.values(trace.processes)
      assert.strictEqual(process!.serviceName, "optionsib")
      assert.strictEqual(tagOf(process!, "service.instance.id"), summary.runId)
      assert.strictEqual(tagOf(process!, "host.id"), "optionsib/main")
      const peers = new Set(trace.spans.map((span) => tagOf(span, "peer.service")))
      for (const peer of ["exchange", "vault-chain", "inference"]) assert.isTrue(peers.has(peer))
      const order = trace.spans.find(({ operationName }) => operationName === "order")!
      assert.strictEqual(tagOf(order, "span.kind"), "client")
      const reports = order.logs.map((log) => tagOf({ tags: log.fields }, "event"))
      assert.isTrue(reports.includes("execution report"))
      assert.isFalse(trace.spans.some((span) => tagOf(span, "error") === true))
    })
  )

  it.live("are one per trade that is no closing, refused and unfilled ones included", () =>
    Effect.gen(function* () {
      const records = yield* journalOf(dataDir)
      const proposals = records.filter(
        ({ type, payload }) =>
          type === "TradeProposed" && (payload as { readonly closes: string }).closes === ""
      )
      const [from, to] = [records[1]!.logicalTimeMs, records.at(-1)!.logicalTimeMs]
      const traces = yield* Effect.promise(() =>
        askTraces(jaeger.queryUrl, from - 3_600_000, to + 1)
      )
      assert.strictEqual(traces.length, proposals.length)
    })
  )

  it.live("are the same again when a run whose collector was away is exported later", () =>
    Effect.gen(function* () {
      const { traceId } = yield* audited(completedTrade())
      const before = yield* Effect.promise(() => askTrace(jaeger.queryUrl, traceId))
      const elsewhere = join(folder, "elsewhere")
      // Port 9 of the loopback: nobody listens there.
      const { headHash } = yield* run(elsewhere, "http://127.0.0.1:9")
      assert.strictEqual(headHash, summary.headHash)
      const sent = yield* optionsib(
        ...["traces", "export", "--data-dir", elsewhere, "--endpoint", jaeger.otlpUrl, "--json"]
      )
      assert.strictEqual(sent.code, 0, sent.err)
      assert.isAtLeast(JSON.parse(sent.out).spans, before.spans.length)
      const after = yield* Effect.promise(() => askTrace(jaeger.queryUrl, traceId))
      const ids = (trace: JaegerTrace) => trace.spans.map(({ spanID }) => spanID).sort()
      assert.deepStrictEqual(ids(after), ids(before))
      assert.deepStrictEqual(tableOf(after), tableOf(before))
    })
  )
})
