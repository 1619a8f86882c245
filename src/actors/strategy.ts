/**
 * The volatility strategy: looks for an entry when features come, for an exit at each interval, and has one live
 * proposal at a time. Its rules are in `src/domain/strategies/`; here is what it hears.
 */
import { OptionChain } from "../domain/market/optionChain.ts"
import { QuoteBoard } from "../domain/market/quoteBoard.ts"
import { QuoteSeqs } from "../domain/market/quoteSeqs.ts"
import {
  OrderClosed,
  OrderDenied,
  TradeCorrected,
  TradeFilled,
  TradeLegEnded
} from "./ports/records/broker.ts"
import { FeaturesComputed, RegimeClassified } from "./ports/records/cognition.ts"
import {
  InstrumentsListed,
  IntervalElapsed,
  Quote,
  TradingSessionStatus
} from "./ports/records/market.ts"
import { StrategyIdle, TradeProposed, TradeRefused } from "./ports/records/trade.ts"
import { ChainRejected, Closed } from "./ports/records/vault.ts"
import { type Behavior, observe, subscribe } from "./runtime/Behavior.ts"
import { enter, leave, type StrategyConfig, strategyActorId } from "./strategyDecisions.ts"
import {
  initialStrategyState,
  legEnded,
  orderClosed,
  proposed,
  refused,
  restoreStrategy,
  StrategySnapshot,
  type StrategyState,
  snapshotStrategy,
  tradeCorrected,
  tradeFilled
} from "./strategyState.ts"

type Message =
  | typeof InstrumentsListed
  | typeof TradingSessionStatus
  | typeof Quote
  | typeof IntervalElapsed
  | typeof FeaturesComputed
  | typeof RegimeClassified
  | typeof TradeRefused
  | typeof OrderDenied
  | typeof OrderClosed
  | typeof ChainRejected
  | typeof TradeFilled
  | typeof TradeCorrected
  | typeof TradeLegEnded
  | typeof Closed
type Event = typeof TradeProposed | typeof StrategyIdle

export const makeStrategy = (
  config: StrategyConfig
): Behavior<StrategyState, Message, Event, typeof StrategySnapshot.Type> => ({
  id: strategyActorId,
  messages: [
    observe(InstrumentsListed),
    observe(TradingSessionStatus),
    observe(Quote),
    subscribe(IntervalElapsed, "lapse"),
    subscribe(FeaturesComputed, "lapse"),
    observe(RegimeClassified),
    observe(TradeRefused),
    observe(OrderDenied),
    observe(OrderClosed),
    observe(ChainRejected),
    observe(TradeFilled),
    observe(TradeCorrected),
    observe(TradeLegEnded),
    observe(Closed)
  ],
  events: [TradeProposed, StrategyIdle],
  moneyBearing: false,
  outsideStateHash: ["quoteSeqs"],
  initial: initialStrategyState,
  evolve: (state, record) => {
    const { parameters } = config
    const nowMs = record.logicalTimeMs
    switch (record.type) {
      case "Quote":
        state.board.update(record.payload)
        state.quoteSeqs.update(record.payload.instrument, record.seq)
        break
      case "InstrumentsListed":
        state.board = new QuoteBoard(record.payload.instruments.length)
        state.quoteSeqs = new QuoteSeqs(record.payload.instruments.length)
        state.chain = OptionChain.of(record.payload.instruments)
        break
      case "TradingSessionStatus": {
        const { date, status, closeMs, riskFreeRate } = record.payload
        state.day = { date, isOpen: status === "Open", closeMs, riskFreeRate }
        break
      }
      case "FeaturesComputed":
        state.spotMicros = record.payload.spotMicros
        state.term = record.payload.term.map(
          ({ expiration, timeToExpirationYears, atmVolatility, skew25 }) => ({
            expiration,
            timeToExpirationYears,
            atmVolatility,
            skew25
          })
        )
        break
      case "RegimeClassified": {
        const { forecastVolatility5d, forecastVolatility21d, asOfMs } = record.payload
        state.forecast = { forecastVolatility5d, forecastVolatility21d, asOfMs }
        break
      }
      case "TradeProposed":
        proposed(state, record.payload)
        break
      case "StrategyIdle": {
        const { reason } = record.payload
        state.idleCounts.set(reason, (state.idleCounts.get(reason) ?? 0) + 1)
        break
      }
      case "TradeRefused":
      case "OrderDenied":
        refused(parameters, state, record.payload.tradeId, nowMs)
        break
      case "ChainRejected":
        if (record.payload.instruction === "ReserveRequested") {
          refused(parameters, state, record.payload.tradeId, nowMs)
        }
        break
      case "OrderClosed":
        orderClosed(parameters, state, record.payload, nowMs)
        break
      case "TradeFilled":
        if (record.payload.strategyId === config.strategyId) {
          tradeFilled(parameters, state, record.payload, nowMs)
        }
        break
      case "TradeCorrected":
        if (record.payload.strategyId === config.strategyId) {
          tradeCorrected(parameters, state, record.payload, nowMs)
        }
        break
      case "TradeLegEnded":
        legEnded(parameters, state, record.payload, nowMs)
        break
      case "Closed":
        if (record.payload.final) state.settling.delete(record.payload.tradeId)
        break
    }
    return state
  },
  decide: (state, message, context) => {
    if (context.late) return []
    if (message.type === "FeaturesComputed") return enter(config, state, context)
    return message.type === "IntervalElapsed"
      ? leave(config, state, context, message.payload.minutesToClose)
      : []
  },
  invariant: ({ live, plans, positions }) => {
    if (live?.kind === "Open" && !plans.has(live.tradeId)) {
      throw new Error(`strategy has no plan for its live proposal ${live.tradeId}`)
    }
    for (const { tradeId, holdings } of positions.values()) {
      if (holdings.length === 0) throw new Error(`strategy keeps the flat position ${tradeId}`)
      if (!plans.has(tradeId)) throw new Error(`strategy has no plan for its position ${tradeId}`)
    }
  },
  snapshotSchema: StrategySnapshot,
  snapshot: snapshotStrategy,
  restore: restoreStrategy
})
