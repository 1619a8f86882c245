/**
 * Recovery of a book of 1 million records, from record 0 and from its last snapshot, against a raw read of the same bytes;
 * and the memory that it takes, against that of a book three times as long.
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
/** The longer book. */
const longer = 3

interface Opening {
  readonly seconds: number
  /** Of the processor, all threads: what other processes on the machine change less. */
  readonly cpuSeconds: number
  readonly records: number
  /** Records that were folded: those behind the snapshot. */
  readonly folded: number
  /** Of the whole process, at its peak. */
  readonly peakMegabytes: number
}

const open = (folder: string): Effect.Effect<Opening> =>
  Effect.gen(function* () {
    const settings = settingsWith()
    const plan = recoveryPlan(settings)
    const journal = fileJournal(settings, folder)
    const cpuBegan = process.cpuUsage()
    const began = performance.now()
    const book = yield* Effect.provideService(openBook(plan), Journal, journal)
    const seconds = (performance.now() - began) / 1000
    const { user, system } = process.cpuUsage(cpuBegan)
    const cpuSeconds = (user + system) / 1e6
    const last = book.recoveredThrough
    const folded = last - book.snapshotSeq
    return { seconds, cpuSeconds, records: last + 1, folded, peakMegabytes: peakMegabytes() }
  }).pipe(Effect.scoped, Effect.orDie)

/** `maxRSS` would count what the parent had when it started this process. */
const peakMegabytes = (): number => {
  const status = fs.readFileSync("/proc/self/status", "utf8")
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]) / 1_024
}

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

/** A folder with a journal of `times` a million records. */
const written = Effect.fnUntraced(function* (times: number) {
  const folder = yield* temporaryFolder
  const settings = settingsWith()
  yield* Effect.scoped(
    Effect.gen(function* () {
      const loaded = yield* googStage
      const stage = { ...loaded, session: denser(loaded.session, 4 * times) }
      const journal = fileJournal(settings, folder)
      const stop = ({ kernel }: { kernel: { ledger: { nextSeq: number } } }) =>
        kernel.ledger.nextSeq >= times * records
      yield* runDesk({ stage, settings, journal, host: "straight", stop })
    })
  )
  return folder
})

const measure: Measure = (progress) =>
  Effect.gen(function* () {
    progress(`lets the desk write ${records} records, then ${longer * records}`)
    const settings = settingsWith()
    const folder = yield* written(1)
    const longFolder = yield* written(longer)
    const book = join(folder, settings.book)
    const raw = Array.from({ length: openings }, () => readRaw(book))
    const row = (what: string, found: ReadonlyArray<Opening>): Row => ({
      what,
      unit: "s",
      value: median(found.map(({ seconds }) => seconds)),
      samples: found.length,
      peer: { name: "raw read of the journal", value: median(raw) }
    })
    const processor = (what: string, found: ReadonlyArray<Opening>): Row => ({
      what: `${what}, processor time`,
      unit: "s",
      value: median(found.map(({ cpuSeconds }) => cpuSeconds)),
      samples: found.length
    })
    const opened = (what: string) =>
      Array.from({ length: openings }, (_, at) => {
        const found = openInNewProcess(folder)
        const { folded, seconds } = found
        progress(`${what} ${at + 1} of ${openings}: ${folded} folded, ${seconds.toFixed(2)} s`)
        return found
      })
    const withSnapshot = opened("with its snapshot")
    const longWith = openInNewProcess(longFolder)
    for (const each of [book, join(longFolder, settings.book)]) {
      fs.rmSync(join(each, "snapshots"), { recursive: true })
    }
    const without = opened("without")
    const { folded } = withSnapshot[0]!
    if (without[0]!.folded !== without[0]!.records || folded >= records) {
      throw new Error(`folded ${without[0]!.folded} without a snapshot and ${folded} with one`)
    }
    const longWithout = openInNewProcess(longFolder)
    const memory = (what: string, long: Opening, short: ReadonlyArray<Opening>): Row => ({
      what: `peak memory, ${counted(long.records)} records, ${what}`,
      unit: "MB",
      value: long.peakMegabytes,
      samples: 1,
      peer: {
        name: `${counted(short[0]!.records)} records`,
        value: median(short.map(({ peakMegabytes }) => peakMegabytes))
      }
    })
    const counted = (count: number) => count.toLocaleString("en-US")
    return [
      row(`recovery of ${counted(without[0]!.records)} records, no snapshot`, without),
      processor("the same", without),
      row(`recovery, snapshot ${counted(folded)} records back`, withSnapshot),
      processor("the same", withSnapshot),
      memory("no snapshot", longWithout, without),
      memory("from a snapshot", longWith, withSnapshot)
    ]
  }).pipe(Effect.scoped, Effect.orDie, Effect.runPromise)

const folder = process.argv[process.argv.indexOf("--open") + 1]
if (process.argv.includes("--open") && folder !== undefined) {
  console.log(JSON.stringify(await Effect.runPromise(open(folder))))
} else {
  await runAlone(measure)
}
