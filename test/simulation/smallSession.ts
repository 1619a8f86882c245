/**
 * The first 34 minutes of the real GOOG session, near the money, under a strategy that trades more readily than the
 * certified one: orders, fills, cancels, hedges and closings all happen in it. Its certificate is this test's own.
 */
import { Effect } from "effect"
import type { RunningStrategy } from "../../src/actors/convergence.ts"
import { CertificatePresented } from "../../src/actors/ports/records/certificate.ts"
import type { InputDraft } from "../../src/domain/journal/record.ts"
import type { Instrument } from "../../src/domain/market/contract.ts"
import { microsPerUsd } from "../../src/domain/market/price.ts"
import { sealCertificate } from "../../src/infra/certificates/store.ts"
import { runningStrategies } from "../../src/supervisors/tradingDesk.ts"
import { loadStage, type Stage, settingsWith, sliceSession } from "./deskSimulation.ts"

const sessionName = "goog-2015-12-24"
const minutes = 34
const spotMicros = 748 * microsPerUsd

/** Share of the spot that a strike may be away, by expiration: one of them expires in the session. */
const widths: Readonly<Record<string, number>> = {
  "2015-12-24": 0.01,
  "2016-01-08": 0.05,
  "2016-01-15": 0.06,
  "2016-01-22": 0.06
}

const keep = (instrument: Instrument): boolean => {
  if (instrument.kind === "Stock") return true
  const { expiration, strikeMicros } = instrument.contract
  return Math.abs(strikeMicros / spotMicros - 1) < (widths[expiration] ?? 0)
}

export const smallSettings = settingsWith({
  hedging: { bandShares: 10, flattenBeforeMs: 420_000 },
  risk: { noOpenLastMinutes: 9 },
  strategies: {
    volatility: {
      impliedOverForecastMinToSell: 1.1,
      impliedOverForecastMaxToBuy: 0.9,
      tradingDaysMin: 3,
      tradingDaysMax: 40,
      innerDelta: 0.25,
      outerDelta: 0.1,
      skewSteep: 0.15,
      skewFlat: 0.02,
      legSpreadOverMidMax: 0.4,
      positionsMax: 3,
      firstConcession: 0.5,
      maxLossMicrosPerTrade: 5_000_000_000,
      exitTradingDays: 1,
      entryMinutesToCloseMin: 9,
      flattenMinutesToClose: 7
    }
  }
})

export const smallStage = Effect.fnUntraced(function* () {
  const stage = yield* loadStage(sessionName)
  const { session } = stage
  const untilMs = session.days[0]!.openMs + minutes * 60_000
  const small: Stage = {
    ...stage,
    session: sliceSession(session, keep, untilMs),
    certificates: runningStrategies(smallSettings).map(certified)
  }
  return small
})

/** A strategy's certificate for a test: it says nothing of the strategy's worth. */
export const certified = (strategy: RunningStrategy, index: number): InputDraft => {
  const certificate = sealCertificate({
    ...strategy,
    certificateId: `test-${strategy.strategyId}`,
    validatedOn: [],
    dataThrough: "2015-12-23",
    issuedFor: sessionName,
    validFrom: "2015-12-24",
    expires: "2015-12-31",
    metrics: {},
    passed: true
  })
  const presented = { certificate, computedHash: certificate.hash }
  return {
    ...CertificatePresented.make(presented),
    source: "certificates",
    sourceSeq: index + 1
  }
}
