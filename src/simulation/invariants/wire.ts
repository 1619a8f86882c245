/** What holds between the journal and the TWS simulator, which knows orders by reference. */
import type {
  ExecutionReport,
  OrderIntent,
  ReplaceIntent,
  TradeFilled
} from "../../actors/ports/records/broker.ts"
import type { PayloadOf } from "../../domain/journal/record.ts"
import { decodeNote } from "../../infra/broker/tws-simulator/twsNotes.ts"
import { balancesAgree, type Finding, type OutsideView, positionsAgree } from "./outside.ts"

export interface WireView extends OutsideView {
  /** When each entry was written, epoch ms. */
  readonly writtenMs: ReadonlyArray<number>
  /** How long bytes are under way. */
  readonly travelMs: number
}

export const wireFindings = (view: WireView): ReadonlyArray<Finding> => {
  const { findings, refs } = ordersOfIntents(view)
  return [
    ...findings,
    ...fillsOfTheVenue(view, refs),
    ...(view.ended ? [...positionsAgree(view), ...balancesAgree(view)] : [])
  ]
}

/** `refs`: our order by the venue's own id. */
const ordersOfIntents = ({ records, entries, writtenMs, travelMs }: WireView) => {
  const sendBeforeMs = new Map<string, number>()
  for (const { type, payload } of records) {
    if (type !== "OrderIntent") continue
    const intent = payload as PayloadOf<typeof OrderIntent>
    sendBeforeMs.set(intent.clOrdID, intent.sendBeforeMs)
  }
  const changed = new Set<string>()
  for (const { type, payload } of records) {
    if (type !== "ReplaceIntent") continue
    const { clOrdID, limitNetMicros } = payload as PayloadOf<typeof ReplaceIntent>
    changed.add(`${clOrdID} at ${Math.abs(limitNetMicros)}`)
  }
  const findings: Array<Finding> = []
  const refs = new Map<string, string>()
  const seen = new Set<string>()
  for (const [at, { note, order }] of entries.entries()) {
    const placed = note === undefined ? undefined : decodeNote(note)
    if (placed?.kind === "replaced") {
      const limitMicros = Math.round(Number(placed.order.fields.lmtPrice) * 1_000_000)
      const change = `${placed.order.fields.orderRef} at ${Math.abs(limitMicros)}`
      if (!changed.has(change)) {
        findings.push(["5.1 durable gate", `the venue changed ${change}, the journal did not`])
      }
    }
    if (placed?.kind !== "placed" || order === undefined) continue
    const ref = placed.order.fields.orderRef ?? ""
    refs.set(order.clOrdID, ref)
    const dueMs = sendBeforeMs.get(ref)
    if (dueMs === undefined) {
      findings.push(["5.1 durable gate", `the venue has ${ref}, the journal does not`])
    } else if (writtenMs[at]! >= dueMs + travelMs) {
      const late = writtenMs[at]! - travelMs - dueMs
      findings.push(["5.2 one order per intent", `${ref} left ${late} ms after its time`])
    }
    if (seen.has(ref)) {
      findings.push(["5.2 one order per intent", `the venue has ${ref} twice`])
    }
    seen.add(ref)
  }
  return { findings, refs }
}

/** Units that the journal booked of each order: never more than the venue did, and all of them at the end. */
const fillsOfTheVenue = (
  { records, entries, ended, down }: WireView,
  refs: ReadonlyMap<string, string>
): ReadonlyArray<Finding> => {
  const done = new Map<string, number>()
  for (const { reports } of entries) {
    for (const { type, payload } of reports) {
      if (type !== "ExecutionReport") continue
      const { clOrdID, execType, lastQty } = payload as PayloadOf<typeof ExecutionReport>
      const ref = refs.get(clOrdID)
      if (ref !== undefined && execType === "Trade") count(done, ref, lastQty)
    }
  }
  const booked = new Map<string, number>()
  for (const { type, payload } of records) {
    if (type !== "TradeFilled") continue
    const { clOrdID, lastQty } = payload as PayloadOf<typeof TradeFilled>
    count(booked, clOrdID, lastQty)
  }
  const findings: Array<Finding> = []
  for (const [ref, units] of booked) {
    const most = done.get(ref) ?? 0
    if (units <= most) continue
    findings.push([
      "5.8 stand-ins know what happened",
      `${units} of ${ref} are booked, ${most} filled`
    ])
  }
  if (!ended || down.has("executor")) return findings
  for (const [ref, units] of done) {
    const ours = booked.get(ref) ?? 0
    if (ours >= units) continue
    findings.push(["5.4 nothing is invented", `${units} of ${ref} filled, ${ours} are booked`])
  }
  return findings
}

const count = (into: Map<string, number>, key: string, units: number): void => {
  into.set(key, (into.get(key) ?? 0) + units)
}
