/**
 * The market and the settings of a simulated session: a slice of the recorded GOOG session near the money, under a
 * strategy that trades more readily than the certified one, so that orders, fills, cancels, hedges and closings all
 * happen in it. Its certificates say nothing of the strategy's worth.
 */
import * as path from "node:path"
import { Context, Effect, Layer } from "effect"
import type { RunningStrategy } from "../actors/convergence.ts"
import { Configuration } from "../actors/ports/Configuration.ts"
import { Inference } from "../actors/ports/Inference.ts"
import { CertificatePresented } from "../actors/ports/records/certificate.ts"
import { uniformAt } from "../domain/chance.ts"
import type { InputDraft } from "../domain/journal/record.ts"
import type { Instrument } from "../domain/market/contract.ts"
import { microsPerUsd } from "../domain/market/price.ts"
import type { SessionQuotes } from "../domain/market/sessionQuotes.ts"
import { sliceSession } from "../domain/market/sliceSession.ts"
import { sealCertificate } from "../infra/certificates/store.ts"
import * as YamlFiles from "../infra/config/yamlFiles.ts"
import { loadSession } from "../infra/data/SessionFile.ts"
import * as Onnx from "../infra/inference/onnx.ts"
import { packageRoot } from "../infra/product.ts"
import { dailyHistoryOf } from "../simulatedWorld.ts"
import { decodeSettings, type Settings } from "../supervisors/settings.ts"
import { runningStrategies } from "../supervisors/tradingDesk.ts"

export interface Stage {
  /** The exchange behind the port; or Interactive Brokers' wire, as on the wall clock, to the TWS simulator. */
  readonly broker: "simulated" | "wire"
  /** Where the book is kept. */
  readonly journal: "file" | "kafka"
  /** The vault: a ledger in memory, or the program in LiteSVM. */
  readonly chain: "ledger" | "litesvm"
  readonly settings: Settings
  readonly session: SessionQuotes
  readonly history: Effect.Success<ReturnType<typeof dailyHistoryOf>>
  readonly inference: Context.Service.Shape<typeof Inference>
  readonly certificates: ReadonlyArray<InputDraft>
}

export const surroundings = (settings: Settings) => ({
  modelId: settings.ai.models[settings.session]!,
  build: "simulation",
  runtime: { node: "simulation", v8: "simulation" }
})

const sessionName = "goog-2015-12-24"
const spotMicros = 748 * microsPerUsd

/** Share of the spot that a strike may be away, by expiration: one of them expires in the session. */
const widths: Readonly<Record<string, number>> = {
  "2015-12-24": 0.01,
  "2016-01-08": 0.05,
  "2016-01-15": 0.06,
  "2016-01-22": 0.06
}

/** Of the session, as the stock stood in its first hour. */
export const nearTheMoney = (instrument: Instrument): boolean => {
  if (instrument.kind === "Stock") return true
  const { expiration, strikeMicros } = instrument.contract
  return Math.abs(strikeMicros / spotMicros - 1) < (widths[expiration] ?? 0)
}

/** Settings over the product's own. */
export const tradesReadily = {
  session: sessionName,
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
}

/** Loads what all seeds share: most of a second. */
export const loadStage = Effect.fn("Simulation.loadStage")(function* () {
  const layers = yield* Effect.provide(
    Effect.flatMap(Configuration, ({ read }) => read({ config: undefined, env: "dev" })),
    YamlFiles.layer(path.join(packageRoot, "config"))
  )
  const settings = yield* Effect.fromResult(
    decodeSettings([...layers, { file: "simulation", value: tradesReadily }])
  )
  const session = yield* loadSession(path.join(packageRoot, "data/sessions"), sessionName)
  const history = yield* dailyHistoryOf(session, path.join(packageRoot, "data"))
  const models = yield* Layer.build(Onnx.layer({ modelsDir: path.join(packageRoot, "models") }))
  const certificates = runningStrategies(settings).map(certified)
  const inference = remembered(Context.get(models, Inference))
  const stage: Stage = {
    broker: "simulated",
    journal: "file",
    chain: "ledger",
    settings,
    session,
    history,
    inference,
    certificates
  }
  return stage
})

/** Every so many seeds the book is on Kafka. */
const seedsPerKafka = 3
/** Every so many seeds the vault is the program; each of its transactions takes a millisecond. */
const seedsPerProgram = 4

/** Every so many seeds the broker is behind its wire. */
const seedsPerWire = 5

