/** The crash proof for a range of seeds; two test files share the seeds, so that two cores do. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { kills, loneCrashes, manyCrashes } from "./crashPlans.ts"
import { conservesMoney, ordersOnce, replaysToItself } from "./deskPromises.ts"
import { type LifeResult, live, makeDeskStorage, type Stage } from "./deskSimulation.ts"
import { smallSettings, smallStage } from "./smallSession.ts"

const calmRun = Effect.fnUntraced(function* (stage: Stage) {
  const storage = makeDeskStorage(stage, smallSettings)
  const run = yield* live(storage)
  const records = storage.journal.records()
  assert.isTrue(
    records.some(({ type }) => type === "TradeFilled"),
    "the slice must trade"
  )
  replaysToItself(storage, run, "calm")
  return run
})

export const proveCrashes = (from: number, to: number): void => {
  describe(`Desk under crashes, seeds ${from} to ${to}`, () => {
    it.live("keeps every promise at each of them", () =>
      Effect.scoped(
        Effect.gen(function* () {
          const stage = yield* smallStage()
          const calm = yield* calmRun(stage)
          let struck = 0
          for (let seed = from; seed <= to; seed++) struck += yield* proveSeed(stage, calm, seed)
          assert.isAbove(struck, to - from)
        })
      )
    )
  })
}

/** Returns how many crashes and kills it saw. */
const proveSeed = (stage: Stage, calm: LifeResult, seed: number): Effect.Effect<number> =>
  Effect.gen(function* () {
    const storage = makeDeskStorage(stage, smallSettings)
    const kind = seed % 4
    const label = `seed ${seed}`
    const lone = loneCrashes(seed, 0.05, 90_000)
    const fault = kind === 0 ? lone : manyCrashes(seed, 0.006, 2)
    let killed = 0
    for (let life = 0; ; life++) {
      const kill = kills(seed, life, kind === 0 || kind === 1 ? 0 : 4, 0.06)
      const exit = yield* Effect.exit(
        live(storage, {
          kill,
          commitRecordsMax: 1 + ((seed * 7919) % 3000),
          snapshotRecords: 500 + ((seed * 104_729) % 6000),
          ...(kind !== 2 && { fault })
        })
      )
      if (Exit.isFailure(exit)) {
        killed++
        assert.isBelow(killed, 50, `${label} never ends`)
        storage.journal.crash()
        continue
      }
      const run = exit.value
      const records = storage.journal.records()
      replaysToItself(storage, run, label)
      ordersOnce(records, label)
      conservesMoney(records, label)
      if (kind === 0 || kind === 2) assert.strictEqual(run.state, calm.state, label)
      return killed + run.restarts
    }
  })
