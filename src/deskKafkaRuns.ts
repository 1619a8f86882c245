/**
 * Runs whose journal is a book of a Kafka topic: the registry says what there is, whichever machine began it.
 *
 * The registry holds the run's description and settings, so that another machine can replay it; what the run's outside
 * wrote (the exchange's log, the vault's) is in the data directory that began it, or at servers: then any machine may go
 * on with it.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { Effect, Result, Schema, type Scope } from "effect"
import { RunInfo, type Runs, type RunsUnavailable } from "./actors/ports/Runs.ts"
import { CannotStart } from "./cli/Launcher.ts"
import { deskBooks, sentence } from "./deskJournal.ts"
import type { BookEntry, BookRegistry } from "./infra/journal/kafka/bookRegistry.ts"
import type { Settings } from "./supervisors/settings.ts"

/** What the registry keeps of a book's run. */
const AboutRun = Schema.Struct({
  run: RunInfo,
  /** As decoded: plain data, no secrets. */
  config: Schema.Unknown,
  /** What it ended with; null while it has not. */
  summary: Schema.Unknown
})
type AboutRun = typeof AboutRun.Type

const decodeAbout = Schema.decodeUnknownResult(AboutRun)

type NewRun = Omit<RunInfo, "runId" | "finished" | "startedAt">

/** The book's unfinished run, which must be of this data directory or have its outside at servers, or a new one. */
export const chooseKafkaRun = (
  settings: Settings,
  runs: Runs["Service"],
  info: NewRun
): Effect.Effect<
  { readonly run: RunInfo; readonly resumed: boolean },
  CannotStart | RunsUnavailable
> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { registry } = yield* deskBooks(info.journal, settings, true)
      const entry = yield* Effect.mapError(registry.find(info.book), sentence)
      const here = (yield* runs.list).filter(
        (run) => run.journal === info.journal && run.book === info.book
      )
      if (entry === undefined) return yield* begin(settings, runs, registry, here, info)
      const { run, config } = yield* aboutOf(entry, info.journal)
      const own = here.find((known) => isSame(run, known))
      if (entry.finished || own?.finished === true) {
        if (!entry.finished) yield* markFinished(registry, info.book, null)
        const why = `book ${info.book} on ${info.journal} holds a finished run (${run.runId} of session ${run.session}, started ${run.startedAt}): name another --book, or another topic in --journal`
        return yield* new CannotStart({ why })
      }
      if (own === undefined && settings.servers.exchange !== "" && settings.servers.vault !== "") {
        const { runId: _, finished: _finished, ...adopted } = run
        return { run: yield* runs.create(adopted, config), resumed: true }
      }
      if (own === undefined) {
        const why = `book ${info.book} on ${info.journal} holds an unfinished run (${run.runId}, started ${run.startedAt}) that is not in ${runs.place}: name the --data-dir that has it, or run its outside in processes of their own (--exchange, --vault), or name another --book or another topic in --journal`
        return yield* new CannotStart({ why })
      }
      return { run: own, resumed: true }
    })
  )

/** A run that was begun here and never got to the registry goes on; otherwise a new one. */
const begin = Effect.fnUntraced(function* (
  settings: Settings,
  runs: Runs["Service"],
  registry: BookRegistry,
  here: ReadonlyArray<RunInfo>,
  info: NewRun
) {
  const unfinished = here.findLast(({ finished }) => !finished)
  const vault = unfinished && path.join(runs.folder(unfinished.runId), "vault.log")
  // What left was durable first, so a world that knows of it and a topic that does not are not of one run.
  if (vault !== undefined && fs.existsSync(vault) && fs.statSync(vault).size > 0) {
    const why = `${unfinished!.runId} cannot go on: there is no book ${info.book} on ${info.journal}, and ${vault} has entries; bring the topic back, or remove the run with \`runs rm ${unfinished!.runId}\``
    return yield* new CannotStart({ why })
  }
  const run = unfinished ?? (yield* runs.create(info, settings))
  const about: AboutRun = { run, config: settings, summary: null }
  const entry = yield* Effect.mapError(
    registry.claim(info.book, () => about),
    sentence
  )
  const claimed = (yield* aboutOf(entry, info.journal)).run
  if (!isSame(claimed, run)) {
    const why = `book ${info.book} on ${info.journal} was begun by another machine at the same time (${claimed.startedAt}): name another --book`
    return yield* new CannotStart({ why })
  }
  return { run, resumed: unfinished !== undefined }
})

/** Tells the registry that the run came to its end. */
export const finishKafkaRun = (
  run: RunInfo,
  settings: Settings,
  summary: unknown
): Effect.Effect<void, CannotStart> =>
  Effect.scoped(
    Effect.flatMap(deskBooks(run.journal, settings), ({ registry }) =>
      markFinished(registry, run.book, summary)
    )
  )

const markFinished = (registry: BookRegistry, book: string, summary: unknown) =>
  Effect.mapError(
    registry.update(book, (entry) => ({
      ...entry,
      finished: true,
      about: { ...(entry.about as object), summary }
    })),
    sentence
  )

/** The run of a book as the registry knows it, for machines that have nothing of it. */
export const registeredRun = (settings: Settings): Effect.Effect<AboutRun, CannotStart> => {
  const { book, storage } = settings
  return Effect.scoped(
    Effect.gen(function* (): Effect.fn.Return<AboutRun, CannotStart, Scope.Scope> {
      const { registry } = yield* deskBooks(storage.journal, settings)
      const entries = yield* Effect.mapError(registry.list, sentence)
      const entry = entries.find((one) => one.book === book)
      if (entry === undefined) {
        const known = entries.map((one) => one.book).join(", ") || "none"
        const why = `there is no book ${book} on ${storage.journal}; books there: ${known}`
        return yield* new CannotStart({ why })
      }
      const about = yield* aboutOf(entry, storage.journal)
      return { ...about, run: { ...about.run, finished: entry.finished } }
    })
  )
}

const aboutOf = (entry: BookEntry, place: string): Effect.Effect<AboutRun, CannotStart> => {
  const about = decodeAbout(entry.about)
  return Result.isSuccess(about)
    ? Effect.succeed(about.success)
    : Effect.fail(
        new CannotStart({
          why: `book ${entry.book} on ${place} is not described as a run: name another topic`
        })
      )
}

/** A run is numbered anew in each data directory; when it was started tells it apart. */
const isSame = (run: RunInfo, other: RunInfo): boolean => run.startedAt === other.startedAt
