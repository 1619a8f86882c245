/**
 * The composition root's half of `Launcher`: opens a run with the implementations that its settings name.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { Context, Effect, Layer, type Scope } from "effect"
import { noCommands } from "./actors/ports/Commands.ts"
import type { RequestGateway } from "./actors/ports/Gateway.ts"
import { Inference } from "./actors/ports/Inference.ts"
import { isOnKafka, type RunInfo, Runs, RunsUnavailable } from "./actors/ports/Runs.ts"
import { recordTypes } from "./actors/runtime/Book.ts"
import { WriterLease } from "./actors/runtime/WriterLease.ts"
import {
  CannotStart,
  type LaunchError,
  Launcher,
  type OpenRun,
  type RecordedRun
} from "./cli/Launcher.ts"
import { openDeskBroker } from "./deskBroker.ts"
import { accountOf, openDeskVault } from "./deskChain.ts"
import { deskChecks } from "./deskChecks.ts"
import {
  contentHashOf,
  type Day,
  dayNotices,
  dayOf,
  marketOf,
  modelOf,
  openingDayOf,
  placesOf
} from "./deskDay.ts"
import { deskJournal } from "./deskJournal.ts"
import { chooseKafkaRun, finishKafkaRun, registeredRun } from "./deskKafkaRuns.ts"
import { makeRecordCodec } from "./domain/journal/codec.ts"
import { parseDate } from "./domain/market/civilDate.ts"
import { epochMsOfNewYork } from "./domain/market/newYorkTime.ts"
import { openIbLive } from "./ibLiveWorld.ts"
import { openIbSession } from "./ibSessionWorld.ts"
import { validateStrategy } from "./infra/certificates/issue.ts"
import { writeCertificate } from "./infra/certificates/store.ts"
import * as Onnx from "./infra/inference/onnx.ts"
import { packageRoot, version } from "./infra/product.ts"
import { commandInbox } from "./infra/runs/commandFiles.ts"
import * as RunFolders from "./infra/runs/RunFolders.ts"
import { dailyHistoryOf, type SimulatedParts, simulatedWorld } from "./simulatedWorld.ts"
import { isOnWallClock } from "./supervisors/ibSettings.ts"
import type { Settings } from "./supervisors/settings.ts"
import { decodeSettings } from "./supervisors/settings.ts"
import {
  configHash,
  deskPlan,
  runningStrategies,
  volatilityStrategyId
} from "./supervisors/tradingDesk.ts"

/** Holds daily/ with the history before each session. */
const dailyDir = path.join(packageRoot, "data")
const runtime = { node: process.versions.node, v8: process.versions.v8 }

const cannotStart = (error: { readonly message: string }): CannotStart =>
  new CannotStart({ why: error.message })

export const layer: Layer.Layer<Launcher> = Layer.effect(
  Launcher,
  Effect.sync(() =>
    Launcher.of({
      version,
      openRun,
      recordedRun,
      registeredRun: (settings) => fromRegistry(settings),
      runs: runsOf,
      validate,
      checks: (settings) => deskChecks(settings, placesOf(settings))
    })
  )
)

/** The data directory's runs; the end of one whose journal is on Kafka is told to the book's registry first. */
const runsOf = (dataDir: string): Effect.Effect<Runs["Service"]> =>
  Effect.map(Effect.provide(Runs, RunFolders.layer(dataDir)), (runs) => ({
    ...runs,
    finish: Effect.fnUntraced(function* (runId: string, summary: unknown) {
      const run = yield* runs.find(runId).pipe(Effect.orDie)
      if (isOnKafka(run.journal)) {
        const config = yield* runs.config(runId).pipe(Effect.orDie)
        const told = decodeSettings([{ file: `${runId}/config.json`, value: config }]).pipe(
          Effect.fromResult,
          Effect.flatMap((settings) => finishKafkaRun(run, settings, summary))
        )
        yield* Effect.mapError(
          told,
          ({ message }) => new RunsUnavailable({ place: run.journal, why: message })
        )
      }
      yield* runs.finish(runId, summary)
    })
  }))

/** The unfinished run where there is one, with its settings checked against today's; a new one otherwise. */
const chooseRun = Effect.fnUntraced(function* (settings: Settings) {
  const runs = yield* runsOf(settings.storage.dataDir)
  const hash = configHash(settings)
  const contentHash = contentHashOf(settings)
  if (settings.storage.journal !== "memory") yield* runs.hold(settings.book)
  if (isOnKafka(settings.storage.journal)) {
    const { run, resumed } = yield* chooseKafkaRun(settings, runs, newRun(settings, contentHash))
    yield* refuseChanged(run, { hash, contentHash, place: runs.place })
    return { runs, run, resumed }
  }
  const unfinished = (yield* runs.list).filter(
    (run) => !run.finished && run.journal === "file" && run.book === settings.book
  )
  const last = unfinished.at(-1)
  if (last === undefined || settings.storage.journal === "memory") {
    const info = newRun(settings, contentHash)
    return { runs, run: yield* runs.create(info, settings), resumed: false }
  }
  yield* refuseChanged(last, { hash, contentHash, place: runs.place })
  return { runs, run: last, resumed: true }
})

