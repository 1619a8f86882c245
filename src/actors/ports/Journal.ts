/**
 * The journal of one book: append, commit, read.
 *
 * A commit makes whole turns durable; nothing in a batch is durable before the batch is, and batch k + 1 is written
 * only after batch k is. One contract suite, test/contract/journal, runs against every implementation.
 */
import { Context, type Effect, Schema, type Scope } from "effect"
import type { JournalRecord, RecordHeader } from "../../domain/journal/record.ts"

/** The journal cannot take records now: disk full, medium gone. What was appended since the last commit is not durable. */
export class JournalUnavailable extends Schema.TaggedError<JournalUnavailable>()(
  "JournalUnavailable",
  { place: Schema.String, why: Schema.String }
) {
  override get message() {
    return `the journal at ${this.place} cannot be written: ${this.why}`
  }
}

/** Bytes that were durable are not what was written, or belong to something else. The book stops. */
export class JournalCorrupt extends Schema.TaggedError<JournalCorrupt>()("JournalCorrupt", {
  place: Schema.String,
  /** Last seq that is known to be good; -1 when none is. */
  verifiedThrough: Schema.Int,
  why: Schema.String
}) {
  override get message() {
    return `the journal at ${this.place} is damaged after record ${this.verifiedThrough}: ${this.why}`
  }
}

/** Another process holds the book, or took it over. */
export class BookLocked extends Schema.TaggedError<BookLocked>()("BookLocked", {
  place: Schema.String,
  book: Schema.String
}) {
  override get message() {
    return `book ${this.book} at ${this.place} is open in another process: stop that one, or name another --book or --data-dir`
  }
}

export type JournalError = JournalUnavailable | JournalCorrupt | BookLocked

/** What opening found and did. */
export interface Opened {
  /** -1 for an empty journal. */
  readonly lastSeq: number
  /** Epoch of the last record; 0 for an empty journal. */
  readonly lastEpoch: number
  /** Bytes and records of a torn tail that were cut, 0 when the end was clean. */
  readonly cutBytes: number
  readonly cutRecords: number
}

/** A chain position: the head hash covers every record through `seq`. */
export interface Head {
  readonly seq: number
  /** SHA-256 in hex. */
  readonly hash: string
}

/** A while in which commits failed, and after which one succeeded. */
export interface Interruption {
  /** Wall time from the first failed try to the one that succeeded. */
  readonly outageMs: number
  /** Failed tries. */
  readonly tries: number
}

/** The single writer's handle. `append` and `read` are plain calls: they are on the hot path. */
export interface JournalWriter {
  readonly opened: Opened
  /** Takes a record into the open batch. Throws (a defect) where `seq` is not the next one or `epoch` goes back. */
  readonly append: (record: JournalRecord) => void
  /** Records appended and not yet durable. */
  readonly pending: () => number
  /** Last durable seq, -1 for none. */
  readonly durableThrough: () => number
  /**
   * Makes everything appended so far durable: one write and one sync. The caller calls it between turns only (a batch
   * that begins with an event is a defect) and may append the next turns while it runs. Not interruptible; calls
   * queue, and one that finds everything durable returns at once. After a failure what was appended is still pending:
   * commit again, or `truncatePending`.
   */
  readonly commit: Effect.Effect<void, JournalUnavailable | BookLocked>
  /** Forgets what was appended after `seq`. Throws where any of that is durable or on its way in a running commit. */
  readonly truncatePending: (seq: number) => void
  /**
   * Records with seq >= `from`, in order, those not yet durable included, also those appended while it is walked.
   * Sync, lazily decoded into the current versions. Throws `JournalCorrupt` at the first damage.
   */
  readonly read: (from: number) => Iterable<JournalRecord>
  /** The same without decoding payloads: for index passes. Checks as much. */
  readonly headers: (from: number) => Iterable<RecordHeader>
  /** The chain's head over everything appended so far. */
  readonly head: () => Head
  /** Last closed link (hex) over everything appended so far: a snapshot's `link`. */
  readonly link: () => string
  /** The first record that is there; above 0 only where `forget` let older ones go. */
  readonly firstSeq: () => number
  /**
   * Lets records before `before`, which must be durable, be removed: as many as go in the pieces that the storage is made
   * of, none where it cannot. The caller knows that no kept snapshot needs them. What stays proves itself from its
   * first record on, with the link that the storage keeps there.
   */
  readonly forget: (before: number) => Effect.Effect<void, JournalUnavailable>
  /** Shows without a record that this writer still holds the book: an idle one renews its lease so. */
  readonly renew: Effect.Effect<void, JournalUnavailable | BookLocked>
  /**
   * When the last acknowledged append or renewal was sent, ms of the monotonic clock: what leaves the process may leave
   * for the lease from then on. Infinity where nobody can take the book over while this process lives.
   */
  readonly heldSinceMs: () => number
  /** What the commits since the last asking lived through; told once. */
  readonly interruption: () => Interruption | undefined
}

/** A reader takes no lock and never cuts. */
export interface JournalReader {
  /**
   * Decodes and checks frames, links and order; throws `JournalCorrupt` at the first damage. Ends at the last whole
   * batch that was there when the reader was opened; a torn tail after it is told by `tornBytes`.
   */
  readonly read: (from: number) => Iterable<JournalRecord>
  /** The same without payloads. */
  readonly headers: (from: number) => Iterable<RecordHeader>
  /** The chain's head at the reader's end. */
  readonly head: () => Head
  /** The first record that is there: `read` begins with it where less is asked for. */
  readonly firstSeq: () => number
  /** Bytes past the last whole batch, 0 when clean. */
  readonly tornBytes: () => number
}

/** A snapshot of a whole book, taken at quiescence: see the runtime's `snapshot.ts` for its body. */
export interface StoredSnapshot {
  /** Everything through this seq is folded into `body`. */
  readonly seq: number
  /** Last closed link of the chain (hex) at `seq`, which lets a reader go on without older segments. */
  readonly link: string
  readonly stateHash: string
  /** Canonical JSON text. */
  readonly body: string
}

export class Journal extends Context.Service<
  Journal,
  {
    /** Opens for writing, under the book's lock; released with the scope. Cuts a torn tail to the turn's boundary and says so in `opened`. */
    readonly openWriter: Effect.Effect<JournalWriter, JournalError, Scope.Scope>
    readonly openReader: Effect.Effect<JournalReader, JournalError>
    /** Durable, verified on load by its own hash; two are kept. One beyond what the open writer made durable is a defect. */
    readonly saveSnapshot: (snapshot: StoredSnapshot) => Effect.Effect<void, JournalUnavailable>
    /** The newest whole snapshot with `seq` <= `atMost`; undefined when there is none. A damaged one is skipped. */
    readonly loadSnapshot: (
      atMost: number
    ) => Effect.Effect<StoredSnapshot | undefined, JournalError>
  }
>()("optionsib/actors/ports/Journal") {}
