/**
 * Chaos on a running desk: a real run, with its files, its fibers and the clock that paces it, and faults between its
 * parts. Where a fault ends the process, everything in memory is dropped and opened anew, in this same process.
 */
import * as fs from "node:fs"
import { Cause, Clock, Effect, Exit, Layer, Result, Schema } from "effect"
import { Yaml } from "effect/encoding"
import * as SchemaIssue from "effect/SchemaIssue"
import { ChainUnavailable } from "./actors/ports/Chain.ts"
import {
  BookLocked,
  Journal,
  JournalUnavailable,
  type JournalWriter
} from "./actors/ports/Journal.ts"
import { EpochOpened } from "./actors/ports/records/kernel.ts"
import { HaltTrading } from "./actors/ports/records/operator.ts"
import { Intake } from "./actors/runtime/Intake.ts"
import { verifyRecords } from "./actors/runtime/verify.ts"
import { type Audience, intakeLimits, runBook } from "./cli/bookRun.ts"
import { ChaosDesk } from "./cli/ChaosDesk.ts"
import { CannotStart, Launcher, type OpenRun, StopRequest } from "./cli/Launcher.ts"
import { openDisturbed } from "./deskLauncher.ts"
import { ChaosScenario, describeFault, type Fault } from "./domain/chaos/faults.ts"
import { chaosScenarios } from "./domain/chaos/scenarios.ts"
import { type JournalRecord, noCause } from "./domain/journal/record.ts"
import type { RecoveryRow, ResilienceFacts, TimelineEntry } from "./projections/resilience.ts"
import { ResilienceFold } from "./projections/resilienceFold.ts"
import type { SimulatedParts } from "./simulatedWorld.ts"
import { actorCrashes } from "./simulation/faulty/actors.ts"
import { faultyBroker } from "./simulation/faulty/broker.ts"
import { faultyChain } from "./simulation/faulty/chain.ts"
import { correctingBroker } from "./simulation/faulty/corrections.ts"
import { faultyGateway } from "./simulation/faulty/gateways.ts"
import { faultyInference } from "./simulation/faulty/inference.ts"
import { faultyJournal, type Machine } from "./simulation/faulty/journal.ts"
import { faultyMarket } from "./simulation/faulty/market.ts"
import { Overload } from "./simulation/faulty/overload.ts"
import { intakeBounds, intakeLeft, intakeName } from "./simulation/invariants/intake.ts"
import { invariantsOf } from "./simulation/invariants/invariants.ts"
import { Killed } from "./simulation/Killed.ts"
import type { MeetsRival } from "./simulation/Rivalry.ts"
import { Strikes } from "./simulation/Strikes.ts"
import { Watch } from "./simulation/Watch.ts"
import type { Settings } from "./supervisors/settings.ts"

/** A desk that dies so often is stuck. */
const livesMax = 60

type Progress = (line: string) => Effect.Effect<void>

const run = (settings: Settings, name: string, scenario: ChaosScenario, progress: Progress) =>
  Effect.gen(function* () {
    if (settings.brokers.use !== "sim") {
      return yield* new CannotStart({
        why: "chaos runs on the simulated exchange: brokers.use must be sim"
      })
    }
    const ofWire = scenario.faults.find(({ _tag }) => _tag.startsWith("Ib"))
    if (ofWire !== undefined) {
      const why = `${name} has ${ofWire._tag}, a fault of IB's wire: chaos runs on the simulated exchange`
      return yield* new CannotStart({ why: `${why}; use simulate, or tws-simulator --faults` })
    }
    const plan = [...scenario.faults].sort((a, b) => a.atMs - b.atMs)
    const wall = yield* Clock.Clock
    const line = { connection: 0 }
    const requests = new Watch(invariantsOf(settings))
    let strikes: Strikes | undefined
    let overload: Overload | undefined
    const stop = yield* StopRequest
    let sound: SimulatedParts | undefined
    let diedMs: number | undefined
    const away: Away = { recordMs: [], decisionMs: [] }
    let isBack = true
    let isFed = false
    /** Told of each record as it is written. */
    const wrote = ({ cause, type }: JournalRecord): void => {
      if (diedMs === undefined) return
      const awayMs = wall.currentTimeMillisUnsafe() - diedMs
      if (!isBack) away.recordMs.push(awayMs)
      isBack = true
      isFed ||= cause === noCause && type !== EpochOpened.type
      if (cause === noCause || !isFed) return
      away.decisionMs.push(awayMs)
      diedMs = undefined
    }
    const deaths: Array<TimelineEntry> = []
    for (let life = 1; ; life++) {
      const exit = yield* Effect.exit(
        Effect.scoped(
          Effect.gen(function* () {
            const disturb = (parts: SimulatedParts): SimulatedParts => {
              sound = parts
              strikes ??= new Strikes(plan, parts.session.days[0]!.openMs)
              overload ??= new Overload(strikes)
              return disturbed(parts, strikes, line)
            }
            const opened = yield* openDisturbed(settings, disturb)
            const faulty = struckRun(opened, strikes!, overload!, requests, wrote)
            const halts = () => stop.halts() + overload!.halts()
            yield* runBook(faulty, settings, quiet, actorCrashes(strikes!)).pipe(
              Effect.provide(faulty.journal),
              Effect.provideService(StopRequest, { ...stop, halts })
            )
            return opened.run.runId
          })
        )
      )
      if (Exit.isSuccess(exit)) {
        const struck = { strikes: strikes!, overload: overload! }
        const facts = { name, scenario, plan, ...struck, session: sound!.session, life }
        return yield* reportOf(settings, exit.value, { ...facts, away, deaths, requests })
      }
      const why = Cause.squash(exit.cause)
      if (!isExpected(why)) return yield* Effect.failCause(exit.cause)
      if (life === livesMax) {
        return yield* new CannotStart({ why: `${livesMax} lives were not enough: ${String(why)}` })
      }
      diedMs = wall.currentTimeMillisUnsafe()
      isBack = false
      isFed = false
      const sinceOpenMs = strikes!.nowMs - sound!.session.days[0]!.openMs
      deaths.push({ sinceOpenMs, lane: "process", forMs: 0, text: `died: ${messageOf(why)}` })
      strikes!.restarted()
      yield* progress(`life ${life} ended: ${messageOf(why)}`)
    }
  })

