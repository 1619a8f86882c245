/** How the executor turns a converged trade into an order, and what it says of its executions and its end. */
import type { DraftOf, RecordOf } from "../domain/journal/record.ts"
import {
  cashOf,
  denialReason,
  type Executions,
  hasOrder,
  isTellable,
  nextNumber,
  type OwnOrder,
  type Proposal,
  type TradeKind
} from "../domain/trading/executions.ts"
import { mayStep, type WalkRules, walkLimits } from "../domain/trading/limitWalk.ts"
import { fill, isOpen, type Order } from "../domain/trading/order.ts"
import { centTicks, type TickSchedule } from "../domain/trading/tick.ts"
import type { ExecutorEvent } from "./executorState.ts"
import {
  CancelIntent,
  type ExecutionReport,
  OrderClosed,
  OrderDenied,
  OrderIntent,
  ReplaceIntent,
  TradeFilled
} from "./ports/records/broker.ts"
import { TimerCanceled, type TimerFired, TimerSet } from "./ports/records/kernel.ts"
import type { Context } from "./runtime/Behavior.ts"

export const executorId = "executor"

export interface ExecutorConfig {
  /** An order that works longer is canceled. ms, > 0. */
  readonly workMsMax: number
  /** An intent is never sent later than this after its decision. ms, > 0. */
  readonly sendMsMax: number
  readonly timeInForce: Readonly<Record<TradeKind, "Day" | "ImmediateOrCancel">>
  /** Of orders for the day. */
  readonly walk: WalkRules
  /** Of single options; stocks and combinations trade in cents. */
  readonly optionTicks: TickSchedule
}

type Events = ReadonlyArray<DraftOf<ExecutorEvent>>

export const onConverged = (
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
  const [first, ...walk] = limitsOf(state, proposal, config)
  const intent = OrderIntent.make(
    {
      clOrdID,
      tradeId,
      kind,
      legs,
      orderQty: quantity,
      limitNetMicros: first!,
      timeInForce: config.timeInForce[kind],
      sendBeforeMs: context.nowMs + config.sendMsMax,
      ...(walk.length > 0 && { walk })
    },
    tradeId
  )
  return [intent, workTimer({ clOrdID }, context, config)]
}

const limitsOf = (
  state: Executions,
  proposal: Proposal,
  config: ExecutorConfig
): ReadonlyArray<number> => {
  const isForTheDay = config.timeInForce[proposal.kind] === "Day"
  const mid = isForTheDay ? proposal.midNetMicros : undefined
  return walkLimits(ticksOf(state, proposal, config), proposal.limitNetMicros, mid, config.walk)
}

const ticksOf = (
  { terms }: Executions,
  { legs }: Proposal,
  { optionTicks }: ExecutorConfig
): TickSchedule =>
  legs.length === 1 && terms[legs[0]!.instrument]!.optionType !== "None" ? optionTicks : centTicks

export const workTimer = (
  { clOrdID }: Pick<Order, "clOrdID">,
  { nowMs }: Context,
  { workMsMax }: ExecutorConfig
) =>
  TimerSet.make({ owner: executorId, timer: `${timerPrefix}${clOrdID}`, dueMs: nowMs + workMsMax })

const timerPrefix = "work "

const walkTimer = (clOrdID: string, { nowMs }: Context, { walk }: ExecutorConfig) =>
  TimerSet.make({
    owner: executorId,
    timer: `${walkPrefix}${clOrdID}`,
    dueMs: nowMs + walk.everyMs
  })

const walkPrefix = "walk "

/** A step is due some time after the venue took the order, answered the step before, or refused a cancel. */
export const walksOn = (
  own: OwnOrder | undefined,
  context: Context,
  config: ExecutorConfig
): Events =>
  own?.walk !== undefined && isOpen(own.order) && mayStep(own.walk)
    ? [walkTimer(own.order.clOrdID, context, config)]
    : []

