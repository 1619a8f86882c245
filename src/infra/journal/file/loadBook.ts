/**
 * Finds out what a book's folder holds: its segments, where the last whole batch ends, and what is torn after it.
 *
 * Checks the last segment to its end, links included; older ones are checked when they are read. A damaged end is a torn
 * tail only where no later batch is whole and nothing outside tells of records beyond it. Changes nothing.
 */
import { join } from "node:path"
import { Result } from "effect"
import { JournalCorrupt } from "../../../actors/ports/Journal.ts"
import type { RecordCodec } from "../../../domain/journal/codec.ts"
import { Chain, type ChainPoint, emptyChain } from "../chain.ts"
import { type Beginning, beginningProblem, readBeginning, removedNames } from "./beginning.ts"
import { type Disk, readWhole } from "./disk.ts"
import {
  batchMagic,
  decodeBatchHeader,
  mayBeTornSegment,
  segmentPrefixBytes,
  viewOf
} from "./format.ts"
import { RecordOrder } from "./RecordOrder.ts"
import { readSegmentHeader, Segment, segmentName, segmentSuffix } from "./Segment.ts"
import { SegmentWalk, type WalkStart } from "./SegmentWalk.ts"

export interface BookPlace {
  readonly disk: Disk
  readonly folder: string
  readonly book: string
  readonly tag: Uint8Array
  readonly codec: RecordCodec
}

/** The bytes after the last whole batch. */
export interface Torn {
  readonly path: string
  /** 0 where nothing of the file is whole. */
  readonly position: number
  readonly bytes: number
  /** How many records the torn batch had, where its header is whole. */
  readonly records: number
}

export interface LoadedBook {
  readonly segments: Array<Segment>
  /** Where the files begin; undefined where none was ever removed. */
  readonly beginning: Beginning | undefined
  /** Where the last whole batch ends, in the last segment. */
  readonly end: WalkStart
  readonly lastEpoch: number
  readonly chain: ChainPoint
  readonly torn: Torn | undefined
}

/** `knownThrough`: a record that something outside the journal tells of, -1 for none. Throws `JournalCorrupt`, `DiskFailure`. */
export const loadBook = (place: BookPlace, knownThrough: number): LoadedBook => {
  const beginning = readBeginning(place)
  const removed = new Set(removedNames(place, beginning))
  const names = place.disk
    .list(place.folder)
    .filter((name) => name.endsWith(segmentSuffix) && !removed.has(name))
  const segments: Array<Segment> = []
  let torn: Torn | undefined
  for (const [index, name] of names.entries()) {
    const number = index + (beginning?.segment ?? 0)
    const segment = loadSegment(place, name, number, index === names.length - 1)
    if (segment instanceof Segment) segments.push(segment)
    else torn = segment
  }
  if (beginning !== undefined) {
    const wrong = beginningProblem(beginning, segments[0]?.header)
    if (wrong !== "") return corrupt(place.folder, 0, -1, wrong)
  }
  let loaded = scanTail(place, segments)
  if (torn !== undefined && hasBatch(place, readWhole(place.disk, torn.path), loaded.end.batch)) {
    return corrupt(torn.path, 0, loaded.end.seq - 1, noSegment)
  }
  const last = segments.at(-1)
  if (last !== undefined && loaded.end.position === last.firstBatch.position) {
    const bytes = last.header.byteLength + (loaded.torn?.bytes ?? 0)
    torn = { path: last.path, position: 0, bytes, records: loaded.torn?.records ?? 0 }
    segments.pop()
    loaded = scanTail(place, segments)
  }
  if (torn !== undefined && loaded.torn !== undefined) {
    return corrupt(
      loaded.torn.path,
      loaded.torn.position,
      loaded.end.seq - 1,
      "a later file follows"
    )
  }
  const lastSeq = loaded.end.seq - 1
  if (knownThrough > lastSeq) {
    const path = loaded.torn?.path ?? torn?.path ?? segments.at(-1)?.path ?? place.folder
    const why = `record ${knownThrough} was durable, and the journal ends at ${lastSeq}`
    return corrupt(path, loaded.end.position, lastSeq, why)
  }
  return { ...loaded, beginning, torn: loaded.torn ?? torn }
}

