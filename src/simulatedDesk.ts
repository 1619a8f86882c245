/**
 * The trading desk on a recorded session with everything in memory, as one effect: for examples, experiments and tests of
 * strategies. Paths and settings are the package's own.
 */
import * as path from "node:path"
import { Context, Effect, Layer } from "effect"
import { Configuration } from "./actors/ports/Configuration.ts"
import { Inference } from "./actors/ports/Inference.ts"
import { Journal } from "./actors/ports/Journal.ts"
import { CertificatePresented } from "./actors/ports/records/certificate.ts"
import { DepositFunds, operatorSource } from "./actors/ports/records/operator.ts"
import { openBook, recordTypes } from "./actors/runtime/Book.ts"
import type { FaultHook } from "./actors/runtime/handle.ts"
import { Intake } from "./actors/runtime/Intake.ts"
import { makeLiveHost } from "./actors/runtime/LiveHost.ts"
import { OperatorLane } from "./actors/runtime/OperatorLane.ts"
import { runSession } from "./actors/runtime/SessionRun.ts"
import { straightHost } from "./actors/runtime/straightSession.ts"
import { type Verification, verifyRecords } from "./actors/runtime/verify.ts"
import { openDeskChain } from "./deskChain.ts"
import { makeRecordCodec } from "./domain/journal/codec.ts"
import type { InputDraft, JournalRecord } from "./domain/journal/record.ts"
import type { SessionQuotes } from "./domain/market/sessionQuotes.ts"
import { openSimulatedBroker } from "./infra/broker/simulated/broker.ts"
import { presentCertificates, sealCertificate } from "./infra/certificates/store.ts"
import * as YamlFiles from "./infra/config/yamlFiles.ts"
import { loadSession } from "./infra/data/SessionFile.ts"
import * as Onnx from "./infra/inference/onnx.ts"
import { makeMemoryJournal } from "./infra/journal/memory.ts"
import { makeMemoryMedium as exchangeLog } from "./infra/log/medium.ts"
import { packageRoot, version } from "./infra/product.ts"
import {
  dailyHistoryOf,
  microsOf,
  simulatedMarket,
  simulatedRules,
  simulatedWorld
} from "./simulatedWorld.ts"
import { decodeSettings } from "./supervisors/settings.ts"
import { type CustomStrategy, deskPlan, runningCustom } from "./supervisors/tradingDesk.ts"

export interface SimulatedDeskOptions {
  /** Goes over config/main.yaml, section by section. */
  readonly settings?: object
  /** The session ends so long after its first open; all of it by default. */
  readonly minutes?: number
  /** Strategies beside the desk's own. */
  readonly strategies?: ReadonlyArray<CustomStrategy>
  /** Custom strategies that are shown a certificate made by hand: nothing stands behind it. */
  readonly certified?: ReadonlyArray<CustomStrategy>
  /** Session seconds per second of the clock, on fibers; by default as fast as it goes, without them. */
  readonly speed?: number
  /** Crashes actors. */
  readonly fault?: FaultHook
}

export interface SimulatedDay {
  readonly records: ReadonlyArray<JournalRecord>
  /** Hex hash of every actor's state at the end. */
  readonly stateHash: string
  /** Crashes that supervision cured. */
  readonly restarts: number
  /** Decides every record anew. */
  readonly verify: () => Verification
}

