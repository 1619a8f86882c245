/** Conservation: one double-entry fold over the journal balances at each record, and nobody found a difference. */

import type { MessageQuarantined } from "../../actors/ports/records/kernel.ts"
import type { PayloadOf } from "../../domain/journal/record.ts"
import { emptyLedger, postRecord, trialBalanceMicros } from "../../domain/portfolio/ledger.ts"
import type { MoneyRecord } from "../../domain/portfolio/moneyRecord.ts"
import type { Invariant } from "../Watch.ts"

export const conservation = (): Invariant => {
  const ledger = emptyLedger()
  // An auditor that had to skip a message misses it in its own books: that it says so and blocks is right.
  let auditorSkipped = false
  return {
    name: "5.7 conservation",
    record: (record) => {
      if (record.type === "Quote") return undefined
      postRecord(ledger, record as unknown as MoneyRecord)
      const balance = trialBalanceMicros(ledger)
      if (balance !== 0n) return `the ledger is ${balance} micro-USD out of balance`
      if (record.type === "MessageQuarantined") {
        const { actor } = record.payload as PayloadOf<typeof MessageQuarantined>
        auditorSkipped ||= actor === "auditor"
      }
      return record.type === "DifferenceFound" && !auditorSkipped
        ? `a difference was found: ${JSON.stringify(record.payload)}`
        : undefined
    }
  }
}
