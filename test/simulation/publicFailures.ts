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
  /** Lives of the process, where one too many would be the failure. */
  readonly lives?: number
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
    issues: "N #3046",
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
    issues: "N #5000, #3560, #4634; L #3174, #7048",
    failure:
      "a restart loses what was not saved in time: orders, accounts, strategy state, profits",
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
    issues: "N #1130",
    failure: "orders that were open when the process died are loaded again and never worked on",
    here: "they work at the venue, and what becomes of them is booked by the next life",
    plan: every(5, (atMs) => ({
      _tag: "ProcessKill",
      atMs,
      point: "after request",
      unsynced: "all"
    })),
    strikes: ["ProcessKill"]
  },
  {
    issues: "L #3297; L IB #227",
    failure: "the broker's nightly reset ends the program, or leaves it neither running nor ended",
    here: "the process lives on while the broker is away, opens no risk, and comes to its end",
    plan: [
      { _tag: "BrokerAway", atMs: minutes(3), forMs: minutes(12) },
      { _tag: "BrokerAway", atMs: minutes(20), forMs: minutes(4) }
    ],
    strikes: ["BrokerAway"],
    lives: 1
  },
  {
    issues: "N #4991, L IB #249",
    failure: "what happened while the connection was away never arrives",
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
    issues: "N #3550, #838, #2609",
    failure: "strategies see positions that the venue does not have, or none where it has some",
    here: "what is held by the journal equals what the venue says at the end, and is never copied from a cache",
    plan: [
      { _tag: "BrokerDelayed", atMs: 0, forMs: minutes(30), delayMs: 20_000 },
      { _tag: "ProcessKill", atMs: minutes(6), point: "after commit", unsynced: "lost" },
      { _tag: "ProcessKill", atMs: minutes(17), point: "after commit", unsynced: "first part" }
    ],
    strikes: ["ProcessKill", "BrokerDelayed"]
  }
]

const accounts = "test/infra/broker/ib/publicAccounts.test.ts"
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
    issues: "N #5041, #3949",
    failure: "a second permId for one order; a fill before its status, or before its order",
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
    issues: "N #3715",
    failure: "a question for positions that failed is read as flat, and a closing is made up",
    here: "without an answer nothing is compared and nothing concluded",
    file: accounts,
    test: "N 3715"
  },
  {
    issues: "N #4707",
    failure: "what belongs to another account of the same login is reconciled into this one",
    here: "a book has one account; of others nothing is taken in",
    file: accounts,
    test: "N 4707"
  },
  {
    issues: "L #7518",
    failure: "a holding of a kind that cannot be traded ends the program at its start",
    here: "it is shown as a difference, which an operator resolves; the desk runs",
    file: accounts,
    test: "L 7518, 2916"
  },
  {
    issues: "L #2504",
    failure: "after a first failed connection, later ones bring no market data back",
    here: "each connection asks for every line anew",
    file: "test/infra/broker/ib/ibMarketData.test.ts",
    test: "asks for every line anew after a reconnect and after 1101"
  },
  {
    issues: "L IB #129, #246, #247",
    failure: "the broker goes away, for days, and nobody is told",
    here: "beyond its bound it is a record, an alert, and no new risk, until it is back",
    file: "test/deskIb.test.ts",
    test: "tells of a connection that stays away beyond its bound, and of its return"
  },
  {
    issues: "L #9292",
    failure: "legs of one combination are handled by threads of their own and become two orders",
    here: "a combination is one order, counted by its legs once",
    file: ib,
    test: "a combination and its legs are reported both, and counted once"
  }
]

/** What of those reports is not held against ours, and why. */
export const apart: ReadonlyArray<{ readonly issues: string; readonly why: string }> = [
  {
    issues: "N #3933; L IB #136, #186",
    why: "no thread under these numbers was found: nothing is claimed of them"
  },
  {
    issues: "N #838",
    why: "a question, not a failure: whether the own store or the venue is the truth; ours are compared"
  },
  {
    issues: "L #7518",
    why: "its custom data cannot be held here; that a strange holding stops nothing is in the table"
  },
  {
    issues: "L IB #246, #247",
    why: "logging the gateway in, with its second factor, is the operator's; that it is away is told"
  },
  {
    issues: "L #9496",
    why: "it asks to let strategies reconnect the broker: here none can, the feed's own watch does"
  }
]