const newRun = (settings: Settings, contentHash: string) => {
  const { book, seed, storage } = settings
  return {
    ...{ book, seed, session: marketOf(settings), journal: storage.journal, contentHash },
    ...{ build: version, configHash: configHash(settings) }
  }
}

/** An unfinished run goes on only with the settings and the session that it began with. */
const refuseChanged = Effect.fnUntraced(function* (
  run: RunInfo,
  now: { readonly hash: string; readonly contentHash: string; readonly place: string }
) {
  if (run.configHash !== now.hash) {
    return yield* new CannotStart({
      why: `${run.runId} in ${now.place} is unfinished and was started with other settings (session ${run.session}, seed ${run.seed}): run it to its end with those, remove it with \`runs rm ${run.runId}\`, or name another --data-dir`
    })
  }
  if (run.contentHash !== now.contentHash) {
    return yield* new CannotStart({
      why: `${run.runId} in ${now.place} is unfinished and session ${run.session} is not what it was when it began: bring its files back, or remove the run with \`runs rm ${run.runId}\``
    })
  }
})

/** Puts faults between the desk and its outside. */
export type Disturb = (sound: SimulatedParts) => SimulatedParts

/** `again`: a finished run to open once more, instead of the unfinished or a new one. */
const openAny = (
  settings: Settings,
  again: RunInfo | undefined,
  disturb: Disturb = (sound) => sound
): Effect.Effect<OpenRun, LaunchError, Scope.Scope> =>
  Effect.gen(function* () {
    const isWall = isOnWallClock(settings)
    const modelId = yield* modelOf(settings)
    const kept = isWall ? yield* removedUnlessKept : () => {}
    const recordedDay = isWall ? undefined : yield* openingDayOf(settings, undefined, false)
    const { runs, run, resumed } = yield* again === undefined
      ? chooseRun(settings)
      : sameRun(again, settings)
    const folder = runs.folder(run.runId)
    if (!resumed && !isOnKafka(run.journal)) kept(runs.remove(run.runId))
    if (resumed && run.journal === "file") yield* refuseLostJournal(run, folder)
    const own = run.journal === "memory" ? undefined : folder
    const day = recordedDay ?? (yield* openingDayOf(settings, own, resumed))
    const lease = yield* WriterLease.make(settings.storage.leaseMs)
    const outside = yield* openOutside(settings, day, run, own, lease, disturb)
    const opened = {
      ...(yield* recorded(settings, run, folder, modelId, outside.gateways)),
      resumed,
      lease,
      reach: outside.reach,
      world: outside.world,
      commands: run.journal === "memory" ? noCommands : commandInbox(folder),
      startInputs: day.startInputs,
      midnightMs: epochMsOfNewYork(parseDate(day.session.days[0]!.date)!, 0),
      notices: [...dayNotices(settings, day), ...outside.notices],
      epilogue: outside.epilogue
    }
    kept(Effect.void)
    return opened
  })

/**
 * A run that could not be opened never began: it is removed once its book is free again. Tell the returned function how,
 * and at the end that there is nothing to remove.
 */
const removedUnlessKept = Effect.gen(function* () {
  let remove: Effect.Effect<void, { readonly message: string }> = Effect.void
  yield* Effect.addFinalizer(() => Effect.ignore(Effect.suspend(() => remove)))
  return (how: typeof remove): void => {
    remove = how
  }
})

const openRun = (settings: Settings) => openAny(settings, undefined)

/** A run whose outside is disturbed: for chaos. */
export const openDisturbed = (settings: Settings, disturb: Disturb) =>
  openAny(settings, undefined, disturb)

/** A finished run once more, held as a running one is: its market is over, and operators may still command. */
export const reopenRun = ({ run, settings }: RecordedRun) => openAny(settings, run)

const sameRun = Effect.fnUntraced(function* (run: RunInfo, settings: Settings) {
  const runs = yield* runsOf(settings.storage.dataDir)
  yield* runs.hold(run.book)
  return { runs, run, resumed: true }
})

/** What left was durable first, so a world that knows of it and a journal that is not there do not belong together. */
const refuseLostJournal = (run: RunInfo, folder: string): Effect.Effect<void, CannotStart> => {
  const journal = path.join(folder, "journal")
  const vault = path.join(folder, "vault.log")
  const isLost = !fs.existsSync(journal) && fs.existsSync(vault) && fs.statSync(vault).size > 0
  return isLost
    ? Effect.fail(
        new CannotStart({
          why: `${run.runId} cannot go on: ${journal} is missing, and ${vault} has entries; put the journal back, or remove the run with \`runs rm ${run.runId}\``
        })
      )
    : Effect.void
}

