/** The single writer of a book's files: the batches that are not durable yet, in memory, and the commits that make them so. */
import { Effect, Semaphore } from "effect"
import {
  BookLocked,
  type Interruption,
  JournalUnavailable,
  type JournalWriter,
  type Opened
} from "../../../actors/ports/Journal.ts"
import type { JournalRecord, RecordHeader } from "../../../domain/journal/record.ts"
import { Chain } from "../chain.ts"
import { BatchBuffer } from "./BatchBuffer.ts"
import { BookCursor, type BookFiles, type Pick } from "./BookCursor.ts"
import type { DiskFailure, DiskLock } from "./disk.ts"
import type { LoadedBook } from "./loadBook.ts"
import { corrupt } from "./loadBook.ts"

/** A buffer that grew beyond this for one large batch is not kept for the next. */
const keptBytesMax = 8_388_608

/** Where a writer's batches go: each is durable before the next is written. Their files are what it reads. */
export interface BatchStore extends BookFiles {
  readonly write: (
    batch: BatchBuffer
  ) => Effect.Effect<void, DiskFailure | JournalUnavailable | BookLocked>
  /** Says after the last batch that the writer closed in order, and lets the files go. `nothing` is an empty batch. */
  readonly close: (nothing: BatchBuffer) => Effect.Effect<void, DiskFailure>
  readonly letGo: Effect.Effect<void>
  readonly forget: (seq: number) => Effect.Effect<void, DiskFailure>
  /** Last record of a batch that may be durable although its write failed; -1 for none. */
  readonly inDoubtThrough: () => number
  readonly renew: Effect.Effect<void, JournalUnavailable | BookLocked>
  readonly heldSinceMs: () => number
  readonly interruption: () => Interruption | undefined
}

export class FileWriter implements JournalWriter {
  readonly opened: Opened
  readonly commit: Effect.Effect<void, JournalUnavailable | BookLocked>
  readonly #files: BatchStore
  readonly #lock: DiskLock
  readonly #wallTimeMs: () => number
  readonly #oneAtATime = Semaphore.makeUnsafe(1)
  /** Batches that are not durable, in order; records are appended to the last. Never empty. */
  readonly #batches: Array<BatchBuffer>
  #chain: Chain
  #epoch: number
  #durableThrough: number
  /** Last record that a running commit is writing; -1 when none runs. */
  #committingThrough = -1
  #spare: Buffer | undefined
  #isClosed = false

