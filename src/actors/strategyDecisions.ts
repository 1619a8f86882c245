/** What the volatility strategy says: an entry, an exit, or why neither. */
import { tradingDaysUntil } from "../domain/features/tradingTime.ts"
import type { DraftOf } from "../domain/journal/record.ts"
import type { VolatilityStrategyParameters } from "../domain/strategies/parameters.ts"
import {
  type ExitReason,
  exitLimitMicros,
  exitOrder,
  exitReason,
  exitReasons,
  type Position,
  profitOf
} from "../domain/strategies/position.ts"
import { chooseEntry } from "../domain/strategies/volatilityStrategy.ts"
import { StrategyIdle, TradeProposed } from "./ports/records/trade.ts"
import type { Context } from "./runtime/Behavior.ts"
import type { StrategyState } from "./strategyState.ts"

export interface StrategyConfig {
  /** The certificate's name for it; in every proposal. */
  readonly strategyId: string
  readonly parameters: VolatilityStrategyParameters
  /** `flatten` closes everything before each day's close. */
  readonly closePolicy: "flatten" | "carry"
  /** Older quotes are not traded on. */
  readonly quoteAgeMsMax: number
  /** A forecast from older features opens nothing. */
  readonly forecastAgeMsMax: number
}

export const strategyActorId = "strategy"

type Said = ReadonlyArray<DraftOf<typeof TradeProposed> | DraftOf<typeof StrategyIdle>>

const tradeIdOf = (context: Context): string =>
  `${context.book}-${strategyActorId}-${context.eventCount}`

/** Asked when features came: one proposal, or why there is none. */
export const enter = (config: StrategyConfig, state: StrategyState, context: Context): Said => {
  const { strategyId, parameters } = config
  const { day, forecast } = state
  const idle = (reason: string, detail: string) => [
    StrategyIdle.make({ strategyId, reason, detail })
  ]
  if (day === undefined || !day.isOpen) return idle("market-closed", "the market is closed")
  if (state.live !== undefined) {
    return idle("proposal-live", `${state.live.tradeId} is neither refused nor closed`)
  }
  const held = state.positions.size + state.settling.size
  if (held >= parameters.positionsMax) {
    return idle("positions-full", `${held} of ${parameters.positionsMax} positions are held`)
  }
  const minutesLeft = Math.floor((day.closeMs - context.nowMs) / 60_000)
  if (minutesLeft < parameters.entryMinutesToCloseMin) {
    return idle("too-near-the-close", `${minutesLeft} minutes are left`)
  }
  if (context.nowMs < state.pausedUntilMs) {
    return idle("cooling-down", `paused for ${state.pausedUntilMs - context.nowMs} ms more`)
  }
  if (forecast === undefined || context.nowMs - forecast.asOfMs > config.forecastAgeMsMax) {
    const age =
      forecast === undefined ? "none came yet" : `${context.nowMs - forecast.asOfMs} ms old`
    return idle("no-fresh-forecast", `the volatility forecast: ${age}`)
  }
  const entry = chooseEntry(parameters, {
    chain: state.chain,
    market: {
      board: state.board,
      nowMs: context.nowMs,
      spotMicros: state.spotMicros,
      riskFreeRate: day.riskFreeRate,
      quoteAgeMsMax: config.quoteAgeMsMax
    },
    closeMs: day.closeMs,
    term: state.term,
    forecast,
    held: [...state.positions.values()].map((each) => each.expiration),
    attempt: state.attempt
  })
  if (entry._tag === "Idle") return idle(entry.reason, entry.detail)
  const tradeId = tradeIdOf(context)
  return [
    TradeProposed.make(
      {
        tradeId,
        kind: "Open",
        closes: "",
        strategyId,
        legs: entry.spread.legs,
        quantity: entry.quantity,
        limitNetMicros: entry.limitNetMicros,
        collateralMicros: entry.collateralMicros,
        rationale: entry.rationale,
        basis: state.quoteSeqs.of(entry.quoted)
      },
      tradeId
    )
  ]
}

/** Asked at each interval: the most urgent exit, if any is due and no proposal is live. */
export const leave = (
  config: StrategyConfig,
  state: StrategyState,
  context: Context,
  minutesToClose: number
): Said => {
  const { strategyId, parameters, closePolicy } = config
  if (state.live !== undefined) return []
  const minutesToFlat = closePolicy === "flatten" ? minutesToClose : Number.POSITIVE_INFINITY
  let due: { readonly position: Position; readonly reason: ExitReason } | undefined
  for (const position of state.positions.values()) {
    const reason = exitReason(parameters, {
      position,
      profit: profitOf(parameters, position, state.board),
      tradingDaysLeft: tradingDaysLeft(state, position, context.nowMs),
      minutesToFlat
    })
    const isMoreUrgent =
      reason !== undefined &&
      (due === undefined || exitReasons.indexOf(reason) < exitReasons.indexOf(due.reason))
    // What cannot be traded now must not hold back what can.
    if (isMoreUrgent && exitOrder(position.holdings, state.board) !== undefined) {
      due = { position, reason }
    }
  }
  const order = due && exitOrder(due.position.holdings, state.board)
  if (due === undefined || order === undefined) return []
  const { position, reason } = due
  const tradeId = tradeIdOf(context)
  const { atOnceMicros, atMidMicros } = profitOf(parameters, position, state.board)
  return [
    TradeProposed.make(
      {
        tradeId,
        kind: "Close",
        closes: position.tradeId,
        strategyId,
        legs: order.legs,
        quantity: order.quantity,
        limitNetMicros: exitLimitMicros(parameters, order, reason, position.exitAttempts),
        collateralMicros: 0n,
        rationale: {
          [reason]: 1,
          ...(atOnceMicros !== undefined && { profitAtOnceMicros: atOnceMicros }),
          ...(atMidMicros !== undefined && { profitAtMidMicros: atMidMicros }),
          midNetMicros: order.midNetMicros,
          naturalNetMicros: order.naturalNetMicros,
          attempt: position.exitAttempts
        },
        basis: state.quoteSeqs.of(position.holdings.map(({ instrument }) => instrument))
      },
      tradeId
    )
  ]
}

const tradingDaysLeft = (state: StrategyState, position: Position, nowMs: number): number => {
  const chain = state.chain.expirations.find((each) => each.expiration === position.expiration)
  return state.day === undefined || chain === undefined
    ? Number.POSITIVE_INFINITY
    : tradingDaysUntil({ nowMs, closeMs: state.day.closeMs, lastTradeMs: chain.lastTradeMs })
}
