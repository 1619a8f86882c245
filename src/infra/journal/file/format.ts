/**
 * The bytes of a book's files. Little-endian; integers above 32 bits are u64 below 2^53.
 *
 * A segment: its header, then batches. A batch: its header, then frames. A frame: u32 length of the record, u32
 * CRC-32C of what follows, u64 wall time (epoch ms, informative, outside the chain), the record's canonical bytes.
 */
import { hash } from "node:crypto"
import { linkBytes } from "../chain.ts"
import { crc32c } from "./crc32c.ts"

/** 0xff never occurs in JSON, so no payload text holds a magic. */
const segmentMagic = Buffer.from([0x4f, 0x49, 0x42, 0x53, 0x45, 0x47, 0x31, 0xff])
export const batchMagic = Buffer.from([0x4f, 0x49, 0x42, 0x42, 0x41, 0x54, 0x31, 0xff])
const magicBytes = 8

/** What a segment begins with. `carry` lets its chain be checked without the segment before. */
export interface SegmentHeader {
  readonly book: string
  /** From 0, dense. */
  readonly segment: number
  readonly firstSeq: number
  readonly firstBatch: number
  /** Last closed link before `firstSeq`, and the canonical bytes of the records between the two. */
  readonly link: Uint8Array
  readonly carry: Uint8Array
  readonly byteLength: number
}

const segmentFixedBytes = 80

export const encodeSegmentHeader = (header: Omit<SegmentHeader, "byteLength">): Uint8Array => {
  const book = new TextEncoder().encode(header.book)
  const byteLength = segmentFixedBytes + book.length + header.carry.length
  const bytes = new Uint8Array(byteLength)
  const view = viewOf(bytes)
  bytes.set(segmentMagic)
  view.setUint32(12, byteLength, true)
  setWhole(view, 16, header.segment)
  setWhole(view, 24, header.firstSeq)
  setWhole(view, 32, header.firstBatch)
  bytes.set(header.link, 40)
  view.setUint32(72, book.length, true)
  view.setUint32(76, header.carry.length, true)
  bytes.set(book, 80)
  bytes.set(header.carry, 80 + book.length)
  view.setUint32(8, crc32c(bytes, view, 12, byteLength), true)
  return bytes
}

/** How long the header is that these first bytes begin, 0 where they begin none. */
export const segmentHeaderLength = (bytes: Uint8Array): number =>
  bytes.length < segmentFixedBytes || segmentMagic.compare(bytes, 0, magicBytes) !== 0
    ? 0
    : viewOf(bytes).getUint32(12, true)

/** Bytes of a segment file that tell `segmentHeaderLength`. */
export const segmentPrefixBytes = segmentFixedBytes

/** The header in exactly these bytes; undefined where they are not one. */
export const decodeSegmentHeader = (bytes: Uint8Array): SegmentHeader | undefined => {
  const byteLength = segmentHeaderLength(bytes)
  if (byteLength !== bytes.length || byteLength < segmentFixedBytes) return undefined
  const view = viewOf(bytes)
  if (view.getUint32(8, true) !== crc32c(bytes, view, 12, byteLength)) return undefined
  const bookLength = view.getUint32(72, true)
  const carryLength = view.getUint32(76, true)
  if (segmentFixedBytes + bookLength + carryLength !== byteLength) return undefined
  const carryAt = 80 + bookLength
  return {
    book: new TextDecoder().decode(bytes.subarray(80, carryAt)),
    segment: getWhole(view, 16),
    firstSeq: getWhole(view, 24),
    firstBatch: getWhole(view, 32),
    link: bytes.slice(40, 40 + linkBytes),
    carry: bytes.slice(carryAt, carryAt + carryLength),
    byteLength
  }
}

/** Whether the start of a file may be what is left of a segment whose first write was torn: its magic so far, or zeros. */
export const mayBeTornSegment = (bytes: Uint8Array): boolean => {
  const start = bytes.subarray(0, magicBytes)
  return (
    segmentMagic.compare(start, 0, start.length, 0, start.length) === 0 ||
    start.every((byte) => byte === 0)
  )
}

/** What a batch begins with. A batch of no records says that the writer closed in order. */
export interface BatchHeader {
  readonly records: number
  /** From 0, dense over all segments. */
  readonly batch: number
  readonly bodyBytes: number
  readonly firstSeq: number
  readonly durableThrough: number
  /** Last closed link before `firstSeq`. */
  readonly link: Uint8Array
}

export const batchHeaderBytes = 88

/** First bytes of the SHA-256 of a book's name: a batch of another book is no batch. */
export const bookTag = (book: string): Uint8Array => hash("sha256", book, "buffer").subarray(0, 8)

/** Writes the header into the first `batchHeaderBytes` of `bytes`. */
export const encodeBatchHeader = (
  bytes: Uint8Array,
  tag: Uint8Array,
  header: BatchHeader
): void => {
  const view = viewOf(bytes)
  bytes.set(batchMagic)
  view.setUint32(12, header.records, true)
  setWhole(view, 16, header.batch)
  setWhole(view, 24, header.bodyBytes)
  setWhole(view, 32, header.firstSeq)
  setWhole(view, 40, header.durableThrough + 1)
  bytes.set(header.link, 48)
  bytes.set(tag, 80)
  view.setUint32(8, crc32c(bytes, view, 12, batchHeaderBytes), true)
}

/** The header at `at`; undefined where there is none of this book. */
export const decodeBatchHeader = (
  bytes: Uint8Array,
  view: DataView,
  at: number,
  tag: Uint8Array
): BatchHeader | undefined => {
  if (at + batchHeaderBytes > bytes.length) return undefined
  if (batchMagic.compare(bytes, at, at + magicBytes) !== 0) return undefined
  if (view.getUint32(at + 8, true) !== crc32c(bytes, view, at + 12, at + batchHeaderBytes)) {
    return undefined
  }
  for (let k = 0; k < tag.length; k++) if (bytes[at + 80 + k] !== tag[k]) return undefined
  return {
    records: view.getUint32(at + 12, true),
    batch: getWhole(view, at + 16),
    bodyBytes: getWhole(view, at + 24),
    firstSeq: getWhole(view, at + 32),
    durableThrough: getWhole(view, at + 40) - 1,
    link: bytes.slice(at + 48, at + 48 + linkBytes)
  }
}

export const frameHeaderBytes = 16

/** Writes the header of a frame whose record stands in [at + frameHeaderBytes, end). */
export const encodeFrameHeader = (
  bytes: Uint8Array,
  view: DataView,
  at: number,
  end: number,
  wallTimeMs: number
): void => {
  view.setUint32(at, end - at - frameHeaderBytes, true)
  setWhole(view, at + 8, wallTimeMs)
  view.setUint32(at + 4, crc32c(bytes, view, at + 8, end), true)
}

export const sameLink = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const setWhole = (view: DataView, at: number, value: number): void => {
  const low = value >>> 0
  view.setUint32(at, low, true)
  view.setUint32(at + 4, (value - low) / 2 ** 32, true)
}

const getWhole = (view: DataView, at: number): number =>
  view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true)
