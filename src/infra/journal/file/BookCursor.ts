/** Reads the durable records of a book's files in order, from any seq, checking what it passes. */
import type { Result } from "effect"
import { JournalUnavailable } from "../../../actors/ports/Journal.ts"
import type { RecordHeader } from "../../../domain/journal/record.ts"
import type { UndecodableRecord } from "../../../domain/journal/recordDecoder.ts"
import { Chain } from "../chain.ts"
import { DiskFailure } from "./disk.ts"
import { sameLink } from "./format.ts"
import { type BookPlace, corrupt } from "./loadBook.ts"
import { RecordOrder } from "./RecordOrder.ts"
import type { Segment } from "./Segment.ts"
import { SegmentWalk } from "./SegmentWalk.ts"

/** What of a record is asked for: `codec.decodeAt` or `codec.headerAt`. */
export type Pick<A extends RecordHeader> = (
  bytes: Uint8Array,
  start: number,
  end: number
) => Result.Result<A, UndecodableRecord>

/** The files as they are when each is come to: the last segment may grow and others follow it. */
export interface BookFiles {
  readonly place: BookPlace
  readonly segments: ReadonlyArray<Segment>
}

/**
 * Goes through records `from` to `through`. With `proveAll`, checks links from the start of the segment that holds
 * `from`; else skips to `from` by the index and checks links of the whole segments after it but the last, which was
 * checked when it was opened or written since.
 */
export class BookCursor<A extends RecordHeader> {
  readonly #files: BookFiles
  readonly #from: number
  readonly #through: number
  readonly #proveAll: boolean
  readonly #pick: Pick<A>
  readonly #order: RecordOrder
  #index: number
  #opened: OpenedSegment | undefined
  #lastSeq = -1

  constructor(
    files: BookFiles,
    range: { readonly from: number; readonly through: number; readonly proveAll: boolean },
    pick: Pick<A>
  ) {
    this.#files = files
    this.#from = range.from
    this.#through = range.through
    this.#proveAll = range.proveAll
    this.#pick = pick
    this.#order = new RecordOrder(range.from, 0)
    const holding = files.segments.findLastIndex(({ header }) => header.firstSeq <= range.from)
    this.#index = Math.max(0, holding)
  }

  /** The next record; undefined after the last. Throws `JournalCorrupt` at the first damage, `JournalUnavailable`. */
  next(): A | undefined {
    if (this.#from > this.#through || this.#lastSeq === this.#through) return undefined
    try {
      for (;;) {
        this.#opened ??= open(this.#files, this.#index, this.#from, this.#proveAll)
        const record = this.#nextOf(this.#opened)
        if (record !== undefined) return record
        // Files before the one that is read may have been removed since it was opened.
        const at = this.#files.segments.indexOf(this.#opened.segment)
        checkEnd(this.#files, at, this.#opened)
        this.close()
        this.#index = at + 1
        if (this.#index === this.#files.segments.length) return undefined
      }
    } catch (error) {
      throw error instanceof DiskFailure
        ? new JournalUnavailable({ place: error.path, why: error.why })
        : error
    }
  }

  close(): void {
    this.#opened?.close()
    this.#opened = undefined
  }

  #nextOf({ segment, walk, chain }: OpenedSegment): A | undefined {
    for (;;) {
      while (walk.nextFrame()) {
        const seq = walk.nextSeq - 1
        if (seq < this.#from) continue
        const picked = this.#pick(walk.bytes, walk.start, walk.end)
        if (picked._tag === "Failure") {
          return corrupt(segment.path, walk.batchAt, seq - 1, picked.failure.why)
        }
        const wrong = this.#order.take(picked.success)
        if (wrong !== "") return corrupt(segment.path, walk.batchAt, seq - 1, wrong)
        this.#lastSeq = seq
        return picked.success
      }
      if (!walk.nextBatch()) break
      const { firstSeq, records } = walk.batch!
      if (chain === undefined && firstSeq + records <= this.#from) walk.skipBatch()
    }
    const damage = walk.damage
    return damage === undefined
      ? undefined
      : corrupt(segment.path, damage.position, walk.nextSeq - 1, damage.why)
  }
}

interface OpenedSegment {
  readonly segment: Segment
  readonly walk: SegmentWalk
  readonly chain: Chain | undefined
  readonly close: () => void
}

const open = (files: BookFiles, index: number, from: number, proveAll: boolean): OpenedSegment => {
  const segment = files.segments[index]!
  const { disk, tag } = files.place
  const isLast = index === files.segments.length - 1
  const file = disk.openForReading(segment.path)
  const limit = (isLast ? segment.end : undefined) ?? file.size()
  const { firstSeq, link, carry } = segment.header
  const close = () => file.close()
  if (proveAll || (from <= firstSeq && !isLast)) {
    const chain = new Chain({ nextSeq: firstSeq, link, open: carry })
    const walk = new SegmentWalk(file, limit, tag, segment.firstBatch, chain)
    return { segment, walk, chain, close }
  }
  const start = segment.startFor(from, file, limit, tag)
  return { segment, walk: new SegmentWalk(file, limit, tag, start), chain: undefined, close }
}

/** A segment must end where the next begins, in records, batches and chain. */
const checkEnd = (
  files: BookFiles,
  index: number,
  { segment, walk, chain }: OpenedSegment
): void => {
  const next = files.segments[index + 1]?.header
  if (next === undefined) return
  const { position, batch, seq } = walk.place
  if (next.firstSeq !== seq || next.firstBatch !== batch) {
    const why = `it ends before record ${seq}, and the next file begins with ${next.firstSeq}`
    corrupt(segment.path, position, seq - 1, why)
  }
  if (chain === undefined) return
  const point = chain.point()
  if (!sameLink(point.link, next.link) || !sameLink(point.open, next.carry)) {
    corrupt(
      segment.path,
      position,
      seq - 1,
      "the next file carries another link than its chain has"
    )
  }
}
