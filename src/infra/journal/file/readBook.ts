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
 * Yields records `from` to `through`. With `proveAll`, checks links from the start of the segment that holds `from`;
 * else skips to `from` by the index and checks links of the whole segments after it but the last, which was checked
 * when it was opened or written since. Throws `JournalCorrupt` at the first damage.
 */
export function* readBook<A extends RecordHeader>(
  files: BookFiles,
  from: number,
  through: number,
  proveAll: boolean,
  pick: Pick<A>
): Generator<A> {
  if (from > through) return
  const first = files.segments.findLastIndex(({ header }) => header.firstSeq <= from)
  const order = new RecordOrder(from, 0)
  let opened: OpenedSegment | undefined
  try {
    for (let index = Math.max(0, first); index < files.segments.length; index++) {
      opened = open(files, index, from, proveAll)
      yield* readSegment(opened, from, through, order, pick)
      if (through < opened.walk.nextSeq) return
      checkEnd(files, index, opened)
      opened.close()
      opened = undefined
    }
  } catch (error) {
    throw error instanceof DiskFailure
      ? new JournalUnavailable({ place: error.path, why: error.why })
      : error
  } finally {
    opened?.close()
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

function* readSegment<A extends RecordHeader>(
  { segment, walk, chain }: OpenedSegment,
  from: number,
  through: number,
  order: RecordOrder,
  pick: Pick<A>
): Generator<A> {
  while (walk.nextBatch()) {
    const batch = walk.batch!
    if (chain === undefined && batch.firstSeq + batch.records <= from) {
      walk.skipBatch()
      continue
    }
    while (walk.nextFrame()) {
      const seq = walk.nextSeq - 1
      if (seq < from) continue
      const record = pick(walk.bytes, walk.start, walk.end)
      if (record._tag === "Failure") {
        return corrupt(segment.path, walk.batchAt, seq - 1, record.failure.why)
      }
      const wrong = order.take(record.success)
      if (wrong !== "") return corrupt(segment.path, walk.batchAt, seq - 1, wrong)
      yield record.success
      if (seq === through) return
    }
  }
  const damage = walk.damage
  if (damage !== undefined) corrupt(segment.path, damage.position, walk.nextSeq - 1, damage.why)
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
