import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { JournalUnavailable } from "../../../src/actors/ports/Journal.ts"
import { DiskFailure } from "../../../src/infra/journal/file/disk.ts"
import { makeFileJournal } from "../../../src/infra/journal/file/FileJournal.ts"
import { nodeDisk } from "../../../src/infra/journal/file/nodeDisk.ts"
import { SimulatedDisk } from "../../../src/infra/journal/file/simulatedDisk.ts"
import { codec, quoteRecord, turnsFrom } from "../../contract/journal/records.ts"
import { appendAll, onDisk, segmentsOf, written } from "./simulated.ts"

describe("A file journal on a full disk", () => {
  it.effect(
    "fails the commit in words, keeps what is pending, and commits it once there is room",
    () =>
      Effect.gen(function* () {
        for (let room = 0; room < 2500; room += 97) {
          yield* Effect.gen(function* () {
            const disk = new SimulatedDisk()
            const journal = onDisk(disk, { segmentBytesMax: 1500 })
            const writer = yield* journal.openWriter
            const durable = turnsFrom(0, 12)
            appendAll(writer, durable)
            yield* writer.commit
            disk.capacityBytes = used(disk) + room
            const pending = turnsFrom(durable.length, 20)
            appendAll(writer, pending)
            const error = yield* Effect.flip(writer.commit)
            assert.instanceOf(error, JournalUnavailable)
            assert.match(error.message, /segment .*: the disk is full/)
            assert.strictEqual(writer.durableThrough(), durable.length - 1)
            assert.strictEqual(writer.pending(), pending.length)
            const later = turnsFrom(durable.length + pending.length, 3)
            appendAll(writer, later)
            const all = [...durable, ...pending, ...later]
            assert.deepStrictEqual([...writer.read(0)], all)
            disk.capacityBytes = Number.POSITIVE_INFINITY
            yield* writer.commit
            disk.crash()
            const after = yield* journal.openWriter
            assert.deepStrictEqual([...after.read(0)], all)
            assert.strictEqual(after.opened.cutBytes, 0)
          }).pipe(Effect.scoped)
        }
      })
  )

  it.effect("takes other records in place of what it could not write", () =>
    Effect.gen(function* () {
      const disk = new SimulatedDisk()
      const journal = onDisk(disk)
      const writer = yield* journal.openWriter
      const durable = turnsFrom(0, 12)
      appendAll(writer, durable)
      yield* writer.commit
      appendAll(writer, turnsFrom(durable.length, 200))
      disk.failingSyncs = 1
      assert.isTrue(Exit.isFailure(yield* Effect.exit(writer.commit)))
      writer.truncatePending(durable.length - 1)
      const other = turnsFrom(durable.length, 4, 2)
      appendAll(writer, other)
      yield* writer.commit
      disk.crash()
      const after = yield* journal.openWriter
      assert.deepStrictEqual([...after.read(0)], [...durable, ...other])
      assert.strictEqual(after.opened.cutBytes, 0)
    }).pipe(Effect.scoped)
  )

  it.effect("keeps the older snapshot where a new one does not fit or is torn", () =>
    Effect.gen(function* () {
      const disk = new SimulatedDisk()
      const journal = onDisk(disk)
      yield* written(journal, [100])
      const older = { seq: 10, link: "00", stateHash: "11", body: "{}" }
      yield* journal.saveSnapshot(older)
      disk.capacityBytes = used(disk) + 50
      const newer = { ...older, seq: 20, body: `{"text":"${"x".repeat(200)}"}` }
      const error = yield* Effect.flip(journal.saveSnapshot(newer))
      assert.match(error.message, /the disk is full/)
      assert.deepStrictEqual(yield* journal.loadSnapshot(1000), older)
      disk.capacityBytes = Number.POSITIVE_INFINITY
      disk.failingSyncs = 1
      yield* Effect.flip(journal.saveSnapshot(newer))
      disk.crash({ _tag: "Prefix", bytes: 60 })
      assert.deepStrictEqual(yield* journal.loadSnapshot(1000), older)
      yield* journal.saveSnapshot(newer)
      assert.deepStrictEqual(yield* journal.loadSnapshot(1000), newer)
    })
  )

  it.effect("says so on the machine's own disk", () =>
    Effect.gen(function* () {
      const file = yield* nodeDisk.openForWriting("/dev/full")
      for (const size of [10, 100_000]) {
        const error = yield* Effect.flip(file.writeAt(new Uint8Array(size), 0))
        assert.deepStrictEqual(
          error,
          new DiskFailure({ path: "/dev/full", why: "the disk is full" })
        )
      }
      file.close()
    })
  )

  it.effect("says where it may not write", () =>
    Effect.gen(function* () {
      const directory = mkdtempSync(join(tmpdir(), "journal-"))
      const occupied = join(directory, "file")
      const file = yield* nodeDisk.openForWriting(occupied)
      file.close()
      const journal = makeFileJournal(codec, { directory: occupied, book: "alpha" })
      const error = yield* Effect.flip(Effect.scoped(journal.openWriter))
      assert.instanceOf(error, JournalUnavailable)
      assert.include(error.message, occupied)
      rmSync(directory, { recursive: true })
    })
  )
})

