/**
 * Who stops, who restarts, or whether a supervisor gives up: OTP's rules as pure functions over
 * plain data.
 *
 * Shared by `Supervisor.ts` (fibers) and `treePolicy.ts` (the kernel's tree). No clock and no
 * chance of its own. Source: Erlang/OTP, Supervision Principles and the `supervisor` module's
 * manual.
 */
export type Strategy = "one_for_one" | "one_for_all" | "rest_for_one" | "simple_one_for_one"

/**
 * permanent: always restarted; transient: after an abnormal exit only; temporary: never, nor with
 * its siblings.
 */
export type Restart = "permanent" | "transient" | "temporary"

/** How long a stop waits, in ms; "brutal_kill" does not wait, "infinity" waits for ever. */
export type Shutdown = "brutal_kill" | "infinity" | number

type AutoShutdown = "never" | "any_significant" | "all_significant"

export interface ChildSpec<Start = unknown> {
  readonly id: string
  readonly start: Start
  readonly restart: Restart
  readonly shutdown: Shutdown
  readonly type: "worker" | "supervisor"
  readonly significant: boolean
}

/**
 * How a child ended. Only `Defect` is abnormal; a `Shutdown` with a reason is OTP's `{shutdown,
 * Reason}`.
 */
export type ChildExit =
  | { readonly _tag: "Normal" }
  | { readonly _tag: "Shutdown"; readonly reason?: unknown }
  | { readonly _tag: "Defect"; readonly reason: unknown }

/**
 * restarting: it crashed and waits for its next attempt; down: ended, or stopped by its supervisor.
 */
export type ChildStatus = "running" | "restarting" | "down"

/** What a decision knows of one child. Lists of these are in start order. */
export interface ChildView {
  readonly id: string
  readonly restart: Restart
  readonly significant: boolean
  readonly status: ChildStatus
}

/** Delay before a restart, beyond OTP (which restarts at once). */
export interface Backoff {
  /** First delay, ms. */
  readonly minMs: number
  /** Cap before jitter, ms. */
  readonly maxMs: number
  /** Each delay is this many times the one before, >= 1. */
  readonly factor: number
  /** Up to this share of the delay is added at random, >= 0. */
  readonly randomShare: number
  /** A child that stayed up this long starts from the beginning again, ms. */
  readonly resetAfterMs: number
  /** So many restarts come without a delay before the first delayed one. */
  readonly immediateRestarts: number
}

export interface SupervisorFlags {
  readonly strategy: Strategy
  /** Restarts allowed within `periodMs`; one more and the supervisor gives up. */
  readonly intensity: number
  readonly periodMs: number
  readonly autoShutdown: AutoShutdown
  readonly backoff?: Backoff
}

/** OTP's defaults. */
export const defaultFlags: SupervisorFlags = {
  strategy: "one_for_one",
  intensity: 1,
  periodMs: 5_000,
  autoShutdown: "never"
}

/** A supervisor's memory of restarts: plain JSON. */
export interface RestartHistory {
  /** Times of the restarts that still count, oldest first, epoch ms. */
  readonly restartsMs: ReadonlyArray<number>
  /** By child id: restarts in a row, and when the last one was due. */
  readonly streaks: Readonly<Record<string, RestartStreak>>
}

interface RestartStreak {
  readonly restarts: number
  readonly upMs: number
}

export const emptyHistory: RestartHistory = { restartsMs: [], streaks: {} }

/**
 * `stop` is in reverse start order and holds running children only; `remove` are specs to forget.
 */
export type Decision =
  /** The child stays down; nothing else happens. */
  | { readonly _tag: "StayDown"; readonly remove: ReadonlyArray<string> }
  /** Stop at once, forget `remove`, wait `delayMs`, then start in the order given. */
  | {
      readonly _tag: "Restart"
      readonly stop: ReadonlyArray<string>
      readonly remove: ReadonlyArray<string>
      readonly start: ReadonlyArray<string>
      readonly delayMs: number
    }
  /** Intensity exceeded: stop everything, then the supervisor itself ends with `Shutdown`. */
  | { readonly _tag: "Escalate"; readonly stop: ReadonlyArray<string> }
  /** A significant child ended by itself: stop everything, then end with `Shutdown`. */
  | { readonly _tag: "AutoShutdown"; readonly stop: ReadonlyArray<string> }

