/** Failures of other platforms: each a plan that the whole desk goes through, or a test elsewhere that still is there. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { runPlan } from "../../src/simulation/runPlan.ts"
import { loadStage, stageOf } from "../../src/simulation/stage.ts"
import { apart, byPlan, elsewhere } from "./publicFailures.ts"

/** Sessions in which the desk trades: one with its book on the disk, one with it on Kafka. */
const seeds = [4, 3]

describe("A failure of another platform", () => {
  for (const { issues, failure, here, plan, strikes, lives } of byPlan) {
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
            if (lives !== undefined) assert.strictEqual(outcome.lives, lives)
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

/** Every thread that was gone through, by tracker. */
const threads: Readonly<Record<string, ReadonlyArray<number>>> = {
  N: [
    ...[838, 1130, 1533, 1933, 2609, 3046, 3176, 3493, 3550, 3560, 3715, 3796, 3878, 3933, 3968],
    ...[4412, 4557, 4634, 4707, 4958, 4991, 5000, 5041]
  ],
  L: [2504, 2916, 3174, 3297, 7048, 7518, 9292, 9496],
  "L IB": [80, 129, 136, 186, 227, 246, 247, 249]
}

/** "N #1, #2; L IB #3" as tracker and number. */
const namesOf = (issues: string): ReadonlyArray<string> =>
  issues.split("; ").flatMap((group) => {
    const tracker = group.slice(0, Math.max(0, group.indexOf(" #")))
    return [...group.matchAll(/#(\d+)/g)].map(([, number]) => `${tracker} ${number}`)
  })

describe("The list of public failures", () => {
  it("has each thread that was gone through in the table, or apart with the reason", () => {
    const listed = new Set(
      [...byPlan, ...elsewhere, ...apart].flatMap(({ issues }) => namesOf(issues))
    )
    const missing = Object.entries(threads)
      .flatMap(([tracker, numbers]) => numbers.map((number) => `${tracker} ${number}`))
      .filter((name) => !listed.has(name))
    assert.deepStrictEqual(missing, [])
  })
})
