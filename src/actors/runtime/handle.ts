/** What it means to handle one message: evolve, then decide where the kind and its lateness call for it. */
import type { EventDraft, JournalRecord } from "../../domain/journal/record.ts"
import type { ActorCell } from "./ActorCell.ts"

const nothing: ReadonlyArray<EventDraft> = []

/** Where a fault may be injected: at the mailbox, inside evolve (state half changed), inside decide, or while accepting. */
export type FaultPoint = "mailbox" | "evolve" | "decide" | "accept"

/** Throws to crash the actor there. Simulation and `--chaos` set it; otherwise absent. */
export type FaultHook = (point: FaultPoint, actor: string, record: JournalRecord) => void

export const handleMessage = (
  cell: ActorCell,
  record: JournalRecord,
  nowMs: number,
  late: boolean,
  fault: FaultHook | undefined
): ReadonlyArray<EventDraft> => {
  fault?.("mailbox", cell.id, record)
  cell.evolve(record)
  fault?.("evolve", cell.id, record)
  const subscription = cell.subscription(record.type)!
  if (!subscription.decides || (late && subscription.lateness === "evolve")) return nothing
  const drafts = cell.decide(record, nowMs, late)
  fault?.("decide", cell.id, record)
  return drafts
}

export const acceptEvents = (
  cell: ActorCell,
  events: ReadonlyArray<JournalRecord>,
  fault: FaultHook | undefined
): void => {
  for (const event of events) {
    cell.evolveOwn(event)
    fault?.("accept", cell.id, event)
  }
}
