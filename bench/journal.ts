/**
 * The journal's figures: appends against a raw sequential write of the same bytes, commits against a bare write and
 * fdatasync, and how fast a recovery reads. Run: node bench/journal.ts [records]
 */
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Fiber } from "effect"
import type { Journal, JournalError } from "../src/actors/ports/Journal.ts"
import { kernelTypes } from "../src/actors/ports/records/kernel.ts"
import { marketTypes, Quote } from "../src/actors/ports/records/market.ts"
import { makeRecordCodec } from "../src/domain/journal/codec.ts"
import { type JournalRecord, noCause } from "../src/domain/journal/record.ts"
import { makeFileJournal } from "../src/infra/journal/file/FileJournal.ts"
import { makeMemoryJournal } from "../src/infra/journal/memory.ts"

const codec = makeRecordCodec([...kernelTypes, ...marketTypes])
const book = "bench"
const recordsPerCommit = 8192

export interface Rate {
  readonly records: number
  readonly perSecond: number
  readonly seconds: number
}

export interface Percentiles {
  readonly p50Ms: number
  readonly p99Ms: number
}

export interface JournalFigures {
  readonly encodeNanos: number
  readonly decodeNanos: number
  readonly memoryAppends: Rate
  readonly fileAppends: Rate
  /** The file journal's bytes, written in pieces of one commit each and synced once at the end. */
  readonly rawWrite: Rate & { readonly bytes: number }
  /** The same with a sync after each piece, as each commit has. */
  readonly rawSyncedWrite: Rate & { readonly bytes: number }
  readonly recovery: Rate
  readonly verifiedRead: Rate
  readonly headers: Rate
  readonly commit: Percentiles
  readonly bareSync: Percentiles
}

/** Measures all of it in one run; 1 million records take some 10 seconds. */
export const measureJournal = (count: number): Effect.Effect<JournalFigures> =>
  Effect.gen(function* () {
    const directory = fs.mkdtempSync(join(tmpdir(), "journal-bench-"))
    yield* appendAll(makeMemoryJournal(codec, { book }), 200_000)
    const memoryAppends = yield* appendAll(makeMemoryJournal(codec, { book }), count)
    const file = makeFileJournal(codec, { directory, book })
    const fileAppends = yield* appendAll(file, count)
    const rawWrite = writeRaw(directory, count, false)
    const rawSyncedWrite = writeRaw(directory, count, true)
    const { recovery, headers } = yield* readAll(file, count)
    const verifiedRead = yield* readVerified(file, count)
    const bareSync = measureBareSync(directory)
    const commit = yield* measureCommits(directory)
    fs.rmSync(directory, { recursive: true })
    return {
      ...measureCodec(),
      memoryAppends,
      fileAppends,
      rawWrite,
      rawSyncedWrite,
      recovery,
      verifiedRead,
      headers,
      commit,
      bareSync
    }
  }).pipe(Effect.scoped, Effect.orDie)

const openMs = 1_450_967_400_000

const quoteAt = (seq: number): JournalRecord => ({
  seq,
  epoch: 1,
  actor: "market",
  type: Quote.type,
  version: Quote.version,
  payload: {
    instrument: seq % 2193,
    bidMicros: 740_000_000 + seq,
    askMicros: 740_300_000 + seq,
    bidSize: 10 + (seq % 50),
    askSize: 12,
    timeMs: openMs + seq,
    replaced: 0
  },
  cause: noCause,
  correlation: "",
  logicalTimeMs: openMs + seq,
  sourceSeq: seq + 1
})

/** Made beforehand, so that only the journal is timed; taken round and round. */
const quotes = Array.from({ length: recordsPerCommit }, (_, seq) => quoteAt(seq))

/** As the live host does: the next turns are appended while the commit of the last ones runs. */
const appendAll = (journal: Journal["Service"], count: number) =>
  Effect.gen(function* () {
    const writer = yield* journal.openWriter
    const began = performance.now()
    let commit: Fiber.Fiber<void, JournalError> | undefined
    for (let seq = 0; seq < count; ) {
      const end = Math.min(count, seq + recordsPerCommit)
      for (; seq < end; seq++) {
        const record = quotes[seq % recordsPerCommit]!
        writer.append({ ...record, seq })
      }
      if (commit !== undefined) yield* Fiber.join(commit)
      commit = yield* Effect.forkChild(writer.commit, { startImmediately: true })
    }
    if (commit !== undefined) yield* Fiber.join(commit)
    return rate(count, began)
  }).pipe(Effect.scoped)

const writeRaw = (directory: string, count: number, syncsEach: boolean) => {
  const folder = join(directory, book)
  const bytes = fs
    .readdirSync(folder)
    .filter((name) => name.endsWith(".segment"))
    .reduce((sum, name) => sum + fs.statSync(join(folder, name)).size, 0)
  const piece = Buffer.alloc(Math.ceil((bytes / count) * recordsPerCommit), 7)
  const descriptor = fs.openSync(join(directory, "raw"), "w")
  const began = performance.now()
  for (let left = bytes; left > 0; left -= piece.length) {
    fs.writeSync(descriptor, piece, 0, Math.min(left, piece.length))
    if (syncsEach) fs.fdatasyncSync(descriptor)
  }
  fs.fdatasyncSync(descriptor)
  const result = { ...rate(count, began), bytes }
  fs.closeSync(descriptor)
  return result
}

