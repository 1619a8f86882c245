/**
 * The real desk on a real session over memory: journal, exchange log and vault log survive a kill, nothing else does.
 *
 * A slice of the session (fewer instruments, a shorter day) keeps a run in tens of milliseconds; the desk is whole.
 */

import { readFileSync } from "node:fs"
import * as path from "node:path"
import { Context, Effect, Layer, Result, type Scope } from "effect"
import { Yaml } from "effect/encoding"
import type { RequestGateway, Speaker } from "../../src/actors/ports/Gateway.ts"
import { Inference } from "../../src/actors/ports/Inference.ts"
import { Journal } from "../../src/actors/ports/Journal.ts"
import { DepositFunds, operatorSource } from "../../src/actors/ports/records/operator.ts"
import { type Book, type BookPlan, openBook, recordTypes } from "../../src/actors/runtime/Book.ts"
import type { FaultHook } from "../../src/actors/runtime/handle.ts"
import { Intake } from "../../src/actors/runtime/Intake.ts"
import { OperatorLane } from "../../src/actors/runtime/OperatorLane.ts"
import { type Host, runSession, type SessionEnd } from "../../src/actors/runtime/SessionRun.ts"
import { straightHost } from "../../src/actors/runtime/straightSession.ts"
import { type Verification, verifyRecords } from "../../src/actors/runtime/verify.ts"
import { makeRecordCodec, type RecordCodec } from "../../src/domain/journal/codec.ts"
import type { InputDraft, JournalRecord } from "../../src/domain/journal/record.ts"
import type { SessionQuotes } from "../../src/domain/market/sessionQuotes.ts"
import { openSimulatedBroker } from "../../src/infra/broker/simulated/broker.ts"
import { presentCertificates } from "../../src/infra/certificates/store.ts"
import { openVaultLedger } from "../../src/infra/chain/ledger/VaultLedger.ts"
import { loadSession } from "../../src/infra/data/SessionFile.ts"
import * as Onnx from "../../src/infra/inference/onnx.ts"
import { type MemoryJournal, makeMemoryJournal } from "../../src/infra/journal/memory.ts"
import { type LogMedium, makeMemoryMedium } from "../../src/infra/log/medium.ts"
import {
  dailyHistoryOf,
  microsOf,
  simulatedMarket,
  simulatedRules,
  simulatedWorld,
  vaultLimits
} from "../../src/simulatedWorld.ts"
import { decodeSettings, type Settings } from "../../src/supervisors/settings.ts"
import { deskPlan } from "../../src/supervisors/tradingDesk.ts"

const root = path.join(import.meta.dirname, "../..")

/** config/main.yaml, with `over` over it. */
export const settingsWith = (over: object = {}): Settings => {
  const value = Yaml.parse(readFileSync(path.join(root, "config/main.yaml"), "utf8"))
  return Result.getOrThrow(
    decodeSettings([
      { file: "config/main.yaml", value },
      { file: "test", value: over }
    ])
  )
}

/** What every run of a session shares; loading it takes most of a second. */
export interface Stage {
  readonly session: SessionQuotes
  readonly history: Effect.Success<ReturnType<typeof dailyHistoryOf>>
  readonly inference: Context.Service.Shape<typeof Inference>
  readonly certificates: ReadonlyArray<InputDraft>
}

export const loadStage = Effect.fnUntraced(function* (name: string) {
  const session = yield* loadSession(path.join(root, "data/sessions"), name)
  const history = yield* dailyHistoryOf(session, path.join(root, "data"))
  const models = yield* Layer.build(Onnx.layer({ modelsDir: path.join(root, "models") }))
  const certificates = yield* presentCertificates(
    path.join(root, "config/certificates"),
    session.days[0]!.date
  )
  return { session, history, inference: Context.get(models, Inference), certificates } as Stage
})

/** One desk's lasting things. */
export interface DeskStorage<J extends Journal["Service"] = MemoryJournal> {
  readonly stage: Stage
  readonly settings: Settings
  readonly codec: RecordCodec
  readonly journal: J
  readonly exchange: LogMedium
  readonly vault: LogMedium
}

const surroundings = (settings: Settings) => ({
  modelId: settings.ai.models[settings.session]!,
  build: "test",
  runtime: { node: "test", v8: "test" }
})

export const makeDeskStorage = (stage: Stage, settings: Settings): DeskStorage => {
  const plan = deskPlan(settings, { ...surroundings(settings), gateways: [] })
  const codec = makeRecordCodec(recordTypes(plan))
  return {
    stage,
    settings,
    codec,
    journal: makeMemoryJournal(codec, { book: settings.book }),
    exchange: makeMemoryMedium(),
    vault: makeMemoryMedium()
  }
}

export type KillPoint = "commit" | "before request" | "after request"

/** The process died there, in a simulation. */
export class Killed extends Error {}

/** Parts of the composition that a simulation may replace, each given the sound one. */
export interface DeskParts {
  readonly plan?: (sound: BookPlan) => BookPlan
  readonly speaker?: (sound: Speaker) => Speaker
}

