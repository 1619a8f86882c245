/**
 * What can be done to a desk, as data: a plan is a list of faults, each with its place and its time.
 *
 * `atMs` counts from the session's first open, in session time; a fault strikes at the first occasion at or after it. A
 * plan is the same in a simulation, on the test clock, and in a user's YAML file.
 */
import { Schema } from "effect"

const atMs = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 86_400_000 }))
const forMs = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 86_400_000 }))
const share = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
const at = { atMs }
const times = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100 }))

/** What of the bytes that were written and not synced the machine still finds after it stopped. */
const Unsynced = Schema.Literals(["lost", "first part", "some sectors", "all"])
export type Unsynced = typeof Unsynced.Type

/** Quirks of Interactive Brokers on its wire, shown by the TWS simulator; docs/tws-simulator.md tells each. */
const wireFaults = [
  Schema.TaggedStruct("IbExecutionFirst", { ...at, times }),
  Schema.TaggedStruct("IbStatus", {
    ...at,
    how: Schema.Literals(["repeat", "skip", "late"]),
    times
  }),
  Schema.TaggedStruct("IbSecondPermId", { ...at, times }),
  Schema.TaggedStruct("IbCancelRace", { ...at, times }),
  Schema.TaggedStruct("IbIdRollback", { ...at, by: times }),
  Schema.TaggedStruct("IbLateCommission", { ...at, delayMs: forMs, times }),
  /** An execution's price turns out to be so much higher, so much later. */
  Schema.TaggedStruct("IbCorrection", {
    ...at,
    byMicros: Schema.Int.check(Schema.isBetween({ minimum: -1_000_000, maximum: 1_000_000 })),
    delayMs: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 86_400_000 }))
  }),
  /** A request is refused with this code. */
  Schema.TaggedStruct("IbRefusal", {
    ...at,
    code: Schema.Literals([103, 110, 201, 321, 10147, 10148])
  }),
  /** The broker cancels the oldest working order of its own accord. */
  Schema.TaggedStruct("IbCanceled", at),
  /** The connection drops right after an order arrived. */
  Schema.TaggedStruct("IbDropAfterOrder", at),
  /** The gateway restarts, as it does each night. */
  Schema.TaggedStruct("IbReset", { ...at, forMs }),
  /** 1100, then 1101 or 1102. */
  Schema.TaggedStruct("IbLost", { ...at, forMs, subscriptionsLost: Schema.Boolean }),
  /** It reads and says nothing. */
  Schema.TaggedStruct("IbSilent", { ...at, forMs }),
  /** The socket is open, and nobody is behind it any more. */
  Schema.TaggedStruct("IbZombie", at),
  Schema.TaggedStruct("IbDeadQuotes", { ...at, forMs }),
  /** "Too many messages", though there were not. */
  Schema.TaggedStruct("IbPacing", { ...at, times })
] as const

