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
  /**
   * The lowest record that going on from here reads: of a request without an answer, or that someone who is down missed.
   * Absent from snapshots of builds that removed nothing.
   */
  readonly neededFrom?: number
}

/** Where the fold of a journal begins: at record 0, or after a snapshot. */
export interface Beginning {
  /** The first record to fold or to decide again. */
  readonly from: number
  /** What the records before it came to; undefined where there are none. */
  readonly snapshot: BookSnapshot | undefined
}

export const atRecordZero: Beginning = { from: 0, snapshot: undefined }

/**
 * What a kernel needs to go on, in a journal that begins with `firstSeq`. Whoever is down may have had nothing to handle
 * for long: a cursor below `firstSeq` stands for records that were none of its own.
 */
export const snapshotOf = ({ ledger, policy, router }: Kernel, firstSeq: number): BookSnapshot => {
  const state = ledger.snapshot()
  const missed = state.down.map(([, cursor]) => cursor)
  const lowest = Math.min(state.nextSeq, ...state.outstanding, ...missed)
  return {
    ledger: state,
    policy: policy.snapshot(),
    cells: router.cells.map((cell) => cell.snapshot()),
    neededFrom: Math.max(firstSeq, lowest)
  }
}

/** The state of each actor to rebuild it from. Who is up has handled everything, whenever its last message came. */
export const basesOf = ({ cells, ledger }: BookSnapshot): ReadonlyMap<string, CellSnapshot> => {
  const down = new Set(ledger.down.map(([actor]) => actor))
  return new Map(
    cells.map((cell) => [
      cell.actor,
      down.has(cell.actor) ? cell : { ...cell, cursor: ledger.nextSeq }
    ])
  )
}

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
    if (found.snapshot === undefined || neededBy(found) < firstSeq) break
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
  return neededBy(found) < firstSeq ? yield* nothingLeft(firstSeq) : found
})

const neededBy = ({ snapshot }: Beginning): number => snapshot?.neededFrom ?? 0

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
