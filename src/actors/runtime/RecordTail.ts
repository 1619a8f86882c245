/**
 * The records since the last snapshot as objects, so that rebuilding a crashed actor decodes nothing. Older ones are read
 * from the journal.
 *
 * Bounded by the records between two snapshots, and by an actor that is down, whose base is older.
 */
import type { JournalRecord } from "../../domain/journal/record.ts"

interface Journaled {
  readonly read: (from: number) => Iterable<JournalRecord>
}

export class RecordTail {
  readonly #journal: Journaled
  #records: Array<JournalRecord> = []
  /** Seq of the first record here; undefined while there is none. */
  #from: number | undefined

  constructor(journal: Journaled) {
    this.#journal = journal
  }

  push(record: JournalRecord): void {
    this.#from ??= record.seq
    this.#records.push(record)
  }

  /** Records with seq >= `from`, those appended while it is walked included. */
  readonly read = (from: number): Iterable<JournalRecord> =>
    this.#from === undefined || from < this.#from ? this.#journal.read(from) : this.#walk(from)

  forgetBefore(seq: number): void {
    if (this.#from === undefined || seq <= this.#from) return
    this.#records = this.#records.slice(seq - this.#from)
    this.#from = this.#records.length === 0 ? undefined : seq
  }

  truncate(seq: number): void {
    if (this.#from !== undefined) this.#records.length = Math.max(0, seq + 1 - this.#from)
  }

  *#walk(from: number): Iterable<JournalRecord> {
    const records = this.#records
    for (let at = from - this.#from!; at < records.length; at++) yield records[at]!
  }
}
