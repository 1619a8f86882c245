/**
 * A book's snapshot: everything that its records up to one of them came to, so that they need not be folded again and,
 * where storage lets go of old records, need not be there.
 */
import { Effect } from "effect"
import type { JournalRecord } from "../../domain/journal/record.ts"
import { type Journal, JournalCorrupt, type JournalError } from "../ports/Journal.ts"
import type { CellSnapshot } from "./ActorCell.ts"
import type { Kernel } from "./Book.ts"
import type { LedgerSnapshot } from "./KernelLedger.ts"

export interface BookSnapshot {
  readonly ledger: LedgerSnapshot
  readonly policy: unknown
  readonly cells: ReadonlyArray<CellSnapshot>
}

/** Where the fold of a journal begins: at record 0, or after a snapshot. */
export interface Beginning {
  /** The first record to fold or to decide again. */
  readonly from: number
  /** What the records before it came to; undefined where there are none. */
  readonly snapshot: BookSnapshot | undefined
}

export const atRecordZero: Beginning = { from: 0, snapshot: undefined }

/** The lowest record that going on from the snapshot reads: of requests without an answer, and of who is down. */
export const firstNeeded = ({ ledger, cells }: BookSnapshot): number =>
  Math.min(ledger.nextSeq, ...ledger.outstanding, ...cells.map(({ cursor }) => cursor))

/** Brings a new kernel to where the snapshot was taken. `read`: the journal from a seq on. */
export const restoreKernel = (
  { ledger, policy, router }: Kernel,
  snapshot: BookSnapshot,
  read: (from: number) => Iterable<JournalRecord>
): void => {
  ledger.restore(snapshot.ledger, (at) => {
    for (const record of read(at)) if (record.seq === at) return record
    throw new Error(`record ${at} of an outstanding request is not in the journal`)
  })
  policy.restore(snapshot.policy)
  for (const cell of snapshot.cells) router.cell(cell.actor).restore(cell)
}

/**
 * The oldest place from which everything that is left of a journal can be folded. `firstSeq`: its first record. Fails
 * where records were removed and no snapshot can be gone on from.
 */
export const oldestBeginning = Effect.fnUntraced(function* (
  store: Journal["Service"],
  firstSeq: number
): Effect.fn.Return<Beginning, JournalError> {
  if (firstSeq === 0) return atRecordZero
  let oldest = atRecordZero
  for (let atMost = Number.MAX_SAFE_INTEGER; ; ) {
    const found = yield* beginningAt(store, atMost)
    if (found.snapshot === undefined || firstNeeded(found.snapshot) < firstSeq) break
    oldest = found
    atMost = found.from - 2
  }
  return oldest.snapshot === undefined ? yield* nothingLeft(firstSeq) : oldest
})

/** The newest place that can be gone on from, up to record `lastSeq`. Fails as above. */
export const newestBeginning = Effect.fnUntraced(function* (
  store: Journal["Service"],
  firstSeq: number,
  lastSeq: number
): Effect.fn.Return<Beginning, JournalError> {
  const found = yield* beginningAt(store, lastSeq)
  const needed = found.snapshot === undefined ? 0 : firstNeeded(found.snapshot)
  return needed < firstSeq ? yield* nothingLeft(firstSeq) : found
})

const beginningAt = (
  store: Journal["Service"],
  atMost: number
): Effect.Effect<Beginning, JournalError> =>
  Effect.map(store.loadSnapshot(atMost), (stored) =>
    stored === undefined
      ? atRecordZero
      : { from: stored.seq + 1, snapshot: JSON.parse(stored.body) as BookSnapshot }
  )

const nothingLeft = (firstSeq: number): JournalCorrupt =>
  new JournalCorrupt({
    place: "its snapshots",
    verifiedThrough: firstSeq - 1,
    why: `the records before ${firstSeq} were removed, and no whole snapshot is left that stands for them`
  })
