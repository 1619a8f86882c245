/** What the executor hears and says, and how records change what it knows. */
import type { RecordOf } from "../domain/journal/record.ts"
import { stockId } from "../domain/market/contract.ts"
import {
  clearDoubt,
  type Executions,
  forgetDay,
  type OwnOrder,
  takeCorrection,
  takeDoubt,
  takeEndedLeg,
  takeEnding,
  takeFill,
  takeIntent,
  takeOptionEvent,
  takeResolved,
  takeUnexplained
} from "../domain/trading/executions.ts"
import { endStep, midpointName, type StepEnd } from "../domain/trading/limitWalk.ts"
import {
  acknowledge,
  rejectCancel,
  rejectReplace,
  replaced,
  requestCancel,
  requestReplace
} from "../domain/trading/order.ts"
import type { ExecutorConfig } from "./executorOrders.ts"
import {
  CancelIntent,
  ExecutionReport,
  IntentResolved,
  OptionEvent,
  OrderCancelReject,
  OrderClosed,
  OrderDenied,
  OrderIntent,
  ReplaceIntent,
  ReplaceResolved,
  TradeCorrected,
  TradeFilled,
  TradeLegEnded
} from "./ports/records/broker.ts"
import { FeaturesComputed } from "./ports/records/cognition.ts"
import { TimerCanceled, TimerFired, TimerSet } from "./ports/records/kernel.ts"
import { InstrumentsListed, TradingSessionStatus } from "./ports/records/market.ts"
import { CancelAllOrders, HaltTrading, ResumeTrading } from "./ports/records/operator.ts"
import { ResolveDifference, Unexplained } from "./ports/records/reconcile.ts"
import { TradeConverged, TradeProposed, TradeRefused } from "./ports/records/trade.ts"
import { observe, subscribe } from "./runtime/Behavior.ts"

export const executorMessages = [
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
  subscribe(ReplaceResolved, "decide"),
  subscribe(OptionEvent, "decide"),
  subscribe(TimerFired, "decide"),
  subscribe(HaltTrading, "decide"),
  observe(ResumeTrading),
  observe(ResolveDifference),
  subscribe(CancelAllOrders, "decide")
] as const
export const executorEvents = [
  OrderIntent,
  ReplaceIntent,
  CancelIntent,
  OrderDenied,
  TradeFilled,
  TradeCorrected,
  Unexplained,
  OrderClosed,
  TradeLegEnded,
  TimerSet,
  TimerCanceled
] as const
export type ExecutorMessage = (typeof executorMessages)[number]["of"]
export type ExecutorEvent = (typeof executorEvents)[number]

type ExecutorRecord = RecordOf<ExecutorMessage> | RecordOf<ExecutorEvent>

export const evolveExecutor = (
  state: Executions,
  record: ExecutorRecord,
  { walk }: Pick<ExecutorConfig, "walk">
): Executions => {
  switch (record.type) {
    case "InstrumentsListed":
      state.terms = record.payload.instruments.map(
        ({ multiplier, optionType, strikeMicros, expiration }) => ({
          multiplier,
          optionType,
          strikeMicros,
          expiration
        })
      )
      break
    case "FeaturesComputed":
      state.spotMicros = record.payload.spotMicros
      break
    case "TradingSessionStatus":
      if (record.payload.status === "Open") forgetDay(state)
      break
    case "TradeProposed": {
      const { tradeId, kind, closes, strategyId, legs, quantity, limitNetMicros } = record.payload
      const midNetMicros = walk.steps > 0 ? record.payload.rationale[midpointName] : undefined
      const proposal = { tradeId, kind, closes, strategyId, legs, quantity, limitNetMicros }
      const kept = midNetMicros === undefined ? proposal : { ...proposal, midNetMicros }
      state.proposals.set(tradeId, kept)
      break
    }
    case "TradeRefused":
    case "OrderDenied":
      state.proposals.delete(record.payload.tradeId)
      break
    case "OrderIntent":
      takeIntent(state, record.payload)
      break
    case "ReplaceIntent":
      evolveReplace(state, record.payload)
      break
    case "ReplaceResolved":
      evolveReplaceResolved(state, record.payload)
      break
    case "CancelIntent":
    case "OrderCancelReject":
      evolveCancel(state, record)
      break
    case "ExecutionReport":
      evolveReport(state, record.payload)
      break
    case "IntentResolved":
      evolveResolved(state, record.payload)
      break
    case "TradeFilled":
      takeFill(state, record.payload.clOrdID, record.payload)
      break
    case "TradeCorrected":
      takeCorrection(state, record.payload)
      break
    case "Unexplained":
      takeUnexplained(state, record.payload)
      break
    case "ResolveDifference":
      takeResolved(state, record.payload.differenceId)
      break
    case "OrderClosed": {
      const own = state.orders.get(record.payload.clOrdID)
      if (own !== undefined) own.told = true
      break
    }
    case "OptionEvent":
      takeOptionEvent(state, record.payload)
      break
    case "TradeLegEnded":
      takeEndedLeg(state, record.payload, stockId)
      break
    case "HaltTrading":
      state.halted = true
      break
    case "ResumeTrading":
      state.halted = false
      break
  }
  return state
}

