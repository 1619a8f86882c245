/** A book's journal in memory: same bytes, chain and promises as on disk, while the process lives. */
import { Effect, Layer, Result, Semaphore } from "effect"
import {
  BookLocked,
  Journal,
  type JournalReader,
  type JournalUnavailable,
  type JournalWriter,
  type Opened,
  type StoredSnapshot
} from "../../actors/ports/Journal.ts"
import type { RecordCodec } from "../../domain/journal/codec.ts"
import type { JournalRecord } from "../../domain/journal/record.ts"
import { Chain, type ChainPoint, firstLink, recordsPerLink } from "./chain.ts"
import { RecordPages } from "./recordPages.ts"
import { parseSnapshot, snapshotsKept, snapshotText } from "./snapshotText.ts"

export interface MemoryJournalOptions {
  readonly book: string
  /** Runs before each commit takes effect: a slow or failing medium, for tests. */
  readonly beforeCommit?: Effect.Effect<void, JournalUnavailable | BookLocked>
}

type JournalPort = Journal["Service"]

/** The port, and what a test may do to the storage behind it. */
export interface MemoryJournal extends JournalPort {
  /** As the process dying: loses what is not durable, frees the book. The writer of before is dead. */
  readonly crash: () => void
  readonly durableThrough: () => number
  /** The durable records. */
  readonly records: () => ReadonlyArray<JournalRecord>
  /** Changes a byte of the stored snapshot at `seq`. */
  readonly damageSnapshot: (seq: number) => void
}

export const layerMemory = (
  codec: RecordCodec,
  options: MemoryJournalOptions
): Layer.Layer<Journal> => Layer.sync(Journal, () => makeMemoryJournal(codec, options))

export const makeMemoryJournal = (
  codec: RecordCodec,
  options: MemoryJournalOptions
): MemoryJournal => {
  const storage = new Storage(codec, options)
  return {
    openWriter: Effect.acquireRelease(
      Effect.suspend(() =>
        storage.owner === undefined
          ? Effect.sync(() => storage.open())
          : Effect.fail(storage.locked())
      ),
      (writer) => Effect.sync(() => storage.release(writer))
    ),
    openReader: Effect.sync(() => storage.reader()),
    saveSnapshot: (snapshot) => Effect.sync(() => storage.saveSnapshot(snapshot)),
    loadSnapshot: (atMost) => Effect.sync(() => storage.loadSnapshot(atMost)),
    crash: () => storage.crash(),
    durableThrough: () => storage.durableThrough,
    records: () => [...storage.pages.read(0, storage.durableThrough)],
    damageSnapshot: (seq) => storage.damageSnapshot(seq)
  }
}

const place = "memory"

class Storage {
  readonly pages: RecordPages
  durableThrough = -1
  owner: MemoryWriter | undefined
  readonly options: MemoryJournalOptions
  /** Every closed link, in order. */
  readonly links: Array<Uint8Array> = []
  readonly #snapshots = new Map<number, string>()

  constructor(codec: RecordCodec, options: MemoryJournalOptions) {
    this.pages = new RecordPages(codec)
    this.options = options
  }

  locked(): BookLocked {
    return new BookLocked({ place, book: this.options.book })
  }

  open(): MemoryWriter {
    this.pages.truncate(this.durableThrough)
    this.owner = new MemoryWriter(this)
    return this.owner
  }

  release(writer: MemoryWriter): void {
    if (this.owner === writer) this.crash()
  }

  crash(): void {
    this.owner = undefined
    this.pages.truncate(this.durableThrough)
    this.links.length = Math.floor((this.durableThrough + 1) / recordsPerLink)
  }

  /** Where the chain stands after record `seq`. */
  chainPoint(seq: number): ChainPoint {
    const closed = Math.floor((seq + 1) / recordsPerLink)
    const chain = new Chain({
      nextSeq: closed * recordsPerLink,
      link: this.links[closed - 1] ?? firstLink,
      open: new Uint8Array(0)
    })
    while (chain.nextSeq <= seq) {
      const { bytes, start, end } = this.pages.find(chain.nextSeq)
      chain.append(bytes, start, end)
    }
    return chain.point()
  }

  reader(): JournalReader {
    const through = this.durableThrough
    const head = new Chain(this.chainPoint(through)).head()
    return {
      read: (from) => this.pages.read(from, through),
      headers: (from) => this.pages.headers(from, through),
      head: () => head,
      firstSeq: () => this.pages.firstSeq,
      tornBytes: () => 0
    }
  }

