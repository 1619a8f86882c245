/**
 * Reads a recorded session from data/sessions/<name>: session.json and the compressed files it
 * lists. Every file is checked against its digest and every row against the contracts, the clock
 * and the market; what is wrong with a row is reported, what is wrong with a file is an error.
 */
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { Effect, Result, Schema } from "effect"
import { regularOpenMsOfDay, type TradingDay, tradingDay } from "../../domain/market/calendar.ts"
import { type Instrument, makeInstruments } from "../../domain/market/contract.ts"
import { parsePriceMicros } from "../../domain/market/price.ts"
import type { SessionQuotes } from "../../domain/market/sessionQuotes.ts"
import { CsvRows } from "./csvRows.ts"
import { gatherFloat64, gatherInt32, QuoteColumns, slotsPerDay } from "./quoteColumns.ts"
import { contractsHeader, knownContracts, readContracts } from "./sessionContracts.ts"
import { decodeManifest, type SessionManifest } from "./sessionManifest.ts"
import { headers, minuteMs, SessionRows } from "./sessionRows.ts"

/** There is no such session; `existing` are those there are. */
class SessionMissing extends Schema.TaggedError<SessionMissing>()("SessionMissing", {
  name: Schema.String,
  directory: Schema.String,
  existing: Schema.Array(Schema.String)
}) {
  override get message(): string {
    const existing = this.existing.length === 0 ? "none" : this.existing.join(", ")
    return `session "${this.name}" was not found in ${this.directory}; it has: ${existing}`
  }
}

/** A file of the session could not be read or unpacked. */
export class SessionUnreadable extends Schema.TaggedError<SessionUnreadable>()(
  "SessionUnreadable",
  { file: Schema.String, detail: Schema.String }
) {
  override get message(): string {
    return `session file ${this.file} could not be read: ${this.detail}`
  }
}

/** A file is not the one that session.json describes. */
class SessionTampered extends Schema.TaggedError<SessionTampered>()("SessionTampered", {
  file: Schema.String,
  expectedSha256: Schema.String,
  foundSha256: Schema.String
}) {
  override get message(): string {
    return (
      `session file ${this.file} was changed: its sha256 is ${this.foundSha256}, ` +
      `session.json says ${this.expectedSha256}`
    )
  }
}

/** session.json, or the shape of a file it lists, is not valid. */
class SessionInvalid extends Schema.TaggedError<SessionInvalid>()("SessionInvalid", {
  file: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `session file ${this.file} is not valid: ${this.detail}`
  }
}

export type SessionError = SessionMissing | SessionUnreadable | SessionTampered | SessionInvalid

/** Loads the session of this name from a directory of sessions. Synchronous I/O, at start only. */
export const loadSession = (
  directory: string,
  name: string
): Effect.Effect<SessionQuotes, SessionError> =>
  Effect.suspend(() => {
    const existing = listSessions(directory)
    return existing.includes(name)
      ? Effect.fromResult(decodeSession(name, (file) => readBytes(join(directory, name, file))))
      : Effect.fail(new SessionMissing({ name, directory, existing }))
  })

/** The names of the sessions in a directory, in order; none where there is no directory. */
export const listSessions = (directory: string): ReadonlyArray<string> => {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter(
        (entry) => entry.isDirectory() && existsSync(join(directory, entry.name, manifestFile))
      )
      .map((entry) => entry.name)
      .sort()
  } catch {
    // Whatever keeps it from being listed, no session of it can be run: it has none.
    return []
  }
}

/** Decodes a session whose files `read` returns. Hostile bytes give an error or bad rows. */
export const decodeSession = (
  name: string,
  read: (file: string) => Result.Result<Uint8Array, SessionUnreadable>
): Result.Result<SessionQuotes, SessionError> =>
  Result.gen(function* () {
    const manifestBytes = yield* read(manifestFile)
    const manifest = yield* Result.mapError(
      decodeManifest(Buffer.from(manifestBytes).toString("utf8")),
      (detail) => new SessionInvalid({ file: manifestFile, detail })
    )
    if (manifest.name !== name) {
      const detail = `its name is "${manifest.name}", its folder's is "${name}"`
      return yield* Result.fail(new SessionInvalid({ file: manifestFile, detail }))
    }
    const contractRows = yield* open(manifest.contracts, contractsHeader, read)
    const listed = readContracts(contractRows, manifest.contracts.file, manifest)
    yield* checkRowCount(manifest.contracts, listed.rows)
    const instruments = makeInstruments(manifest.underlying, listed.contracts)
    const session = new SessionRows(new QuoteColumns(), knownContracts(instruments), listed.bad)
    const days = manifest.dates.map((date) => tradingDay(date)!)
    for (const file of manifest.files) {
      const dayIndex = manifest.dates.indexOf(file.date)
      const csv = yield* open(file, headers[file.kind], read)
      yield* checkRowCount(file, session.read(csv, file, days[dayIndex]!, dayIndex))
    }
    return assemble(manifest, instruments, days, session)
  })

