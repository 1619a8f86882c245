/**
 * What an executor knows: proposals that may still converge, its orders, what its trades hold, what it must not touch.
 *
 * Invariant: an execution counts once; an order of one trade exists at most once; a closed order is told once.
 */
import { expirationCloseMs } from "../market/calendar.ts"
import type { Booked } from "./corrections.ts"
import { beginWalk, type Walk, walkInvariant } from "./limitWalk.ts"
import { cashOfFills, type LegFill, type OrderLeg } from "./netPrice.ts"
import {
  correct,
  type Ending,
  end,
  fill,
  isOpen,
  type Order,
  orderInvariant,
  pendingOrder
} from "./order.ts"
import {
  type Allotment,
  allot,
  bookCorrection,
  bookEnded,
  bookFill,
  closeFault,
  type EndedLeg,
  type TradeBook
} from "./tradeBook.ts"

export type TradeKind = "Open" | "Close" | "Hedge"

export interface Proposal {
  readonly tradeId: string
  readonly kind: TradeKind
  readonly closes: string
  readonly strategyId: string
  readonly legs: ReadonlyArray<OrderLeg>
  readonly quantity: number
  readonly limitNetMicros: number
  /** Kept where orders walk their limits. */
  readonly midNetMicros?: number
}

/** An order of ours. */
export interface OwnOrder {
  readonly tradeId: string
  readonly kind: TradeKind
  readonly closes: string
  readonly strategyId: string
  readonly legs: ReadonlyArray<OrderLeg>
  order: Order
  /** Fills that the venue counts: a closed order is told of once it has them all. */
  venueCumQty: number
  /** Why it ended, or is being canceled; "" while it just works. */
  reason: string
  /** Its end was told. */
  told: boolean
  /** Whether it exists at the venue is not known. */
  inDoubt: boolean
  /** Absent where its limit stays. */
  readonly walk?: Walk
}

/** What the executor must know of a listed contract. */
export interface Terms {
  readonly multiplier: number
  readonly optionType: "Call" | "Put" | "None"
  readonly strikeMicros: number
  readonly expiration: string
}

export interface Executions {
  terms: ReadonlyArray<Terms>
  readonly proposals: Map<string, Proposal>
  /** By clOrdID, in order of submission. */
  readonly orders: Map<string, OwnOrder>
  readonly trades: TradeBook
  /** Fills and ended legs told of so far, per trade. */
  readonly told: Map<string, number>
  /** What is booked for executions that were corrected, by the id of the fill. */
  readonly corrections: Map<string, Booked>
  /** Option events taken in. */
  readonly optionExecIDs: Set<string>
  /** Instruments that nothing may be sent for, and why. */
  readonly blocked: Map<number, string>
  halted: boolean
  /** The underlying as features last saw it; 0 before. */
  spotMicros: number
}

export const emptyExecutions = (): Executions => ({
  terms: [],
  proposals: new Map(),
  orders: new Map(),
  trades: new Map(),
  told: new Map(),
  corrections: new Map(),
  optionExecIDs: new Set(),
  blocked: new Map(),
  halted: false,
  spotMicros: 0
})

const multiplierOf = (state: Executions, instrument: number): number =>
  state.terms[instrument]!.multiplier

/** Cash of leg executions: negative pays. */
export const cashOf = (state: Executions, legs: ReadonlyArray<LegFill>): bigint =>
  cashOfFills(legs, (instrument) => multiplierOf(state, instrument))

export const nextNumber = (state: Executions, tradeId: string): number =>
  (state.told.get(tradeId) ?? 0) + 1

/** Why an order may not leave for this trade, machine-readable first; undefined where it may. */
export const denialReason = (
  state: Executions,
  proposal: Proposal | undefined,
  late: boolean
): string | undefined => {
  if (late) return "late: the executor was down when the trade converged"
  if (proposal === undefined) return "unknown-proposal: the executor never saw it"
  if (state.halted && proposal.kind === "Open") return "halted: trading is halted"
  for (const { instrument } of proposal.legs) {
    if (state.terms[instrument] === undefined) return `unknown-instrument: ${instrument}`
    const blocked = state.blocked.get(instrument)
    if (blocked !== undefined) return `blocked: instrument ${instrument}: ${blocked}`
  }
  return proposal.kind === "Close" ? closeDenial(state, proposal) : undefined
}

const closeDenial = (state: Executions, proposal: Proposal): string | undefined => {
  for (const own of state.orders.values()) {
    const isRival = own.kind === "Close" && own.closes === proposal.closes && isOpen(own.order)
    if (isRival) return `close-working: order ${own.order.clOrdID} closes the same trade`
  }
  const fault = closeFault(state.trades.get(proposal.closes), proposal.legs, proposal.quantity)
  return fault === undefined ? undefined : `not-held: ${fault}`
}

