/** A file journal whose machine stops in the middle of a sync, leaving any part of what was written and not synced. */
import { Effect } from "effect"
import type { Journal } from "../../src/actors/ports/Journal.ts"
import type { RecordCodec } from "../../src/domain/journal/codec.ts"
import type { JournalRecord } from "../../src/domain/journal/record.ts"
import { makeFileJournal } from "../../src/infra/journal/file/FileJournal.ts"
import { SimulatedDisk, type Survival } from "../../src/infra/journal/file/simulatedDisk.ts"
import { withWriter } from "./wrappedJournal.ts"

type JournalPort = Journal["Service"]

/** Asked at each sync, numbered from 1 in its process's life: undefined lets it end, else the machine stops there. */
export type CutPlan = (sync: number) => ((unsyncedBytes: number) => Survival) | undefined

export interface CuttableJournal {
  readonly disk: SimulatedDisk
  /** The port of one life of the process. */
  readonly life: (plan: CutPlan) => JournalPort
  /** Stops the machine; nothing that was not synced is left. */
  readonly stop: () => void
  /** What the next process will find. */
  readonly records: Effect.Effect<ReadonlyArray<JournalRecord>>
}

export const makeCuttableJournal = (
  codec: RecordCodec,
  book: string,
  segmentBytesMax = 65_536
): CuttableJournal => {
  const disk = new SimulatedDisk()
  const sound = makeFileJournal(codec, { directory: "/data", book, disk, segmentBytesMax })

  const life = (plan: CutPlan): JournalPort => {
    let syncs = 0
    /** The machine stops where the sync would have ended: no finalizer of the process still reaches the disk. */
    const stopping = <A, E>(write: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      Effect.suspend(() => {
        const cut = plan(++syncs)
        if (cut === undefined) return write
        disk.failingSyncs = 1
        return write.pipe(
          Effect.tapCause(() => Effect.sync(() => disk.crash(cut(unsyncedBytes(disk))))),
          Effect.ensuring(
            Effect.sync(() => {
              disk.failingSyncs = 0
            })
          )
        )
      })
    return {
      ...withWriter((writer) => ({ commit: stopping(writer.commit) }))(sound),
      saveSnapshot: (snapshot) => stopping(sound.saveSnapshot(snapshot))
    }
  }

  return {
    disk,
    life,
    stop: () => disk.crash(),
    records: Effect.orDie(Effect.map(sound.openReader, (reader) => [...reader.read(0)]))
  }
}

const unsyncedBytes = (disk: SimulatedDisk): number =>
  disk.paths().reduce((sum, path) => sum + disk.unsyncedBytes(path), 0)