/**
 * The market of a seed: when it begins, how long it lasts, and which quotes it leaves out; and where its book is and how it
 * reaches its broker, unless that is said.
 */
export const stageOf = (
  whole: Stage,
  seed: number,
  journal: Stage["journal"] = seed % seedsPerKafka === 0 ? "kafka" : "file",
  broker: Stage["broker"] = seed % seedsPerWire === 2 ? "wire" : "simulated"
): Stage => {
  const { openMs } = whole.session.days[0]!
  const minutes = 30 + Math.floor(uniformAt(seed, 21) * 8)
  const silentShare = uniformAt(seed, 22) < 0.5 ? 0 : 0.15 * uniformAt(seed, 23)
  const keepRow = (row: number): boolean =>
    silentShare === 0 || uniformAt(seed, 24, row) >= silentShare
  return {
    ...whole,
    broker,
    journal,
    chain: seed % seedsPerProgram === 0 ? "litesvm" : "ledger",
    settings: walking({
      ...whole.settings,
      ...(broker === "wire" && wired(whole)),
      ...{ seed, risk: tightened(whole.settings.risk, seed) }
    }),
    session: sliceSession(whole.session, {
      keep: nearTheMoney,
      untilMs: openMs + minutes * 60_000,
      keepRow
    })
  }
}

/** Today's market at TWS; what it is comes from the session, as nothing else tells it. */
const wired = ({ settings, session }: Stage): Pick<Settings, "mode" | "brokers"> => {
  const { ib } = settings.brokers
  const { riskFreeRate, dividendYield } = session.assumptions
  const market = { symbol: session.underlying, riskFreeRate, dividendYield }
  return {
    mode: "paper",
    brokers: { ...settings.brokers, use: "ib", ib: { ...ib, ...market, hours: "exchange" } }
  }
}

/** Limits of a seed: in some so tight that the gate must refuse. */
const tightened = (risk: Settings["risk"], seed: number): Settings["risk"] => {
  const oneOf = (place: number, values: ReadonlyArray<number>): number =>
    values[Math.floor(uniformAt(seed, 25, place) * values.length)]!
  return {
    ...risk,
    openTradesMax: oneOf(0, [0, 1, ...wide(risk.openTradesMax)]),
    orderRateMax: oneOf(1, [0, 1, ...wide(risk.orderRateMax)]),
    legContractsMax: oneOf(2, [4, ...wide(risk.legContractsMax)]),
    legSharesMax: oneOf(3, [20, ...wide(risk.legSharesMax)])
  }
}

/** In the third and fourth of so many seeds orders walk their limits. */
const seedsPerWalk = 5

const walking = (settings: Settings): Settings => {
  const { seed, execution } = settings
  if (![2, 3].includes(seed % seedsPerWalk)) return settings
  const steps = 2 + Math.floor(uniformAt(seed, 26, 1) * 7)
  const everyMs = 3_000 + Math.floor(uniformAt(seed, 26, 2) * 20_000)
  const startShare = 0.5 * uniformAt(seed, 26, 3)
  return { ...settings, execution: { ...execution, walk: { steps, everyMs, startShare } } }
}

const wide = (limit: number): ReadonlyArray<number> => Array.from({ length: 7 }, () => limit)

/** A strategy's certificate for a simulation: it says nothing of the strategy's worth. */
export const certified = (strategy: RunningStrategy, index: number): InputDraft => {
  const certificate = sealCertificate({
    ...strategy,
    certificateId: `simulation-${strategy.strategyId}`,
    validatedOn: [],
    dataThrough: "2015-12-23",
    issuedFor: sessionName,
    validFrom: "2015-12-24",
    expires: "2015-12-31",
    metrics: {},
    passed: true
  })
  const presented = { certificate, computedHash: certificate.hash }
  return { ...CertificatePresented.make(presented), source: "certificates", sourceSeq: index + 1 }
}

/** One answer per question over all seeds: the model gives the same bits each time (contract: test/contract/inference). */
const remembered = (sound: Stage["inference"]): Stage["inference"] => {
  const answers = new Map<string, Effect.Success<ReturnType<typeof sound.infer>>>()
  return {
    infer: (request) => {
      const key = `${request.modelId} ${request.features.join()}`
      const known = answers.get(key)
      return known !== undefined
        ? Effect.succeed(known)
        : Effect.tap(sound.infer(request), (answer) => Effect.sync(() => answers.set(key, answer)))
    }
  }
}