/**
 * The supervisor as a decision sees it. `random`: uniform in [0, 1), drawn only for a delay with
 * jitter.
 */
export interface Situation {
  readonly flags: SupervisorFlags
  /** In start order. */
  readonly children: ReadonlyArray<ChildView>
  readonly history: RestartHistory
  readonly nowMs: number
  readonly random: () => number
}

export interface Outcome {
  readonly decision: Decision
  readonly history: RestartHistory
}

/** A child ended by itself. Throws where the supervisor has no such child. */
export const childExited = (situation: Situation, id: string, exit: ChildExit): Outcome => {
  const child = childOf(situation.children, id)
  return needsRestart(child.restart, exit)
    ? attemptRestart(situation, id)
    : { decision: withoutRestart(situation, child), history: situation.history }
}

/**
 * A restart is due, after a crash or because the attempt before failed to start: counts in the
 * window.
 */
export const attemptRestart = (situation: Situation, id: string): Outcome => {
  const { flags, children, nowMs } = situation
  const restartsMs = [...within(situation.history.restartsMs, flags.periodMs, nowMs), nowMs]
  if (restartsMs.length > flags.intensity) {
    const history = { ...situation.history, restartsMs }
    return { decision: { _tag: "Escalate", stop: runningReversed(children, id) }, history }
  }
  const before = restartsInARow(situation, id)
  const delayMs =
    flags.backoff === undefined ? 0 : backoffDelayMs(flags.backoff, before, situation.random)
  const affected = affectedBy(flags.strategy, children, id)
  const lasting = affected.filter((child) => child.restart !== "temporary")
  return {
    decision: {
      _tag: "Restart",
      stop: runningReversed(affected, id),
      remove: affected.filter((child) => child.restart === "temporary").map((child) => child.id),
      start: lasting.map((child) => child.id),
      delayMs
    },
    history: {
      restartsMs,
      streaks:
        flags.backoff === undefined
          ? situation.history.streaks
          : {
              ...situation.history.streaks,
              [id]: { restarts: before + 1, upMs: nowMs + delayMs }
            }
    }
  }
}

/** The history without a child that is no longer in the supervisor's list. */
export const forgetChild = (history: RestartHistory, id: string): RestartHistory => {
  if (history.streaks[id] === undefined) return history
  const { [id]: _forgotten, ...streaks } = history.streaks
  return { ...history, streaks }
}

/** Whether OTP restarts a child of this type after this exit. */
const needsRestart = (restart: Restart, exit: ChildExit): boolean =>
  restart === "permanent" || (restart === "transient" && exit._tag === "Defect")

/**
 * The failed child and those that share its fate, in start order. Throws where there is no such
 * child.
 */
export const affectedBy = <C extends { readonly id: string }>(
  strategy: Strategy,
  children: ReadonlyArray<C>,
  id: string
): ReadonlyArray<C> => {
  const at = children.findIndex((child) => child.id === id)
  if (at < 0) throw new Error(`supervisor has no child ${id}`)
  if (strategy === "one_for_all") return children
  if (strategy === "rest_for_one") return children.slice(at)
  return children.slice(at, at + 1)
}

/**
 * Delay before a restart, whole ms; `restarts`: how many came before it in a row.
 *
 * min, min x factor, ... capped at max; then up to `randomShare` of it is added. 0 for the
 * immediate ones.
 */
