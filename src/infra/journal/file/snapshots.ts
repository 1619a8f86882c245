/** A book's snapshots as files: written beside, synced, renamed into place; the newest whole one is found. */
import { join } from "node:path"
import { Effect, Result } from "effect"
import type { StoredSnapshot } from "../../../actors/ports/Journal.ts"
import { parseSnapshot, snapshotsKept, snapshotText } from "../snapshotText.ts"
import { readWhole } from "./disk.ts"
import type { BookPlace } from "./loadBook.ts"

const suffix = ".snapshot"
const unfinishedName = "unfinished.tmp"

const snapshotsFolder = (place: BookPlace): string => join(place.folder, "snapshots")

const snapshotName = (seq: number): string => `${String(seq).padStart(16, "0")}${suffix}`

/** Names of the snapshots there are, newest first. */
const snapshotNames = (place: BookPlace): ReadonlyArray<string> =>
  place.disk
    .list(snapshotsFolder(place))
    .filter((name) => name.endsWith(suffix))
    .reverse()

export const saveSnapshot = Effect.fnUntraced(function* (
  place: BookPlace,
  snapshot: StoredSnapshot
) {
  const { disk } = place
  const folder = snapshotsFolder(place)
  const unfinished = join(folder, unfinishedName)
  yield* disk.ensureDirectory(folder)
  yield* Effect.acquireUseRelease(
    disk.openForWriting(unfinished),
    (file) =>
      Effect.gen(function* () {
        yield* file.truncate(0)
        yield* file.writeAt(new TextEncoder().encode(snapshotText(place.book, snapshot)), 0)
        yield* file.sync
      }),
    (file) => Effect.sync(() => file.close())
  )
  yield* disk.rename(unfinished, join(folder, snapshotName(snapshot.seq)))
  yield* disk.syncDirectory(folder)
  for (const name of snapshotNames(place).slice(snapshotsKept)) {
    yield* disk.remove(join(folder, name))
  }
})

/** The newest whole snapshot at or below `atMost`. Throws `DiskFailure`. */
export const findSnapshot = (place: BookPlace, atMost: number): StoredSnapshot | undefined => {
  for (const name of snapshotNames(place)) {
    if (Number(name.slice(0, -suffix.length)) > atMost) continue
    const bytes = readWhole(place.disk, join(snapshotsFolder(place), name))
    const snapshot = parseSnapshot(place.book, new TextDecoder().decode(bytes))
    if (Result.isSuccess(snapshot)) return snapshot.success
  }
  return undefined
}