export const hasOrder = (state: Executions, tradeId: string): boolean => {
  for (const own of state.orders.values()) if (own.tradeId === tradeId) return true
  return false
}

/** An intent became a record: the order exists for us from now on. `walk`: the limits after its first, if any. */
export const takeIntent = (
  state: Executions,
  { clOrdID, tradeId, limitNetMicros, walk }: Intent
): void => {
  const proposal = state.proposals.get(tradeId)
  if (proposal === undefined) throw new Error(`order ${clOrdID} has no proposal ${tradeId}`)
  const { kind, closes, strategyId, legs, quantity } = proposal
  state.proposals.delete(tradeId)
  state.orders.set(clOrdID, {
    tradeId,
    kind,
    closes,
    strategyId,
    legs,
    order: pendingOrder(clOrdID, quantity),
    venueCumQty: 0,
    reason: "",
    told: false,
    inDoubt: false,
    ...(walk !== undefined && {
      walk: beginWalk([limitNetMicros, ...walk], proposal.limitNetMicros)
    })
  })
}

interface Intent {
  readonly clOrdID: string
  readonly tradeId: string
  readonly limitNetMicros: number
  readonly walk?: ReadonlyArray<number>
}

/** The order will not fill further, as the venue or the gateway says. */
export const takeEnding = (
  own: OwnOrder,
  ending: Ending,
  venueCumQty: number,
  reason: string
): void => {
  if (!isOpen(own.order)) return
  // What we asked for ended for our reason.
  const isAsked = ending === "Canceled" && own.order.ordStatus === "PendingCancel"
  if (!isAsked) own.reason = reason
  own.order = end(own.order, ending)
  own.venueCumQty = Math.max(own.venueCumQty, venueCumQty)
}

/** Closed, all its fills seen, and not told of. */
export const isTellable = (own: OwnOrder, order: Order = own.order): boolean =>
  !own.told && !isOpen(order) && order.cumQty >= own.venueCumQty

/** One execution that became a record: order, position and number take it in together. */
export const takeFill = (
  state: Executions,
  clOrdID: string,
  execution: {
    readonly execID: string
    readonly n: number
    readonly lastQty: number
    readonly legs: ReadonlyArray<LegFill>
  }
): void => {
  const own = state.orders.get(clOrdID)
  if (own === undefined) throw new Error(`fill ${execution.execID} of unknown order ${clOrdID}`)
  own.order = fill(own.order, execution.execID, execution.lastQty)
  bookFill(state.trades, { ...own, legs: execution.legs })
  state.told.set(own.tradeId, execution.n)
}

/** What became a record of a corrected execution: order, position and number take it in together. */
export const takeCorrection = (
  state: Executions,
  corrected: {
    readonly clOrdID: string
    readonly execID: string
    readonly execRefID: string
    readonly revision: number
    readonly n: number
    readonly lastQty: number
    readonly cumQty: number
    readonly legs: ReadonlyArray<LegFill>
    readonly replaced: Pick<Booked, "legs" | "commissionMicros">
    readonly commissionMicros: bigint
  }
): void => {
  const { clOrdID, execID, execRefID, revision, lastQty, legs, replaced } = corrected
  const own = state.orders.get(clOrdID)
  if (own === undefined) throw new Error(`correction ${execID} of unknown order ${clOrdID}`)
  own.order = correct(own.order, execID, corrected.cumQty)
  bookCorrection(state.trades, { ...own, legs, replaced })
  state.told.set(own.tradeId, corrected.n)
  const commissionMicros = replaced.commissionMicros + corrected.commissionMicros
  state.corrections.set(execRefID, { clOrdID, revision, lastQty, legs, commissionMicros })
}

/** A correction that no trade can take in: its instruments are left alone. */
export const takeUnexplained = (
  state: Executions,
  difference: { readonly differenceId: string; readonly instruments: ReadonlyArray<number> }
): void => {
  const { differenceId, instruments } = difference
  for (const instrument of instruments) {
    if (!state.blocked.has(instrument)) {
      state.blocked.set(instrument, `${differenceId}: it is unexplained`)
    }
  }
}

/** An operator settled a difference: what was blocked for it alone is free again. */
export const takeResolved = (state: Executions, differenceId: string): void => {
  for (const [instrument, reason] of state.blocked) {
    if (reason.startsWith(`${differenceId}: `)) state.blocked.delete(instrument)
  }
}

