/**
 * Which books a topic holds, in the compacted topic TOPIC.books: book -> partition, and what its run is.
 *
 * A partition is given once and never by a hash. Who changes the registry does it in a transaction of the registry's one
 * transactional id, so of two at once the later wins and the earlier begins anew, having changed nothing.
 */
import { Effect, Result, Schedule, Schema } from "effect"
import type { BookTopics } from "./bookTopics.ts"
import {
  type KafkaLog,
  LogRefused,
  LogUnavailable,
  type OutcomeUnknown,
  type SessionFenced
} from "./kafkaLog.ts"

const BookEntrySchema = Schema.Struct({
  book: Schema.String,
  partition: Schema.Int,
  /** Its run came to its end: nothing is to be written after it. */
  finished: Schema.Boolean,
  /** What the run's owner keeps here: whatever another machine needs to go on with it or to replay it. Plain data. */
  about: Schema.Unknown
})
export type BookEntry = typeof BookEntrySchema.Type

const decodeEntry = Schema.decodeUnknownResult(Schema.fromJsonString(BookEntrySchema))

type RegistryError = LogUnavailable | LogRefused

export interface BookRegistry {
  /** Every book of the topic, by name. */
  readonly list: Effect.Effect<ReadonlyArray<BookEntry>, RegistryError>
  readonly find: (book: string) => Effect.Effect<BookEntry | undefined, RegistryError>
  /** The book's entry; made by `about` on a free partition where there is none. */
  readonly claim: (book: string, about: () => unknown) => Effect.Effect<BookEntry, RegistryError>
  /** Puts what `change` makes of the book's entry, which must be there. */
  readonly update: (
    book: string,
    change: (entry: BookEntry) => BookEntry
  ) => Effect.Effect<BookEntry, RegistryError>
}

/** Others at work on the registry are few and quick. */
const conflictRetries = Schedule.exponential("20 millis").pipe(Schedule.upTo({ times: 8 }))
const idleReadsMax = 8

export const makeBookRegistry = (log: KafkaLog, topics: BookTopics): BookRegistry => {
  const place = { topic: topics.books, partition: 0 }
  const transactionalId = `optionsib.${topics.books}`

  const entries = Effect.gen(function* () {
    const { end, first } = yield* log.ends(place)
    const found = new Map<string, BookEntry>()
    for (let from = first, idle = 0; from < end && idle < idleReadsMax; ) {
      const page = yield* log.fetch(place, from)
      idle = page.next === from ? idle + 1 : 0
      from = page.next
      for (const { key = "", value, offset } of page.entries) {
        if (value === null) {
          found.delete(key)
          continue
        }
        const entry = decodeEntry(value.toString("utf8"))
        if (Result.isFailure(entry) || entry.success.book !== key) {
          const why = `topic ${topics.books}, offset ${offset} holds data that is no book's: name another topic`
          return yield* new LogRefused({ why })
        }
        found.set(key, entry.success)
      }
    }
    return found
  })

  /** Reads under a session of its own, and writes what `change` says within it. */
  const changed = (
    book: string,
    change: (entries: ReadonlyMap<string, BookEntry>) => Result.Result<BookEntry, LogRefused>
  ): Effect.Effect<BookEntry, RegistryError> =>
    Effect.gen(function* () {
      const session = yield* log.openSession(transactionalId)
      const before = yield* entries
      const next = yield* Effect.fromResult(change(before))
      if (next === before.get(book)) return next
      const value = Buffer.from(JSON.stringify(next), "utf8")
      yield* session.append(place, [{ key: book, value }])
      return next
    }).pipe(
      Effect.retry({
        while: (error) => error._tag === "SessionFenced" || error._tag === "OutcomeUnknown",
        schedule: conflictRetries
      }),
      Effect.catchTags({
        SessionFenced: unavailable(log),
        OutcomeUnknown: unavailable(log)
      })
    )

  const list = Effect.map(entries, (found) =>
    [...found.values()].sort((a, b) => (a.book < b.book ? -1 : 1))
  )

  return {
    list,
    find: (book) => Effect.map(entries, (found) => found.get(book)),
    claim: (book, about) =>
      changed(book, (found) => {
        const existing = found.get(book)
        if (existing !== undefined) return Result.succeed(existing)
        const taken = new Set([...found.values()].map(({ partition }) => partition))
        for (let partition = 0; partition < topics.partitions; partition++) {
          if (taken.has(partition)) continue
          return Result.succeed({ book, partition, finished: false, about: about() })
        }
        const why = `topic ${topics.journal} has ${topics.partitions} partitions and as many books (${[...found.keys()].sort().join(", ")}): book ${book} needs one more partition, or another topic`
        return Result.fail(new LogRefused({ why }))
      }),
    update: (book, change) =>
      changed(book, (found) => {
        const existing = found.get(book)
        return existing === undefined
          ? Result.fail(new LogRefused({ why: `topic ${topics.journal} has no book ${book}` }))
          : Result.succeed(change(existing))
      })
  }
}

const unavailable =
  (log: KafkaLog) =>
  ({ why }: SessionFenced | OutcomeUnknown): Effect.Effect<never, LogUnavailable> =>
    Effect.fail(new LogUnavailable({ place: log.servers, why }))
