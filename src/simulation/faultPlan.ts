/** A fault plan from a seed: which faults, where and when. A scenario is a choice of kinds with their own counts. */
import { uniformAt } from "../domain/chance.ts"
import type { Fault, FaultKind, Unsynced } from "../domain/chaos/faults.ts"

export interface Scenario {
  readonly name: string
  /** One sentence for `--help` and reports. */
  readonly about: string
  readonly kinds: ReadonlyArray<FaultKind>
  /** A plan has 1 to so many faults. */
  readonly faultsMax: number
  /** Where the book is; by the seed unless it is said. */
  readonly journal?: "file" | "kafka"
  /** The simulated exchange unless it is said; `either`: by the seed. */
  readonly broker?: "wire" | "either"
}

const all: ReadonlyArray<FaultKind> = [
  "ActorCrash",
  "ProcessKill",
  "DiskFull",
  "SlowDisk",
  "AppendUnknown",
  "Fenced",
  "SendPause",
  "BrokerAnswerLost",
  "BrokerAway",
  "BrokerDelayed",
  "BrokerRepeats",
  "ChainUnknown",
  "ChainAway",
  "ModelAway",
  "ModelDrift",
  "ClockJump",
  "Latency",
  "IntakeOverload",
  "Rival"
]

/** What a desk before the wire meets in place of the port's own faults. */
const ofWire: ReadonlyArray<FaultKind> = [
  "IbExecutionFirst",
  "IbStatus",
  "IbSecondPermId",
  "IbCancelRace",
  "IbIdRollback",
  "IbLateCommission",
  "IbCorrection",
  "IbRefusal",
  "IbCanceled",
  "IbDropAfterOrder",
  "IbReset",
  "IbLost",
  "IbSilent",
  "IbZombie",
  "IbDeadQuotes",
  "IbPacing"
]
/** Faults of a broker behind its port, and of the market that comes with it. */
const ofPort = new Set<FaultKind>([
  "BrokerDelayed",
  "BrokerRepeats",
  "BrokerAway",
  "ClockJump",
  "Rival"
])

export const scenarios: ReadonlyArray<Scenario> = [
  {
    name: "anything",
    about: "every kind of fault, up to eight in a run",
    kinds: all,
    faultsMax: 8,
    broker: "either"
  },
  { name: "calm", about: "no fault at all", kinds: [], faultsMax: 0 },
  {
    name: "crashes",
    about: "actors crash at every boundary, some of them again and again",
    kinds: ["ActorCrash"],
    faultsMax: 12
  },
  {
    name: "kills",
    about: "the process is killed, mid-commit and around requests, with torn and reordered writes",
    kinds: ["ProcessKill"],
    faultsMax: 6
  },
  {
    name: "journal",
    about: "the journal fills up, slows down, loses answers, is taken over",
    kinds: ["DiskFull", "SlowDisk", "AppendUnknown", "Fenced", "ProcessKill"],
    faultsMax: 6
  },
  {
    name: "kafka",
    about: "the book is on Kafka, whose answers get lost, whose servers go away; it is taken over",
    kinds: ["DiskFull", "SlowDisk", "AppendUnknown", "Fenced", "ProcessKill"],
    faultsMax: 8,
    journal: "kafka"
  },
  {
    name: "wire",
    about: "the gateway to IB as on the wall clock, before the TWS simulator and its faults",
    kinds: [...ofWire, "ProcessKill", "ActorCrash", "Fenced", "SendPause", "SlowDisk"],
    faultsMax: 12,
    broker: "wire"
  },
  {
    name: "broker",
    about: "the broker goes away, answers late, twice or not at all; the process dies meanwhile",
    kinds: [
      "BrokerAnswerLost",
      "BrokerAway",
      "BrokerDelayed",
      "BrokerRepeats",
      "SendPause",
      "ProcessKill"
    ],
    faultsMax: 8
  },
  {
    name: "corrections",
    about: "the broker corrects what it told, before and after closing; it repeats, actors crash",
    kinds: [
      "BrokerCorrects",
      "BrokerCorrects",
      "BrokerCorrects",
      "BrokerRepeats",
      "ProcessKill",
      "ActorCrash",
      "ChainUnknown"
    ],
    faultsMax: 12
  },
  {
    name: "chain",
    about: "the vault's chain goes away and loses answers; the process dies meanwhile",
    kinds: ["ChainUnknown", "ChainAway", "ProcessKill"],
    faultsMax: 8
  },
  {
    name: "cognition",
    about: "models are late, drifted or away, clocks jump, answers take long",
    kinds: ["ModelAway", "ModelDrift", "ClockJump", "Latency", "ActorCrash"],
    faultsMax: 8
  },
  {
    name: "overload",
    about:
      "more comes at once than the intake holds, kill switch and all; the process dies meanwhile",
    kinds: ["IntakeOverload", "IntakeOverload", "ProcessKill", "ActorCrash"],
    faultsMax: 6
  },
  {
    name: "rival",
    about:
      "another process opens the book and trades on; the first wakes and believes it is the owner",
    kinds: ["Rival", "Rival", "Rival", "ProcessKill", "AppendUnknown", "BrokerAnswerLost"],
    faultsMax: 5
  }
]

export const scenarioNamed = (name: string): Scenario | undefined =>
  scenarios.find((scenario) => scenario.name === name)

export interface PlanBounds {
  /** Length of the session, ms. */
  readonly sessionMs: number
  /** How the desk reaches its broker: some faults are one way's alone. */
  readonly broker: "simulated" | "wire"
  readonly actors: ReadonlyArray<string>
}

