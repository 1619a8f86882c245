/**
 * The day that a run trades: a recorded session, or today on the wall clock; with its model and its certificates.
 */
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import * as path from "node:path"
import { Clock, Effect } from "effect"
import { isOnKafka } from "./actors/ports/Runs.ts"
import { CertificatePresented } from "./actors/ports/records/certificate.ts"
import { DepositFunds, operatorSource } from "./actors/ports/records/operator.ts"
import { CannotStart } from "./cli/Launcher.ts"
import type { Places } from "./deskChecks.ts"
import { canonicalJson } from "./domain/journal/canonicalJson.ts"
import type { InputDraft, PayloadOf } from "./domain/journal/record.ts"
import type { SessionQuotes } from "./domain/market/sessionQuotes.ts"
import { type Listing, readListing, todayOf, wallSession } from "./ibWallDay.ts"
import { presentCertificates } from "./infra/certificates/store.ts"
import { loadSession } from "./infra/data/SessionFile.ts"
import { packageRoot } from "./infra/product.ts"
import { microsOf } from "./simulatedWorld.ts"
import { decidingIb, isOnWallClock } from "./supervisors/ibSettings.ts"
import type { Settings } from "./supervisors/settings.ts"
import { volatilityStrategyId } from "./supervisors/tradingDesk.ts"

const cannotStart = (error: { readonly message: string }): CannotStart =>
  new CannotStart({ why: error.message })

export const placesOf = ({ folders }: Settings): Places => ({
  sessionsDir: path.resolve(packageRoot, folders.sessions),
  modelsDir: path.resolve(packageRoot, folders.models),
  certificatesDir: path.resolve(packageRoot, folders.certificates)
})

/** The recorded session, or what is traded on the wall clock. */
export const marketOf = (settings: Settings): string =>
  isOnWallClock(settings) ? settings.brokers.ib.symbol : settings.session

/** SHA-256 of the session's manifest; on the wall clock of what decides the listing. */
export const contentHashOf = (settings: Settings): string =>
  isOnWallClock(settings)
    ? createHash("sha256")
        .update(canonicalJson(decidingIb(settings.brokers.ib, settings.mode)))
        .digest("hex")
    : hashOfFile(path.join(placesOf(settings).sessionsDir, settings.session, "session.json"))

const hashOfFile = (file: string): string =>
  createHash("sha256").update(fs.readFileSync(file)).digest("hex")

export interface Day {
  readonly session: SessionQuotes
  /** What an earlier life of the run listed, on the wall clock. */
  readonly listing: Listing | undefined
}

/** The recorded session; on the wall clock today, or the day that the run began. */
export const dayOf = Effect.fnUntraced(function* (
  settings: Settings,
  folder: string | undefined,
  resumed: boolean
): Effect.fn.Return<Day, CannotStart> {
  if (!isOnWallClock(settings)) {
    const { sessionsDir } = placesOf(settings)
    const session = yield* Effect.mapError(loadSession(sessionsDir, settings.session), cannotStart)
    return { session, listing: undefined }
  }
  const hasJournal =
    resumed &&
    (isOnKafka(settings.storage.journal) || fs.existsSync(path.join(folder ?? "", "journal")))
  const listing = yield* readListing(folder, hasJournal)
  const day = listing?.day ?? (yield* todayOf(settings, yield* Clock.currentTimeMillis))
  return { session: wallSession(settings, day), listing }
})

/** With what a run is told at its start. */
export interface OpeningDay extends Day {
  /** Certificates, then the first deposit. */
  readonly startInputs: ReadonlyArray<InputDraft>
}

export const openingDayOf = Effect.fnUntraced(function* (
  settings: Settings,
  folder: string | undefined,
  resumed: boolean
): Effect.fn.Return<OpeningDay, CannotStart> {
  const day = yield* dayOf(settings, folder, resumed)
  return { ...day, startInputs: yield* startInputsOf(settings, day.session) }
})

export const modelOf = (settings: Settings): Effect.Effect<string, CannotStart> => {
  if (isOnWallClock(settings)) {
    const { model, symbol } = settings.brokers.ib
    return model === ""
      ? Effect.fail(new CannotStart({ why: `brokers.ib.model names no model for ${symbol}` }))
      : Effect.succeed(model)
  }
  const modelId = settings.ai.models[settings.session]
  return modelId === undefined
    ? Effect.fail(
        new CannotStart({
          why: `ai.models names no model for session ${settings.session}; it has ${Object.keys(settings.ai.models).join(", ")}`
        })
      )
    : Effect.succeed(modelId)
}

const startInputsOf = Effect.fnUntraced(function* (settings: Settings, session: SessionQuotes) {
  const certificates = yield* Effect.mapError(
    presentCertificates(placesOf(settings).certificatesDir, session.days[0]!.date),
    cannotStart
  )
  const deposit: InputDraft = {
    ...DepositFunds.make({
      depositId: "first-deposit",
      amountMicros: microsOf(settings.vault.depositUsdt)
    }),
    source: operatorSource,
    sourceSeq: 1
  }
  return [...certificates, deposit]
})

/** What the reader is to know of the day before it starts. */
export const dayNotices = (
  settings: Settings,
  { session, startInputs }: OpeningDay
): ReadonlyArray<string> =>
  isOnWallClock(settings) ? certificateNotices(startInputs, session) : sessionNotices(session)

const certificateNotices = (
  startInputs: ReadonlyArray<InputDraft>,
  { days }: SessionQuotes
): ReadonlyArray<string> => {
  const { date } = days[0]!
  const isInForce = startInputs.some(({ type, payload }) => {
    if (type !== CertificatePresented.type) return false
    const { certificate } = payload as PayloadOf<typeof CertificatePresented>
    const { strategyId, validFrom, expires } = certificate
    return strategyId === volatilityStrategyId && validFrom <= date && date <= expires
  })
  return isInForce
    ? []
    : [
        `no certificate of ${volatilityStrategyId} is in force on ${date}: every trade will be refused; run \`validate ${volatilityStrategyId}\` with these settings`
      ]
}

const sessionNotices = ({ report }: SessionQuotes): ReadonlyArray<string> => [
  ...(report.badRows > 0 ? [`session data: ${report.badRows} bad rows left out`] : []),
  ...report.bad.slice(0, 5).map(({ file, line, reason }) => `  ${file}:${line}: ${reason}`),
  ...(report.notTradable > 0
    ? [`session data: ${report.notTradable} rows start at or after the close and are not traded on`]
    : [])
]
