/** Quotes made by number, for figures that need no market. */
import { Quote } from "../src/actors/ports/records/market.ts"
import { type JournalRecord, noCause } from "../src/domain/journal/record.ts"

const openMs = 1_450_967_400_000

export const quoteAt = (seq: number): JournalRecord => ({
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
