/**
 * The auditor: folds the journal into its own double-entry ledger and holds it against the broker's
 * reports and the chain's balances. What it cannot explain is a record that blocks new risk; it
 * never invents a fill.
 *
 * Records on their way are not differences: it compares once money has been quiet for a while,
 * while executor and vault are up. A difference that was told is told again only when it changes.
 */
import { Schema } from "effect"
import type { DraftOf } from "../domain/journal/record.ts"
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
  type Difference,
  textOfDifferences
} from "../domain/portfolio/compare.ts"
import { emptyLedger, trialBalanceMicros } from "../domain/portfolio/ledger.ts"
import {
  LedgerSnapshot,
  restoreLedger,
  snapshotLedger
} from "../domain/portfolio/ledgerSnapshot.ts"
import type { VaultBalances } from "../domain/vault/vaultState.ts"
import { type AuditState, auditorEvents, auditorMessages, evolveAudit } from "./auditRecords.ts"
import { DifferenceFound } from "./ports/records/auditor.ts"
import { AnchorRequested, BalancesRequested } from "./ports/records/vault.ts"
import type { Behavior } from "./runtime/Behavior.ts"

export interface AuditorConfig {
  /**
   * Money must have been quiet for so long before it compares, ms. Longer than a request's way to
   * its answer.
   */
  readonly quietMs: number
  /** The chain's accounts are read so often, and at each opening of the book, ms. */
  readonly reconcileMs: number
  /** The journal's head goes to the chain so often, at each close and at an ordered stop, ms. */
  readonly anchorMs: number
}

/** A minute: requests are answered within seconds. */
export const auditQuietMs = 60_000

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
  told: Schema.String,
  readings: Schema.Int,
  readAtMs: Schema.Int,
  anchors: Schema.Int,
  anchoredAtMs: Schema.Int
})

type Event = (typeof auditorEvents)[number]

export const makeAuditor = (
  config: AuditorConfig
): Behavior<
  AuditState,
  (typeof auditorMessages)[number]["of"],
  Event,
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
    told: "",
    readings: 0,
    readAtMs: 0,
    anchors: 0,
    anchoredAtMs: 0
  }),
  evolve: (state, record) => {
    evolveAudit(state, record)
    return state
  },
  decide: (state, message, context) => {
    switch (message.type) {
      case "ChainRejected":
        return refused(message.payload)
      case "EpochOpened":
        return [reading(state)]
      case "AnchorJournal":
        return [anchor(state, message.payload.reason)]
      case "BalancesReported":
        return toldOnce(state, readingDifferences(state, message.payload))
      default: {
        const isQuiet = context.nowMs - state.lastMoneyMs >= config.quietMs
        const compared = isQuiet && state.down.size === 0
        return [
          ...(compared ? toldOnce(state, differencesOf(state)) : []),
          ...due(state, message, config, context.nowMs)
        ]
      }
    }
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

/**
 * A refused deposit, withdrawal, freeze or reservation is an answer like any other: nothing happened and
 * nothing was to follow.
 */
const harmless: ReadonlySet<string> = new Set([
  "DepositRequested",
  "WithdrawRequested",
  "FreezeRequested",
  "ThawRequested",
  "ReserveRequested"
])

const refused = (answer: {
  readonly instruction: string
  readonly tradeId: string
  readonly n: number
  readonly code: string
  readonly text: string
}): ReadonlyArray<DraftOf<Event>> => {
  const { instruction, tradeId, n, code, text } = answer
  if (harmless.has(instruction)) return []
  const what = tradeId === "" ? `${instruction} ${n}` : `${instruction} ${n} of ${tradeId}`
  const found = text === "" ? code : `${code}: ${text}`
  const difference = { what, between: "journal-vault", expected: "confirmed", found } as const
  return [DifferenceFound.make({ differences: [difference] })]
}

const reading = ({ readings }: AuditState) => BalancesRequested.make({ n: readings + 1 })

const anchor = ({ anchors }: AuditState, reason: string) =>
  AnchorRequested.make({ n: anchors + 1, reason })

/** The readings and anchors that this moment asks for. */
const due = (
  state: AuditState,
  message: { readonly type: string; readonly payload: object },
  config: AuditorConfig,
  nowMs: number
): ReadonlyArray<DraftOf<Event>> => {
  const isClose =
    message.type === "TradingSessionStatus" &&
    (message.payload as { readonly status: string }).status === "Closed"
  if (message.type !== "IntervalElapsed" && !isClose) return []
  return [
    ...(isClose || nowMs - state.readAtMs >= config.reconcileMs ? [reading(state)] : []),
    ...(isClose || nowMs - state.anchoredAtMs >= config.anchorMs
      ? [anchor(state, isClose ? "close" : "interval")]
      : [])
  ]
}

const toldOnce = (
  state: AuditState,
  differences: ReadonlyArray<Difference>
): ReadonlyArray<DraftOf<Event>> =>
  differences.length === 0 || textOfDifferences(differences) === state.told
    ? []
    : [DifferenceFound.make({ differences })]

/** The chain was read at this very moment of the journal, so nothing on its way explains a difference. */
const readingDifferences = (
  { ledger }: AuditState,
  read: VaultBalances & { readonly heldMicros: bigint }
): ReadonlyArray<Difference> => {
  const held = read.freeMicros + read.reservedMicros
  return [
    ...compareBalances(ledger, read, "chain"),
    // More is no difference: anybody can send USDT to an account.
    ...(read.heldMicros >= held
      ? []
      : [
          {
            what: "vault token account",
            between: "journal-vault",
            expected: String(held),
            found: String(read.heldMicros)
          } as const
        ])
  ]
}

const differencesOf = ({
  ledger,
  statement,
  chain,
  inFlight
}: AuditState): ReadonlyArray<Difference> => [
  ...compareLedger(ledger, (tradeId) => inFlight.has(tradeId)),
  ...(chain === undefined ? [] : compareBalances(ledger, chain, "chain")),
  ...compareBroker(ledger, statement)
]
