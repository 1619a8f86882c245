/**
 * Where a book's files begin once older ones were removed: said durably before any goes, so that a file that was removed
 * differs from one that was lost.
 */
import { hash } from "node:crypto"
import { join } from "node:path"
import { Effect, Option, Schema } from "effect"
import { canonicalJson } from "../../../domain/journal/canonicalJson.ts"
import { readWhole } from "./disk.ts"
import type { SegmentHeader } from "./format.ts"
import { type BookPlace, corrupt } from "./loadBook.ts"
import { type Segment, segmentName, segmentSuffix } from "./Segment.ts"

const name = "beginning"
const unfinishedName = "beginning.tmp"
const hashHexLength = 64

const Beginning = Schema.Struct({
  book: Schema.String,
  /** Number of the first segment that is kept, and its first record. */
  segment: Schema.Int,
  firstSeq: Schema.Int,
  /** Last closed link before `firstSeq`, hex: the one in that segment's header. */
  link: Schema.String
})
export type Beginning = typeof Beginning.Type

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Beginning))

/** What was said last; undefined where nothing was ever removed. Throws `JournalCorrupt`, `DiskFailure`. */
export const readBeginning = (place: BookPlace): Beginning | undefined => {
  if (!place.disk.list(place.folder).includes(name)) return undefined
  const path = join(place.folder, name)
  const text = new TextDecoder().decode(readWhole(place.disk, path))
  const body = text.slice(hashHexLength + 1)
  const isWhole =
    text[hashHexLength] === "\n" && hash("sha256", body) === text.slice(0, hashHexLength)
  const beginning = isWhole ? decode(body) : undefined
  if (beginning === undefined || Option.isNone(beginning)) {
    return corrupt(path, 0, -1, "it does not say where the journal begins")
  }
  const { book } = beginning.value
  return book === place.book
    ? beginning.value
    : corrupt(path, 0, -1, `it is of book ${book}, not ${place.book}`)
}

/** Files of segments that were to be removed: a crash can leave some. */
export const removedNames = (
  place: BookPlace,
  beginning: Beginning | undefined
): ReadonlyArray<string> =>
  beginning === undefined
    ? []
    : place.disk
        .list(place.folder)
        .filter((each) => each.endsWith(segmentSuffix) && each < segmentName(beginning.firstSeq))

/** What is wrong with the first segment that is there; "" for nothing. */
export const beginningProblem = (
  beginning: Beginning,
  header: SegmentHeader | undefined
): string => {
  const { firstSeq, link } = beginning
  if (header?.firstSeq !== firstSeq) {
    return `the segment from record ${firstSeq}, with which it begins, is missing`
  }
  return Buffer.from(header.link).toString("hex") === link
    ? ""
    : `its first segment carries another link than record ${firstSeq} had when older ones were removed`
}

/** Says that the book begins with `segment`, then removes the files before it. */
export const beginWith = Effect.fnUntraced(function* (place: BookPlace, segment: Segment) {
  const { disk, folder, book } = place
  const { header } = segment
  const beginning: Beginning = {
    book,
    segment: header.segment,
    firstSeq: header.firstSeq,
    link: Buffer.from(header.link).toString("hex")
  }
  const body = canonicalJson(beginning)
  const unfinished = join(folder, unfinishedName)
  yield* Effect.acquireUseRelease(
    disk.openForWriting(unfinished),
    (file) =>
      Effect.gen(function* () {
        yield* file.truncate(0)
        yield* file.writeAt(new TextEncoder().encode(`${hash("sha256", body)}\n${body}`), 0)
        yield* file.sync
      }),
    (file) => Effect.sync(() => file.close())
  )
  yield* disk.rename(unfinished, join(folder, name))
  yield* disk.syncDirectory(folder)
  yield* removeOlder(place, beginning)
})

/** Removes the files before the beginning. */
export const removeOlder = Effect.fnUntraced(function* (
  place: BookPlace,
  beginning: Beginning | undefined
) {
  const names = removedNames(place, beginning)
  for (const each of names) yield* place.disk.remove(join(place.folder, each))
  if (names.length > 0) yield* place.disk.syncDirectory(place.folder)
})
