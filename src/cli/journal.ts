/** `journal ls|verify|export|import`: what a run's journal is, whether it is whole, and the way out of it and back. */
import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { Journal, type JournalError, type JournalReader } from "../actors/ports/Journal.ts"
import type { RunInfo } from "../actors/ports/Runs.ts"
import { exportJournal } from "./journalExport.ts"
import { importJournal } from "./journalImport.ts"
import { type LaunchError, Launcher, type RecordedRun, refuseEmpty } from "./Launcher.ts"
import { runFlag } from "./replay.ts"
import {
  configFlag,
  dataDirFlag,
  envFlag,
  jsonFlag,
  type Overrides,
  readSettings
} from "./settingsFlags.ts"

const placeFlags = { config: configFlag, env: envFlag, dataDir: dataDirFlag, json: jsonFlag }
const flags = { ...placeFlags, run: runFlag }

/** One journal as `ls` shows it. */
interface Listed {
  readonly runId: string
  readonly book: string
  readonly session: string
  /** First and last record; -1 where there is none. */
  readonly firstSeq: number
  readonly lastSeq: number
  readonly headHash: string
  readonly tornBytes: number
  /** Last records of the snapshots, newest first. */
  readonly snapshots: ReadonlyArray<number>
  /** Why it cannot be read; "" where it can. */
  readonly problem: string
}

const list = Command.make(
  "ls",
  placeFlags,
  Effect.fn("cli.journal.ls")(function* (options) {
    const settings = yield* readSettings(options)
    const launcher = yield* Launcher
    const { dataDir } = settings.storage
    const runs = yield* (yield* launcher.runs(dataDir)).list
    const journals: Array<Listed> = []
    for (const run of runs) {
      const found = yield* Effect.result(listed(launcher.recordedRun(dataDir, run.runId)))
      journals.push(found._tag === "Success" ? found.success : unreadable(run, found.failure))
    }
    if (options.json) return yield* Console.log(JSON.stringify({ journals }))
    if (journals.length === 0) return yield* Console.log(`no journals in ${dataDir}`)
    for (const journal of journals) yield* Console.log(lineOf(journal))
  })
).pipe(Command.withDescription("List the journals of the data directory"))

const listed = Effect.fnUntraced(function* (
  opening: Effect.Effect<RecordedRun, LaunchError>
): Effect.fn.Return<Listed, LaunchError | JournalError> {
  const recorded = yield* opening
  const { runId, book, session } = recorded.run
  const found = Effect.gen(function* () {
    const journal = yield* Journal
    const reader = yield* journal.openReader
    yield* refuseEmpty(recorded, reader)
    const snapshots: Array<number> = []
    for (let atMost = reader.head().seq; ; ) {
      const snapshot = yield* journal.loadSnapshot(atMost)
      if (snapshot === undefined) break
      snapshots.push(snapshot.seq)
      atMost = snapshot.seq - 1
    }
    return { ...endsOf(reader), snapshots, problem: "" }
  })
  return { runId, book, session, ...(yield* Effect.provide(found, recorded.journal)) }
})

const endsOf = (reader: JournalReader) => {
  const { seq: lastSeq, hash: headHash } = reader.head()
  return { firstSeq: reader.firstSeq(), lastSeq, headHash, tornBytes: reader.tornBytes() }
}

const unreadable = (
  { runId, book, session }: RunInfo,
  { message }: { readonly message: string }
): Listed => {
  const nothing = { firstSeq: -1, lastSeq: -1, headHash: "", tornBytes: 0, snapshots: [] }
  return { runId, book, session, ...nothing, problem: message }
}

const lineOf = (journal: Listed): string => {
  const { runId, book, session, firstSeq, lastSeq, headHash, snapshots, tornBytes } = journal
  const whose = `${runId}  book ${book}  ${session}`
  if (journal.problem !== "") return `${whose}  ${journal.problem}`
  const torn = tornBytes === 0 ? "" : `  ${tornBytes} torn bytes`
  const kept = snapshots.length === 0 ? "" : `  snapshots at ${snapshots.join(", ")}`
  return `${whose}  records ${firstSeq} to ${lastSeq}  head ${headHash.slice(0, 16)}${kept}${torn}`
}

const recordedRun = Effect.fnUntraced(function* (
  options: Overrides & { readonly run: Option.Option<string> }
) {
  const settings = yield* readSettings(options)
  const launcher = yield* Launcher
  const { dataDir } = settings.storage
  const recorded = yield* launcher.recordedRun(dataDir, Option.getOrUndefined(options.run))
  return { recorded, runs: yield* launcher.runs(dataDir) }
})

const verify = Command.make(
  "verify",
  flags,
  Effect.fn("cli.journal.verify")(function* (options) {
    const { recorded } = yield* recordedRun(options)
    const reader = yield* Effect.provide(
      Effect.flatMap(Journal, (journal) => journal.openReader),
      recorded.journal
    )
    yield* refuseEmpty(recorded, reader)
    let records = 0
    let epochs = 0
    let lastEpoch = 0
    for (const { epoch } of reader.headers(0)) {
      records++
      if (epoch !== lastEpoch) epochs++
      lastEpoch = epoch
    }
    const found = { runId: recorded.run.runId, records, epochs, ...endsOf(reader) }
    if (options.json) return yield* Console.log(JSON.stringify(found))
    yield* Console.log(
      [
        `${found.runId}: every record's bytes, order and link are whole`,
        `  records     ${records}, from ${found.firstSeq} to ${found.lastSeq}`,
        `  openings    ${epochs}`,
        `  chain head  ${found.headHash}`,
        ...(found.tornBytes > 0 ? [`  torn        ${found.tornBytes} bytes after the end`] : [])
      ].join("\n")
    )
  })
).pipe(
  Command.withDescription("Check every byte of a journal; `replay --verify` also decides it again")
)

const exportCommand = Command.make(
  "export",
  {
    ...flags,
    out: Flag.String("out").pipe(Flag.withDescription("file to write: .jsonl or .parquet"))
  },
  Effect.fn("cli.journal.export")(function* (options) {
    const { recorded, runs } = yield* recordedRun(options)
    const result = yield* exportJournal(recorded, runs, options.out)
    if (result === undefined) return
    yield* Console.log(
      options.json
        ? JSON.stringify(result)
        : `${result.out}: ${result.records} records of ${result.runId}, head ${result.headHash}`
    )
  })
).pipe(Command.withDescription("Write a journal as JSON lines or Parquet"))

const importCommand = Command.make(
  "import",
  { ...placeFlags, file: Argument.String("file") },
  Effect.fn("cli.journal.import")(function* (options) {
    const settings = yield* readSettings(options)
    const result = yield* importJournal(options.file, settings.storage.dataDir)
    if (result === undefined) return
    yield* Console.log(
      options.json
        ? JSON.stringify(result)
        : `${result.runId}: ${result.records} records of ${options.file}, head ${result.headHash}`
    )
  })
).pipe(Command.withDescription("Build a journal anew from an exported file, as a run of its own"))

export const journalCommand = Command.make("journal").pipe(
  Command.withDescription("The journals of the data directory"),
  Command.withExamples([
    { command: "node dist/main.js journal ls", description: "what there is" },
    { command: "node dist/main.js journal verify", description: "check the latest run's bytes" },
    {
      command: "node dist/main.js journal export --out day.parquet",
      description: "the latest run as a table"
    },
    {
      command: "node dist/main.js journal import day.parquet --data-dir /tmp/there",
      description: "the same journal somewhere else"
    }
  ]),
  Command.withSubcommands([list, verify, exportCommand, importCommand])
)
