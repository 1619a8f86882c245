/**
 * The vault actor's state: every trade's capital account, and the balances that follow from the
 * chain's answers.
 *
 * Invariant: `reservedMicros` is what the accounts reserved and did not settle; free money is never
 * negative. The balances are the desk's own sums, not copies of the chain's: the two are compared
 * by the audit. Amounts: micro-USD.
 */
import { Schema } from "effect"
import { type CorrectedLegs, movesOf } from "../trading/corrections.ts"
import { addFills, addTo } from "../trading/holdings.ts"
import type { LegFill } from "../trading/netPrice.ts"
import {
  type CapitalAccount,
  CapitalAccountSnapshot,
  type InstructionKind,
  type OpeningTerms,
  openAccount,
  restoreAccount,
  snapshotAccount
} from "./capitalAccount.ts"

const Transfer = Schema.Struct({ amountMicros: Schema.BigInt, confirmed: Schema.Boolean })
type Transfer = typeof Transfer.Type

export interface Capital {
  freeMicros: bigint
  reservedMicros: bigint
  readonly deposits: Map<string, Transfer>
  readonly withdrawals: Map<string, Transfer>
  readonly accounts: Map<string, CapitalAccount>
  /** Closing trade to the trade that it closes. */
  readonly closings: Map<string, string>
}

export const CapitalSnapshot = Schema.Struct({
  freeMicros: Schema.BigInt,
  reservedMicros: Schema.BigInt,
  deposits: Schema.Array(Schema.Tuple([Schema.String, Transfer])),
  withdrawals: Schema.Array(Schema.Tuple([Schema.String, Transfer])),
  accounts: Schema.Array(CapitalAccountSnapshot),
  closings: Schema.Array(Schema.Tuple([Schema.String, Schema.String]))
})
export type CapitalSnapshot = typeof CapitalSnapshot.Type

export const emptyCapital = (): Capital => ({
  freeMicros: 0n,
  reservedMicros: 0n,
  deposits: new Map(),
  withdrawals: new Map(),
  accounts: new Map(),
  closings: new Map()
})

export const snapshotCapital = (capital: Capital): CapitalSnapshot => ({
  freeMicros: capital.freeMicros,
  reservedMicros: capital.reservedMicros,
  deposits: [...capital.deposits],
  withdrawals: [...capital.withdrawals],
  accounts: [...capital.accounts.values()].map(snapshotAccount),
  closings: [...capital.closings]
})

export const restoreCapital = (snapshot: CapitalSnapshot): Capital => ({
  freeMicros: snapshot.freeMicros,
  reservedMicros: snapshot.reservedMicros,
  deposits: new Map(snapshot.deposits),
  withdrawals: new Map(snapshot.withdrawals),
  accounts: new Map(snapshot.accounts.map((entry) => [entry.tradeId, restoreAccount(entry)])),
  closings: new Map(snapshot.closings)
})

/** Settled principal not yet paid back; what position tokens stand for. */
export const settlingMicrosOf = (capital: Capital): bigint => {
  let sum = 0n
  for (const account of capital.accounts.values()) sum += principalOf(account)
  return sum
}

const principalOf = ({ closed, proceedsMicros, settledMicros }: CapitalAccount): bigint =>
  closed || proceedsMicros >= settledMicros ? 0n : settledMicros - proceedsMicros

/** The account that a trade's own records or its closings' records are about. */
export const accountOf = (capital: Capital, tradeId: string): CapitalAccount | undefined =>
  capital.accounts.get(capital.closings.get(tradeId) ?? tradeId)

export const takeDepositRequest = (
  capital: Capital,
  { depositId, amountMicros }: { readonly depositId: string; readonly amountMicros: bigint }
): void => {
  capital.deposits.set(depositId, { amountMicros, confirmed: false })
}

export const takeDeposit = (
  capital: Capital,
  { depositId, amountMicros }: { readonly depositId: string; readonly amountMicros: bigint }
): void => {
  if (capital.deposits.get(depositId)?.confirmed === true) return
  capital.deposits.set(depositId, { amountMicros, confirmed: true })
  capital.freeMicros += amountMicros
}

export const takeWithdrawalRequest = (
  capital: Capital,
  { withdrawalId, amountMicros }: { readonly withdrawalId: string; readonly amountMicros: bigint }
): void => {
  capital.withdrawals.set(withdrawalId, { amountMicros, confirmed: false })
}

