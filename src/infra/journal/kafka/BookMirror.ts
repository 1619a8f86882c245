/**
 * A book's partition as a local file in the file journal's format: reads are synchronous and bounded in memory.
 *
 * Truth is the partition; this is a cache that is made anew at every opening. Everything that comes from the partition is
 * checked on its way in: writers, numbers, checksums, links. Batches of a writer that was fenced are left out and counted.
 */
import { join } from "node:path"
import { Effect, Result } from "effect"
import { JournalCorrupt } from "../../../actors/ports/Journal.ts"
import { Chain, type ChainPoint, emptyChain, firstLink } from "../chain.ts"
import type { DiskFailure, DiskFile } from "../file/disk.ts"
import { decodeSegmentHeader, encodeSegmentHeader } from "../file/format.ts"
import type { BookPlace } from "../file/loadBook.ts"
import { RecordOrder } from "../file/RecordOrder.ts"
import { Segment } from "../file/Segment.ts"
import { SegmentWalk, type WalkStart } from "../file/SegmentWalk.ts"
import type { LogPlace, StoredEntry } from "./kafkaLog.ts"
import { decodeMessage } from "./messages.ts"

export interface Fence {
  readonly epoch: number
  readonly token: string
}

export class BookMirror {
  readonly place: BookPlace
  readonly segments: Array<Segment> = []
  readonly logPlace: LogPlace
  /** Where in the partition to read on. */
  nextOffset = 0
  /** The newest writer that was seen. */
  fence: Fence = { epoch: 0, token: "" }
  /** Batches that came from writers after they were fenced. */
  ignoredBatches = 0
  /** The bytes of the last batch that was taken. */
  lastBatch: Uint8Array = new Uint8Array(0)
  #file: DiskFile
  #end: number
  #nextBatch = 0
  #chain = new Chain(emptyChain)
  #order = new RecordOrder(0, 0)
  /** Parts of a batch whose others are still to come. */
  #parts: Array<Buffer> = []

  private constructor(place: BookPlace, logPlace: LogPlace, file: DiskFile, header: Uint8Array) {
    this.place = place
    this.logPlace = logPlace
    this.#file = file
    this.#end = header.length
    const segment = new Segment(file.path, decodeSegmentHeader(header)!)
    segment.end = header.length
    segment.markedWhole()
    this.segments.push(segment)
  }

  /** An empty mirror in the place's folder, over whatever was there. */
  static readonly make = Effect.fnUntraced(function* (place: BookPlace, logPlace: LogPlace) {
    yield* place.disk.ensureDirectory(place.folder)
    const file = yield* place.disk.openForWriting(join(place.folder, "mirror.segment"))
    const header = encodeSegmentHeader({
      book: place.book,
      segment: 0,
      firstSeq: 0,
      firstBatch: 0,
      link: firstLink,
      carry: new Uint8Array(0)
    })
    yield* file.truncate(0)
    yield* file.writeAt(header, 0)
    return new BookMirror(place, logPlace, file, header)
  })

  get path(): string {
    return this.#file.path
  }

