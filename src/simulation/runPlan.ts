/** Runs a desk through a fault plan, life after life, and says which promise broke first, if any. */
import { Cause, Clock, Effect, Exit } from "effect"
import { ChainUnavailable } from "../actors/ports/Chain.ts"
import { BookLocked, JournalUnavailable } from "../actors/ports/Journal.ts"
import { verifyRecords } from "../actors/runtime/verify.ts"
import { CannotStart } from "../cli/Launcher.ts"
import type { Fault, FaultKind } from "../domain/chaos/faults.ts"
import type { JournalRecord } from "../domain/journal/record.ts"
import { openExchangeLog } from "../infra/broker/simulated/exchangeLog.ts"
import { deskPlan } from "../supervisors/tradingDesk.ts"
import { Overload } from "./faulty/overload.ts"
import { intakeBounds, intakeLeft, intakeName } from "./invariants/intake.ts"
import { invariantsOf } from "./invariants/invariants.ts"
import { outsideFindings } from "./invariants/outside.ts"
import { wireFindings } from "./invariants/wire.ts"
import { Killed } from "./Killed.ts"
import { type Life, type LifeEnd, live, type Parts } from "./life.ts"
import { RecoveryTimes } from "./RecoveryTimes.ts"
import { type Guest, Rivalry } from "./Rivalry.ts"
import { travelMs } from "./SimulatedTws.ts"
import { restartMs, Strikes } from "./Strikes.ts"
import { type Stage, surroundings } from "./stage.ts"
import { durableRecords, makeStorage, type Storage } from "./storage.ts"
import { VirtualClock } from "./VirtualClock.ts"
import { VirtualTime } from "./VirtualTime.ts"
import { type Breach, Watch } from "./Watch.ts"

export interface Outcome {
  readonly seed: number
  readonly plan: ReadonlyArray<Fault>
  /** Undefined where every promise held. */
  readonly breach: Breach | undefined
  /** Kinds of fault that really struck. */
  readonly struck: ReadonlySet<FaultKind>
  /** How often each promise was looked at. */
  readonly checked: ReadonlyMap<string, number>
  readonly records: number
  readonly orders: number
  readonly fills: number
  readonly lives: number
  readonly restarts: number
  /** Session time that passed, ms. */
  readonly virtualMs: number
  readonly state: string
  readonly recovery: RecoveryTimes
  /** Where the book was. */
  readonly journal: Stage["journal"]
}

/** A desk that dies so often without coming to its end is stuck. */
const livesMax = 60

export const runPlan = (
  stage: Stage,
  seed: number,
  plan: ReadonlyArray<Fault>,
  parts: Parts = {}
): Effect.Effect<Outcome> =>
  onVirtualTime(stage, (wireTime) => lives(heldIn(wireTime, stage), seed, plan, parts, wireTime))

const lives = (
  stage: Stage,
  seed: number,
  plan: ReadonlyArray<Fault>,
  parts: Parts,
  wireTime: VirtualTime | undefined
): Effect.Effect<Outcome> =>
  Effect.gen(function* () {
    const strikes = new Strikes(plan, stage.session.days[0]!.openMs)
    const storage = yield* makeStorage(stage, strikes, wireTime)
    const overload = new Overload(strikes)
    const checked = new Map<string, number>()
    const clock = yield* Clock.Clock
    const recovery = new RecoveryTimes()
    let restarts = 0
    let breach: Breach | undefined
    let end: LifeEnd | undefined
    let lives = 0
    const begin = (guest?: Guest) => {
      if (guest !== undefined) recovery.rivalComes(clock.currentTimeMillisUnsafe())
      const watch = new Watch([...invariantsOf(stage.settings), intakeBounds(overload)])
      const life: Life = {
        ...{ storage, strikes, overload, watch, seed, parts, life: lives++ },
        observe: (record) => recovery.record(record, clock.currentTimeMillisUnsafe()),
        ...(guest === undefined ? { meets: rivalry.meets } : { guest })
      }
      return [watch, live(life)] as const
    }
    const rivalry: Rivalry<Watch> = new Rivalry(strikes, begin)
    /** What a process came to. One that lost its book cannot come to the session's end. */
    const settled = (exit: Exit.Exit<LifeEnd>, watch: Watch, isRival: boolean): void => {
      for (const [name, times] of watch.checked) checked.set(name, (checked.get(name) ?? 0) + times)
      breach ??= watch.breach
      if (Exit.isSuccess(exit)) {
        restarts += exit.value.restarts
        if (!isRival) end = exit.value
      } else {
        breach ??= ended(Cause.squash(exit.cause))
      }
    }
    while (breach === undefined && end === undefined) {
      const own = lives
      const [watch, life] = begin()
      settled(yield* Effect.exit(life), watch, false)
      for (const rival of yield* rivalry.settle) settled(rival.exit, rival.told, true)
      const { venue } = storage
      if (end !== undefined && venue.hasLost(own)) breach ??= trespassed("it came to its end")
      if (venue.trespass !== undefined) breach ??= trespassed(venue.trespass)
      if (end === undefined) {
        storage.kafka?.ended()
        storage.disk.failingSyncs = 0
        storage.disk.capacityBytes = Number.POSITIVE_INFINITY
        storage.disk.syncMs = 0
        const diedMs = clock.currentTimeMillisUnsafe()
        // The session stands still until its first commit, and a full disk that lasted would be full for ever.
        strikes.restarted()
        if (storage.wire === undefined) {
          recovery.processDied(diedMs, restartMs)
        } else {
          recovery.processDiedOnClock(diedMs)
          yield* Effect.sleep(restartMs)
        }
      }
      if (lives > livesMax) breach ??= stuck
      if (breach === undefined) breach = yield* afterLife(storage, end, checked, parts)
    }
    const records = yield* recordsOr(storage)
    const left = end === undefined ? undefined : intakeLeft(overload, records)
    if (left !== undefined) breach ??= { invariant: intakeName, seq: -1, why: left }
    return {
      seed,
      plan,
      breach,
      struck: strikes.kinds(),
      checked,
      records: records.length,
      orders: records.filter(({ type }) => type === "OrderIntent").length,
      fills: records.filter(({ type }) => type === "TradeFilled").length,
      lives,
      restarts,
      virtualMs: strikes.nowMs - stage.session.days[0]!.openMs,
      state: end?.state ?? "",
      recovery,
      journal: stage.journal
    }
  })

