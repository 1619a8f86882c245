/** A session with enough quotes for a million records, or more. */
import type { SessionQuotes } from "../src/domain/market/sessionQuotes.ts"

/** Quotes of each instrument in a minute, of the session's one, for a million. */
const quotesOfMillion = 4

/** The session with each minute's quotes told `quotesPerMinute` times, evenly over the minute. */
export const denser = (
  session: SessionQuotes,
  quotesPerMinute = quotesOfMillion
): SessionQuotes => {
  const rowCount = session.rowCount * quotesPerMinute
  const rows = new Int32Array(rowCount)
  const timeMs = new Float64Array(rowCount)
  let at = 0
  for (let from = 0, end = 0; from < session.rowCount; from = end) {
    while (end < session.rowCount && session.timeMs[end] === session.timeMs[from]) end++
    for (let copy = quotesPerMinute - 1; copy >= 0; copy--) {
      for (let row = from; row < end; row++, at++) {
        rows[at] = row
        timeMs[at] = session.timeMs[row]! - (copy * 60_000) / quotesPerMinute
      }
    }
  }
  const told = (column: Float64Array) => Float64Array.from(rows, (row) => column[row]!)
  const counted = (column: Int32Array) => Int32Array.from(rows, (row) => column[row]!)
  return {
    ...session,
    rowCount,
    timeMs,
    instrument: counted(session.instrument),
    bidMicros: told(session.bidMicros),
    askMicros: told(session.askMicros),
    bidSize: counted(session.bidSize),
    askSize: counted(session.askSize)
  }
}
