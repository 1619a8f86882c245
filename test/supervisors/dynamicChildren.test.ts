import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope } from "effect"
import type { Backoff } from "../../src/supervisors/restartPolicy.ts"
import {
  type SimpleSupervisor,
  type Supervisor,
  simpleSupervisorChild,
  start,
  startSimple,
  supervisorChild
} from "../../src/supervisors/Supervisor.ts"
import { ChildRefusal } from "../../src/supervisors/supervisorEvents.ts"
import { listed, makeProbe, pass, settle } from "./probe.ts"

const oneSecond: Backoff = {
  minMs: 1_000,
  maxMs: 1_000,
  factor: 1,
  randomShare: 0,
  resetAfterMs: 60_000,
  immediateRestarts: 0
}

const refusal = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.map(Effect.flip(effect), (error) =>
    error instanceof ChildRefusal ? error.reason : `not a refusal: ${error}`
  )

describe("Supervisor dynamic children", () => {
  it.effect("adds a child at the end, where group restarts and stops find it", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const supervisor = yield* start({
        name: "s",
        strategy: "rest_for_one",
        report: probe.report,
        children: [probe.child("a"), probe.child("b")]
      })
      yield* supervisor.startChild(probe.child("c"))
      probe.takeLog()
      yield* probe.end("b", "defect")
      assert.strictEqual(probe.takeLog(), "-c +b +c")
    })
  )

  it.effect("refuses a child whose id is running, or known and down", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const supervisor = yield* start({
        name: "s",
        report: probe.report,
        children: [probe.child("a")]
      })
      const again = supervisor.startChild(probe.child("a"))
      assert.strictEqual(yield* refusal(again), "already_started")
      yield* supervisor.terminateChild("a")
      assert.strictEqual(yield* refusal(again), "already_present")
    })
  )

  it.effect("does not keep a new child that fails to start", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const supervisor = yield* start({ name: "s", report: probe.report, children: [] })
      probe.failStarts("a", 1)
      const error = yield* Effect.flip(supervisor.startChild(probe.child("a")))
      assert.strictEqual(error._tag, "StartFailed")
      assert.deepStrictEqual(yield* supervisor.whichChildren, [])
      yield* supervisor.startChild(probe.child("a"))
      assert.strictEqual(listed(yield* supervisor.whichChildren), "a")
    })
  )

  it.effect("terminates, restarts and deletes a child as its state allows", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const supervisor = yield* start({
        name: "s",
        report: probe.report,
        children: [probe.child("a"), probe.child("t", { restart: "temporary" })]
      })
      assert.strictEqual(yield* refusal(supervisor.restartChild("a")), "running")
      assert.strictEqual(yield* refusal(supervisor.deleteChild("a")), "running")
      for (const request of [
        supervisor.terminateChild("x"),
        supervisor.restartChild("x"),
        supervisor.deleteChild("x")
      ]) {
        assert.strictEqual(yield* refusal(request), "not_found")
      }
      yield* supervisor.terminateChild("t")
      yield* supervisor.terminateChild("a")
      yield* supervisor.terminateChild("a")
      assert.strictEqual(listed(yield* supervisor.whichChildren), "(a)")
      yield* supervisor.restartChild("a")
      assert.strictEqual(listed(yield* supervisor.whichChildren), "a")
      yield* supervisor.terminateChild("a")
      yield* supervisor.deleteChild("a")
      assert.deepStrictEqual(yield* supervisor.whichChildren, [])
      assert.strictEqual(probe.takeLog(), "+a +t -t -a +a -a")
    })
  )

  it.effect("keeps the spec of a child whose restart on request fails", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const supervisor = yield* start({
        name: "s",
        report: probe.report,
        children: [probe.child("a")]
      })
      yield* supervisor.terminateChild("a")
      probe.failStarts("a", 1)
      assert.strictEqual((yield* Effect.flip(supervisor.restartChild("a")))._tag, "StartFailed")
      assert.strictEqual(listed(yield* supervisor.whichChildren), "(a)")
    })
  )

  it.effect("does not count restarts on request in the window", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const supervisor = yield* start({
        name: "s",
        intensity: 0,
        report: probe.report,
        children: [probe.child("a")]
      })
      for (let i = 0; i < 5; i++) {
        yield* supervisor.terminateChild("a")
        yield* supervisor.restartChild("a")
      }
      assert.strictEqual(listed(yield* supervisor.whichChildren), "a")
    })
  )

  it.effect("counts specs, running children, supervisors and workers", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const { report } = probe
      const supervisor = yield* start({
        name: "s",
        report,
        children: [
          probe.child("a"),
          supervisorChild({ name: "inner", report, children: [probe.child("x")] }),
          probe.child("b")
        ]
      })
      yield* supervisor.terminateChild("b")
      yield* supervisor.terminateChild("inner")
      assert.deepStrictEqual(yield* supervisor.countChildren, {
        specs: 3,
        active: 1,
        supervisors: 1,
        workers: 2
      })
    })
  )

  it.effect("loses the children added at run time when it is itself restarted", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const { report } = probe
      const handles: Array<Supervisor<never>> = []
      const inner = supervisorChild(
        { name: "inner", intensity: 0, report, children: [probe.child("x")] },
        {},
        (handle) => Effect.sync(() => void handles.push(handle))
      )
      yield* start({ name: "outer", report, children: [inner] })
      const handle = handles[0]!
      yield* handle.startChild(probe.child("y"))
      probe.takeLog()
      yield* probe.end("x", "defect")
      assert.strictEqual(probe.takeLog(), "-y +x")
      const old = yield* Effect.flip(handle.whichChildren)
      assert.strictEqual(old.message, "supervisor inner has ended")
    })
  )
})

