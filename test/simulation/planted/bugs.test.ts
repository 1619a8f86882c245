/** A bug planted in any layer is caught by a named promise within its seeds; the same seeds pass once it is removed. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { runSeed } from "../../../src/simulation/simulator.ts"
import { loadStage } from "../../../src/simulation/stage.ts"
import { bugs } from "./bugs.ts"

describe("A planted bug", () => {
  for (const { layer, defect, breaks, scenario, seeds, parts } of bugs) {
    it.live(`of the ${layer}, "${defect}", is caught within ${seeds} seeds`, () =>
      Effect.scoped(
        Effect.gen(function* () {
          const stage = yield* loadStage()
          for (let seed = 1; seed <= seeds; seed++) {
            const { breach } = yield* runSeed(stage, seed, scenario, { parts: parts() })
            if (breach === undefined) continue
            const said = `seed ${seed}: ${breach.invariant}: ${breach.why}`
            assert.include(breaks, breach.invariant, said)
            const sound = yield* runSeed(stage, seed, scenario)
            assert.isUndefined(sound.breach, `seed ${seed} without it`)
            return
          }
          assert.fail(`it survives seeds 1 to ${seeds} of ${scenario}`)
        })
      )
    )
  }
})
