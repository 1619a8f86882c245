import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { type Journal, JournalCorrupt } from "../../../src/actors/ports/Journal.ts"
import type { JournalRecord } from "../../../src/domain/journal/record.ts"
import { makeFileJournal } from "../../../src/infra/journal/file/FileJournal.ts"
import { SimulatedDisk } from "../../../src/infra/journal/file/simulatedDisk.ts"
import { codec, quoteRecord } from "../../contract/journal/records.ts"
import { appendAll, folder, onDisk, segmentsOf, written } from "./simulated.ts"

const batches = [10, 25, 40, 8]
const segmentBytesMax = 3000

/** A journal of several segments, closed in order. */
const fixture = Effect.gen(function* () {
  const disk = new SimulatedDisk()
  const journal = onDisk(disk, { segmentBytesMax })
  const all = yield* written(journal, batches)
  return { disk, journal, all, paths: segmentsOf(disk) }
})

/** What reading everything comes to: the records, or what opening or reading failed with. */
const readAll = (journal: Journal["Service"], open: "openWriter" | "openReader") =>
  Effect.gen(function* () {
    const opened = yield* journal[open]
    const records: Array<JournalRecord> = []
    yield* Effect.try({
      try: () => {
        for (const record of opened.read(0)) records.push(record)
      },
      catch: (error) => error
    })
    return { records, opened }
  }).pipe(Effect.scoped)

const corruption = (journal: Journal["Service"]) =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(readAll(journal, "openWriter"))
    assert.instanceOf(error, JournalCorrupt)
    return error as JournalCorrupt
  })

describe("Damage before the end of a file journal", () => {
  it.effect("in any byte of any segment stops the book, or costs no record", () =>
    Effect.gen(function* () {
      const { disk, journal, all, paths } = yield* fixture
      assert.strictEqual(paths.length, 3)
      for (const path of paths) {
        const whole = disk.content(path)
        for (let at = 0; at < whole.length; at += 37) {
          const other = Uint8Array.from(whole)
          other[at]! ^= 1 << (at % 8)
          disk.plant(path, other)
          const open = at % 2 === 0 ? "openReader" : "openWriter"
          const exit = yield* Effect.exit(readAll(journal, open))
          const isClosing = path === paths.at(-1) && at >= whole.length - 88
          assert.strictEqual(Exit.isSuccess(exit), isClosing, `${path} byte ${at}, ${open}`)
          if (Exit.isSuccess(exit)) assert.strictEqual(exit.value.records.length, all.length)
          else assert.match(String(exit), /JournalCorrupt|is damaged/)
        }
        disk.plant(path, whole)
      }
    })
  )

  it.effect("is told with file, byte, reason and the last good record", () =>
    Effect.gen(function* () {
      const { disk, journal, paths } = yield* fixture
      const whole = disk.content(paths[0]!)
      whole[400]! ^= 4
      disk.plant(paths[0]!, whole)
      const error = yield* corruption(journal)
      assert.match(error.place, /^\/data\/alpha\/0000000000000000\.segment, byte \d+$/)
      assert.isAtLeast(error.verifiedThrough, 0)
      assert.isBelow(error.verifiedThrough, 10)
      assert.match(error.message, /is damaged after record \d: the checksum of record \d is not/)
    })
  )

  it.effect("leaves every byte as it was", () =>
    Effect.gen(function* () {
      const { disk, journal, paths } = yield* fixture
      const last = paths.at(-1)!
      const damaged = disk.content(last)
      damaged[200]! ^= 4
      disk.plant(last, damaged)
      yield* corruption(journal)
      assert.deepStrictEqual(disk.content(last), damaged)
    })
  )

  it.effect("that a snapshot or an outside witness lies beyond is not taken for a torn tail", () =>
    Effect.gen(function* () {
      const { disk, journal, all, paths } = yield* fixture
      const last = paths.at(-1)!
      const cut = disk.content(last).slice(0, -120)
      disk.plant(last, cut)
      const { records } = yield* readAll(journal, "openReader")
      assert.isBelow(records.length, all.length)
      const lost = all.length - 1
      const witnessed = onDisk(disk, { segmentBytesMax, knownThrough: lost })
      const error = yield* corruption(witnessed)
      assert.match(error.message, new RegExp(`record ${lost} was durable, and the journal ends at`))
      yield* journal.saveSnapshot({ seq: lost, link: "", stateHash: "", body: "{}" })
      assert.match((yield* corruption(journal)).message, /was durable, and the journal ends at/)
      assert.deepStrictEqual(disk.content(last), cut)
    })
  )

  it.effect("by a batch of the same book put in another's place is found", () =>
    Effect.gen(function* () {
      const { disk, journal } = yield* fixture
      const [first, second] = segmentsOf(disk)
      disk.plant(first!, disk.content(second!))
      assert.match((yield* corruption(journal)).message, /segment 1 .* where segment 0 is next/)
    })
  )

  it.effect("by a segment that is missing is found", () =>
    Effect.gen(function* () {
      for (const missing of [0, 1]) {
        const { disk, journal, paths } = yield* fixture
        yield* disk.remove(paths[missing]!)
        const { message } = yield* corruption(journal)
        assert.match(message, new RegExp(`where segment ${missing} is next`))
      }
    })
  )

  it.effect("by records of another history with sound checksums is found by the chain", () =>
    Effect.gen(function* () {
      const { disk, journal } = yield* fixture
      const forgery = new SimulatedDisk()
      const forged = onDisk(forgery, { segmentBytesMax })
      yield* written(forged, batches, (record) =>
        record.seq === 3 ? { ...record, logicalTimeMs: record.logicalTimeMs + 1 } : record
      )
      const [path] = segmentsOf(disk)
      assert.strictEqual(forgery.content(path!).length, disk.content(path!).length)
      disk.plant(path!, forgery.content(path!))
      assert.match((yield* corruption(journal)).message, /another link than its chain has/)
    })
  )
})