describe("Supervisor requests during a delayed restart", () => {
  it.effect("refuses to restart, delete or start again a child that is about to come back", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const supervisor = yield* start({
        name: "s",
        backoff: oneSecond,
        report: probe.report,
        children: [probe.child("a"), probe.child("b")]
      })
      yield* probe.end("a", "defect")
      assert.strictEqual(listed(yield* supervisor.whichChildren), "~a b")
      assert.strictEqual(yield* refusal(supervisor.restartChild("a")), "restarting")
      assert.strictEqual(yield* refusal(supervisor.deleteChild("a")), "restarting")
      assert.strictEqual(yield* refusal(supervisor.startChild(probe.child("a"))), "already_present")
      yield* pass(1_000)
      assert.strictEqual(listed(yield* supervisor.whichChildren), "a b")
    })
  )

  it.effect("cancels the restart of a child that is terminated meanwhile", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const supervisor = yield* start({
        name: "s",
        strategy: "one_for_all",
        backoff: oneSecond,
        report: probe.report,
        children: [probe.child("a"), probe.child("b"), probe.child("c")]
      })
      yield* probe.end("b", "defect")
      yield* supervisor.terminateChild("b")
      probe.takeLog()
      yield* pass(1_000)
      assert.strictEqual(probe.takeLog(), "+a +c")
      assert.strictEqual(listed(yield* supervisor.whichChildren), "a (b) c")
    })
  )

  it.effect("brings the rest of a group back when the one that fails to start is terminated", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      let lives = 0
      const slow = {
        ...probe.child("b"),
        start: Effect.suspend(() =>
          ++lives === 1 ? probe.start("b") : Effect.andThen(Effect.sleep(100), Effect.die("broken"))
        )
      }
      const supervisor = yield* start({
        name: "s",
        strategy: "one_for_all",
        report: probe.report,
        children: [probe.child("a"), slow, probe.child("c")]
      })
      yield* probe.end("a", "defect")
      const terminated = yield* Effect.forkChild(supervisor.terminateChild("b"))
      yield* pass(100)
      yield* Fiber.join(terminated)
      assert.strictEqual(listed(yield* supervisor.whichChildren), "a (b) c")
      assert.strictEqual(lives, 2)
    })
  )

  it.effect("holds a new child back until the group it joins has come back", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const supervisor = yield* start({
        name: "s",
        strategy: "one_for_all",
        backoff: oneSecond,
        report: probe.report,
        children: [probe.child("a"), probe.child("b")]
      })
      yield* probe.end("b", "defect")
      const added = yield* Effect.forkChild(supervisor.startChild(probe.child("c")))
      yield* settle
      assert.strictEqual(listed(yield* supervisor.whichChildren), "~a ~b")
      probe.takeLog()
      yield* pass(1_000)
      assert.strictEqual(probe.takeLog(), "+a +b +c")
      yield* Fiber.join(added)
    })
  )

  it.effect("answers callers with SupervisorDown when it is stopped amid their request", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const scope = yield* Scope.make()
      const supervisor = yield* Scope.provide(
        start({ name: "s", report: probe.report, children: [probe.child("a")] }),
        scope
      )
      const stuck = { ...probe.child("stuck"), start: Effect.never }
      const caller = yield* Effect.forkChild(Effect.flip(supervisor.startChild(stuck)))
      const queued = yield* Effect.forkChild(Effect.flip(supervisor.countChildren))
      yield* settle
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* Fiber.join(caller))._tag, "SupervisorDown")
      assert.strictEqual((yield* Fiber.join(queued))._tag, "SupervisorDown")
      assert.strictEqual((yield* Effect.flip(supervisor.whichChildren))._tag, "SupervisorDown")
      assert.strictEqual(probe.takeLog(), "+a -a")
    })
  )
})

describe("Supervisor simple_one_for_one", () => {
  const copies = (probe: ReturnType<typeof makeProbe>) =>
    startSimple({
      name: "copies",
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

  it.effect("starts none by itself, and counts one spec however many copies run", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const supervisor = yield* copies(probe)
      assert.deepStrictEqual(yield* supervisor.whichChildren, [])
      assert.strictEqual(yield* supervisor.startChild("a"), "copy-1")
      assert.strictEqual(yield* supervisor.startChild("b"), "copy-2")
      assert.deepStrictEqual(yield* supervisor.countChildren, {
        specs: 1,
        active: 2,
        supervisors: 0,
        workers: 2
      })
    })
  )

  it.effect("forgets a copy that is terminated, and one that fails to start", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const supervisor = yield* copies(probe)
      const id = yield* supervisor.startChild("a")
      yield* supervisor.terminateChild(id)
      assert.strictEqual(yield* refusal(supervisor.terminateChild(id)), "not_found")
      probe.failStarts("b", 1)
      assert.strictEqual((yield* Effect.flip(supervisor.startChild("b")))._tag, "StartFailed")
      assert.deepStrictEqual(yield* supervisor.whichChildren, [])
    })
  )

  it.effect("loses its copies when the supervisor above restarts it", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const handles: Array<SimpleSupervisor<string>> = []
      const copying = simpleSupervisorChild<string>(
        {
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
        },
        {},
        (handle) => Effect.sync(() => void handles.push(handle))
      )
      yield* start({ name: "outer", report: probe.report, children: [copying] })
      yield* handles[0]!.startChild("a")
      yield* handles[0]!.startChild("b")
      yield* probe.end("a", "defect")
      assert.strictEqual(probe.takeLog(), "+a +b -b")
      assert.strictEqual(handles.length, 2)
      assert.deepStrictEqual(yield* handles[1]!.whichChildren, [])
    })
  )
})
