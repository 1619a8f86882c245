/** Every promise over seeds of every scenario; seeds that once broke one are named. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { scenarios } from "../../src/simulation/faultPlan.ts"
import { runPlan } from "../../src/simulation/runPlan.ts"
import { runSeed } from "../../src/simulation/simulator.ts"
import { loadStage, stageOf } from "../../src/simulation/stage.ts"
import { found } from "./foundPlans.ts"

/** Fewer over sockets, which take their own time. */
const seedsOf = (scenario: string): number => (scenario === "wire" ? 4 : 12)

describe("The whole desk on virtual time", () => {
  for (const { name, about } of scenarios) {
    it.live(`keeps every promise under "${name}": ${about}`, () =>
      Effect.scoped(
        Effect.gen(function* () {
          const stage = yield* loadStage()
          for (let seed = 1; seed <= seedsOf(name); seed++) {
            const { breach } = yield* runSeed(stage, seed, name)
            const said = `${breach?.invariant}: ${breach?.why}`
            assert.isUndefined(breach, `simulate --seeds ${seed} --scenario ${name}: ${said}`)
          }
        })
      )
    )
  }

  it.live("comes to one state for one seed", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const stage = yield* loadStage()
        const [once, again] = [
          yield* runSeed(stage, 19, "anything"),
          yield* runSeed(stage, 19, "anything")
        ]
        assert.strictEqual(again.state, once.state)
        assert.deepStrictEqual([...again.checked], [...once.checked])
      })
    )
  )
})

describe("A seed that broke a promise once", () => {
  for (const { scenario, seed, what, plan } of found) {
    it.live(`${what} (${scenario} ${seed})`, () =>
      Effect.scoped(
        Effect.gen(function* () {
          const { breach, struck } = yield* runPlan(stageOf(yield* loadStage(), seed), seed, plan)
          assert.isUndefined(breach, `${breach?.invariant}: ${breach?.why}`)
          assert.isAbove(struck.size, 0)
        })
      )
    )
  }
})