const isExpected = (cause: unknown): boolean =>
  cause instanceof Killed ||
  cause instanceof JournalUnavailable ||
  cause instanceof BookLocked ||
  cause instanceof ChainUnavailable

const messageOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause)

const disturbed = (
  parts: SimulatedParts,
  strikes: Strikes,
  line: { connection: number }
): SimulatedParts => ({
  ...parts,
  exchange: { ...parts.exchange, broker: faultyBroker(venueOf(parts, strikes), strikes, line) },
  chain: faultyChain(parts.chain, strikes),
  inference: faultyInference(parts.inference, strikes)
})

const venueOf = ({ exchange }: SimulatedParts, strikes: Strikes) =>
  "exchange" in exchange ? correctingBroker(exchange, strikes) : exchange.broker

/** The opened run with faults at its gateways, its market and its journal. */
const struckRun = (
  opened: OpenRun,
  strikes: Strikes,
  overload: Overload,
  requests: Watch,
  wrote: (record: JournalRecord) => void
): OpenRun => {
  let durableThrough = (): number => -1
  const machine = makeMachine()
  const journal = Layer.effect(
    Journal,
    Effect.map(Journal, (sound) => {
      const faulty = machine.guard(faultyJournal(sound, machine, strikes, meetsRival))
      const openWriter = Effect.map(faulty.openWriter, (writer): JournalWriter => {
        durableThrough = () => writer.durableThrough()
        let halts = 0
        for (const { type } of writer.headers(0)) if (type === HaltTrading.type) halts++
        overload.begins(halts)
        return {
          ...writer,
          append: (record) => {
            overload.saw(record)
            wrote(record)
            writer.append(record)
          }
        }
      })
      return { ...faulty, openWriter }
    })
  ).pipe(Layer.provide(opened.journal))
  const gateways = opened.plan.gateways.map((gateway) =>
    faultyGateway(gateway, strikes, requests, () => durableThrough(), meetsRival)
  )
  return {
    ...opened,
    plan: { ...opened.plan, gateways },
    world: {
      ...opened.world,
      market: overload.market(faultyMarket(opened.world.market, strikes), new Intake(intakeLimits))
    },
    commands: overload.inbox(opened.commands),
    journal
  }
}

/** Its book is gone when it wakes. Rivals that live are for the simulation, and for real servers. */
const meetsRival: MeetsRival = () => Effect.die(new BookLocked({ place: "chaos", book: "chaos" }))

/** This machine's own disk stays whole: full and failing are told by the journal's port, slow by sleeping. */
const makeMachine = (): Machine & { readonly guard: (sound: Port) => Port } => {
  let isFull = false
  let isFailing = false
  let syncMs = 0
  const lost = (why: string) => Effect.fail(new JournalUnavailable({ place: "chaos", why }))
  return {
    setFull: (full) => {
      isFull = full
    },
    setSyncMs: (ms) => {
      syncMs = ms
    },
    failNextSync: () => {
      isFailing = true
    },
    crash: () => {},
    guard: (sound) => ({
      ...sound,
      saveSnapshot: (snapshot) =>
        Effect.suspend(() => {
          if (isFull) return lost("no space is left")
          if (isFailing) return lost("the machine stopped")
          return Effect.andThen(Effect.sleep(`${syncMs} millis`), sound.saveSnapshot(snapshot))
        })
    })
  }
}

type Port = Journal["Service"]

/** Wall times from each death on. */
interface Away {
  readonly recordMs: Array<number>
  readonly decisionMs: Array<number>
}

const quiet: Audience = {
  opened: () => Effect.void,
  say: () => Effect.void,
  summary: () => Effect.void,
  hasScreen: false,
  isRevoked: () => false
}