/** What a model really takes to answer is none of the session's time. */
const heldIn = (time: VirtualTime | undefined, stage: Stage): Stage =>
  time === undefined
    ? stage
    : { ...stage, inference: { infer: (asked) => time.held(stage.inference.infer(asked)) } }

/** The desk lists what it trades before the market opens. */
const startingMs = 30_000

/** A wire has fibers of its own beside the desk's; without one a single fiber waits for nobody. */
const onVirtualTime = (
  { broker, session }: Stage,
  run: (wireTime: VirtualTime | undefined) => Effect.Effect<Outcome>
): Effect.Effect<Outcome> => {
  if (broker !== "wire") {
    return Effect.provideService(run(undefined), Clock.Clock, new VirtualClock())
  }
  const time = new VirtualTime(session.days[0]!.openMs - startingMs)
  return time.run(run(time))
}

const trespassed = (why: string): Breach => ({
  invariant: "5.2 one order per intent",
  seq: -1,
  why
})

const stuck: Breach = {
  invariant: "the desk comes to its end",
  seq: -1,
  why: `${livesMax} lives were not enough`
}

/** What may end a process; anything else is a defect of ours. */
const ended = (cause: unknown): Breach | undefined => {
  const expected =
    cause instanceof Killed ||
    cause instanceof JournalUnavailable ||
    cause instanceof BookLocked ||
    cause instanceof ChainUnavailable ||
    // The broker was not to be reached: whoever started it starts it again.
    cause instanceof CannotStart
  return expected
    ? undefined
    : { invariant: "the desk comes to its end", seq: -1, why: `it died of ${String(cause)}` }
}

/** What must hold between lives: the journal is whole, replays to itself, and agrees with the stand-ins. */
const afterLife = Effect.fnUntraced(function* (
  storage: Storage,
  end: LifeEnd | undefined,
  checked: Map<string, number>,
  parts: Parts
) {
  const note = (name: string) => checked.set(name, (checked.get(name) ?? 0) + 1)
  const read = yield* Effect.exit(durableRecords(storage))
  note("5.5 replay is proof")
  if (Exit.isFailure(read)) {
    return { invariant: "5.5 replay is proof", seq: -1, why: String(Cause.squash(read.cause)) }
  }
  const records = read.value
  const log = openExchangeLog(storage.exchange, storage.stage.session.name)
  const entries = log._tag === "Success" ? log.success.entries : []
  const view = {
    records,
    entries,
    arrivals: storage.venue.arrivals,
    positions: end?.positions ?? [],
    balances: end?.balances ?? { freeMicros: 0n, reservedMicros: 0n, settlingMicros: 0n },
    ended: end !== undefined,
    down: end?.down ?? new Set<string>()
  }
  const findings =
    storage.wire === undefined
      ? outsideFindings(view)
      : wireFindings({ ...view, writtenMs: storage.wire.tws.writtenMs, travelMs })
  for (const name of [
    "5.1 durable gate",
    "5.4 nothing is invented",
    "5.8 stand-ins know what happened"
  ]) {
    note(name)
  }
  const first = findings[0]
  if (first !== undefined) return { invariant: first[0], seq: -1, why: first[1] }
  return end === undefined ? undefined : replayed(storage, records, end, note, parts)
})

const replayed = (
  { stage, codec }: Storage,
  records: ReadonlyArray<JournalRecord>,
  end: LifeEnd,
  note: (name: string) => void,
  parts: Parts
): Breach | undefined => {
  const sound = deskPlan(stage.settings, { ...surroundings(stage.settings), gateways: [] })
  const plan = parts.plan?.(sound) ?? sound
  const { difference, stateHash } = verifyRecords(plan, codec, (from) => records.slice(from))
  if (difference !== undefined) {
    const why = `a replay decides otherwise: ${JSON.stringify(difference).slice(0, 300)}`
    return { invariant: "5.5 replay is proof", seq: difference.seq, why }
  }
  note("5.3 crash anywhere")
  return stateHash === end.state
    ? undefined
    : {
        invariant: "5.3 crash anywhere",
        seq: records.length - 1,
        why: "the state at the end is not that of a replay from record 0"
      }
}

const recordsOr = (storage: Storage): Effect.Effect<ReadonlyArray<JournalRecord>> =>
  Effect.catchCause(durableRecords(storage), () => Effect.succeed([]))
