/** What must be true of any run of the desk, whatever happened in it. Each failure names the seed. */
import { assert } from "@effect/vitest"
import type { JournalRecord } from "../../src/domain/journal/record.ts"
import { emptyLedger, postRecord, trialBalanceMicros } from "../../src/domain/portfolio/ledger.ts"
import type { MoneyRecord } from "../../src/domain/portfolio/moneyRecord.ts"
import { type DeskStorage, type LifeResult, verifyDesk } from "./deskSimulation.ts"

/** The state that a run ended in is the state of its replay from record 0, and every decision is the recorded one. */
export const replaysToItself = (storage: DeskStorage, run: LifeResult, label: string): void => {
  const verification = verifyDesk(storage)
  assert.isUndefined(verification.difference, label)
  assert.strictEqual(verification.stateHash, run.state, label)
}

/** Every intent became at most one order, and every execution was booked at most once. */
export const ordersOnce = (records: ReadonlyArray<JournalRecord>, label: string): void => {
  const acknowledged = new Map<string, number>()
  const booked = new Map<string, number>()
  const intents = new Set<string>()
  for (const record of records) {
    const payload = record.payload as { clOrdID: string; execID: string; execType: string }
    if (record.type === "OrderIntent") {
      assert.isFalse(intents.has(payload.clOrdID), `${label}: two intents ${payload.clOrdID}`)
      intents.add(payload.clOrdID)
    } else if (record.type === "ExecutionReport" && payload.execType === "New") {
      add(acknowledged, payload.clOrdID)
    } else if (record.type === "TradeFilled") {
      add(booked, payload.execID)
    }
  }
  for (const [id, times] of acknowledged) assert.strictEqual(times, 1, `${label}: order ${id}`)
  for (const [id, times] of booked) assert.strictEqual(times, 1, `${label}: execution ${id}`)
}

const add = (counts: Map<string, number>, key: string): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

/** The double-entry ledger balances after each record, and nobody found a difference. */
export const conservesMoney = (records: ReadonlyArray<JournalRecord>, label: string): void => {
  const ledger = emptyLedger()
  for (const record of records) {
    if (record.type === "Quote") continue
    postRecord(ledger, record as unknown as MoneyRecord)
    assert.strictEqual(trialBalanceMicros(ledger), 0n, `${label}: record ${record.seq}`)
    assert.notStrictEqual(record.type, "DifferenceFound", `${label}: record ${record.seq}`)
  }
}
