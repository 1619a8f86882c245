/**
 * A position as its strategy keeps it: what it holds of each instrument, what it cost, and when it is to be closed.
 */
import { Schema } from "effect"
import type { QuoteBoard } from "../market/quoteBoard.ts"
import type { OrderLeg } from "../trading/netPrice.ts"
import { centTicks, roundLimit } from "../trading/tick.ts"
import type { VolatilityStrategyParameters } from "./parameters.ts"

export const Holding = Schema.Struct({
  instrument: Schema.Int,
  /** Contracts or shares, signed; never 0. */
  quantity: Schema.Int,
  /** Shares per contract; 1 for stock. */
  multiplier: Schema.Int
})
export type Holding = typeof Holding.Type

export const Position = Schema.Struct({
  tradeId: Schema.String,
  expiration: Schema.String,
  /** -1 sold volatility, 1 bought it. */
  view: Schema.Literals([-1, 1]),
  /** In order of instrument. */
  holdings: Schema.Array(Holding),
  /** All cash so far, commissions included; negative was paid. */
  cashMicros: Schema.BigInt,
  /** Cash of the opening fills without commissions, as an amount. */
  entryMicros: Schema.BigInt,
  /** Most that the filled part can lose, fees aside. */
  maxLossMicros: Schema.BigInt,
  /** Closings in a row that found no fill or were refused. */
  exitAttempts: Schema.Int
})
export type Position = typeof Position.Type

/** The holdings with `quantity` more of an instrument; what comes to 0 is left out. */
export const addHolding = (
  holdings: ReadonlyArray<Holding>,
  added: Holding
): ReadonlyArray<Holding> => {
  const before = holdings.find((each) => each.instrument === added.instrument)?.quantity ?? 0
  const others = holdings.filter((each) => each.instrument !== added.instrument)
  const quantity = before + added.quantity
  return quantity === 0
    ? others
    : [...others, { ...added, quantity }].sort((a, b) => a.instrument - b.instrument)
}

export interface ExitOrder {
  readonly legs: ReadonlyArray<OrderLeg>
  /** Units of the legs' ratios. */
  readonly quantity: number
  readonly midNetMicros: number
  readonly naturalNetMicros: number
}

/**
 * The order that ends a position, as far as it can be traded now: stock alone first, then all options that somebody
 * takes. A long option without a bid is left to expire; nothing is done while a short one cannot be bought back.
 */
export const exitOrder = (
  holdings: ReadonlyArray<Holding>,
  board: QuoteBoard
): ExitOrder | undefined => {
  const stock = holdings.filter((each) => each.multiplier === 1)
  const options = holdings.filter((each) => each.multiplier !== 1)
  if (options.some((each) => each.quantity < 0 && !(board.askMicros[each.instrument]! > 0))) {
    return undefined
  }
  const tradable = (stock.length > 0 ? stock : options).filter(
    (each) => each.quantity < 0 || board.bidMicros[each.instrument]! > 0
  )
  if (tradable.length === 0) return undefined
  const quantity = tradable.reduce(
    (units, each) => greatestCommon(units, Math.abs(each.quantity)),
    0
  )
  let midNetMicros = 0
  let naturalNetMicros = 0
  const legs = tradable.map((each): OrderLeg => {
    const ratio = Math.abs(each.quantity) / quantity
    const bid = board.bidMicros[each.instrument]!
    const ask = board.askMicros[each.instrument]!
    const mid = ask > 0 ? (bid + ask) / 2 : bid
    const isBuy = each.quantity < 0
    midNetMicros += (isBuy ? mid : -mid) * ratio
    naturalNetMicros += (isBuy ? ask : -bid) * ratio
    return { instrument: each.instrument, side: isBuy ? "Buy" : "Sell", ratio }
  })
  return { legs, quantity, midNetMicros, naturalNetMicros }
}

/** What a position would bring, all cash included: closed at once, and at midpoints. Micro-USD. */
export interface Profit {
  /** Longs at the bid, shorts at the ask; undefined where a short has no ask. */
  readonly atOnceMicros: number | undefined
  /** Undefined where a leg's quote is too wide to say what it is worth. */
  readonly atMidMicros: number | undefined
}

/** A quote this narrow says what its instrument is worth, however small that is. */
const narrowMicros = 200_000

export const profitOf = (
  parameters: VolatilityStrategyParameters,
  position: Position,
  board: QuoteBoard
): Profit => {
  let atOnceMicros: number | undefined = Number(position.cashMicros)
  let atMidMicros: number | undefined = atOnceMicros
  for (const { instrument, quantity, multiplier } of position.holdings) {
    const bid = board.bidMicros[instrument]!
    const ask = board.askMicros[instrument]!
    const mid = (bid + ask) / 2
    const shares = quantity * multiplier
    const isPriced = ask > 0 && ask >= bid
    if (atOnceMicros !== undefined) {
      atOnceMicros =
        shares > 0 || ask > 0 ? atOnceMicros + shares * (shares > 0 ? bid : ask) : undefined
    }
    const widthMax = Math.max(narrowMicros, parameters.legSpreadOverMidMax * mid)
    atMidMicros =
      atMidMicros !== undefined && isPriced && ask - bid <= widthMax
        ? atMidMicros + shares * mid
        : undefined
  }
  return { atOnceMicros, atMidMicros }
}

export const exitReasons = [
  "assigned-stock",
  "flatten-at-close",
  "stop-loss",
  "profit-target",
  "time-exit"
] as const
export type ExitReason = (typeof exitReasons)[number]

export interface ExitQuestion {
  readonly profit: Profit
  readonly position: Position
  readonly tradingDaysLeft: number
  /** Minutes to the close where everything is to be flat by then; Infinity under the policy `carry`. */
  readonly minutesToFlat: number
}

/** Why a position is to be closed now, the most urgent reason first; undefined where it stays. */
export const exitReason = (
  parameters: VolatilityStrategyParameters,
  question: ExitQuestion
): ExitReason | undefined => {
  const { position, profit } = question
  if (position.holdings.some((each) => each.multiplier === 1)) return "assigned-stock"
  if (question.minutesToFlat <= parameters.flattenMinutesToClose) return "flatten-at-close"
  // A loss counts at midpoints, so that a momentarily wide market stops nobody out; a profit counts when it can be had.
  const lossLimit = parameters.stopLossOverMaxLoss * Number(position.maxLossMicros)
  if (profit.atMidMicros !== undefined && profit.atMidMicros <= -lossLimit) return "stop-loss"
  const target = parameters.profitTargetOverEntry * Number(position.entryMicros)
  if (profit.atOnceMicros !== undefined && profit.atOnceMicros >= target) return "profit-target"
  return question.tradingDaysLeft < parameters.exitTradingDays ? "time-exit" : undefined
}

const patient: ReadonlySet<ExitReason> = new Set(["profit-target", "time-exit"])
/** Past the natural price by this share of the half spread at most: quotes move while an order travels. */
const concessionMax = 1.5

/** The limit of a closing order: from the midpoint step by step where there is time, else from the natural price on. */
export const exitLimitMicros = (
  parameters: VolatilityStrategyParameters,
  order: ExitOrder,
  reason: ExitReason,
  attempts: number
): number => {
  const first = patient.has(reason) ? parameters.firstConcession : 1
  const concession = Math.min(concessionMax, first + attempts * parameters.concessionStep)
  const spread = order.naturalNetMicros - order.midNetMicros
  return roundLimit(centTicks, order.midNetMicros + concession * spread)
}

const greatestCommon = (a: number, b: number): number => (b === 0 ? a : greatestCommon(b, a % b))
