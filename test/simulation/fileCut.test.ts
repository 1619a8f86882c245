/** The kernel torn down in the middle of a sync, and its journal's file cut anywhere in what was not synced. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { Journal } from "../../src/actors/ports/Journal.ts"
import { openBook } from "../../src/actors/runtime/Book.ts"
import { verifyRecords } from "../../src/actors/runtime/verify.ts"
import { uniformAt } from "../../src/domain/chance.ts"
import type { JournalRecord } from "../../src/domain/journal/record.ts"
import { makeFileJournal } from "../../src/infra/journal/file/FileJournal.ts"
import { SimulatedDisk, type Survival } from "../../src/infra/journal/file/simulatedDisk.ts"
import { ToyVenue, toyPlan } from "../actors/runtime/toyDesk.ts"
import { liveOnce, type ToyWorld, toyWorld } from "../actors/runtime/toySession.ts"
import { type CutPlan, makeCuttableJournal } from "./fileCut.ts"

const quotes = 240
const commitRecordsMax = 23
const snapshotRecords = 90

const replayOf = (world: Pick<ToyWorld, "seed" | "codec">, records: ReadonlyArray<JournalRecord>) =>
  verifyRecords(toyPlan(world.seed, new ToyVenue()), world.codec, (from) => records.slice(from))

/** Every turn that the journal holds is there to its end: its decisions are the recorded ones, no more and no fewer. */
const endsWithATurn = (world: ToyWorld, records: ReadonlyArray<JournalRecord>, label: string) =>
  assert.isUndefined(replayOf(world, records).difference, label)

/** Life after life until one reaches the session's end; `plans` has the cuts of each. */
const surviving = (seed: number, plans: (life: number) => CutPlan, label: string) =>
  Effect.gen(function* () {
    const world = toyWorld(seed, quotes)
    const file = makeCuttableJournal(world.codec, "toy", 8_192)
    for (let life = 0; ; life++) {
      const exit = yield* Effect.exit(
        liveOnce(
          { ...world, journal: file.life(plans(life)) },
          { commitRecordsMax, snapshotRecords }
        )
      )
      const records = yield* file.records
      endsWithATurn(world, records, `${label}, life ${life}`)
      if (Exit.isFailure(exit)) continue
      for (const [id, times] of world.venue.effects) assert.strictEqual(times, 1, `${label} ${id}`)
      assert.strictEqual(replayOf(world, records).stateHash, exit.value.state, label)
      return { run: exit.value, cuts: life }
    }
  })

/** Mostly the first bytes of what was written, up to any of them; sometimes any of its sectors, or all of it. */
const anyCut =
  (seed: number, life: number) =>
  (unsyncedBytes: number): Survival => {
    const kind = uniformAt(seed, life, 1)
    let draw = 2
    if (kind < 0.1) return { _tag: "All" }
    if (kind < 0.3) return { _tag: "Sectors", random: () => uniformAt(seed, life, draw++) }
    return { _tag: "Prefix", bytes: Math.floor(uniformAt(seed, life, 2) * (unsyncedBytes + 1)) }
  }

describe("A desk whose file is cut in its unsynced tail", () => {
  it.live("ends as if nothing had happened, at random syncs of its life", () =>
    Effect.gen(function* () {
      let cuts = 0
      for (let seed = 1; seed <= 10; seed++) {
        const calm = yield* liveOnce(toyWorld(seed, quotes))
        const result = yield* surviving(
          seed,
          (life) => (sync) =>
            life < 6 && uniformAt(seed, life, sync, 9) < 0.12 ? anyCut(seed, life) : undefined,
          `seed ${seed}`
        )
        assert.strictEqual(result.run.state, calm.state, `seed ${seed}`)
        cuts += result.cuts
      }
      assert.isAbove(cuts, 30)
    })
  )

  it.live("ends as if nothing had happened, at bytes all over one batch", () =>
    Effect.gen(function* () {
      const seed = 5
      const calm = yield* liveOnce(toyWorld(seed, quotes))
      let length = Number.POSITIVE_INFINITY
      for (let bytes = 0; bytes <= length; bytes += 71) {
        const cut = (unsyncedBytes: number): Survival => {
          length = unsyncedBytes
          return { _tag: "Prefix", bytes }
        }
        const plan: CutPlan = (sync) => (sync === 6 ? cut : undefined)
        const label = `byte ${bytes}`
        const { run } = yield* surviving(
          seed,
          (life) => (life === 0 ? plan : () => undefined),
          label
        )
        assert.strictEqual(run.state, calm.state, label)
      }
      assert.isAbove(length, 1000)
      assert.isBelow(length, 4000)
    })
  )

  it.live("opens, at every byte of a batch, in the state before that batch or after it", () =>
    Effect.gen(function* () {
      const { world, path, whole, unsyncedBytes } = yield* stoppedInSync(2, 4)
      assert.isAbove(unsyncedBytes, 500)
      const durableBytes = whole.length - unsyncedBytes
      const opened = (bytes: number) =>
        Effect.gen(function* () {
          const disk = new SimulatedDisk()
          disk.plant(path, whole.slice(0, durableBytes + bytes))
          const journal = makeFileJournal(world.codec, { directory: "/data", book: "toy", disk })
          const book = yield* Effect.provideService(
            openBook(toyPlan(world.seed, world.venue)),
            Journal,
            journal
          )
          return { state: book.stateHash(), records: [...book.journal.read(0)] }
        }).pipe(Effect.scoped)
      const before = yield* opened(0)
      const after = yield* opened(unsyncedBytes)
      assert.isAbove(after.records.length, before.records.length)
      for (const { state, records } of [before, after]) {
        assert.strictEqual(state, replayOf(world, records).stateHash)
      }
      for (let bytes = 1; bytes < unsyncedBytes; bytes++) {
        assert.strictEqual((yield* opened(bytes)).state, before.state, `byte ${bytes}`)
      }
    })
  )
})

/** A toy desk's segment, as it is on the disk when the given sync of its life is not over. */
const stoppedInSync = (seed: number, at: number) =>
  Effect.gen(function* () {
    const world = toyWorld(seed, quotes)
    const file = makeCuttableJournal(world.codec, "toy")
    let unsyncedBytes = 0
    const plan: CutPlan = (sync) =>
      sync === at
        ? (bytes) => {
            unsyncedBytes = bytes
            return { _tag: "All" }
          }
        : undefined
    yield* Effect.exit(
      liveOnce({ ...world, journal: file.life(plan) }, { commitRecordsMax: 9, snapshotRecords })
    )
    const [path] = file.disk.paths().filter((name) => name.endsWith(".segment"))
    return { world, path: path!, whole: file.disk.content(path!), unsyncedBytes }
  })
