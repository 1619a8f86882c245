import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { start, startSimple, supervisorChild } from "../../src/supervisors/Supervisor.ts"
import type { SupervisorEvent } from "../../src/supervisors/supervisorEvents.ts"
import { listed, makeProbe, pass } from "./probe.ts"

const gaveUp = (events: ReadonlyArray<SupervisorEvent>) =>
  events.filter(({ _tag }) => _tag === "GaveUp").map(({ supervisor }) => supervisor)

describe("Supervisor escalation", () => {
  for (const strategy of ["one_for_one", "one_for_all", "rest_for_one"] as const) {
    it.effect(`${strategy}: gives up at the second restart in 5 s, by default`, () =>
      Effect.gen(function* () {
        const probe = makeProbe()
        const children = ["a", "b", "c"].map((id) => probe.child(id))
        const supervisor = yield* start({ name: "s", strategy, report: probe.report, children })
        yield* probe.end("b", "defect")
        yield* pass(5_000)
        probe.takeLog()
        yield* probe.end("b", "defect")
        assert.strictEqual(probe.takeLog(), "-c -a")
        assert.deepStrictEqual(yield* supervisor.awaitExit, { _tag: "Shutdown" })
        assert.deepStrictEqual(gaveUp(probe.events), ["s"])
      })
    )
  }

  it.effect("simple_one_for_one: gives up and stops the other copies", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const supervisor = yield* startSimple({
        name: "copies",
        intensity: 0,
        report: probe.report,
        child: {
          id: "copy",
          restart: "permanent",
          shutdown: 5_000,
          type: "worker",
          significant: false
        },
        start: probe.start
      })
      yield* supervisor.startChild("a")
      yield* supervisor.startChild("b")
      probe.takeLog()
      yield* probe.end("a", "defect")
      assert.strictEqual(probe.takeLog(), "-b")
      assert.deepStrictEqual(yield* supervisor.awaitExit, { _tag: "Shutdown" })
    })
  )

  it.effect("lets restarts older than the period go, one by one", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const supervisor = yield* start({
        name: "s",
        intensity: 2,
        periodMs: 1_000,
        report: probe.report,
        children: [probe.child("a")]
      })
      // Restarts at 0, 600, 1001 and 1602 ms: never three within a second.
      for (const ms of [0, 600, 401, 601]) {
        yield* pass(ms)
        yield* probe.end("a", "defect")
        assert.strictEqual(listed(yield* supervisor.whichChildren), "a")
      }
      // At 2001 ms: those at 1001 (exactly one period ago), 1602 and this one.
      yield* pass(399)
      yield* probe.end("a", "defect")
      assert.deepStrictEqual(gaveUp(probe.events), ["s"])
    })
  )

  it.effect("counts the restarts of all its children together", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      yield* start({
        name: "s",
        intensity: 2,
        report: probe.report,
        children: [probe.child("a"), probe.child("b"), probe.child("c")]
      })
      for (const id of ["a", "b"]) yield* probe.end(id, "defect")
      assert.deepStrictEqual(gaveUp(probe.events), [])
      yield* probe.end("c", "defect")
      assert.deepStrictEqual(gaveUp(probe.events), ["s"])
    })
  )

  it.effect("does not count ends that call for no restart", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const supervisor = yield* start({
        name: "s",
        intensity: 0,
        report: probe.report,
        children: [
          probe.child("t", { restart: "temporary" }),
          probe.child("u", { restart: "transient" }),
          probe.child("p")
        ]
      })
      yield* probe.end("t", "defect")
      yield* probe.end("u", "normal")
      assert.strictEqual(listed(yield* supervisor.whichChildren), "(u) p")
    })
  )

  it.effect("hands the failure up: the one above restarts it with a new window", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const { report } = probe
      const inner = supervisorChild({
        name: "inner",
        strategy: "one_for_all",
        report,
        children: [probe.child("x"), probe.child("y")]
      })
      const outer = yield* start({
        name: "outer",
        strategy: "rest_for_one",
        report,
        children: [probe.child("a"), inner, probe.child("z")]
      })
      yield* probe.end("x", "defect")
      assert.strictEqual(probe.takeLog(), "+a +x +y +z -y +x +y")
      yield* probe.end("y", "defect")
      assert.strictEqual(probe.takeLog(), "-x -z +x +y +z")
      yield* probe.end("x", "defect")
      assert.strictEqual(probe.takeLog(), "-y +x +y")
      assert.strictEqual(listed(yield* outer.whichChildren), "a inner z")
      yield* probe.end("x", "defect")
      assert.strictEqual(probe.takeLog(), "-y -z -a")
      assert.deepStrictEqual(gaveUp(probe.events), ["inner", "inner", "outer"])
      assert.deepStrictEqual(yield* outer.awaitExit, { _tag: "Shutdown" })
    })
  )

  it.effect("leaves a transient supervisor that gave up down, because it ended with shutdown", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const { report } = probe
      const inner = supervisorChild(
        { name: "inner", intensity: 0, report, children: [probe.child("x")] },
        { restart: "transient" }
      )
      const outer = yield* start({ name: "outer", report, children: [inner, probe.child("a")] })
      yield* probe.end("x", "defect")
      assert.strictEqual(listed(yield* outer.whichChildren), "(inner) a")
    })
  )
})

