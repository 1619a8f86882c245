/** What the broker showed and nobody could explain, and what operators made of it. */
import type { JournalRecord } from "../domain/journal/record.ts"
import { asDeskRecord } from "./deskRecord.ts"
import { tableLines } from "./table.ts"

export interface ShownDifference {
  readonly differenceId: string
  readonly what: string
  readonly expected: string
  readonly found: string
  /** Of the record that tells it. */
  readonly seq: number
  /** What the operator gave as the reason; undefined while it blocks new risk. */
  readonly resolved: string | undefined
}

/** In the order in which they were told. */
export const differencesOf = (records: Iterable<JournalRecord>): ReadonlyArray<ShownDifference> => {
  const found = new Map<string, ShownDifference>()
  for (const each of records) {
    const record = asDeskRecord(each)
    if (record.type === "Unexplained") {
      const { differenceId, what, expected, found: is } = record.payload
      found.set(differenceId, {
        ...{ differenceId, what, expected, found: is, seq: each.seq, resolved: undefined }
      })
    }
    if (record.type === "ResolveDifference") {
      const { differenceId, reason } = record.payload
      const known = found.get(differenceId)
      if (known !== undefined) found.set(differenceId, { ...known, resolved: reason })
    }
  }
  return [...found.values()]
}

export const differencesText = (differences: ReadonlyArray<ShownDifference>): string => {
  if (differences.length === 0) return "the broker showed nothing that could not be explained"
  const open = differences.filter(({ resolved }) => resolved === undefined).length
  const rows = differences.map(({ differenceId, what, expected, found, resolved }) => [
    resolved === undefined ? "open" : "resolved",
    differenceId,
    what,
    `expected ${expected}`,
    `found ${found}`,
    resolved ?? ""
  ])
  const first =
    open === 0
      ? "all differences are resolved"
      : `${open} ${open === 1 ? "difference blocks" : "differences block"} new risk: look into each, then reconcile resolve ID --reason TEXT`
  return [first, ...tableLines(rows, ["left", "left", "left", "left", "left", "left"], "  ")].join(
    "\n"
  )
}
