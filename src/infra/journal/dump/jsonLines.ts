/** A journal's dump as JSON lines: the header, then a record per line. */
import * as fs from "node:fs/promises"
import { Effect, Result, Schema, type Scope } from "effect"
import {
  type DumpError,
  DumpHeader,
  DumpInvalid,
  type DumpRow,
  type DumpSink,
  type DumpSource,
  DumpUnavailable,
  type FoundRow
} from "../../../actors/ports/JournalDumps.ts"
import { pendingFile, reasonOf } from "../../tables/pendingFile.ts"

const pieceBytes = 1 << 20
/** No record is near this; a file without line ends is none of ours. */
const lineCharactersMax = 1 << 26

export const decodeHeader = (
  file: string,
  place: string,
  text: string
): Result.Result<DumpHeader, DumpInvalid> =>
  Result.mapError(
    decodeHeaderText(text),
    () => new DumpInvalid({ file, place, why: "it is not a dump of a journal, format 1" })
  )

const decodeHeaderText = Schema.decodeUnknownResult(Schema.fromJsonString(DumpHeader))

const attempt = <A>(file: string, act: () => Promise<A>): Effect.Effect<A, DumpUnavailable> =>
  Effect.tryPromise({
    try: act,
    catch: (cause) => new DumpUnavailable({ file, why: reasonOf(file, cause) })
  })

const openForReading = (file: string) =>
  Effect.acquireRelease(
    attempt(file, () => fs.open(file, "r")),
    (open) => Effect.promise(() => open.close().catch(() => undefined))
  )

export const openJsonLines = Effect.fnUntraced(function* (
  file: string
): Effect.fn.Return<DumpSource, DumpError, Scope.Scope> {
  const handle = yield* openForReading(file)
  const { size } = yield* attempt(file, () => handle.stat())
  const decoder = new TextDecoder("utf-8")
  const piece = new Uint8Array(pieceBytes)
  let rest = ""
  let bytesRead = 0
  let lineNumber = 0
  let isEnded = false

  /** The whole lines of the next piece of the file; undefined at its end. */
  const lines = async (): Promise<Array<string> | undefined> => {
    while (!isEnded) {
      const { bytesRead: count } = await handle.read(piece, 0, pieceBytes, null)
      bytesRead += count
      isEnded = count === 0
      rest += decoder.decode(piece.subarray(0, count), { stream: !isEnded })
      const found = rest.split("\n")
      rest = isEnded ? "" : found.pop()!
      if (rest.length > lineCharactersMax) throw new Error("it has a line without an end")
      const whole = isEnded ? found.filter((line) => line !== "") : found
      if (whole.length > 0) return whole
    }
    return undefined
  }
  let waiting = (yield* attempt(file, lines)) ?? []
  const first = waiting.shift()
  lineNumber++
  const header = yield* Effect.fromResult(decodeHeader(file, "1", first ?? ""))
  const next = Effect.gen(function* () {
    if (waiting.length === 0) waiting = (yield* attempt(file, lines)) ?? []
    if (waiting.length === 0) return undefined
    const rows: Array<FoundRow> = []
    for (const line of waiting) {
      const place = String(++lineNumber)
      const fields = Result.try(() => JSON.parse(line) as unknown)
      if (Result.isFailure(fields) || typeof fields.success !== "object") {
        return yield* new DumpInvalid({ file, place, why: "the line is not a JSON object" })
      }
      rows.push({ place, fields: (fields.success ?? {}) as FoundRow["fields"] })
    }
    waiting = []
    return rows
  })
  return { header, next, readShare: () => (size === 0 ? 1 : Math.min(1, bytesRead / size)) }
})

export const createJsonLines = Effect.fnUntraced(function* (
  file: string,
  header: DumpHeader
): Effect.fn.Return<DumpSink, DumpUnavailable, Scope.Scope> {
  const pending = yield* Effect.mapError(pendingFile(file), unavailable)
  yield* attempt(file, () => pending.write(`${JSON.stringify(header)}\n`))
  return {
    write: (rows) => attempt(file, () => pending.write(rows.map(lineOf).join(""))),
    finish: attempt(file, pending.finish)
  }
})

export const unavailable = ({ file, detail }: { readonly file: string; readonly detail: string }) =>
  new DumpUnavailable({ file, why: detail })

const lineOf = ({ payload, crc, ...header }: DumpRow): string =>
  `${JSON.stringify(header).slice(0, -1)},"payload":${payload},"crc":"${crc}"}\n`
