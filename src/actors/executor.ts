/**
 * The executor: turns a converged trade into one order, follows it by FIX, and says what it filled.
 *
 * At most one order per trade, each execution counted once. Whatever is refused before sending is `OrderDenied`. A trade
 * that converged while the executor was down is refused too: a stale order must not fire late.
 */
import type { DraftOf, RecordOf } from "../domain/journal/record.ts"
import {
  cashOf,
  denialReason,
  type Executions,
  emptyExecutions,
  endedParts,
  executionsInvariant,
  hasOrder,
  intrinsicMicros,
  isTellable,
  nextNumber,
  type OwnOrder,
  offsetContracts,
  type Proposal,
  type TradeKind
} from "../domain/trading/executions.ts"
import {
  ExecutionsSnapshot,
  restoreExecutions,
  snapshotExecutions
} from "../domain/trading/executionsSnapshot.ts"
import { fill, isOpen, type Order } from "../domain/trading/order.ts"
import { centTicks, roundLimit, type TickSchedule } from "../domain/trading/tick.ts"
import { allot } from "../domain/trading/tradeBook.ts"
import { evolveExecutor } from "./executorState.ts"
import {
  CancelIntent,
  ExecutionReport,
  IntentResolved,
  OptionEvent,
  OrderCancelReject,
  OrderClosed,
  OrderDenied,
  OrderIntent,
  TradeFilled,
  TradeLegEnded
} from "./records/broker.ts"
import { FeaturesComputed } from "./records/cognition.ts"
import { TimerCanceled, TimerFired, TimerSet } from "./records/kernel.ts"
import { InstrumentsListed, TradingSessionStatus } from "./records/market.ts"
import { CancelAllOrders, HaltTrading, ResumeTrading } from "./records/operator.ts"
import { TradeConverged, TradeProposed, TradeRefused } from "./records/trade.ts"
import { type Behavior, type Context, observe, subscribe } from "./runtime/Behavior.ts"

export const executorId = "executor"

export interface ExecutorConfig {
  /** An order that works longer is canceled. ms, > 0. */
  readonly workMsMax: number
  /** An intent is never sent later than this after its decision. ms, > 0. */
  readonly sendMsMax: number
  readonly timeInForce: Readonly<Record<TradeKind, "Day" | "ImmediateOrCancel">>
  /** Of single options; stocks and combinations trade in cents. */
  readonly optionTicks: TickSchedule
}

const messages = [
  observe(InstrumentsListed),
  observe(FeaturesComputed),
  subscribe(TradingSessionStatus, "decide"),
  observe(TradeProposed),
  subscribe(TradeConverged, "lapse"),
  observe(TradeRefused),
  observe(OrderDenied),
  subscribe(ExecutionReport, "decide"),
  subscribe(OrderCancelReject, "decide"),
  subscribe(IntentResolved, "decide"),
  subscribe(OptionEvent, "decide"),
  subscribe(TimerFired, "decide"),
  subscribe(HaltTrading, "decide"),
  observe(ResumeTrading),
  subscribe(CancelAllOrders, "decide")
] as const
const events = [
  OrderIntent,
  CancelIntent,
  OrderDenied,
  TradeFilled,
  OrderClosed,
  TradeLegEnded,
  TimerSet,
  TimerCanceled
] as const
export type ExecutorMessage = (typeof messages)[number]["of"]
export type ExecutorEvent = (typeof events)[number]
type Events = ReadonlyArray<DraftOf<ExecutorEvent>>

export const makeExecutor = (
  config: ExecutorConfig
): Behavior<Executions, ExecutorMessage, ExecutorEvent, ExecutionsSnapshot> => ({
  id: executorId,
  messages,
  events,
  moneyBearing: true,
  initial: emptyExecutions,
  evolve: evolveExecutor,
  decide: (state, message, context) => {
    switch (message.type) {
      case "TradeConverged":
        return onConverged(state, message.payload, context, config)
      case "ExecutionReport":
        return onReport(state, message.payload)
      case "IntentResolved": {
        const own = state.orders.get(message.payload.clOrdID)
        return own === undefined ? [] : closing(own, own.order)
      }
      case "OrderCancelReject": {
        const own = state.orders.get(message.payload.clOrdID)
        return own !== undefined && isOpen(own.order) ? [workTimer(own.order, context, config)] : []
      }
      case "OptionEvent":
        return onOptionEvent(state, message)
      case "TimerFired":
        return onTimer(state, message.payload)
      case "HaltTrading":
        return cancels(state, `halted: ${message.payload.reason}`, ({ kind }) => kind === "Open")
      case "CancelAllOrders":
        return cancels(state, `cancel all: ${message.payload.reason}`, () => true)
      case "TradingSessionStatus":
        return message.payload.status === "Closed" ? crossings(state, message.payload) : []
      default:
        return []
    }
  },
  invariant: executionsInvariant,
  snapshotSchema: ExecutionsSnapshot,
  snapshot: snapshotExecutions,
  restore: restoreExecutions
})

const onConverged = (
  state: Executions,
  { tradeId, phase }: { readonly tradeId: string; readonly phase: 1 | 2 },
  context: Context,
  config: ExecutorConfig
): Events => {
  const proposal = state.proposals.get(tradeId)
  // Capital comes first: only a Close, which needs none, goes out on the first three yes.
  const isDue = phase === 2 || proposal?.kind === "Close"
  if (!isDue || hasOrder(state, tradeId)) return []
  const reason = denialReason(state, proposal, context.late)
  if (reason !== undefined || proposal === undefined) {
    return [OrderDenied.make({ tradeId, reason: reason ?? "unknown-proposal" }, tradeId)]
  }
  const clOrdID = `${context.book}-${executorId}-${context.eventCount}`
  const { kind, legs, quantity } = proposal
  const intent = OrderIntent.make(
    {
      clOrdID,
      tradeId,
      kind,
      legs,
      orderQty: quantity,
      limitNetMicros: roundLimit(ticksOf(state, proposal, config), proposal.limitNetMicros),
      timeInForce: config.timeInForce[kind],
      sendBeforeMs: context.nowMs + config.sendMsMax
    },
    tradeId
  )
  return [intent, workTimer({ clOrdID }, context, config)]
}

