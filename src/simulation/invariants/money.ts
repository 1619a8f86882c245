/** Conservation: one double-entry fold over the journal balances at each record, and nobody found a difference. */
import { emptyLedger, postRecord, trialBalanceMicros } from "../../domain/portfolio/ledger.ts"
import type { MoneyRecord } from "../../domain/portfolio/moneyRecord.ts"
import type { Invariant } from "../Watch.ts"

export const conservation = (): Invariant => {
  const ledger = emptyLedger()
  return {
    name: "5.7 conservation",
    record: (record) => {
      if (record.type === "Quote") return undefined
      postRecord(ledger, record as unknown as MoneyRecord)
      const balance = trialBalanceMicros(ledger)
      if (balance !== 0n) return `the ledger is ${balance} micro-USD out of balance`
      return record.type === "DifferenceFound"
        ? `a difference was found: ${JSON.stringify(record.payload)}`
        : undefined
    }
  }
}
