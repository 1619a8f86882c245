/** The live host against the straight one: the same chain, whatever the fibers' scheduling. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Scheduler } from "effect/Scheduler"
import { makeLiveHost } from "../../../src/actors/runtime/LiveHost.ts"
import { uniformAt } from "../../../src/domain/chance.ts"
import { RandomScheduler } from "./randomScheduler.ts"
import { onceEach } from "./toyFaults.ts"
import { liveOnce, type ToyOptions, toyWorld } from "./toySession.ts"

const live =
  (quoteBatchMax: number): NonNullable<ToyOptions["host"]> =>
  (book, market, fault) =>
    makeLiveHost(book, {
      mailboxCapacity: 4,
      quoteBatchMax,
      rewindMarket: (sourceSeq) => market.resumeAfter(sourceSeq),
      ...(fault !== undefined && { fault })
    })

const quotes = 300

describe("LiveHost", () => {
  it.live("writes the straight host's chain under random scheduling of its fibers", () =>
    Effect.gen(function* () {
      for (let seed = 1; seed <= 20; seed++) {
        const straight = yield* liveOnce(toyWorld(seed, quotes))
        const world = toyWorld(seed, quotes)
        const run = yield* liveOnce(world, {
          host: live(1 + (seed % 13)),
          commitRecordsMax: 1 + Math.floor(uniformAt(seed, 3) * 80)
        }).pipe(Effect.provideService(Scheduler, new RandomScheduler(seed)))
        assert.strictEqual(run.head, straight.head, `seed ${seed}`)
        assert.strictEqual(run.state, straight.state, `seed ${seed}`)
      }
    })
  )

  it.live("writes the straight host's chain through crashes, delays and walks", () =>
    Effect.gen(function* () {
      let restarts = 0
      for (let seed = 1; seed <= 20; seed++) {
        const straight = yield* liveOnce(toyWorld(seed, quotes), { fault: onceEach(seed, 0.02) })
        const run = yield* liveOnce(toyWorld(seed, quotes), {
          host: live(9),
          fault: onceEach(seed, 0.02)
        }).pipe(Effect.provideService(Scheduler, new RandomScheduler(seed)))
        assert.strictEqual(run.head, straight.head, `seed ${seed}`)
        assert.strictEqual(run.state, straight.state, `seed ${seed}`)
        restarts += run.restarts
      }
      assert.isAbove(restarts, 40)
    })
  )
})
