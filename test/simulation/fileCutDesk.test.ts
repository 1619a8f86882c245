/** The real desk on a file that is cut in its unsynced tail: nothing is lost that anyone has seen, nothing is done twice. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit } from "effect"
import { Scheduler } from "effect/Scheduler"
import { JournalUnavailable } from "../../src/actors/ports/Journal.ts"
import { makeLiveHost } from "../../src/actors/runtime/LiveHost.ts"
import { uniformAt } from "../../src/domain/chance.ts"
import { RandomScheduler } from "../actors/runtime/randomScheduler.ts"
import { manyCrashes } from "./crashPlans.ts"
import { conservesMoney, ordersOnce } from "./deskPromises.ts"
import {
  type LifeOptions,
  live,
  makeDeskStorage,
  type Stage,
  verifyDeskRecords
} from "./deskSimulation.ts"
import { type CutPlan, makeCuttableJournal } from "./fileCut.ts"
import { smallSettings as settings, smallStage } from "./smallSession.ts"

const cutsMax = 5

/** In each of the first lives, one of the first syncs leaves any number of the bytes it was to make durable. */
const cutEarly =
  (seed: number, life: number): CutPlan =>
  (sync) =>
    life < cutsMax && sync === 2 + Math.floor(uniformAt(seed, life, 7) * 6)
      ? (unsyncedBytes) => ({
          _tag: "Prefix",
          bytes: Math.floor(uniformAt(seed, life) * (unsyncedBytes + 1))
        })
      : undefined

/** Life after life to the session's end, and its promises. */
const surviving = Effect.fnUntraced(function* (stage: Stage, seed: number, options: LifeOptions) {
  const storage = makeDeskStorage(stage, settings)
  const file = makeCuttableJournal(storage.codec, settings.book, 200_000)
  for (let life = 0; ; life++) {
    const journal = file.life(cutEarly(seed, life))
    const exit = yield* Effect.exit(
      live(
        { ...storage, journal },
        { commitRecordsMax: 100 + 200 * seed, snapshotRecords: 900, ...options }
      ).pipe(Effect.provideService(Scheduler, new RandomScheduler(100 * seed + life)))
    )
    const label = `seed ${seed}, life ${life}`
    if (Exit.isFailure(exit)) {
      assert.instanceOf(Cause.squash(exit.cause), JournalUnavailable, label)
      continue
    }
    const records = yield* file.records
    const { difference, stateHash } = verifyDeskRecords(storage, records)
    assert.isUndefined(difference, label)
    assert.strictEqual(stateHash, exit.value.state, label)
    ordersOnce(records, label)
    conservesMoney(records, label)
    assert.isTrue(records.some(({ type }) => type === "TradeFilled"))
    return { ...exit.value, cuts: life }
  }
})

describe("The desk on a file cut in its unsynced tail", () => {
  it.live("ends in the state of an uninterrupted run, with each order sent once", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const stage = yield* smallStage()
        const calm = yield* live(makeDeskStorage(stage, settings))
        let cuts = 0
        for (let seed = 1; seed <= 3; seed++) {
          const run = yield* surviving(stage, seed, {})
          assert.strictEqual(run.state, calm.state, `seed ${seed}`)
          cuts += run.cuts
        }
        assert.isAtLeast(cuts, 9)
      })
    )
  )

  it.live("keeps its promises on fibers whose actors crash as well", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const stage = yield* smallStage()
        let cuts = 0
        let restarts = 0
        for (let seed = 1; seed <= 3; seed++) {
          const fault = manyCrashes(seed, 0.01, 1)
          const run = yield* surviving(stage, seed, {
            host: (book, rewindMarket) =>
              makeLiveHost(book, {
                mailboxCapacity: 4,
                quoteBatchMax: 40 * seed,
                rewindMarket,
                fault
              })
          })
          cuts += run.cuts
          restarts += run.restarts
        }
        assert.isAtLeast(cuts, 9)
        assert.isAbove(restarts, 20)
      })
    )
  )
})