export const takeEndedLeg = (
  state: Executions,
  ended: EndedLeg & { readonly execID: string; readonly n: number },
  underlying: number
): void => {
  bookEnded(state.trades, ended, underlying)
  state.told.set(ended.tradeId, ended.n)
  state.optionExecIDs.add(ended.execID)
}

const doubt = (clOrdID: string): string => `the fate of order ${clOrdID} is unknown`

export const takeDoubt = (state: Executions, own: OwnOrder): void => {
  own.inDoubt = true
  for (const { instrument } of own.legs) state.blocked.set(instrument, doubt(own.order.clOrdID))
}

/** The venue spoke of the order after all: what was blocked for it alone is free again. */
export const clearDoubt = (state: Executions, own: OwnOrder): void => {
  if (!own.inDoubt) return
  own.inDoubt = false
  const reason = doubt(own.order.clOrdID)
  for (const { instrument } of own.legs) {
    if (state.blocked.get(instrument) === reason) state.blocked.delete(instrument)
  }
}

/** Splits an option event among the trades; what none holds blocks the instrument, since nobody can explain it. */
export const takeOptionEvent = (
  state: Executions,
  event: { readonly execID: string; readonly instrument: number; readonly quantity: number }
): void => {
  const { execID, instrument, quantity } = event
  if (state.optionExecIDs.has(execID)) return
  const { rest } = allot(state.trades, instrument, quantity)
  if (rest === 0) return
  state.blocked.set(instrument, `${rest} contracts ended (${execID}) that no trade holds`)
}

/** Contracts that ended, by trade; empty for a repeat. */
export const endedParts = (
  state: Executions,
  event: { readonly execID: string; readonly instrument: number; readonly quantity: number }
): Allotment["parts"] =>
  state.optionExecIDs.has(event.execID)
    ? []
    : allot(state.trades, event.instrument, event.quantity).parts

/** Contracts past their close that trades hold against each other: the broker nets them and never tells. */
export const offsetContracts = (state: Executions, closeMs: number): ReadonlyArray<number> => {
  const net = new Map<number, number>()
  for (const { holdings } of state.trades.values()) {
    for (const [instrument, held] of holdings)
      net.set(instrument, (net.get(instrument) ?? 0) + held)
  }
  return [...net]
    .filter(([instrument, held]) => held === 0 && hasExpired(state.terms[instrument], closeMs))
    .map(([instrument]) => instrument)
    .sort((a, b) => a - b)
}

const hasExpired = (terms: Terms | undefined, closeMs: number): boolean => {
  if (terms === undefined || terms.optionType === "None") return false
  const lastMs = expirationCloseMs(terms.expiration)
  return lastMs !== undefined && lastMs <= closeMs
}

/** What one share of the contract is worth at expiry, at the spot last seen. */
export const intrinsicMicros = (
  { optionType, strikeMicros }: Terms,
  spotMicros: number
): number => {
  const above = Math.round(spotMicros) - strikeMicros
  return Math.max(0, optionType === "Call" ? above : -above)
}

/** A new day: what can no longer speak is forgotten. */
export const forgetDay = (state: Executions): void => {
  state.proposals.clear()
  for (const [clOrdID, own] of state.orders) if (own.told) state.orders.delete(clOrdID)
  for (const [execRefID, { clOrdID }] of state.corrections) {
    if (!state.orders.has(clOrdID)) state.corrections.delete(execRefID)
  }
  const live = new Set([...state.trades.keys()])
  for (const own of state.orders.values()) live.add(own.tradeId)
  for (const tradeId of state.told.keys()) if (!live.has(tradeId)) state.told.delete(tradeId)
}

export const executionsInvariant = (state: Executions): void => {
  const trades = new Set<string>()
  for (const [clOrdID, own] of state.orders) {
    orderInvariant(own.order)
    if (own.walk !== undefined) walkInvariant(own.walk)
    if (own.order.clOrdID !== clOrdID)
      throw new Error(`order ${own.order.clOrdID} is filed as ${clOrdID}`)
    if (trades.has(own.tradeId)) throw new Error(`trade ${own.tradeId} has two orders`)
    trades.add(own.tradeId)
    if (own.told && isOpen(own.order))
      throw new Error(`order ${clOrdID} was told closed and is open`)
    if (state.proposals.has(own.tradeId))
      throw new Error(`trade ${own.tradeId} has an order and is still proposed`)
  }
  for (const [tradeId, { holdings }] of state.trades) {
    if (holdings.size === 0) throw new Error(`trade ${tradeId} holds nothing and is kept`)
  }
}
