/** One book's session from its opening to its summary, whoever listens. */
import { Clock, Effect, Schedule, type Scope } from "effect"
import type { CommandInbox } from "../actors/ports/Commands.ts"
import { AnchorJournal, CancelAllOrders } from "../actors/ports/records/operator.ts"
import { type Book, openBook } from "../actors/runtime/Book.ts"
import type { FaultHook } from "../actors/runtime/handle.ts"
import { Intake } from "../actors/runtime/Intake.ts"
import type { KernelLedger } from "../actors/runtime/KernelLedger.ts"
import { makeLiveHost } from "../actors/runtime/LiveHost.ts"
import { OperatorLane } from "../actors/runtime/OperatorLane.ts"
import { type Host, runSession, type SessionEnd } from "../actors/runtime/SessionRun.ts"
import { straightHost } from "../actors/runtime/straightSession.ts"
import type { JournalRecord } from "../domain/journal/record.ts"
import type { RunSummaryJson } from "../projections/runSummaryJson.ts"
import { childSpec } from "../supervisors/childFiber.ts"
import { isOnWallClock } from "../supervisors/ibSettings.ts"
import * as Supervisor from "../supervisors/Supervisor.ts"
import type { Settings } from "../supervisors/settings.ts"
import { Launcher, type OpenRun, StopRequest } from "./Launcher.ts"
import { OperatorDesk } from "./OperatorDesk.ts"
import { RunReport } from "./RunReport.ts"
import { RunTelemetry } from "./RunTelemetry.ts"

/** Who is told of a book's run. */
export interface Audience {
  /** The book is ours; `records` of it were there. */
  readonly opened: (records: number) => Effect.Effect<void>
  /** Lines for people. */
  readonly say: (text: string) => Effect.Effect<void>
  /** What it came to so far; at its end or its stop. */
  readonly summary: (summary: {
    readonly json: RunSummaryJson
    readonly text: string
  }) => Effect.Effect<void>
  /** Whether the live screen is drawn where the run is paced. */
  readonly hasScreen: boolean
  /** Asked before each input: true where another process is to have the book. */
  readonly isRevoked: () => boolean
}

/** Control commands that may wait; operators are few. */
export const intakeLimits = { inputsMax: 1_024, controlMax: 64 }
/** An ordered stop waits so long for its cancels, wall ms. */
const stopDrainMsMax = 2_000

/** Needs the book's journal. Ends with the session, or in order before it. */
export const runBook = Effect.fnUntraced(function* (
  opened: OpenRun,
  settings: Settings,
  audience: Audience,
  fault: FaultHook | undefined
) {
  const report = new RunReport(opened, settings)
  const telemetry = yield* RunTelemetry.open(opened, settings)
  yield* audience.say([report.banner(), ...telemetry.notices].join("\n"))
  const watch = (record: JournalRecord): void => {
    report.apply(record)
    telemetry.apply(record)
  }
  const book = yield* openBook(opened.plan, watch)
  opened.lease.heldBy(book.journal)
  // Reading the book back may have taken longer than the lease.
  if (opened.lease.isOld()) yield* book.journal.renew
  yield* opened.reach
  yield* audience.opened(book.recoveredThrough + 1)
  if (opened.resumed) {
    yield* readPast(watch, book)
    telemetry.forgetPast()
  }
  const stop = yield* stopRule(book, report, settings, opened.commands, audience.isRevoked)
  // The wall clock paces itself.
  const isPaced = settings.run.speed !== "max" && !isOnWallClock(settings)
  const maxSpeed = settings.run.speed === "max" && !isOnWallClock(settings)
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
      speed: isPaced ? Number(settings.run.speed) : Number.POSITIVE_INFINITY,
      paceStepMs: settings.run.refreshMs
    },
    { stopRequested: stop.requested, onCommit: () => telemetry.committed(), lease: opened.lease }
  )
  const isShown = audience.hasScreen && !maxSpeed
  const end = yield* isShown ? shown(run, report, settings.run.refreshMs) : run
  yield* finish(opened, book, report, end, settings, audience)
  yield* Effect.forEach(yield* telemetry.finish(end === "Finished"), audience.say)
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
  audience: Audience
) {
  const runs = yield* (yield* Launcher).runs(settings.storage.dataDir)
  const summary = report.summary(book)
  if (end === "Finished") yield* runs.finish(opened.run.runId, summary.json)
  yield* audience.summary(summary)
  yield* Effect.forEach(opened.epilogue(), audience.say)
  if (end === "Finished") return
  const { signal } = yield* StopRequest
  const on = signal() === undefined ? "for another process" : `on ${signal()}`
  yield* audience.say(
    opened.run.journal === "memory"
      ? `stopped in order ${on}: the journal was kept in memory and is gone`
      : `stopped in order ${on}: everything is in the journal; run again to go on with ${opened.run.runId}`
  )
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
const stopRule = Effect.fnUntraced(function* (
  book: Book,
  report: RunReport,
  settings: Settings,
  commands: CommandInbox,
  isRevoked: () => boolean
) {
  const { signal, halts } = yield* StopRequest
  const wall = yield* Clock.Clock
  const intake = new Intake(intakeLimits)
  const { ledger } = book.kernel
  const operators = new OperatorDesk(book, intake, commands, halts)
  let lookedMs = Number.NEGATIVE_INFINITY
  const lookOutside = (): void => {
    const nowMs = wall.currentTimeMillisUnsafe()
    if (nowMs - lookedMs < settings.run.refreshMs) return
    lookedMs = nowMs
    operators.lookOutside()
  }
  let askedMs: number | undefined
  let isAnchored = false
  const requested = (): boolean => {
    operators.lookAtSwitch()
    lookOutside()
    if (isRevoked()) return true
    if (signal() === undefined) return false
    if (settings.run.onStop === "leave") return true
    const reason = `stopped on ${signal()}`
    if (askedMs === undefined) {
      if (operators.give(CancelAllOrders.make({ reason }))) askedMs = wall.currentTimeMillisUnsafe()
      return false
    }
    isAnchored ||= operators.give(AnchorJournal.make({ reason }))
    const waitedMs = wall.currentTimeMillisUnsafe() - askedMs
    const isQuiet = report.workingOrders() === 0 && !isChainAsked(ledger)
    return isAnchored && !intake.hasControl() && (isQuiet || waitedMs >= stopDrainMsMax)
  }
  return { intake, requested }
})

/** Whether an instruction to the vault, or an anchor, has not been answered. */
const isChainAsked = (ledger: KernelLedger): boolean => {
  for (const { gateway } of ledger.outstanding()) if (gateway === "chain") return true
  return false
}