export const Fault = Schema.Union([
  /** An actor throws at one of its boundaries; `times` in a row on the same message (poison from `poisonLimit` on). */
  Schema.TaggedStruct("ActorCrash", {
    ...at,
    actor: Schema.String,
    point: Schema.Literals(["mailbox", "evolve", "decide", "accept"]),
    times: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100 }))
  }),
  /** The process ends at a boundary; in a commit the machine ends with it, and `unsynced` says what is left of it. */
  Schema.TaggedStruct("ProcessKill", {
    ...at,
    point: Schema.Literals(["in commit", "after commit", "before request", "after request"]),
    unsynced: Unsynced
  }),
  /** Nothing more can be written for a while. */
  Schema.TaggedStruct("DiskFull", { ...at, forMs }),
  /** Each sync takes `syncMs` for a while. */
  Schema.TaggedStruct("SlowDisk", { ...at, forMs, syncMs: forMs }),
  /** A commit's outcome is not told: it happened (`applied`) or not. */
  Schema.TaggedStruct("AppendUnknown", { ...at, applied: Schema.Boolean }),
  /** Another writer has taken the book over: the next commit is refused, and the process must end. */
  Schema.TaggedStruct("Fenced", at),
  /**
   * While the process stands still at `point` a rival opens its book and trades for `forMs` of the session; halfway the
   * first goes on, and believes that the book is its own. Where a lock keeps the rival out, it is refused.
   */
  Schema.TaggedStruct("Rival", {
    ...at,
    forMs,
    point: Schema.Literals(["in commit", "before request"])
  }),
  /** The process stands still between taking an order from the outbox and its write to the broker. */
  Schema.TaggedStruct("SendPause", { ...at, pauseMs: forMs }),
  /** A request's answer is lost on its way: the broker did (`applied`) or did not get it. */
  Schema.TaggedStruct("BrokerAnswerLost", { ...at, applied: Schema.Boolean }),
  /** The broker cannot be reached for a while; what it does meanwhile is told afterwards. */
  Schema.TaggedStruct("BrokerAway", { ...at, forMs }),
  /** What the broker says on its own comes so much later. */
  Schema.TaggedStruct("BrokerDelayed", { ...at, forMs, delayMs: forMs }),
  /** The broker says the last `count` things again. */
  Schema.TaggedStruct("BrokerRepeats", {
    ...at,
    count: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000 }))
  }),
  /** The broker corrects the execution that it told last: its price and its commission, micro-USD. */
  Schema.TaggedStruct("BrokerCorrects", {
    ...at,
    priceMicros: Schema.Int.check(Schema.isBetween({ minimum: -1_000_000, maximum: 1_000_000 })),
    commissionMicros: Schema.Int.check(
      Schema.isBetween({ minimum: -1_000_000, maximum: 1_000_000 })
    )
  }),
  /** An instruction's outcome is not told: the chain took it (`applied`) or not. */
  Schema.TaggedStruct("ChainUnknown", { ...at, applied: Schema.Boolean }),
  /** The chain cannot be reached for a while. */
  Schema.TaggedStruct("ChainAway", { ...at, forMs }),
  /** The model does not answer for a while. */
  Schema.TaggedStruct("ModelAway", { ...at, forMs }),
  /** The model sees its features scaled by 1 + `share` for a while: its input drifted. */
  Schema.TaggedStruct("ModelDrift", { ...at, forMs, share }),
  /** The market's clock jumps: its quotes carry times `byMs` away for a while. */
  Schema.TaggedStruct("ClockJump", {
    ...at,
    forMs,
    byMs: Schema.Int.check(Schema.isBetween({ minimum: -3_600_000, maximum: 3_600_000 }))
  }),
  /**
   * The desk stands still while inputs come: quotes conflate at the intake, reports wait at their sender, operators give
   * `commands` at once, more than there is room for, and with `halt` throw the kill switch behind them.
   */
  Schema.TaggedStruct("IntakeOverload", {
    ...at,
    forMs,
    commands: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000 })),
    halt: Schema.Boolean
  }),
  /** Each answer of a component takes so much longer for a while, on the clock that paces the session. */
  Schema.TaggedStruct("Latency", {
    ...at,
    forMs,
    component: Schema.Literals(["broker", "chain", "inference", "journal"]),
    delayMs: forMs
  }),
  ...wireFaults
])
export type Fault = typeof Fault.Type
export type FaultKind = Fault["_tag"]
export type FaultOf<Kind extends FaultKind> = Extract<Fault, { readonly _tag: Kind }>

/** A named list of faults, as the settings' section `chaos` has it. */
export const ChaosScenario = Schema.Struct({
  /** One sentence. */
  about: Schema.String,
  faults: Schema.Array(Fault)
})
export type ChaosScenario = typeof ChaosScenario.Type

/** One line for people: kind, time of the session, and the rest. */
export const describeFault = (fault: Fault): string => {
  const { _tag, atMs: when, ...rest } = fault
  const more = Object.entries(rest).map(([key, value]) => `${key} ${value}`)
  return `${_tag} at ${clockText(when)}${more.length > 0 ? ` (${more.join(", ")})` : ""}`
}

/** Session time as minutes and seconds: "12:03.250". */
export const clockText = (ms: number): string => {
  const minutes = Math.floor(ms / 60_000)
  const seconds = ((ms % 60_000) / 1_000).toFixed(3)
  return `${String(minutes).padStart(2, "0")}:${seconds.padStart(6, "0")}`
}
