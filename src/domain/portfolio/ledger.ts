/**
 * The desk's double-entry ledger: one pure fold over the journal. Debits are positive, credits
 * negative.
 *
 * Invariant: the accounts sum to zero after each record. The settlement counterparty owns the
 * broker account: cash that a trade used there before its settlement is a payable (negative
 * `brokerCash`), USDT settled and not paid back a receivable. A closed trade leaves both at zero.
 * Amounts are micro-USD; 1 USDT = 1 USD is assumed.
 */
import { stockId } from "../market/contract.ts"
import { legChanges } from "../trading/corrections.ts"
import { signOf } from "../trading/netPrice.ts"
import type { CorrectionMoney, FillMoney, LegEndMoney, MoneyRecord } from "./moneyRecord.ts"
import { correctTrade, flat, type Position, type Traded, takeOut, trade } from "./position.ts"

export const accountNames = [
  "vaultFree",
  "vaultReserved",
  "counterpartyReceivable",
  "brokerCash",
  "positionCost",
  "fees",
  "realized",
  "deposits",
  "unexplained"
] as const
type AccountName = (typeof accountNames)[number]

/** What a profit came from. */
export const causes = ["Closing", "Expired", "Exercised", "Assigned"] as const
export type Cause = (typeof causes)[number]

export interface TradeLedger {
  readonly tradeId: string
  /** "" until its first fill. */
  strategyId: string
  kind: "Open" | "Hedge"
  reservedMicros: bigint
  settledMicros: bigint
  proceedsMicros: bigint
  /** Signed, negative: the counterparty paid for the trade and has not been paid. */
  brokerCashMicros: bigint
  feesMicros: bigint
  readonly realizedMicros: Record<Cause, bigint>
  adjustN: number
  canceled: boolean
  closed: boolean
  /** By instrument; flat ones are left out. */
  readonly positions: Map<number, Position>
}

export interface Ledger {
  readonly accounts: Record<AccountName, bigint>
  readonly trades: Map<string, TradeLedger>
  readonly deposits: Set<string>
  readonly withdrawals: Set<string>
  /** Multipliers other than 1, by instrument. */
  readonly multipliers: Map<number, number>
  /** All cash that fills and ended contracts moved at the broker, less commissions; never swept. */
  tradedCashMicros: bigint
}

export const emptyLedger = (): Ledger => ({
  accounts: {
    vaultFree: 0n,
    vaultReserved: 0n,
    counterpartyReceivable: 0n,
    brokerCash: 0n,
    positionCost: 0n,
    fees: 0n,
    realized: 0n,
    deposits: 0n,
    unexplained: 0n
  },
  trades: new Map(),
  deposits: new Set(),
  withdrawals: new Set(),
  multipliers: new Map(),
  tradedCashMicros: 0n
})

/** Sum of all accounts: zero, always. */
export const trialBalanceMicros = ({ accounts }: Ledger): bigint =>
  accountNames.reduce((sum, name) => sum + accounts[name], 0n)

/** USDT that the counterparty holds for open trades: the chain's position tokens. */
export const receivableMicros = (of: TradeLedger): bigint =>
  of.closed || of.proceedsMicros >= of.settledMicros ? 0n : of.settledMicros - of.proceedsMicros

/** Profit of a trade so far, commissions taken off. */
export const netRealizedMicros = (of: TradeLedger): bigint =>
  causes.reduce((sum, cause) => sum + of.realizedMicros[cause], -of.feesMicros)