/** One step, unless something of the order is open: its answer sets the timer anew. A late timer asks for nothing. */
const onWalkTimer = (
  own: OwnOrder | undefined,
  context: Context,
  config: ExecutorConfig
): Events => {
  if (own?.walk === undefined || !isOpen(own.order) || !mayStep(own.walk)) return []
  const { order, tradeId, walk } = own
  const { clOrdID, orderQty, ordStatus } = order
  if (own.inDoubt || ordStatus === "PendingCancel") return []
  if (context.late) return [walkTimer(clOrdID, context, config)]
  const requestId = `${context.book}-${executorId}-${context.eventCount}`
  const limitNetMicros = walk.limits[walk.next]!
  const reason = `walk: limit ${walk.next + 1} of ${walk.limits.length}`
  const sendBeforeMs = context.nowMs + config.sendMsMax
  const change = { clOrdID, requestId, orderQty, limitNetMicros, tradeId, reason, sendBeforeMs }
  return [ReplaceIntent.make(change, tradeId)]
}

export const onReport = (
  state: Executions,
  report: RecordOf<typeof ExecutionReport>["payload"]
): Events => {
  const own = state.orders.get(report.clOrdID)
  if (own === undefined) return []
  if (report.execType !== "Trade") return closing(own, own.order)
  if (own.order.execIDs.includes(report.execID)) return []
  const after = fill(own.order, report.execID, report.lastQty)
  return [filledBy(state, own, after, report), ...closing(own, after)]
}

/** The fill of an execution, as the next of its trade. */
export const filledBy = (
  state: Executions,
  own: OwnOrder,
  after: Order,
  execution: Pick<Filled, "execID" | "lastQty" | "lastNetMicros" | "legs" | "commissionMicros">
) => {
  const { tradeId, kind, closes, strategyId } = own
  const { execID, lastQty, lastNetMicros, legs, commissionMicros } = execution
  return TradeFilled.make(
    {
      tradeId,
      kind,
      closes,
      strategyId,
      clOrdID: after.clOrdID,
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
}

type Filled = RecordOf<typeof TradeFilled>["payload"]

/** The end of an order, told once, when all its fills are known. */
export const closing = (own: OwnOrder, order: Order): Events => {
  if (!isTellable(own, order)) return []
  const { tradeId, kind } = own
  const { clOrdID, orderQty, cumQty } = order
  // Filled in full while a cancel is pending is filled all the same.
  const isFilled = cumQty === orderQty
  const ordStatus = isFilled ? "Filled" : order.ordStatus
  const reason = isFilled ? "" : own.reason
  return [
    OrderClosed.make({ tradeId, kind, clOrdID, ordStatus, orderQty, cumQty, reason }, tradeId),
    TimerCanceled.make({ owner: executorId, timer: `${timerPrefix}${clOrdID}` }),
    ...(own.walk === undefined
      ? []
      : [TimerCanceled.make({ owner: executorId, timer: `${walkPrefix}${clOrdID}` })])
  ]
}

export const onTimer = (
  state: Executions,
  payload: RecordOf<typeof TimerFired>["payload"],
  context: Context,
  config: ExecutorConfig
): Events => {
  if (payload.owner !== executorId) return []
  if (payload.timer.startsWith(walkPrefix)) {
    return onWalkTimer(state.orders.get(payload.timer.slice(walkPrefix.length)), context, config)
  }
  if (!payload.timer.startsWith(timerPrefix)) return []
  const clOrdID = payload.timer.slice(timerPrefix.length)
  return cancels(state, "worked too long", (own) => own.order.clOrdID === clOrdID)
}

export const cancels = (
  state: Executions,
  reason: string,
  isMeant: (own: OwnOrder) => boolean
): Events =>
  [...state.orders.values()]
    .filter((own) => isOpen(own.order) && own.order.ordStatus !== "PendingCancel" && isMeant(own))
    .map(({ order: { clOrdID }, tradeId }) =>
      CancelIntent.make({ clOrdID, tradeId, reason }, tradeId)
    )
