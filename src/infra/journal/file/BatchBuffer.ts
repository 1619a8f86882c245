/** The batch that records are appended to until it is written: its frames as they will stand in the file. */
import type { RecordCodec } from "../../../domain/journal/codec.ts"
import type { JournalRecord } from "../../../domain/journal/record.ts"
import type { ChainPoint } from "../chain.ts"
import { batchHeaderBytes, encodeFrameHeader, frameHeaderBytes, viewOf } from "./format.ts"

const smallestBytes = 65_536

export class BatchBuffer {
  /** Where the chain stands before the first record. */
  readonly from: ChainPoint
  bytes: Buffer
  /** Room for the batch header, then the frames. */
  length = batchHeaderBytes
  #view: DataView
  /** Where the frame of record `from.nextSeq + i` ends. */
  readonly #ends: Array<number> = []

  constructor(from: ChainPoint, bytes: Buffer = Buffer.allocUnsafeSlow(smallestBytes)) {
    this.from = from
    this.bytes = bytes
    this.#view = viewOf(bytes)
  }

  get records(): number {
    return this.#ends.length
  }

  get lastSeq(): number {
    return this.from.nextSeq + this.#ends.length - 1
  }

  append(codec: RecordCodec, record: JournalRecord, wallTimeMs: number): void {
    const start = this.length + frameHeaderBytes
    let end = codec.encodeInto(record, this.bytes, start)
    while (end < 0) {
      this.#grow()
      end = codec.encodeInto(record, this.bytes, start)
    }
    encodeFrameHeader(this.bytes, this.#view, this.length, end, wallTimeMs)
    this.#ends.push(end)
    this.length = end
  }

  /** Where the bytes of record `seq`, which must be here, begin. */
  startOf(seq: number): number {
    const index = seq - this.from.nextSeq
    return (index === 0 ? batchHeaderBytes : this.#ends[index - 1]!) + frameHeaderBytes
  }

  endOf(seq: number): number {
    return this.#ends[seq - this.from.nextSeq]!
  }

  /** Forgets the records after `seq`. */
  truncate(seq: number): void {
    const kept = Math.max(0, seq + 1 - this.from.nextSeq)
    if (kept < this.#ends.length) this.#ends.length = kept
    this.length = this.#ends.at(-1) ?? batchHeaderBytes
  }

  #grow(): void {
    const grown = Buffer.allocUnsafeSlow(this.bytes.length * 2)
    this.bytes.copy(grown, 0, 0, this.length)
    this.bytes = grown
    this.#view = viewOf(grown)
  }
}
