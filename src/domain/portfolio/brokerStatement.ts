/**
 * What the broker itself reported, added up apart from what the desk made of it. Each execution
 * counts once.
 */
import { Schema } from "effect"
import { stockId } from "../market/contract.ts"
import { addFills, addTo, type Holdings } from "../trading/holdings.ts"
import { cashOfFills, type LegFill } from "../trading/netPrice.ts"

export interface BrokerStatement {
  readonly executions: Set<string>
  readonly holdings: Holdings
  /** Cash of executions, exercises and assignments, less commissions, micro-USD. */
  cashMicros: bigint
}

export const BrokerStatementSnapshot = Schema.Struct({
  executions: Schema.Array(Schema.String),
  holdings: Schema.Array(Schema.Tuple([Schema.Int, Schema.Int])),
  cashMicros: Schema.BigInt
})

export const emptyStatement = (): BrokerStatement => ({
  executions: new Set(),
  holdings: new Map(),
  cashMicros: 0n
})

export const snapshotStatement = (statement: BrokerStatement) => ({
  executions: [...statement.executions],
  holdings: [...statement.holdings],
  cashMicros: statement.cashMicros
})

export const restoreStatement = (
  snapshot: typeof BrokerStatementSnapshot.Type
): BrokerStatement => ({
  executions: new Set(snapshot.executions),
  holdings: new Map(snapshot.holdings),
  cashMicros: snapshot.cashMicros
})

export interface Execution {
  readonly execID: string
  readonly legs: ReadonlyArray<LegFill>
  readonly commissionMicros: bigint
}

export const takeExecution = (
  statement: BrokerStatement,
  { execID, legs, commissionMicros }: Execution,
  multiplierOf: (instrument: number) => number
): void => {
  if (statement.executions.has(execID)) return
  statement.executions.add(execID)
  addFills(statement.holdings, legs)
  statement.cashMicros += cashOfFills(legs, multiplierOf) - commissionMicros
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
