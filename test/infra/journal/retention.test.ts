import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { JournalCorrupt } from "../../../src/actors/ports/Journal.ts"
import { SimulatedDisk } from "../../../src/infra/journal/file/simulatedDisk.ts"
import { turnsFrom } from "../../contract/journal/records.ts"
import { appendAll, chance, folder, onDisk, segmentsOf, written } from "./simulated.ts"

const segmentBytesMax = 3000
const batches = Array.from({ length: 12 }, () => 30)
const before = 200

const fixture = Effect.gen(function* () {
  const disk = new SimulatedDisk()
  const journal = onDisk(disk, { segmentBytesMax })
  const all = yield* written(journal, batches)
  return { disk, journal, all }
})

/** Forgets and closes in order. */
const forgotten = Effect.gen(function* () {
  const found = yield* fixture
  const files = segmentsOf(found.disk)
  yield* Effect.scoped(Effect.flatMap(found.journal.openWriter, (writer) => writer.forget(before)))
  return { ...found, gone: files.length - segmentsOf(found.disk).length }
})

const corruption = (journal: ReturnType<typeof onDisk>) =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(Effect.scoped(journal.openWriter))
    assert.instanceOf(error, JournalCorrupt)
    return error.message
  })

describe("A file journal that lets go of old records", () => {
  it.effect("removes the files that end before the named record, and no other", () =>
    Effect.gen(function* () {
      const { disk, journal, all, gone } = yield* forgotten
      assert.isAbove(gone, 1)
      const reader = yield* journal.openReader
      assert.isAbove(reader.firstSeq(), 0)
      assert.isAtMost(reader.firstSeq(), before)
      assert.deepStrictEqual([...reader.read(0)], all.slice(reader.firstSeq()))
      const second = disk.content(segmentsOf(disk)[1]!)
      assert.isAbove(Number(new DataView(second.buffer).getBigUint64(24, true)), before)
    })
  )

  it.effect("numbers its later files on, and forgets again", () =>
    Effect.gen(function* () {
      const { journal, all } = yield* forgotten
      const more = turnsFrom(all.length, 400)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const writer = yield* journal.openWriter
          for (let at = 0; at < more.length; ) {
            const next = more.findIndex(({ cause }, k) => k >= at + 50 && cause < 0)
            const end = next < 0 ? more.length : next
            appendAll(writer, more.slice(at, end))
            yield* writer.commit
            at = end
          }
          yield* writer.forget(all.length)
          assert.isAbove(writer.firstSeq(), before)
        })
      )
      const reader = yield* journal.openReader
      assert.deepStrictEqual([...reader.read(0)], [...all, ...more].slice(reader.firstSeq()))
    })
  )

  it.effect("opens whole after a crash at any point of the removal", () =>
    Effect.gen(function* () {
      for (let seed = 0; seed < 60; seed++) {
        const { disk, journal, all } = yield* fixture
        const writer = yield* Effect.scoped(
          Effect.tap(journal.openWriter, (opened) => {
            const stops = seed % 12
            let changes = 0
            const crashing = (act: Effect.Effect<void, never>) =>
              Effect.suspend(() => (++changes > stops ? Effect.die("stopped") : act))
            const { remove, rename, syncDirectory } = disk
            disk.remove = (path) => crashing(Effect.orDie(remove.call(disk, path)))
            disk.rename = (a, b) => crashing(Effect.orDie(rename.call(disk, a, b)))
            disk.syncDirectory = (path) => crashing(Effect.orDie(syncDirectory.call(disk, path)))
            return Effect.andThen(
              Effect.exit(opened.forget(before)),
              Effect.sync(() => {
                Object.assign(disk, { remove, rename, syncDirectory })
                disk.crash({ _tag: "Sectors", random: chance(seed) })
              })
            )
          })
        )
        assert.isDefined(writer)
        const reader = yield* journal.openReader
        const label = `seed ${seed}`
        assert.isAtMost(reader.firstSeq(), before, label)
        assert.deepStrictEqual([...reader.read(0)], all.slice(reader.firstSeq()), label)
        yield* Effect.scoped(
          Effect.gen(function* () {
            const again = yield* journal.openWriter
            assert.strictEqual(again.opened.lastSeq, all.length - 1, label)
            yield* again.forget(before)
            assert.deepStrictEqual([...again.read(0)], all.slice(again.firstSeq()), label)
          })
        )
      }
    })
  )

  it.effect("takes a lost file for damage, before and after", () =>
    Effect.gen(function* () {
      const whole = yield* fixture
      yield* whole.disk.remove(segmentsOf(whole.disk)[0]!)
      assert.match(yield* corruption(whole.journal), /stands where segment 0 is next/)
      const part = yield* forgotten
      yield* part.disk.remove(segmentsOf(part.disk)[0]!)
      assert.match(yield* corruption(part.journal), /segment \d+ from record \d+ stands where/)
    })
  )

  it.effect("refuses a damaged word on where it begins, and another's", () =>
    Effect.gen(function* () {
      const { disk, journal } = yield* forgotten
      const path = join(folder, "beginning")
      const whole = disk.content(path)
      for (let at = 0; at < whole.length; at++) {
        const other = Uint8Array.from(whole)
        other[at]! ^= 1
        disk.plant(path, other)
        assert.match(yield* corruption(journal), /does not say where the journal begins/)
      }
      disk.plant(path, whole)
      yield* Effect.scoped(journal.openWriter)
    })
  )
})
