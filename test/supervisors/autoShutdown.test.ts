import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { start, supervisorChild } from "../../src/supervisors/Supervisor.ts"
import { listed, makeProbe, settle } from "./probe.ts"

describe("Supervisor auto_shutdown", () => {
  const significant = { restart: "transient", significant: true } as const

  it.effect("any_significant: ends with the first significant child that ends by itself", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const supervisor = yield* start({
        name: "s",
        autoShutdown: "any_significant",
        report: probe.report,
        children: [probe.child("a"), probe.child("b", significant), probe.child("c", significant)]
      })
      probe.takeLog()
      yield* probe.end("b", "normal")
      assert.strictEqual(probe.takeLog(), "-c -a")
      assert.deepStrictEqual(yield* supervisor.awaitExit, { _tag: "Shutdown" })
    })
  )

  it.effect(
    "any_significant: a crash that is restarted, or a child of no significance, ends nothing",
    () =>
      Effect.gen(function* () {
        const probe = makeProbe()
        const supervisor = yield* start({
          name: "s",
          autoShutdown: "any_significant",
          report: probe.report,
          children: [probe.child("b", significant), probe.child("t", { restart: "temporary" })]
        })
        yield* probe.end("b", "defect")
        yield* probe.end("t", "normal")
        assert.strictEqual(listed(yield* supervisor.whichChildren), "b")
      })
  )

  it.effect("all_significant: ends with the last one", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const supervisor = yield* start({
        name: "s",
        autoShutdown: "all_significant",
        report: probe.report,
        children: [probe.child("a"), probe.child("b", significant), probe.child("c", significant)]
      })
      yield* probe.end("b", "shutdown")
      assert.strictEqual(listed(yield* supervisor.whichChildren), "a (b) c")
      probe.takeLog()
      yield* probe.end("c", "normal")
      assert.strictEqual(probe.takeLog(), "-a")
    })
  )

  it.effect("does not end when a significant child is terminated on request", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const supervisor = yield* start({
        name: "s",
        autoShutdown: "any_significant",
        report: probe.report,
        children: [probe.child("a"), probe.child("b", significant)]
      })
      yield* supervisor.terminateChild("b")
      yield* settle
      assert.strictEqual(listed(yield* supervisor.whichChildren), "a (b)")
    })
  )

  it.effect("goes up the tree through significant supervisors", () =>
    Effect.gen(function* () {
      const probe = makeProbe()
      const { report } = probe
      const inner = supervisorChild(
        {
          name: "inner",
          autoShutdown: "any_significant",
          report,
          children: [probe.child("x", significant)]
        },
        significant
      )
      const outer = yield* start({
        name: "outer",
        autoShutdown: "any_significant",
        report,
        children: [probe.child("a"), inner]
      })
      probe.takeLog()
      yield* probe.end("x", "normal")
      assert.strictEqual(probe.takeLog(), "-a")
      assert.deepStrictEqual(yield* outer.awaitExit, { _tag: "Shutdown" })
    })
  )
})