export const takeWithdrawal = (
  capital: Capital,
  { withdrawalId, amountMicros }: { readonly withdrawalId: string; readonly amountMicros: bigint }
): void => {
  if (capital.withdrawals.get(withdrawalId)?.confirmed === true) return
  capital.withdrawals.set(withdrawalId, { amountMicros, confirmed: true })
  capital.freeMicros -= amountMicros
}

export interface Proposal extends Omit<OpeningTerms, "kind"> {
  readonly kind: "Open" | "Hedge" | "Close"
  readonly closes: string
}

export const takeProposal = (capital: Capital, proposal: Proposal): void => {
  if (capital.accounts.has(proposal.tradeId)) return
  const { kind } = proposal
  if (kind !== "Close") {
    capital.accounts.set(proposal.tradeId, openAccount({ ...proposal, kind }))
    return
  }
  const account = capital.accounts.get(proposal.closes)
  if (account === undefined) return
  account.closings.add(proposal.tradeId)
  capital.closings.set(proposal.tradeId, proposal.closes)
}

export const takeConverged = (capital: Capital, tradeId: string): void => {
  const account = capital.accounts.get(tradeId)
  if (account !== undefined) account.wanted = true
}

/** A trade's order is over, or will never be. `cumQty` 0 for refusals and denials. */
export const takeOver = (capital: Capital, tradeId: string, cumQty: number): void => {
  const account = accountOf(capital, tradeId)
  if (account === undefined) return
  if (tradeId !== account.tradeId) {
    account.closings.delete(tradeId)
    return
  }
  account.released = true
  account.orderCumQty = Math.max(account.orderCumQty, cumQty)
  // Neither reserved nor asked for: nothing will ever be known of it on chain.
  if (!account.reserved && account.inFlight === undefined) capital.accounts.delete(tradeId)
}

export interface Fill {
  readonly tradeId: string
  /** The trade that a closing fill belongs to; "" for an opening one. */
  readonly closes: string
  readonly cumQty: number
  readonly legs: ReadonlyArray<LegFill>
  readonly cashMicros: bigint
  readonly commissionMicros: bigint
}

export const takeFill = (capital: Capital, fill: Fill): void => {
  const isClosing = fill.closes !== ""
  const account = capital.accounts.get(isClosing ? fill.closes : fill.tradeId)
  if (account === undefined) return
  addFills(account.holdings, fill.legs)
  account.commissionMicros += fill.commissionMicros
  if (isClosing) {
    account.closeCashMicros += fill.cashMicros
  } else {
    account.openCashMicros += fill.cashMicros
    account.filledQty = Math.max(account.filledQty, fill.cumQty)
  }
}

/** A fill was corrected; `cashMicros` and `commissionMicros` are the differences, `cumQty` what its order filled now. */
export interface Corrected extends Omit<Fill, "legs">, CorrectedLegs {}

export const takeCorrection = (capital: Capital, corrected: Corrected): void => {
  const isClosing = corrected.closes !== ""
  const account = capital.accounts.get(isClosing ? corrected.closes : corrected.tradeId)
  if (account === undefined) return
  for (const [instrument, quantity] of movesOf(corrected)) {
    addTo(account.holdings, instrument, quantity)
  }
  account.commissionMicros += corrected.commissionMicros
  if (isClosing) {
    account.closeCashMicros += corrected.cashMicros
    return
  }
  account.openCashMicros += corrected.cashMicros
  account.filledQty = corrected.cumQty
  if (account.released) account.orderCumQty = corrected.cumQty
}

/**
 * A contract of the trade expired, was exercised or assigned; `quantity` as it was held, `shares`
 * that came.
 */
export interface LegEnd {
  readonly tradeId: string
  readonly instrument: number
  readonly quantity: number
  readonly shares: number
  readonly cashMicros: bigint
  readonly commissionMicros: bigint
}

export const takeLegEnd = (capital: Capital, end: LegEnd, stock: number): void => {
  const account = capital.accounts.get(end.tradeId)
  if (account === undefined) return
  addTo(account.holdings, end.instrument, -end.quantity)
  if (end.shares !== 0) addTo(account.holdings, stock, end.shares)
  account.closeCashMicros += end.cashMicros
  account.commissionMicros += end.commissionMicros
}

