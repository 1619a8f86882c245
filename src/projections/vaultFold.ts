/** The vault account as the chain last confirmed it. Amounts: micro-USD. */
import type { JournalRecord } from "../domain/journal/record.ts"
import { asDeskRecord } from "./deskRecord.ts"

export class VaultFold {
  freeMicros = 0n
  reservedMicros = 0n
  /** Settled principal that has not come back: what open positions stand for. */
  settlingMicros = 0n
  /** Less what was withdrawn. */
  depositedMicros = 0n

  apply(input: JournalRecord): void {
    const record = asDeskRecord(input)
    switch (record.type) {
      case "Deposited":
        this.depositedMicros += record.payload.amountMicros
        this.#take(record.payload)
        break
      case "Withdrawn":
        this.depositedMicros -= record.payload.amountMicros
        this.#take(record.payload)
        break
      case "VaultFrozen":
      case "VaultThawed":
      case "Reserved":
      case "Settled":
      case "ReservationCanceled":
      case "Closed":
      case "Adjusted":
        this.#take(record.payload)
        break
    }
  }

  #take(balances: {
    readonly freeMicros: bigint
    readonly reservedMicros: bigint
    readonly settlingMicros: bigint
  }): void {
    this.freeMicros = balances.freeMicros
    this.reservedMicros = balances.reservedMicros
    this.settlingMicros = balances.settlingMicros
  }
}
