/**
 * Trades the volatility strategy's own rules through past days, one position at a time, at model prices with costs.
 *
 * Entries and exits are made by the functions that the desk uses; both pay the natural price and commissions. A day's
 * decision sees that day's close and nothing later.
 */
import { readSmile, type SmileContext, skewAtDelta } from "../features/smile.ts"
import { tradingDaysUntil } from "../features/tradingTime.ts"
import type { VolatilityStrategyParameters } from "../strategies/parameters.ts"
import {
  addHolding,
  type ExitReason,
  exitReason,
  type Position,
  profitOf
} from "../strategies/position.ts"
import { chooseEntry, type Entry } from "../strategies/volatilityStrategy.ts"
import type { DatedForecast } from "./forecaster.ts"
import {
  monthlyExpirations,
  type PricedWith,
  quoteTimeMs,
  SyntheticChain
} from "./syntheticChain.ts"

/** A past day: prices in micro-USD, volatilities annualised decimals. */
export interface MarketDay extends DatedForecast {
  readonly atmVolatility: number
}

export interface SimulatedTrade {
  readonly entered: string
  readonly exited: string
  readonly reason: ExitReason | "end-of-data"
  readonly structure: string
  readonly view: -1 | 1
  readonly impliedOverForecast: number
  /** Profit after all costs over the most that could be lost, costs included. */
  readonly returnOnRisk: number
}

interface Open {
  readonly entry: Entry
  readonly position: Position
  readonly market: SyntheticChain
  readonly entered: string
  readonly lastTradeMs: number
}

export const simulateTrades = (
  parameters: VolatilityStrategyParameters,
  days: ReadonlyArray<MarketDay>,
  priced: PricedWith
): ReadonlyArray<SimulatedTrade> => {
  const trades: Array<SimulatedTrade> = []
  let open: Open | undefined
  days.forEach((day, index) => {
    const time = quoteTimeMs(day.date)
    if (time === undefined) return
    if (open === undefined) {
      open = enter(parameters, day, time, priced)
      return
    }
    const isLast = index === days.length - 1
    const trade = leave(parameters, open, day, time, isLast)
    if (trade !== undefined) {
      trades.push(trade)
      open = undefined
    }
  })
  return trades
}

const enter = (
  parameters: VolatilityStrategyParameters,
  day: MarketDay,
  time: { readonly nowMs: number; readonly closeMs: number },
  priced: PricedWith
): Open | undefined => {
  const at = { spotMicros: day.close, atmVolatility: day.atmVolatility, nowMs: time.nowMs }
  // A week has 5 trading days at most, and 4 at least but for rare ones: both bounds are on the safe side.
  const expirations = monthlyExpirations(
    day.date,
    parameters.tradingDaysMin,
    parameters.tradingDaysMax * 1.75
  )
  const market = new SyntheticChain(at, expirations, priced)
  market.quote(at)
  const context: SmileContext = {
    board: market.board,
    nowMs: time.nowMs,
    spotMicros: day.close,
    riskFreeRate: 0,
    quoteAgeMsMax: Number.POSITIVE_INFINITY
  }
  const term = market.chain.expirations.flatMap((chain) => {
    const smile = readSmile(context, chain, 0.22)
    return smile === undefined ? [] : [{ ...smile, skew25: skewAtDelta(smile, 0.25) }]
  })
  const entry = chooseEntry(parameters, {
    chain: market.chain,
    market: context,
    closeMs: time.closeMs,
    term,
    forecast: day,
    held: [],
    attempt: 0
  })
  if (entry._tag === "Idle") return undefined
  const chain = market.chain.expirations.find(
    (each) => each.expiration === entry.spread.expiration
  )!
  return {
    entry,
    position: openedPosition(parameters, entry),
    market,
    entered: day.date,
    lastTradeMs: chain.lastTradeMs
  }
}

/** One unit, filled at the natural price. */
const openedPosition = (parameters: VolatilityStrategyParameters, entry: Entry): Position => {
  const { spread, multiplier } = entry
  const naturalMicros = spread.midNetMicros + spread.halfSpreadMicros
  const cashMicros = BigInt(Math.round(-naturalMicros * multiplier))
  return {
    tradeId: "",
    expiration: spread.expiration,
    view: spread.view,
    holdings: spread.legs.reduce<Position["holdings"]>(
      (holdings, { instrument, side }) =>
        addHolding(holdings, { instrument, quantity: side === "Buy" ? 1 : -1, multiplier }),
      []
    ),
    cashMicros: cashMicros - BigInt(commissions(parameters, entry)),
    entryMicros: cashMicros < 0n ? -cashMicros : cashMicros,
    maxLossMicros: BigInt(Math.round((spread.payoutMaxMicros + naturalMicros) * multiplier)),
    exitAttempts: 0
  }
}

const commissions = (parameters: VolatilityStrategyParameters, entry: Entry): number =>
  entry.spread.legs.length * parameters.commissionMicrosPerContract

const leave = (
  parameters: VolatilityStrategyParameters,
  open: Open,
  day: MarketDay,
  time: { readonly nowMs: number; readonly closeMs: number },
  isLast: boolean
): SimulatedTrade | undefined => {
  const { entry, position, market, lastTradeMs } = open
  const at = { spotMicros: day.close, atmVolatility: day.atmVolatility, nowMs: time.nowMs }
  market.quote(
    at,
    position.holdings.map((each) => each.instrument)
  )
  const profit = profitOf(parameters, position, market.board)
  const tradingDaysLeft = tradingDaysUntil({ ...time, lastTradeMs })
  const reason =
    exitReason(parameters, {
      position,
      profit,
      tradingDaysLeft,
      minutesToFlat: Number.POSITIVE_INFINITY
    }) ?? (isLast ? "end-of-data" : undefined)
  if (reason === undefined) return undefined
  const fees = commissions(parameters, entry)
  const profitMicros = (profit.atOnceMicros ?? Number(position.cashMicros)) - fees
  return {
    entered: open.entered,
    exited: day.date,
    reason,
    structure: entry.spread.structure,
    view: entry.spread.view,
    impliedOverForecast: entry.rationale.impliedVolatility! / entry.rationale.forecastVolatility!,
    returnOnRisk: profitMicros / (Number(position.maxLossMicros) + 2 * fees)
  }
}
