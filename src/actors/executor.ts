/**
 * The executor: turns a converged trade into one order, follows it by FIX, and says what it filled.
 *
 * At most one order per trade, each execution counted once. Whatever is refused before sending is `OrderDenied`. A trade
 * that converged while the executor was down is refused too: a stale order must not fire late. An order may begin at a
 * better limit than its proposal's and walk up to it, never beyond.
 */
import {
  type Executions,
  emptyExecutions,
  executionsInvariant
} from "../domain/trading/executions.ts"
import {
  ExecutionsSnapshot,
  restoreExecutions,
  snapshotExecutions
} from "../domain/trading/executionsSnapshot.ts"
import { isOpen } from "../domain/trading/order.ts"
import { onCorrection } from "./executorCorrections.ts"
import { crossings, onOptionEvent } from "./executorEndings.ts"
import {
  cancels,
  closing,
  type ExecutorConfig,
  executorId,
  onConverged,
  onReport,
  onTimer,
  walksOn,
  workTimer
} from "./executorOrders.ts"
import {
  type ExecutorEvent,
  type ExecutorMessage,
  evolveExecutor,
  executorEvents,
  executorMessages
} from "./executorState.ts"
import type { Behavior } from "./runtime/Behavior.ts"

const startsStep: ReadonlySet<string> = new Set(["New", "Replaced"])

export const makeExecutor = (
  config: ExecutorConfig
): Behavior<Executions, ExecutorMessage, ExecutorEvent, ExecutionsSnapshot> => ({
  id: executorId,
  messages: executorMessages,
  events: executorEvents,
  moneyBearing: true,
  initial: emptyExecutions,
  evolve: (state, record) => evolveExecutor(state, record, config),
  decide: (state, message, context) => {
    switch (message.type) {
      case "TradeConverged":
        return onConverged(state, message.payload, context, config)
      case "ExecutionReport": {
        const { correction, execType, clOrdID } = message.payload
        if (correction !== undefined) return onCorrection(state, message.payload, correction)
        const said = onReport(state, message.payload)
        return startsStep.has(execType)
          ? [...said, ...walksOn(state.orders.get(clOrdID), context, config)]
          : said
      }
      case "IntentResolved": {
        const own = state.orders.get(message.payload.clOrdID)
        return own === undefined ? [] : closing(own, own.order)
      }
      case "ReplaceResolved":
        return walksOn(state.orders.get(message.payload.clOrdID), context, config)
      case "OrderCancelReject": {
        const own = state.orders.get(message.payload.clOrdID)
        if (message.payload.responseTo === "Replace") return walksOn(own, context, config)
        return own !== undefined && isOpen(own.order)
          ? [workTimer(own.order, context, config), ...walksOn(own, context, config)]
          : []
      }
      case "OptionEvent":
        return onOptionEvent(state, message)
      case "TimerFired":
        return onTimer(state, message.payload, context, config)
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
