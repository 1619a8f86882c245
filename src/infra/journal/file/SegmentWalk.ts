/**
 * Goes through the batches of one segment and the frames of each, checking as it goes: numbers, counts, lengths, CRCs
 * and, where it is given a chain, links. Stops at the first damage and says where and what.
 */
import type { Chain } from "../chain.ts"
import { crc32c } from "./crc32c.ts"
import type { DiskFile } from "./disk.ts"
import { FileWindow } from "./FileWindow.ts"
import {
  type BatchHeader,
  batchHeaderBytes,
  decodeBatchHeader,
  frameHeaderBytes,
  sameLink
} from "./format.ts"

/** Where a walk begins: a position between two batches. */
export interface WalkStart {
  readonly position: number
  readonly batch: number
  readonly seq: number
}

export interface Damage {
  readonly position: number
  readonly why: string
  /** A write cut short can look like this; otherwise the bytes are whole but wrong. */
  readonly mayBeTorn: boolean
}

export class SegmentWalk {
  damage: Damage | undefined
  /** The batch that the walk is in, and where it begins. */
  batch: BatchHeader | undefined
  batchAt: number
  /** Canonical bytes of the record that `nextFrame` came to: [start, end) of `bytes`. */
  bytes: Buffer
  start = 0
  end = 0
  readonly #window: FileWindow
  readonly #limit: number
  readonly #tag: Uint8Array
  readonly #chain: Chain | undefined
  #position: number
  #nextBatch: number
  #nextSeq: number
  #framesLeft = 0
  #bodyEnd: number

  /** Walks `file` up to position `limit`; `chain`, if any, stands at `from.seq`. */
  constructor(file: DiskFile, limit: number, tag: Uint8Array, from: WalkStart, chain?: Chain) {
    this.#window = new FileWindow(file)
    this.bytes = this.#window.bytes
    this.#limit = limit
    this.#tag = tag
    this.#chain = chain
    this.#position = from.position
    this.batchAt = from.position
    this.#bodyEnd = from.position
    this.#nextBatch = from.batch
    this.#nextSeq = from.seq
  }

  /** The seq of the next frame. */
  get nextSeq(): number {
    return this.#nextSeq
  }

  /** Where the last whole batch ends, and what would follow it. */
  get place(): WalkStart {
    return { position: this.#position, batch: this.#nextBatch, seq: this.#nextSeq }
  }

  /** Steps into the next batch; false at the segment's end or at damage. All frames of the last must be read or skipped. */
  nextBatch(): boolean {
    if (this.damage !== undefined || this.#position === this.#limit) return false
    this.batchAt = this.#position
    const at = this.#at(this.#position, batchHeaderBytes)
    const header =
      at < 0 ? undefined : decodeBatchHeader(this.bytes, this.#window.view, at, this.#tag)
    if (header === undefined) return this.#damaged("no batch of this book begins there")
    const wrong = this.#headerProblem(header)
    if (wrong !== "") return this.#wrong(wrong)
    this.batch = header
    this.#position += batchHeaderBytes
    this.#bodyEnd = this.#position + header.bodyBytes
    this.#framesLeft = header.records
    if (this.#bodyEnd > this.#limit) return this.#damaged("its batch is longer than the file")
    this.#nextBatch++
    return true
  }

  /** Passes over the frames of the batch unread. Not for a walk with a chain. */
  skipBatch(): void {
    this.#position = this.#bodyEnd
    this.#nextSeq += this.#framesLeft
    this.#framesLeft = 0
  }

  /** Comes to the next record of the batch; false at the batch's end or at damage. */
  nextFrame(): boolean {
    if (this.#framesLeft === 0) {
      if (this.#position === this.#bodyEnd) return false
      return this.#wrong("its batch has bytes after its last frame")
    }
    const at = this.#at(this.#position, frameHeaderBytes)
    if (at < 0) return this.#damaged("its frame is cut short")
    const length = this.#window.view.getUint32(at, true)
    const next = this.#position + frameHeaderBytes + length
    if (next > this.#bodyEnd) return this.#damaged("its frame is longer than its batch")
    const frameAt = this.#at(this.#position, frameHeaderBytes + length)
    if (frameAt < 0) return this.#damaged("its frame is cut short")
    this.start = frameAt + frameHeaderBytes
    this.end = this.start + length
    const sum = this.#window.view.getUint32(frameAt + 4, true)
    if (crc32c(this.bytes, this.#window.view, frameAt + 8, this.end) !== sum) {
      return this.#damaged(`the checksum of record ${this.#nextSeq} is not that of its bytes`)
    }
    this.#chain?.append(this.bytes, this.start, this.end)
    this.#position = next
    this.#framesLeft--
    this.#nextSeq++
    return true
  }

  #headerProblem(header: BatchHeader): string {
    if (header.batch !== this.#nextBatch) {
      return `batch ${header.batch} stands where ${this.#nextBatch} is next`
    }
    if (header.firstSeq !== this.#nextSeq || header.durableThrough !== this.#nextSeq - 1) {
      return `its batch begins with record ${header.firstSeq}, not ${this.#nextSeq}`
    }
    return this.#chain === undefined || sameLink(header.link, this.#chain.link())
      ? ""
      : `its batch carries another link than the chain has before record ${this.#nextSeq}`
  }

  #damaged(why: string): false {
    this.damage ??= { position: this.#position, why, mayBeTorn: true }
    return false
  }

  #wrong(why: string): false {
    this.damage ??= { position: this.#position, why, mayBeTorn: false }
    return false
  }

  #at(position: number, length: number): number {
    if (position + length > this.#limit) return -1
    const at = this.#window.at(position, length)
    this.bytes = this.#window.bytes
    return at
  }
}