/** Posts one record, in place. A repeated confirmation posts nothing. */
export const postRecord = (ledger: Ledger, record: MoneyRecord): void => {
  switch (record.type) {
    case "InstrumentsListed":
      for (const { instrument, multiplier } of record.payload.instruments) {
        if (multiplier !== 1) ledger.multipliers.set(instrument, multiplier)
      }
      return
    case "Deposited": {
      const { depositId, amountMicros } = record.payload
      if (ledger.deposits.has(depositId)) return
      ledger.deposits.add(depositId)
      post(ledger, [
        ["vaultFree", amountMicros],
        ["deposits", -amountMicros]
      ])
      return
    }
    case "Withdrawn": {
      const { withdrawalId, amountMicros } = record.payload
      if (ledger.withdrawals.has(withdrawalId)) return
      ledger.withdrawals.add(withdrawalId)
      post(ledger, [
        ["vaultFree", -amountMicros],
        ["deposits", amountMicros]
      ])
      return
    }
    case "Reserved": {
      const of = tradeOf(ledger, record.payload.tradeId)
      const amount = of.reservedMicros === 0n ? record.payload.maxAmountMicros : 0n
      of.reservedMicros += amount
      post(ledger, [
        ["vaultReserved", amount],
        ["vaultFree", -amount]
      ])
      return
    }
    case "ReservationCanceled":
      freeUnsettled(ledger, tradeOf(ledger, record.payload.tradeId))
      return
    case "Settled":
      settle(ledger, record.payload)
      return
    case "Closed":
      close(ledger, record.payload)
      return
    case "Adjusted": {
      const { tradeId, n, amountMicros } = record.payload
      const of = tradeOf(ledger, tradeId)
      if (n <= of.adjustN) return
      of.adjustN = n
      of.brokerCashMicros -= amountMicros
      post(ledger, [
        ["vaultFree", amountMicros],
        ["brokerCash", -amountMicros]
      ])
      return
    }
    case "TradeFilled":
      fill(ledger, record.payload)
      return
    case "TradeCorrected":
      correct(ledger, record.payload)
      return
    case "TradeLegEnded":
      endLeg(ledger, record.payload)
      return
  }
}

type Entry = readonly [AccountName, bigint]

const post = (ledger: Ledger, entries: ReadonlyArray<Entry>): void => {
  for (const [account, amount] of entries) ledger.accounts[account] += amount
}

const tradeOf = (ledger: Ledger, tradeId: string): TradeLedger => {
  const known = ledger.trades.get(tradeId)
  if (known !== undefined) return known
  const of: TradeLedger = {
    tradeId,
    strategyId: "",
    kind: "Open",
    reservedMicros: 0n,
    settledMicros: 0n,
    proceedsMicros: 0n,
    brokerCashMicros: 0n,
    feesMicros: 0n,
    realizedMicros: { Closing: 0n, Expired: 0n, Exercised: 0n, Assigned: 0n },
    adjustN: 0,
    canceled: false,
    closed: false,
    positions: new Map()
  }
  ledger.trades.set(tradeId, of)
  return of
}

const freeUnsettled = (ledger: Ledger, of: TradeLedger): void => {
  const freed = of.canceled ? 0n : of.reservedMicros - of.settledMicros
  of.canceled = true
  post(ledger, [
    ["vaultFree", freed],
    ["vaultReserved", -freed]
  ])
}

const settle = (
  ledger: Ledger,
  { tradeId, cumulativeMicros }: { readonly tradeId: string; readonly cumulativeMicros: bigint }
): void => {
  const of = tradeOf(ledger, tradeId)
  const moved = cumulativeMicros - of.settledMicros
  if (moved <= 0n) return
  const before = receivableMicros(of)
  of.settledMicros = cumulativeMicros
  const receivable = receivableMicros(of) - before
  of.brokerCashMicros += moved - receivable
  post(ledger, [
    ["vaultReserved", -moved],
    ["counterpartyReceivable", receivable],
    ["brokerCash", moved - receivable]
  ])
}

const close = (
  ledger: Ledger,
  closing: {
    readonly tradeId: string
    readonly cumulativeProceedsMicros: bigint
    readonly final: boolean
  }
): void => {
  const of = tradeOf(ledger, closing.tradeId)
  if (of.closed || closing.cumulativeProceedsMicros < of.proceedsMicros) return
  const paid = closing.cumulativeProceedsMicros - of.proceedsMicros
  const before = receivableMicros(of)
  of.proceedsMicros = closing.cumulativeProceedsMicros
  of.closed = closing.final
  const released = before - receivableMicros(of)
  of.brokerCashMicros -= paid - released
  post(ledger, [
    ["vaultFree", paid],
    ["counterpartyReceivable", -released],
    ["brokerCash", released - paid]
  ])
  if (closing.final) freeUnsettled(ledger, of)
}

