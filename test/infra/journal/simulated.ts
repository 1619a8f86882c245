/** A file journal on a simulated disk, and what its tests do to it. */
import { Effect, Exit } from "effect"
import type { Journal, JournalWriter } from "../../../src/actors/ports/Journal.ts"
import type { JournalRecord } from "../../../src/domain/journal/record.ts"
import {
  type FileJournalOptions,
  makeFileJournal
} from "../../../src/infra/journal/file/FileJournal.ts"
import { SimulatedDisk } from "../../../src/infra/journal/file/simulatedDisk.ts"
import { codec, turnsFrom } from "../../contract/journal/records.ts"

export const folder = "/data/alpha"

export const onDisk = (
  disk: SimulatedDisk,
  options: Partial<FileJournalOptions> = {}
): Journal["Service"] =>
  makeFileJournal(codec, { directory: "/data", book: "alpha", disk, ...options })

export const appendAll = (writer: JournalWriter, records: ReadonlyArray<JournalRecord>): void => {
  for (const record of records) writer.append(record)
}

/** Commits each batch of whole turns, changed by `change`, on its own and closes in order; returns all records. */
export const written = (
  journal: Journal["Service"],
  batches: ReadonlyArray<number>,
  change: (record: JournalRecord) => JournalRecord = (record) => record
) =>
  Effect.gen(function* () {
    const writer = yield* journal.openWriter
    const all: Array<JournalRecord> = []
    for (const count of batches) {
      const records = turnsFrom(all.length, count).map(change)
      appendAll(writer, records)
      all.push(...records)
      yield* writer.commit
    }
    return all
  }).pipe(Effect.scoped)

/**
 * A disk with `batches` durable and one more batch of `last` records written, whose sync failed: what a crash may keep
 * any part of. The process is gone.
 */
export const interrupted = (
  batches: ReadonlyArray<number>,
  last: number,
  options: Partial<FileJournalOptions> = {}
) =>
  Effect.gen(function* () {
    const disk = new SimulatedDisk()
    const journal = onDisk(disk, options)
    return yield* Effect.gen(function* () {
      const writer = yield* journal.openWriter
      const durable: Array<JournalRecord> = []
      for (const count of batches) {
        const records = turnsFrom(durable.length, count)
        appendAll(writer, records)
        durable.push(...records)
        yield* writer.commit
      }
      const durableHead = writer.head()
      const undurable = turnsFrom(durable.length, last)
      appendAll(writer, undurable)
      disk.failingSyncs = 1
      const exit = yield* Effect.exit(writer.commit)
      if (Exit.isSuccess(exit)) throw new Error("the sync was to fail")
      const path = disk.paths().findLast((name) => name.endsWith(".segment"))!
      const unsyncedBytes = disk.unsyncedBytes(path)
      return {
        journal,
        disk,
        durable,
        undurable,
        path,
        unsyncedBytes,
        heads: { durable: durableHead, whole: writer.head() },
        crash: (survival: Parameters<SimulatedDisk["crash"]>[0]) => disk.crash(survival)
      }
    })
  })

export const segmentsOf = (disk: SimulatedDisk): ReadonlyArray<string> =>
  disk.paths().filter((path) => path.endsWith(".segment"))

/** A stream of numbers in [0, 1) that a seed fixes (mulberry32). */
export const chance = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}
