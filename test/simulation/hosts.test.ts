/** The two hosts on the real desk: one chain, whatever the fibers' scheduling and the size of commits. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Scheduler } from "effect/Scheduler"
import type { FaultHook } from "../../src/actors/runtime/handle.ts"
import { makeLiveHost } from "../../src/actors/runtime/LiveHost.ts"
import { nameHash, uniformAt } from "../../src/domain/chance.ts"
import { RandomScheduler } from "../actors/runtime/randomScheduler.ts"
import { ordersOnce, replaysToItself } from "./deskPromises.ts"
import { type LifeOptions, live, makeDeskStorage } from "./deskSimulation.ts"
import { smallSettings as settings, smallStage } from "./smallSession.ts"

const fibers =
  (quoteBatchMax: number, fault?: FaultHook): NonNullable<LifeOptions["host"]> =>
  (book, rewindMarket) =>
    makeLiveHost(book, {
      mailboxCapacity: 4,
      quoteBatchMax,
      rewindMarket,
      ...(fault !== undefined && { fault })
    })

/** Crashes each boundary that chance chooses once, quotes among them seldom: the same on every host. */
const onceEach = (seed: number): FaultHook & { count: () => number } => {
  const struck = new Set<string>()
  const hook: FaultHook = (point, actor, record) => {
    const share = record.type === "Quote" ? 0.00002 : 0.01
    const boundary = `${point} ${actor}`
    if (uniformAt(seed, nameHash(boundary), record.seq) >= share) return
    const key = `${boundary} ${record.seq}`
    if (struck.has(key)) return
    struck.add(key)
    throw new Error(`injected at ${point}`)
  }
  return Object.assign(hook, { count: () => struck.size })
}

describe("The desk on fibers", () => {
  it.live("writes the straight host's chain under random scheduling and any commit size", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const stage = yield* smallStage()
        const straight = yield* live(makeDeskStorage(stage, settings))
        for (let seed = 1; seed <= 3; seed++) {
          const run = yield* live(makeDeskStorage(stage, settings), {
            host: fibers(1 + Math.floor(uniformAt(seed, 1) * 200)),
            commitRecordsMax: 1 + Math.floor(uniformAt(seed, 2) * 2_000),
            snapshotRecords: 1_000 * seed
          }).pipe(Effect.provideService(Scheduler, new RandomScheduler(seed)))
          assert.strictEqual(run.head, straight.head, `seed ${seed}`)
          assert.strictEqual(run.state, straight.state, `seed ${seed}`)
        }
      })
    )
  )

  it.live("writes the straight host's chain through crashes, delays and walks", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const stage = yield* smallStage()
        let crashes = 0
        for (let seed = 1; seed <= 4; seed++) {
          const faults = onceEach(seed)
          const straight = yield* live(makeDeskStorage(stage, settings), { fault: faults })
          const storage = makeDeskStorage(stage, settings)
          const run = yield* live(storage, {
            host: fibers(1 + 60 * seed, onceEach(seed)),
            commitRecordsMax: 1 + 300 * seed
          }).pipe(Effect.provideService(Scheduler, new RandomScheduler(seed)))
          assert.strictEqual(run.head, straight.head, `seed ${seed}`)
          assert.strictEqual(run.state, straight.state, `seed ${seed}`)
          replaysToItself(storage, run, `seed ${seed}`)
          const records = storage.journal.records()
          ordersOnce(records, `seed ${seed}`)
          assert.isTrue(records.some(({ type }) => type === "OrderIntent"))
          crashes += faults.count()
        }
        assert.isAbove(crashes, 12)
      })
    )
  )
})
