/**
 * What each trade holds at the broker: fills of Opens and Hedges add to their own trade, fills of a Close take from the
 * trade that it closes, and ended contracts leave the trades that hold them, the oldest first.
 *
 * Invariant: the sum over trades is the broker's position, as far as executions have been seen.
 */
import { Schema } from "effect"
import { type CorrectedLegs, movesOf } from "./corrections.ts"
import { addFills, addTo, type Holdings } from "./holdings.ts"
import { type LegFill, type OrderLeg, signOf } from "./netPrice.ts"

export interface TradePosition {
  readonly tradeId: string
  readonly strategyId: string
  readonly kind: "Open" | "Hedge"
  readonly holdings: Holdings
}

/** In the order of their first fill. A trade that became flat is dropped. */
export type TradeBook = Map<string, TradePosition>

export const TradeBookSnapshot = Schema.Array(
  Schema.Struct({
    tradeId: Schema.String,
    strategyId: Schema.String,
    kind: Schema.Literals(["Open", "Hedge"]),
    holdings: Schema.Array(Schema.Tuple([Schema.Int, Schema.Int]))
  })
)
export type TradeBookSnapshot = typeof TradeBookSnapshot.Type

export const snapshotTradeBook = (book: TradeBook): TradeBookSnapshot =>
  [...book.values()].map((trade) => ({ ...trade, holdings: [...trade.holdings] }))

export const restoreTradeBook = (snapshot: TradeBookSnapshot): TradeBook =>
  new Map(snapshot.map((trade) => [trade.tradeId, { ...trade, holdings: new Map(trade.holdings) }]))

/** The part of a `TradeFilled` that moves positions. */
export interface BookedFill {
  readonly tradeId: string
  readonly kind: "Open" | "Close" | "Hedge"
  /** The trade that a Close takes from; "" otherwise. */
  readonly closes: string
  readonly strategyId: string
  readonly legs: ReadonlyArray<LegFill>
}

/** Takes in one fill, in place. A Close of a trade that holds nothing opens a position under the closed trade's id. */
export const bookFill = (book: TradeBook, fill: BookedFill): void => {
  const trade = positionOf(book, fill)
  addFills(trade.holdings, fill.legs)
  if (trade.holdings.size === 0) book.delete(trade.tradeId)
}

/** The position that an execution counts in: a new one where its trade has none. */
const positionOf = (book: TradeBook, of: Omit<BookedFill, "legs">): TradePosition => {
  const tradeId = of.kind === "Close" ? of.closes : of.tradeId
  const trade = book.get(tradeId) ?? {
    tradeId,
    strategyId: of.strategyId,
    kind: of.kind === "Hedge" ? ("Hedge" as const) : ("Open" as const),
    holdings: new Map()
  }
  book.set(tradeId, trade)
  return trade
}

/** Takes in what a corrected execution moves, in place: nothing where only prices or commissions changed. */
export const bookCorrection = (
  book: TradeBook,
  corrected: Omit<BookedFill, "legs"> & CorrectedLegs
): void => {
  const moves = movesOf(corrected)
  if (moves.length === 0) return
  const trade = positionOf(book, corrected)
  for (const [instrument, quantity] of moves) addTo(trade.holdings, instrument, quantity)
  if (trade.holdings.size === 0) book.delete(trade.tradeId)
}

/** A contract that left one trade, with the shares of the underlying that came or went for it. */
export interface EndedLeg {
  readonly tradeId: string
  readonly instrument: number
  readonly quantity: number
  readonly shares: number
}

/** Takes in an ended contract, in place. `underlying` is the instrument of the shares. */
export const bookEnded = (book: TradeBook, ended: EndedLeg, underlying: number): void => {
  const trade = book.get(ended.tradeId)
  if (trade === undefined) return
  addTo(trade.holdings, ended.instrument, -ended.quantity)
  addTo(trade.holdings, underlying, ended.shares)
  if (trade.holdings.size === 0) book.delete(ended.tradeId)
}

/** Which trades give up how much of an instrument; `rest` is what no trade holds. Signed as held. */
export interface Allotment {
  readonly parts: ReadonlyArray<{ readonly trade: TradePosition; readonly quantity: number }>
  readonly rest: number
}

/**
 * Splits contracts that left the broker's position among the trades. Where the quantity is all that the trades hold
 * together, every holder gives up its own, longs and shorts alike: the broker nets what two trades hold against each
 * other. Otherwise holders of the same sign give up theirs, the oldest first.
 */
export const allot = (book: TradeBook, instrument: number, quantity: number): Allotment => {
  const holders = [...book.values()].flatMap((trade) => {
    const held = trade.holdings.get(instrument)
    return held === undefined ? [] : [{ trade, quantity: held }]
  })
  const total = holders.reduce((sum, holder) => sum + holder.quantity, 0)
  if (total === quantity) return { parts: holders, rest: 0 }
  let rest = quantity
  const parts: Array<{ trade: TradePosition; quantity: number }> = []
  for (const { trade, quantity: held } of holders) {
    if (rest === 0) break
    if (Math.sign(held) !== Math.sign(rest)) continue
    const part = Math.sign(rest) * Math.min(Math.abs(rest), Math.abs(held))
    parts.push({ trade, quantity: part })
    rest -= part
  }
  return { parts, rest }
}

/** Why these legs times `quantity` do not just reduce what a trade holds, as one sentence; undefined where they do. */
export const closeFault = (
  trade: TradePosition | undefined,
  legs: ReadonlyArray<OrderLeg>,
  quantity: number
): string | undefined => {
  if (trade === undefined) return "the trade holds nothing"
  for (const { instrument, side, ratio } of legs) {
    const held = trade.holdings.get(instrument) ?? 0
    const wanted = signOf(side) * ratio * quantity
    const reduces = Math.sign(wanted) === -Math.sign(held) && Math.abs(wanted) <= Math.abs(held)
    if (!reduces)
      return `${side} ${ratio * quantity} of instrument ${instrument}, of which it holds ${held}`
  }
  return undefined
}

/** The sum over all trades. */
export const totalHoldings = (book: TradeBook): Holdings => {
  const total: Holdings = new Map()
  for (const { holdings } of book.values()) {
    for (const [instrument, quantity] of holdings) addTo(total, instrument, quantity)
  }
  return total
}
