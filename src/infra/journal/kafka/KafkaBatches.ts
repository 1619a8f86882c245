/**
 * A book's batches on their way into its partition: each is one Kafka transaction.
 *
 * Where the outcome of one is unknown, a new session is opened that is granted only while nobody else took the book, a
 * new fence is appended, and the partition is read up to it: then the batch is there or will never be. Nothing is guessed.
 */
import { Clock, Effect, Schedule } from "effect"
import {
  BookLocked,
  type Interruption,
  type JournalCorrupt,
  JournalUnavailable
} from "../../../actors/ports/Journal.ts"
import type { ChainPoint } from "../chain.ts"
import type { BatchBuffer } from "../file/BatchBuffer.ts"
import type { DiskFailure } from "../file/disk.ts"
import type { BatchStore } from "../file/FileWriter.ts"
import { batchHeaderBytes, encodeBatchHeader } from "../file/format.ts"
import type { BookMirror } from "./BookMirror.ts"
import type { KafkaLog, LogRefused, LogSession, LogUnavailable } from "./kafkaLog.ts"
import { OutcomeUnknown, SessionFenced } from "./kafkaLog.ts"
import { batchMessages, fenceMessage, leaseMessage } from "./messages.ts"

export interface WriterOptions {
  readonly log: KafkaLog
  readonly mirror: BookMirror
  readonly transactionalId: string
  /** Names this writer's fences: no two are alike. */
  readonly newToken: () => string
  /** How long a commit is tried anew before it fails. */
  readonly retryMsMax: number
}

type WriteError = JournalUnavailable | BookLocked
type Trouble =
  | SessionFenced
  | OutcomeUnknown
  | LogUnavailable
  | LogRefused
  | JournalCorrupt
  | DiskFailure

/** Looks at the end of the log for the own fence at most so often; each waits a moment at the server. */
const markerReadsMax = 120
/** What is over sooner is no interruption: a leader that moved, a lost answer. */
const interruptionMsMin = 1_000
const firstRetryMs = 25
const retryMsLongest = 1_000

export class KafkaBatches implements BatchStore {
  readonly #options: WriterOptions
  #session: LogSession | undefined
  /** The newest session that was granted: what a later one must follow. */
  #granted: LogSession
  #isFenced = false
  /** The writer that was there before this one. */
  #foundEpoch: number | undefined
  /** Of the fences that this writer sent, those of unknown outcome included. */
  readonly #tokens = new Set<string>()
  /** Where the chain stands before the last batch that was sent. */
  #from: ChainPoint
  #inDoubtThrough = -1
  #heldSinceMs = Number.NEGATIVE_INFINITY
  #failing: { readonly sinceMs: number; tries: number } | undefined
  #interruption: Interruption | undefined
  /** Whether the writer before this one may still think that the book is its own. */
  #followsLiving = false

  private constructor(options: WriterOptions, session: LogSession) {
    this.#options = options
    this.#granted = session
    this.#from = options.mirror.chainPoint()
  }

