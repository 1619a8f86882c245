/** `run`: a session on the desk, from its start or from where it was interrupted, to its summary. */
import { Clock, Console, Effect, Schedule, type Scope } from "effect"
import { Command, Flag } from "effect/cli"
import { CancelAllOrders, HaltTrading, operatorSource } from "../actors/ports/records/operator.ts"
import { type Book, openBook } from "../actors/runtime/Book.ts"
import type { FaultHook } from "../actors/runtime/handle.ts"
import { Intake } from "../actors/runtime/Intake.ts"
import { makeLiveHost } from "../actors/runtime/LiveHost.ts"
import { OperatorLane } from "../actors/runtime/OperatorLane.ts"
import { type Host, runSession, type SessionEnd } from "../actors/runtime/SessionRun.ts"
import { straightHost } from "../actors/runtime/straightSession.ts"
import type { EventDraft, JournalRecord } from "../domain/journal/record.ts"
import { childSpec } from "../supervisors/childFiber.ts"
import * as Supervisor from "../supervisors/Supervisor.ts"
import type { Settings } from "../supervisors/settings.ts"
import { crashHook, parseCrashes } from "./chaosFlag.ts"
import { CannotStart, Launcher, type OpenRun, StopRequest } from "./Launcher.ts"
import { failedChecks } from "./preflight.ts"
import { RunReport } from "./RunReport.ts"
import { RunTelemetry } from "./RunTelemetry.ts"
import {
  bookFlag,
  configFlag,
  dataDirFlag,
  envFlag,
  journalFlag,
  jsonFlag,
  type Overrides,
  readSettings
} from "./settingsFlags.ts"

export const runFlags = {
  config: configFlag,
  env: envFlag,
  session: Flag.String("session").pipe(
    Flag.withDescription("recorded session under data/sessions"),
    Flag.optional
  ),
  speed: Flag.String("speed").pipe(
    Flag.withDescription("session seconds per second, or max"),
    Flag.optional
  ),
  dataDir: dataDirFlag,
  journal: journalFlag,
  broker: Flag.Literals("broker", ["sim", "ib"]).pipe(
    Flag.withDescription(
      "sim: the exchange in this process; ib: Interactive Brokers' wire, in a session to its simulator"
    ),
    Flag.optional
  ),
  book: bookFlag,
  exchange: Flag.String("exchange").pipe(
    Flag.withDescription("HOST:PORT of an exchange-server instead of the exchange inside"),
    Flag.optional
  ),
  vault: Flag.String("vault").pipe(
    Flag.withDescription("HOST:PORT of a vault-server instead of the vault inside"),
    Flag.optional
  ),
  seed: Flag.Int("seed").pipe(Flag.withDescription("seed of all chance"), Flag.optional),
  chaos: Flag.String("chaos").pipe(
    Flag.withDescription("crash:ACTOR@HH:MM[:SS], New York time: crash an actor once"),
    Flag.atLeast(0)
  ),
  otlp: Flag.String("otlp").pipe(
    Flag.withDescription(
      "OTLP/HTTP collector that is sent traces and metrics, e.g. http://127.0.0.1:4318"
    ),
    Flag.optional
  ),
  metricsPort: Flag.Int("metrics-port").pipe(
    Flag.withDescription("serve Prometheus' /metrics on this port of 127.0.0.1; 0: a free one"),
    Flag.optional
  ),
  once: Flag.Boolean("once").pipe(
    Flag.withDefault(false),
    Flag.withDescription("exit after the session")
  ),
  json: jsonFlag
}

export const runCommand = Command.make("run", runFlags, (options) => runDesk(options)).pipe(
  Command.withDescription("Run a session on the desk and print its summary"),
  Command.withExamples([
    { command: "node dist/main.js run --speed max", description: "the default session, at once" },
    {
      command: "node dist/main.js run --speed 210 --chaos crash:executor@10:15",
      description: "watch an actor crash and recover"
    }
  ])
)

type RunOptions = Overrides & { readonly chaos: ReadonlyArray<string>; readonly json: boolean }

/** Control commands that may wait; operators are few. */
const intakeLimits = { inputsMax: 1_024, controlMax: 64 }
/** An ordered stop waits so long for its cancels, wall ms. */
const stopDrainMsMax = 2_000

export const runDesk = Effect.fn("cli.run")(function* (options: RunOptions) {
  const settings = yield* readSettings(options)
  const crashes = yield* parseCrashes(options.chaos)
  const launcher = yield* Launcher
  yield* (yield* StopRequest).listen
  const failed = yield* failedChecks(settings)
  if (failed.length > 0) {
    return yield* new CannotStart({
      why: failed.map(({ name, detail }) => `preflight: ${name}: ${detail}`).join("\n")
    })
  }
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const opened = yield* launcher.openRun(settings)
      const fault = crashes.length === 0 ? undefined : crashHook(crashes, opened.midnightMs)
      return yield* Effect.provide(session(opened, settings, options.json, fault), opened.journal)
    })
  )
})

