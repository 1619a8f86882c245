/**
 * The record: one line of a book's journal, and how a kind of record is declared.
 *
 * Invariant: `seq` is dense from 0 in a book; an input has `cause` -1 and an author that is a source;
 * an event has the `seq` of the record that it answers and an author that is an actor.
 */
import type { Schema } from "effect"

/** `cause` of an input: it answers nothing. */
export const noCause = -1

export interface JournalRecord<T extends string = string, P = unknown> {
  /** Dense, from 0, per book. */
  readonly seq: number
  /** Which opening of the book wrote it, from 1. */
  readonly epoch: number
  /** The actor that decided it, or the source of an input. */
  readonly actor: string
  readonly type: T
  readonly version: number
  readonly payload: P
  /** The `seq` that this event answers; `noCause` for inputs. */
  readonly cause: number
  /** The trade it belongs to, or "". */
  readonly correlation: string
  /** When the input of its turn was admitted: epoch ms on the journal's own clock, an integer. */
  readonly logicalTimeMs: number
  /** An input's number at its source, from 1; 0 for events and for the kernel's own inputs. */
  readonly sourceSeq: number
}

/** What a decision hands over before the sequencer numbers it. */
export interface EventDraft<T extends string = string, P = unknown> {
  readonly type: T
  readonly payload: P
  readonly correlation: string
}

/** What a source hands over before the sequencer numbers it. */
export interface InputDraft<T extends string = string, P = unknown> extends EventDraft<T, P> {
  readonly source: string
  readonly sourceSeq: number
}

/** Everything of a record but its payload: what an index pass reads. `version` is the stored one. */
export type RecordHeader = Omit<JournalRecord, "payload">

/**
 * A fixed binary layout of a payload, for kinds that come by the hundred thousand.
 *
 * Methods, not function fields, so that a list of kinds with different payloads is one `ReadonlyArray<RecordType>`.
 */
export interface BinaryLayout<P> {
  readonly byteLength: number
  write(view: DataView, offset: number, payload: P): void
  read(view: DataView, offset: number): P
  /**
   * Whether each field is one that the layout carries exactly (no fraction or wrap in an integer, no NaN, no -0).
   * Asked when bytes are made and again when they are read; without it the schema is asked, which is some ten times slower.
   */
  holds?(payload: P): boolean
}

/** Turns a payload of an older version (decoded JSON) into the next version's form. */
export type Upcaster = (older: unknown) => unknown

/** Declares one kind of record: its name, current version, form, and how older versions are read. */
export interface RecordType<T extends string = string, P = unknown> {
  readonly type: T
  readonly version: number
  readonly schema: Schema.Codec<P, unknown>
  /** Present for kinds with a fixed binary payload; all others are canonical JSON in schema order. */
  readonly layout?: BinaryLayout<P>
  /** Layouts of older versions that were binary; an older version without one is JSON. */
  readonly olderLayouts?: Readonly<Record<number, BinaryLayout<unknown>>>
  /** `upcasters[v]` turns version v into v + 1. */
  readonly upcasters: Readonly<Record<number, Upcaster>>
  make(payload: P, correlation?: string): EventDraft<T, P>
}

/** The record, the draft and the payload that a `RecordType` stands for; distributes over unions. */
export type RecordOf<R> = R extends RecordType<infer T, infer P> ? JournalRecord<T, P> : never
export type DraftOf<R> = R extends RecordType<infer T, infer P> ? EventDraft<T, P> : never
export type PayloadOf<R> = R extends RecordType<string, infer P> ? P : never

export const recordType = <const T extends string, P, E>(
  type: T,
  schema: Schema.Codec<P, E>,
  options: {
    readonly version?: number
    readonly layout?: BinaryLayout<P>
    readonly olderLayouts?: Readonly<Record<number, BinaryLayout<unknown>>>
    readonly upcasters?: Readonly<Record<number, Upcaster>>
  } = {}
): RecordType<T, P> => ({
  type,
  version: options.version ?? 1,
  schema,
  ...(options.layout !== undefined && { layout: options.layout }),
  ...(options.olderLayouts !== undefined && { olderLayouts: options.olderLayouts }),
  upcasters: options.upcasters ?? {},
  make: (payload, correlation = "") => ({ type, payload, correlation })
})

/** Whether a record came from outside (or from the kernel) rather than from a decision. */
export const isInput = (record: JournalRecord): boolean => record.cause === noCause
