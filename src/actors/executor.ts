/**
 * The executor: turns a converged trade into one order, follows it by FIX, and says what it filled.
 *
 * At most one order per trade, each execution counted once. Whatever is refused before sending is `OrderDenied`. A trade
 * that converged while the executor was down is refused too: a stale order must not fire late.
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

export const makeExecutor = (
  config: ExecutorConfig
): Behavior<Executions, ExecutorMessage, ExecutorEvent, ExecutionsSnapshot> => ({
  id: executorId,
  messages: executorMessages,
  events: executorEvents,
  moneyBearing: true,
  initial: emptyExecutions,
  evolve: evolveExecutor,
  decide: (state, message, context) => {
    switch (message.type) {
      case "TradeConverged":
        return onConverged(state, message.payload, context, config)
      case "ExecutionReport": {
        const { correction } = message.payload
        return correction === undefined
          ? onReport(state, message.payload)
          : onCorrection(state, message.payload, correction)
      }
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
