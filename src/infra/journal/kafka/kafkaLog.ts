/**
 * What the journal asks of Kafka: the seam at which a simulated one with faults stands in.
 *
 * An append is one transaction: it is in the log whole or not at all. Reads see committed entries only.
 */
import { type Effect, Schema } from "effect"

/** Kafka did not answer, or not well; `why` says it in words. Nothing was decided. */
export class LogUnavailable extends Schema.TaggedError<LogUnavailable>()("LogUnavailable", {
  place: Schema.String,
  why: Schema.String
}) {}

/** A newer session of the same transactional id exists: this writer is a zombie, for good. */
export class SessionFenced extends Schema.TaggedError<SessionFenced>()("SessionFenced", {
  why: Schema.String
}) {}

/** The append may be in the log or not. Only a session opened after this one, and a read, can tell. */
export class OutcomeUnknown extends Schema.TaggedError<OutcomeUnknown>()("OutcomeUnknown", {
  why: Schema.String
}) {}

/** Opens nothing that it names: a topic that is not there, a setting that the journal cannot live with. */
export class LogRefused extends Schema.TaggedError<LogRefused>()("LogRefused", {
  why: Schema.String
}) {}

export interface LogPlace {
  readonly topic: string
  readonly partition: number
}

export interface LogEntry {
  readonly key: string | undefined
  /** null deletes the key where the topic is compacted. */
  readonly value: Uint8Array | null
}

export interface StoredEntry {
  readonly offset: number
  readonly key: string | undefined
  readonly value: Buffer | null
}

export interface LogPage {
  readonly entries: ReadonlyArray<StoredEntry>
  /** Where to read on: offsets are not dense. */
  readonly next: number
  /** Everything before it is decided. */
  readonly stableEnd: number
}

/** Which session an opening goes on from: granted only while no other session was opened since. */
export interface SessionId {
  readonly producerId: string
  readonly producerEpoch: number
}

/** One writer's right to append, ended by any later opening of its transactional id. */
export interface LogSession {
  readonly id: SessionId
  /** Durable once it succeeds; the offset after the entries. After `OutcomeUnknown` the session is of no more use. */
  readonly append: (
    place: LogPlace,
    entries: ReadonlyArray<LogEntry>
  ) => Effect.Effect<number, SessionFenced | OutcomeUnknown>
}

export interface KafkaLog {
  /** The servers, for messages. */
  readonly servers: string
  /** Ends what earlier sessions of the id left open and fences them; with `after`, only where that one is still the newest. */
  readonly openSession: (
    transactionalId: string,
    after?: SessionId
  ) => Effect.Effect<LogSession, SessionFenced | LogUnavailable>
  /** What is committed from `from` on, as much as fits in an answer; waits a little where there is nothing. */
  readonly fetch: (
    place: LogPlace,
    from: number
  ) => Effect.Effect<LogPage, LogUnavailable | LogRefused>
  /** First offset that is kept, and the offset after the last entry, committed or not. */
  readonly ends: (
    place: LogPlace
  ) => Effect.Effect<{ readonly first: number; readonly end: number }, LogUnavailable | LogRefused>
}