const manifestFile = "session.json"

/** No file of a session unpacks to more: a guard against a bomb. */
const unpackedBytesMax = 256 * 1024 * 1024

const readBytes = (path: string): Result.Result<Uint8Array, SessionUnreadable> => {
  try {
    return Result.succeed(readFileSync(path))
  } catch (cause) {
    return Result.fail(new SessionUnreadable({ file: path, detail: reasonOf(cause) }))
  }
}

const unpack = (file: string, bytes: Uint8Array): Result.Result<Uint8Array, SessionUnreadable> => {
  if (!file.endsWith(".gz")) return Result.succeed(bytes)
  try {
    return Result.succeed(gunzipSync(bytes, { maxOutputLength: unpackedBytesMax }))
  } catch (cause) {
    return Result.fail(new SessionUnreadable({ file, detail: reasonOf(cause) }))
  }
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : `${cause}`)

/** Reads, checks and unpacks a file, and stands behind its header. */
const open = (
  entry: { readonly file: string; readonly sha256: string },
  header: string,
  read: (file: string) => Result.Result<Uint8Array, SessionUnreadable>
): Result.Result<CsvRows, SessionUnreadable | SessionTampered | SessionInvalid> =>
  Result.gen(function* () {
    const { file, sha256 } = entry
    const packed = yield* read(file)
    const foundSha256 = createHash("sha256").update(packed).digest("hex")
    if (foundSha256 !== sha256) {
      return yield* Result.fail(new SessionTampered({ file, expectedSha256: sha256, foundSha256 }))
    }
    const rows = new CsvRows(yield* unpack(file, packed))
    const found = rows.next()
      ? Array.from({ length: Math.min(rows.fieldCount, 16) }, (_, i) => rows.text(i)).join(",")
      : ""
    if (found !== header || rows.fieldCount > 16) {
      const detail = `its header is "${found.slice(0, 200)}", "${header}" is needed`
      return yield* Result.fail(new SessionInvalid({ file, detail }))
    }
    return rows
  })

const checkRowCount = (
  entry: { readonly file: string; readonly rows: number },
  found: number
): Result.Result<void, SessionInvalid> =>
  entry.rows === found
    ? Result.succeed(undefined)
    : Result.fail(
        new SessionInvalid({
          file: entry.file,
          detail: `it has ${found} rows, session.json says ${entry.rows}`
        })
      )

const assemble = (
  manifest: SessionManifest,
  instruments: ReadonlyArray<Instrument>,
  days: ReadonlyArray<TradingDay>,
  session: SessionRows
): SessionQuotes => {
  const { quotes } = session
  const order = quotes.order(days.length * slotsPerDay, instruments.length)
  const midnightMs = days.map((day) => day.openMs - regularOpenMsOfDay)
  const timeMs = new Float64Array(order.length)
  let withoutBid = 0
  let withoutAsk = 0
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!
    const slot = quotes.slot[row]!
    const minute = slot % slotsPerDay
    timeMs[i] = midnightMs[(slot - minute) / slotsPerDay]! + (minute + 1) * minuteMs
    if (quotes.bidMicros[row] === 0) withoutBid++
    if (quotes.askMicros[row] === 0) withoutAsk++
  }
  const closeOf = (price: string): number => parsePriceMicros(price)!
  return {
    name: manifest.name,
    underlying: manifest.underlying,
    instruments,
    days,
    rowCount: order.length,
    timeMs,
    instrument: gatherInt32(quotes.instrument, order),
    bidMicros: gatherFloat64(quotes.bidMicros, order),
    askMicros: gatherFloat64(quotes.askMicros, order),
    bidSize: gatherInt32(quotes.bidSize, order),
    askSize: gatherInt32(quotes.askSize, order),
    stockTrades: session.stockTrades(),
    assumptions: {
      riskFreeRate: manifest.riskFreeRate,
      riskFreeRateSource: manifest.riskFreeRateSource,
      dividendYield: manifest.dividendYield,
      dividendYieldSource: manifest.dividendYieldSource,
      previousCloseMicros:
        manifest.previousClose === null ? undefined : closeOf(manifest.previousClose.price),
      closes: manifest.closes.map(({ date, price }) => ({ date, closeMicros: closeOf(price) }))
    },
    report: session.report(withoutBid, withoutAsk)
  }
}
