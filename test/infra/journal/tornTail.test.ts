import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SimulatedDisk } from "../../../src/infra/journal/file/simulatedDisk.ts"
import { turnsFrom } from "../../contract/journal/records.ts"
import { appendAll, chance, interrupted, onDisk, segmentsOf, written } from "./simulated.ts"

const batchHeaderBytes = 88
/** The empty batch that a writer leaves when it closes in order. */
const closingBytes = batchHeaderBytes

/** A journal whose last batch of `last` records is written but not durable, and the heads with and without it. */
const cutOnce = (last: number, segmentBytesMax = 1_000_000) =>
  Effect.scoped(
    Effect.map(interrupted([20, 30], last, { segmentBytesMax }), (cut) => {
      const copy = new SimulatedDisk()
      for (const path of cut.disk.paths()) copy.plant(path, cut.disk.content(path))
      return { ...cut, disk: copy }
    })
  )

describe("A file journal cut by a crash", () => {
  it.effect(
    "at any byte of its unsynced batch keeps what was durable, tells the cut and goes on",
    () =>
      Effect.gen(function* () {
        const { disk, durable, undurable, path, unsyncedBytes, heads } = yield* cutOnce(6)
        const whole = disk.content(path)
        assert.isAbove(unsyncedBytes, 600)
        for (let bytes = 0; bytes <= unsyncedBytes; bytes++) {
          const after = new SimulatedDisk()
          const end = whole.length - unsyncedBytes
          after.plant(path, whole.slice(0, end + bytes))
          yield* Effect.gen(function* () {
            const writer = yield* onDisk(after).openWriter
            const isWhole = bytes === unsyncedBytes
            const survived = isWhole ? [...durable, ...undurable] : durable
            assert.strictEqual(writer.head().hash, (isWhole ? heads.whole : heads.durable).hash)
            assert.strictEqual(writer.opened.lastSeq, survived.length - 1)
            assert.strictEqual(writer.opened.cutBytes, isWhole ? 0 : bytes)
            const isTold = bytes >= batchHeaderBytes && !isWhole
            assert.strictEqual(writer.opened.cutRecords, isTold ? undurable.length : 0)
            assert.strictEqual(after.content(path).length, isWhole ? whole.length : end)
            if (bytes % 90 !== 0) return
            const more = turnsFrom(survived.length, 5, 2)
            appendAll(writer, more)
            yield* writer.commit
            assert.deepStrictEqual([...writer.read(0)], [...survived, ...more])
          }).pipe(Effect.scoped)
        }
      })
  )

  it.effect("at any byte of a segment's first batch goes back to the segment before", () =>
    Effect.gen(function* () {
      const { disk, durable, path, unsyncedBytes, heads } = yield* cutOnce(6, 1000)
      const paths = segmentsOf(disk)
      assert.strictEqual(paths.length, 3)
      const whole = disk.content(path)
      assert.strictEqual(whole.length, unsyncedBytes)
      for (let bytes = 0; bytes < unsyncedBytes; bytes += 23) {
        const after = new SimulatedDisk()
        for (const before of paths) after.plant(before, disk.content(before))
        after.plant(path, whole.slice(0, bytes))
        const journal = onDisk(after, { segmentBytesMax: 1000 })
        yield* Effect.gen(function* () {
          const reader = yield* journal.openReader
          assert.strictEqual(reader.head().hash, heads.durable.hash)
          assert.strictEqual(reader.tornBytes(), bytes)
          const writer = yield* journal.openWriter
          assert.strictEqual(writer.head().hash, heads.durable.hash)
          assert.strictEqual(writer.opened.cutBytes, bytes)
          assert.strictEqual(segmentsOf(after).length, 2)
          appendAll(writer, turnsFrom(durable.length, 5, 2))
          yield* writer.commit
          assert.strictEqual(segmentsOf(after).length, 3)
        }).pipe(Effect.scoped)
      }
    })
  )

  it.effect("in its very first batch starts anew", () =>
    Effect.gen(function* () {
      for (const bytes of [0, 1, 5, 8, 50, 85, 86, 120, 173, 174, 300]) {
        yield* Effect.gen(function* () {
          const { journal, crash } = yield* interrupted([], 6)
          crash({ _tag: "Prefix", bytes })
          const writer = yield* journal.openWriter
          assert.strictEqual(writer.opened.lastSeq, -1)
          assert.strictEqual(writer.opened.cutBytes, bytes)
          appendAll(writer, turnsFrom(0, 5))
          yield* writer.commit
        }).pipe(Effect.scoped)
      }
    })
  )

  it.effect("with any sectors of the tail lost keeps all of the batch or none", () =>
    Effect.gen(function* () {
      const outcomes = new Set<number>()
      for (let seed = 0; seed < 150; seed++) {
        yield* Effect.gen(function* () {
          const { journal, durable, heads, crash } = yield* interrupted([40], 1 + (seed % 12), {
            segmentBytesMax: seed % 2 === 0 ? 1000 : 1_000_000
          })
          crash({ _tag: "Sectors", random: chance(seed) })
          const writer = yield* journal.openWriter
          const isWhole = writer.opened.lastSeq >= durable.length
          const head = isWhole ? heads.whole : heads.durable
          assert.strictEqual(writer.head().hash, head.hash, `seed ${seed}`)
          outcomes.add(writer.opened.lastSeq - durable.length)
        }).pipe(Effect.scoped)
      }
      assert.isAbove(outcomes.size, 2)
    })
  )

  it.effect("loses a file whose name was not durable, and nothing before it", () =>
    Effect.gen(function* () {
      const { journal, disk, durable, crash } = yield* interrupted([20, 30], 6, {
        segmentBytesMax: 1000
      })
      crash({ _tag: "None" })
      assert.strictEqual(segmentsOf(disk).length, 2)
      const writer = yield* journal.openWriter
      assert.deepStrictEqual([...writer.read(0)], durable)
      assert.strictEqual(writer.opened.cutBytes, 0)
    }).pipe(Effect.scoped)
  )

  it.effect("is not cut by a reader, which tells the torn bytes", () =>
    Effect.gen(function* () {
      const { journal, disk, durable, path, crash } = yield* interrupted([20, 30], 6)
      crash({ _tag: "Prefix", bytes: 200 })
      const before = disk.content(path)
      const reader = yield* journal.openReader
      assert.strictEqual(reader.tornBytes(), 200)
      assert.strictEqual(reader.head().seq, durable.length - 1)
      assert.deepStrictEqual([...reader.read(0)], durable)
      assert.deepStrictEqual(disk.content(path), before)
    }).pipe(Effect.scoped)
  )

  it.effect("while it cuts or closes is cut again without loss", () =>
    Effect.gen(function* () {
      for (let bytes = 0; bytes <= closingBytes; bytes++) {
        const disk = new SimulatedDisk()
        const journal = onDisk(disk)
        const all = yield* written(journal, [10, 20])
        const [path] = segmentsOf(disk)
        const whole = disk.content(path!)
        disk.plant(path!, whole.slice(0, whole.length - closingBytes + bytes))
        yield* Effect.gen(function* () {
          const writer = yield* journal.openWriter
          assert.deepStrictEqual([...writer.read(0)], all)
          assert.strictEqual(writer.opened.cutBytes, bytes === closingBytes ? 0 : bytes)
          assert.strictEqual(writer.opened.cutRecords, 0)
        }).pipe(Effect.scoped)
      }
    })
  )
})
