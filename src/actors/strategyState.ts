/** What the volatility strategy keeps, and how fills, ends and refusals change it. */
import { Schema } from "effect"
import type { PayloadOf } from "../domain/journal/record.ts"
import { OptionChain, OptionChainSnapshot } from "../domain/market/optionChain.ts"
import { QuoteBoard, QuoteBoardSnapshot } from "../domain/market/quoteBoard.ts"
import { QuoteSeqs, QuoteSeqsSnapshot } from "../domain/market/quoteSeqs.ts"
import { viewName } from "../domain/strategies/cognitionRule.ts"
import type { VolatilityStrategyParameters } from "../domain/strategies/parameters.ts"
import { addHolding, Position } from "../domain/strategies/position.ts"
import { movesOf } from "../domain/trading/corrections.ts"
import { cashOfFills, type LegFill } from "../domain/trading/netPrice.ts"
import type {
  OrderClosed,
  TradeCorrected,
  TradeFilled,
  TradeLegEnded
} from "./ports/records/broker.ts"
import type { TradeProposed } from "./ports/records/trade.ts"

const Live = Schema.Struct({
  tradeId: Schema.String,
  kind: Schema.Literals(["Open", "Close"]),
  /** The position that a Close ends; "" for an Open. */
  closes: Schema.String
})

const Plan = Schema.Struct({
  expiration: Schema.String,
  view: Schema.Literals([-1, 1]),
  maxLossMicrosPerShare: Schema.Finite,
  multiplier: Schema.Int
})

const Day = Schema.Struct({
  date: Schema.String,
  isOpen: Schema.Boolean,
  closeMs: Schema.Int,
  riskFreeRate: Schema.Finite
})

const Term = Schema.Struct({
  expiration: Schema.String,
  timeToExpirationYears: Schema.Finite,
  atmVolatility: Schema.Finite,
  skew25: Schema.Finite
})

const Forecast = Schema.Struct({
  forecastVolatility5d: Schema.Finite,
  forecastVolatility21d: Schema.Finite,
  /** When the features that it rests on were computed, epoch ms. */
  asOfMs: Schema.Int
})

const plain = {
  day: Schema.UndefinedOr(Day),
  spotMicros: Schema.Finite,
  term: Schema.Array(Term),
  forecast: Schema.UndefinedOr(Forecast),
  /** The one proposal that is neither refused nor closed. */
  live: Schema.UndefinedOr(Live),
  /** Entry proposals in a row without a fill. */
  attempt: Schema.Int,
  /** Nothing is opened before this, epoch ms. */
  pausedUntilMs: Schema.Int,
  finishedTrades: Schema.Int,
  /** Cash of finished trades, commissions included. */
  realizedMicros: Schema.BigInt
}

export const StrategySnapshot = Schema.Struct({
  ...plain,
  board: QuoteBoardSnapshot,
  quoteSeqs: QuoteSeqsSnapshot,
  chain: OptionChainSnapshot,
  plans: Schema.Array(Schema.Tuple([Schema.String, Plan])),
  positions: Schema.Array(Position),
  settling: Schema.Array(Schema.String),
  idleCounts: Schema.Array(Schema.Tuple([Schema.String, Schema.Int]))
})

type Plain = { -readonly [K in keyof typeof plain]: (typeof plain)[K]["Type"] }

export interface StrategyState extends Plain {
  board: QuoteBoard
  quoteSeqs: QuoteSeqs
  chain: OptionChain
  /** What was intended by each Open that may still fill or has filled. */
  readonly plans: Map<string, typeof Plan.Type>
  readonly positions: Map<string, Position>
  /** Flat positions whose capital is not back yet. */
  readonly settling: Set<string>
  /** How often nothing was proposed, by reason. */
  readonly idleCounts: Map<string, number>
}

export const initialStrategyState = (): StrategyState => ({
  board: new QuoteBoard(0),
  quoteSeqs: new QuoteSeqs(0),
  chain: OptionChain.empty,
  day: undefined,
  spotMicros: 0,
  term: [],
  forecast: undefined,
  live: undefined,
  attempt: 0,
  pausedUntilMs: 0,
  plans: new Map(),
  positions: new Map(),
  settling: new Set(),
  idleCounts: new Map(),
  finishedTrades: 0,
  realizedMicros: 0n
})