  constructor(files: BatchStore, loaded: LoadedBook, lock: DiskLock, wallTimeMs: () => number) {
    this.#files = files
    this.#lock = lock
    this.#wallTimeMs = wallTimeMs
    this.#batches = [new BatchBuffer(loaded.chain)]
    this.#chain = new Chain(loaded.chain)
    this.#epoch = loaded.lastEpoch
    this.#durableThrough = loaded.end.seq - 1
    this.opened = {
      lastSeq: loaded.end.seq - 1,
      lastEpoch: loaded.lastEpoch,
      cutBytes: loaded.torn?.bytes ?? 0,
      cutRecords: loaded.torn?.records ?? 0
    }
    this.commit = Effect.uninterruptible(this.#oneAtATime.withPermit(this.#commit()))
  }

  append(record: JournalRecord): void {
    if (this.#isClosed) throw new Error("this writer is closed")
    const next = this.#chain.nextSeq
    if (record.seq !== next) throw new RangeError(`record ${record.seq} came where ${next} is next`)
    if (record.epoch < this.#epoch) {
      throw new RangeError(`record ${next} is of epoch ${record.epoch}, after ${this.#epoch}`)
    }
    const batch = this.#open
    batch.append(this.#files.place.codec, record, this.#wallTimeMs())
    this.#chain.append(batch.bytes, batch.startOf(next), batch.length)
    this.#epoch = record.epoch
  }

  pending(): number {
    return this.#chain.nextSeq - 1 - this.#durableThrough
  }

  durableThrough(): number {
    return this.#durableThrough
  }

  truncatePending(seq: number): void {
    if (this.#isClosed) throw new Error("this writer is closed")
    const sent = Math.max(this.#committingThrough, this.#files.inDoubtThrough())
    const kept = Math.max(this.#durableThrough, sent)
    if (seq < kept) throw new RangeError(`record ${kept} cannot be taken back to ${seq}`)
    if (seq >= this.#chain.nextSeq - 1) return
    // A batch that begins right after `seq` stays, empty: the one before it may be on its way to the disk.
    while (this.#open.from.nextSeq > seq + 1) this.#batches.pop()
    const batch = this.#open
    batch.truncate(seq)
    this.#chain = new Chain(batch.from)
    while (this.#chain.nextSeq <= seq) {
      const at = this.#chain.nextSeq
      this.#chain.append(batch.bytes, batch.startOf(at), batch.endOf(at))
    }
  }

  read(from: number): Iterable<JournalRecord> {
    return this.#walk(from, this.#files.place.codec.decodeAt)
  }

  headers(from: number): Iterable<RecordHeader> {
    return this.#walk(from, this.#files.place.codec.headerAt)
  }

  head() {
    return this.#chain.head()
  }

  link() {
    return Buffer.from(this.#chain.link()).toString("hex")
  }

  firstSeq(): number {
    return this.#files.segments[0]?.header.firstSeq ?? 0
  }

  forget(before: number): Effect.Effect<void, JournalUnavailable> {
    const forgotten = Effect.suspend(() =>
      this.#isClosed ? Effect.void : this.#files.forget(Math.min(before, this.#durableThrough))
    )
    return this.#oneAtATime.withPermit(forgotten).pipe(
      Effect.mapError(({ path, why }) => new JournalUnavailable({ place: path, why })),
      Effect.uninterruptible
    )
  }

  get renew(): Effect.Effect<void, JournalUnavailable | BookLocked> {
    return this.#oneAtATime.withPermit(Effect.suspend(() => this.#lost() ?? this.#files.renew))
  }

  heldSinceMs(): number {
    return this.#files.heldSinceMs()
  }

  interruption(): Interruption | undefined {
    return this.#files.interruption()
  }

  /** Closes in order: what is pending is dropped, what is durable is marked as the end. */
  close(): Effect.Effect<void> {
    return this.#oneAtATime.withPermit(
      Effect.suspend(() => {
        this.#isClosed = true
        if (!this.#lock.isHeld()) return this.#files.letGo
        return this.#files.close(new BatchBuffer(this.#batches[0]!.from))
      }).pipe(
        // The mark is a convenience: without it the next opening treats the end as after a crash.
        Effect.ignore
      )
    )
  }

  get #open(): BatchBuffer {
    return this.#batches.at(-1)!
  }

  #lost(): Effect.Effect<never, BookLocked> | undefined {
    if (!this.#isClosed && this.#lock.isHeld()) return undefined
    const { folder, book } = this.#files.place
    return Effect.fail(new BookLocked({ place: folder, book }))
  }

  #commit(): Effect.Effect<void, JournalUnavailable | BookLocked> {
    return Effect.suspend((): Effect.Effect<void, JournalUnavailable | BookLocked> => {
      const lost = this.#lost()
      if (lost !== undefined) return lost
      if (this.#open.records > 0) this.#endBatch()
      if (this.#batches.length === 1) return Effect.void
      this.#committingThrough = this.#chain.nextSeq - 1
      return this.#writeThrough(this.#committingThrough).pipe(
        Effect.catchTag("DiskFailure", ({ path, why }) =>
          Effect.fail(new JournalUnavailable({ place: path, why }))
        ),
        Effect.ensuring(
          Effect.sync(() => {
            this.#committingThrough = -1
          })
        )
      )
    })
  }

  /** Batches that a failed commit left are written first, each on its own. */
  readonly #writeThrough = Effect.fnUntraced(
    { self: this },
    function* (this: FileWriter, seq: number) {
      while (this.#durableThrough < seq) {
        const batch = this.#batches[0]!
        yield* this.#files.write(batch)
        this.#batches.shift()
        this.#durableThrough = batch.lastSeq
        if (batch.bytes.length <= keptBytesMax) this.#spare = batch.bytes
      }
    }
  )

  /** From here on records go to a new batch. Throws where the batch begins with an event: it would split a turn. */
  #endBatch(): void {
    const batch = this.#open
    const first = batch.from.nextSeq
    for (const { cause } of this.headers(first)) {
      if (cause >= 0) throw new RangeError(`commit inside a turn: record ${first} answers ${cause}`)
      break
    }
    this.#batches.push(new BatchBuffer(this.#chain.point(), this.#spare))
    this.#spare = undefined
  }

  /** Records may become durable, and others be appended, between two steps. */
  *#walk<A extends RecordHeader>(from: number, pick: Pick<A>): Generator<A> {
    let next = Math.max(this.firstSeq(), from)
    while (next < this.#chain.nextSeq) {
      const through = this.#durableThrough
      if (next <= through) {
        const cursor = new BookCursor(this.#files, { from: next, through, proveAll: false }, pick)
        try {
          for (let record = cursor.next(); record !== undefined; record = cursor.next()) {
            yield record
          }
        } finally {
          cursor.close()
        }
        next = through + 1
        continue
      }
      const batch = this.#batches.find(({ lastSeq }) => lastSeq >= next)!
      const record = pick(batch.bytes, batch.startOf(next), batch.endOf(next))
      if (record._tag === "Failure") return corrupt("memory", 0, next - 1, record.failure.why)
      yield record.success
      next++
    }
  }
}
