/**
 * Three-way comparison: the journal's ledger against the vault and against the broker. It finds,
 * and changes nothing.
 */
import { addTo, type Holdings } from "../trading/holdings.ts"
import { type Capital, settlingMicrosOf } from "../vault/capital.ts"
import type { VaultBalances } from "../vault/vaultState.ts"
import type { BrokerStatement } from "./brokerStatement.ts"
import { type Ledger, type TradeLedger, trialBalanceMicros } from "./ledger.ts"

/** Amounts as decimal text: micro-USD, contracts or shares. */
export interface Difference {
  readonly what: string
  readonly between: "journal-vault" | "journal-broker" | "journal"
  readonly expected: string
  readonly found: string
}

/** One text per set of differences, to tell a new set from one that was told. */
export const textOfDifferences = (differences: ReadonlyArray<Difference>): string =>
  differences.map(({ what, expected, found }) => `${what}: ${expected} / ${found}`).join("; ")

type Value = bigint | number | boolean

/** The ledger, the vault actor's own sums, and what the chain says. */
export const compare = (
  ledger: Ledger,
  vault: Capital,
  chain: VaultBalances
): ReadonlyArray<Difference> => [
  ...compareLedger(ledger, (tradeId) => {
    const account = vault.accounts.get(tradeId)
    return account !== undefined && (account.inFlight !== undefined || account.stuck !== "")
  }),
  ...compareBalances(ledger, chain, "chain"),
  ...compareBalances(ledger, { ...vault, settlingMicros: settlingMicrosOf(vault) }, "vault"),
  ...compareTrades(ledger, vault)
]

/**
 * What must hold of the ledger alone: zero balance, all cash explained, closed trades even with the
 * counterparty but for those of which an instruction is still on its way.
 */
export const compareLedger = (
  ledger: Ledger,
  isInFlight: (tradeId: string) => boolean
): ReadonlyArray<Difference> => {
  const rows: Array<Row> = [
    ["trial balance", 0n, trialBalanceMicros(ledger)],
    ["cash that no leg explains", 0n, ledger.accounts.unexplained]
  ]
  for (const trade of ledger.trades.values()) {
    if (!trade.closed || isInFlight(trade.tradeId)) continue
    rows.push([`open positions of closed trade ${trade.tradeId}`, 0, trade.positions.size])
    rows.push([`counterparty balance of closed trade ${trade.tradeId}`, 0n, trade.brokerCashMicros])
  }
  return differences("journal", rows)
}

export const compareBalances = (
  ledger: Ledger,
  balances: VaultBalances,
  whose: "chain" | "vault"
): ReadonlyArray<Difference> =>
  differences("journal-vault", [
    [`${whose} free`, ledger.accounts.vaultFree, balances.freeMicros],
    [`${whose} reserved`, ledger.accounts.vaultReserved, balances.reservedMicros],
    [`${whose} settling`, ledger.accounts.counterpartyReceivable, balances.settlingMicros]
  ])

/** Positions and cash that the desk booked, against the executions that the broker reported. */
export const compareBroker = (
  ledger: Ledger,
  statement: BrokerStatement
): ReadonlyArray<Difference> => {
  const booked: Holdings = new Map()
  for (const { positions } of ledger.trades.values()) {
    for (const [instrument, { quantity }] of positions) addTo(booked, instrument, quantity)
  }
  const instruments = [...new Set([...booked.keys(), ...statement.holdings.keys()])]
  return differences("journal-broker", [
    ...instruments
      .sort((a, b) => a - b)
      .map(
        (instrument): Row => [
          `position of instrument ${instrument}`,
          booked.get(instrument) ?? 0,
          statement.holdings.get(instrument) ?? 0
        ]
      ),
    ["broker cash", ledger.tradedCashMicros, statement.cashMicros]
  ])
}

const compareTrades = (ledger: Ledger, vault: Capital): ReadonlyArray<Difference> => {
  const rows: Array<Row> = []
  for (const account of vault.accounts.values()) {
    const trade = ledger.trades.get(account.tradeId)
    const name = `of trade ${account.tradeId}`
    rows.push([`settled ${name}`, trade?.settledMicros ?? 0n, account.settledMicros])
    rows.push([`proceeds ${name}`, trade?.proceedsMicros ?? 0n, account.proceedsMicros])
    rows.push([`commissions ${name}`, trade?.feesMicros ?? 0n, account.commissionMicros])
    rows.push([`closed ${name}`, trade?.closed ?? false, account.closed])
    for (const [instrument, quantity] of positionsOf(trade, account.holdings)) {
      const held = account.holdings.get(instrument) ?? 0
      rows.push([`instrument ${instrument} ${name}`, quantity, held])
    }
  }
  return differences("journal-vault", rows)
}

const positionsOf = (trade: TradeLedger | undefined, holdings: Holdings) => {
  const all = new Map<number, number>()
  for (const instrument of holdings.keys()) all.set(instrument, 0)
  for (const [instrument, { quantity }] of trade?.positions ?? []) all.set(instrument, quantity)
  return all
}

type Row = readonly [what: string, expected: Value, found: Value]

const differences = (
  between: Difference["between"],
  rows: ReadonlyArray<Row>
): ReadonlyArray<Difference> =>
  rows
    .filter(([, expected, found]) => expected !== found)
    .map(([what, expected, found]) => ({
      what,
      between,
      expected: String(expected),
      found: String(found)
    }))
