/** The toy desk on files that go once two snapshots stand for them. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { oldestBeginning } from "../../../src/actors/runtime/bookSnapshot.ts"
import { verifyRecords } from "../../../src/actors/runtime/verify.ts"
import { uniformAt } from "../../../src/domain/chance.ts"
import type { JournalRecord } from "../../../src/domain/journal/record.ts"
import { makeFileJournal } from "../../../src/infra/journal/file/FileJournal.ts"
import { SimulatedDisk } from "../../../src/infra/journal/file/simulatedDisk.ts"
import type { MemoryJournal } from "../../../src/infra/journal/memory.ts"
import { ToyVenue, toyPlan } from "./toyDesk.ts"
import { liveOnce, type ToyOptions, toyWorld } from "./toySession.ts"

const seeds = [3, 4, 5, 6]
const quotes = 900
const retained: ToyOptions = { commitRecordsMax: 17, snapshotRecords: 120, retain: "snapshots" }

const onFiles = (seed: number) => {
  const world = toyWorld(seed, quotes)
  const disk = new SimulatedDisk()
  const at = { directory: "/data", book: "toy", segmentBytesMax: 4_096, disk }
  return { ...world, disk, journal: makeFileJournal(world.codec, at) }
}

type World = ReturnType<typeof onFiles>

/** Decides everything again that is left, changed by `forge`. */
const verified = (world: World, forge = (record: JournalRecord) => record) =>
  Effect.gen(function* () {
    const reader = yield* world.journal.openReader
    const beginning = yield* oldestBeginning(world.journal, reader.firstSeq())
    const records = [...reader.read(0)].map(forge)
    const plan = toyPlan(world.seed, new ToyVenue(), world.tree)
    const read = (from: number) => records.filter(({ seq }) => seq >= from)
    return { ...verifyRecords(plan, world.codec, read, beginning), beginning, records }
  })

const chaos =
  (seed: number): NonNullable<ToyOptions["fault"]> =>
  (point, actor, record) => {
    if (uniformAt(seed, record.seq, actor.length, point.length) < 0.004) throw new Error("chaos")
  }

describe("A book whose old records go", () => {
  it.effect("ends as one that keeps them, killed and crashed on the way", () =>
    Effect.gen(function* () {
      for (const seed of seeds) {
        const calm = yield* liveOnce(toyWorld(seed, quotes))
        const world = onFiles(seed)
        for (let life = 0; ; life++) {
          const exit = yield* Effect.exit(
            liveOnce(world, {
              ...retained,
              killAfterCommit: (timeMs) => life < 5 && uniformAt(seed, life, timeMs) < 0.03
            })
          )
          if (Exit.isSuccess(exit)) {
            assert.strictEqual(exit.value.state, calm.state, `seed ${seed}`)
            break
          }
          world.disk.crash()
        }
        const found = yield* verified(world)
        assert.isAbove(found.records[0]!.seq, 0)
        assert.isAbove(found.beginning.from, found.records[0]!.seq)
        assert.isUndefined(found.difference, `seed ${seed}`)
        assert.strictEqual(found.stateHash, calm.state, `seed ${seed}`)
      }
    })
  )

  it.effect("rebuilds crashed actors from what is left, and verifies", () =>
    Effect.gen(function* () {
      let restarts = 0
      for (const seed of seeds) {
        const world = onFiles(seed)
        const run = yield* liveOnce(world, { ...retained, fault: chaos(seed) })
        restarts += run.restarts
        const found = yield* verified(world)
        assert.isUndefined(found.difference, `seed ${seed}`)
        assert.isAbove(found.records[0]!.seq, 0)
        assert.strictEqual(found.stateHash, run.state, `seed ${seed}`)
      }
      assert.isAbove(restarts, seeds.length)
    })
  )

  it.effect("finds a forged decision behind the snapshot that it begins with", () =>
    Effect.gen(function* () {
      const world = onFiles(3)
      yield* liveOnce(world, retained)
      const { beginning, records } = yield* verified(world)
      const target = records.findLast(({ cause, seq }) => cause >= 0 && seq >= beginning.from)!
      const found = yield* verified(world, (record) =>
        record === target || record.seq === target.seq ? { ...record, correlation: "x" } : record
      )
      assert.strictEqual(found.difference?.seq, target.seq)
    })
  )

  it.effect("stops where no snapshot stands for what was removed", () =>
    Effect.gen(function* () {
      const world = onFiles(3)
      yield* liveOnce(world, retained)
      for (const path of world.disk.paths()) {
        if (path.endsWith(".snapshot")) yield* world.disk.remove(path)
      }
      const exit = yield* Effect.exit(liveOnce(world, retained))
      assert.match(String(exit), /were removed, and no whole snapshot is left/)
    })
  )
})

describe("A snapshot of a build whose states had another form", () => {
  const withoutStates = (journal: MemoryJournal): MemoryJournal => ({
    ...journal,
    loadSnapshot: (atMost) =>
      Effect.map(journal.loadSnapshot(atMost), (stored) => {
        if (stored === undefined) return undefined
        const body = JSON.parse(stored.body) as { readonly cells: ReadonlyArray<object> }
        const cells = body.cells.map((cell) => ({ ...cell, state: { of: "another build" } }))
        return { ...stored, body: JSON.stringify({ ...body, cells }) }
      })
  })

  it.effect("is passed over: the journal tells the same", () =>
    Effect.gen(function* () {
      const calm = yield* liveOnce(toyWorld(4, quotes))
      const world = toyWorld(4, quotes)
      let kills = 0
      const options = { ...retained, retain: "all" as const }
      yield* Effect.exit(liveOnce(world, { ...options, killAfterCommit: () => ++kills > 30 }))
      world.journal.crash()
      assert.isDefined(yield* world.journal.loadSnapshot(Number.MAX_SAFE_INTEGER))
      const run = yield* liveOnce({ ...world, journal: withoutStates(world.journal) }, options)
      assert.strictEqual(run.state, calm.state)
    })
  )
})

describe("Snapshots by time", () => {
  it.effect("come after so much session time, however few the records", () =>
    Effect.gen(function* () {
      const options = { commitRecordsMax: 9, snapshotRecords: 1_000_000 }
      const never = yield* liveOnce(toyWorld(3, quotes), options)
      assert.strictEqual(never.book.snapshotSeq, -1)
      const timed = yield* liveOnce(toyWorld(3, quotes), { ...options, snapshotMs: 40 })
      assert.isAbove(timed.book.snapshotSeq, 0)
      assert.strictEqual(timed.head, never.head)
      assert.strictEqual(timed.state, never.state)
    })
  )
})
