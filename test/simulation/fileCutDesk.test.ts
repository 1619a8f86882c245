/** The real desk on a file that is cut in its unsynced tail: nothing is lost that anyone has seen, nothing is done twice. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { uniformAt } from "../../src/domain/chance.ts"
import { conservesMoney, ordersOnce } from "./deskPromises.ts"
import { live, makeDeskStorage, verifyDeskRecords } from "./deskSimulation.ts"
import { type CutPlan, makeCuttableJournal } from "./fileCut.ts"
import { smallSettings as settings, smallStage } from "./smallSession.ts"

const seeds = 3
const cutsMax = 5

describe("The desk on a file cut in its unsynced tail", () => {
  it.live("ends in the state of an uninterrupted run, with each order sent once", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const stage = yield* smallStage()
        const calm = yield* live(makeDeskStorage(stage, settings))
        let cuts = 0
        for (let seed = 1; seed <= seeds; seed++) {
          const storage = makeDeskStorage(stage, settings)
          const file = makeCuttableJournal(storage.codec, settings.book, 1_000_000)
          for (let life = 0; ; life++) {
            const plan: CutPlan = (sync) =>
              life < cutsMax && sync === 2 + Math.floor(uniformAt(seed, life, 7) * 6)
                ? (unsyncedBytes) => ({
                    _tag: "Prefix",
                    bytes: Math.floor(uniformAt(seed, life) * (unsyncedBytes + 1))
                  })
                : undefined
            const exit = yield* Effect.exit(
              live(
                { ...storage, journal: file.life(plan) },
                { commitRecordsMax: 700, snapshotRecords: 2_500 }
              )
            )
            const label = `seed ${seed}, life ${life}`
            if (Exit.isFailure(exit)) {
              cuts++
              continue
            }
            const records = yield* file.records
            const { difference, stateHash } = verifyDeskRecords(storage, records)
            assert.isUndefined(difference, label)
            assert.strictEqual(stateHash, exit.value.state, label)
            assert.strictEqual(exit.value.state, calm.state, label)
            ordersOnce(records, label)
            assert.isTrue(records.some(({ type }) => type === "TradeFilled"))
            conservesMoney(records, label)
            break
          }
        }
        assert.isAtLeast(cuts, seeds * 3)
      })
    )
  )
})