/** The plan of a seed, by time. The same seed, scenario and bounds give the same plan. */
export const planOf = (
  seed: number,
  scenario: Scenario,
  bounds: PlanBounds
): ReadonlyArray<Fault> => {
  const { faultsMax } = scenario
  if (faultsMax === 0) return []
  const kinds = kindsOf(scenario, bounds.broker)
  const count = 1 + Math.floor(uniformAt(seed, 1) * faultsMax)
  const plan = Array.from({ length: count }, (_, index) => {
    const draw = (which: number): number => uniformAt(seed, 2, index, which)
    return faultOf(pick(kinds, draw(0)), draw, bounds)
  })
  return plan.sort((a, b) => a.atMs - b.atMs)
}

const kindsOf = ({ kinds, broker }: Scenario, reached: PlanBounds["broker"]) =>
  reached === "wire" && broker === "either"
    ? [...kinds.filter((kind) => !ofPort.has(kind)), ...ofWire]
    : kinds

type Draw = (which: number) => number

const pick = <A>(from: ReadonlyArray<A>, draw: number): A =>
  from[Math.min(from.length - 1, Math.floor(draw * from.length))]!

const unsynced: ReadonlyArray<Unsynced> = ["lost", "first part", "some sectors", "all"]

/** From `least` to `most`, small ones as likely as large ones. */
const between = (draw: number, least: number, most: number): number =>
  Math.round(least * (most / least) ** draw)

const faultOf = (kind: FaultKind, draw: Draw, { sessionMs, actors }: PlanBounds): Fault => {
  const atMs = Math.floor(draw(1) * sessionMs)
  const forMs = between(draw(2), 100, 300_000)
  switch (kind) {
    case "ActorCrash":
      return {
        _tag: kind,
        atMs,
        actor: pick(actors, draw(3)),
        point: pick(["mailbox", "evolve", "decide", "accept"] as const, draw(4)),
        times: draw(5) < 0.7 ? 1 : 1 + Math.floor(draw(6) * 4)
      }
    case "ProcessKill":
      return {
        _tag: kind,
        atMs,
        point: pick(
          ["in commit", "after commit", "before request", "after request"] as const,
          draw(3)
        ),
        unsynced: pick(unsynced, draw(4))
      }
    case "SlowDisk":
      return { _tag: kind, atMs, forMs, syncMs: between(draw(3), 10, 60_000) }
    case "AppendUnknown":
    case "BrokerAnswerLost":
    case "ChainUnknown":
      return { _tag: kind, atMs, applied: draw(3) < 0.5 }
    case "Fenced":
      return { _tag: kind, atMs }
    case "Rival":
      return {
        ...{ _tag: kind, atMs, forMs },
        point: pick(["in commit", "before request"] as const, draw(3))
      }
    case "SendPause":
      return { _tag: kind, atMs, pauseMs: forMs }
    case "BrokerDelayed":
      return { _tag: kind, atMs, forMs, delayMs: between(draw(3), 10, 60_000) }
    case "BrokerRepeats":
      return { _tag: kind, atMs, count: between(draw(3), 1, 50) }
    case "IbExecutionFirst":
    case "IbSecondPermId":
    case "IbCancelRace":
    case "IbPacing":
      return { _tag: kind, atMs, times: between(draw(3), 1, 5) }
    case "IbStatus":
      return {
        ...{ _tag: kind, atMs, times: between(draw(3), 1, 5) },
        how: pick(["repeat", "skip", "late"] as const, draw(4))
      }
    case "IbIdRollback":
      return { _tag: kind, atMs, by: between(draw(3), 1, 20) }
    case "IbLateCommission":
      return {
        ...{ _tag: kind, atMs, times: between(draw(3), 1, 5) },
        delayMs: between(draw(4), 100, 60_000)
      }
    case "IbCorrection":
      return {
        ...{ _tag: kind, atMs, byMicros: 10_000 * (1 + Math.floor(draw(3) * 10)) },
        delayMs: draw(4) < 0.5 ? 0 : between(draw(5), 10, 300_000)
      }
    case "IbRefusal":
      return { _tag: kind, atMs, code: pick([103, 110, 201, 321, 10147, 10148] as const, draw(3)) }
    case "IbCanceled":
    case "IbDropAfterOrder":
    case "IbZombie":
      return { _tag: kind, atMs }
    case "IbLost":
      return { _tag: kind, atMs, forMs, subscriptionsLost: draw(3) < 0.5 }
    case "BrokerCorrects":
      return {
        ...{ _tag: kind, atMs, priceMicros: Math.round((draw(3) - 0.5) * 10) * 10_000 },
        commissionMicros: Math.round((draw(4) - 0.5) * 1_000_000)
      }
    case "ModelDrift":
      return { _tag: kind, atMs, forMs, share: draw(3) }
    case "ClockJump":
      return { _tag: kind, atMs, forMs, byMs: Math.round((draw(3) - 0.5) * 1_200_000) }
    case "IntakeOverload":
      return { _tag: kind, atMs, forMs, commands: between(draw(3), 1, 60), halt: draw(4) < 0.25 }
    case "Latency":
      return {
        ...{ _tag: kind, atMs, forMs, delayMs: between(draw(4), 10, 5_000) },
        component: pick(["broker", "chain", "inference", "journal"] as const, draw(3))
      }
    default:
      return { _tag: kind, atMs, forMs }
  }
}
