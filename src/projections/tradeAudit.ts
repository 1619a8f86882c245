/**
 * `audit trade ID`: every record that led to a trade and came of it, and what each decision could
 * see.
 *
 * A closing is audited with the trade that it closes, and the other way round. Pure: the same
 * journal gives the same text and JSON.
 */
import { Result, Schema } from "effect"
import type { JournalRecord } from "../domain/journal/record.ts"
import { auditDecision, type DecisionAudit } from "./auditDecision.ts"
import { type AuditNode, auditTree } from "./auditTree.ts"
import type { Of } from "./deskRecord.ts"
import { traceIdOf } from "./traces/traceIds.ts"
import { archiveOf, type TradeArchive } from "./tradeArchive.ts"
import { type TradeRow, tradeRow } from "./tradeRow.ts"

/** No trade of that id; `closest` are the nearest ids that exist, at most three. */
export class UnknownTrade extends Schema.TaggedError<UnknownTrade>()("UnknownTrade", {
  tradeId: Schema.String,
  closest: Schema.Array(Schema.String),
  known: Schema.Int
}) {
  override get message() {
    if (this.known === 0) return `trade "${this.tradeId}" is unknown: this run proposed no trade`
    const hint = this.closest.length === 0 ? "" : `; did you mean ${this.closest.join(" or ")}?`
    return (
      `trade "${this.tradeId}" is unknown: audit trade list shows the ${this.known} of ` +
      `this run${hint}`
    )
  }
}

export interface TradeAudit {
  /** The id that was asked for. */
  readonly tradeId: string
  /** The trade that holds the position: the asked one, or the one that it closes. */
  readonly position: TradeRow
  /** Of the trade and its closings, as `traces export` sends it; "" where the journal lacks its proposal. */
  readonly traceId: string
  readonly closings: ReadonlyArray<TradeRow>
  /** One per phase of the trade and of its closings, in order. */
  readonly decisions: ReadonlyArray<DecisionAudit>
  readonly tree: ReadonlyArray<AuditNode>
  /** How many records the tree holds. */
  readonly records: number
}

export const auditTrade = (
  records: Iterable<JournalRecord>,
  tradeId: string
): Result.Result<TradeAudit, UnknownTrade> => {
  const archive = archiveOf(records)
  const { summary } = archive
  const asked = summary.trade(tradeId)
  if (asked === undefined) {
    const ids = summary.proposed.map((trade) => trade.tradeId)
    const closest = closestIds(tradeId, ids)
    return Result.fail(new UnknownTrade({ tradeId, closest, known: ids.length }))
  }
  const position = (asked.closes === "" ? undefined : summary.trade(asked.closes)) ?? asked
  const family = new Set([position.tradeId, ...position.closings])
  const tree = auditTree(archive, family)
  const rowOf = (id: string) => {
    const trade = summary.trade(id)!
    return tradeRow(trade, summary.listing, summary.unrealizedMicros(trade))
  }
  return Result.succeed({
    tradeId,
    position: rowOf(position.tradeId),
    traceId: traceIdIn(archive, position.tradeId),
    closings: position.closings.map(rowOf),
    decisions: archive.evidence
      .filter((evidence) => family.has(evidence.tradeId))
      .map((evidence) => auditDecision(archive, evidence)),
    tree,
    records: tree.reduce((sum, node) => sum + sizeOf(node), 0)
  })
}

/** Every proposal of the run, in order. */
export const listTrades = (records: Iterable<JournalRecord>): ReadonlyArray<TradeRow> => {
  const { summary } = archiveOf(records)
  return summary.proposed.map((trade) =>
    tradeRow(trade, summary.listing, summary.unrealizedMicros(trade))
  )
}

const traceIdIn = ({ records, byTrade }: TradeArchive, tradeId: string): string => {
  const opened = [...records.values()].find(({ type }) => type === "EpochOpened")
  const proposal = byTrade.get(tradeId)?.find((seq) => records.get(seq)?.type === "TradeProposed")
  return opened === undefined || proposal === undefined
    ? ""
    : traceIdOf((opened as Of<"EpochOpened">).payload, proposal)
}

const sizeOf = (node: AuditNode): number =>
  node.children.reduce((sum, child) => sum + sizeOf(child), 1)

/** Ids that contain what was typed, then those at the smallest edit distance; at most three. */
export const closestIds = (typed: string, ids: ReadonlyArray<string>): ReadonlyArray<string> =>
  ids
    .map((id, at) => ({ id, at, distance: distanceOf(typed, id) }))
    .filter(({ distance, id }) => distance <= Math.max(2, id.length / 3))
    .sort((a, b) => a.distance - b.distance || a.at - b.at)
    .slice(0, 3)
    .map(({ id }) => id)

const distanceOf = (typed: string, id: string): number => {
  if (typed === "" || typed.length > typedMax) return Number.POSITIVE_INFINITY
  const [shorter, longer] = [typed.toLowerCase(), id.toLowerCase()]
  if (longer.endsWith(shorter)) return 0
  return longer.includes(shorter) ? 1 : editDistance(shorter, longer)
}

/** Longer input is no mistyped id. */
const typedMax = 200

/** Levenshtein's: insertions, deletions and replacements. */
const editDistance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
