/**
 * Puts batches into a book's segments, one after the other, each durable before the next.
 *
 * After a failed write the file is cut back to the last durable batch before the next attempt, and the batch is written
 * anew in whole: what a failed sync left in the page cache is not trusted.
 */
import { join } from "node:path"
import { Effect } from "effect"
import type { BatchBuffer } from "./BatchBuffer.ts"
import { beginWith } from "./beginning.ts"
import type { DiskFailure, DiskFile } from "./disk.ts"
import {
  batchHeaderBytes,
  decodeSegmentHeader,
  encodeBatchHeader,
  encodeSegmentHeader
} from "./format.ts"
import type { BookPlace, LoadedBook } from "./loadBook.ts"
import { Segment, segmentName } from "./Segment.ts"

/** The file that is written to. */
interface Tail {
  readonly path: string
  readonly file: DiskFile
  /** End of its last durable batch; 0 while its first one is not durable. */
  end: number
  hasUndurableBytes: boolean
}

export class BatchFiles {
  readonly place: BookPlace
  readonly segments: Array<Segment>
  readonly #segmentBytesMax: number
  #tail: Tail | undefined
  #nextBatch: number

  constructor(place: BookPlace, loaded: LoadedBook, segmentBytesMax: number) {
    this.place = place
    this.segments = loaded.segments
    this.#segmentBytesMax = segmentBytesMax
    this.#nextBatch = loaded.end.batch
  }

  /** Writes the batch and makes it durable; begins a new segment with it where the last one is full. */
  write(batch: BatchBuffer): Effect.Effect<void, DiskFailure> {
    const end = this.#tail?.end ?? this.segments.at(-1)?.end
    const isFull = end === undefined || end >= this.#segmentBytesMax
    const tail = isFull ? this.#begin(batch) : this.#current()
    return Effect.flatMap(tail, (tail) => this.#put(tail, batch))
  }

  /**
   * Says after the last batch that the writer closed in order, so that damage to that batch is not taken for a torn
   * tail, and lets the file go. `nothing` is an empty batch.
   */
  close(nothing: BatchBuffer): Effect.Effect<void, DiskFailure> {
    if (this.segments.length === 0 || this.#tail?.end === 0) return this.letGo
    const last = Effect.flatMap(this.#current(), (tail) => this.#put(tail, nothing))
    return Effect.ensuring(last, this.letGo)
  }

  /** Removes the segments whose records all stand before `seq`; never the last one. */
  forget(seq: number): Effect.Effect<void, DiskFailure> {
    const kept = this.segments.findLastIndex(({ header }) => header.firstSeq <= seq)
    if (kept <= 0) return Effect.void
    return Effect.andThen(
      beginWith(this.place, this.segments[kept]!),
      Effect.sync(() => void this.segments.splice(0, kept))
    )
  }

  /** What a failed write left is cut off before the next. */
  inDoubtThrough(): number {
    return -1
  }

  /** The lock ends with the process at the latest, and not before. */
  readonly renew = Effect.void

  heldSinceMs(): number {
    return Number.POSITIVE_INFINITY
  }

  /** A failed write fails its commit: nothing is tried anew here. */
  interruption(): undefined {}

  /** Closes the file and writes nothing. */
  readonly letGo = Effect.sync(() => {
    this.#tail?.file.close()
    this.#tail = undefined
  })

  /** The last segment's file. */
  #current(): Effect.Effect<Tail, DiskFailure> {
    if (this.#tail !== undefined) return Effect.succeed(this.#tail)
    const { path, end } = this.segments.at(-1)!
    return Effect.map(this.place.disk.openForWriting(path), (file) => {
      this.#tail = { path, file, end: end!, hasUndurableBytes: false }
      return this.#tail
    })
  }

  #begin(batch: BatchBuffer): Effect.Effect<Tail, DiskFailure> {
    const path = join(this.place.folder, segmentName(batch.from.nextSeq))
    return Effect.map(this.place.disk.openForWriting(path), (file) => {
      this.#tail?.file.close()
      this.#tail = { path, file, end: 0, hasUndurableBytes: true }
      return this.#tail
    })
  }

  readonly #put = Effect.fnUntraced(
    { self: this },
    function* (this: BatchFiles, tail: Tail, batch: BatchBuffer) {
      const lead = tail.end === 0 ? this.#segmentHeader(batch) : undefined
      const position = tail.end + (lead?.length ?? 0)
      encodeBatchHeader(batch.bytes, this.place.tag, {
        records: batch.records,
        batch: this.#nextBatch,
        bodyBytes: batch.length - batchHeaderBytes,
        firstSeq: batch.from.nextSeq,
        durableThrough: batch.from.nextSeq - 1,
        link: batch.from.link
      })
      if (tail.hasUndurableBytes) yield* tail.file.truncate(tail.end)
      tail.hasUndurableBytes = true
      if (lead !== undefined) yield* tail.file.writeAt(lead, 0)
      yield* tail.file.writeAt(batch.bytes.subarray(0, batch.length), position)
      yield* tail.file.sync
      if (lead !== undefined) yield* this.place.disk.syncDirectory(this.place.folder)
      tail.hasUndurableBytes = false
      tail.end = position + batch.length
      this.#noteDurable(tail, batch, position, lead)
    }
  )

  #segmentHeader(batch: BatchBuffer): Uint8Array {
    return encodeSegmentHeader({
      book: this.place.book,
      segment: (this.segments.at(-1)?.header.segment ?? -1) + 1,
      firstSeq: batch.from.nextSeq,
      firstBatch: this.#nextBatch,
      link: batch.from.link,
      carry: batch.from.open
    })
  }

  #noteDurable(
    tail: Tail,
    batch: BatchBuffer,
    position: number,
    lead: Uint8Array | undefined
  ): void {
    if (lead !== undefined) this.segments.push(new Segment(tail.path, decodeSegmentHeader(lead)!))
    const segment = this.segments.at(-1)!
    segment.mark({ position, batch: this.#nextBatch, seq: batch.from.nextSeq })
    segment.markedWhole()
    segment.end = tail.end
    this.#nextBatch++
  }
}
