/**
 * One table in, the same table with more columns out: what `price` and `price exotic` share. A batch at
 * a time in memory, a row with a fault says so in its `error` column, and the run goes on.
 */
import { Clock, Console, Effect } from "effect"
import { CliError } from "effect/cli"
import {
  type TableBatch,
  type TableColumn,
  TableFiles,
  type TableSource
} from "../actors/ports/TableFiles.ts"
import { StopRequest } from "./Launcher.ts"

/** A cell of the row at hand by its column; undefined where the table has no such column. */
export type CellOf = (column: string) => unknown

export interface TableJob<E, R> {
  readonly in: string
  readonly out: string
  /** One clause saying which columns are missing; undefined where all are there. */
  readonly missing: (columns: ReadonlySet<string>) => string | undefined
  /** Columns of the source that hold numbers. */
  readonly numberColumns: ReadonlySet<string>
  /** What is added, all numbers; the column `error` follows. A source's column of the same name gives way. */
  readonly added: ReadonlyArray<string>
  /** Fills `out` for one row and gives its error, "" where there is none. */
  readonly price: (
    cellOf: CellOf,
    out: Float64Array,
    tell: Tell
  ) => string | Effect.Effect<string, E, R>
}

/** Takes how much of the row at hand is done, 0 to 1, for work that takes long. */
export type Tell = (share: number) => Effect.Effect<void>

export interface TableSummary {
  readonly in: string
  readonly out: string
  readonly rows: number
  readonly priced: number
  readonly failed: number
  /** The first failed rows, counted from 1. */
  readonly errors: ReadonlyArray<{ readonly row: number; readonly error: string }>
  readonly seconds: number
}

const errorsKept = 5
/** Longest stretch of work between two chances to be interrupted. */
const sliceMsMax = 50
const progressEveryMs = 2_000

/** The summary; undefined where an operator stopped it, and nothing was written. */
export const runTable = <E = never, R = never>(job: TableJob<E, R>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const files = yield* TableFiles
      const clock = yield* Clock.Clock
      const beganMs = clock.currentTimeMillisUnsafe()
      const source = yield* asArgument("--in", files.open(job.in))
      yield* checkColumns(job, source)
      const kept = source.columns
        .map((column, index) => ({ column, index }))
        .filter(({ column: { name } }) => name !== "error" && !job.added.includes(name))
      const sink = yield* asArgument(
        "--out",
        files.create(job.out, [
          ...kept.map(({ column }) => typed(column, job.numberColumns)),
          ...job.added.map((name): TableColumn => ({ name, type: "Number" })),
          { name: "error", type: "Text" }
        ])
      )
      const run: Run = { rows: 0, failed: 0, errors: [], toldMs: beganMs, share: 0 }
      const work = Effect.gen(function* () {
        for (;;) {
          const batch = yield* asArgument("--in", source.next)
          if (batch === undefined) break
          const found = yield* pricedBatch(job, source, batch, run)
          yield* sink.write({
            rowCount: batch.rowCount,
            columns: [...kept.map(({ index }) => batch.columns[index]!), ...found]
          })
        }
        yield* sink.finish
      })
      if (yield* Effect.raceFirst(Effect.as(work, false), stopAsked)) {
        yield* Console.error(`stopped after ${run.rows} rows; ${job.out} was not written`)
        return undefined
      }
      const seconds = (clock.currentTimeMillisUnsafe() - beganMs) / 1000
      const { rows, failed, errors } = run
      const summary: TableSummary = {
        in: job.in,
        out: job.out,
        rows,
        priced: rows - failed,
        failed,
        errors,
        seconds
      }
      return summary
    })
  )

type Run = {
  rows: number
  failed: number
  readonly errors: Array<{ readonly row: number; readonly error: string }>
  toldMs: number
  /** Of the file, when the batch at hand began. */
  share: number
}

