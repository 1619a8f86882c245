/**
 * The auditor: folds the journal into its own double-entry ledger and holds it against the broker's
 * reports and the chain's balances. What it cannot explain is a record that blocks new risk; it
 * never invents a fill.
 *
 * Records on their way are not differences: it compares once money has been quiet for a while,
 * while executor and vault are up. A difference that was told is told again only when it changes.
 */
import { Schema } from "effect"
import {
  BrokerStatementSnapshot,
  emptyStatement,
  restoreStatement,
  snapshotStatement
} from "../domain/portfolio/brokerStatement.ts"
import {
  compareBalances,
  compareBroker,
  compareLedger,
  textOfDifferences
} from "../domain/portfolio/compare.ts"
import { emptyLedger, trialBalanceMicros } from "../domain/portfolio/ledger.ts"
import {
  LedgerSnapshot,
  restoreLedger,
  snapshotLedger
} from "../domain/portfolio/ledgerSnapshot.ts"
import { type AuditState, auditorEvents, auditorMessages, evolveAudit } from "./auditRecords.ts"
import { DifferenceFound } from "./ports/records/auditor.ts"
import type { Behavior } from "./runtime/Behavior.ts"

export interface AuditorConfig {
  /**
   * Money must have been quiet for so long before it compares, ms. Longer than a request's way to
   * its answer.
   */
  readonly quietMs: number
}

/** A minute: requests are answered within seconds. */
const defaultAuditorConfig: AuditorConfig = { quietMs: 60_000 }

const auditorId = "auditor"

const Balances = Schema.Struct({
  freeMicros: Schema.BigInt,
  reservedMicros: Schema.BigInt,
  settlingMicros: Schema.BigInt
})
const AuditSnapshot = Schema.Struct({
  ledger: LedgerSnapshot,
  statement: BrokerStatementSnapshot,
  chain: Schema.UndefinedOr(Balances),
  inFlight: Schema.Array(Schema.Tuple([Schema.String, Schema.Int])),
  down: Schema.Array(Schema.String),
  lastMoneyMs: Schema.Int,
  told: Schema.String
})

export const makeAuditor = (
  config: AuditorConfig = defaultAuditorConfig
): Behavior<
  AuditState,
  (typeof auditorMessages)[number]["of"],
  (typeof auditorEvents)[number],
  typeof AuditSnapshot.Type
> => ({
  id: auditorId,
  messages: auditorMessages,
  events: auditorEvents,
  moneyBearing: false,
  outsideStateHash: true,
  initial: () => ({
    ledger: emptyLedger(),
    statement: emptyStatement(),
    chain: undefined,
    inFlight: new Map(),
    down: new Set(),
    lastMoneyMs: 0,
    told: ""
  }),
  evolve: (state, record) => {
    evolveAudit(state, record)
    return state
  },
  decide: (state, message, context) => {
    if (message.type === "ChainRejected") {
      const { instruction, tradeId, n, code } = message.payload
      // A refused deposit or reservation is an answer like any other: nothing happened and nothing
      // was to follow.
      if (instruction === "ReserveRequested" || instruction === "DepositRequested") return []
      const what = `${instruction} ${n} of ${tradeId}`
      const difference = {
        what,
        between: "journal-vault",
        expected: "confirmed",
        found: code
      } as const
      return [DifferenceFound.make({ differences: [difference] })]
    }
    const isQuiet = context.nowMs - state.lastMoneyMs >= config.quietMs
    if (!isQuiet || state.down.size > 0) return []
    const differences = differencesOf(state)
    return differences.length === 0 || textOfDifferences(differences) === state.told
      ? []
      : [DifferenceFound.make({ differences })]
  },
  invariant: ({ ledger }) => {
    const sum = trialBalanceMicros(ledger)
    if (sum !== 0n) throw new Error(`the ledger is out of balance by ${sum} micro-USD`)
  },
  snapshotSchema: AuditSnapshot,
  snapshot: (state) => ({
    ...state,
    ledger: snapshotLedger(state.ledger),
    statement: snapshotStatement(state.statement),
    inFlight: [...state.inFlight],
    down: [...state.down]
  }),
  restore: (snapshot) => ({
    ...snapshot,
    ledger: restoreLedger(snapshot.ledger),
    statement: restoreStatement(snapshot.statement),
    inFlight: new Map(snapshot.inFlight),
    down: new Set(snapshot.down)
  })
})

const differencesOf = ({ ledger, statement, chain, inFlight }: AuditState) => [
  ...compareLedger(ledger, (tradeId) => inFlight.has(tradeId)),
  ...(chain === undefined ? [] : compareBalances(ledger, chain, "chain")),
  ...compareBroker(ledger, statement)
]