export interface LifeOptions {
  readonly fault?: FaultHook
  readonly parts?: DeskParts
  readonly host?: (
    book: Book,
    rewind: (sourceSeq: number) => void
  ) => Effect.Effect<Host, never, Scope.Scope>
  readonly observe?: (record: JournalRecord, book: () => Book | undefined) => void
  /** Asked at each boundary between the desk and its outside; true kills the process there. */
  readonly kill?: (point: KillPoint, timeMs: number) => boolean
  readonly commitRecordsMax?: number
  readonly snapshotRecords?: number
  readonly commands?: ReadonlyArray<InputDraft>
}

export interface LifeResult {
  readonly end: SessionEnd
  readonly head: string
  readonly state: string
  readonly records: number
  readonly restarts: number
  readonly book: Book
}

/** One life of the process: opens, recovers, runs to the session's end. */
export const live = (
  storage: DeskStorage<Journal["Service"]>,
  options: LifeOptions = {}
): Effect.Effect<LifeResult> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { stage, settings } = storage
      const exchange = yield* openSimulatedBroker(
        storage.exchange,
        simulatedMarket(stage.session),
        simulatedRules(settings)
      )
      const chain = yield* openVaultLedger(storage.vault, vaultLimits(settings))
      const outside = simulatedWorld({ ...stage, contentHash: "test", settings, exchange, chain })
      const killIf = (point: KillPoint, timeMs: number) => {
        if (options.kill?.(point, timeMs) === true)
          throw new Killed(`killed at ${point}, ${timeMs}`)
      }
      const gateways = outside.gateways.map((gateway) => killable(gateway, killIf))
      const { parts = {} } = options
      const sound = deskPlan(settings, { ...surroundings(settings), gateways })
      const plan = parts.plan?.(sound) ?? sound
      let opened: Book | undefined
      const book = yield* openBook(plan, (record) => options.observe?.(record, () => opened))
      opened = book
      const { ledger } = book.kernel
      const { market } = outside.world
      const speakers = outside.world.speakers.map((speaker) => parts.speaker?.(speaker) ?? speaker)
      market.resumeAfter(ledger.sourceCursor("market"))
      for (const speaker of speakers) speaker.resumeAfter(ledger.sourceCursor(speaker.source))
      const deposit = DepositFunds.make({
        depositId: "first-deposit",
        amountMicros: microsOf(settings.vault.depositUsdt)
      })
      const start = [
        ...stage.certificates,
        { ...deposit, source: operatorSource, sourceSeq: 1 },
        ...(options.commands ?? [])
      ]
      const intake = new Intake({ inputsMax: 8, controlMax: 8 })
      const host =
        options.host === undefined
          ? straightHost(book, options.fault)
          : yield* options.host(book, (sourceSeq) => market.resumeAfter(sourceSeq))
      const checked: Host = {
        turn: (input, nowMs) =>
          Effect.tap(host.turn(input, nowMs), () => Effect.sync(() => book.checkInvariants())),
        quotes: host.quotes
      }
      const end = yield* runSession(
        book,
        checked,
        { market, speakers, control: new OperatorLane(start, ledger, intake) },
        plan.gateways,
        {
          commitRecordsMax: options.commitRecordsMax ?? 4096,
          snapshotRecords: options.snapshotRecords ?? 50_000,
          speed: Number.POSITIVE_INFINITY,
          leaseMs: settings.storage.leaseMs,
          paceStepMs: 0
        },
        { onCommit: (timeMs) => killIf("commit", timeMs) }
      )
      return {
        end,
        head: book.journal.head().hash,
        state: book.stateHash(),
        records: ledger.nextSeq,
        restarts: ledger.restarts,
        book
      }
    })
  ).pipe(Effect.provideService(Journal, storage.journal), Effect.orDie)

const killable = (
  gateway: RequestGateway,
  killIf: (point: KillPoint, timeMs: number) => void
): RequestGateway => {
  const around =
    (ask: RequestGateway["perform"]): RequestGateway["perform"] =>
    (request, nowMs) =>
      Effect.suspend(() => {
        killIf("before request", nowMs)
        return Effect.tap(ask(request, nowMs), () =>
          Effect.sync(() => killIf("after request", nowMs))
        )
      })
  return { ...gateway, perform: around(gateway.perform), recover: around(gateway.recover) }
}

/** Re-decides everything that is durable. */
export const verifyDesk = (storage: DeskStorage): Verification =>
  verifyDeskRecords(storage, storage.journal.records())

export const verifyDeskRecords = (
  { settings, codec }: Pick<DeskStorage, "settings" | "codec">,
  records: ReadonlyArray<JournalRecord>,
  parts: DeskParts = {}
): Verification => {
  const sound = deskPlan(settings, { ...surroundings(settings), gateways: [] })
  const plan = parts.plan?.(sound) ?? sound
  return verifyRecords(plan, codec, (from) => recordsFrom(records, from))
}

function* recordsFrom(records: ReadonlyArray<JournalRecord>, from: number) {
  for (let at = from; at < records.length; at++) yield records[at]!
}
