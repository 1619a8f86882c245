/**
 * The simulated exchange's own log: what it did, durable before it says so. It is never rebuilt from the desk's journal.
 *
 * One line per operation; the first line names the session. Damage before the end stops the exchange.
 */
import { Option, Result, Schema } from "effect"
import { BrokerReport } from "../../../actors/ports/Broker.ts"
import { OrderRequest } from "../../../domain/trading/reports.ts"
import { lineWriter, readLines } from "../../log/lines.ts"
import type { LogMedium } from "../../log/medium.ts"
import { VenueTerms } from "./venueTerms.ts"

/** The log is not what was written, or is another session's. */
export class ExchangeLogDamaged extends Schema.TaggedError<ExchangeLogDamaged>()(
  "ExchangeLogDamaged",
  { place: Schema.String, line: Schema.Int, why: Schema.String }
) {
  override get message() {
    return `the simulated exchange's log at ${this.place} cannot be used, line ${this.line}: ${this.why}`
  }
}

/** The log cannot be written: what it holds of the last operation is known only once it is opened again. */
export class ExchangeLogUnwritable extends Schema.TaggedError<ExchangeLogUnwritable>()(
  "ExchangeLogUnwritable",
  { place: Schema.String, why: Schema.String }
) {
  override get message() {
    return `the simulated exchange's log at ${this.place} cannot be written: ${this.why}`
  }
}

/** One operation with all that it said. Its reports are numbered on from those before. */
export const LogEntry = Schema.Struct({
  /** Number of the last quote that the exchange had seen. */
  quoteSeq: Schema.Int,
  /** The order that came in; absent for other operations. */
  order: Schema.optionalKey(OrderRequest),
  /** Of that order; absent for a limit for the day. */
  terms: Schema.optionalKey(VenueTerms),
  /** What an order became that its owner changed; absent for other operations. */
  replaced: Schema.optionalKey(
    Schema.Struct({
      clOrdID: Schema.String,
      orderQty: Schema.Int,
      limitNetMicros: Schema.Int,
      terms: VenueTerms
    })
  ),
  /** What whoever stands before the exchange keeps with the operation; absent where nothing is. */
  note: Schema.optionalKey(Schema.String),
  /** The day that was closed; absent for other operations. */
  closedDate: Schema.optionalKey(Schema.String),
  reports: Schema.Array(BrokerReport),
  /** What is taken, after it, of the bars that it traded against. */
  taken: Schema.Array(
    Schema.Struct({
      instrument: Schema.Int,
      quoteSeq: Schema.Int,
      bought: Schema.Int,
      sold: Schema.Int
    })
  )
})
export type LogEntry = typeof LogEntry.Type

const Header = Schema.Struct({
  format: Schema.Literal("optionsib simulated exchange"),
  version: Schema.Literal(1),
  session: Schema.String
})
const HeaderJson = Schema.fromJsonString(Header)
const EntryJson = Schema.fromJsonString(Schema.toCodecJson(LogEntry))
const encodeHeader = Schema.encodeSync(HeaderJson)
const decodeHeader = Schema.decodeUnknownOption(HeaderJson)
const encodeEntry = Schema.encodeSync(EntryJson)
const decodeEntry = Schema.decodeUnknownOption(EntryJson)

export interface ExchangeLog {
  readonly place: string
  /** What it held when it was opened. */
  readonly entries: ReadonlyArray<LogEntry>
  /** Bytes of a torn tail that were cut; 0 when the end was clean. */
  readonly cutBytes: number
  /** Durable when it returns. Throws `ExchangeLogUnwritable`, and from then on always. */
  readonly append: (entry: LogEntry) => void
}

/** Reads a medium, cuts its torn tail, writes the header where there is none. May throw what the medium throws. */
export const openExchangeLog = (
  medium: LogMedium,
  session: string
): Result.Result<ExchangeLog, ExchangeLogDamaged> => {
  const { place } = medium
  const { lines, tornBytes, badLine, cut } = readLines(medium)
  const damaged = (line: number, why: string) =>
    Result.fail(new ExchangeLogDamaged({ place, line, why }))
  if (badLine > 0) return damaged(badLine, "its checksum is wrong")
  const [first, ...rest] = lines
  if (first !== undefined) {
    const header = Option.getOrUndefined(decodeHeader(first))
    if (header === undefined) return damaged(1, "it is not the header of such a log")
    if (header.session !== session) {
      return damaged(1, `it belongs to session ${header.session}, this one is ${session}`)
    }
  }
  const entries: Array<LogEntry> = []
  for (const [at, text] of rest.entries()) {
    const entry = Option.getOrUndefined(decodeEntry(text))
    if (entry === undefined) return damaged(at + 2, "it is not an entry of this version")
    entries.push(entry)
  }
  cut()
  const writer = lineWriter(medium, (why) => new ExchangeLogUnwritable({ place, why }))
  if (first === undefined) {
    const header = { format: "optionsib simulated exchange", version: 1, session } as const
    writer.append(encodeHeader(header))
  }
  return Result.succeed({
    place,
    entries,
    cutBytes: tornBytes,
    append: (entry) => writer.append(encodeEntry(entry))
  })
}