  /** What follows the last batch. */
  get end(): WalkStart {
    return { position: this.#end, batch: this.#nextBatch, seq: this.#order.nextSeq }
  }

  get lastEpoch(): number {
    return this.#order.epoch
  }

  chainPoint(): ChainPoint {
    return this.#chain.point()
  }

  /** Takes what the partition holds next, up to `next`. Fails with `JournalCorrupt` at the first damage. */
  take(
    entries: ReadonlyArray<StoredEntry>,
    next: number
  ): Effect.Effect<void, JournalCorrupt | DiskFailure> {
    return Effect.suspend(() => {
      const batches: Array<{ readonly offset: number; readonly bytes: Buffer }> = []
      for (const entry of entries) {
        const wrong = this.#takeEntry(entry, batches)
        if (wrong !== "") return Effect.fail(this.#corrupt(entry.offset, wrong))
      }
      this.nextOffset = next
      return batches.length === 0 ? Effect.void : this.#takeBatches(batches)
    })
  }

  /**
   * Takes a batch of this process's own that the partition acknowledged: it was checked when it was made. The chain is
   * not carried on; `resumeAt` sets it before anything is read from the partition again.
   */
  takeOwn(
    batch: Uint8Array,
    through: { readonly seq: number; readonly next: number }
  ): Effect.Effect<void, DiskFailure> {
    const start = this.end
    return Effect.map(this.#file.writeAt(batch, start.position), () => {
      this.nextOffset = through.next
      this.#order = new RecordOrder(through.seq + 1, this.#order.epoch)
      this.#noteWritten([start], start.position + batch.length, start.batch + 1)
    })
  }

  /** Where the chain stands after what was taken. */
  resumeAt(chain: ChainPoint): void {
    this.#chain = new Chain(chain)
  }

  close(): void {
    this.#file.close()
  }

  /** "" or what is wrong. */
  #takeEntry(
    { offset, value }: StoredEntry,
    batches: Array<{ readonly offset: number; readonly bytes: Buffer }>
  ): string {
    const message = value === null ? undefined : decodeMessage(this.place.tag, value)
    if (message === undefined) {
      return `it holds data that is not of book ${this.place.book}: name another topic or --book`
    }
    switch (message._tag) {
      case "Fence":
        if (message.epoch <= this.fence.epoch) {
          return `writer ${message.epoch} follows writer ${this.fence.epoch}`
        }
        this.fence = message
        this.#parts = []
        return ""
      case "Lease":
        return ""
      case "BatchPart": {
        if (message.epoch < this.fence.epoch) {
          if (message.part === 0) this.ignoredBatches++
          return ""
        }
        if (message.epoch > this.fence.epoch) {
          return `a batch of writer ${message.epoch} comes before its fence`
        }
        if (message.part !== this.#parts.length) {
          return `part ${message.part} of a batch comes where part ${this.#parts.length} is next`
        }
        this.#parts.push(message.body)
        if (this.#parts.length < message.parts) return ""
        const bytes = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts)
        batches.push({ offset, bytes })
        this.#parts = []
        return ""
      }
    }
  }

  #takeBatches(
    batches: ReadonlyArray<{ readonly offset: number; readonly bytes: Buffer }>
  ): Effect.Effect<void, JournalCorrupt | DiskFailure> {
    const bytes = Buffer.concat(batches.map((batch) => batch.bytes))
    const { position, batch, seq } = this.end
    const start: WalkStart = { position: 0, batch, seq }
    const { tag, codec } = this.place
    const walk = new SegmentWalk(memoryFile(bytes), bytes.length, tag, start, this.#chain)
    const starts: Array<WalkStart> = []
    const failed = (why: string) =>
      Effect.fail(this.#corrupt(batches[starts.length - 1]!.offset, why))
    for (let at = walk.place; walk.nextBatch(); at = walk.place) {
      starts.push({ ...at, position: position + at.position })
      for (let isFirst = true; walk.nextFrame(); isFirst = false) {
        const header = codec.headerAt(walk.bytes, walk.start, walk.end)
        if (Result.isFailure(header)) return failed(header.failure.why)
        if (isFirst && header.success.cause >= 0) return failed("its batch begins inside a turn")
        const wrong = this.#order.take(header.success)
        if (wrong !== "") return failed(wrong)
      }
      if (walk.damage !== undefined) return failed(walk.damage.why)
    }
    if (walk.damage !== undefined) {
      starts.push(walk.place)
      return failed(walk.damage.why)
    }
    return Effect.map(this.#file.writeAt(bytes, position), () => {
      this.lastBatch = batches.at(-1)!.bytes
      this.#noteWritten(starts, position + bytes.length, walk.place.batch)
    })
  }

  #noteWritten(starts: ReadonlyArray<WalkStart>, end: number, nextBatch: number): void {
    const segment = this.segments[0]!
    for (const start of starts) segment.mark(start)
    segment.end = end
    this.#end = end
    this.#nextBatch = nextBatch
  }

  #corrupt(offset: number, why: string): JournalCorrupt {
    const { topic, partition } = this.logPlace
    return new JournalCorrupt({
      place: `topic ${topic}, partition ${partition}, offset ${offset}`,
      verifiedThrough: this.#order.nextSeq - 1,
      why
    })
  }
}

const memoryFile = (bytes: Buffer): DiskFile => ({
  path: "memory",
  size: () => bytes.length,
  readAt: (target, position) => bytes.copy(target, 0, position),
  writeAt: () => Effect.void,
  truncate: () => Effect.void,
  sync: Effect.void,
  close: () => {}
})
