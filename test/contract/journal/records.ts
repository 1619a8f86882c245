/** Records for journal tests: turns of a quote, sometimes with timer events, in the desk's real kinds. */
import { EpochOpened, kernelTypes, TimerSet } from "../../../src/actors/ports/records/kernel.ts"
import { marketTypes, Quote } from "../../../src/actors/ports/records/market.ts"
import { makeRecordCodec } from "../../../src/domain/journal/codec.ts"
import { type JournalRecord, noCause } from "../../../src/domain/journal/record.ts"

export const codec = makeRecordCodec([...kernelTypes, ...marketTypes])

/** 2015-12-24T14:30:00Z, when GOOG opened. */
const openMs = 1_450_967_400_000

export const quoteRecord = (seq: number, epoch = 1): JournalRecord => ({
  seq,
  epoch,
  actor: "market",
  type: Quote.type,
  version: 1,
  payload: {
    instrument: seq % 2193,
    bidMicros: 740_000_000 + seq,
    askMicros: 740_300_000 + seq,
    bidSize: seq % 100,
    askSize: seq % 70,
    timeMs: openMs + seq,
    replaced: 0
  },
  cause: noCause,
  correlation: "",
  logicalTimeMs: openMs + seq,
  sourceSeq: seq + 1
})

export const timerRecord = (seq: number, cause: number, epoch = 1): JournalRecord => ({
  seq,
  epoch,
  actor: "executor",
  type: TimerSet.type,
  version: 1,
  payload: { owner: "executor", timer: `expire-${cause}`, dueMs: openMs + cause + 60_000 },
  cause,
  correlation: `T-${cause}`,
  logicalTimeMs: openMs + cause,
  sourceSeq: 0
})

export const epochRecord = (seq: number, epoch: number): JournalRecord => ({
  seq,
  epoch,
  actor: "kernel",
  type: EpochOpened.type,
  version: 1,
  payload: { book: "alpha", build: "test", configHash: "00", seed: 7, node: "26", v8: "14" },
  cause: noCause,
  correlation: "",
  logicalTimeMs: openMs,
  sourceSeq: 0
})

/** A turn that begins at `seq`: an input and `seq % 4` events that answer it. */
export const turnAt = (seq: number, epoch = 1): ReadonlyArray<JournalRecord> => [
  quoteRecord(seq, epoch),
  ...Array.from({ length: seq % 4 }, (_, index) => timerRecord(seq + 1 + index, seq, epoch))
]

/** Whole turns from `seq` on, at least `count` records. */
export const turnsFrom = (seq: number, count: number, epoch = 1): ReadonlyArray<JournalRecord> => {
  const records: Array<JournalRecord> = []
  while (records.length < count) records.push(...turnAt(seq + records.length, epoch))
  return records
}