describe("A folder that is not this book's", () => {
  it.effect("with a foreign file in a segment's place is refused and left alone", () =>
    Effect.gen(function* () {
      const disk = new SimulatedDisk()
      const path = `${folder}/0000000000000000.segment`
      const foreign = new TextEncoder().encode("a love letter, not a journal")
      disk.plant(path, foreign)
      const error = yield* Effect.flip(Effect.scoped(onDisk(disk).openWriter))
      assert.instanceOf(error, JournalCorrupt)
      assert.match(error.message, /0{16}\.segment, byte 0 .* does not begin as a segment/)
      assert.deepStrictEqual(disk.content(path), foreign)
    })
  )

  it.effect("with the segments of another book is refused", () =>
    Effect.gen(function* () {
      const { disk, paths } = yield* fixture
      for (const path of paths) disk.plant(path.replace("alpha", "beta"), disk.content(path))
      const beta = makeFileJournal(codec, { directory: "/data", book: "beta", disk })
      const error = yield* Effect.flip(Effect.scoped(beta.openWriter))
      assert.match(error.message, /it is of book alpha, not beta/)
    })
  )

  it.effect("under a name that is no book's is refused", () =>
    Effect.gen(function* () {
      for (const book of ["", ".", "..", "../x", "a/b", "ü", "a".repeat(65)]) {
        const journal = makeFileJournal(codec, {
          directory: "/data",
          book,
          disk: new SimulatedDisk()
        })
        const error = yield* Effect.flip(Effect.scoped(journal.openWriter))
        assert.match(error.message, /name ".*" is not 1 to 64 letters/)
      }
    })
  )

  it.effect("whose files are of another kind beside the journal's keeps them", () =>
    Effect.gen(function* () {
      const disk = new SimulatedDisk()
      disk.plant(`${folder}/notes.txt`, new Uint8Array([1, 2, 3]))
      yield* Effect.gen(function* () {
        const writer = yield* onDisk(disk).openWriter
        appendAll(writer, [quoteRecord(0)])
        yield* writer.commit
      }).pipe(Effect.scoped)
      assert.deepStrictEqual(disk.content(`${folder}/notes.txt`), new Uint8Array([1, 2, 3]))
    })
  )
})
