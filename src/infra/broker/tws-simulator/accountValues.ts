/** The account's values under the names that TWS gives them. USD throughout. */
import type { AccountValue } from "../tws-wire/answers.ts"

export interface AccountState {
  readonly cash: number
  readonly netLiquidation: number
  readonly equityWithLoan: number
  readonly grossPositions: number
  readonly stockValue: number
  readonly optionValue: number
  readonly unrealized: number
  readonly realized: number
  readonly initialMargin: number
  readonly maintenanceMargin: number
}

const money = (value: number): string => value.toFixed(2)

const named = (state: AccountState): ReadonlyArray<readonly [key: string, value: string]> => {
  const available = state.equityWithLoan - state.initialMargin
  const excess = state.equityWithLoan - state.maintenanceMargin
  const { initialMargin, maintenanceMargin } = state
  const margins = (prefix: string): ReadonlyArray<readonly [string, string]> => [
    [`${prefix}InitMarginReq`, money(initialMargin)],
    [`${prefix}MaintMarginReq`, money(maintenanceMargin)],
    [`${prefix}AvailableFunds`, money(available)],
    [`${prefix}ExcessLiquidity`, money(excess)]
  ]
  return [
    ["NetLiquidation", money(state.netLiquidation)],
    ["TotalCashValue", money(state.cash)],
    ["SettledCash", money(state.cash)],
    ["AccruedCash", money(0)],
    ["BuyingPower", money(Math.max(0, available * 4))],
    ["EquityWithLoanValue", money(state.equityWithLoan)],
    ["PreviousDayEquityWithLoanValue", money(state.equityWithLoan)],
    ["GrossPositionValue", money(state.grossPositions)],
    ["RegTEquity", money(state.equityWithLoan)],
    ["RegTMargin", money(initialMargin)],
    ["SMA", money(available)],
    ...margins(""),
    ...margins("Full"),
    ...margins("LookAhead")
  ]
}

const plain = (state: AccountState): ReadonlyArray<readonly [key: string, value: string]> => {
  const excess = state.equityWithLoan - state.maintenanceMargin
  const cushion = state.netLiquidation > 0 ? excess / state.netLiquidation : 0
  return [
    ["AccountType", "INDIVIDUAL"],
    ["Cushion", cushion.toFixed(6)],
    ["LookAheadNextChange", "0"],
    ["DayTradesRemaining", "-1"],
    ["Leverage", (state.grossPositions / Math.max(1, state.netLiquidation)).toFixed(2)],
    ["HighestSeverity", "0"]
  ]
}

/** By currency: those whose names $LEDGER stands for. */
const ledger = (state: AccountState): ReadonlyArray<readonly [key: string, value: string]> => [
  ["CashBalance", money(state.cash)],
  ["TotalCashBalance", money(state.cash)],
  ["NetLiquidationByCurrency", money(state.netLiquidation)],
  ["StockMarketValue", money(state.stockValue)],
  ["OptionMarketValue", money(state.optionValue)],
  ["UnrealizedPnL", money(state.unrealized)],
  ["RealizedPnL", money(state.realized)],
  ["ExchangeRate", "1.00"],
  ["AccruedDividend", money(0)],
  ["Currency", "USD"],
  ["RealCurrency", "USD"]
]

const inUsd = ([key, value]: readonly [string, string]): AccountValue => ({
  key,
  value,
  currency: "USD"
})
const without = ([key, value]: readonly [string, string]): AccountValue => ({
  key,
  value,
  currency: ""
})

/** Everything, as reqAccountUpdates tells it. */
export const accountValues = (
  state: AccountState,
  account: string
): ReadonlyArray<AccountValue> => [
  { key: "AccountCode", value: account, currency: "" },
  { key: "AccountOrGroup", value: account, currency: "BASE" },
  { key: "AccountReady", value: "true", currency: "" },
  ...plain(state).map(without),
  ...named(state).map(inUsd),
  ...ledgerValues(state)
]

export const ledgerValues = (state: AccountState): ReadonlyArray<AccountValue> => [
  ...ledger(state).map(inUsd),
  ...ledger(state).map(([key, value]) => ({ key, value, currency: "BASE" }))
]

/** The tags that were asked for, in their order; those that are not known are left out. */
export const summaryValues = (
  state: AccountState,
  tags: ReadonlyArray<string>
): ReadonlyArray<AccountValue> => {
  const known = new Map<string, AccountValue>()
  for (const pair of plain(state)) known.set(pair[0], without(pair))
  for (const pair of named(state)) known.set(pair[0], inUsd(pair))
  return tags.flatMap((tag) => {
    if (tag.startsWith("$LEDGER")) return ledger(state).map(inUsd)
    const value = known.get(tag)
    return value === undefined ? [] : [value]
  })
}
