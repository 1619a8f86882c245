/**
 * The whole desk on a recorded session, for figures: the parts that `run` puts together, with memory or files beneath.
 *
 * The simulated exchange and the vault's ledger keep their logs in memory: they stand for the outside, which is not
 * what is measured.
 */

import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import type { OutsideLost, RequestGateway } from "../src/actors/ports/Gateway.ts"
import { Journal, type JournalError } from "../src/actors/ports/Journal.ts"
import { DepositFunds, operatorSource } from "../src/actors/ports/records/operator.ts"
import { type Book, openBook, recordTypes } from "../src/actors/runtime/Book.ts"
import type { FaultHook } from "../src/actors/runtime/handle.ts"
import { Intake } from "../src/actors/runtime/Intake.ts"
import { makeLiveHost } from "../src/actors/runtime/LiveHost.ts"
import { OperatorLane } from "../src/actors/runtime/OperatorLane.ts"
import { runSession } from "../src/actors/runtime/SessionRun.ts"
import { straightHost } from "../src/actors/runtime/straightSession.ts"
import { makeRecordCodec } from "../src/domain/journal/codec.ts"
import type { JournalRecord } from "../src/domain/journal/record.ts"
import { openSimulatedBroker } from "../src/infra/broker/simulated/broker.ts"
import { openVaultLedger } from "../src/infra/chain/ledger/VaultLedger.ts"
import { makeFileJournal } from "../src/infra/journal/file/FileJournal.ts"
import { makeMemoryJournal } from "../src/infra/journal/memory.ts"
import { makeMemoryMedium } from "../src/infra/log/medium.ts"
import {
  microsOf,
  simulatedMarket,
  simulatedRules,
  simulatedWorld,
  vaultLimits
} from "../src/simulatedWorld.ts"
import type { Settings } from "../src/supervisors/settings.ts"
import { deskPlan } from "../src/supervisors/tradingDesk.ts"
import { loadStage, type Stage, settingsWith } from "../test/simulation/deskSimulation.ts"

export type { Stage }
export { settingsWith }

const goog = "goog-2015-12-24"

/** Loads the default session, its models and certificates. */
export const googStage: Effect.Effect<Stage, never, Scope.Scope> = Effect.orDie(loadStage(goog))

const around = (settings: Settings) => ({
  modelId: settings.ai.models[settings.session]!,
  build: "bench",
  runtime: { node: process.versions.node, v8: process.versions.v8 }
})

export const deskCodec = (settings: Settings) =>
  makeRecordCodec(recordTypes(deskPlan(settings, { ...around(settings), gateways: [] })))

export const memoryJournal = (settings: Settings): Journal["Service"] =>
  makeMemoryJournal(deskCodec(settings), { book: settings.book })

export const fileJournal = (settings: Settings, directory: string): Journal["Service"] =>
  makeFileJournal(deskCodec(settings), {
    directory,
    book: settings.book,
    segmentBytesMax: settings.storage.segmentBytesMax
  })

/** A folder that goes with the scope. */
export const temporaryFolder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(join(tmpdir(), "optionsib-bench-"))),
  (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
)

export interface DeskRun {
  readonly stage: Stage
  readonly settings: Settings
  readonly journal: Journal["Service"]
  readonly host: "straight" | "live"
  readonly fault?: FaultHook
  readonly observe?: (record: JournalRecord) => void
  /** Puts itself between the desk and its outside. */
  readonly gateway?: (gateway: RequestGateway) => RequestGateway
  /** Asked before each input; true ends the session there. */
  readonly stop?: (book: Book) => boolean
}

export interface DeskResult {
  /** Wall seconds of the session alone: from the desk's first turn to its last commit. */
  readonly seconds: number
  /** Processor seconds of the same, all threads. */
  readonly cpuSeconds: number
  readonly records: number
  readonly restarts: number
  readonly quotes: number
}

/** One life of the desk, from an empty journal to the session's end. */
export const runDesk = (run: DeskRun): Effect.Effect<DeskResult, JournalError | OutsideLost> =>
  Effect.gen(function* () {
    const { stage, settings } = run
    const exchange = yield* Effect.orDie(
      openSimulatedBroker(
        makeMemoryMedium(),
        simulatedMarket(stage.session),
        simulatedRules(settings)
      )
    )
    const chain = yield* Effect.orDie(openVaultLedger(makeMemoryMedium(), vaultLimits(settings)))
    const outside = simulatedWorld({ ...stage, contentHash: "bench", settings, exchange, chain })
    const gateways = outside.gateways.map((gateway) => run.gateway?.(gateway) ?? gateway)
    const plan = deskPlan(settings, { ...around(settings), gateways })
    const book = yield* openBook(plan, run.observe)
    const { ledger } = book.kernel
    const deposit = DepositFunds.make({
      depositId: "first-deposit",
      amountMicros: microsOf(settings.vault.depositUsdt)
    })
    const start = [...stage.certificates, { ...deposit, source: operatorSource, sourceSeq: 1 }]
    const intake = new Intake({ inputsMax: 8, controlMax: 8 })
    const { market, speakers } = outside.world
    const host =
      run.host === "straight"
        ? straightHost(book, run.fault)
        : yield* makeLiveHost(book, {
            mailboxCapacity: 8,
            quoteBatchMax: 512,
            rewindMarket: (sourceSeq) => market.resumeAfter(sourceSeq),
            ...(run.fault !== undefined && { fault: run.fault })
          })
    const cpuBegan = process.cpuUsage()
    const began = performance.now()
    yield* runSession(
      book,
      host,
      { market, speakers, control: new OperatorLane(start, ledger, intake) },
      gateways,
      {
        commitRecordsMax: settings.storage.commitRecordsMax,
        snapshotRecords: settings.storage.snapshotRecords,
        leaseMs: settings.storage.leaseMs,
        speed: Number.POSITIVE_INFINITY,
        paceStepMs: 0
      },
      run.stop === undefined ? {} : { stopRequested: () => run.stop!(book) }
    )
    const seconds = (performance.now() - began) / 1000
    const cpu = process.cpuUsage(cpuBegan)
    const cpuSeconds = (cpu.user + cpu.system) / 1e6
    const { nextSeq: records, restarts } = ledger
    return { seconds, cpuSeconds, records, restarts, quotes: stage.session.rowCount }
  }).pipe(Effect.scoped, Effect.provideService(Journal, run.journal))

/** A plan to recover by: no gateway is asked anything. */
export const recoveryPlan = (settings: Settings) =>
  deskPlan(settings, { ...around(settings), gateways: [] })
