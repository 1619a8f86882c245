/**
 * A book's journal in a partition of a Kafka topic.
 *
 * One writer, by fencing: opening for writing takes the book over from whoever had it, whose next commit fails. Truth is
 * the partition; reads go over a local mirror of it, made and checked at each opening.
 */
import { randomUUID } from "node:crypto"
import { join } from "node:path"
import { Clock, Effect, type Scope } from "effect"
import {
  BookLocked,
  type Journal,
  JournalCorrupt,
  type JournalError,
  type JournalReader,
  JournalUnavailable,
  type JournalWriter,
  type StoredSnapshot
} from "../../../actors/ports/Journal.ts"
import type { RecordCodec } from "../../../domain/journal/codec.ts"
import type { RecordHeader } from "../../../domain/journal/record.ts"
import { Chain } from "../chain.ts"
import { BookCursor, type Pick } from "../file/BookCursor.ts"
import type { Disk } from "../file/disk.ts"
import { FileWriter } from "../file/FileWriter.ts"
import { bookTag } from "../file/format.ts"
import { BookMirror } from "./BookMirror.ts"
import { entriesOver, newest, readSlots } from "./bookSnapshots.ts"
import { backoff, catchUp, KafkaBatches } from "./KafkaBatches.ts"
import type { KafkaLog, LogPlace } from "./kafkaLog.ts"

export interface KafkaJournalOptions {
  readonly log: KafkaLog
  readonly book: string
  /** Of the journals. */
  readonly topic: string
  /** Where the book is: what the registry says. */
  readonly partition: number
  /** Compacted, with a partition of the same number. */
  readonly snapshotsTopic: string
  readonly disk: Disk
  /** The writer's mirror. Anything there is replaced. */
  readonly writerFolder: string
  /** Each reader's mirror has a folder of its own below. */
  readonly readersFolder: () => string
  /** How long a commit is tried anew before it fails. */
  readonly commitRetryMsMax: number
  /**
   * How long a writer that may still live is waited for, from the acknowledgement of our own fence: its lease and what a
   * send may take, ms. Default 0: nothing outside outlives the process.
   */
  readonly takeoverWaitMs?: number
  readonly newToken?: () => string
}

/** A reader waits so often for what an open transaction holds back, a quarter of a second each. */
const readerIdleReadsMax = 8

export const makeKafkaJournal = (
  codec: RecordCodec,
  options: KafkaJournalOptions
): Journal["Service"] => {
  const { log, book, topic, partition, disk } = options
  const at: LogPlace = { topic, partition }
  const snapshotsAt: LogPlace = { topic: options.snapshotsTopic, partition }
  const transactionalId = `optionsib.${topic}.${book}`
  const where = `${log.servers}/${topic}, partition ${partition}`
  const { newToken = randomUUID } = options
  let writer: FileWriter | undefined
  let readers = 0

  const makeMirror = (folder: string) =>
    BookMirror.make({ disk, folder, book, tag: bookTag(book), codec }, at)

  const openWriter: Effect.Effect<JournalWriter, JournalError, Scope.Scope> = Effect.gen(
    function* () {
      if (writer !== undefined) return yield* new BookLocked({ place: where, book })
      const mirror = yield* makeMirror(options.writerFolder)
      const batches = yield* KafkaBatches.open({
        log,
        mirror,
        transactionalId,
        newToken,
        retryMsMax: options.commitRetryMsMax
      })
      if (batches.followsLiving) yield* Effect.sleep(`${options.takeoverWaitMs ?? 0} millis`)
      const { end, lastEpoch, segments } = mirror
      const chain = mirror.chainPoint()
      const loaded = { segments, beginning: undefined, end, lastEpoch, chain, torn: undefined }
      const lock = { isHeld: () => batches.isHeld(), release: () => {} }
      const clock = yield* Clock.Clock
      const opened = new FileWriter(batches, loaded, lock, () => clock.currentTimeMillisUnsafe())
      writer = opened
      yield* Effect.addFinalizer(() =>
        Effect.suspend(() => {
          if (writer === opened) writer = undefined
          return Effect.andThen(opened.close(), Effect.ignore(disk.remove(mirror.path)))
        })
      )
      return opened
    }
  ).pipe(Effect.catch((error) => Effect.fail(portError(error, where, book))))

  const openReader = Effect.gen(function* () {
    const mirror = yield* makeMirror(join(options.readersFolder(), `reader-${++readers}`))
    yield* catchUp({ log, mirror, idleReadsMax: readerIdleReadsMax })
    mirror.close()
    return mirrorReader(mirror)
  }).pipe(Effect.catch((error) => Effect.fail(portError(error, where, book))))

  const saveSnapshot = Effect.fnUntraced(
    function* (snapshot: StoredSnapshot) {
      const slots = yield* readSlots(log, snapshotsAt, book)
      // Of its own transactional id: a snapshot never fences the journal's writer, and proves itself when it is read.
      const session = yield* log.openSession(`${transactionalId}.snapshots`)
      yield* session.append(snapshotsAt, entriesOver(slots, book, snapshot))
    },
    Effect.retry(backoff(options.commitRetryMsMax))
  )

  return {
    openWriter,
    openReader,
    saveSnapshot: (snapshot) =>
      Effect.suspend(() => {
        if (writer !== undefined && snapshot.seq > writer.durableThrough()) {
          throw new RangeError(`a snapshot at ${snapshot.seq}, of which not all is durable`)
        }
        return Effect.mapError(
          saveSnapshot(snapshot),
          ({ why }) => new JournalUnavailable({ place: where, why })
        )
      }),
    loadSnapshot: (atMost) =>
      readSlots(log, snapshotsAt, book).pipe(
        Effect.map((slots) => newest(slots, atMost)),
        Effect.mapError(({ why }) => new JournalUnavailable({ place: where, why }))
      )
  }
}

const mirrorReader = (mirror: BookMirror): JournalReader => {
  const { place, segments } = mirror
  const head = new Chain(mirror.chainPoint()).head()
  function* walk<A extends RecordHeader>(from: number, pick: Pick<A>): Generator<A> {
    const range = { from: Math.max(0, from), through: head.seq, proveAll: true }
    const cursor = new BookCursor({ place, segments }, range, pick)
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
    firstSeq: () => 0,
    tornBytes: () => 0
  }
}

const portError = (
  error: JournalError | { readonly _tag: string; readonly why: string },
  place: string,
  book: string
): JournalError => {
  if (error instanceof JournalCorrupt || error instanceof BookLocked) return error
  if (error instanceof JournalUnavailable) return error
  return error._tag === "SessionFenced"
    ? new BookLocked({ place, book })
    : new JournalUnavailable({ place, why: (error as { readonly why: string }).why })
}
