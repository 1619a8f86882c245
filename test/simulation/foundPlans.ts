/** Plans by which a seed once broke a promise. Kept whole: what a seed draws changes with the kinds of fault that there are. */
import type { Fault } from "../../src/domain/chaos/faults.ts"

interface Found {
  readonly scenario: string
  /** Of the market, too. */
  readonly seed: number
  readonly what: string
  /** The simulated exchange unless it is said. */
  readonly broker?: "wire"
  readonly plan: ReadonlyArray<Fault>
}

export const found: ReadonlyArray<Found> = [
  {
    scenario: "anything",
    seed: 5,
    what: "a venue that says a report again gets one record for it, not two",
    plan: [
      { _tag: "BrokerRepeats", atMs: 302658, count: 6 },
      { _tag: "Fenced", atMs: 1622090 },
      { _tag: "ActorCrash", atMs: 1641817, actor: "feed", point: "accept", times: 1 }
    ]
  },
  {
    scenario: "anything",
    seed: 22,
    what: "a report whose answer was lost is said again, so that its fill is booked",
    plan: [
      { _tag: "BrokerDelayed", atMs: 51426, forMs: 66151, delayMs: 22890 },
      { _tag: "BrokerDelayed", atMs: 450680, forMs: 50970, delayMs: 21 },
      { _tag: "SlowDisk", atMs: 886402, forMs: 2129, syncMs: 2290 },
      { _tag: "Latency", atMs: 965614, forMs: 1041, delayMs: 47, component: "chain" },
      { _tag: "ChainAway", atMs: 1047819, forMs: 225 },
      { _tag: "BrokerAnswerLost", atMs: 1671157, applied: true }
    ]
  },
  {
    scenario: "crashes",
    seed: 31,
    what: "an executor that supervision gave up leaves the reports in the journal",
    plan: [
      { _tag: "ActorCrash", atMs: 55538, actor: "executor", point: "mailbox", times: 1 },
      { _tag: "ActorCrash", atMs: 134475, actor: "executor", point: "mailbox", times: 3 },
      { _tag: "ActorCrash", atMs: 188672, actor: "convergence", point: "decide", times: 1 },
      { _tag: "ActorCrash", atMs: 212664, actor: "executor", point: "mailbox", times: 1 },
      { _tag: "ActorCrash", atMs: 534875, actor: "executor", point: "accept", times: 1 },
      { _tag: "ActorCrash", atMs: 877907, actor: "auditor", point: "accept", times: 1 },
      { _tag: "ActorCrash", atMs: 957837, actor: "risk-gate", point: "mailbox", times: 1 },
      { _tag: "ActorCrash", atMs: 983952, actor: "strategy", point: "mailbox", times: 1 },
      { _tag: "ActorCrash", atMs: 1149353, actor: "strategy", point: "evolve", times: 4 },
      { _tag: "ActorCrash", atMs: 1245680, actor: "vault", point: "mailbox", times: 1 },
      { _tag: "ActorCrash", atMs: 1321198, actor: "convergence", point: "evolve", times: 3 },
      { _tag: "ActorCrash", atMs: 1433323, actor: "features", point: "evolve", times: 3 }
    ]
  },
  {
    scenario: "anything",
    seed: 519,
    what: "an auditor that skipped a poisoned fill says that its books differ, and nothing else breaks",
    plan: [
      { _tag: "ModelAway", atMs: 17222, forMs: 7840 },
      { _tag: "Latency", atMs: 1106999, forMs: 810, delayMs: 13, component: "chain" },
      { _tag: "ActorCrash", atMs: 1946683, actor: "auditor", point: "mailbox", times: 4 }
    ]
  },
  {
    scenario: "anything",
    seed: 145,
    what: "an order sent in recovery whose answer is lost has its reports all the same",
    plan: [
      { _tag: "BrokerAnswerLost", atMs: 1_076_377, applied: true },
      { _tag: "SendPause", atMs: 1_537_189, pauseMs: 90_047 },
      { _tag: "ProcessKill", atMs: 1_635_172, point: "before request", unsynced: "first part" }
    ]
  },
  {
    scenario: "wire",
    seed: 1,
    what: "a desk that was away for longer than its lease goes on at the time that it is",
    broker: "wire",
    plan: [{ _tag: "ProcessKill", atMs: 600_000, point: "before request", unsynced: "all" }]
  },
  {
    scenario: "anything",
    seed: 47,
    what: "a day does not end while the broker cannot be reached, so a fill of that time is heard",
    broker: "wire",
    plan: [{ _tag: "IbReset", atMs: 1_978_625, forMs: 298_022 }]
  },
  {
    scenario: "wire",
    seed: 163,
    what: "a day does not end before a fill whose commission is late was told",
    broker: "wire",
    plan: [{ _tag: "IbLateCommission", atMs: 1_571_362, times: 5, delayMs: 10_880 }]
  },
  {
    scenario: "anything",
    seed: 647,
    what: "a disk that was full is not full for ever to a desk whose market stands still",
    broker: "wire",
    plan: [{ _tag: "DiskFull", atMs: 1_314_080, forMs: 16_665 }]
  },
  {
    scenario: "anything",
    seed: 787,
    what: "a report that is held up at the intake is waited for",
    broker: "wire",
    plan: [{ _tag: "IntakeOverload", atMs: 1_873_701, forMs: 200_124, commands: 1, halt: false }]
  }
]