const fill = (ledger: Ledger, filled: FillMoney): void => {
  const of = tradeOf(ledger, filled.kind === "Close" ? filled.closes : filled.tradeId)
  if (filled.kind !== "Close") {
    of.kind = filled.kind
    of.strategyId = filled.strategyId
  }
  let costMicros = 0n
  for (const { instrument, side, lastQty, lastPxMicros } of filled.legs) {
    const quantity = signOf(side) * lastQty
    const shares = quantity * (ledger.multipliers.get(instrument) ?? 1)
    const legCostMicros = BigInt(shares) * BigInt(lastPxMicros)
    costMicros += legCostMicros
    debitPosition(ledger, of, "Closing", instrument, quantity, legCostMicros)
  }
  moveCash(ledger, of, filled.cashMicros, filled.commissionMicros)
  // Cash that the legs' prices do not explain is kept in sight, in its own account.
  post(ledger, [["unexplained", -filled.cashMicros - costMicros]])
}

const correct = (ledger: Ledger, corrected: CorrectionMoney): void => {
  const { kind, closes, tradeId, cashMicros, commissionMicros } = corrected
  const of = tradeOf(ledger, kind === "Close" ? closes : tradeId)
  let costMicros = 0n
  for (const change of legChanges(corrected, (each) => ledger.multipliers.get(each) ?? 1)) {
    const held = of.positions.get(change.instrument) ?? flat
    costMicros += change.costMicros
    book(ledger, of, "Closing", change.instrument, change.costMicros, correctTrade(held, change))
  }
  moveCash(ledger, of, cashMicros, commissionMicros)
  post(ledger, [["unexplained", -cashMicros - costMicros]])
}

const endLeg = (ledger: Ledger, ended: LegEndMoney): void => {
  const of = tradeOf(ledger, ended.tradeId)
  const { instrument, quantity, kind, shares, cashMicros } = ended
  if (shares === 0) {
    // Nothing is delivered: the cash, if any, is what the contracts went for.
    debitPosition(ledger, of, kind, instrument, -quantity, -cashMicros)
  } else {
    // The option's cost moves into the stock's; only the strike is cash.
    const { costMicros, rest } = takeOut(of.positions.get(instrument) ?? flat, quantity)
    setPosition(of, instrument, rest)
    post(ledger, [["positionCost", -costMicros]])
    debitPosition(ledger, of, kind, stockId, shares, costMicros - cashMicros)
  }
  moveCash(ledger, of, cashMicros, ended.commissionMicros)
}

/**
 * Debits a position with what was paid for a quantity (negative: received); profit of what it
 * closes is realized.
 */
const debitPosition = (
  ledger: Ledger,
  of: TradeLedger,
  cause: Cause,
  instrument: number,
  quantity: number,
  costMicros: bigint
): void => {
  const held = of.positions.get(instrument) ?? flat
  book(ledger, of, cause, instrument, costMicros, trade(held, quantity, costMicros))
}

const book = (
  ledger: Ledger,
  of: TradeLedger,
  cause: Cause,
  instrument: number,
  costMicros: bigint,
  traded: Traded
): void => {
  setPosition(of, instrument, traded.position)
  of.realizedMicros[cause] += traded.realizedMicros
  post(ledger, [
    ["positionCost", costMicros + traded.realizedMicros],
    ["realized", -traded.realizedMicros]
  ])
}

/** Cash at the broker: negative was paid. */
const moveCash = (
  ledger: Ledger,
  of: TradeLedger,
  cashMicros: bigint,
  commissionMicros: bigint
): void => {
  of.brokerCashMicros += cashMicros - commissionMicros
  of.feesMicros += commissionMicros
  ledger.tradedCashMicros += cashMicros - commissionMicros
  post(ledger, [
    ["brokerCash", cashMicros - commissionMicros],
    ["fees", commissionMicros]
  ])
}

const setPosition = (of: TradeLedger, instrument: number, position: Position): void => {
  if (position.quantity === 0 && position.costMicros === 0n) of.positions.delete(instrument)
  else of.positions.set(instrument, position)
}
