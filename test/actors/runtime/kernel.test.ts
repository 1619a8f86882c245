/** The kernel's promises on a small desk, over many seeds. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import type { FaultPoint } from "../../../src/actors/runtime/handle.ts"
import { verifyRecords } from "../../../src/actors/runtime/verify.ts"
import { uniformAt } from "../../../src/domain/chance.ts"
import { ToyVenue, toyPlan } from "./toyDesk.ts"
import { liveOnce, type ToyWorld, toyWorld } from "./toySession.ts"

const seeds = Array.from({ length: 40 }, (_, index) => index + 1)
const quotes = 450

const verify = (world: ToyWorld) =>
  verifyRecords(toyPlan(world.seed, new ToyVenue(), world.tree), world.codec, (from) =>
    world.journal.records().filter(({ seq }) => seq >= from)
  )

describe("Kernel, straight host", () => {
  it.effect("writes one chain for one seed, whatever the commit and snapshot sizes", () =>
    Effect.gen(function* () {
      for (const seed of seeds.slice(0, 15)) {
        const one = yield* liveOnce(toyWorld(seed, quotes), { commitRecordsMax: 1 })
        const other = yield* liveOnce(toyWorld(seed, quotes), {
          commitRecordsMax: 1 + Math.floor(uniformAt(seed, 7) * 900),
          snapshotRecords: 37
        })
        assert.strictEqual(one.head, other.head, `seed ${seed}`)
        assert.strictEqual(one.state, other.state, `seed ${seed}`)
        assert.isAbove(one.records, quotes)
      }
    })
  )

  it.effect("re-decides every record of its journal", () =>
    Effect.gen(function* () {
      for (const seed of seeds.slice(0, 15)) {
        const world = toyWorld(seed, quotes)
        const run = yield* liveOnce(world)
        const verification = verify(world)
        assert.isUndefined(verification.difference, `seed ${seed}`)
        assert.strictEqual(verification.stateHash, run.state, `seed ${seed}`)
        assert.strictEqual(verification.records, run.records)
      }
    })
  )
})

const points: ReadonlyArray<FaultPoint> = ["mailbox", "evolve", "decide", "accept"]
const actors = ["ticker", "sender", "checker", "wisher", "watcher"]

/** Crashes by chance, `share` of all boundaries; each record at most `most` times per actor. */
const chaos = (seed: number, share: number, most: number) => {
  const crashes = new Map<string, number>()
  let draw = 0
  return (
    point: FaultPoint,
    actor: string,
    record: { readonly seq: number; readonly type: string }
  ) => {
    if (uniformAt(seed, draw++, points.indexOf(point), actors.indexOf(actor)) >= share) return
    const key = `${actor} ${record.seq}`
    const count = crashes.get(key) ?? 0
    if (count >= most) return
    crashes.set(key, count + 1)
    throw new Error(`injected at ${point}`)
  }
}

describe("Kernel under crashes", () => {
  it.effect("ends as an uninterrupted run where every restart was immediate", () =>
    Effect.gen(function* () {
      for (const seed of seeds) {
        const calm = yield* liveOnce(toyWorld(seed, quotes))
        let crashed = 0
        const world = toyWorld(seed, quotes)
        let lastMs = 0
        const fault = chaos(seed, 0.004, 1)
        const run = yield* liveOnce(world, {
          fault: (point, actor, record) => {
            if (record.logicalTimeMs - lastMs < 60) return
            try {
              fault(point, actor, record)
            } catch (thrown) {
              lastMs = record.logicalTimeMs
              crashed++
              throw thrown
            }
          }
        })
        assert.isAbove(crashed, 0, `seed ${seed}`)
        assert.strictEqual(run.state, calm.state, `seed ${seed}`)
        assert.isUndefined(verify(world).difference, `seed ${seed}`)
      }
    })
  )

  it.effect("ends in the state of its replay, through delays, walks and repeated crashes", () =>
    Effect.gen(function* () {
      let downs = 0
      for (const seed of seeds) {
        const world = toyWorld(seed, quotes)
        const run = yield* liveOnce(world, { fault: chaos(seed, 0.01, 2) })
        const verification = verify(world)
        assert.isUndefined(verification.difference, `seed ${seed}`)
        assert.strictEqual(verification.stateHash, run.state, `seed ${seed}`)
        downs += world.journal.records().filter(({ type }) => type === "ActorDown").length
        for (const [id, times] of world.venue.effects) assert.strictEqual(times, 1, `${seed} ${id}`)
      }
      assert.isAbove(downs, seeds.length)
    })
  )

  it.effect("folds back to the state it ended in, from record 0 and from a snapshot", () =>
    Effect.gen(function* () {
      for (const seed of seeds) {
        const world = toyWorld(seed, quotes)
        const run = yield* liveOnce(world, { fault: chaos(seed, 0.01, 2), snapshotRecords: 150 })
        const again = yield* liveOnce(world, { fault: () => {} })
        assert.strictEqual(again.state, run.state, `seed ${seed}`)
      }
    })
  )

  it.effect("quarantines a message that crashes its actor again and again, and replays so", () =>
    Effect.gen(function* () {
      for (const seed of seeds.slice(0, 20)) {
        const world = toyWorld(seed, quotes)
        const run = yield* liveOnce(world, {
          fault: (_, actor, record) => {
            if (actor === "wisher" && record.type === "Tick" && record.seq % 5 === 0) {
              throw new Error("poison")
            }
          }
        })
        const records = world.journal.records()
        assert.isTrue(
          records.some(({ type }) => type === "MessageQuarantined"),
          `seed ${seed}`
        )
        const verification = verify(world)
        assert.isUndefined(verification.difference, `seed ${seed}`)
        assert.strictEqual(verification.stateHash, run.state, `seed ${seed}`)
      }
    })
  )

  it.effect("halts a money-bearing actor on a poison message instead of skipping it", () =>
    Effect.gen(function* () {
      const world = toyWorld(3, quotes)
      const run = yield* liveOnce(world, {
        fault: (_, actor, record) => {
          if (actor === "sender" && record.type === "Answer") throw new Error("poison")
        }
      })
      const records = world.journal.records()
      assert.isFalse(records.some(({ type }) => type === "MessageQuarantined"))
      assert.isTrue(run.book.kernel.ledger.down.has("sender"))
      assert.isTrue(run.book.kernel.ledger.down.has("checker"))
    })
  )
})

describe("Kernel killed and resumed", () => {
  it.effect("ends in the state of an uninterrupted run, with no request performed twice", () =>
    Effect.gen(function* () {
      let killed = 0
      for (const seed of seeds) {
        const calm = yield* liveOnce(toyWorld(seed, quotes))
        const world = toyWorld(seed, quotes)
        let kills = 0
        for (let life = 0; ; life++) {
          const exit = yield* Effect.exit(
            liveOnce(world, {
              commitRecordsMax: 17,
              snapshotRecords: 120,
              killAfterCommit: (timeMs) => life < 6 && uniformAt(seed, life, timeMs) < 0.05
            })
          )
          if (Exit.isSuccess(exit)) {
            assert.strictEqual(exit.value.state, calm.state, `seed ${seed}`)
            break
          }
          kills++
          world.journal.crash()
        }
        killed += kills
        assert.isUndefined(verify(world).difference, `seed ${seed}`)
        for (const [id, times] of world.venue.effects) assert.strictEqual(times, 1, `${seed} ${id}`)
      }
      assert.isAbove(killed, seeds.length)
    })
  )
})