/** Runs the desk through the session. Fails where a file or a setting is wrong. */
export const runSimulatedDesk = Effect.fn("SimulatedDesk.run")(function* (
  options: SimulatedDeskOptions
) {
  const settings = yield* readSettings(options)
  const modelId = settings.ai.models[settings.session]!
  const whole = yield* loadSession(
    path.resolve(packageRoot, settings.folders.sessions),
    settings.session
  )
  const session = options.minutes === undefined ? whole : firstMinutes(whole, options.minutes)
  const market = simulatedMarket(session)
  const exchange = yield* openSimulatedBroker(exchangeLog(), market, simulatedRules(settings))
  const chain = yield* openDeskChain({ settings, folder: undefined })
  const models = yield* Layer.build(
    Onnx.layer({ modelsDir: path.resolve(packageRoot, settings.folders.models) })
  )
  const inference = Context.get(models, Inference)
  const history = yield* dailyHistoryOf(session, path.join(packageRoot, "data"))
  const parts = { settings, session, contentHash: "", history, exchange, chain, inference }
  const { gateways, world } = simulatedWorld(parts)
  const { strategies = [], speed = Number.POSITIVE_INFINITY, fault } = options
  const runtime = { node: process.versions.node, v8: process.versions.v8 }
  const plan = deskPlan(settings, { modelId, build: version, gateways, runtime, strategies })
  const codec = makeRecordCodec(recordTypes(plan))
  const journal = makeMemoryJournal(codec, { book: settings.book })
  const start = [
    ...(yield* presentCertificates(
      path.resolve(packageRoot, settings.folders.certificates),
      session.days[0]!.date
    )),
    firstDeposit(settings.vault.depositUsdt),
    ...(options.certified ?? []).map((strategy, at) => byHand(strategy, session, at + 1))
  ]
  return yield* Effect.gen(function* () {
    const book = yield* openBook(plan)
    const rewindMarket = (sourceSeq: number) => world.market.resumeAfter(sourceSeq)
    const limits = { mailboxCapacity: 8, quoteBatchMax: 512, rewindMarket }
    const host =
      options.speed === undefined
        ? straightHost(book, fault)
        : yield* makeLiveHost(book, { ...limits, ...(fault !== undefined && { fault }) })
    const intake = new Intake({ inputsMax: 1, controlMax: 1 })
    const control = new OperatorLane(start, book.kernel.ledger, intake)
    const pacing = { ...settings.storage, speed, paceStepMs: settings.run.refreshMs }
    yield* runSession(book, host, { ...world, control }, gateways, pacing)
    const records = journal.records()
    const day: SimulatedDay = {
      records,
      stateHash: book.stateHash(),
      restarts: book.kernel.ledger.restarts,
      verify: () => verifyRecords(plan, codec, (from) => records.slice(from))
    }
    return day
  }).pipe(Effect.provideService(Journal, journal))
}, Effect.scoped)

const readSettings = Effect.fnUntraced(
  function* (options: SimulatedDeskOptions) {
    const { read } = yield* Configuration
    const layers = yield* read({ config: undefined, env: "dev" })
    const over = { file: "options", value: options.settings ?? {} }
    return yield* Effect.fromResult(decodeSettings([...layers, over]))
  },
  Effect.provide(YamlFiles.layer(path.join(packageRoot, "config")))
)

/** Its days then close there. */
const firstMinutes = (session: SessionQuotes, minutes: number): SessionQuotes => {
  const untilMs = session.days[0]!.openMs + minutes * 60_000
  const first = session.timeMs.findIndex((timeMs) => timeMs > untilMs)
  const days = session.days
    .filter(({ openMs }) => openMs < untilMs)
    .map((day) => ({ ...day, closeMs: Math.min(day.closeMs, untilMs) }))
  return { ...session, days, rowCount: first < 0 ? session.rowCount : first }
}

const firstDeposit = (usdt: string): InputDraft => ({
  ...DepositFunds.make({ depositId: "first-deposit", amountMicros: microsOf(usdt) }),
  source: operatorSource,
  sourceSeq: 1
})

/** Says that the strategy passed, with no validation behind it. For simulations alone. */
const byHand = (
  strategy: CustomStrategy,
  session: SessionQuotes,
  sourceSeq: number
): InputDraft => {
  const { date } = session.days[0]!
  const certificate = sealCertificate({
    ...runningCustom(strategy),
    certificateId: `by-hand-${strategy.strategyId}`,
    validatedOn: [],
    dataThrough: "1970-01-01",
    issuedFor: session.name,
    validFrom: date,
    expires: session.days.at(-1)!.date,
    metrics: {},
    passed: true
  })
  const presented = { certificate, computedHash: certificate.hash }
  return { ...CertificatePresented.make(presented), source: "by hand", sourceSeq }
}
