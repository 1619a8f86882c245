/**
 * The runs of a data directory: each session run has a folder of its own for its journal, the simulated exchange's log
 * and the vault ledger's. A finished run is kept; only `remove` deletes.
 */
import { Context, type Effect, Schema, type Scope } from "effect"
import type { BookLocked } from "./Journal.ts"

/** Where a journal is kept: on this machine's disk, in its memory, or in Kafka. */
export const JournalPlace = Schema.String.check(
  Schema.isPattern(
    /^(file|memory|kafka:\/\/[^/\s,:]+:\d{1,5}(,[^/\s,:]+:\d{1,5})*\/[A-Za-z0-9._-]{1,200})$/,
    {
      expected: '"file", "memory" or kafka://HOST:PORT/TOPIC'
    }
  )
)

export const isOnKafka = (place: string): boolean => place.startsWith("kafka://")

export const RunInfo = Schema.Struct({
  /** "run-0001"; numbered in the order of their start. */
  runId: Schema.String,
  book: Schema.String,
  session: Schema.String,
  seed: Schema.Int,
  journal: JournalPlace,
  /** Product version that started it. */
  build: Schema.String,
  /** SHA-256 of the decoded configuration. */
  configHash: Schema.String,
  /** SHA-256 of the session's manifest, which holds the hash of each of its files. */
  contentHash: Schema.String,
  /** Wall time, ISO 8601; informative. */
  startedAt: Schema.String,
  finished: Schema.Boolean,
  /** An import that has not come to its end: what there is of its journal is a part. */
  importing: Schema.optionalKey(Schema.Literal(true))
})
export type RunInfo = typeof RunInfo.Type

/** A run's folder cannot be read or written. */
export class RunsUnavailable extends Schema.TaggedError<RunsUnavailable>()("RunsUnavailable", {
  place: Schema.String,
  why: Schema.String
}) {
  override get message() {
    return `the runs at ${this.place} cannot be used: ${this.why}`
  }
}

/** No run of that name; `known` lists those that exist. */
export class NoSuchRun extends Schema.TaggedError<NoSuchRun>()("NoSuchRun", {
  place: Schema.String,
  runId: Schema.String,
  known: Schema.Array(Schema.String)
}) {
  override get message() {
    const known = this.known.length === 0 ? "none" : this.known.join(", ")
    const wanted = this.runId === "" ? "no run" : `no run ${this.runId}`
    return `there is ${wanted} in ${this.place}; runs there: ${known}`
  }
}

export class Runs extends Context.Service<
  Runs,
  {
    readonly place: string
    /** Oldest first. */
    readonly list: Effect.Effect<ReadonlyArray<RunInfo>, RunsUnavailable>
    /** The named run, or the latest where `runId` is undefined. */
    readonly find: (
      runId: string | undefined
    ) => Effect.Effect<RunInfo, RunsUnavailable | NoSuchRun>
    /**
     * Makes a folder and keeps `config` (decoded configuration, plain data) in it. An import counts as finished from its
     * start: nobody goes on with it. `startedAt`: of a run that was begun elsewhere; else now.
     */
    readonly create: (
      info: Omit<RunInfo, "runId" | "finished" | "startedAt"> & { readonly startedAt?: string },
      config: unknown
    ) => Effect.Effect<RunInfo, RunsUnavailable>
    /** The configuration that the run was started with. */
    readonly config: (runId: string) => Effect.Effect<unknown, RunsUnavailable | NoSuchRun>
    /** Absolute path of the run's folder. */
    readonly folder: (runId: string) => string
    /** What a finished run ended with; undefined for one that is not, or was imported before it was. */
    readonly summary: (runId: string) => Effect.Effect<unknown, RunsUnavailable | NoSuchRun>
    /** `summary`: undefined for an imported run that had none. */
    readonly finish: (runId: string, summary: unknown) => Effect.Effect<void, RunsUnavailable>
    /** Refused while a process holds the run's book. */
    readonly remove: (
      runId: string
    ) => Effect.Effect<void, RunsUnavailable | NoSuchRun | BookLocked>
    /**
     * Holds the book in this data directory until the scope ends, or the process: before a run's logs are opened, since
     * opening them may cut what another process is writing.
     */
    readonly hold: (book: string) => Effect.Effect<void, RunsUnavailable | BookLocked, Scope.Scope>
  }
>()("optionsib/actors/ports/Runs") {}
