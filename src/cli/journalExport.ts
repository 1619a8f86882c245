/** A journal into a file, a batch of records at a time in memory. */
import { crc32 } from "node:zlib"
import { Effect } from "effect"
import { CliError } from "effect/cli"
import { Journal } from "../actors/ports/Journal.ts"
import { type DumpHeader, type DumpRow, JournalDumps } from "../actors/ports/JournalDumps.ts"
import type { Runs } from "../actors/ports/Runs.ts"
import { recordTypes } from "../actors/runtime/Book.ts"
import type { RecordCodec } from "../domain/journal/codec.ts"
import type { JournalRecord } from "../domain/journal/record.ts"
import { makeRecordRows } from "../domain/journal/recordRows.ts"
import { type RecordedRun, refuseEmpty } from "./Launcher.ts"
import { ProgressLine } from "./progressLine.ts"
import { unlessStopped } from "./tableRun.ts"

const recordsPerBatch = 4_096

/** CRC-32 of a record's canonical bytes, as eight hex digits. */
export const recordSum = (codec: RecordCodec, record: JournalRecord): string =>
  crc32(codec.encode(record)).toString(16).padStart(8, "0")

/** What was written; undefined where an operator stopped it, and nothing was. */
export const exportJournal = Effect.fn("cli.exportJournal")(function* (
  recorded: RecordedRun,
  runs: Runs["Service"],
  out: string
) {
  const { run, codec, plan } = recorded
  const reader = yield* Effect.provide(
    Effect.flatMap(Journal, (journal) => journal.openReader),
    recorded.journal
  )
  yield* refuseEmpty(recorded, reader)
  const { seq: lastSeq, hash: headHash } = reader.head()
  const records = lastSeq + 1 - reader.firstSeq()
  const header: DumpHeader = {
    optionsib: "journal",
    format: 1,
    run,
    config: yield* runs.config(run.runId),
    summary: (yield* runs.summary(run.runId)) ?? null,
    firstSeq: reader.firstSeq(),
    records,
    headHash
  }
  const rows = makeRecordRows(recordTypes(plan))
  const rowOf = (record: JournalRecord): DumpRow => {
    const { payload: _, ...fields } = record
    return { ...fields, payload: rows.payloadText(record), crc: recordSum(codec, record) }
  }
  const written = Effect.gen(function* () {
    const dumps = yield* JournalDumps
    const sink = yield* Effect.mapError(
      dumps.create(out, header),
      ({ message }) => new CliError.ValidationError({ message: `--out ${message}` })
    )
    const progress = yield* ProgressLine.make("records written")
    let batch: Array<DumpRow> = []
    let done = 0
    for (const record of reader.read(0)) {
      batch.push(rowOf(record))
      if (batch.length < recordsPerBatch) continue
      yield* sink.write(batch)
      done += batch.length
      batch = []
      yield* progress.tell(done, done / records)
      yield* Effect.yieldNow
    }
    if (batch.length > 0) yield* sink.write(batch)
    yield* sink.finish
    return { runId: run.runId, out, records, headHash }
  })
  return yield* unlessStopped(Effect.scoped(written), `${out} was not written`)
})
