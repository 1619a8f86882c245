/**
 * A book's journal in a folder of its own: segments, snapshots and a lock, with no server.
 *
 * One writer, by a lock that ends with its process; readers take none and change nothing. Nothing durable is overwritten:
 * only bytes after the last whole batch are ever cut, and what was cut is told.
 */
import { join } from "node:path"
import { Clock, Effect, Layer } from "effect"
import {
  BookLocked,
  Journal,
  JournalCorrupt,
  type JournalReader,
  JournalUnavailable
} from "../../../actors/ports/Journal.ts"
import type { RecordCodec } from "../../../domain/journal/codec.ts"
import type { RecordHeader } from "../../../domain/journal/record.ts"
import { Chain } from "../chain.ts"
import { BatchFiles } from "./BatchFiles.ts"
import { BookCursor, type Pick } from "./BookCursor.ts"
import { removeOlder } from "./beginning.ts"
import { type Disk, DiskFailure } from "./disk.ts"
import { FileWriter } from "./FileWriter.ts"
import { bookTag } from "./format.ts"
import { type BookPlace, type LoadedBook, loadBook, type Torn } from "./loadBook.ts"
import { nodeDisk } from "./nodeDisk.ts"
import { findSnapshot, saveSnapshot } from "./snapshots.ts"

export interface FileJournalOptions {
  /** The book's files are in the folder `directory`/`book`. */
  readonly directory: string
  /** 1 to 64 letters, digits, `_`, `-` and `.`, not beginning with `.`. */
  readonly book: string
  /** A segment that has grown to this is followed by another. Default 32 MiB. */
  readonly segmentBytesMax?: number
  /** A record that something outside tells of (an anchor, an order at the broker): a journal that ends before it is corrupt. */
  readonly knownThrough?: number
  /** Default: the machine's own. */
  readonly disk?: Disk
}

const segmentBytesMaxDefault = 33_554_432

export const layer = (codec: RecordCodec, options: FileJournalOptions): Layer.Layer<Journal> =>
  Layer.sync(Journal, () => makeFileJournal(codec, options))

export const makeFileJournal = (
  codec: RecordCodec,
  options: FileJournalOptions
): Journal["Service"] => {
  const { book, directory, disk = nodeDisk } = options
  const folder = join(directory, book)
  const place: BookPlace = { disk, folder, book, tag: bookTag(book), codec }
  const known = options.knownThrough ?? -1
  let writer: FileWriter | undefined

  const load = fromDisk(() => {
    assertBookName(folder, book)
    const snapshot = findSnapshot(place, Number.MAX_SAFE_INTEGER)
    return loadBook(place, Math.max(known, snapshot?.seq ?? -1))
  })

  const openWriter = Effect.gen(function* () {
    yield* fromDisk(() => assertBookName(folder, book))
    yield* unavailable(disk.ensureDirectory(folder))
    const lock = yield* Effect.acquireRelease(
      Effect.flatMap(unavailable(disk.lock(join(folder, "lock.sqlite"))), (lock) =>
        lock === "held"
          ? Effect.fail(new BookLocked({ place: folder, book }))
          : Effect.succeed(lock)
      ),
      (lock) => Effect.sync(() => lock.release())
    )
    const loaded = yield* load
    if (loaded.torn !== undefined) yield* unavailable(cut(place, loaded.torn))
    yield* unavailable(removeOlder(place, loaded.beginning))
    const clock = yield* Clock.Clock
    const files = new BatchFiles(place, loaded, options.segmentBytesMax ?? segmentBytesMaxDefault)
    const opened = new FileWriter(files, loaded, lock, () => clock.currentTimeMillisUnsafe())
    writer = opened
    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        if (writer === opened) writer = undefined
        return opened.close()
      })
    )
    return opened
  })

  return {
    openWriter,
    openReader: Effect.map(load, (loaded) => fileReader(place, loaded)),
    saveSnapshot: (snapshot) =>
      Effect.suspend(() => {
        if (writer !== undefined && snapshot.seq > writer.durableThrough()) {
          throw new RangeError(`a snapshot at ${snapshot.seq}, of which not all is durable`)
        }
        return unavailable(saveSnapshot(place, snapshot))
      }),
    loadSnapshot: (atMost) => fromDisk(() => findSnapshot(place, atMost))
  }
}

const fileReader = (place: BookPlace, loaded: LoadedBook): JournalReader => {
  const head = new Chain(loaded.chain).head()
  const files = { place, segments: loaded.segments }
  const firstSeq = loaded.beginning?.firstSeq ?? 0
  function* walk<A extends RecordHeader>(from: number, pick: Pick<A>): Generator<A> {
    const range = { from: Math.max(firstSeq, from), through: head.seq, proveAll: true }
    const cursor = new BookCursor(files, range, pick)
    try {
      for (let record = cursor.next(); record !== undefined; record = cursor.next()) yield record
    } finally {
      cursor.close()
    }
  }
  return {
    read: (from) => walk(from, place.codec.decodeAt),
    headers: (from) => walk(from, place.codec.headerAt),
    head: () => head,
    firstSeq: () => firstSeq,
    tornBytes: () => loaded.torn?.bytes ?? 0
  }
}

/** Cuts the torn bytes off; a file of nothing else goes. */
const cut = (place: BookPlace, torn: Torn): Effect.Effect<void, DiskFailure> =>
  torn.position === 0
    ? Effect.andThen(place.disk.remove(torn.path), place.disk.syncDirectory(place.folder))
    : Effect.acquireUseRelease(
        place.disk.openForWriting(torn.path),
        (file) => Effect.andThen(file.truncate(torn.position), file.sync),
        (file) => Effect.sync(() => file.close())
      )

const assertBookName = (folder: string, book: string): void => {
  if (/^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}$/.test(book)) return
  const why = `the book's name "${book}" is not 1 to 64 letters, digits, "_", "-" and "."`
  throw new JournalUnavailable({ place: folder, why })
}

const unavailable = <A, R>(
  effect: Effect.Effect<A, DiskFailure, R>
): Effect.Effect<A, JournalUnavailable, R> =>
  Effect.mapError(effect, ({ path, why }) => new JournalUnavailable({ place: path, why }))

/** Runs plain reads; what they throw of the journal's own errors fails the effect, anything else is a defect. */
const fromDisk = <A>(run: () => A): Effect.Effect<A, JournalUnavailable | JournalCorrupt> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(run())
    } catch (error) {
      if (error instanceof JournalCorrupt || error instanceof JournalUnavailable) {
        return Effect.fail(error)
      }
      if (error instanceof DiskFailure) {
        return Effect.fail(new JournalUnavailable({ place: error.path, why: error.why }))
      }
      return Effect.die(error)
    }
  })