describe("A file journal's commit", () => {
  it.effect("is one sync, however many records and callers", () =>
    Effect.gen(function* () {
      const disk = new SimulatedDisk()
      const writer = yield* onDisk(disk).openWriter
      for (let commits = 1; commits <= 5; commits++) {
        appendAll(writer, turnsFrom(writer.durableThrough() + 1, commits * 10))
        yield* writer.commit
        assert.strictEqual(disk.syncs, commits)
      }
      yield* writer.commit
      assert.strictEqual(disk.syncs, 5)
    }).pipe(Effect.scoped)
  )

  it.effect("gathers what was appended while another ran", () =>
    Effect.gen(function* () {
      const disk = new SimulatedDisk()
      disk.syncMs = 10
      const writer = yield* onDisk(disk).openWriter
      const fibers: Array<Fiber.Fiber<void, unknown>> = []
      for (let seq = 0; seq < 50; seq++) {
        writer.append(quoteRecord(seq))
        fibers.push(yield* Effect.forkChild(writer.commit, { startImmediately: true }))
      }
      assert.strictEqual(writer.durableThrough(), -1)
      yield* TestClock.adjust(10)
      assert.strictEqual(writer.durableThrough(), 0)
      yield* TestClock.adjust(10)
      assert.strictEqual(writer.durableThrough(), 49)
      for (const fiber of fibers) yield* Fiber.join(fiber)
      assert.strictEqual(disk.syncs, 2)
      disk.syncMs = 0
    }).pipe(Effect.scoped)
  )

  it.effect("does not let go of what it is writing", () =>
    Effect.gen(function* () {
      const disk = new SimulatedDisk()
      disk.syncMs = 10
      const writer = yield* onDisk(disk).openWriter
      appendAll(writer, turnsFrom(0, 100))
      const through = writer.pending() - 1
      const commit = yield* Effect.forkChild(writer.commit, { startImmediately: true })
      appendAll(writer, turnsFrom(through + 1, 100))
      assert.throws(() => writer.truncatePending(through - 1), RangeError, /cannot be taken back/)
      writer.truncatePending(through)
      yield* Fiber.interrupt(commit).pipe(Effect.forkChild({ startImmediately: true }))
      yield* TestClock.adjust(10)
      assert.strictEqual(writer.durableThrough(), through)
      assert.strictEqual(writer.pending(), 0)
      disk.syncMs = 0
    }).pipe(Effect.scoped)
  )

  it.effect("after a crash in its midst is not reported as done", () =>
    Effect.gen(function* () {
      const disk = new SimulatedDisk()
      const journal = onDisk(disk)
      yield* Effect.gen(function* () {
        const writer = yield* journal.openWriter
        disk.syncMs = 10
        appendAll(writer, turnsFrom(0, 10))
        const commit = yield* Effect.forkChild(writer.commit, { startImmediately: true })
        disk.crash()
        yield* TestClock.adjust(10)
        assert.isTrue(Exit.isFailure(yield* Fiber.await(commit)))
        assert.strictEqual(writer.durableThrough(), -1)
      }).pipe(Effect.scoped)
      disk.syncMs = 0
      const after = yield* journal.openWriter
      assert.strictEqual(after.opened.lastSeq, -1)
    }).pipe(Effect.scoped)
  )

  it.effect("leaves wall time out of the chain", () =>
    Effect.gen(function* () {
      const heads: Array<string> = []
      for (let run = 0; run < 2; run++) {
        const disk = new SimulatedDisk()
        const writer = yield* onDisk(disk).openWriter
        for (const record of turnsFrom(0, 100)) {
          writer.append(record)
          yield* TestClock.adjust(run * 1000)
        }
        yield* writer.commit
        heads.push(
          writer.head().hash,
          Buffer.from(disk.content(segmentsOf(disk)[0]!)).toString("hex")
        )
      }
      assert.strictEqual(heads[0], heads[2])
      assert.notStrictEqual(heads[1], heads[3])
    }).pipe(Effect.scoped)
  )
})

const used = (disk: SimulatedDisk): number =>
  disk.paths().reduce((sum, path) => sum + disk.content(path).length, 0)