/** An instruction left: nothing else is asked about this trade until its answer. */
export const takeSent = (
  capital: Capital,
  { kind, tradeId, n }: Pick<Confirmation, "kind" | "tradeId" | "n">
): void => {
  const account = capital.accounts.get(tradeId)
  if (account !== undefined) account.inFlight = { kind, n }
}

/** What the vault told of a completed trade. */
export const takeAnnounced = (capital: Capital, tradeId: string, realized: bigint): void => {
  const account = capital.accounts.get(tradeId)
  if (account !== undefined) account.announcedMicros = realized
}

/**
 * What the chain confirmed. Repeats change nothing. `amountMicros`: cumulative for Settle and
 * Close.
 */
export interface Confirmation {
  readonly kind: InstructionKind
  readonly tradeId: string
  readonly n: number
  readonly amountMicros: bigint
  readonly final: boolean
}

export const takeConfirmation = (capital: Capital, confirmed: Confirmation): void => {
  const account = capital.accounts.get(confirmed.tradeId)
  if (account === undefined || !isNews(account, confirmed)) return
  const { amountMicros, n } = confirmed
  switch (confirmed.kind) {
    case "Reserve":
      account.reserved = true
      capital.freeMicros -= amountMicros
      capital.reservedMicros += amountMicros
      break
    case "Settle":
      capital.reservedMicros -= amountMicros - account.settledMicros
      account.settledMicros = amountMicros
      account.settleN = n
      break
    case "Cancel":
      freeUnsettled(capital, account)
      break
    case "Close":
      capital.freeMicros += amountMicros - account.proceedsMicros
      account.proceedsMicros = amountMicros
      account.closeN = n
      account.closed = confirmed.final
      if (confirmed.final) freeUnsettled(capital, account)
      break
    case "Adjust":
      capital.freeMicros += amountMicros
      account.adjustedMicros += amountMicros
      account.adjustN = n
      break
  }
  account.rejections = 0
  landed(account, confirmed)
}

/**
 * The chain said no: the trade waits for an operator, who has it asked again. A refused reservation
 * ends the trade.
 */
export const takeRejection = (
  capital: Capital,
  rejected: Pick<Confirmation, "kind" | "tradeId" | "n">,
  code: string
): void => {
  const account = capital.accounts.get(rejected.tradeId)
  if (account?.inFlight?.kind !== rejected.kind || account.inFlight.n !== rejected.n) return
  landed(account, rejected)
  if (rejected.kind === "Reserve") {
    capital.accounts.delete(rejected.tradeId)
    return
  }
  account.rejections++
  account.stuck = `${rejected.kind} ${rejected.n}: ${code}`
}

/** An operator has refused instructions asked again. */
export const takeResume = (capital: Capital): void => {
  for (const account of capital.accounts.values()) account.stuck = ""
}

/** Throws with one sentence where the sums are impossible. */
export const capitalInvariant = (capital: Capital): void => {
  if (capital.freeMicros < 0n) throw new Error(`vault free balance is ${capital.freeMicros}`)
  let unsettled = 0n
  for (const account of capital.accounts.values()) {
    if (account.settledMicros > account.collateralMicros) {
      throw new Error(
        `trade ${account.tradeId} settled ${account.settledMicros} of ${account.collateralMicros}`
      )
    }
    if (account.reserved && !account.canceled) {
      unsettled += account.collateralMicros - account.settledMicros
    }
  }
  if (unsettled !== capital.reservedMicros) {
    throw new Error(`accounts reserve ${unsettled}, the vault says ${capital.reservedMicros}`)
  }
}

const isNews = (account: CapitalAccount, { kind, n }: Confirmation): boolean => {
  switch (kind) {
    case "Reserve":
      return !account.reserved
    case "Settle":
      return n > account.settleN
    case "Cancel":
      return !account.canceled
    case "Close":
      return n > account.closeN
    case "Adjust":
      return n > account.adjustN
  }
}

const freeUnsettled = (capital: Capital, account: CapitalAccount): void => {
  if (account.canceled) return
  const freed = account.collateralMicros - account.settledMicros
  capital.freeMicros += freed
  capital.reservedMicros -= freed
  account.canceled = true
}

const landed = (account: CapitalAccount, { kind, n }: Pick<Confirmation, "kind" | "n">): void => {
  if (account.inFlight?.kind === kind && account.inFlight.n === n) account.inFlight = undefined
}