const evolveCancel = (
  state: Executions,
  record: Extract<ExecutorRecord, { type: "CancelIntent" | "OrderCancelReject" }>
): void => {
  const own = state.orders.get(record.payload.clOrdID)
  if (own === undefined) return
  if (record.type === "CancelIntent") {
    own.order = requestCancel(own.order)
    own.reason = record.payload.reason
  } else if (record.payload.responseTo === "Replace") {
    takeReplaceEnd(own, record.payload.requestId ?? "", "answered")
  } else {
    own.order = rejectCancel(own.order)
    own.reason = ""
  }
}

type Change = Extract<ExecutorRecord, { type: "ReplaceIntent" }>["payload"]

const evolveReplace = (state: Executions, { clOrdID, requestId, orderQty }: Change): void => {
  const own = state.orders.get(clOrdID)
  if (own?.walk === undefined) return
  own.order = requestReplace(own.order, { requestId, orderQty })
  own.walk.asked = requestId
  own.walk.next++
}

/** The order stays as it was; a step that the venue never had is taken again. */
const takeReplaceEnd = (own: OwnOrder, requestId: string, as: StepEnd): void => {
  own.order = rejectReplace(own.order, requestId)
  if (own.walk !== undefined) endStep(own.walk, requestId, as)
}

type ChangeResolved = Extract<ExecutorRecord, { type: "ReplaceResolved" }>["payload"]

/** In doubt the change stays pending: whichever limit the order has, the same one asked for again is right. */
const evolveReplaceResolved = (
  state: Executions,
  { clOrdID, requestId, outcome }: ChangeResolved
): void => {
  const own = state.orders.get(clOrdID)
  if (own === undefined || outcome === "Present") return
  if (outcome !== "Unknown") takeReplaceEnd(own, requestId, "again")
  else if (own.walk !== undefined) endStep(own.walk, requestId, "again")
}

type Report = Extract<ExecutorRecord, { type: "ExecutionReport" }>["payload"]

/** Fills and corrections count when they become `TradeFilled` and `TradeCorrected`; everything else counts here. */
const evolveReport = (state: Executions, report: Report): void => {
  const own = state.orders.get(report.clOrdID)
  if (own === undefined) {
    if (report.correction !== undefined) return
    for (const { instrument } of report.legs) {
      state.blocked.set(instrument, `execution ${report.execID} of an order that is not ours`)
    }
    return
  }
  clearDoubt(state, own)
  switch (report.execType) {
    case "New":
      own.order = acknowledge(own.order)
      break
    case "Replaced": {
      const requestId = report.requestId ?? ""
      own.order = replaced(own.order, requestId)
      if (own.walk !== undefined) endStep(own.walk, requestId, "answered")
      break
    }
    case "TradeCorrect":
      // From builds whose reports did not say what became of the execution.
      if (report.correction !== undefined) break
      for (const { instrument } of own.legs) {
        state.blocked.set(instrument, `execution ${report.execID} was corrected by the venue`)
      }
      break
    case "Canceled":
    case "Rejected":
    case "Expired":
      takeEnding(own, report.execType, report.cumQty, report.text)
      break
  }
}

type Resolved = Extract<ExecutorRecord, { type: "IntentResolved" }>["payload"]

const evolveResolved = (state: Executions, { clOrdID, outcome }: Resolved): void => {
  const own = state.orders.get(clOrdID)
  if (own === undefined) return
  switch (outcome) {
    case "Unknown":
      takeDoubt(state, own)
      break
    case "Present":
      clearDoubt(state, own)
      break
    case "Absent":
      clearDoubt(state, own)
      takeEnding(own, "Canceled", 0, "absent: the venue never received it")
      break
    case "Lapsed":
      clearDoubt(state, own)
      takeEnding(own, "Expired", 0, "lapsed: its time to be sent was over")
      break
  }
}
