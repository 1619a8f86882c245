/** Examines a strategy on the committed daily data before a session and makes its certificate. */
import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { join, relative } from "node:path"
import { Effect, Schema } from "effect"
import type { Certificate } from "../../domain/certificates/certificate.ts"
import { formatDays, parseDate } from "../../domain/market/civilDate.ts"
import {
  parametersFault,
  parametersText,
  type VolatilityStrategyParameters
} from "../../domain/strategies/parameters.ts"
import {
  type ValidationReport,
  validateVolatility
} from "../../domain/validation/validateVolatility.ts"
import {
  type BadDailyFile,
  type DailyHistoryUnavailable,
  dailySeriesOf
} from "../data/dailyHistory.ts"
import { sealCertificate } from "./store.ts"

export interface ValidationRequest {
  /** Folder of the project; paths in the certificate are relative to it. */
  readonly root: string
  readonly dataDir: string
  readonly strategyId: string
  readonly strategyVersion: string
  readonly parameters: VolatilityStrategyParameters
  /** Name of the session, and its first date: only data before it is used. */
  readonly session: string
  readonly sessionDate: string
}

export interface Validation {
  readonly report: ValidationReport
  readonly certificate: Certificate
}

/** The parameters contradict each other, or the index file is not usable. */
export class ValidationImpossible extends Schema.TaggedError<ValidationImpossible>()(
  "ValidationImpossible",
  { why: Schema.String }
) {
  override get message(): string {
    return this.why
  }
}

const benchmark = "SPY"
const panel = ["QQQ", "IWM", "AAPL", "GOOG", "IBM"]
const indexFile = "vix_1990_2026.csv"
const indexHeader = "date,open,high,low,close"
/** A certificate is good for this long, the first day included. */
const validDays = 30

/** Takes about half a minute: every trial walks a dozen years of six symbols. A failed examination is certified as such. */
export const validateStrategy = (
  request: ValidationRequest
): Effect.Effect<Validation, ValidationImpossible | DailyHistoryUnavailable | BadDailyFile> =>
  Effect.gen(function* () {
    const { dataDir, parameters, sessionDate } = request
    const fault = parametersFault(parameters)
    const firstDay = parseDate(sessionDate)
    if (fault !== undefined) return yield* new ValidationImpossible({ why: fault })
    if (firstDay === undefined) {
      return yield* new ValidationImpossible({
        why: `session date was "${sessionDate}", YYYY-MM-DD is allowed`
      })
    }
    const index = yield* readIndex(join(dataDir, "daily", indexFile), sessionDate)
    const histories = yield* Effect.forEach([benchmark, ...panel], (symbol) =>
      dailySeriesOf({ dataDir, symbol, before: sessionDate })
    )
    const [first, ...others] = histories
    const report = validateVolatility(parameters, {
      index: index.rows,
      benchmark: first!,
      panel: others
    })
    const files = new Map(
      [index.file, ...histories.flatMap((each) => each.files)].map((file) => [
        relative(request.root, file.path),
        file.sha256
      ])
    )
    const certificate = sealCertificate({
      certificateId: `${request.strategyId}-${request.session}`,
      strategyId: request.strategyId,
      strategyVersion: request.strategyVersion,
      parametersHash: sha256(parametersText(parameters)),
      validatedOn: [...files].map(([path, hash]) => ({ path, sha256: hash })),
      dataThrough: report.dataThrough,
      issuedFor: request.session,
      validFrom: sessionDate,
      expires: formatDays(firstDay + validDays - 1),
      metrics: report.metrics,
      passed: report.passed
    })
    return { report, certificate }
  })

const readIndex = (path: string, before: string) =>
  Effect.tryPromise({
    try: () => readFile(path, "utf8"),
    catch: (cause) => new ValidationImpossible({ why: `${path} cannot be read: ${String(cause)}` })
  }).pipe(
    Effect.flatMap((text) => {
      const [header, ...lines] = text.split(/\r?\n/)
      if (header !== indexHeader) {
        const why = `${path}: line 1 is "${header?.slice(0, 60)}", expected "${indexHeader}"`
        return Effect.fail(new ValidationImpossible({ why }))
      }
      const rows: Array<{ readonly date: string; readonly volatility: number }> = []
      for (const [at, line] of lines.entries()) {
        const [date = "", , , , close] = line.split(",")
        if (line === "" || date >= before) continue
        const volatility = Number(close) / 100
        if (parseDate(date) === undefined || !(volatility > 0)) {
          const why = `${path}: line ${at + 2} is "${line.slice(0, 60)}", a date and a close above 0 are expected`
          return Effect.fail(new ValidationImpossible({ why }))
        }
        rows.push({ date, volatility })
      }
      return Effect.succeed({ rows, file: { path, sha256: sha256(text) } })
    })
  )

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")