/** The outside of a run: its broker, its market, its chain, its models. */
const openOutside = Effect.fnUntraced(function* (
  settings: Settings,
  { session, listing }: Day,
  run: RunInfo,
  folder: string | undefined,
  lease: WriterLease,
  disturb: Disturb
) {
  const contentHash = contentHashOf(settings)
  const around = { settings, account: accountOf(run), lease, folder }
  const leaseProblem = () => lease.problem()
  const isWall = isOnWallClock(settings)
  const history = isWall
    ? []
    : yield* Effect.mapError(dailyHistoryOf(session, dailyDir), cannotStart)
  // First: where it cannot be reached nothing is begun.
  const exchange = isWall
    ? yield* openIbLive({
        ...{ settings, day: session.days[0]!, contentHash, listing, folder, leaseProblem }
      })
    : settings.brokers.use === "ib"
      ? yield* openIbSession({ settings, session, contentHash, history, folder, leaseProblem })
      : yield* openDeskBroker({ ...around, session, contentHash })
  const chain = yield* openDeskVault(around)
  const { modelsDir } = placesOf(settings)
  const inference = Context.get(yield* Layer.build(Onnx.layer({ modelsDir })), Inference)
  const parts = { settings, session, contentHash, history, exchange, chain, inference }
  const reach = Effect.gen(function* () {
    if ("greet" in exchange) yield* exchange.greet
    if ("greet" in chain) yield* chain.greet
  }).pipe(Effect.mapError(cannotStart))
  const cutBytes = "cutBytes" in exchange ? exchange.cutBytes : 0
  const cut = cutBytes > 0 ? [`exchange log: ${cutBytes} torn bytes cut`] : []
  const told = "notices" in exchange ? exchange.notices : []
  const epilogue = ("epilogue" in exchange ? exchange.epilogue : undefined) ?? (() => [])
  return { ...simulatedWorld(disturb(parts)), reach, epilogue, notices: [...cut, ...told] }
})

/** Examines `strategy` as the settings run it and writes what was found, passed or not, as a certificate. */
const validate = Effect.fnUntraced(function* (settings: Settings, strategy: string) {
  const running = runningStrategies(settings).find(({ strategyId }) => strategyId === strategy)
  if (running === undefined || strategy !== volatilityStrategyId) {
    return yield* new CannotStart({
      why: `there is no strategy ${strategy} to validate; there is ${volatilityStrategyId}`
    })
  }
  const { certificatesDir } = placesOf(settings)
  const { session } = yield* dayOf(settings, undefined, false)
  const { report, certificate } = yield* Effect.mapError(
    validateStrategy({
      root: packageRoot,
      dataDir: dailyDir,
      strategyId: running.strategyId,
      strategyVersion: running.strategyVersion,
      parameters: settings.strategies.volatility,
      session: session.name,
      sessionDate: session.days[0]!.date
    }),
    cannotStart
  )
  const file = yield* Effect.mapError(writeCertificate(certificatesDir, certificate), cannotStart)
  const { certificateId, dataThrough, validFrom, expires } = certificate
  const { passed, failures, metrics } = report
  const shown = path.relative(process.cwd(), file)
  return { certificateId, passed, failures, metrics, dataThrough, validFrom, expires, file: shown }
})

const recorded = (
  settings: Settings,
  run: RunInfo,
  folder: string,
  modelId: string,
  gateways: ReadonlyArray<RequestGateway>
): Effect.Effect<RecordedRun, CannotStart> => {
  const plan = deskPlan(settings, { modelId, build: run.build, gateways, runtime })
  const codec = makeRecordCodec(recordTypes(plan))
  return Effect.map(deskJournal({ settings, run, folder, codec }), (journal) => ({
    run,
    folder,
    settings,
    plan,
    codec,
    journal
  }))
}

const recordedRun = (
  dataDir: string,
  runId: string | undefined
): Effect.Effect<RecordedRun, LaunchError> =>
  Effect.gen(function* () {
    const runs = yield* runsOf(dataDir)
    const run = yield* runs.find(runId)
    if (run.journal === "memory") {
      return yield* new CannotStart({
        why: `${run.runId} kept its journal in memory: nothing is left to read`
      })
    }
    const settings = yield* Effect.fromResult(
      decodeSettings([{ file: `${run.runId}/config.json`, value: yield* runs.config(run.runId) }])
    )
    const modelId = yield* modelOf(settings)
    return yield* recorded(settings, run, runs.folder(run.runId), modelId, [])
  })

const fromRegistry = (now: Settings): Effect.Effect<RecordedRun, LaunchError> =>
  Effect.gen(function* () {
    const { config, run, summary } = yield* registeredRun(now)
    const file = `the settings of book ${run.book} on ${run.journal}`
    const settings = yield* Effect.fromResult(decodeSettings([{ file, value: config }]))
    const modelId = yield* modelOf(settings)
    // Servers are reached as today's settings say.
    const { kafka } = now.storage
    const reached = { ...settings, storage: { ...settings.storage, kafka } }
    const registered = { summary }
    const found = yield* recorded(reached, run, run.journal, modelId, [])
    return { ...found, registered }
  })