  /** Takes the book over: fences whoever wrote before and reads to the own fence. */
  static readonly open = Effect.fnUntraced(function* (options: WriterOptions) {
    const session = yield* options.log.openSession(options.transactionalId)
    const batches = new KafkaBatches(options, session)
    // A session that was in doubt once is never gone on with: what it sent may still be on its way.
    const again = () =>
      Effect.retry(
        Effect.suspend(() => batches.#reenter()),
        { while: mayPass, schedule: backoff(options.retryMsMax) }
      )
    yield* batches
      .#enter(session)
      .pipe(Effect.catchTags({ OutcomeUnknown: again, LogUnavailable: again }))
    return batches
  })

  get place() {
    return this.#options.mirror.place
  }

  get segments() {
    return this.#options.mirror.segments
  }

  /** There was a writer before: until its lease is over it may send what it decided. */
  get followsLiving(): boolean {
    return this.#followsLiving
  }

  isHeld(): boolean {
    return !this.#isFenced
  }

  inDoubtThrough(): number {
    return this.#inDoubtThrough
  }

  heldSinceMs(): number {
    return this.#heldSinceMs
  }

  interruption(): Interruption | undefined {
    const told = this.#interruption
    this.#interruption = undefined
    return told
  }

  write(batch: BatchBuffer): Effect.Effect<void, DiskFailure | WriteError> {
    return Effect.suspend(() => {
      const { mirror } = this.#options
      this.#from = batch.from
      // One that was in doubt may have been read since, and keeps the header that it was sent with.
      if (!this.#hasArrived(batch)) {
        encodeBatchHeader(batch.bytes, mirror.place.tag, {
          records: batch.records,
          batch: mirror.end.batch,
          bodyBytes: batch.length - batchHeaderBytes,
          firstSeq: batch.from.nextSeq,
          durableThrough: batch.from.nextSeq - 1,
          link: batch.from.link
        })
      }
      return this.#persist(this.#writeOnce(batch))
    })
  }

  get renew(): Effect.Effect<void, WriteError> {
    const { mirror } = this.#options
    const once = Effect.suspend(() =>
      this.#session === undefined
        ? this.#reenter()
        : Effect.asVoid(
            this.#append(this.#session, [leaseMessage(mirror.place.tag, mirror.fence.epoch)])
          )
    )
    return this.#persist(once)
  }

  /** The end needs no mark: a transaction is there whole or not at all. */
  close(): Effect.Effect<void> {
    return this.letGo
  }

  readonly letGo = Effect.sync(() => {
    this.#session = undefined
    this.#options.mirror.close()
  })

  /** The topic keeps everything. */
  forget(): Effect.Effect<void> {
    return Effect.void
  }

  /** Tries for as long as a commit may take; being fenced ends it at once. */
  #persist(attempt: Effect.Effect<void, Trouble>): Effect.Effect<void, WriteError> {
    const { log, mirror, retryMsMax } = this.#options
    const place = `${log.servers}/${mirror.logPlace.topic}`
    const once = this.#watched(attempt)
    return once.pipe(
      // Most doubts are over at once; only the next try waits.
      Effect.catchTag("OutcomeUnknown", () => once),
      Effect.retry({ while: mayPass, schedule: backoff(retryMsMax) }),
      Effect.catch((error): Effect.Effect<never, WriteError> => {
        if (error._tag === "SessionFenced") {
          this.#isFenced = true
          return Effect.fail(new BookLocked({ place, book: mirror.place.book }))
        }
        const why = error._tag === "JournalCorrupt" ? error.message : error.why
        return Effect.fail(new JournalUnavailable({ place, why }))
      })
    )
  }

  /** Notes how long tries fail until one succeeds. */
  #watched(attempt: Effect.Effect<void, Trouble>): Effect.Effect<void, Trouble> {
    return Effect.flatMap(Clock.Clock, (clock) =>
      attempt.pipe(
        Effect.tapError(() =>
          Effect.sync(() => {
            this.#failing ??= { sinceMs: monotonicMs(clock), tries: 0 }
            this.#failing.tries++
          })
        ),
        Effect.tap(() =>
          Effect.sync(() => {
            if (this.#failing === undefined) return
            const { sinceMs, tries } = this.#failing
            const outageMs = Math.round(monotonicMs(clock) - sinceMs)
            if (outageMs >= interruptionMsMin) this.#interruption = { outageMs, tries }
            this.#failing = undefined
          })
        )
      )
    )
  }

  readonly #writeOnce = Effect.fnUntraced(
    { self: this },
    function* (this: KafkaBatches, batch: BatchBuffer) {
      const { mirror } = this.#options
      const { bytes, length, lastSeq } = batch
      const whole = bytes.subarray(0, length)
      if (this.#session === undefined) yield* this.#reenter()
      if (this.#hasArrived(batch)) return yield* this.#arrived(whole, lastSeq)
      this.#inDoubtThrough = lastSeq
      const messages = batchMessages(mirror.place.tag, mirror.fence.epoch, whole)
      const next = yield* this.#append(this.#session!, messages)
      // Where the mirror cannot take it, it is read from the partition once the mirror can.
      yield* Effect.tapError(mirror.takeOwn(whole, { seq: lastSeq, next }), () =>
        this.#endSession()
      )
      this.#inDoubtThrough = -1
    }
  )

  #hasArrived(batch: BatchBuffer): boolean {
    return this.#options.mirror.end.seq > batch.from.nextSeq
  }

