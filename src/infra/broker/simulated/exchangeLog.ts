/**
 * The simulated exchange's own log: what it did, durable before it says so. It is never rebuilt from the desk's journal.
 *
 * One line per operation: CRC-32 in hex, a space, JSON. The first line names the session. A line that is not whole at
 * the end was never answered for: a torn tail, cut at opening. Damage before the end stops the exchange.
 */
import { crc32 } from "node:zlib"
import { Option, Result, Schema } from "effect"
import { BrokerReport } from "../../../actors/ports/Broker.ts"
import { OrderRequest } from "../../../domain/trading/reports.ts"
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

/** Where the bytes lie. `append` returns once they are durable. */
export interface LogMedium {
  readonly place: string
  readonly read: () => Uint8Array
  readonly truncate: (length: number) => void
  readonly append: (bytes: Uint8Array) => void
  readonly close: () => void
}

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
  const bytes = medium.read()
  const { lines, wholeBytes, badLine } = splitLines(bytes)
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
  if (wholeBytes < bytes.length) medium.truncate(wholeBytes)
  if (first === undefined) {
    const header = { format: "optionsib simulated exchange", version: 1, session } as const
    medium.append(frame(encodeHeader(header)))
  }
  return Result.succeed({
    place,
    entries,
    cutBytes: bytes.length - wholeBytes,
    append: appender(medium)
  })
}

const appender = (medium: LogMedium): ExchangeLog["append"] => {
  let unwritable: ExchangeLogUnwritable | undefined
  return (entry) => {
    if (unwritable !== undefined) throw unwritable
    const bytes = frame(encodeEntry(entry))
    try {
      medium.append(bytes)
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      unwritable = new ExchangeLogUnwritable({ place: medium.place, why })
      throw unwritable
    }
  }
}

const newline = 10

const frame = (json: string): Uint8Array => new TextEncoder().encode(`${checksum(json)} ${json}\n`)

const checksum = (json: string): string => crc32(json).toString(16).padStart(8, "0")

interface Lines {
  readonly lines: ReadonlyArray<string>
  readonly wholeBytes: number
  /** The first line that is damaged and not the last one; 0 for none. */
  readonly badLine: number
}

const splitLines = (bytes: Uint8Array): Lines => {
  const lines: Array<string> = []
  let start = 0
  while (start < bytes.length) {
    const end = bytes.indexOf(newline, start)
    const text = end === -1 ? "" : new TextDecoder().decode(bytes.subarray(start, end))
    const json = text.slice(9)
    if (end === -1 || text.slice(0, 8) !== checksum(json)) {
      const isLast = end === -1 || end === bytes.length - 1
      return { lines, wholeBytes: start, badLine: isLast ? 0 : lines.length + 1 }
    }
    lines.push(json)
    start = end + 1
  }
  return { lines, wholeBytes: start, badLine: 0 }
}
