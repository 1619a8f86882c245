/**
 * The records of a trade as trees: an event below the record that it answers, an input from outside
 * below the request that brought it. What led to the trade stands above it; what it set off
 * elsewhere is named and not followed.
 */
import { type JournalRecord, noCause } from "../domain/journal/record.ts"
import { describeRecord } from "./describe.ts"
import type { TradeArchive } from "./tradeArchive.ts"
import { timeText } from "./tradeRow.ts"

export interface AuditNode {
  readonly seq: number
  /** Session time in New York. */
  readonly time: string
  readonly author: string
  readonly type: string
  /** The trade it belongs to; "" where to none. */
  readonly tradeId: string
  /**
   * How it hangs on its parent: an event's `cause`, the request that an input `answers`, or "" at a
   * root.
   */
  readonly link: "cause" | "answers" | ""
  readonly text: string
  /** As recorded; amounts as decimal text of micro-USD. */
  readonly payload: unknown
  readonly children: ReadonlyArray<AuditNode>
}

/** `family`: the trade and its closings. Roots and children are in order of seq. */
export const auditTree = (
  archive: TradeArchive,
  family: ReadonlySet<string>
): ReadonlyArray<AuditNode> => {
  const shown = shownSeqs(archive, family)
  const childrenOf = new Map<number, Array<number>>()
  const roots: Array<number> = []
  for (const seq of shown) {
    const parent = parentOf(archive, family, archive.records.get(seq)!)
    if (parent === undefined || !shown.has(parent.seq)) roots.push(seq)
    else {
      const siblings = childrenOf.get(parent.seq)
      if (siblings === undefined) childrenOf.set(parent.seq, [seq])
      else siblings.push(seq)
    }
  }
  const nodeOf = (seq: number): AuditNode => {
    const record = archive.records.get(seq)!
    const parent = parentOf(archive, family, record)
    return {
      seq,
      time: timeText(record.logicalTimeMs),
      author: record.actor,
      type: record.type,
      tradeId: archive.tradeOf.get(seq) ?? "",
      link: parent !== undefined && shown.has(parent.seq) ? parent.link : "",
      text: describeRecord(record, archive.summary.listing),
      payload: plainPayload(record.payload),
      children: (childrenOf.get(seq) ?? []).map(nodeOf)
    }
  }
  return roots.map(nodeOf)
}

/** The family's records, everything above them, and one step beyond them; in order of seq. */
const shownSeqs = (archive: TradeArchive, family: ReadonlySet<string>): ReadonlySet<number> => {
  const own = new Set<number>()
  for (const tradeId of family) for (const seq of archive.byTrade.get(tradeId) ?? []) own.add(seq)
  const shown = new Set(own)
  for (const start of own) {
    let parent = parentOf(archive, family, archive.records.get(start)!)
    while (parent !== undefined && !shown.has(parent.seq)) {
      const record = archive.records.get(parent.seq)
      if (record === undefined) break
      shown.add(parent.seq)
      parent = parentOf(archive, family, record)
    }
  }
  for (const record of archive.records.values()) if (own.has(record.cause)) shown.add(record.seq)
  return new Set([...shown].sort((a, b) => a - b))
}

interface Parent {
  readonly seq: number
  readonly link: "cause" | "answers"
}

const parentOf = (
  archive: TradeArchive,
  family: ReadonlySet<string>,
  record: JournalRecord
): Parent | undefined => {
  if (record.cause !== noCause) return { seq: record.cause, link: "cause" }
  const asked = archive.answers.get(record.seq)
  // Only the family's own requests: the clock's endless chain of intervals would lead back to the
  // open.
  return asked !== undefined && family.has(archive.tradeOf.get(asked) ?? "")
    ? { seq: asked, link: "answers" }
    : undefined
}

/**
 * A payload as plain JSON: amounts are text, and a list as long as a whole chain is told by its
 * length.
 */
const plainPayload = (value: unknown): unknown => {
  if (typeof value === "bigint") return String(value)
  if (Array.isArray(value)) {
    return value.length > itemsMax ? `${value.length} items` : value.map(plainPayload)
  }
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainPayload(item)]))
}

const itemsMax = 400