  /** The batch whose outcome was unknown is in the partition: it must be the one that was sent. */
  #arrived(whole: Uint8Array, lastSeq: number): Effect.Effect<void, SessionFenced> {
    const { mirror } = this.#options
    if (mirror.end.seq !== lastSeq + 1 || Buffer.compare(mirror.lastBatch, whole) !== 0) {
      return Effect.fail(new SessionFenced({ why: "another writer's batch is in the partition" }))
    }
    this.#inDoubtThrough = -1
    return Effect.void
  }

  /** Appends within the session; any doubt ends the session. */
  #append(
    session: LogSession,
    messages: ReadonlyArray<Buffer>
  ): Effect.Effect<number, SessionFenced | OutcomeUnknown> {
    return Effect.flatMap(Clock.Clock, (clock) => {
      const sentMs = monotonicMs(clock)
      const entries = messages.map((value) => ({ key: undefined, value }))
      return session.append(this.#options.mirror.logPlace, entries).pipe(
        Effect.tap(() => {
          this.#heldSinceMs = sentMs
          return Effect.void
        }),
        Effect.tapError(() => this.#endSession()),
        // The server may have ended the session for its age alone: whether anyone followed, the next opening tells.
        Effect.catchTag("SessionFenced", ({ why }) => Effect.fail(new OutcomeUnknown({ why })))
      )
    })
  }

  #endSession(): Effect.Effect<void> {
    return Effect.sync(() => {
      this.#session = undefined
    })
  }

  /** A session after the last granted one, its fence, and everything before it read. */
  #reenter(): Effect.Effect<void, Trouble> {
    const { log, mirror, transactionalId } = this.#options
    if (mirror.end.seq === this.#from.nextSeq) mirror.resumeAt(this.#from)
    return Effect.flatMap(log.openSession(transactionalId, this.#granted.id), (session) => {
      this.#granted = session
      return this.#enter(session)
    })
  }

  readonly #enter = Effect.fnUntraced(
    { self: this },
    function* (this: KafkaBatches, session: LogSession): Effect.fn.Return<void, Trouble> {
      const { mirror, newToken, log } = this.#options
      yield* catchUp(this.#options)
      if (this.#foundEpoch === undefined) {
        this.#foundEpoch = mirror.fence.epoch
        this.#followsLiving = mirror.fence.epoch > 0
      }
      const { epoch, token } = mirror.fence
      if (epoch > this.#foundEpoch && !this.#tokens.has(token)) {
        return yield* new SessionFenced({ why: `writer ${epoch} took the book` })
      }
      const own = { epoch: epoch + 1, token: newToken() }
      this.#tokens.add(own.token)
      yield* this.#append(session, [fenceMessage(mirror.place.tag, own.epoch, own.token)])
      for (let reads = 0; mirror.fence.token !== own.token; reads++) {
        if (reads === markerReadsMax) {
          return yield* new OutcomeUnknown({
            why: "the own fence does not appear in the partition"
          })
        }
        const page = yield* log.fetch(mirror.logPlace, mirror.nextOffset)
        yield* mirror.take(page.entries, page.next)
      }
      // Only now: whatever fails before leaves doubts that the next session has to settle.
      this.#session = session
    }
  )
}

/** Reads what is decided in the partition, up to where it ends now. */
export const catchUp = Effect.fnUntraced(function* (options: {
  readonly log: KafkaLog
  readonly mirror: BookMirror
  /** How often in a row nothing may come: what an abandoned transaction holds back is not waited for longer. */
  readonly idleReadsMax?: number
}) {
  const { log, mirror, idleReadsMax = markerReadsMax } = options
  const { end } = yield* log.ends(mirror.logPlace)
  for (let idle = 0; mirror.nextOffset < end && idle < idleReadsMax; ) {
    const page = yield* log.fetch(mirror.logPlace, mirror.nextOffset)
    idle = page.next === mirror.nextOffset ? idle + 1 : 0
    yield* mirror.take(page.entries, page.next)
  }
})

const mayPass = ({ _tag }: Trouble): boolean =>
  _tag === "OutcomeUnknown" || _tag === "LogUnavailable"

/** Growing pauses, for so long in all. */
export const backoff = (forMs: number) =>
  Schedule.min([Schedule.exponential(firstRetryMs), Schedule.spaced(retryMsLongest)]).pipe(
    Schedule.upTo({ duration: forMs })
  )

const monotonicMs = (clock: Clock.Clock): number =>
  Number(clock.monotonicTimeNanosUnsafe() / 1_000n) / 1_000
