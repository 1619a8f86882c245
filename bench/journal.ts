/**
 * Journal appends per second, in memory and on file, against a raw sequential write of the same bytes, and what the codec
 * costs per quote. Run: node bench/journal.ts
 */
import * as fs from "node:fs"
import { join } from "node:path"
import { Effect, Fiber } from "effect"
import type { Journal, JournalError } from "../src/actors/ports/Journal.ts"
import { kernelTypes } from "../src/actors/ports/records/kernel.ts"
import { marketTypes } from "../src/actors/ports/records/market.ts"
import { makeRecordCodec } from "../src/domain/journal/codec.ts"
import { makeFileJournal } from "../src/infra/journal/file/FileJournal.ts"
import { makeMemoryJournal } from "../src/infra/journal/memory.ts"
import { temporaryFolder } from "./desk.ts"
import { type Measure, median, type Row, rounds, runAlone } from "./figure.ts"
import { quoteAt } from "./quotes.ts"

const codec = makeRecordCodec([...kernelTypes, ...marketTypes])
const book = "bench"
const count = 500_000
const recordsPerCommit = 8192

/** Made beforehand, so that only the journal is timed; taken round and round. */
const quotes = Array.from({ length: recordsPerCommit }, (_, seq) => quoteAt(seq))

/** Seconds for `count` appends. As the live host does: the next turns are appended while the last ones' commit runs. */
const appendAll = (journal: Journal["Service"]) =>
  Effect.gen(function* () {
    const writer = yield* journal.openWriter
    const began = performance.now()
    let commit: Fiber.Fiber<void, JournalError> | undefined
    for (let seq = 0; seq < count; ) {
      const end = Math.min(count, seq + recordsPerCommit)
      for (; seq < end; seq++) writer.append({ ...quotes[seq % recordsPerCommit]!, seq })
      if (commit !== undefined) yield* Fiber.join(commit)
      commit = yield* Effect.forkChild(writer.commit, { startImmediately: true })
    }
    if (commit !== undefined) yield* Fiber.join(commit)
    return secondsSince(began)
  }).pipe(Effect.scoped)

const bytesOf = (folder: string): number =>
  fs
    .readdirSync(folder)
    .filter((name) => name.endsWith(".segment"))
    .reduce((sum, name) => sum + fs.statSync(join(folder, name)).size, 0)

/** Seconds to write so many bytes in pieces of a commit each, synced at the end or after each piece as a commit is. */
const writeRaw = (folder: string, bytes: number, syncsEach: boolean): number => {
  const piece = Buffer.alloc(Math.ceil((bytes / count) * recordsPerCommit), 7)
  const descriptor = fs.openSync(join(folder, "raw"), "w")
  const began = performance.now()
  for (let left = bytes; left > 0; left -= piece.length) {
    fs.writeSync(descriptor, piece, 0, Math.min(left, piece.length))
    if (syncsEach) fs.fdatasyncSync(descriptor)
  }
  fs.fdatasyncSync(descriptor)
  const seconds = secondsSince(began)
  fs.closeSync(descriptor)
  return seconds
}

const codecRounds = 9
const codecCalls = 100_000

/** Nanoseconds per quote: our bytes beside JSON text, made and read. */
const measureCodec = (): ReadonlyArray<Row> => {
  const buffer = new Uint8Array(256)
  const bytes = codec.encode(quotes[7]!)
  const text = JSON.stringify(quotes[7]!)
  const nanos = (call: (at: number) => unknown): number => {
    const times = Array.from({ length: codecRounds }, () => {
      const began = performance.now()
      for (let at = 0; at < codecCalls; at++) call(at)
      return (secondsSince(began) * 1e9) / codecCalls
    })
    return median(times)
  }
  const row = (what: string, ours: number, peer: string, theirs: number): Row => ({
    what,
    unit: "ns",
    value: ours,
    samples: codecRounds,
    peer: { name: peer, value: theirs }
  })
  return [
    row(
      "one quote into canonical bytes",
      nanos((at) => codec.encodeInto(quotes[at % recordsPerCommit]!, buffer, 0)),
      "JSON.stringify",
      nanos((at) => JSON.stringify(quotes[at % recordsPerCommit]!))
    ),
    row(
      "one quote out of canonical bytes",
      nanos(() => codec.decode(bytes)),
      "JSON.parse",
      nanos(() => JSON.parse(text))
    )
  ]
}

const measure: Measure = (progress) =>
  Effect.gen(function* () {
    const rates = {
      memory: [] as Array<number>,
      file: [] as Array<number>,
      raw: [] as Array<number>,
      rawSynced: [] as Array<number>
    }
    for (const round of rounds(6, 4, 8)) {
      progress(`${count} records, round ${round}`)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const directory = yield* temporaryFolder
          const memory = yield* appendAll(makeMemoryJournal(codec, { book }))
          const file = yield* appendAll(makeFileJournal(codec, { directory, book }))
          const bytes = bytesOf(join(directory, book))
          const raw = writeRaw(directory, bytes, false)
          const rawSynced = writeRaw(directory, bytes, true)
          if (round === 0) return
          rates.memory.push(count / memory)
          rates.file.push(count / file)
          rates.raw.push(count / raw)
          rates.rawSynced.push(count / rawSynced)
        })
      )
    }
    const row = (what: string, ours: ReadonlyArray<number>, name: string, peer: number): Row => ({
      what,
      unit: "records/s",
      value: median(ours),
      samples: ours.length,
      peer: { name, value: peer }
    })
    const raw = median(rates.raw)
    return [
      row("appends, memory journal", rates.memory, "raw write of the bytes", raw),
      row("appends, file journal", rates.file, "raw write of the bytes", raw),
      row(
        "appends, file journal, a sync per commit in both",
        rates.file,
        "raw write, synced as often",
        median(rates.rawSynced)
      ),
      ...measureCodec()
    ]
  }).pipe(Effect.orDie, Effect.runPromise)

const secondsSince = (began: number): number => (performance.now() - began) / 1000

await runAlone(measure)
