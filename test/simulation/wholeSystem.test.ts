/** Every promise over seeds of every scenario; seeds that once broke one are named. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Fault } from "../../src/domain/chaos/faults.ts"
import { scenarios } from "../../src/simulation/faultPlan.ts"
import { runPlan } from "../../src/simulation/runPlan.ts"
import { runSeed } from "../../src/simulation/simulator.ts"
import { loadStage, stageOf } from "../../src/simulation/stage.ts"
import { found } from "./foundPlans.ts"

const seeds = 12

describe("The whole desk on virtual time", () => {
  for (const { name, about } of scenarios) {
    it.live(`keeps every promise under "${name}": ${about}`, () =>
      Effect.scoped(
        Effect.gen(function* () {
          const stage = yield* loadStage()
          for (let seed = 1; seed <= seeds; seed++) {
            const { breach } = yield* runSeed(stage, seed, name)
            const said = `${breach?.invariant}: ${breach?.why}`
            assert.isUndefined(breach, `simulate --seeds ${seed} --scenario ${name}: ${said}`)
          }
        })
      )
    )
  }

  for (const scenario of ["anything", "kafka", "wire"]) {
    it.live(`comes to one state for one seed of "${scenario}"`, () =>
      Effect.scoped(
        Effect.gen(function* () {
          const stage = yield* loadStage()
          const [once, again] = [
            yield* runSeed(stage, 19, scenario),
            yield* runSeed(stage, 19, scenario)
          ]
          assert.deepStrictEqual(again, once)
        })
      )
    )
  }
})

describe("How long the process was away", () => {
  const restartMs = 30_000
  const takeoverMs = 31_000
  const at = (minutes: number): Fault => ({
    _tag: "ProcessKill",
    atMs: minutes * 60_000,
    point: "after request",
    unsynced: "all"
  })
  const awayOn = Effect.fnUntraced(function* (
    journal: "file" | "kafka",
    more: ReadonlyArray<Fault>
  ) {
    const stage = stageOf(yield* loadStage(), 1, journal)
    const plan = [at(8), ...more, at(20)]
    return (yield* runPlan(stage, 1, plan)).recovery.times
  })

  it.live("is its start on files, and the old writer's lease besides on Kafka", () =>
    Effect.scoped(
      Effect.gen(function* () {
        for (const [journal, openingMs] of [
          ["file", 0],
          ["kafka", takeoverMs]
        ] as const) {
          const times = yield* awayOn(journal, [])
          const awayMs = restartMs + openingMs
          const expected = { times: 2, totalMs: 2 * awayMs, worstMs: awayMs }
          assert.deepStrictEqual(times.get("process"), expected)
          const decided = times.get("process, to a decision")
          assert.isAbove(decided!.totalMs, expected.totalMs)
        }
      })
    )
  )

  it.live("grows by what a slow disk makes its opening wait", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const slow = { atMs: 1_190_000, forMs: 300_000, syncMs: 7_000 }
        const times = yield* awayOn("kafka", [{ _tag: "SlowDisk", ...slow }])
        assert.isAtLeast(times.get("process")!.worstMs, restartMs + takeoverMs + 7_000)
      })
    )
  )

  it.live("is told for a rival from its try to its first record", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const rival = { atMs: 600_000, forMs: 60_000, point: "in commit" } as const
        const times = yield* awayOn("kafka", [{ _tag: "Rival", ...rival }])
        assert.strictEqual(times.get("rival")?.times, 1)
        assert.strictEqual(times.get("rival")?.totalMs, takeoverMs)
      })
    )
  )
})

describe("A seed that broke a promise once", () => {
  for (const { scenario, seed, what, plan, broker = "simulated" } of found) {
    it.live(`${what} (${scenario} ${seed})`, () =>
      Effect.scoped(
        Effect.gen(function* () {
          const stage = stageOf(yield* loadStage(), seed, undefined, broker)
          const { breach, struck } = yield* runPlan(stage, seed, plan)
          assert.isUndefined(breach, `${breach?.invariant}: ${breach?.why}`)
          assert.isAbove(struck.size, 0)
        })
      )
    )
  }
})
