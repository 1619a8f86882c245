/**
 * What the broker itself reported, added up apart from what the desk made of it. Each execution
 * counts once.
 */
import { Schema } from "effect"
import { stockId } from "../market/contract.ts"
import { addTo, type Holdings } from "../trading/holdings.ts"
import { cashOfFills, type LegFill, signOf } from "../trading/netPrice.ts"
import { type Correction, LegExecution } from "../trading/reports.ts"

export interface BrokerStatement {
  readonly executions: Set<string>
  /** What counts of each execution at its latest revision; none of those that builds without corrections took in. */
  readonly amounts: Map<string, Amount>
  readonly holdings: Holdings
  /** Cash of executions, exercises and assignments, less commissions, micro-USD. */
  cashMicros: bigint
}

const Amount = Schema.Struct({
  revision: Schema.Int,
  legs: Schema.Array(LegExecution),
  commissionMicros: Schema.BigInt
})
type Amount = typeof Amount.Type

export const BrokerStatementSnapshot = Schema.Struct({
  executions: Schema.Array(Schema.String),
  amounts: Schema.optionalKey(Schema.Array(Schema.Tuple([Schema.String, Amount]))),
  holdings: Schema.Array(Schema.Tuple([Schema.Int, Schema.Int])),
  cashMicros: Schema.BigInt
})

export const emptyStatement = (): BrokerStatement => ({
  executions: new Set(),
  amounts: new Map(),
  holdings: new Map(),
  cashMicros: 0n
})

export const snapshotStatement = (statement: BrokerStatement) => ({
  executions: [...statement.executions],
  amounts: [...statement.amounts],
  holdings: [...statement.holdings],
  cashMicros: statement.cashMicros
})

export const restoreStatement = (
  snapshot: typeof BrokerStatementSnapshot.Type
): BrokerStatement => ({
  executions: new Set(snapshot.executions),
  amounts: new Map(snapshot.amounts),
  holdings: new Map(snapshot.holdings),
  cashMicros: snapshot.cashMicros
})

export interface Execution {
  readonly execID: string
  readonly legs: ReadonlyArray<LegFill>
  readonly commissionMicros: bigint
  /** Of a corrected one: which it is of, and how it was told first. */
  readonly correction?: Correction | undefined
}

/** A correction takes the place of what counted before: each execution counts once, at its latest revision. */
export const takeExecution = (
  statement: BrokerStatement,
  { execID, legs, commissionMicros, correction }: Execution,
  multiplierOf: (instrument: number) => number
): void => {
  const id = correction?.execRefID ?? execID
  const revision = correction?.revision ?? 1
  const isKnown = statement.executions.has(id)
  const before = isKnown ? (statement.amounts.get(id) ?? asTold(correction)) : undefined
  if (isKnown && (before === undefined || before.revision >= revision)) return
  statement.executions.add(id)
  statement.amounts.set(id, { revision, legs, commissionMicros })
  count(statement, { legs, commissionMicros }, 1, multiplierOf)
  if (before !== undefined) count(statement, before, -1, multiplierOf)
}

const asTold = (correction: Correction | undefined): Amount | undefined =>
  correction && {
    revision: 1,
    legs: correction.legs,
    commissionMicros: correction.commissionMicros
  }

const count = (
  statement: BrokerStatement,
  { legs, commissionMicros }: Omit<Amount, "revision">,
  sign: 1 | -1,
  multiplierOf: (instrument: number) => number
): void => {
  for (const { instrument, side, lastQty } of legs) {
    addTo(statement.holdings, instrument, sign * signOf(side) * lastQty)
  }
  statement.cashMicros += BigInt(sign) * (cashOfFills(legs, multiplierOf) - commissionMicros)
}

/** A contract that ended; `quantity` as it was held, `shares` that came for it at the strike. */
export interface ContractEnd {
  readonly execID: string
  readonly instrument: number
  readonly quantity: number
  readonly shares: number
  readonly strikeMicros: number
}

export const takeContractEnd = (statement: BrokerStatement, end: ContractEnd): void => {
  if (statement.executions.has(end.execID)) return
  statement.executions.add(end.execID)
  addTo(statement.holdings, end.instrument, -end.quantity)
  addTo(statement.holdings, stockId, end.shares)
  statement.cashMicros -= BigInt(end.shares) * BigInt(end.strikeMicros)
}