export const corrupt = (
  path: string,
  position: number,
  verifiedThrough: number,
  why: string
): never => {
  throw new JournalCorrupt({ place: `${path}, byte ${position}`, verifiedThrough, why })
}

const noSegment = "it does not begin as a segment of a journal does"

const loadSegment = (
  place: BookPlace,
  name: string,
  number: number,
  isLast: boolean
): Segment | Torn => {
  const path = join(place.folder, name)
  const file = place.disk.openForReading(path)
  try {
    const header = readSegmentHeader(file)
    if (header === undefined) {
      const start = new Uint8Array(Math.min(file.size(), segmentPrefixBytes))
      file.readAt(start, 0)
      return isLast && mayBeTornSegment(start)
        ? { path, position: 0, bytes: file.size(), records: 0 }
        : corrupt(path, 0, -1, noSegment)
    }
    if (header.book !== place.book) {
      return corrupt(path, 0, -1, `it is of book ${header.book}, not ${place.book}`)
    }
    if (header.segment !== number || name !== segmentName(header.firstSeq)) {
      const why = `segment ${header.segment} from record ${header.firstSeq} stands where segment ${number} is next`
      return corrupt(path, 0, -1, why)
    }
    return new Segment(path, header)
  } finally {
    file.close()
  }
}

type Tail = Omit<LoadedBook, "beginning">

const scanTail = (place: BookPlace, segments: Array<Segment>): Tail => {
  const segment = segments.at(-1)
  if (segment === undefined) return { ...emptyBook, segments }
  const file = place.disk.openForReading(segment.path)
  try {
    const size = file.size()
    const { firstSeq, link, carry } = segment.header
    const chain = new Chain({ nextSeq: firstSeq, link, open: carry })
    const walk = new SegmentWalk(file, size, place.tag, segment.firstBatch, chain)
    const order = new RecordOrder(firstSeq, 0)
    let whole = { end: walk.place, lastEpoch: 0, chain: chain.point() }
    while (walk.nextBatch()) {
      segment.mark(whole.end)
      scanFrames(place, segment, walk, order)
      if (walk.damage !== undefined) break
      whole = { end: walk.place, lastEpoch: order.epoch, chain: chain.point() }
    }
    segment.markedWhole()
    segment.end = whole.end.position
    const torn = tornTail(place, segment, walk, whole.end, size)
    return { segments, ...whole, torn }
  } finally {
    file.close()
  }
}

const emptyBook: Tail = {
  segments: [],
  end: { position: 0, batch: 0, seq: 0 },
  lastEpoch: 0,
  chain: emptyChain,
  torn: undefined
}

const scanFrames = (
  place: BookPlace,
  segment: Segment,
  walk: SegmentWalk,
  order: RecordOrder
): void => {
  for (let isFirst = true; walk.nextFrame(); isFirst = false) {
    const header = place.codec.headerAt(walk.bytes, walk.start, walk.end)
    const wrong = Result.isFailure(header)
      ? header.failure.why
      : isFirst && header.success.cause >= 0
        ? "its batch begins inside a turn"
        : order.take(header.success)
    if (wrong !== "") corrupt(segment.path, walk.batchAt, walk.nextSeq - 2, wrong)
  }
}

const tornTail = (
  place: BookPlace,
  segment: Segment,
  walk: SegmentWalk,
  end: WalkStart,
  size: number
): Torn | undefined => {
  const damage = walk.damage
  if (damage === undefined) return undefined
  const file = place.disk.openForReading(segment.path)
  const bytes = new Uint8Array(size - end.position)
  file.readAt(bytes, end.position)
  file.close()
  if (!damage.mayBeTorn || hasBatch(place, bytes, end.batch)) {
    return corrupt(segment.path, damage.position, end.seq - 1, damage.why)
  }
  const records = walk.batch?.batch === end.batch ? walk.batch.records : 0
  return { path: segment.path, position: end.position, bytes: bytes.length, records }
}

/** Whether a whole header of a batch after `batch` of this book is somewhere in the bytes. */
const hasBatch = (place: BookPlace, bytes: Uint8Array, batch: number): boolean => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const view = viewOf(bytes)
  for (let at = buffer.indexOf(batchMagic); at >= 0; at = buffer.indexOf(batchMagic, at + 1)) {
    const header = decodeBatchHeader(bytes, view, at, place.tag)
    if (header !== undefined && header.batch > batch) return true
  }
  return false
}
