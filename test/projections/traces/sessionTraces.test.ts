/** Traces of the desk on the real session, and planted bugs that the comparison must find. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { Yaml } from "effect/encoding"
import { Quote } from "../../../src/actors/ports/records/market.ts"
import type { TraceSpan } from "../../../src/actors/ports/Telemetry.ts"
import { recordTypes } from "../../../src/actors/runtime/Book.ts"
import { makeRecordCodec } from "../../../src/domain/journal/codec.ts"
import type { JournalRecord } from "../../../src/domain/journal/record.ts"
import { TraceFold, tracesOf } from "../../../src/projections/traces/TraceFold.ts"
import { runSimulatedDesk } from "../../../src/simulatedDesk.ts"
import { decodeSettings } from "../../../src/supervisors/settings.ts"
import { deskPlan } from "../../../src/supervisors/tradingDesk.ts"
import { expectedSpans } from "./expectedSpans.ts"
import { expectedTable, spanTable } from "./spanTable.ts"

const day = Effect.runSync(Effect.cached(runSimulatedDesk({})))

const settings = Result.getOrThrow(
  decodeSettings([
    { file: "main.yaml", value: Yaml.parse(readFileSync("config/main.yaml", "utf8")) }
  ])
)
const runtime = { node: "26", v8: "14" }
const plan = deskPlan(settings, { modelId: "", build: "", gateways: [], runtime })

const payloadOf = (record: JournalRecord) => record.payload as Readonly<Record<string, unknown>>

const completedTrade = (records: ReadonlyArray<JournalRecord>): string => {
  const completed = records.find(({ type }) => type === "TradeCompleted")
  assert.isDefined(completed, "the session completed no trade")
  return payloadOf(completed).tradeId as string
}

/** The spans of one trade's trace. */
const traceOf = (spans: ReadonlyArray<TraceSpan>, tradeId: string): ReadonlyArray<TraceSpan> => {
  const root = spans.find(({ attributes }) => attributes["optionsib.trade.id"] === tradeId)
  return spans.filter(({ traceId }) => traceId === root?.traceId)
}

const agrees = (
  records: ReadonlyArray<JournalRecord>,
  spans: ReadonlyArray<TraceSpan>
): boolean => {
  const tradeId = completedTrade(records)
  const expected = expectedTable(expectedSpans(records, tradeId))
  return JSON.stringify(spanTable(traceOf(spans, tradeId))) === JSON.stringify(expected)
}

const through = (
  records: ReadonlyArray<JournalRecord>,
  change: (record: JournalRecord) => JournalRecord
): ReadonlyArray<TraceSpan> => tracesOf(records.map(change))

/** What a wrong projection would make of the records. */
const planted: Readonly<
  Record<string, (records: ReadonlyArray<JournalRecord>) => ReadonlyArray<TraceSpan>>
> = {
  "the oldest quote begins the trade": (records) =>
    through(records, (record) =>
      record.type === "TradeProposed"
        ? {
            ...record,
            payload: {
              ...payloadOf(record),
              basis: [...(payloadOf(record).basis as ReadonlyArray<number>)].reverse()
            }
          }
        : record
    ),
  "a closing has a trace of its own": (records) =>
    through(records, (record) =>
      record.type === "TradeProposed"
        ? { ...record, payload: { ...payloadOf(record), closes: "" } }
        : record
    ),
  "every execution report counts as an execution": (records) =>
    through(records, (record) => record).flatMap((span) =>
      span.name === "order"
        ? [span, ...span.events.map(() => ({ ...span, name: "execution" }))]
        : [span]
    ),
  "quotes are not remembered": (records) =>
    tracesOf(records.filter(({ type }) => type !== "Quote")),
  "times are the session's start": (records) =>
    through(records, (record) => ({ ...record, logicalTimeMs: records[0]!.logicalTimeMs })),
  "the second phase is not asked": (records) =>
    through(records, (record) =>
      payloadOf(record).phase === 2
        ? { ...record, payload: { ...payloadOf(record), phase: 1 } }
        : record
    ),
  "settlements are not waited for": (records) =>
    tracesOf(records.filter(({ type }) => type !== "Settled")),
  "spans of what is still open come twice": (records) => {
    const fold = new TraceFold()
    for (const record of records) fold.apply(record)
    const spans = fold.take()
    return [...spans, ...spans.filter(({ name }) => name === "order")]
  }
}

describe("The real session's traces", () => {
  it.effect("hold for a completed trade the spans that the journal's records say", () =>
    Effect.gen(function* () {
      const { records } = yield* day
      const tradeId = completedTrade(records)
      const expected = expectedTable(expectedSpans(records, tradeId))
      assert.isAtLeast(expected.length, 30)
      assert.deepStrictEqual(spanTable(traceOf(tracesOf(records), tradeId)), expected)
    })
  )

  it.effect("are one per trade, each with one root that lasts longest of what it began", () =>
    Effect.gen(function* () {
      const { records } = yield* day
      const spans = tracesOf(records)
      const openings = records.filter(
        (record) => record.type === "TradeProposed" && payloadOf(record).closes === ""
      )
      const traces = Map.groupBy(spans, ({ traceId }) => traceId)
      assert.strictEqual(traces.size, openings.length)
      for (const each of traces.values()) {
        const ids = new Set(each.map(({ spanId }) => spanId))
        assert.strictEqual(ids.size, each.length)
        const roots = each.filter(({ parentSpanId }) => parentSpanId === "")
        assert.strictEqual(roots.length, 1)
        for (const span of each) {
          assert.isAtLeast(span.endMs, span.startMs)
          assert.isAtMost(span.endMs, roots[0]!.endMs)
          assert.isTrue(span.parentSpanId === "" || ids.has(span.parentSpanId))
        }
      }
    })
  )

  it.effect("rest on quotes: each basis names quotes before the proposal, newest last", () =>
    Effect.gen(function* () {
      const { records } = yield* day
      const proposals = records.filter(({ type }) => type === "TradeProposed")
      assert.isAtLeast(proposals.length, 3)
      for (const proposal of proposals) {
        const { basis, legs } = payloadOf(proposal) as {
          readonly basis: ReadonlyArray<number>
          readonly legs: ReadonlyArray<{ readonly instrument: number }>
        }
        const before = records.slice(0, proposal.seq)
        const instruments = basis.map((seq) => {
          assert.strictEqual(before[seq]?.type, Quote.type)
          return payloadOf(before[seq]!).instrument
        })
        for (const { instrument } of legs) {
          const last = before.findLast(
            (each) => each.type === Quote.type && payloadOf(each).instrument === instrument
          )
          assert.isTrue(instruments.includes(instrument))
          assert.isTrue(basis.includes(last!.seq))
        }
        assert.deepStrictEqual(
          basis,
          basis.toSorted((a, b) => a - b)
        )
      }
    })
  )

  it.effect("are the same from the journal's bytes", () =>
    Effect.gen(function* () {
      const { records } = yield* day
      const codec = makeRecordCodec(recordTypes(plan))
      const read = records.map((record) => Result.getOrThrow(codec.decode(codec.encode(record))))
      // As text: the order of attributes counts as well, or a collector would not know a repeat as one.
      assert.strictEqual(JSON.stringify(tracesOf(read)), JSON.stringify(tracesOf(records)))
    })
  )

  for (const [bug, make] of Object.entries(planted)) {
    it.effect(`would not agree with the records if this were so: ${bug}`, () =>
      Effect.gen(function* () {
        const { records } = yield* day
        assert.isTrue(agrees(records, tracesOf(records)))
        assert.isFalse(agrees(records, make(records)))
      })
    )
  }
})
