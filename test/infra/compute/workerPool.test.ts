import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Result } from "effect"
import { Simulation, type SimulationProgress } from "../../../src/actors/ports/Simulation.ts"
import { simulate } from "../../../src/domain/pricing/exotics/estimate.ts"
import type { SimulationTask } from "../../../src/domain/pricing/exotics/simulation.ts"
import * as workerPool from "../../../src/infra/compute/workerPool.ts"

const task: SimulationTask = {
  product: {
    _tag: "Accumulator",
    strike: 92,
    knockOutBarrier: 106,
    quantityPerFixing: 10,
    gear: 2,
    fixingTimesYears: Array.from({ length: 21 }, (_, k) => (k + 1) / 252)
  },
  dynamics: {
    _tag: "Heston",
    spot: 100,
    riskFreeRate: 0.03,
    dividendYield: 0.01,
    initialVariance: 0.04,
    longRunVariance: 0.05,
    meanReversion: 2,
    volatilityOfVariance: 0.6,
    correlation: -0.6,
    stepYearsMax: 1 / 252
  },
  sampling: "Sobol",
  seed: 11,
  replicates: 8,
  pathsPerReplicate: 256,
  pathsPerBlock: 64,
  greeks: true
}

/** Blocks of several seconds each: nothing that finishes by itself while a test waits. */
const long: SimulationTask = {
  ...task,
  replicates: 64,
  pathsPerReplicate: 2 ** 22,
  pathsPerBlock: 2 ** 19
}

const on = (threads: number) => Effect.provide(workerPool.layer({ threads }))

const simulated = (wanted: SimulationTask) =>
  Effect.flatMap(Simulation, (service) => service.simulate(wanted))

describe("Simulation on worker threads", () => {
  it.live("gives the same bits on 1, 2 and 3 threads as on the calling one", () =>
    Effect.gen(function* () {
      const here = Result.getOrThrow(simulate(task))
      assert.isAbove(here.standardError, 0)
      for (const threads of [1, 2, 3]) {
        assert.deepStrictEqual(yield* simulated(task).pipe(on(threads)), here)
      }
    })
  )

  it.live("keeps two runs at the same time apart", () =>
    Effect.gen(function* () {
      const other = { ...task, seed: 12 }
      const both = yield* Effect.all([simulated(task), simulated(other)], { concurrency: 2 }).pipe(
        on(2)
      )
      assert.deepStrictEqual(both, [
        Result.getOrThrow(simulate(task)),
        Result.getOrThrow(simulate(other))
      ])
    })
  )

  it.live("reports every block once, in order", () =>
    Effect.gen(function* () {
      const seen: Array<SimulationProgress> = []
      const { simulate } = yield* Simulation
      yield* simulate(task, {
        onProgress: (progress) => Effect.sync(() => void seen.push(progress))
      })
      const expected = Array.from({ length: 32 }, (_, k) => ({ blocksDone: k + 1, blockCount: 32 }))
      assert.deepStrictEqual(seen, expected)
    }).pipe(on(2))
  )

  it.live("stops when interrupted, frees its threads and goes on working", () =>
    Effect.gen(function* () {
      const { simulate: run } = yield* Simulation
      const begun = yield* Deferred.make<void>()
      const quick = { ...long, pathsPerBlock: 1024 }
      const fiber = yield* Effect.forkChild(
        run(quick, { onProgress: () => Deferred.succeed(begun, undefined) })
      )
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      const stuck = yield* Effect.forkChild(run(long))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(stuck)
      assert.deepStrictEqual(yield* run(task), Result.getOrThrow(simulate(task)))
    }).pipe(on(2))
  )

  it.effect("refuses a task that is not valid, naming the field", () =>
    Effect.gen(function* () {
      const refused = yield* Effect.flip(simulated({ ...task, replicates: 1 }))
      assert.strictEqual(refused.message, "replicates is 1; allowed: 4 or more")
    }).pipe(on(1))
  )
})
