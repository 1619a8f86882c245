/** Encoded records in memory, in order of seq, found by seq; the end can be cut off. */
import { Result } from "effect"
import { JournalCorrupt } from "../../actors/ports/Journal.ts"
import type { RecordCodec } from "../../domain/journal/codec.ts"
import type { JournalRecord, RecordHeader } from "../../domain/journal/record.ts"

const pageBytes = 262_144

interface Page {
  readonly firstSeq: number
  bytes: Buffer
  /** Where record `firstSeq + i` ends, `ends[i]`. */
  readonly ends: Array<number>
}

/** Where a record's bytes are. Reused by each call: copy out what must last. */
export interface Span {
  bytes: Buffer
  start: number
  end: number
}

export class RecordPages {
  readonly #codec: RecordCodec
  readonly #pages: Array<Page> = []
  readonly #span: Span = { bytes: Buffer.alloc(0), start: 0, end: 0 }
  #nextSeq = 0

  constructor(codec: RecordCodec) {
    this.#codec = codec
  }

  get nextSeq(): number {
    return this.#nextSeq
  }

  /** The first record that is here; `nextSeq` where there is none. */
  get firstSeq(): number {
    return this.#pages[0]?.firstSeq ?? this.#nextSeq
  }

  /** Removes the pages that end before record `seq`. */
  forget(seq: number): void {
    const kept = this.#pages.findLastIndex(({ firstSeq }) => firstSeq <= seq)
    if (kept > 0) this.#pages.splice(0, kept)
  }

  /** Encodes the record as number `nextSeq` and returns where its bytes are. */
  append(record: JournalRecord): Span {
    let page = this.#pages.at(-1)
    let start = page?.ends.at(-1) ?? 0
    let end = page === undefined ? -1 : this.#codec.encodeInto(record, page.bytes, start)
    if (page === undefined || end < 0) {
      start = 0
      page = { firstSeq: this.#nextSeq, bytes: Buffer.allocUnsafeSlow(pageBytes), ends: [] }
      end = this.#codec.encodeInto(record, page.bytes, 0)
      if (end < 0) {
        page.bytes = Buffer.from(this.#codec.encode(record))
        end = page.bytes.length
      }
      this.#pages.push(page)
    }
    page.ends.push(end)
    this.#nextSeq++
    return this.#at(page, start, end)
  }

  /** Where record `seq`, which must be there, has its bytes. */
  find(seq: number): Span {
    const page = this.#pages[this.#pageOf(seq)]!
    const index = seq - page.firstSeq
    return this.#at(page, index === 0 ? 0 : page.ends[index - 1]!, page.ends[index]!)
  }

  /** Forgets every record after `seq`. */
  truncate(seq: number): void {
    while (this.#pages.length > 0 && this.#pages.at(-1)!.firstSeq > seq) this.#pages.pop()
    const last = this.#pages.at(-1)
    if (last !== undefined) last.ends.length = Math.min(last.ends.length, seq + 1 - last.firstSeq)
    this.#nextSeq = Math.min(this.#nextSeq, seq + 1)
  }

  /** Records from `from` on, up to `through` or as far as there are any when each is asked for. */
  *read(from: number, through = Number.POSITIVE_INFINITY): Generator<JournalRecord> {
    for (let seq = Math.max(this.firstSeq, from); seq < this.#nextSeq && seq <= through; seq++) {
      const { bytes, start, end } = this.find(seq)
      const record = this.#codec.decodeAt(bytes, start, end)
      if (Result.isFailure(record)) throw unreadable(seq, record.failure.message)
      yield record.success
    }
  }

  *headers(from: number, through = Number.POSITIVE_INFINITY): Generator<RecordHeader> {
    for (let seq = Math.max(this.firstSeq, from); seq < this.#nextSeq && seq <= through; seq++) {
      const { bytes, start, end } = this.find(seq)
      const header = this.#codec.headerAt(bytes, start, end)
      if (Result.isFailure(header)) throw unreadable(seq, header.failure.message)
      yield header.success
    }
  }

  #at(page: Page, start: number, end: number): Span {
    this.#span.bytes = page.bytes
    this.#span.start = start
    this.#span.end = end
    return this.#span
  }

  #pageOf(seq: number): number {
    let low = 0
    let high = this.#pages.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#pages[middle]!.firstSeq <= seq) low = middle
      else high = middle - 1
    }
    return low
  }
}

const unreadable = (seq: number, why: string): JournalCorrupt =>
  new JournalCorrupt({ place: "memory", verifiedThrough: seq - 1, why })
