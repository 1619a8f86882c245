import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import { TestClock } from "effect/testing"
import {
  CollectorUnavailable,
  type SpanExporter,
  type TraceSpan
} from "../../../src/actors/ports/Telemetry.ts"
import { makeSpanQueue } from "../../../src/infra/telemetry/spanQueue.ts"

const limits = { spansMax: 10, batchMax: 4, gatherMs: 100, drainMsMax: 1_000 }

const spans = (count: number, from = 0): ReadonlyArray<TraceSpan> =>
  Array.from({ length: count }, (_, at) => ({
    traceId: "a".repeat(32),
    spanId: (from + at).toString(16).padStart(16, "0"),
    parentSpanId: "",
    name: "span",
    kind: "Internal",
    startMs: 0,
    endMs: 0,
    attributes: {},
    events: [],
    error: undefined
  }))

const unavailable = new CollectorUnavailable({ endpoint: "http://nowhere", why: "away" })

/** Keeps what it took; fails while `isAway`. */
class Recorder implements SpanExporter {
  readonly batches: Array<ReadonlyArray<TraceSpan>> = []
  isAway = false
  asked = 0

  readonly send = (batch: ReadonlyArray<TraceSpan>) =>
    Effect.suspend(() => {
      this.asked++
      if (this.isAway) return Effect.fail(unavailable)
      this.batches.push(batch)
      return Effect.void
    })
}

describe("SpanQueue", () => {
  it.effect("sends in order, in batches", () =>
    Effect.gen(function* () {
      const exporter = new Recorder()
      const queue = yield* makeSpanQueue(exporter, limits)
      const all = spans(9)
      queue.offer(all)
      yield* queue.drain
      assert.deepStrictEqual(exporter.batches.flat(), all)
      assert.isTrue(exporter.batches.every((batch) => batch.length <= limits.batchMax))
      assert.deepStrictEqual(queue.counts(), { sent: 9, dropped: 0, waiting: 0 })
    })
  )

  it.effect("gathers what comes within its time into one request", () =>
    Effect.gen(function* () {
      const exporter = new Recorder()
      const queue = yield* makeSpanQueue(exporter, limits)
      queue.offer(spans(1))
      yield* TestClock.adjust(limits.gatherMs - 1)
      assert.strictEqual(exporter.asked, 0)
      queue.offer(spans(2, 1))
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(exporter.batches, [spans(3)])
    })
  )

  it.effect("drops and counts what does not fit, and never waits", () =>
    Effect.gen(function* () {
      const exporter = new Recorder()
      const queue = yield* makeSpanQueue(exporter, limits)
      queue.offer(spans(25))
      assert.deepStrictEqual(queue.counts(), { sent: 0, dropped: 15, waiting: 10 })
      yield* queue.drain
      assert.deepStrictEqual(queue.counts(), { sent: 10, dropped: 15, waiting: 0 })
    })
  )

  it.effect("goes on after a collector was away, and counts what it did not take", () =>
    Effect.gen(function* () {
      const exporter = new Recorder()
      exporter.isAway = true
      const queue = yield* makeSpanQueue(exporter, limits)
      queue.offer(spans(3))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(queue.counts(), { sent: 0, dropped: 3, waiting: 0 })
      exporter.isAway = false
      queue.offer(spans(2, 3))
      yield* queue.drain
      assert.deepStrictEqual(queue.counts(), { sent: 2, dropped: 3, waiting: 0 })
    })
  )

  it.effect("at the end asks a collector that is away once, not once per batch", () =>
    Effect.gen(function* () {
      const exporter = new Recorder()
      exporter.isAway = true
      const queue = yield* makeSpanQueue(exporter, limits)
      queue.offer(spans(10))
      yield* queue.drain
      assert.strictEqual(exporter.asked, 1)
      assert.deepStrictEqual(queue.counts(), { sent: 0, dropped: 10, waiting: 0 })
    })
  )

  it.effect("waits at the end no longer than its limit for a collector that hangs", () =>
    Effect.gen(function* () {
      const hangs = yield* Deferred.make<void>()
      const queue = yield* makeSpanQueue({ send: () => Deferred.await(hangs) }, limits)
      queue.offer(spans(2))
      const draining = yield* Effect.forkChild(queue.drain, { startImmediately: true })
      yield* TestClock.adjust(limits.drainMsMax)
      assert.isDefined(draining.pollUnsafe())
      assert.deepStrictEqual(queue.counts(), { sent: 0, dropped: 2, waiting: 0 })
    })
  )
})
