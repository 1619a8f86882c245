/**
 * A book's snapshots in the compacted topic TOPIC.snapshots, in the partition of its journal.
 *
 * Two slots, each a snapshot in parts: key `book/slot/part`. A new one goes over the older, all parts in one transaction,
 * so that the other stays whole whatever happens. Loading reads the partition and proves each by its own hash.
 */
import { Effect, Result } from "effect"
import type { StoredSnapshot } from "../../../actors/ports/Journal.ts"
import { parseSnapshot, snapshotsKept, snapshotText } from "../snapshotText.ts"
import type { KafkaLog, LogEntry, LogPlace } from "./kafkaLog.ts"

const partBytesMax = 524_288
const idleReadsMax = 8

interface Slot {
  readonly slot: number
  readonly parts: ReadonlyMap<number, Buffer>
  /** Of the snapshot, where it is whole. */
  readonly snapshot: StoredSnapshot | undefined
}

/** What the partition holds of the book. */
export const readSlots = Effect.fnUntraced(function* (log: KafkaLog, at: LogPlace, book: string) {
  const { first, end } = yield* log.ends(at)
  const slots = Array.from({ length: snapshotsKept }, () => new Map<number, Buffer>())
  for (let from = first, idle = 0; from < end && idle < idleReadsMax; ) {
    const page = yield* log.fetch(at, from)
    idle = page.next === from ? idle + 1 : 0
    from = page.next
    for (const { key, value } of page.entries) {
      const named = new RegExp(/^(.*)\/(\d+)\/(\d+)$/).exec(key ?? "")
      const parts = named?.[1] === book ? slots[Number(named[2])] : undefined
      if (value === null) parts?.delete(Number(named![3]))
      else parts?.set(Number(named![3]), value)
    }
  }
  return slots.map((parts, slot): Slot => ({ slot, parts, snapshot: wholeOf(book, parts) }))
})

/** The newest whole one at or below `atMost`. */
export const newest = (slots: ReadonlyArray<Slot>, atMost: number): StoredSnapshot | undefined =>
  slots
    .flatMap(({ snapshot }) => (snapshot === undefined ? [] : [snapshot]))
    .filter(({ seq }) => seq <= atMost)
    .sort((a, b) => b.seq - a.seq)[0]

/** What puts the snapshot over the older of the slots, or a damaged one. */
export const entriesOver = (
  slots: ReadonlyArray<Slot>,
  book: string,
  snapshot: StoredSnapshot
): ReadonlyArray<LogEntry> => {
  const seqOf = (slot: Slot): number => slot.snapshot?.seq ?? -1
  const oldest = slots.reduce((a, b) => (seqOf(b) < seqOf(a) ? b : a))
  const bytes = Buffer.from(snapshotText(book, snapshot), "utf8")
  const count = Math.ceil(bytes.length / partBytesMax)
  const key = (part: number): string => `${book}/${oldest.slot}/${part}`
  return [
    ...Array.from({ length: count }, (_, part) => ({
      key: key(part),
      value: bytes.subarray(part * partBytesMax, (part + 1) * partBytesMax)
    })),
    ...[...oldest.parts.keys()]
      .filter((part) => part >= count)
      .map((part) => ({ key: key(part), value: null }))
  ]
}

const wholeOf = (book: string, parts: ReadonlyMap<number, Buffer>): StoredSnapshot | undefined => {
  const inOrder = [...parts.entries()].sort(([a], [b]) => a - b).map(([, value]) => value)
  const snapshot = parseSnapshot(book, Buffer.concat(inOrder).toString("utf8"))
  return Result.isSuccess(snapshot) ? snapshot.success : undefined
}