export const backoffDelayMs = (
  backoff: Backoff,
  restarts: number,
  random: () => number
): number => {
  if (restarts < backoff.immediateRestarts) return 0
  let delayMs = backoff.minMs
  // Multiplied out, because the last bit of a power differs between engines.
  for (let n = backoff.immediateRestarts; n < restarts && delayMs < backoff.maxMs; n++) {
    if (backoff.factor === 1) break
    delayMs *= backoff.factor
  }
  const capped = Math.min(delayMs, backoff.maxMs)
  const jitter = backoff.randomShare === 0 ? 0 : capped * backoff.randomShare * random()
  return Math.round(capped + jitter)
}

/** One sentence for each rule that the flags break; empty when they are sound. */
export const flagFaults = (flags: SupervisorFlags): ReadonlyArray<string> => {
  const faults: Array<string> = []
  const whole = (name: string, value: number, least: number) => {
    if (Number.isSafeInteger(value) && value >= least) return
    faults.push(`${name} was ${value}, allowed are whole numbers from ${least}`)
  }
  const atLeast = (name: string, value: number, least: number) => {
    if (Number.isFinite(value) && value >= least) return
    faults.push(`${name} was ${value}, allowed are numbers from ${least}`)
  }
  whole("intensity", flags.intensity, 0)
  whole("periodMs", flags.periodMs, 1)
  if (flags.backoff !== undefined) {
    whole("backoff.minMs", flags.backoff.minMs, 1)
    whole("backoff.maxMs", flags.backoff.maxMs, flags.backoff.minMs)
    atLeast("backoff.factor", flags.backoff.factor, 1)
    atLeast("backoff.randomShare", flags.backoff.randomShare, 0)
    whole("backoff.resetAfterMs", flags.backoff.resetAfterMs, 1)
    whole("backoff.immediateRestarts", flags.backoff.immediateRestarts, 0)
  }
  return faults
}

/** One sentence for each rule that a child's spec breaks under these flags. */
export const specFaults = (flags: SupervisorFlags, spec: ChildSpec): ReadonlyArray<string> => {
  const faults: Array<string> = []
  if (spec.significant && spec.restart === "permanent") {
    faults.push(`child ${spec.id} is significant and permanent: a permanent child never ends`)
  }
  if (spec.significant && flags.autoShutdown === "never") {
    faults.push(`child ${spec.id} is significant under auto_shutdown never, allowed are the others`)
  }
  const { shutdown } = spec
  if (typeof shutdown === "number" && !(Number.isSafeInteger(shutdown) && shutdown >= 0)) {
    faults.push(
      `shutdown of child ${spec.id} was ${shutdown}, ` +
        "allowed are whole ms from 0, brutal_kill, infinity"
    )
  }
  return faults
}

const childOf = (children: ReadonlyArray<ChildView>, id: string): ChildView => {
  const child = children.find((candidate) => candidate.id === id)
  if (child === undefined) throw new Error(`supervisor has no child ${id}`)
  return child
}

const withoutRestart = ({ flags, children }: Situation, child: ChildView): Decision => {
  const othersUp = children.some(
    (other) => other.id !== child.id && other.significant && other.status !== "down"
  )
  const ends =
    child.significant &&
    (flags.autoShutdown === "any_significant" ||
      (flags.autoShutdown === "all_significant" && !othersUp))
  if (ends) return { _tag: "AutoShutdown", stop: runningReversed(children, child.id) }
  const forgotten = child.restart === "temporary" || flags.strategy === "simple_one_for_one"
  return { _tag: "StayDown", remove: forgotten ? [child.id] : [] }
}

/** A restart exactly one period ago still counts, as in OTP. */
const within = (restartsMs: ReadonlyArray<number>, periodMs: number, nowMs: number) =>
  restartsMs.filter((atMs) => nowMs - atMs <= periodMs)

const restartsInARow = ({ flags, history, nowMs }: Situation, id: string): number => {
  const streak = history.streaks[id]
  if (streak === undefined || flags.backoff === undefined) return 0
  return nowMs - streak.upMs >= flags.backoff.resetAfterMs ? 0 : streak.restarts
}

const runningReversed = (children: ReadonlyArray<ChildView>, failed: string) =>
  children
    .filter((child) => child.status === "running" && child.id !== failed)
    .map((child) => child.id)
    .reverse()
