/** Failures of other platforms: each a plan that the whole desk goes through, or a test elsewhere that still is there. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { runPlan } from "../../src/simulation/runPlan.ts"
import { loadStage, stageOf } from "../../src/simulation/stage.ts"
import { byPlan, elsewhere } from "./publicFailures.ts"

/** Sessions in which the desk trades: one with its book on the disk, one with it on Kafka. */
const seeds = [4, 3]

describe("A failure of another platform", () => {
  for (const { issues, failure, here, plan, strikes } of byPlan) {
    it.live(`${issues}, ${failure}: ${here}`, () =>
      Effect.scoped(
        Effect.gen(function* () {
          const whole = yield* loadStage()
          let [orders, fills] = [0, 0]
          const struck = new Set<string>()
          for (const seed of seeds) {
            const sorted = [...plan].sort((a, b) => a.atMs - b.atMs)
            const outcome = yield* runPlan(stageOf(whole, seed), seed, sorted)
            const { breach } = outcome
            assert.isUndefined(breach, `seed ${seed}: ${breach?.invariant}: ${breach?.why}`)
            for (const kind of outcome.struck) struck.add(kind)
            orders += outcome.orders
            fills += outcome.fills
          }
          assert.isAbove(orders, 0)
          assert.isAbove(fills, 0)
          for (const kind of strikes) assert.isTrue(struck.has(kind), `${kind} never struck`)
        })
      )
    )
  }

  for (const { issues, failure, file, test } of elsewhere) {
    it(`${issues}, ${failure}: is tested by ${file}`, () => {
      assert.include(readFileSync(join(import.meta.dirname, "../..", file), "utf8"), test)
    })
  }
})