interface Told {
  readonly name: string
  readonly scenario: ChaosScenario
  readonly plan: ReadonlyArray<Fault>
  readonly strikes: Strikes
  readonly overload: Overload
  readonly session: SimulatedParts["session"]
  readonly life: number
  readonly away: Away
  readonly deaths: ReadonlyArray<TimelineEntry>
  readonly requests: Watch
}

/** Reads the run's journal back: what happened, and whether each promise held in it. */
const reportOf = Effect.fnUntraced(function* (settings: Settings, runId: string, told: Told) {
  const launcher = yield* Launcher
  const recorded = yield* launcher.recordedRun(settings.storage.dataDir, runId)
  const { strikes, overload, session, requests, plan } = told
  const openMs = session.days[0]!.openMs
  const struck = strikes.struck()
  const watch = new Watch([...invariantsOf(settings), intakeBounds(overload)])
  const lasting = struck.map((fault) => ({
    fromMs: openMs + fault.atMs,
    toMs: openMs + fault.atMs + ("forMs" in fault ? fault.forMs : 0)
  }))
  const fold = new ResilienceFold(openMs, lasting)
  const reader = yield* Effect.provide(
    Effect.flatMap(Journal, (journal) => journal.openReader),
    recorded.journal
  )
  const records: Array<JournalRecord> = []
  for (const record of reader.read(0)) {
    records.push(record)
    watch.record(record)
    fold.apply(record)
  }
  watch.note(intakeName, -1, intakeLeft(overload, records, true))
  const { difference } = verifyRecords(recorded.plan, recorded.codec, (from) => records.slice(from))
  const why = difference === undefined ? undefined : `record ${difference.seq} is decided otherwise`
  watch.note("5.5 replay is proof", difference?.seq ?? -1, why)
  const checks = new Map(watch.checked)
  for (const [name, times] of requests.checked) checks.set(name, (checks.get(name) ?? 0) + times)
  const breach = requests.breach ?? watch.breach
  const facts: ResilienceFacts = {
    scenario: told.name,
    about: told.scenario.about,
    session: session.name,
    runId,
    seed: settings.seed,
    planned: plan.map(describeFault),
    struck: struck.map(describeFault),
    sessionMs: fold.lastMs - openMs,
    actors: fold.actors(),
    wall: {
      toRecord: rowOf("process, to a record", told.away.recordMs),
      toDecision: rowOf("process, to a decision", told.away.decisionMs)
    },
    lives: told.life,
    restarts: fold.restarts,
    refusedMeanwhile: Object.fromEntries(fold.refusedMeanwhile),
    refused: Object.fromEntries(fold.refused),
    orders: fold.orders,
    fills: fold.fills,
    invariants: [...checks].sort().map(([name, times]) => ({
      name,
      checks: times,
      broken: breach?.invariant === name ? breach.why : ""
    })),
    head: reader.head().hash,
    timeline: [...struck.map(faultEntry), ...told.deaths, ...fold.timeline].sort(
      (a, b) => a.sinceOpenMs - b.sinceOpenMs
    )
  }
  return facts
})

const faultEntry = (fault: Fault): TimelineEntry => ({
  sinceOpenMs: fault.atMs,
  lane: "fault",
  forMs: "forMs" in fault ? fault.forMs : 0,
  text: describeFault(fault)
})

const rowOf = (who: string, away: ReadonlyArray<number>): RecoveryRow => ({
  who,
  times: away.length,
  meanMs: away.length === 0 ? 0 : away.reduce((sum, ms) => sum + ms, 0) / away.length,
  worstMs: Math.max(0, ...away)
})

const decodePlan = Schema.decodeUnknownResult(ChaosScenario, {
  errors: "all",
  onExcessProperty: "error"
})
const issues = SchemaIssue.makeFormatterStandardSchemaV1()

const readPlan = (file: string): Effect.Effect<ChaosScenario, CannotStart> =>
  Effect.gen(function* () {
    const refuse = (why: string) => new CannotStart({ why: `${file}: ${why}` })
    const text = yield* Effect.try({
      try: () => fs.readFileSync(file, "utf8"),
      catch: (cause) => refuse(`it cannot be read: ${messageOf(cause)}`)
    })
    const value = yield* Effect.try({
      try: () => Yaml.parse(text),
      catch: (cause) => refuse(`it is not YAML: ${messageOf(cause)}`)
    })
    const decoded = decodePlan(value)
    if (Result.isSuccess(decoded)) return decoded.success
    const [first] = issues(decoded.failure.issue).issues
    const place = (first?.path ?? []).map(String).join(".") || "(the whole file)"
    return yield* refuse(`${place}: ${first?.message ?? "it is no plan of faults"}`)
  })

export const layer: Layer.Layer<ChaosDesk, never, Launcher> = Layer.effect(
  ChaosDesk,
  Effect.map(Launcher, (launcher) =>
    ChaosDesk.of({
      scenarios: chaosScenarios,
      readPlan,
      run: (settings, name, scenario, progress) =>
        Effect.provideService(run(settings, name, scenario, progress), Launcher, launcher)
    })
  )
)
