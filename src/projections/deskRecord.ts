/** Every kind of record that a desk's journal holds, as one union: what projections switch on. */
import type { auditorTypes } from "../actors/ports/records/auditor.ts"
import type { brokerTypes } from "../actors/ports/records/broker.ts"
import type { certificateTypes } from "../actors/ports/records/certificate.ts"
import type { cognitionTypes } from "../actors/ports/records/cognition.ts"
import type { kernelTypes } from "../actors/ports/records/kernel.ts"
import type { marketTypes } from "../actors/ports/records/market.ts"
import type { operatorTypes } from "../actors/ports/records/operator.ts"
import type { reconcileTypes } from "../actors/ports/records/reconcile.ts"
import type { tradeTypes } from "../actors/ports/records/trade.ts"
import type { vaultTypes } from "../actors/ports/records/vault.ts"
import type { JournalRecord, RecordOf } from "../domain/journal/record.ts"

export type DeskRecord = RecordOf<
  | (typeof auditorTypes)[number]
  | (typeof brokerTypes)[number]
  | (typeof certificateTypes)[number]
  | (typeof cognitionTypes)[number]
  | (typeof kernelTypes)[number]
  | (typeof marketTypes)[number]
  | (typeof operatorTypes)[number]
  | (typeof reconcileTypes)[number]
  | (typeof tradeTypes)[number]
  | (typeof vaultTypes)[number]
>

/**
 * A record of that name. Its payload is what the kind says: the journal's codec checked it when it
 * was read.
 */
export type Of<T extends DeskRecord["type"]> = Extract<DeskRecord, { readonly type: T }>

/** Sees a record by its kind. Kinds that this build does not know fall through every switch. */
export const asDeskRecord = (record: JournalRecord): DeskRecord => record as DeskRecord

/** The machine-readable start of a reason: what stands before the first ":". */
export const reasonWord = (reason: string): string => {
  const colon = reason.indexOf(":")
  return colon < 0 ? reason : reason.slice(0, colon)
}
