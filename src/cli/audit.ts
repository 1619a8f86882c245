/** `audit trade ID|list|report`: what a run's journal says of one trade, of all, of the whole session. */
import { Console, Effect, Option, Result } from "effect"
import { Argument, Command } from "effect/cli"
import { Journal } from "../actors/ports/Journal.ts"
import { makeKernel } from "../actors/runtime/Book.ts"
import { type Beginning, oldestBeginning, restoreKernel } from "../actors/runtime/bookSnapshot.ts"
import { foldAll } from "../actors/runtime/fold.ts"
import { stateHash } from "../actors/runtime/stateHash.ts"
import type { JournalRecord } from "../domain/journal/record.ts"
import { auditReport, auditReportText } from "../projections/auditReport.ts"
import { auditTrade, listTrades } from "../projections/tradeAudit.ts"
import { tradeAuditText, tradeListText } from "../projections/tradeAuditText.ts"
import { CannotStart, type RecordedRun, recordedBy, refuseEmpty } from "./Launcher.ts"
import { runFlag } from "./replay.ts"
import {
  bookFlag,
  configFlag,
  dataDirFlag,
  envFlag,
  journalFlag,
  jsonFlag,
  type Overrides,
  readSettings
} from "./settingsFlags.ts"
import { verifyAnchor } from "./verifyAnchor.ts"

const flags = {
  config: configFlag,
  env: envFlag,
  dataDir: dataDirFlag,
  journal: journalFlag,
  book: bookFlag,
  run: runFlag,
  json: jsonFlag
}

type AuditOptions = Overrides & { readonly run: Option.Option<string>; readonly json: boolean }

const recordedRun = Effect.fnUntraced(function* (options: AuditOptions) {
  const settings = yield* readSettings(options)
  return yield* recordedBy(settings, Option.getOrUndefined(options.run))
})

/** Reads the journal from its start and prints what `look` makes of it. */
const audited = <A>(
  options: AuditOptions,
  look: (reader: {
    readonly recorded: RecordedRun
    readonly records: () => Iterable<JournalRecord>
    readonly beginning: Beginning
    readonly headHash: string
  }) => Result.Result<A, { readonly message: string }>,
  text: (found: A) => string
) =>
  Effect.gen(function* () {
    const recorded = yield* recordedRun(options)
    const found = yield* Effect.gen(function* () {
      const reader = yield* (yield* Journal).openReader
      yield* refuseEmpty(recorded, reader)
      const firstSeq = reader.firstSeq()
      if (firstSeq > 0 && !options.json) {
        yield* Console.log(`the journal begins at record ${firstSeq}: older ones were removed`)
      }
      return look({
        recorded,
        records: () => reader.read(0),
        beginning: yield* oldestBeginning(yield* Journal, firstSeq),
        headHash: reader.head().hash
      })
    }).pipe(Effect.provide(recorded.journal))
    if (Result.isFailure(found)) return yield* new CannotStart({ why: found.failure.message })
    yield* Console.log(options.json ? jsonText(found.success) : text(found.success))
  })

const jsonText = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? item.toString() : item))

const trade = Command.make("trade", { ...flags, id: Argument.String("id") }, (options) =>
  audited(options, ({ records }) => auditTrade(records(), options.id), tradeAuditText)
).pipe(Command.withDescription("Every record that led to one trade and came of it"))

const list = Command.make("list", flags, (options) =>
  audited(options, ({ records }) => Result.succeed(listTrades(records())), tradeListText)
).pipe(Command.withDescription("Every trade that was proposed"))

const report = Command.make("report", flags, (options) =>
  audited(
    options,
    ({ recorded, records, beginning, headHash }) =>
      Result.succeed(
        auditReport(records(), {
          runId: recorded.run.runId,
          headHash,
          stateHash: foldedStateHash(recorded, records, beginning)
        })
      ),
    auditReportText
  )
).pipe(Command.withDescription("The whole session: counts, trades, refusals, supervision, hashes"))

const foldedStateHash = (
  { plan }: RecordedRun,
  records: () => Iterable<JournalRecord>,
  { from, snapshot }: Beginning
): string => {
  const read = (seq: number) => after(records(), seq)
  const kernel = makeKernel(plan, { append: () => {}, read })
  if (snapshot !== undefined) restoreKernel(kernel, snapshot, read)
  foldAll(kernel.router, kernel.ledger, read(from), read)
  return stateHash(kernel.router.cells)
}

function* after(records: Iterable<JournalRecord>, from: number) {
  for (const record of records) if (record.seq >= from) yield record
}

export const auditCommand = Command.make("audit").pipe(
  Command.withDescription("What a run's journal says"),
  Command.withExamples([
    { command: "node dist/main.js audit list", description: "every trade of the latest run" },
    {
      command: "node dist/main.js audit trade main-strategy-13",
      description: "one trade, record by record"
    },
    { command: "node dist/main.js audit report --json", description: "the session, for a machine" }
  ]),
  Command.withSubcommands([trade, list, report, verifyAnchor])
)