export const snapshotStrategy = (state: StrategyState): typeof StrategySnapshot.Type => ({
  ...state,
  board: state.board.snapshot(),
  quoteSeqs: state.quoteSeqs.snapshot(),
  chain: state.chain.snapshot(),
  plans: [...state.plans],
  positions: [...state.positions.values()],
  settling: [...state.settling],
  idleCounts: [...state.idleCounts]
})

export const restoreStrategy = (snapshot: typeof StrategySnapshot.Type): StrategyState => ({
  ...snapshot,
  board: QuoteBoard.restore(snapshot.board),
  quoteSeqs: QuoteSeqs.restore(snapshot.quoteSeqs),
  chain: OptionChain.restore(snapshot.chain),
  plans: new Map(snapshot.plans),
  positions: new Map(snapshot.positions.map((each) => [each.tradeId, each])),
  settling: new Set(snapshot.settling),
  idleCounts: new Map(snapshot.idleCounts)
})

/** The strategy's own proposal is live; of an Open it remembers what was intended. */
export const proposed = (
  state: StrategyState,
  { tradeId, kind, closes, legs, rationale }: PayloadOf<typeof TradeProposed>
): void => {
  if (kind === "Hedge") return
  state.live = { tradeId, kind, closes }
  const place = state.chain.place(legs[0]?.instrument ?? -1)
  if (kind === "Close" || place === undefined) return
  const { expiration, multiplier } = state.chain.expirations[place.expirationIndex]!
  state.plans.set(tradeId, {
    expiration,
    view: rationale[viewName] === 1 ? 1 : -1,
    maxLossMicrosPerShare: rationale.maxLossMicrosPerShare ?? 0,
    multiplier
  })
}

/** The proposal came to nothing before it was an order: a pause for an Open, another try for a Close. */
export const refused = (
  parameters: VolatilityStrategyParameters,
  state: StrategyState,
  tradeId: string,
  nowMs: number
): void => {
  const { live } = state
  if (live?.tradeId !== tradeId) return
  state.live = undefined
  if (live.kind === "Close") {
    countExitAttempt(state, live.closes)
    return
  }
  state.plans.delete(tradeId)
  state.attempt = 0
  pause(state, nowMs + parameters.cooldownMs)
}

/** The order is over; without a fill the next proposal gives in by a step. */
export const orderClosed = (
  parameters: VolatilityStrategyParameters,
  state: StrategyState,
  { tradeId, cumQty }: PayloadOf<typeof OrderClosed>,
  nowMs: number
): void => {
  const { live } = state
  if (live?.tradeId !== tradeId) return
  state.live = undefined
  if (live.kind === "Close") {
    countExitAttempt(state, live.closes)
    return
  }
  if (cumQty > 0) {
    state.attempt = 0
    return
  }
  state.plans.delete(tradeId)
  state.attempt++
  if (state.attempt >= parameters.attemptsMax) {
    state.attempt = 0
    pause(state, nowMs + parameters.cooldownMs)
  }
}

export const tradeFilled = (
  parameters: VolatilityStrategyParameters,
  state: StrategyState,
  fill: PayloadOf<typeof TradeFilled>,
  nowMs: number
): void => {
  const position =
    fill.kind === "Open"
      ? (state.positions.get(fill.tradeId) ?? newPosition(state, fill.tradeId))
      : state.positions.get(fill.closes)
  if (position === undefined) return
  const plan = state.plans.get(position.tradeId)!
  const isOpen = fill.kind === "Open"
  const lossMicros = plan.maxLossMicrosPerShare * plan.multiplier * fill.lastQty
  const cashMicros = fill.cashMicros
  keep(parameters, state, nowMs, {
    ...position,
    holdings: fill.legs.reduce(
      (holdings, leg) =>
        addHolding(holdings, {
          instrument: leg.instrument,
          quantity: leg.side === "Buy" ? leg.lastQty : -leg.lastQty,
          multiplier: multiplierOf(state, leg.instrument)
        }),
      position.holdings
    ),
    cashMicros: position.cashMicros + cashMicros - fill.commissionMicros,
    entryMicros: position.entryMicros + (isOpen ? magnitude(cashMicros) : 0n),
    maxLossMicros: position.maxLossMicros + (isOpen ? BigInt(Math.round(lossMicros)) : 0n),
    exitAttempts: 0
  })
}

