/**
 * A journal built anew from an exported file, as a finished run of its own: same records, same bytes, same chain.
 *
 * Each row proves itself by its sum and the whole by the chain's head; what does not is refused, and nothing is left.
 */
import { Effect, Exit, Result } from "effect"
import { CliError } from "effect/cli"
import { Journal, type JournalWriter } from "../actors/ports/Journal.ts"
import {
  DumpInvalid,
  type DumpSource,
  type FoundRow,
  JournalDumps
} from "../actors/ports/JournalDumps.ts"
import { ActorDown, ActorRestarted, MessageQuarantined } from "../actors/ports/records/kernel.ts"
import { recordTypes } from "../actors/runtime/Book.ts"
import { isInput, type JournalRecord } from "../domain/journal/record.ts"
import { makeRecordRows, type RecordRows } from "../domain/journal/recordRows.ts"
import { recordSum } from "./journalExport.ts"
import { Launcher, type RecordedRun } from "./Launcher.ts"
import { ProgressLine } from "./progressLine.ts"
import { unlessStopped } from "./tableRun.ts"

const commitRecordsMin = 4_096

/** What was built; undefined where an operator stopped it, and nothing was. */
export const importJournal = Effect.fn("cli.importJournal")(function* (
  file: string,
  dataDir: string
) {
  const launcher = yield* Launcher
  const runs = yield* launcher.runs(dataDir)
  const built = Effect.gen(function* () {
    const source = yield* (yield* JournalDumps).open(file)
    const { header } = source
    const { run, config, summary, records, headHash } = header
    if (header.firstSeq > 0) {
      const why = `its records before ${header.firstSeq} had been removed (storage.retain): a journal is built from record 0`
      return yield* new DumpInvalid({ file, place: "", why })
    }
    const { book, session, seed, build, configHash, contentHash } = run
    const made = yield* runs.create(
      { book, session, seed, journal: "file", build, configHash, contentHash, importing: true },
      config
    )
    const filled = Effect.gen(function* () {
      const recorded = yield* launcher.recordedRun(dataDir, made.runId)
      yield* Effect.provide(fill(file, source, recorded), recorded.journal)
      yield* runs.finish(made.runId, summary ?? undefined)
    })
    yield* Effect.onExit(Effect.scoped(filled), (exit) =>
      Exit.isSuccess(exit) ? Effect.void : Effect.ignore(runs.remove(made.runId))
    )
    return { runId: made.runId, records, headHash }
  })
  return yield* unlessStopped(Effect.scoped(built), "nothing was imported").pipe(
    Effect.catchTags({
      DumpInvalid: ({ message }) => Effect.fail(new CliError.ValidationError({ message })),
      DumpUnavailable: ({ message }) => Effect.fail(new CliError.ValidationError({ message }))
    })
  )
})

const fill = Effect.fnUntraced(function* (file: string, source: DumpSource, recorded: RecordedRun) {
  const { header } = source
  const writer = yield* (yield* Journal).openWriter
  const rows = makeRecordRows(recordTypes(recorded.plan))
  const progress = yield* ProgressLine.make("records read")
  const order: Order = { nextSeq: 0, epoch: 0, turnSeq: 0 }
  let place = ""
  for (let batch = yield* source.next; batch !== undefined; batch = yield* source.next) {
    for (const row of batch) {
      place = row.place
      const record = rowRecord(recorded, rows, order, row)
      if (Result.isFailure(record)) {
        return yield* new DumpInvalid({ file, place, why: record.failure })
      }
      if (writer.pending() >= commitRecordsMin && mayEndBatch(record.success)) yield* writer.commit
      writer.append(record.success)
    }
    yield* progress.tell(order.nextSeq, source.readShare())
    yield* Effect.yieldNow
  }
  yield* writer.commit
  const wrong = endProblem(header, order.nextSeq, writer)
  if (wrong !== "") return yield* new DumpInvalid({ file, place, why: wrong })
})

interface Order {
  nextSeq: number
  epoch: number
  /** The input of the open turn. */
  turnSeq: number
}

/** The row's record where it is the next one of the journal, with the bytes that it had. */
const rowRecord = (
  { codec }: RecordedRun,
  rows: RecordRows,
  order: Order,
  { fields }: FoundRow
): Result.Result<JournalRecord, string> =>
  Result.flatMap(rows.record(fields), (record) => {
    const wrong = orderProblem(order, record)
    if (wrong !== "") return Result.fail(wrong)
    const sum = Result.try(() => recordSum(codec, record))
    if (Result.isFailure(sum)) return Result.fail(String(sum.failure))
    if (sum.success !== fields.crc) {
      return Result.fail(
        `record ${record.seq} was changed: its sum is ${sum.success}, not ${fields.crc}`
      )
    }
    order.nextSeq++
    order.epoch = record.epoch
    if (isInput(record)) order.turnSeq = record.seq
    return Result.succeed(record)
  })

const orderProblem = ({ nextSeq, epoch, turnSeq }: Order, record: JournalRecord): string => {
  const { seq, cause } = record
  if (seq !== nextSeq) return `record ${seq} stands where ${nextSeq} is next`
  if (record.epoch < epoch) return `record ${seq} is of epoch ${record.epoch}, after ${epoch}`
  if (isInput(record)) return ""
  return cause < seq && seq > 0 && cause >= -1 && turnSeq < seq
    ? ""
    : `record ${seq} answers ${cause}, which is no record before it`
}

/** What supervision says of a turn is committed with it. */
const mayEndBatch = (record: JournalRecord): boolean =>
  isInput(record) && !trailing.has(record.type)

const trailing: ReadonlySet<string> = new Set([
  ActorDown.type,
  ActorRestarted.type,
  MessageQuarantined.type
])

const endProblem = (
  { records, headHash }: DumpSource["header"],
  found: number,
  writer: JournalWriter
): string => {
  if (found !== records) return `it ends after ${found} records; its header says ${records}`
  const { hash } = writer.head()
  return hash === headHash
    ? ""
    : `its records come to the chain head ${hash}; its header says ${headHash}`
}
