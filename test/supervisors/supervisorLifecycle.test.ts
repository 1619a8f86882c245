import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Scope } from "effect"
import { childSpec, forkChildFiber, ignore } from "../../src/supervisors/childFiber.ts"
import {
  type SupervisorOptions,
  start,
  startSimple,
  supervisorChild
} from "../../src/supervisors/Supervisor.ts"
import { listed, makeProbe, pass, settle } from "./probe.ts"

/** Starts a supervisor in a scope of its own, for tests that close it. */
const startIn = (scope: Scope.Scope, options: SupervisorOptions<never>) =>
  Scope.provide(start(options), scope)

const errorOf = <A, E>(effect: Effect.Effect<A, E>) => Effect.flip(effect)

describe("Supervisor start", () => {
  it.effect("starts left to right, each child only when the one before it is up", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const slow = childSpec({
        id: "slow",
        start: Effect.sleep(1_000).pipe(Effect.andThen(probe.start("slow")))
      })
      const fiber = yield* Effect.forkChild(
        start({
          name: "s",
          report: probe.report,
          children: [probe.child("a"), slow, probe.child("z")]
        })
      )
      yield* pass(999)
      assert.strictEqual(probe.takeLog(), "+a")
      assert.isUndefined(fiber.pollUnsafe())
      yield* pass(1)
      assert.strictEqual(probe.takeLog(), "+slow +z")
      yield* Fiber.join(fiber)
    }).pipe(Effect.scoped)
  )

  it.effect("fails and stops those before it, last first, when a child fails to start", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      probe.failStarts("c", 1)
      const children = ["a", "b", "c", "d"].map((id) => probe.child(id))
      const error = yield* errorOf(
        Effect.scoped(start({ name: "s", report: probe.report, children }))
      )
      assert.strictEqual(error.message, "child c of supervisor s failed to start")
      assert.strictEqual(probe.takeLog(), "+a +b !c -b -a")
    })
  )

  it.effect("fails the start of the supervisor above when one below fails", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      probe.failStarts("x", 1)
      const { report } = probe
      const inner = supervisorChild({
        name: "inner",
        report,
        children: [probe.child("w"), probe.child("x")]
      })
      const error = yield* errorOf(
        Effect.scoped(start({ name: "outer", report, children: [probe.child("a"), inner] }))
      )
      assert.strictEqual(error.message, "child inner of supervisor outer failed to start")
      assert.strictEqual(probe.takeLog(), "+a +w !x -w -a")
    })
  )

  it.effect("keeps a child that has nothing to run, and forgets a temporary one", () =>
    Effect.gen(function* () {
      const idle = Effect.succeed(ignore)
      const supervisor = yield* start({
        name: "s",
        children: [
          childSpec({ id: "kept", start: idle }),
          childSpec({ id: "gone", start: idle, restart: "temporary" })
        ]
      })
      assert.strictEqual(listed(yield* supervisor.whichChildren), "(kept)")
    })
  )

  it.effect("stops a child that is still starting when the start is given up", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      let interrupted = false
      const stuck = childSpec({
        id: "stuck",
        start: Effect.onInterrupt(Effect.never, () =>
          Effect.sync(() => {
            interrupted = true
          })
        )
      })
      const scope = yield* Scope.make()
      const fiber = yield* Effect.forkChild(
        startIn(scope, { name: "s", report: probe.report, children: [probe.child("a"), stuck] })
      )
      yield* settle
      yield* Scope.close(scope, Exit.void)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(probe.takeLog(), "+a -a")
      assert.isTrue(interrupted)
    })
  )

  it.effect("refuses flags and specs that cannot be run, each with a sentence", () =>
    Effect.gen(function* () {
      const { child } = makeProbe()
      const error = yield* errorOf(
        Effect.scoped(
          start({
            name: "s",
            intensity: -1,
            periodMs: 0.5,
            children: [
              child("a"),
              child("a"),
              child("b", { shutdown: -5 }),
              child("c", { significant: true })
            ]
          })
        )
      )
      assert.strictEqual(
        error.message,
        [
          "supervisor s: intensity was -1, allowed are whole numbers from 0",
          "periodMs was 0.5, allowed are whole numbers from 1",
          "shutdown of child b was -5, allowed are whole ms from 0, brutal_kill, infinity",
          "child c is significant and permanent: a permanent child never ends",
          "child c is significant under auto_shutdown never, allowed are the others",
          "the child id a is used twice"
        ].join("; ")
      )
    })
  )
})

