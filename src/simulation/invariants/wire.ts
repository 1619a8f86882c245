/** What holds between the journal and the TWS simulator, which knows orders by reference. */
import type { OrderIntent, ReplaceIntent } from "../../actors/ports/records/broker.ts"
import type { PayloadOf } from "../../domain/journal/record.ts"
import { decodeNote } from "../../infra/broker/tws-simulator/twsNotes.ts"
import { type Finding, type OutsideView, positionsAgree } from "./outside.ts"

export const wireFindings = (view: OutsideView): ReadonlyArray<Finding> => {
  const intents = new Set<string>()
  for (const { type, payload } of view.records) {
    if (type === "OrderIntent") intents.add((payload as PayloadOf<typeof OrderIntent>).clOrdID)
  }
  const changed = new Set<string>()
  for (const { type, payload } of view.records) {
    if (type !== "ReplaceIntent") continue
    const { clOrdID, limitNetMicros } = payload as PayloadOf<typeof ReplaceIntent>
    changed.add(`${clOrdID} at ${Math.abs(limitNetMicros)}`)
  }
  const findings: Array<Finding> = []
  const seen = new Set<string>()
  for (const { note } of view.entries) {
    const placed = note === undefined ? undefined : decodeNote(note)
    if (placed?.kind === "replaced") {
      const limitMicros = Math.round(Number(placed.order.fields.lmtPrice) * 1_000_000)
      const change = `${placed.order.fields.orderRef} at ${Math.abs(limitMicros)}`
      if (!changed.has(change)) {
        findings.push(["5.1 durable gate", `the venue changed ${change}, the journal did not`])
      }
    }
    if (placed?.kind !== "placed") continue
    const orderRef = placed.order.fields.orderRef ?? ""
    if (!intents.has(orderRef)) {
      findings.push(["5.1 durable gate", `the venue has ${orderRef}, the journal does not`])
    }
    if (seen.has(orderRef)) {
      findings.push(["5.2 one order per intent", `the venue has ${orderRef} twice`])
    }
    seen.add(orderRef)
  }
  return [...findings, ...(view.ended ? positionsAgree(view) : [])]
}