  saveSnapshot(snapshot: StoredSnapshot): void {
    if (snapshot.seq > this.durableThrough) {
      throw new RangeError(`a snapshot at ${snapshot.seq}, of which not all is durable`)
    }
    this.#snapshots.set(snapshot.seq, snapshotText(this.options.book, snapshot))
    const seqs = [...this.#snapshots.keys()].sort((a, b) => b - a)
    for (const seq of seqs.slice(snapshotsKept)) this.#snapshots.delete(seq)
  }

  loadSnapshot(atMost: number): StoredSnapshot | undefined {
    const seqs = [...this.#snapshots.keys()].filter((seq) => seq <= atMost).sort((a, b) => b - a)
    for (const seq of seqs) {
      const snapshot = parseSnapshot(this.options.book, this.#snapshots.get(seq)!)
      if (Result.isSuccess(snapshot)) return snapshot.success
    }
    return undefined
  }

  damageSnapshot(seq: number): void {
    const text = this.#snapshots.get(seq)!
    this.#snapshots.set(seq, `${text.slice(0, -2)}~${text.slice(-1)}`)
  }
}

class MemoryWriter implements JournalWriter {
  readonly opened: Opened
  readonly commit: Effect.Effect<void, JournalUnavailable | BookLocked>
  readonly #storage: Storage
  readonly #oneAtATime = Semaphore.makeUnsafe(1)
  #chain: Chain
  #epoch: number
  /** Last record of the batch that is being committed; -1 when none is. */
  #committingThrough = -1

  constructor(storage: Storage) {
    this.#storage = storage
    const lastSeq = storage.durableThrough
    this.#chain = new Chain(storage.chainPoint(lastSeq))
    const [last] = lastSeq < 0 ? [] : storage.pages.headers(lastSeq)
    this.#epoch = last?.epoch ?? 0
    this.opened = { lastSeq, lastEpoch: this.#epoch, cutBytes: 0, cutRecords: 0 }
    this.commit = Effect.uninterruptible(this.#oneAtATime.withPermit(this.#commit()))
  }

  append(record: JournalRecord): void {
    this.#assertAlive()
    const next = this.#storage.pages.nextSeq
    if (record.seq !== next) throw new RangeError(`record ${record.seq} came where ${next} is next`)
    if (record.epoch < this.#epoch) {
      throw new RangeError(`record ${next} is of epoch ${record.epoch}, after ${this.#epoch}`)
    }
    const { bytes, start, end } = this.#storage.pages.append(record)
    this.#epoch = record.epoch
    if (this.#chain.append(bytes, start, end)) this.#storage.links.push(this.#chain.link())
  }

  pending(): number {
    return this.#storage.pages.nextSeq - 1 - this.#storage.durableThrough
  }

  durableThrough(): number {
    return this.#storage.durableThrough
  }

  truncatePending(seq: number): void {
    this.#assertAlive()
    const kept = Math.max(this.#storage.durableThrough, this.#committingThrough)
    if (seq < kept) throw new RangeError(`record ${kept} cannot be taken back to ${seq}`)
    if (seq >= this.#storage.pages.nextSeq) return
    this.#storage.pages.truncate(seq)
    this.#storage.links.length = Math.floor((seq + 1) / recordsPerLink)
    this.#chain = new Chain(this.#storage.chainPoint(seq))
  }

  read(from: number) {
    return this.#storage.pages.read(from)
  }

  headers(from: number) {
    return this.#storage.pages.headers(from)
  }

  head() {
    return this.#chain.head()
  }

  link() {
    return Buffer.from(this.#chain.link()).toString("hex")
  }

  firstSeq(): number {
    return this.#storage.pages.firstSeq
  }

  forget(before: number): Effect.Effect<void> {
    return Effect.sync(() => {
      this.#assertAlive()
      // The chain goes on from the records of its open link.
      const needed = Math.floor(this.#storage.durableThrough / recordsPerLink) * recordsPerLink
      this.#storage.pages.forget(Math.min(before, needed))
    })
  }

  get renew(): Effect.Effect<void, BookLocked> {
    return Effect.suspend(() =>
      this.#storage.owner === this ? Effect.void : Effect.fail(this.#storage.locked())
    )
  }

  heldSinceMs(): number {
    return Number.POSITIVE_INFINITY
  }

  interruption(): undefined {}

  #commit(): Effect.Effect<void, JournalUnavailable | BookLocked> {
    return Effect.suspend(() => {
      const storage = this.#storage
      if (storage.owner !== this) return Effect.fail(storage.locked())
      const through = storage.pages.nextSeq - 1
      if (through === storage.durableThrough) return Effect.void
      assertWholeTurns(storage.pages, storage.durableThrough + 1)
      this.#committingThrough = through
      return Effect.suspend(() => storage.options.beforeCommit ?? Effect.void).pipe(
        Effect.flatMap(() => {
          if (storage.owner !== this) return Effect.fail(storage.locked())
          storage.durableThrough = through
          return Effect.void
        }),
        Effect.ensuring(
          Effect.sync(() => {
            this.#committingThrough = -1
          })
        )
      )
    })
  }

  #assertAlive(): void {
    if (this.#storage.owner !== this) throw new Error("this writer is closed")
  }
}

/** A batch begins with an input: anything else would let the journal end inside a turn. */
const assertWholeTurns = (pages: RecordPages, firstSeq: number): void => {
  for (const first of pages.headers(firstSeq, firstSeq)) {
    if (first.cause >= 0) {
      throw new RangeError(`commit inside a turn: record ${firstSeq} answers ${first.cause}`)
    }
  }
}