/** The added columns of one batch. Gives way to signals and tells progress as it goes. */
const pricedBatch = Effect.fnUntraced(function* <E, R>(
  job: TableJob<E, R>,
  source: TableSource,
  batch: TableBatch,
  run: Run
) {
  const clock = yield* Clock.Clock
  const indexOf = new Map(source.columns.map(({ name }, index) => [name, index]))
  const numbers = job.added.map(() => new Float64Array(batch.rowCount).fill(Number.NaN))
  const errors: Array<string> = []
  const out = new Float64Array(job.added.length)
  let row = 0
  const cellOf: CellOf = (column) => {
    const index = indexOf.get(column)
    return index === undefined ? undefined : batch.columns[index]![row]
  }
  const batchShare = source.readShare() - run.share
  const tell: Tell = (rowShare) =>
    progress(run, run.share + (batchShare * (row + rowShare)) / batch.rowCount)
  while (row < batch.rowCount) {
    const sliceEndMs = clock.currentTimeMillisUnsafe() + sliceMsMax
    while (row < batch.rowCount && clock.currentTimeMillisUnsafe() < sliceEndMs) {
      const fault = batch.faults.get(row)
      out.fill(Number.NaN)
      const answer = fault ?? job.price(cellOf, out, tell)
      const error = typeof answer === "string" ? answer : yield* answer
      for (let i = 0; i < numbers.length; i++) numbers[i]![row] = out[i]!
      errors.push(error)
      row++
      run.rows++
      if (error === "") continue
      run.failed++
      if (run.errors.length < errorsKept) run.errors.push({ row: run.rows, error })
    }
    yield* Effect.yieldNow
    yield* tell(0)
  }
  run.share += batchShare
  return [...numbers, errors]
})

/** True as soon as an operator asks for a stop, which interrupts the work beside it. */
const stopAsked = Effect.gen(function* () {
  const { listen, signal } = yield* StopRequest
  yield* listen
  while (signal() === undefined) yield* Effect.sleep("100 millis")
  return true
})

/** What `work` comes to; undefined where an operator stopped it, which `left` tells the rest of. */
export const unlessStopped = <A, E, R>(work: Effect.Effect<A, E, R>, left: string) =>
  Effect.gen(function* () {
    const done = yield* Effect.raceFirst(work, Effect.as(stopAsked, undefined))
    if (done === undefined) yield* Console.error(`stopped; ${left}`)
    return done
  })

const progress = (run: Run, share: number): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeMillis, (nowMs) => {
    if (nowMs - run.toldMs < progressEveryMs) return Effect.void
    run.toldMs = nowMs
    return Console.error(`... ${run.rows} rows priced, ${Math.floor(100 * share)} % of the work`)
  })

const typed = (column: TableColumn, numbers: ReadonlySet<string>): TableColumn =>
  column.native === undefined && column.textOf === undefined && numbers.has(column.name)
    ? { ...column, type: "Number" }
    : column

const checkColumns = <E, R>(
  job: TableJob<E, R>,
  source: TableSource
): Effect.Effect<void, CliError.ValidationError> => {
  const names = source.columns.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  const missing = job.missing(new Set(names))
  if (twice === undefined && missing === undefined) return Effect.void
  const fault =
    twice === undefined
      ? `${missing}; it has ${shown(names)}`
      : `has the column ${shown([twice])} twice; each column may be there once`
  return Effect.fail(new CliError.ValidationError({ message: `${job.in}: its header ${fault}` }))
}

/** Names from a file, made fit for one line of a terminal. */
const shown = (names: ReadonlyArray<string>): string => {
  const text = names
    .slice(0, 30)
    .map((name) => name.slice(0, 40))
    .join(", ")
  return text.replaceAll(/\p{C}/gu, "?") + (names.length > 30 ? ", ..." : "")
}

/** A file that cannot be used as named is a wrong argument: exit code 2. */
const asArgument = <A, R>(
  flag: string,
  opened: Effect.Effect<A, { readonly message: string }, R>
): Effect.Effect<A, CliError.ValidationError, R> =>
  Effect.mapError(
    opened,
    ({ message }) => new CliError.ValidationError({ message: `${flag} ${message}` })
  )

export const summaryText = (summary: TableSummary): string =>
  [
    `${summary.out}: ${summary.priced} of ${summary.rows} rows priced in ${summary.seconds.toFixed(1)} s`,
    ...(summary.failed === 0 ? [] : [`${summary.failed} rows have an error in their last column:`]),
    ...summary.errors.map(({ row, error }) => `  row ${row}: ${error}`),
    ...(summary.failed > summary.errors.length ? ["  ..."] : [])
  ].join("\n")
