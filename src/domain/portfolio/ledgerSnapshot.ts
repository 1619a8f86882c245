/** The ledger as plain data, and back. */
import { Schema } from "effect"
import { accountNames, causes, type Ledger } from "./ledger.ts"

const Position = Schema.Struct({ quantity: Schema.Int, costMicros: Schema.BigInt })
const bigints = <const Name extends string>(names: ReadonlyArray<Name>) =>
  Schema.Struct(
    Object.fromEntries(names.map((name) => [name, Schema.BigInt])) as Record<
      Name,
      typeof Schema.BigInt
    >
  )

const Trade = Schema.Struct({
  tradeId: Schema.String,
  strategyId: Schema.String,
  kind: Schema.Literals(["Open", "Hedge"]),
  reservedMicros: Schema.BigInt,
  settledMicros: Schema.BigInt,
  proceedsMicros: Schema.BigInt,
  brokerCashMicros: Schema.BigInt,
  feesMicros: Schema.BigInt,
  realizedMicros: bigints(causes),
  adjustN: Schema.Int,
  canceled: Schema.Boolean,
  closed: Schema.Boolean,
  positions: Schema.Array(Schema.Tuple([Schema.Int, Position]))
})

export const LedgerSnapshot = Schema.Struct({
  accounts: bigints(accountNames),
  trades: Schema.Array(Trade),
  deposits: Schema.Array(Schema.String),
  withdrawals: Schema.Array(Schema.String),
  multipliers: Schema.Array(Schema.Tuple([Schema.Int, Schema.Int])),
  tradedCashMicros: Schema.BigInt
})
export type LedgerSnapshot = typeof LedgerSnapshot.Type

export const snapshotLedger = (ledger: Ledger): LedgerSnapshot => ({
  accounts: { ...ledger.accounts },
  trades: [...ledger.trades.values()].map((each) => ({
    ...each,
    realizedMicros: { ...each.realizedMicros },
    positions: [...each.positions]
  })),
  deposits: [...ledger.deposits],
  withdrawals: [...ledger.withdrawals],
  multipliers: [...ledger.multipliers],
  tradedCashMicros: ledger.tradedCashMicros
})

export const restoreLedger = (snapshot: LedgerSnapshot): Ledger => ({
  accounts: { ...snapshot.accounts },
  trades: new Map(
    snapshot.trades.map((each) => [
      each.tradeId,
      {
        ...each,
        realizedMicros: { ...each.realizedMicros },
        positions: new Map(each.positions)
      }
    ])
  ),
  deposits: new Set(snapshot.deposits),
  withdrawals: new Set(snapshot.withdrawals),
  multipliers: new Map(snapshot.multipliers),
  tradedCashMicros: snapshot.tradedCashMicros
})
