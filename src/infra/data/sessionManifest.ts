/** session.json: what a session holds, where it comes from, and the digest of each of its files. */
import { Result, Schema } from "effect"
import { tradingDay } from "../../domain/market/calendar.ts"
import { ExerciseStyle } from "../../domain/market/contract.ts"
import { parsePriceMicros } from "../../domain/market/price.ts"

/** A price as decimal text in USD, so that no reader rounds it. */
const Price = Schema.String.check(
  Schema.makeFilter((text) => (parsePriceMicros(text) ?? 0) > 0 || "a decimal above 0, as text")
)

const TradingDate = Schema.String.check(
  Schema.makeFilter((text) => tradingDay(text) !== undefined || "a day the exchange is open")
)

const FileName = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/))

const Rate = Schema.Finite.check(Schema.isBetween({ minimum: -0.1, maximum: 1 }))

export const FileKind = Schema.Literals(["optionQuotes", "stockQuotes", "stockTrades"])
export type FileKind = typeof FileKind.Type

const FileDigest = {
  file: FileName,
  rows: Schema.Int,
  sha256: Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/)),
  source: Schema.String
}

export const SessionManifest = Schema.Struct({
  format: Schema.Literal(1),
  name: Schema.String,
  underlying: Schema.String.check(Schema.isPattern(/^[A-Z0-9]{1,6}$/)),
  description: Schema.String,
  source: Schema.String,
  licence: Schema.String,
  exerciseStyle: ExerciseStyle,
  multiplier: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100_000 })),
  /** Trading days in order. */
  dates: Schema.Array(TradingDate).check(Schema.isBetweenLength(1, 400)),
  /** Continuous, per year. */
  riskFreeRate: Rate,
  riskFreeRateSource: Schema.String,
  /** Continuous, per year. */
  dividendYield: Rate,
  dividendYieldSource: Schema.String,
  previousClose: Schema.NullOr(
    Schema.Struct({ date: TradingDate, price: Price, source: Schema.String })
  ),
  closes: Schema.Array(Schema.Struct({ date: TradingDate, price: Price, source: Schema.String })),
  contracts: Schema.Struct(FileDigest),
  files: Schema.Array(Schema.Struct({ ...FileDigest, kind: FileKind, date: TradingDate }))
})
export type SessionManifest = typeof SessionManifest.Type

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(SessionManifest))

/** Reads session.json; fails with one sentence. */
export const decodeManifest = (text: string): Result.Result<SessionManifest, string> =>
  Result.flatMap(
    Result.mapError(decode(text), (error) => error.message.replace(/\s+/g, " ").slice(0, 300)),
    (manifest) => {
      const fault = manifestFault(manifest)
      return fault === undefined ? Result.succeed(manifest) : Result.fail(fault)
    }
  )

const manifestFault = (manifest: SessionManifest): string | undefined => {
  const { dates, closes, files } = manifest
  const unordered = dates.find((date, index) => index > 0 && date <= dates[index - 1]!)
  if (unordered !== undefined) return `dates are not in order at ${unordered}`
  const unknown = files.find((file) => !dates.includes(file.date))
  if (unknown !== undefined) return `${unknown.file} has date ${unknown.date}, not in dates`
  const twice = files.find((file, index) =>
    files.some((other, at) => at < index && other.kind === file.kind && other.date === file.date)
  )
  if (twice !== undefined) return `${twice.file} is the second ${twice.kind} file of ${twice.date}`
  const open = dates.find((date) => !closes.some((close) => close.date === date))
  return open === undefined ? undefined : `closes has no price for ${open}`
}
