/** A journal with one thing wrong in it, for planted bugs. */
import { Effect } from "effect"
import type { Journal, JournalWriter, StoredSnapshot } from "../../../src/actors/ports/Journal.ts"
import type { JournalRecord } from "../../../src/domain/journal/record.ts"

type JournalPort = Journal["Service"]

/** Its writer with these members instead. */
export const withWriter =
  (over: (sound: JournalWriter) => Partial<JournalWriter>) =>
  (sound: JournalPort): JournalPort => ({
    openWriter: Effect.map(sound.openWriter, (writer) => ({
      opened: writer.opened,
      append: (record) => writer.append(record),
      pending: () => writer.pending(),
      durableThrough: () => writer.durableThrough(),
      commit: writer.commit,
      truncatePending: (seq) => writer.truncatePending(seq),
      read: (from) => writer.read(from),
      headers: (from) => writer.headers(from),
      head: () => writer.head(),
      link: () => writer.link(),
      ...over(writer)
    })),
    openReader: sound.openReader,
    saveSnapshot: (snapshot) => sound.saveSnapshot(snapshot),
    loadSnapshot: (atMost) => sound.loadSnapshot(atMost)
  })

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
    ...withWriter(() => ({}))(sound),
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
