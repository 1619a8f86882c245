/**
 * Watches a desk for what `design` promises: every record as it is written, every request as it leaves.
 *
 * The first promise that is broken is kept; nothing is thrown, as a throw in a turn would be an actor's crash.
 */
import type { JournalRecord } from "../domain/journal/record.ts"

/** A named promise, followed over one life's view of the journal. Each method answers why it is broken, or nothing. */
export interface Invariant {
  readonly name: string
  readonly record?: (record: JournalRecord) => string | undefined
  /** A request leaves for its gateway; `durableThrough` is what the journal has acknowledged. */
  readonly request?: (
    request: JournalRecord,
    nowMs: number,
    durableThrough: number
  ) => string | undefined
}

export interface Breach {
  readonly invariant: string
  /** Seq of the record at which it showed; -1 where it is none's. */
  readonly seq: number
  readonly why: string
}

export class Watch {
  readonly #invariants: ReadonlyArray<Invariant>
  /** How often each promise was looked at. */
  readonly checked = new Map<string, number>()
  breach: Breach | undefined

  constructor(invariants: ReadonlyArray<Invariant>) {
    this.#invariants = invariants
  }

  record(record: JournalRecord): void {
    for (const invariant of this.#invariants) {
      if (invariant.record === undefined) continue
      this.note(invariant.name, record.seq, invariant.record(record))
    }
  }

  request(request: JournalRecord, nowMs: number, durableThrough: number): void {
    for (const invariant of this.#invariants) {
      if (invariant.request === undefined) continue
      this.note(invariant.name, request.seq, invariant.request(request, nowMs, durableThrough))
    }
  }

  note(invariant: string, seq: number, why: string | undefined): void {
    this.checked.set(invariant, (this.checked.get(invariant) ?? 0) + 1)
    if (why !== undefined) this.breach ??= { invariant, seq, why }
  }
}
