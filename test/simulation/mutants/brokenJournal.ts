/** A journal with one thing wrong in it, for planted bugs. */
import { Effect } from "effect"
import type { Journal, StoredSnapshot } from "../../../src/actors/ports/Journal.ts"
import type { JournalRecord } from "../../../src/domain/journal/record.ts"
import { withWriter } from "../wrappedJournal.ts"

type JournalPort = Journal["Service"]

/** What it reads to its writer, each record changed. */
export const withRead = (change: (record: JournalRecord) => JournalRecord) =>
  withWriter((writer) => ({
    read: function* (from) {
      for (const record of writer.read(from)) yield change(record)
    }
  }))

/** A snapshot as it comes back, changed. */
export const withLoaded =
  (change: (snapshot: StoredSnapshot, atMost: number) => StoredSnapshot) =>
  (sound: JournalPort): JournalPort => ({
    ...sound,
    loadSnapshot: (atMost) =>
      Effect.map(sound.loadSnapshot(atMost), (snapshot) =>
        snapshot === undefined ? undefined : change(snapshot, atMost)
      )
  })

/** What the kernel's ledger keeps in a snapshot, changed: lists of its columns. */
type LedgerColumns = Record<
  "timers" | "outstanding" | "down" | "quarantined",
  ReadonlyArray<unknown>
>

export const withLedger = (
  change: (ledger: LedgerColumns, seq: number) => Partial<LedgerColumns>
) =>
  withLoaded((snapshot) => {
    const body = JSON.parse(snapshot.body) as { ledger: LedgerColumns }
    const ledger = { ...body.ledger, ...change(body.ledger, snapshot.seq) }
    return { ...snapshot, body: JSON.stringify({ ...body, ledger }) }
  })
