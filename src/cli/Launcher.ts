/**
 * What commands need of the composition root: settings decoded, and a run opened with everything behind its ports.
 */
import { Context, Effect, type Layer, Schema, type Scope } from "effect"
import type { CommandInbox } from "../actors/ports/Commands.ts"
import type { ConfigInvalid } from "../actors/ports/Configuration.ts"
import type { BookLocked, Journal, JournalReader } from "../actors/ports/Journal.ts"
import {
  isOnKafka,
  type NoSuchRun,
  type RunInfo,
  type Runs,
  type RunsUnavailable
} from "../actors/ports/Runs.ts"
import type { BookPlan } from "../actors/runtime/Book.ts"
import type { SessionWorld } from "../actors/runtime/SessionClock.ts"
import type { WriterLease } from "../actors/runtime/WriterLease.ts"
import type { RecordCodec } from "../domain/journal/codec.ts"
import type { InputDraft } from "../domain/journal/record.ts"
import type { Settings } from "../supervisors/settings.ts"

/** Something that a run needs is missing or wrong; one clear sentence. Exit code 1. */
export class CannotStart extends Schema.TaggedError<CannotStart>()("CannotStart", {
  why: Schema.String
}) {
  override get message() {
    return this.why
  }
}

export type LaunchError = CannotStart | ConfigInvalid | RunsUnavailable | NoSuchRun | BookLocked

/** A run's plan and its journal: enough to replay and audit it. */
export interface RecordedRun {
  readonly run: RunInfo
  /** Absolute path of all that the run wrote. */
  readonly folder: string
  readonly settings: Settings
  readonly plan: BookPlan
  readonly codec: RecordCodec
  readonly journal: Layer.Layer<Journal>
  /** What the run ended with, where its folder is on another machine and its book's registry says so; null before its end. */
  readonly registered?: { readonly summary: unknown }
}

/** A journal without a record proves nothing: it is missing, or its run never got to its first commit. */
export const refuseEmpty = (
  { run, folder }: RecordedRun,
  reader: JournalReader
): Effect.Effect<void, CannotStart> => {
  if (run.importing === true) {
    const why = `${run.runId} was not imported to its end: remove it with \`runs rm ${run.runId}\` and import again`
    return Effect.fail(new CannotStart({ why }))
  }
  if (reader.head().seq >= 0) return Effect.void
  const why = `${run.runId} has no journal: no record of book ${run.book} is in ${folder}`
  return Effect.fail(new CannotStart({ why }))
}

export interface OpenRun extends RecordedRun {
  /** An unfinished run that goes on. */
  readonly resumed: boolean
  /** What leaves for servers asks it; the opened journal is told to it. */
  readonly lease: WriterLease
  /** Takes over what stands for the book at servers; once the journal is open and told to the lease. */
  readonly reach: Effect.Effect<void, CannotStart>
  readonly world: Omit<SessionWorld, "control">
  /** What operators tell the run from outside its process. */
  readonly commands: CommandInbox
  /** Inputs of the desk's start, in order: certificates, the first deposit. */
  readonly startInputs: ReadonlyArray<InputDraft>
  /** Midnight in New York of the session's first day, epoch ms. */
  readonly midnightMs: number
  /** Lines for the reader before the start: bad rows, torn tails, stand-ins. */
  readonly notices: ReadonlyArray<string>
  /** Lines for the reader at the end: of what the outside showed beside the records. */
  readonly epilogue: () => ReadonlyArray<string>
}

/** One check of the machine, the files or the settings. */
export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

/** What an examination of a strategy found. */
export interface Examination {
  readonly certificateId: string
  readonly passed: boolean
  readonly failures: ReadonlyArray<string>
  readonly metrics: Readonly<Record<string, number>>
  readonly dataThrough: string
  readonly validFrom: string
  readonly expires: string
  /** Where the certificate was written, relative to the working directory. */
  readonly file: string
}

export class Launcher extends Context.Service<
  Launcher,
  {
    readonly version: string
    /** Opens the unfinished run of the data directory, or a new one. */
    readonly openRun: (settings: Settings) => Effect.Effect<OpenRun, LaunchError, Scope.Scope>
    /** The named run, or the latest. */
    readonly recordedRun: (
      dataDir: string,
      runId: string | undefined
    ) => Effect.Effect<RecordedRun, LaunchError>
    /** The run of the settings' book, as the registry of their Kafka journal has it: from any machine. */
    readonly registeredRun: (settings: Settings) => Effect.Effect<RecordedRun, LaunchError>
    readonly runs: (dataDir: string) => Effect.Effect<Runs["Service"]>
    /** Examines a strategy on data from before the settings' session and writes its certificate. Half a minute. */
    readonly validate: (
      settings: Settings,
      strategy: string
    ) => Effect.Effect<Examination, CannotStart>
    readonly checks: (settings: Settings) => Effect.Effect<ReadonlyArray<Check>>
  }
>()("optionsib/cli/Launcher") {}

/** The named run of the data directory; without a name the book on Kafka where the settings say so, else the latest. */
export const recordedBy = Effect.fnUntraced(function* (
  settings: Settings,
  runId: string | undefined
) {
  const launcher = yield* Launcher
  return runId === undefined && isOnKafka(settings.storage.journal)
    ? yield* launcher.registeredRun(settings)
    : yield* launcher.recordedRun(settings.storage.dataDir, runId)
})

/** Whether an operator asked for an ordered stop, and the signal that did. */
export class StopRequest extends Context.Service<
  StopRequest,
  {
    /** How often the kill switch was pulled (SIGUSR2) since `listen`. */
    readonly halts: () => number
    readonly signal: () => "SIGINT" | "SIGTERM" | undefined
    /** From here on the command asks for `signal` itself and stops in order; without it a signal ends the process. */
    readonly listen: Effect.Effect<void>
  }
>()("optionsib/cli/StopRequest") {}

const signalLookMs = 100

/**
 * An opening may wait for long, for a broker that is not free: a signal ends it there, and no run begins; so does
 * `isRevoked`, where another process is to have the book.
 */
export const openUnlessStopped = Effect.fnUntraced(function* (
  settings: Settings,
  isRevoked: () => boolean = () => false
) {
  const { openRun } = yield* Launcher
  const { signal } = yield* StopRequest
  const stopped = Effect.gen(function* () {
    while (signal() === undefined && !isRevoked()) yield* Effect.sleep(signalLookMs)
    return yield* Effect.interrupt
  })
  return yield* Effect.raceFirst(openRun(settings), stopped)
})
