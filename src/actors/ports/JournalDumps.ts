/**
 * A book's journal in a file for people's own tools: JSON lines or Parquet, by the file's ending. Written and read batch
 * by batch: how long a journal is never shows in memory.
 */
import { Context, type Effect, Schema, type Scope } from "effect"
import type { RecordHeader } from "../../domain/journal/record.ts"
import { RunInfo } from "./Runs.ts"

/** The file is not a dump of a journal, or not a whole one. `place` is "line 12", "row 12" or "". */
export class DumpInvalid extends Schema.TaggedError<DumpInvalid>()("DumpInvalid", {
  file: Schema.String,
  place: Schema.String,
  why: Schema.String
}) {
  override get message(): string {
    return `${this.file}${this.place === "" ? "" : `:${this.place}`}: ${this.why}`
  }
}

/** The disk refused. */
export class DumpUnavailable extends Schema.TaggedError<DumpUnavailable>()("DumpUnavailable", {
  file: Schema.String,
  why: Schema.String
}) {
  override get message(): string {
    return `${this.file}: ${this.why}`
  }
}

export type DumpError = DumpInvalid | DumpUnavailable

/** What a dump says of itself before its records. */
export const DumpHeader = Schema.Struct({
  optionsib: Schema.Literal("journal"),
  format: Schema.Literal(1),
  run: RunInfo,
  /** The configuration that the run was started with, as plain data. */
  config: Schema.Unknown,
  /** What the finished run ended with; null for one that was not finished. */
  summary: Schema.Unknown,
  /** The first record; above 0 where older ones were removed. */
  firstSeq: Schema.Int,
  records: Schema.Int,
  /** The chain's head over all of the journal, hex. */
  headHash: Schema.String
})
export type DumpHeader = typeof DumpHeader.Type

/** A record outside of a journal. */
export interface DumpRow extends RecordHeader {
  /** JSON text in the order of its kind's schema. */
  readonly payload: string
  /** CRC-32 of the canonical bytes, hex: names the row that was changed. */
  readonly crc: string
}

/** A row as it was found, fields unchecked; `payload` is plain JSON data. */
export interface FoundRow {
  readonly place: string
  readonly fields: Readonly<Record<string, unknown>>
}

export interface DumpSource {
  readonly header: DumpHeader
  /** The next rows, at least one; undefined at the end. */
  readonly next: Effect.Effect<ReadonlyArray<FoundRow> | undefined, DumpError>
  /** How much of the file was read so far, 0 to 1. */
  readonly readShare: () => number
}

export interface DumpSink {
  readonly write: (rows: ReadonlyArray<DumpRow>) => Effect.Effect<void, DumpUnavailable>
  /** Puts the file in its place. Without it the scope's end leaves nothing behind. */
  readonly finish: Effect.Effect<void, DumpUnavailable>
}

export class JournalDumps extends Context.Service<
  JournalDumps,
  {
    readonly open: (file: string) => Effect.Effect<DumpSource, DumpError, Scope.Scope>
    readonly create: (
      file: string,
      header: DumpHeader
    ) => Effect.Effect<DumpSink, DumpError, Scope.Scope>
  }
>()("optionsib/actors/ports/JournalDumps") {}
