import { assert, describe, it } from "@effect/vitest"
import { Effect, Random } from "effect"
import type { Backoff } from "../../src/supervisors/restartPolicy.ts"
import { start } from "../../src/supervisors/Supervisor.ts"
import type { SupervisorEvent } from "../../src/supervisors/supervisorEvents.ts"
import { listed, makeProbe, pass } from "./probe.ts"

const delays = (events: ReadonlyArray<SupervisorEvent>) =>
  events.flatMap((event) => (event._tag === "Restarting" ? [event.delayMs] : []))

describe("Supervisor backoff", () => {
  const doubling: Backoff = {
    minMs: 100,
    maxMs: 400,
    factor: 2,
    randomShare: 0,
    resetAfterMs: 5_000,
    immediateRestarts: 0
  }

  it.effect("waits min, doubled, capped at max, and from the beginning after a quiet time", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      yield* start({
        name: "s",
        intensity: 100,
        backoff: doubling,
        report: probe.report,
        children: [probe.child("a")]
      })
      probe.takeLog()
      for (const waitMs of [100, 200, 400, 400]) {
        yield* probe.end("a", "defect")
        yield* pass(waitMs - 1)
        assert.strictEqual(probe.takeLog(), "")
        yield* pass(1)
        assert.strictEqual(probe.takeLog(), "+a")
      }
      yield* pass(4_999)
      yield* probe.end("a", "defect")
      yield* pass(400 + 5_000)
      yield* probe.end("a", "defect")
      assert.deepStrictEqual(delays(probe.events), [100, 200, 400, 400, 400, 100])
    })
  )

  it.effect("waits longer each time a start fails", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      yield* start({
        name: "s",
        intensity: 100,
        backoff: doubling,
        report: probe.report,
        children: [probe.child("a")]
      })
      probe.failStarts("a", 2)
      yield* probe.end("a", "defect")
      yield* pass(700)
      assert.deepStrictEqual(delays(probe.events), [100, 200, 400])
      assert.strictEqual(probe.takeLog(), "+a !a !a +a")
    })
  )

  it.effect("stops the group at once and starts it after the wait", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      yield* start({
        name: "s",
        strategy: "rest_for_one",
        backoff: doubling,
        report: probe.report,
        children: ["a", "b", "c"].map((id) => probe.child(id))
      })
      probe.takeLog()
      yield* probe.end("b", "defect")
      assert.strictEqual(probe.takeLog(), "-c")
      yield* pass(100)
      assert.strictEqual(probe.takeLog(), "+b +c")
    })
  )

  it.effect("lets a crash further left take over the wait of those right of it", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const supervisor = yield* start({
        name: "s",
        strategy: "rest_for_one",
        intensity: 5,
        backoff: doubling,
        report: probe.report,
        children: ["a", "b", "c"].map((id) => probe.child(id))
      })
      yield* probe.end("b", "defect")
      yield* pass(50)
      yield* probe.end("a", "defect")
      assert.strictEqual(listed(yield* supervisor.whichChildren), "~a ~b ~c")
      probe.takeLog()
      yield* pass(50)
      assert.strictEqual(probe.takeLog(), "")
      yield* pass(50)
      assert.strictEqual(probe.takeLog(), "+a +b +c")
    })
  )

  it.effect("draws its jitter from the Random service, so a seed repeats it", () =>
    Effect.gen(function* () {
      const run = (seed: string) =>
        Effect.gen(function* () {
          const probe = makeProbe()
          yield* start({
            name: "s",
            intensity: 100,
            backoff: { ...doubling, randomShare: 0.5 },
            report: probe.report,
            children: [probe.child("a")]
          })
          for (let i = 0; i < 6; i++) {
            yield* probe.end("a", "defect")
            yield* pass(600)
          }
          return delays(probe.events)
        }).pipe(Effect.scoped, Random.withSeed(seed))
      const first = yield* run("one")
      assert.deepStrictEqual(yield* run("one"), first)
      assert.notDeepEqual(yield* run("two"), first)
      for (const [i, least] of [100, 200, 400, 400, 400, 400].entries()) {
        assert.isTrue(first[i]! >= least && first[i]! <= least * 1.5, `delay ${i}: ${first[i]}`)
      }
    })
  )
})
