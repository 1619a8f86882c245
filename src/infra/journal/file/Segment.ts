/** One segment file of a book: its header, and where in it a record may be looked for. */
import type { DiskFile } from "./disk.ts"
import {
  decodeSegmentHeader,
  type SegmentHeader,
  segmentHeaderLength,
  segmentPrefixBytes
} from "./format.ts"
import { SegmentWalk, type WalkStart } from "./SegmentWalk.ts"

const indexedEveryBytes = 65_536

export const segmentSuffix = ".segment"

export const segmentName = (firstSeq: number): string =>
  `${String(firstSeq).padStart(16, "0")}${segmentSuffix}`

export class Segment {
  readonly path: string
  readonly header: SegmentHeader
  /** Where the last durable batch ends; undefined for a segment that others follow: it is the file's end. */
  end: number | undefined
  /** Beginnings of batches, `indexedEveryBytes` or more apart; the first stands at the first batch. */
  readonly #marks: Array<WalkStart>
  #isWhole = false

  constructor(path: string, header: SegmentHeader) {
    this.path = path
    this.header = header
    this.#marks = [{ position: header.byteLength, batch: header.firstBatch, seq: header.firstSeq }]
  }

  get firstBatch(): WalkStart {
    return this.#marks[0]!
  }

  /** Notes that a batch begins at `start`; called in order. */
  mark(start: WalkStart): void {
    if (start.position >= this.#marks.at(-1)!.position + indexedEveryBytes) this.#marks.push(start)
  }

  /** From now on the marks are taken to cover the segment. */
  markedWhole(): void {
    this.#isWhole = true
  }

  /** The last marked beginning at or before record `seq`; marks the segment first where that was not done. */
  startFor(seq: number, file: DiskFile, limit: number, tag: Uint8Array): WalkStart {
    if (!this.#isWhole) this.#markAll(file, limit, tag)
    let found = this.firstBatch
    for (const mark of this.#marks) {
      if (mark.seq > seq) break
      found = mark
    }
    return found
  }

  /** Headers only. Stops at damage, which the walk that asked will meet as well. */
  #markAll(file: DiskFile, limit: number, tag: Uint8Array): void {
    const walk = new SegmentWalk(file, limit, tag, this.firstBatch)
    for (let place = walk.place; walk.nextBatch(); place = walk.place) {
      this.mark(place)
      walk.skipBatch()
    }
    this.#isWhole = walk.damage === undefined
  }
}

/** The header that a file begins with; undefined where it begins with none. */
export const readSegmentHeader = (file: DiskFile): SegmentHeader | undefined => {
  const size = file.size()
  const prefix = new Uint8Array(segmentPrefixBytes)
  const length = segmentHeaderLength(prefix.subarray(0, file.readAt(prefix, 0)))
  if (length === 0 || length > size) return undefined
  const bytes = new Uint8Array(length)
  file.readAt(bytes, 0)
  return decodeSegmentHeader(bytes)
}
