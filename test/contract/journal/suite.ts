/** What every journal keeps, whatever it stands on. Run by one test file per implementation. */
import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, type Scope } from "effect"
import {
  BookLocked,
  type Journal,
  type JournalWriter,
  type StoredSnapshot
} from "../../../src/actors/ports/Journal.ts"
import type { JournalRecord } from "../../../src/domain/journal/record.ts"
import { codec, epochRecord, quoteRecord, timerRecord, turnsFrom } from "./records.ts"

/** One book's storage and what may happen to it. */
interface JournalSubject {
  readonly journal: Journal["Service"]
  /** The process dies: what is not durable is lost, the book is free, the old writer is dead. */
  readonly crash: Effect.Effect<void>
  /** Changes a byte of the snapshot stored at `seq`. */
  readonly damageSnapshot: (seq: number) => Effect.Effect<void>
}

export interface JournalImplementation {
  readonly name: string
  /** A new, empty journal of book `alpha`. */
  readonly make: Effect.Effect<JournalSubject, never, Scope.Scope>
}

export const journalContract = ({ name, make }: JournalImplementation): void => {
  describe(`${name} journal, letting go of old records`, () => {
    it.effect("keeps every record from the named one on, and the chain", () =>
      Effect.gen(function* () {
        const { journal, crash } = yield* make
        const all = yield* Effect.gen(function* () {
          const writer = yield* journal.openWriter
          const records: Array<JournalRecord> = []
          for (let batch = 0; batch < 12; batch++) {
            const turns = turnsFrom(records.length, 60)
            appendAll(writer, turns)
            records.push(...turns)
            yield* writer.commit
          }
          yield* writer.forget(500)
          assert.isAtMost(writer.firstSeq(), 500)
          assert.deepStrictEqual([...writer.read(500)], records.slice(500))
          assert.deepStrictEqual([...writer.read(0)], records.slice(writer.firstSeq()))
          assert.deepStrictEqual([...writer.headers(0)], [...writer.read(0)].map(headerOf))
          assert.deepStrictEqual(writer.head(), referenceHead(records))
          const more = turnsFrom(records.length, 100)
          appendAll(writer, more)
          yield* writer.commit
          return [...records, ...more]
        }).pipe(Effect.scoped)
        yield* crash
        const reader = yield* journal.openReader
        assert.isAtMost(reader.firstSeq(), 500)
        assert.deepStrictEqual([...reader.read(0)], all.slice(reader.firstSeq()))
        assert.deepStrictEqual(reader.head(), referenceHead(all))
        const writer = yield* journal.openWriter
        assert.strictEqual(writer.opened.lastSeq, all.length - 1)
        assert.deepStrictEqual([...writer.read(0)], all.slice(writer.firstSeq()))
        assert.deepStrictEqual(writer.head(), referenceHead(all))
      }).pipe(Effect.scoped)
    )
  })

  describe(`${name} journal, appends and commits`, () => {
    it.effect("starts empty", () =>
      Effect.gen(function* () {
        const { journal } = yield* make
        const writer = yield* journal.openWriter
        assert.deepStrictEqual(writer.opened, emptyOpened)
        assert.strictEqual(writer.durableThrough(), -1)
        assert.strictEqual(writer.pending(), 0)
        assert.deepStrictEqual([...writer.read(0)], [])
        assert.deepStrictEqual(writer.head(), referenceHead([]))
      }).pipe(Effect.scoped)
    )

    it.effect("reads back what was appended, before and after it is durable", () =>
      Effect.gen(function* () {
        const { journal } = yield* make
        const writer = yield* journal.openWriter
        const records = turnsFrom(0, 300)
        appendAll(writer, records)
        assert.deepStrictEqual([...writer.read(0)], records)
        assert.strictEqual(writer.pending(), records.length)
        yield* writer.commit
        assert.strictEqual(writer.pending(), 0)
        assert.strictEqual(writer.durableThrough(), records.length - 1)
        assert.deepStrictEqual([...writer.read(0)], records)
        const more = turnsFrom(records.length, 50)
        appendAll(writer, more)
        const all = [...records, ...more]
        for (const from of [0, 1, 63, 64, 299, records.length, all.length - 1, all.length]) {
          assert.deepStrictEqual([...writer.read(from)], all.slice(from))
          assert.deepStrictEqual([...writer.headers(from)], all.slice(from).map(headerOf))
        }
      }).pipe(Effect.scoped)
    )

    it.effect("walks on into records that are appended during the walk", () =>
      Effect.gen(function* () {
        const { journal } = yield* make
        const writer = yield* journal.openWriter
        appendAll(writer, turnsFrom(0, 10))
        yield* writer.commit
        const before = writer.durableThrough()
        const seen: Array<number> = []
        for (const record of writer.read(0)) {
          seen.push(record.seq)
          const next = writer.durableThrough() + writer.pending() + 1
          if (next <= before + 20) writer.append(quoteRecord(next))
        }
        assert.deepStrictEqual(
          seen,
          Array.from({ length: before + 21 }, (_, seq) => seq)
        )
      }).pipe(Effect.scoped)
    )

    it.effect("refuses a gap, a repeat and an older epoch", () =>
      Effect.gen(function* () {
        const { journal } = yield* make
        const writer = yield* journal.openWriter
        appendAll(writer, [epochRecord(0, 2), quoteRecord(1, 2)])
        assert.throws(() => writer.append(quoteRecord(3, 2)), RangeError, /record 3 .* 2 is next/)
        assert.throws(() => writer.append(quoteRecord(1, 2)), RangeError, /record 1 .* 2 is next/)
        assert.throws(() => writer.append(quoteRecord(2, 1)), RangeError, /epoch 1, after 2/)
        assert.strictEqual(writer.pending(), 2)
      }).pipe(Effect.scoped)
    )

    it.effect("refuses a batch that begins inside a turn", () =>
      Effect.gen(function* () {
        const { journal } = yield* make
        const writer = yield* journal.openWriter
        writer.append(quoteRecord(0))
        yield* writer.commit
        writer.append(timerRecord(1, 0))
        const exit = yield* Effect.exit(writer.commit)
        assert.isTrue(Exit.hasDies(exit))
        assert.match(String(exit), /inside a turn: record 1 answers 0/)
        assert.strictEqual(writer.durableThrough(), 0)
      }).pipe(Effect.scoped)
    )

    it.effect("commits from many fibers leave everything durable", () =>
      Effect.gen(function* () {
        const { journal } = yield* make
        const writer = yield* journal.openWriter
        const turn = Effect.suspend(() => {
          writer.append(quoteRecord(writer.durableThrough() + writer.pending() + 1))
          return writer.commit
        })
        yield* Effect.all(
          Array.from({ length: 40 }, () => turn),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(writer.durableThrough(), 39)
        assert.strictEqual(writer.pending(), 0)
        assert.strictEqual([...writer.read(0)].length, 40)
      }).pipe(Effect.scoped)
    )

    it.effect("takes back what is not durable, across closed links", () =>
      Effect.gen(function* () {
        const { journal } = yield* make
        const writer = yield* journal.openWriter
        const kept = turnsFrom(0, 70)
        appendAll(writer, kept)
        yield* writer.commit
        appendAll(writer, turnsFrom(kept.length, 200))
        writer.truncatePending(kept.length - 1 + 100)
        writer.truncatePending(kept.length - 1)
        assert.strictEqual(writer.pending(), 0)
        assert.throws(() => writer.truncatePending(kept.length - 2), RangeError)
        const other = turnsFrom(kept.length, 90).map((record) => ({ ...record, epoch: 2 }))
        appendAll(writer, other)
        yield* writer.commit
        assert.deepStrictEqual([...writer.read(0)], [...kept, ...other])
        assert.deepStrictEqual(writer.head(), referenceHead([...kept, ...other]))
      }).pipe(Effect.scoped)
    )
  })

  describe(`${name} journal, chain`, () => {
    it.effect("has the head of an independent computation, at any length and commit size", () =>
      Effect.gen(function* () {
        const { journal } = yield* make
        const writer = yield* journal.openWriter
        const records = turnsFrom(0, 260)
        for (const record of records) {
          const startsTurn = record.cause < 0
          if (startsTurn && record.seq % 11 === 0) yield* writer.commit
          writer.append(record)
          const soFar = records.slice(0, record.seq + 1)
          assert.deepStrictEqual(writer.head(), referenceHead(soFar))
          assert.strictEqual(writer.link(), referenceLink(soFar))
        }
      }).pipe(Effect.scoped)
    )

    it.effect("goes straight on across openings", () =>
      Effect.gen(function* () {
        const { journal } = yield* make
        const all: Array<JournalRecord> = []
        for (const [index, count] of [30, 34, 1, 63, 64, 100].entries()) {
          yield* Effect.gen(function* () {
            const writer = yield* journal.openWriter
            assert.strictEqual(writer.opened.lastSeq, all.length - 1)
            assert.strictEqual(writer.opened.lastEpoch, index)
            assert.deepStrictEqual(writer.head(), referenceHead(all))
            const records = turnsFrom(all.length, count, index + 1)
            appendAll(writer, records)
            all.push(...records)
            yield* writer.commit
            assert.deepStrictEqual(writer.head(), referenceHead(all))
          }).pipe(Effect.scoped)
        }
        const writer = yield* journal.openWriter
        assert.deepStrictEqual([...writer.read(0)], all)
      }).pipe(Effect.scoped)
    )
  })

  describe(`${name} journal, crash and lock`, () => {
    it.effect("keeps what was durable through a crash and nothing else", () =>
      Effect.gen(function* () {
        const { journal, crash } = yield* make
        const writer = yield* journal.openWriter
        const kept = turnsFrom(0, 100)
        appendAll(writer, kept)
        yield* writer.commit
        appendAll(writer, turnsFrom(kept.length, 100))
        yield* crash
        const after = yield* journal.openWriter
        assert.strictEqual(after.opened.lastSeq, kept.length - 1)
        assert.strictEqual(after.pending(), 0)
        assert.deepStrictEqual([...after.read(0)], kept)
        assert.deepStrictEqual(after.head(), referenceHead(kept))
        const exit = yield* Effect.exit(writer.commit)
        assert.isTrue(Exit.isFailure(exit))
        assert.strictEqual(after.durableThrough(), kept.length - 1)
      }).pipe(Effect.scoped)
    )

    it.effect("drops what was not committed when the writer closes", () =>
      Effect.gen(function* () {
        const { journal } = yield* make
        yield* Effect.gen(function* () {
          const writer = yield* journal.openWriter
          writer.append(quoteRecord(0))
        }).pipe(Effect.scoped)
        const writer = yield* journal.openWriter
        assert.deepStrictEqual(writer.opened, emptyOpened)
      }).pipe(Effect.scoped)
    )

    it.effect("has one writer at a time", () =>
      Effect.gen(function* () {
        const { journal } = yield* make
        yield* Effect.gen(function* () {
          yield* journal.openWriter
          const refused = yield* Effect.flip(Effect.scoped(journal.openWriter))
          assert.instanceOf(refused, BookLocked)
          assert.match(refused.message, /book alpha .* open in another process/)
        }).pipe(Effect.scoped)
        yield* journal.openWriter
      }).pipe(Effect.scoped)
    )
  })

  describe(`${name} journal, reader`, () => {
    it.effect("sees the durable records and their head beside a writer", () =>
      Effect.gen(function* () {
        const { journal } = yield* make
        const empty = yield* journal.openReader
        assert.deepStrictEqual([...empty.read(0)], [])
        assert.deepStrictEqual(empty.head(), referenceHead([]))
        const writer = yield* journal.openWriter
        const records = turnsFrom(0, 150)
        appendAll(writer, records)
        yield* writer.commit
        const reader = yield* journal.openReader
        appendAll(writer, turnsFrom(records.length, 20))
        yield* writer.commit
        for (const from of [0, 64, 100, records.length]) {
          assert.deepStrictEqual([...reader.read(from)], records.slice(from))
          assert.deepStrictEqual([...reader.headers(from)], records.slice(from).map(headerOf))
        }
        assert.deepStrictEqual(reader.head(), referenceHead(records))
        assert.strictEqual(reader.tornBytes(), 0)
      }).pipe(Effect.scoped)
    )
  })

  describe(`${name} journal, snapshots`, () => {
    it.effect("keeps the two newest and finds the newest at or below a seq", () =>
      Effect.gen(function* () {
        const { journal } = yield* make
        yield* commitTurns(journal, 120)
        assert.isUndefined(yield* journal.loadSnapshot(1000))
        for (const seq of [10, 40, 90]) yield* journal.saveSnapshot(snapshotAt(seq))
        assert.deepStrictEqual(yield* journal.loadSnapshot(1000), snapshotAt(90))
        assert.deepStrictEqual(yield* journal.loadSnapshot(90), snapshotAt(90))
        assert.deepStrictEqual(yield* journal.loadSnapshot(89), snapshotAt(40))
        assert.isUndefined(yield* journal.loadSnapshot(39))
      })
    )

    it.effect("skips a damaged one", () =>
      Effect.gen(function* () {
        const { journal, damageSnapshot } = yield* make
        yield* commitTurns(journal, 120)
        for (const seq of [40, 90]) yield* journal.saveSnapshot(snapshotAt(seq))
        yield* damageSnapshot(90)
        assert.deepStrictEqual(yield* journal.loadSnapshot(1000), snapshotAt(40))
        yield* damageSnapshot(40)
        assert.isUndefined(yield* journal.loadSnapshot(1000))
      })
    )

    it.effect("refuses one of records that are not durable", () =>
      Effect.gen(function* () {
        const { journal } = yield* make
        const writer = yield* journal.openWriter
        writer.append(quoteRecord(0))
        assert.isTrue(Exit.hasDies(yield* Effect.exit(journal.saveSnapshot(snapshotAt(0)))))
        yield* writer.commit
        yield* journal.saveSnapshot(snapshotAt(0))
      }).pipe(Effect.scoped)
    )

    it.effect("keeps a saved snapshot through a crash", () =>
      Effect.gen(function* () {
        const { journal, crash } = yield* make
        yield* commitTurns(journal, 60)
        yield* journal.saveSnapshot(snapshotAt(50))
        yield* crash
        assert.deepStrictEqual(yield* journal.loadSnapshot(1000), snapshotAt(50))
      })
    )
  })
}

const emptyOpened = { lastSeq: -1, lastEpoch: 0, cutBytes: 0, cutRecords: 0 }

const appendAll = (writer: JournalWriter, records: ReadonlyArray<JournalRecord>): void => {
  for (const record of records) writer.append(record)
}

const headerOf = ({ payload: _, ...header }: JournalRecord) => header

const commitTurns = (journal: Journal["Service"], count: number) =>
  Effect.gen(function* () {
    const writer = yield* journal.openWriter
    appendAll(writer, turnsFrom(0, count))
    yield* writer.commit
  }).pipe(Effect.scoped, Effect.orDie)

const snapshotAt = (seq: number): StoredSnapshot => ({
  seq,
  link: "ab".repeat(32),
  stateHash: `hash of ${seq}`,
  body: `{"cash":"12 \\"USD\\"","seq":${seq}}`
})

/** The chain as design and docs define it, by other code: whole groups first, then the open rest. */
const referenceLink = (records: ReadonlyArray<JournalRecord>): string => {
  let link = Buffer.alloc(32)
  for (let at = 0; at + 64 <= records.length; at += 64) {
    link = digest(link, records.slice(at, at + 64))
  }
  return link.toString("hex")
}

const referenceHead = (records: ReadonlyArray<JournalRecord>) => ({
  seq: records.length - 1,
  hash: digest(
    Buffer.from(referenceLink(records), "hex"),
    records.slice(records.length - (records.length % 64))
  ).toString("hex")
})

const digest = (link: Uint8Array, records: ReadonlyArray<JournalRecord>) => {
  const sha = createHash("sha256").update(link)
  for (const record of records) sha.update(codec.encode(record))
  return sha.digest()
}
