/**
 * Failures that users of other platforms reported in public, and where ours is held to survive them: a fault plan that the
 * whole desk goes through here, or a test elsewhere. N: NautilusTrader, L: Lean, L IB: Lean's Interactive Brokers plugin.
 */
import type { Fault, FaultKind } from "../../src/domain/chaos/faults.ts"

interface Reported {
  readonly issues: string
  readonly failure: string
  /** What happens here. */
  readonly here: string
}

export interface ByPlan extends Reported {
  readonly plan: ReadonlyArray<Fault>
  /** Must have struck, else the plan proves nothing. */
  readonly strikes: ReadonlyArray<FaultKind>
}

export interface Elsewhere extends Reported {
  readonly file: string
  /** Of a test in the file. */
  readonly test: string
}

const minutes = (count: number): number => count * 60_000

const every = (stepMinutes: number, fault: (atMs: number) => Fault): ReadonlyArray<Fault> =>
  Array.from({ length: Math.floor(30 / stepMinutes) }, (_, at) =>
    fault(minutes((at + 1) * stepMinutes))
  )

export const byPlan: ReadonlyArray<ByPlan> = [
  {
    issues: "N #3176",
    failure: "each restart sends working orders again",
    here: "an intent has one order, however often the process dies around its sending",
    plan: every(3, (atMs) => ({
      _tag: "ProcessKill",
      atMs,
      point: atMs % minutes(2) === 0 ? "before request" : "after request",
      unsynced: "lost"
    })),
    strikes: ["ProcessKill"]
  },
  {
    issues: "N #3046, #1130",
    failure: "what the venue says again after a restart is booked again under the same trade id",
    here: "a report that is said again has its record already; an execution is booked once",
    plan: [
      ...every(4, (atMs): Fault => ({ _tag: "BrokerRepeats", atMs, count: 50 })),
      { _tag: "ProcessKill", atMs: minutes(14), point: "after request", unsynced: "lost" }
    ],
    strikes: ["BrokerRepeats"]
  },
  {
    issues: "N #4958, L IB #249",
    failure: "an order whose answer was lost is called rejected, and its fill has no owner",
    here: "it is in doubt until the venue tells; its fills are booked",
    plan: [
      ...every(3, (atMs): Fault => ({ _tag: "BrokerAnswerLost", atMs, applied: true })),
      { _tag: "BrokerAnswerLost", atMs: minutes(29), applied: false }
    ],
    strikes: ["BrokerAnswerLost"]
  },
  {
    issues: "N #5000, #3560, #4634; L #3174",
    failure:
      "a kill loses what was saved at an orderly stop alone: orders, accounts, strategy state",
    here: "every actor's state is the journal's, and equals a replay of it from record 0",
    plan: every(4, (atMs) => ({
      _tag: "ProcessKill",
      atMs,
      point: "in commit",
      unsynced: "some sectors"
    })),
    strikes: ["ProcessKill"]
  },
  {
    issues: "N #4991, L IB #249, #129, #246, #247",
    failure: "what happened while the connection was away never arrives, or nobody notices",
    here: "nothing new is sent meanwhile; afterwards every report is recorded and booked",
    plan: every(6, (atMs) => ({ _tag: "BrokerAway", atMs, forMs: minutes(3) })),
    strikes: ["BrokerAway"]
  },
  {
    issues: "N event store (documented)",
    failure:
      "events are tapped beside the trader: the writer stops, and trading goes on unrecorded",
    here: "nothing leaves that is not durable: a journal that fails ends the process",
    plan: [
      { _tag: "DiskFull", atMs: minutes(5), forMs: minutes(4) },
      { _tag: "AppendUnknown", atMs: minutes(12), applied: false },
      { _tag: "AppendUnknown", atMs: minutes(18), applied: true }
    ],
    strikes: ["AppendUnknown"]
  },
  {
    issues: "N #3550, #838",
    failure: "after a restart strategies see positions that the venue does not have",
    here: "what is held by the journal equals what the venue says at the end, and is never copied from a cache",
    plan: [
      { _tag: "BrokerDelayed", atMs: 0, forMs: minutes(30), delayMs: 20_000 },
      { _tag: "ProcessKill", atMs: minutes(6), point: "after commit", unsynced: "lost" },
      { _tag: "ProcessKill", atMs: minutes(17), point: "after commit", unsynced: "first part" }
    ],
    strikes: ["ProcessKill", "BrokerDelayed"]
  }
]

const ib = "test/infra/broker/ib/publicFailures.test.ts"

export const elsewhere: ReadonlyArray<Elsewhere> = [
  {
    issues: "N #3878",
    failure: "reconciliation comes out differently each time",
    here: "one seed, one state, one chain of records",
    file: "test/simulation/wholeSystem.test.ts",
    test: "comes to one state for one seed"
  },
  {
    issues: "N #5041",
    failure: "a second permId for one order; a fill before its status",
    here: "both ids name the order; a fill acknowledges it",
    file: ib,
    test: "N 5041"
  },
  {
    issues: "N #4557; L IB #249",
    failure: "a question that timed out is read as none",
    here: "it is unknown: nothing is sent, nothing concluded",
    file: ib,
    test: "a question that is not answered means unknown, never none"
  },
  {
    issues: "N #3968, #1533, #1933; L #9496; L IB #80",
    failure: "a feed that is dead behind an open socket is noticed after hours",
    here: "silence is judged by content: lines anew, then the connection, then an operator",
    file: ib,
    test: "N 3968"
  },
  {
    issues: "N #4412",
    failure: "order ids roll back and collide; a random client id loses its orders",
    here: "ids are never below one that was used, and the client id stays",
    file: ib,
    test: "order ids that roll back do not touch older orders"
  },
  {
    issues: "N #3796",
    failure: "a client id in use (326) ends the connection for good",
    here: "it is waited for, with the same id",
    file: ib,
    test: "a client id in use is waited for, with the same id"
  },
  {
    issues: "N #3493; L #2916",
    failure:
      "a fill is inferred from a position, and races the real one; a foreign order stops the program",
    here: "nothing is inferred: the difference is a record that blocks new risk until it is resolved",
    file: ib,
    test: "nothing is made up for a position that nobody can explain"
  },
  {
    issues: "L #9292",
    failure: "legs of a combination are handled one by one after a restart",
    here: "a combination is one order, counted by its legs once",
    file: ib,
    test: "a combination and its legs are reported both, and counted once"
  }
]