const session = Effect.fnUntraced(function* (
  opened: OpenRun,
  settings: Settings,
  json: boolean,
  fault: FaultHook | undefined
) {
  const report = new RunReport(opened, settings)
  const telemetry = yield* RunTelemetry.open(opened, settings)
  if (!json) yield* Console.log([report.banner(), ...telemetry.notices].join("\n"))
  const watch = (record: JournalRecord): void => {
    report.apply(record)
    telemetry.apply(record)
  }
  const book = yield* openBook(opened.plan, watch)
  opened.lease.heldBy(book.journal)
  if (opened.resumed) {
    yield* readPast(watch, book)
    telemetry.forgetPast()
  }
  const stop = yield* stopRule(book, report, settings)
  const maxSpeed = settings.run.speed === "max"
  const host = yield* hostFor(book, opened, maxSpeed, fault)
  const world = {
    ...opened.world,
    control: new OperatorLane(opened.startInputs, book.kernel.ledger, stop.intake)
  }
  world.market.resumeAfter(book.kernel.ledger.sourceCursor("market"))
  for (const speaker of world.speakers) {
    speaker.resumeAfter(book.kernel.ledger.sourceCursor(speaker.source))
  }
  const run = runSession(
    book,
    host,
    world,
    opened.plan.gateways,
    {
      commitRecordsMax: settings.storage.commitRecordsMax,
      snapshotRecords: settings.storage.snapshotRecords,
      snapshotMs: settings.storage.snapshotMs,
      retain: settings.storage.retain,
      leaseMs: settings.storage.leaseMs,
      speed: settings.run.speed === "max" ? Number.POSITIVE_INFINITY : settings.run.speed,
      paceStepMs: settings.run.refreshMs
    },
    { stopRequested: stop.requested, onCommit: () => telemetry.committed(), lease: opened.lease }
  )
  const end = yield* json || maxSpeed ? run : shown(run, report, settings.run.refreshMs)
  yield* finish(opened, book, report, end, settings, json)
  const told = yield* telemetry.finish(end === "Finished")
  if (!json) yield* Effect.forEach(told, (line) => Console.log(line))
  return end
})

/** Draws while the session runs, and a last time after it. A screen that keeps failing goes dark; the desk goes on. */
const shown = <A, E, R>(run: Effect.Effect<A, E, R>, report: RunReport, refreshMs: number) =>
  Effect.scoped(
    Effect.gen(function* () {
      yield* report.takeTerminal
      const drawing = Effect.repeat(report.show, Schedule.spaced(`${refreshMs} millis`))
      yield* Supervisor.start({
        name: "screens",
        intensity: 5,
        periodMs: 5_000,
        children: [childSpec({ id: "screen", start: Effect.succeed(drawing) })]
      }).pipe(Effect.orDie)
      const end = yield* run
      yield* report.show
      return end
    })
  )

const finish = Effect.fnUntraced(function* (
  opened: OpenRun,
  book: Book,
  report: RunReport,
  end: SessionEnd,
  settings: Settings,
  json: boolean
) {
  const runs = yield* (yield* Launcher).runs(settings.storage.dataDir)
  const summary = report.summary(book)
  if (end === "Finished") yield* runs.finish(opened.run.runId, summary.json)
  yield* Console.log(json ? JSON.stringify(summary.json) : summary.text)
  if (end === "Stopped") {
    const { signal } = yield* StopRequest
    if (!json) {
      yield* Console.log(
        opened.run.journal === "memory"
          ? `stopped in order on ${signal()}: the journal was kept in memory and is gone`
          : `stopped in order on ${signal()}: everything is in the journal; run again to go on with ${opened.run.runId}`
      )
    }
  }
  return end
})

/** What the journal holds of an interrupted run is folded into the report before it goes on. */
const readPast = Effect.fnUntraced(function* (watch: (record: JournalRecord) => void, book: Book) {
  const last = book.journal.opened.lastSeq
  for (const record of book.journal.read(0)) {
    if (record.seq > last) break
    watch(record)
  }
  yield* Effect.void
})

const hostFor = (
  book: Book,
  opened: OpenRun,
  maxSpeed: boolean,
  fault: FaultHook | undefined
): Effect.Effect<Host, never, Scope.Scope> =>
  maxSpeed
    ? Effect.succeed(straightHost(book, fault))
    : makeLiveHost(book, {
        mailboxCapacity: 8,
        quoteBatchMax: 512,
        rewindMarket: (sourceSeq) => opened.world.market.resumeAfter(sourceSeq),
        ...(fault !== undefined && { fault })
      })

/** The kill switch, and an ordered stop: at once, or after the working orders' cancels where settings say so. */
const stopRule = Effect.fnUntraced(function* (book: Book, report: RunReport, settings: Settings) {
  const { signal, halts } = yield* StopRequest
  const wall = yield* Clock.Clock
  const intake = new Intake(intakeLimits)
  let operatorSeq = 0
  const command = (draft: EventDraft): void => {
    const { ledger } = book.kernel
    operatorSeq = Math.max(operatorSeq, ledger.sourceCursor(operatorSource)) + 1
    intake.control({ ...draft, source: operatorSource, sourceSeq: operatorSeq })
  }
  let halted = false
  let askedMs: number | undefined
  const requested = (): boolean => {
    if (!halted && halts() > 0) {
      halted = true
      command(HaltTrading.make({ reason: "kill switch (SIGUSR2)" }))
    }
    if (signal() === undefined) return false
    if (settings.run.onStop === "leave") return true
    if (askedMs === undefined) {
      askedMs = wall.currentTimeMillisUnsafe()
      command(CancelAllOrders.make({ reason: `stopped on ${signal()}` }))
      return false
    }
    const waitedMs = wall.currentTimeMillisUnsafe() - askedMs
    return !intake.hasControl() && (report.workingOrders() === 0 || waitedMs >= stopDrainMsMax)
  }
  return { intake, requested }
})