describe("Supervisor group restart", () => {
  it.effect("takes temporary siblings down for good and brings ended transient ones back", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const supervisor = yield* start({
        name: "s",
        strategy: "one_for_all",
        report: probe.report,
        children: [
          probe.child("p"),
          probe.child("t", { restart: "temporary" }),
          probe.child("u", { restart: "transient" })
        ]
      })
      yield* probe.end("u", "normal")
      probe.takeLog()
      yield* probe.end("p", "defect")
      assert.strictEqual(probe.takeLog(), "-t +p +u")
      assert.strictEqual(listed(yield* supervisor.whichChildren), "p u")
    })
  )

  it.effect("restarts a group once when two of it crash together", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const { report } = probe
      const broken = { ...probe.child("b"), start: probe.start("b") }
      const supervisor = yield* start({
        name: "s",
        strategy: "one_for_all",
        report,
        children: [probe.child("a"), broken, probe.child("c")]
      })
      yield* Effect.all([probe.end("a", "defect"), probe.end("c", "defect")], {
        concurrency: "unbounded"
      })
      assert.strictEqual(probe.takeLog(), "+a +b +c -b +a +b +c")
      assert.strictEqual(listed(yield* supervisor.whichChildren), "a b c")
    })
  )

  it.effect("counts a start that fails during a restart as one more restart", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const supervisor = yield* start({
        name: "s",
        intensity: 3,
        report: probe.report,
        children: [probe.child("a"), probe.child("b")]
      })
      probe.failStarts("a", 2)
      probe.takeLog()
      yield* probe.end("a", "defect")
      assert.strictEqual(probe.takeLog(), "!a !a +a")
      assert.strictEqual(listed(yield* supervisor.whichChildren), "a b")
      yield* probe.end("b", "defect")
      assert.deepStrictEqual(gaveUp(probe.events), ["s"])
    })
  )

  it.effect("gives up when starts fail beyond the intensity", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      yield* start({
        name: "s",
        intensity: 2,
        report: probe.report,
        children: [probe.child("a"), probe.child("b")]
      })
      probe.failStarts("b", 100)
      probe.takeLog()
      yield* probe.end("b", "defect")
      assert.strictEqual(probe.takeLog(), "!b !b -a")
    })
  )

  it.effect("one_for_all: begins again with all when one of the group fails to start", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      yield* start({
        name: "s",
        strategy: "one_for_all",
        intensity: 2,
        report: probe.report,
        children: ["a", "b", "c"].map((id) => probe.child(id))
      })
      probe.failStarts("b", 1)
      probe.takeLog()
      yield* probe.end("a", "defect")
      assert.strictEqual(probe.takeLog(), "-c -b +a !b -a +a +b +c")
    })
  )

  it.effect("rest_for_one: goes on from the one that failed to start", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      yield* start({
        name: "s",
        strategy: "rest_for_one",
        intensity: 2,
        report: probe.report,
        children: ["a", "b", "c", "d"].map((id) => probe.child(id))
      })
      probe.failStarts("c", 1)
      probe.takeLog()
      yield* probe.end("b", "defect")
      assert.strictEqual(probe.takeLog(), "-d -c +b !c +c +d")
    })
  )
})
