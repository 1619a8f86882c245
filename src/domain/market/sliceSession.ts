/** A part of a session. */
import type { Instrument } from "./contract.ts"
import type { SessionQuotes } from "./sessionQuotes.ts"

export interface SessionSlice {
  readonly keep: (instrument: Instrument) => boolean
  /** Quotes after `fromMs` and up to `untilMs`, epoch ms; the days' hours are cut to it, days after it left out. */
  readonly fromMs?: number
  readonly untilMs: number
  /** Which of these quotes stay; all of them where it is left out. */
  readonly keepRow?: (row: number) => boolean
}

/** The session of these instruments alone, ids made dense again. Its stock's trades stay whole. */
export const sliceSession = (
  session: SessionQuotes,
  { keep, fromMs = 0, untilMs, keepRow = () => true }: SessionSlice
): SessionQuotes => {
  const kept = session.instruments.filter(keep)
  const idOf = new Map(kept.map((instrument, id) => [instrument.id, id]))
  const rows: Array<number> = []
  for (let row = 0; row < session.rowCount && session.timeMs[row]! <= untilMs; row++) {
    const isIn = session.timeMs[row]! > fromMs && idOf.has(session.instrument[row]!)
    if (isIn && keepRow(row)) rows.push(row)
  }
  return {
    ...session,
    instruments: kept.map((instrument, id) => ({ ...instrument, id })),
    days: session.days
      .filter(({ openMs }) => openMs < untilMs)
      .map((day) => ({
        ...day,
        openMs: Math.max(day.openMs, fromMs),
        closeMs: Math.min(day.closeMs, untilMs)
      })),
    rowCount: rows.length,
    timeMs: Float64Array.from(rows, (row) => session.timeMs[row]!),
    instrument: Int32Array.from(rows, (row) => idOf.get(session.instrument[row]!)!),
    bidMicros: Float64Array.from(rows, (row) => session.bidMicros[row]!),
    askMicros: Float64Array.from(rows, (row) => session.askMicros[row]!),
    bidSize: Int32Array.from(rows, (row) => session.bidSize[row]!),
    askSize: Int32Array.from(rows, (row) => session.askSize[row]!)
  }
}
