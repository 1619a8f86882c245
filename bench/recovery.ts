/**
 * Recovery of a book of 1 million records, from record 0 and from its last snapshot, against a raw read of the same bytes.
 *
 * The records are the desk's own on a denser GOOG session; each recovery is one `openBook` in a new process, as after a
 * real death. Run: node bench/recovery.ts
 */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { Journal } from "../src/actors/ports/Journal.ts"
import { openBook } from "../src/actors/runtime/Book.ts"
import { denser } from "./denseSession.ts"
import {
  fileJournal,
  googStage,
  recoveryPlan,
  runDesk,
  settingsWith,
  temporaryFolder
} from "./desk.ts"
import { type Measure, median, type Row, runAlone } from "./figure.ts"

const records = 1_000_000
const openings = 3
interface Opening {
  readonly seconds: number
  readonly records: number
  /** Records that were folded: those behind the snapshot. */
  readonly folded: number
}

const open = (folder: string): Effect.Effect<Opening> =>
  Effect.gen(function* () {
    const settings = settingsWith()
    const plan = recoveryPlan(settings)
    const journal = fileJournal(settings, folder)
    const began = performance.now()
    const book = yield* Effect.provideService(openBook(plan), Journal, journal)
    const seconds = (performance.now() - began) / 1000
    const last = book.recoveredThrough
    return { seconds, records: last + 1, folded: last - book.snapshotSeq }
  }).pipe(Effect.scoped, Effect.orDie)

const openInNewProcess = (folder: string): Opening =>
  JSON.parse(
    execFileSync(process.execPath, [import.meta.filename, "--open", folder], { encoding: "utf8" })
  ) as Opening

/** Seconds to read the journal's segments once, in order. */
const readRaw = (folder: string): number => {
  const chunk = Buffer.alloc(1 << 20)
  const began = performance.now()
  for (const name of fs.readdirSync(folder).sort()) {
    if (!name.endsWith(".segment")) continue
    const descriptor = fs.openSync(join(folder, name), "r")
    while (fs.readSync(descriptor, chunk) > 0) {}
    fs.closeSync(descriptor)
  }
  return (performance.now() - began) / 1000
}

const measure: Measure = (progress) =>
  Effect.gen(function* () {
    progress(`lets the desk write ${records} records`)
    const folder = yield* temporaryFolder
    const settings = settingsWith()
    yield* Effect.scoped(
      Effect.gen(function* () {
        const loaded = yield* googStage
        const stage = { ...loaded, session: denser(loaded.session) }
        const journal = fileJournal(settings, folder)
        const stop = ({ kernel }: { kernel: { ledger: { nextSeq: number } } }) =>
          kernel.ledger.nextSeq >= records
        yield* runDesk({ stage, settings, journal, host: "straight", stop })
      })
    )
    const book = join(folder, settings.book)
    const raw = Array.from({ length: openings }, () => readRaw(book))
    const row = (what: string, found: ReadonlyArray<Opening>): Row => ({
      what,
      unit: "s",
      value: median(found.map(({ seconds }) => seconds)),
      samples: found.length,
      peer: { name: "raw read of the journal", value: median(raw) }
    })
    const opened = (what: string) =>
      Array.from({ length: openings }, (_, at) => {
        const found = openInNewProcess(folder)
        const { folded, seconds } = found
        progress(`${what} ${at + 1} of ${openings}: ${folded} folded, ${seconds.toFixed(2)} s`)
        return found
      })
    const withSnapshot = opened("with its snapshot")
    fs.rmSync(join(book, "snapshots"), { recursive: true })
    const without = opened("without")
    const { folded } = withSnapshot[0]!
    if (without[0]!.folded !== without[0]!.records || folded >= records) {
      throw new Error(`folded ${without[0]!.folded} without a snapshot and ${folded} with one`)
    }
    const counted = (count: number) => count.toLocaleString("en-US")
    return [
      row(`recovery of ${counted(without[0]!.records)} records, no snapshot`, without),
      row(`recovery, snapshot ${counted(folded)} records back`, withSnapshot)
    ]
  }).pipe(Effect.scoped, Effect.orDie, Effect.runPromise)

const folder = process.argv[process.argv.indexOf("--open") + 1]
if (process.argv.includes("--open") && folder !== undefined) {
  console.log(JSON.stringify(await Effect.runPromise(open(folder))))
} else {
  await runAlone(measure)
}
