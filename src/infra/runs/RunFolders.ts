/**
 * Runs as folders: DATA_DIR/runs/run-0001 with run.json, config.json, summary.json (finished) and what the run writes.
 *
 * run.json is written last: a folder without it is of a start that was cut short, or not ours, and is left alone.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { Clock, DateTime, Effect, Layer, Result, Schema } from "effect"
import { BookLocked } from "../../actors/ports/Journal.ts"
import { NoSuchRun, RunInfo, Runs, RunsUnavailable } from "../../actors/ports/Runs.ts"
import { nodeDisk } from "../journal/file/nodeDisk.ts"

const decodeInfo = Schema.decodeUnknownResult(RunInfo)
const runName = /^run-\d{4,}$/

export const layer = (dataDir: string): Layer.Layer<Runs> =>
  Layer.sync(Runs, () => makeRunFolders(path.resolve(dataDir)))

const makeRunFolders = (dataDir: string): Runs["Service"] => {
  const place = path.join(dataDir, "runs")
  const folder = (runId: string) => path.join(place, runId)

  const attempt = <A>(run: () => A): Effect.Effect<A, RunsUnavailable> =>
    Effect.try({
      try: run,
      catch: (thrown) =>
        new RunsUnavailable({
          place,
          why: thrown instanceof Error ? thrown.message : String(thrown)
        })
    })

  const infoFile = (runId: string) => path.join(folder(runId), "run.json")

  const readInfo = (runId: string): RunInfo => {
    const file = infoFile(runId)
    const info = decodeInfo(readJson(file))
    if (Result.isFailure(info)) throw new Error(`${file} does not describe a run`)
    return info.success
  }

  const list = attempt(() => {
    if (!fs.existsSync(place)) return []
    const names = fs.readdirSync(place).filter((name) => runName.test(name))
    return names
      .sort(byNumber)
      .filter((name) => fs.existsSync(infoFile(name)))
      .map(readInfo)
  })

  const find = Effect.fnUntraced(function* (runId: string | undefined) {
    const runs = yield* list
    const found = runId === undefined ? runs.at(-1) : runs.find((run) => run.runId === runId)
    if (found !== undefined) return found
    const known = runs.map((run) => run.runId)
    return yield* new NoSuchRun({ place, runId: runId ?? "", known })
  })

  const hold = Effect.fnUntraced(function* (book: string) {
    yield* attempt(() => fs.mkdirSync(place, { recursive: true }))
    const lock = nodeDisk.lock(path.join(place, `${book}.lock`))
    yield* Effect.acquireRelease(
      lock.pipe(
        Effect.mapError(({ why }) => new RunsUnavailable({ place, why })),
        Effect.flatMap((held) =>
          held === "held" ? Effect.fail(new BookLocked({ place, book })) : Effect.succeed(held)
        )
      ),
      (held) => Effect.sync(held.release)
    )
  })

  return Runs.of({
    place,
    hold,
    list,
    find,
    folder,
    create: Effect.fnUntraced(function* (info, config) {
      const now = DateTime.formatIso(DateTime.makeUnsafe(yield* Clock.currentTimeMillis))
      return yield* attempt(() => {
        fs.mkdirSync(place, { recursive: true })
        const last = fs
          .readdirSync(place)
          .filter((name) => runName.test(name))
          .sort(byNumber)
          .at(-1)
        const runId = makeFolder(place, last === undefined ? 1 : numberOf(last) + 1)
        const finished = info.importing === true
        const run: RunInfo = { runId, ...info, startedAt: info.startedAt ?? now, finished }
        syncFolder(place)
        writeDurably(path.join(folder(runId), "config.json"), config)
        writeDurably(infoFile(runId), run)
        return run
      })
    }),
    config: Effect.fnUntraced(function* (runId) {
      const run = yield* find(runId)
      return yield* attempt(() => readJson(path.join(folder(run.runId), "config.json")))
    }),
    summary: Effect.fnUntraced(function* (runId) {
      const run = yield* find(runId)
      const file = path.join(folder(run.runId), "summary.json")
      return yield* attempt(() =>
        run.finished && fs.existsSync(file) ? readJson(file) : undefined
      )
    }),
    finish: (runId, summary) =>
      attempt(() => {
        if (summary !== undefined) writeDurably(path.join(folder(runId), "summary.json"), summary)
        const { importing: _, ...info } = readInfo(runId)
        writeDurably(infoFile(runId), { ...info, finished: true })
      }),
    remove: Effect.fnUntraced(function* (runId) {
      const run = yield* find(runId)
      yield* hold(run.book)
      // First what makes it a run: one that is half removed is none.
      yield* attempt(() => fs.rmSync(infoFile(run.runId)))
      yield* attempt(() => fs.rmSync(folder(run.runId), { recursive: true }))
    }, Effect.scoped)
  })
}

/** The first name from `number` on that no other process took meanwhile. */
const makeFolder = (place: string, number: number): string => {
  const runId = `run-${String(number).padStart(4, "0")}`
  try {
    fs.mkdirSync(path.join(place, runId))
    return runId
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
    return makeFolder(place, number + 1)
  }
}

const readJson = (file: string): unknown => {
  const text = fs.readFileSync(file, "utf8")
  try {
    return JSON.parse(text)
  } catch (thrown) {
    throw new Error(`${file} is damaged: ${thrown instanceof Error ? thrown.message : thrown}`)
  }
}

const numberOf = (name: string): number => Number(name.slice("run-".length))
const byNumber = (a: string, b: string): number => numberOf(a) - numberOf(b)

/** Whole or not at all: written beside, synced, renamed. */
const writeDurably = (file: string, value: unknown): void => {
  const beside = `${file}.tmp`
  const fd = fs.openSync(beside, "w")
  try {
    fs.writeFileSync(fd, `${JSON.stringify(value, null, 2)}\n`)
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
  fs.renameSync(beside, file)
  syncFolder(path.dirname(file))
}

const syncFolder = (folder: string): void => {
  const fd = fs.openSync(folder, "r")
  try {
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}
