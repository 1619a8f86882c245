/** What the hedger knows: the quotes, the positions of all trades, and its own proposal that is under way. */
import { Schema } from "effect"
import { stockId } from "../market/contract.ts"
import { QuoteBoard, QuoteBoardSnapshot } from "../market/quoteBoard.ts"
import { QuoteSeqs, QuoteSeqsSnapshot } from "../market/quoteSeqs.ts"
import { SmileSlice, surfaceVolatility } from "../market/surface/smileSlice.ts"
import { contractDelta } from "./deltaHedge.ts"
import { sortedHoldings } from "./holdings.ts"
import {
  restoreTradeBook,
  snapshotTradeBook,
  type TradeBook,
  TradeBookSnapshot,
  type TradePosition,
  totalHoldings
} from "./tradeBook.ts"

const Terms = Schema.Struct({
  multiplier: Schema.Int,
  optionType: Schema.Literals(["Call", "Put", "None"]),
  exerciseStyle: Schema.Literals(["American", "European", "None"]),
  strikeMicros: Schema.Int,
  expiration: Schema.String
})
type Terms = typeof Terms.Type

const Day = Schema.Struct({
  isOpen: Schema.Boolean,
  closeMs: Schema.Int,
  riskFreeRate: Schema.Finite,
  dividendYield: Schema.Finite
})

const Outstanding = Schema.Struct({ tradeId: Schema.String, sinceMs: Schema.Int })

export interface HedgeBook {
  terms: ReadonlyArray<Terms>
  board: QuoteBoard
  quoteSeqs: QuoteSeqs
  readonly trades: TradeBook
  /** The last smile of each expiration, as features told it. */
  surface: ReadonlyArray<SmileSlice>
  day: typeof Day.Type | undefined
  /** The proposal that has not ended yet. */
  outstanding: typeof Outstanding.Type | undefined
  /** The close is near and hedges are being closed. */
  flattening: boolean
}

export const HedgeBookSnapshot = Schema.Struct({
  terms: Schema.Array(Terms),
  board: QuoteBoardSnapshot,
  quoteSeqs: QuoteSeqsSnapshot,
  trades: TradeBookSnapshot,
  surface: Schema.Array(SmileSlice),
  day: Schema.UndefinedOr(Day),
  outstanding: Schema.UndefinedOr(Outstanding),
  flattening: Schema.Boolean
})
export type HedgeBookSnapshot = typeof HedgeBookSnapshot.Type

export const emptyHedgeBook = (): HedgeBook => ({
  terms: [],
  board: new QuoteBoard(0),
  quoteSeqs: new QuoteSeqs(0),
  trades: new Map(),
  surface: [],
  day: undefined,
  outstanding: undefined,
  flattening: false
})

export const snapshotHedgeBook = (state: HedgeBook): HedgeBookSnapshot => ({
  terms: state.terms,
  board: state.board.snapshot(),
  quoteSeqs: state.quoteSeqs.snapshot(),
  trades: snapshotTradeBook(state.trades),
  surface: state.surface,
  day: state.day,
  outstanding: state.outstanding,
  flattening: state.flattening
})

export const restoreHedgeBook = (snapshot: HedgeBookSnapshot): HedgeBook => ({
  terms: snapshot.terms,
  board: QuoteBoard.restore(snapshot.board),
  quoteSeqs: QuoteSeqs.restore(snapshot.quoteSeqs),
  trades: restoreTradeBook(snapshot.trades),
  surface: snapshot.surface,
  day: snapshot.day,
  outstanding: snapshot.outstanding,
  flattening: snapshot.flattening
})

/** The quotes that a hedge rests on: the stock's and those of all that is held. Seqs, ascending. */
export const hedgeBasis = ({ quoteSeqs, trades }: HedgeBook): ReadonlyArray<number> =>
  quoteSeqs.of([stockId, ...totalHoldings(trades).keys()])

/** Delta of everything held, in shares, at the stock's midpoint; NaN where the stock has no two-sided quote. */
export const netDeltaShares = (state: HedgeBook, nowMs: number): number => {
  const spotMicros = state.board.midMicros(stockId)
  if (!(spotMicros > 0)) return Number.NaN
  let net = 0
  // In ascending order of instruments: a sum of floats depends on its order.
  for (const [instrument, quantity] of sortedHoldings(totalHoldings(state.trades))) {
    net += quantity * deltaOf(state, instrument, spotMicros, nowMs)
  }
  return net
}

/** Shares per contract, or per share. */
const deltaOf = (
  { terms, board, surface, day }: HedgeBook,
  instrument: number,
  spotMicros: number,
  nowMs: number
): number => {
  const { optionType, exerciseStyle, strikeMicros, expiration, multiplier } = terms[instrument]!
  if (optionType === "None") return 1
  const perShare = contractDelta({
    optionType,
    style: exerciseStyle === "European" ? "European" : "American",
    strikeMicros,
    expiration,
    spotMicros,
    nowMs,
    riskFreeRate: day?.riskFreeRate ?? 0,
    dividendYield: day?.dividendYield ?? 0,
    midMicros: board.midMicros(instrument),
    surfaceVolatility: surfaceVolatility(surface, expiration, strikeMicros)
  })
  return perShare * multiplier
}

/** Hedges that hold shares, oldest first. */
export const ownHedges = (
  state: HedgeBook
): ReadonlyArray<{ readonly trade: TradePosition; readonly shares: number }> =>
  [...state.trades.values()].flatMap((trade) => {
    const shares = trade.holdings.get(stockId)
    return trade.kind === "Hedge" && shares !== undefined ? [{ trade, shares }] : []
  })