/** As a recovery does: open for writing, an index pass over headers, then every record. */
const readAll = (journal: Journal["Service"], count: number) =>
  Effect.gen(function* () {
    const began = performance.now()
    const writer = yield* journal.openWriter
    let sum = 0
    for (const record of writer.read(0)) sum += record.seq
    const recovery = rate(count, began)
    const headersBegan = performance.now()
    for (const header of writer.headers(0)) sum -= header.seq
    if (sum !== 0 || writer.opened.lastSeq !== count - 1) throw new Error("read other records")
    return { recovery, headers: rate(count, headersBegan) }
  }).pipe(Effect.scoped)

const readVerified = (journal: Journal["Service"], count: number) =>
  Effect.gen(function* () {
    const began = performance.now()
    const reader = yield* journal.openReader
    let records = 0
    for (const _ of reader.read(0)) records++
    if (records !== count) throw new Error("read another number of records")
    return rate(count, began)
  })

const commits = 1500
const turnRecords = 3

const measureCommits = (directory: string) =>
  Effect.gen(function* () {
    const writer = yield* makeFileJournal(codec, { directory, book: "commits" }).openWriter
    const times: Array<number> = []
    for (let seq = 0; seq < commits * turnRecords; ) {
      for (let k = 0; k < turnRecords; k++, seq++) writer.append({ ...quotes[0]!, seq })
      const began = performance.now()
      yield* writer.commit
      times.push(performance.now() - began)
    }
    return percentiles(times)
  }).pipe(Effect.scoped)

/** A write of a commit's size to the end of a file, and its fdatasync: what no commit can beat. */
const measureBareSync = (directory: string): Percentiles => {
  const bytes = Buffer.alloc(88 + turnRecords * 104, 7)
  const descriptor = fs.openSync(join(directory, "bare"), "w")
  const times: Array<number> = []
  for (let at = 0; at < commits; at++) {
    const began = performance.now()
    fs.writeSync(descriptor, bytes)
    fs.fdatasyncSync(descriptor)
    times.push(performance.now() - began)
  }
  fs.closeSync(descriptor)
  return percentiles(times)
}

const measureCodec = () => {
  const buffer = new Uint8Array(256)
  const bytes = codec.encode(quotes[7]!)
  let encodeNanos = Number.POSITIVE_INFINITY
  let decodeNanos = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round++) {
    const began = performance.now()
    for (let at = 0; at < 200_000; at++) {
      codec.encodeInto(quotes[at % recordsPerCommit]!, buffer, 0)
    }
    const encoded = performance.now()
    for (let at = 0; at < 200_000; at++) codec.decode(bytes)
    encodeNanos = Math.min(encodeNanos, (encoded - began) * 5)
    decodeNanos = Math.min(decodeNanos, (performance.now() - encoded) * 5)
  }
  return { encodeNanos, decodeNanos }
}

const rate = (records: number, began: number): Rate => {
  const seconds = (performance.now() - began) / 1000
  return { records, seconds, perSecond: records / seconds }
}

const percentiles = (times: ReadonlyArray<number>): Percentiles => {
  const sorted = times.toSorted((a, b) => a - b)
  return {
    p50Ms: sorted[Math.floor(sorted.length * 0.5)]!,
    p99Ms: sorted[Math.floor(sorted.length * 0.99)]!
  }
}

export const printJournal = (figures: JournalFigures): void => {
  const perSecond = ({ perSecond, seconds, records }: Rate) =>
    `${(perSecond / 1e6).toFixed(2)} M records/s (${records} in ${seconds.toFixed(2)} s)`
  const latency = ({ p50Ms, p99Ms }: Percentiles) =>
    `p50 ${p50Ms.toFixed(3)} ms, p99 ${p99Ms.toFixed(3)} ms`
  const { encodeNanos, decodeNanos, rawWrite } = figures
  console.log(
    `codec, quote            encode ${encodeNanos.toFixed(0)} ns, decode ${decodeNanos.toFixed(0)} ns`
  )
  console.log(`appends, memory         ${perSecond(figures.memoryAppends)}`)
  console.log(`appends, file           ${perSecond(figures.fileAppends)}`)
  console.log(
    `raw write, same bytes   ${perSecond(rawWrite)}, ${(rawWrite.bytes / rawWrite.seconds / 1e6).toFixed(0)} MB/s`
  )
  console.log(`raw, synced as often    ${perSecond(figures.rawSyncedWrite)}`)
  console.log(`recovery read           ${perSecond(figures.recovery)}`)
  console.log(`header pass             ${perSecond(figures.headers)}`)
  console.log(`verified read, links    ${perSecond(figures.verifiedRead)}`)
  console.log(`commit of ${turnRecords} records     ${latency(figures.commit)}`)
  console.log(`bare write + fdatasync  ${latency(figures.bareSync)}`)
}

if (import.meta.main) {
  printJournal(await Effect.runPromise(measureJournal(Number(process.argv[2] ?? 1_000_000))))
}