const ticksOf = (
  { terms }: Executions,
  { legs }: Proposal,
  { optionTicks }: ExecutorConfig
): TickSchedule =>
  legs.length === 1 && terms[legs[0]!.instrument]!.optionType !== "None" ? optionTicks : centTicks

const workTimer = (
  { clOrdID }: Pick<Order, "clOrdID">,
  { nowMs }: Context,
  { workMsMax }: ExecutorConfig
) =>
  TimerSet.make({ owner: executorId, timer: `${timerPrefix}${clOrdID}`, dueMs: nowMs + workMsMax })

const timerPrefix = "work "

const onReport = (
  state: Executions,
  report: RecordOf<typeof ExecutionReport>["payload"]
): Events => {
  const own = state.orders.get(report.clOrdID)
  if (own === undefined) return []
  if (report.execType !== "Trade") return closing(own, own.order)
  if (own.order.execIDs.includes(report.execID)) return []
  const after = fill(own.order, report.execID, report.lastQty)
  const { tradeId, kind, closes, strategyId } = own
  const { clOrdID, execID, lastQty, lastNetMicros, legs, commissionMicros } = report
  const filled = TradeFilled.make(
    {
      tradeId,
      kind,
      closes,
      strategyId,
      clOrdID,
      execID,
      n: nextNumber(state, tradeId),
      lastQty,
      cumQty: after.cumQty,
      leavesQty: after.leavesQty,
      lastNetMicros,
      legs,
      cashMicros: cashOf(state, legs),
      commissionMicros
    },
    tradeId
  )
  return [filled, ...closing(own, after)]
}

/** The end of an order, told once, when all its fills are known. */
const closing = (own: OwnOrder, order: Order): Events => {
  if (!isTellable(own, order)) return []
  const { tradeId, kind, reason } = own
  const { clOrdID, orderQty, cumQty } = order
  // Filled in full while a cancel is pending is filled all the same.
  const ordStatus = cumQty === orderQty ? "Filled" : order.ordStatus
  return [
    OrderClosed.make({ tradeId, kind, clOrdID, ordStatus, orderQty, cumQty, reason }, tradeId),
    TimerCanceled.make({ owner: executorId, timer: `${timerPrefix}${clOrdID}` })
  ]
}

const onTimer = (state: Executions, payload: RecordOf<typeof TimerFired>["payload"]): Events => {
  if (payload.owner !== executorId || !payload.timer.startsWith(timerPrefix)) return []
  const clOrdID = payload.timer.slice(timerPrefix.length)
  return cancels(state, "worked too long", (own) => own.order.clOrdID === clOrdID)
}

const cancels = (state: Executions, reason: string, isMeant: (own: OwnOrder) => boolean): Events =>
  [...state.orders.values()]
    .filter((own) => isOpen(own.order) && own.order.ordStatus !== "PendingCancel" && isMeant(own))
    .map(({ order: { clOrdID }, tradeId }) =>
      CancelIntent.make({ clOrdID, tradeId, reason }, tradeId)
    )

const onOptionEvent = (state: Executions, { payload }: RecordOf<typeof OptionEvent>): Events => {
  const { execID, kind, instrument, strikeMicros } = payload
  const sharesEach = payload.quantity === 0 ? 0 : payload.shares / payload.quantity
  return endedParts(state, payload).map(({ trade, quantity }) => {
    // Adding 0 turns -0 into 0.
    const shares = quantity * sharesEach + 0
    const { tradeId, strategyId } = trade
    const n = nextNumber(state, tradeId)
    const cashMicros = -BigInt(shares) * BigInt(strikeMicros)
    const ended = kind === "Expired" ? kind : quantity > 0 ? "Exercised" : "Assigned"
    return legEnded({
      tradeId,
      strategyId,
      execID,
      n,
      instrument,
      kind: ended,
      quantity,
      shares,
      cashMicros
    })
  })
}

/** Trades that hold an expired contract against each other settle between themselves, at what it is worth. */
const crossings = (
  state: Executions,
  { date, closeMs }: { readonly date: string; readonly closeMs: number }
): Events => {
  const numbers = new Map<string, number>()
  return offsetContracts(state, closeMs).flatMap((instrument) => {
    const terms = state.terms[instrument]!
    const worth = BigInt(intrinsicMicros(terms, state.spotMicros) * terms.multiplier)
    return allot(state.trades, instrument, 0).parts.map(({ trade, quantity }) => {
      const { tradeId, strategyId } = trade
      const n = numbers.get(tradeId) ?? nextNumber(state, tradeId)
      numbers.set(tradeId, n + 1)
      const execID = `cross ${date} ${instrument}`
      const cashMicros = BigInt(quantity) * worth
      return legEnded({
        tradeId,
        strategyId,
        execID,
        n,
        instrument,
        kind: "Expired",
        quantity,
        shares: 0,
        cashMicros
      })
    })
  })
}

type Ended = Omit<RecordOf<typeof TradeLegEnded>["payload"], "commissionMicros">

/** Expiry, exercise and assignment are free of commission. */
const legEnded = (ended: Ended) =>
  TradeLegEnded.make({ ...ended, commissionMicros: 0n }, ended.tradeId)