/**
 * A fill is something else now. Of a position that has ended only its cash can change: a quantity that its trade could
 * not take in is never a correction.
 */
export const tradeCorrected = (
  parameters: VolatilityStrategyParameters,
  state: StrategyState,
  corrected: PayloadOf<typeof TradeCorrected>,
  nowMs: number
): void => {
  const { tradeId, closes, kind, cashMicros, commissionMicros, lastQty, replaced } = corrected
  const position = state.positions.get(kind === "Open" ? tradeId : closes)
  if (position === undefined) {
    state.realizedMicros += cashMicros - commissionMicros
    return
  }
  const plan = state.plans.get(position.tradeId)!
  const entry = (legs: ReadonlyArray<LegFill>) =>
    magnitude(cashOfFills(legs, (instrument) => multiplierOf(state, instrument)))
  const units = lastQty - replaced.lastQty
  const lossMicros = BigInt(Math.round(plan.maxLossMicrosPerShare * plan.multiplier * units))
  const isOpen = kind === "Open"
  keep(parameters, state, nowMs, {
    ...position,
    holdings: movesOf(corrected).reduce(
      (holdings, [instrument, quantity]) =>
        addHolding(holdings, { instrument, quantity, multiplier: multiplierOf(state, instrument) }),
      position.holdings
    ),
    cashMicros: position.cashMicros + cashMicros - commissionMicros,
    entryMicros:
      position.entryMicros + (isOpen ? entry(corrected.legs) - entry(replaced.legs) : 0n),
    maxLossMicros: position.maxLossMicros + (isOpen ? lossMicros : 0n)
  })
}

/** Contracts expired, were exercised or assigned; shares may have come in their place. */
export const legEnded = (
  parameters: VolatilityStrategyParameters,
  state: StrategyState,
  ended: PayloadOf<typeof TradeLegEnded>,
  nowMs: number
): void => {
  const position = state.positions.get(ended.tradeId)
  if (position === undefined) return
  const { instrument } = ended
  const multiplier = multiplierOf(state, instrument)
  const options = addHolding(position.holdings, {
    instrument,
    quantity: -ended.quantity,
    multiplier
  })
  const stock = { instrument: state.chain.stock, quantity: ended.shares, multiplier: 1 }
  keep(parameters, state, nowMs, {
    ...position,
    holdings: ended.shares === 0 ? options : addHolding(options, stock),
    cashMicros: position.cashMicros + ended.cashMicros - ended.commissionMicros
  })
}

const newPosition = (state: StrategyState, tradeId: string): Position | undefined => {
  const plan = state.plans.get(tradeId)
  return (
    plan && {
      tradeId,
      expiration: plan.expiration,
      view: plan.view,
      holdings: [],
      cashMicros: 0n,
      entryMicros: 0n,
      maxLossMicros: 0n,
      exitAttempts: 0
    }
  )
}

const keep = (
  parameters: VolatilityStrategyParameters,
  state: StrategyState,
  nowMs: number,
  position: Position
): void => {
  const { tradeId } = position
  if (position.holdings.length > 0) {
    state.positions.set(tradeId, position)
    return
  }
  state.positions.delete(tradeId)
  state.plans.delete(tradeId)
  state.settling.add(tradeId)
  state.finishedTrades++
  state.realizedMicros += position.cashMicros
  pause(state, nowMs + parameters.reentryMs)
}

const countExitAttempt = (state: StrategyState, tradeId: string): void => {
  const position = state.positions.get(tradeId)
  if (position === undefined) return
  state.positions.set(tradeId, { ...position, exitAttempts: position.exitAttempts + 1 })
}

const pause = (state: StrategyState, untilMs: number): void => {
  state.pausedUntilMs = Math.max(state.pausedUntilMs, untilMs)
}

const multiplierOf = (state: StrategyState, instrument: number): number => {
  const place = state.chain.place(instrument)
  return place === undefined ? 1 : state.chain.expirations[place.expirationIndex]!.multiplier
}

const magnitude = (micros: bigint): bigint => (micros < 0n ? -micros : micros)