describe("Supervisor stop", () => {
  it.effect("stops right to left through nested supervisors, each child before the next", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const { report } = probe
      const scope = yield* Scope.make()
      const inner = supervisorChild({
        name: "inner",
        report,
        children: [probe.child("x"), probe.child("y")]
      })
      const supervisor = yield* startIn(scope, {
        name: "outer",
        report,
        children: [probe.child("a"), inner, probe.child("b")]
      })
      for (const id of ["a", "x", "y", "b"]) probe.lingerMs.set(id, 100)
      probe.takeLog()
      yield* settle
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      const seen: Array<string> = []
      for (let i = 0; i < 4; i++) {
        yield* pass(100)
        seen.push(probe.takeLog())
      }
      assert.deepStrictEqual(seen, ["-b", "-y", "-x", "-a"])
      yield* Fiber.join(closing)
      assert.deepStrictEqual(yield* supervisor.awaitExit, { _tag: "Shutdown" })
    })
  )

  it.effect("waits for a child as long as its shutdown says, then leaves it behind", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const scope = yield* Scope.make()
      yield* startIn(scope, {
        name: "s",
        report: probe.report,
        children: [probe.child("a"), probe.child("b", { shutdown: 300 })]
      })
      probe.lingerMs.set("b", 1_000)
      probe.takeLog()
      yield* settle
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      yield* pass(299)
      assert.strictEqual(probe.takeLog(), "")
      yield* pass(1)
      assert.strictEqual(probe.takeLog(), "-a")
      assert.isTrue(probe.events.some(({ _tag }) => _tag === "ChildAbandoned"))
      yield* Fiber.join(closing)
      yield* pass(700)
      assert.strictEqual(probe.takeLog(), "-b")
    })
  )

  it.effect("does not wait at all for a child of brutal_kill", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const scope = yield* Scope.make()
      yield* startIn(scope, {
        name: "s",
        report: probe.report,
        children: [probe.child("a"), probe.child("b", { shutdown: "brutal_kill" })]
      })
      probe.lingerMs.set("b", 1_000)
      probe.takeLog()
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(probe.takeLog(), "-a")
    })
  )

  it.effect("waits without end for a child of infinity", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const scope = yield* Scope.make()
      yield* startIn(scope, {
        name: "s",
        report: probe.report,
        children: [probe.child("a"), probe.child("b", { shutdown: "infinity" })]
      })
      probe.lingerMs.set("b", 3_600_000)
      probe.takeLog()
      yield* settle
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      yield* pass(3_599_999)
      assert.strictEqual(probe.takeLog(), "")
      yield* pass(1)
      assert.strictEqual(probe.takeLog(), "-b -a")
      yield* Fiber.join(closing)
    })
  )

  it.effect("stops the copies of one spec all at once", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const scope = yield* Scope.make()
      const supervisor = yield* Scope.provide(
        startSimple({
          name: "copies",
          report: probe.report,
          child: {
            id: "copy",
            restart: "temporary",
            shutdown: 5_000,
            type: "worker",
            significant: false
          },
          start: probe.start
        }),
        scope
      )
      for (const id of ["a", "b", "c"]) {
        yield* supervisor.startChild(id)
        probe.lingerMs.set(id, 100)
      }
      probe.takeLog()
      yield* settle
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      yield* pass(100)
      assert.deepStrictEqual(probe.takeLog().split(" ").sort(), ["-a", "-b", "-c"])
      yield* Fiber.join(closing)
    })
  )
})

describe("Supervisor watching", () => {
  it.effect("sees a child that was killed before its first step", () =>
    Effect.gen(function* () {
      let steps = 0
      const stepping = Effect.sync(() => {
        steps++
        return Effect.never
      })
      const forked = yield* forkChildFiber(stepping, () => assert.fail("it never was up"))
      forked.fiber.interruptUnsafe()
      const answer = yield* forked.answer
      assert.strictEqual(answer._tag, "Failed")
      assert.strictEqual(steps, 0)
    })
  )

  it.effect("reads a kill from outside as abnormal, so that a transient child comes back", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const fibers: Array<Fiber.Fiber<unknown, unknown>> = []
      const child = childSpec({
        id: "t",
        restart: "transient",
        start: Effect.withFiber((fiber) => {
          fibers.push(fiber)
          return Effect.succeed(Effect.never)
        })
      })
      yield* start({ name: "s", report: probe.report, children: [child] })
      fibers[0]!.interruptUnsafe()
      yield* settle
      assert.strictEqual(fibers.length, 2)
      const ended = probe.events.find((event) => event._tag === "ChildEnded")!
      assert.isTrue(
        ended._tag === "ChildEnded" &&
          ended.exit._tag === "Defect" &&
          Cause.hasInterruptsOnly(ended.exit.reason as Cause.Cause<unknown>)
      )
    })
  )

  it.effect(
    "releases what a child's start acquired when the child ends, before it starts again",
    () =>
      Effect.gen(function* () {
        const probe = makeProbe()
        const order: Array<string> = []
        const child = childSpec({
          id: "held",
          restart: "transient",
          start: Effect.gen(function* () {
            yield* Effect.acquireRelease(
              Effect.sync(() => order.push("acquired")),
              () => Effect.sync(() => order.push("released"))
            )
            return order.length > 2 ? Effect.never : Effect.die("first life")
          })
        })
        yield* start({ name: "t", report: probe.report, children: [child] })
        yield* settle
        assert.deepStrictEqual(order, ["acquired", "released", "acquired"])
      })
  )
})
