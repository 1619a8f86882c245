/**
 * What the risk gate remembers: quotes, positions, proposals and orders at work, cash, the desk's
 * condition.
 *
 * The book's greeks are recomputed at each minute and each fill; a proposal's own and those of
 * orders at work when it is judged.
 */
import { Schema } from "effect"
import { OptionChain, OptionChainSnapshot } from "../market/optionChain.ts"
import { QuoteBoard, QuoteBoardSnapshot } from "../market/quoteBoard.ts"
import { SmileSlice } from "../market/surface/smileSlice.ts"
import {
  restoreTradeBook,
  snapshotTradeBook,
  type TradeBook,
  TradeBookSnapshot,
  totalHoldings
} from "../trading/tradeBook.ts"
import { Greeks, greeksOfHoldings, noGreeks } from "./greeks.ts"
import { legsKey, type OrderTerms, WorkingOrder } from "./orderTerms.ts"
import { markMicros, multiplierOf } from "./riskMarket.ts"

const Hours = Schema.Struct({
  date: Schema.String,
  status: Schema.Literals(["Open", "Closed"]),
  openMs: Schema.Int,
  closeMs: Schema.Int
})

const plainFields = {
  riskFreeRate: Schema.Finite,
  dividendYield: Schema.Finite,
  hours: Schema.UndefinedOr(Hours),
  /** Cash of all fills less commissions, micro-USD. */
  cashMicros: Schema.BigInt,
  /** Cash and marks when the day began, micro-USD. */
  dayStartMicros: Schema.Finite,
  /** The vault's free balance as the chain last confirmed it. */
  freeMicros: Schema.BigInt,
  bookGreeks: Greeks,
  halted: Schema.UndefinedOr(Schema.String),
  difference: Schema.UndefinedOr(Schema.String),
  /** What of the broker is away; left out while all is there. */
  away: Schema.optionalKey(Schema.String),
  /** Within the rate's window, oldest first. */
  approvalsMs: Schema.Array(Schema.Int)
}
const pairs = <A, B>(value: Schema.Codec<A, B>) =>
  Schema.Array(Schema.Tuple([Schema.String, value]))

export const RiskBookSnapshot = Schema.Struct({
  ...plainFields,
  board: QuoteBoardSnapshot,
  chain: OptionChainSnapshot,
  europeans: Schema.Array(Schema.Int),
  volatilities: pairs(Schema.Finite),
  surface: Schema.Array(SmileSlice),
  positions: TradeBookSnapshot,
  orders: pairs(WorkingOrder),
  /** Legs, as `legsKey`, to when they were last approved. */
  approvedLegs: pairs(Schema.Int),
  /** Order id to trade id of intents whose trade is at work. */
  intents: pairs(Schema.String),
  /** Order id to the instruments that its unknown fate blocks. */
  doubts: pairs(Schema.Array(Schema.Int))
})
export type RiskBookSnapshot = typeof RiskBookSnapshot.Type

const PlainFields = Schema.Struct(plainFields)
type Plain = { -readonly [K in keyof typeof PlainFields.Type]: (typeof PlainFields.Type)[K] }

/** A `RiskMarket` too. Updated in place. */
export interface RiskBook extends Plain {
  board: QuoteBoard
  chain: OptionChain
  readonly europeans: Set<number>
  volatilities: Map<string, number>
  surface: ReadonlyArray<SmileSlice>
  readonly positions: TradeBook
  readonly orders: Map<string, WorkingOrder>
  readonly approvedLegs: Map<string, number>
  readonly intents: Map<string, string>
  readonly doubts: Map<string, ReadonlyArray<number>>
}

export const emptyRiskBook = (): RiskBook => ({
  riskFreeRate: 0,
  dividendYield: 0,
  hours: undefined,
  cashMicros: 0n,
  dayStartMicros: 0,
  freeMicros: 0n,
  bookGreeks: noGreeks,
  halted: undefined,
  difference: undefined,
  approvalsMs: [],
  board: new QuoteBoard(0),
  chain: OptionChain.empty,
  europeans: new Set(),
  volatilities: new Map(),
  surface: [],
  positions: new Map(),
  orders: new Map(),
  approvedLegs: new Map(),
  intents: new Map(),
  doubts: new Map()
})

export const snapshotRiskBook = (book: RiskBook): RiskBookSnapshot => ({
  ...book,
  board: book.board.snapshot(),
  chain: book.chain.snapshot(),
  europeans: [...book.europeans],
  volatilities: [...book.volatilities],
  positions: snapshotTradeBook(book.positions),
  orders: [...book.orders],
  approvedLegs: [...book.approvedLegs],
  intents: [...book.intents],
  doubts: [...book.doubts]
})

export const restoreRiskBook = (snapshot: RiskBookSnapshot): RiskBook => ({
  ...snapshot,
  board: QuoteBoard.restore(snapshot.board),
  chain: OptionChain.restore(snapshot.chain),
  europeans: new Set(snapshot.europeans),
  volatilities: new Map(snapshot.volatilities),
  positions: restoreTradeBook(snapshot.positions),
  orders: new Map(snapshot.orders),
  approvedLegs: new Map(snapshot.approvedLegs),
  intents: new Map(snapshot.intents),
  doubts: new Map(snapshot.doubts)
})

/** Cash and positions at their marks, micro-USD. A position without an ask counts as nothing. */
export const equityMicros = (book: RiskBook): number => {
  let sum = Number(book.cashMicros)
  for (const [instrument, quantity] of totalHoldings(book.positions)) {
    sum += (markMicros(book, instrument) ?? 0) * multiplierOf(book, instrument) * quantity
  }
  return sum
}

/** Profit of the day so far, micro-USD. */
export const dayProfitMicros = (book: RiskBook): number => equityMicros(book) - book.dayStartMicros

export const refreshGreeks = (book: RiskBook, nowMs: number): void => {
  if (book.positions.size === 0) {
    book.bookGreeks = noGreeks
    return
  }
  const { unpriced: _, ...greeks } = greeksOfHoldings(book, totalHoldings(book.positions), nowMs)
  book.bookGreeks = greeks
}

export const takeTerms = (book: RiskBook, terms: OrderTerms): void => {
  book.orders.set(terms.tradeId, { ...terms, approved: false, reserved: false, filledQty: 0 })
}

/** The gate's own yes in phase 1. */
export const takeApproval = (
  book: RiskBook,
  tradeId: string,
  nowMs: number,
  rateWindowMs: number
): void => {
  const order = book.orders.get(tradeId)
  if (order === undefined) return
  book.orders.set(tradeId, { ...order, approved: true })
  book.approvedLegs.set(legsKey(order.legs), nowMs)
  book.approvalsMs = [...book.approvalsMs.filter((atMs) => nowMs - atMs < rateWindowMs), nowMs]
}

export const updateOrder = (
  book: RiskBook,
  tradeId: string,
  change: Partial<Pick<WorkingOrder, "reserved" | "filledQty">>
): void => {
  const order = book.orders.get(tradeId)
  if (order !== undefined) book.orders.set(tradeId, { ...order, ...change })
}

/** A proposal that came to nothing, or an order that is over. */
export const dropOrder = (book: RiskBook, tradeId: string): void => {
  book.orders.delete(tradeId)
  for (const [clOrdID, owner] of book.intents) {
    if (owner !== tradeId) continue
    book.intents.delete(clOrdID)
    book.doubts.delete(clOrdID)
  }
}

const unexplainedKey = (differenceId: string): string => `unexplained ${differenceId}: `

/** The broker's account shows what nobody here can explain: no new risk until an operator resolves it. */
export const takeUnexplained = (
  book: RiskBook,
  difference: {
    readonly differenceId: string
    readonly what: string
    readonly expected: string
    readonly found: string
  }
): void => {
  const { differenceId, what, expected, found } = difference
  const text = `${what}: expected ${expected}, found ${found}`
  book.doubts.set(`${unexplainedKey(differenceId)}${text}`, [])
  book.difference ??= `${differenceId}: ${text}`
}

/** An operator settled one difference: the next that is not settled blocks in its place. */
export const takeResolved = (book: RiskBook, differenceId: string): void => {
  for (const key of [...book.doubts.keys()]) {
    if (key.startsWith(unexplainedKey(differenceId))) book.doubts.delete(key)
  }
  if (book.difference?.startsWith(`${differenceId}: `) === true) {
    book.difference = nextUnexplained(book)
  }
}

/** An operator goes on in spite of what the audit found. What the broker shows unexplained stays to be resolved. */
export const takeResumed = (book: RiskBook): void => {
  book.halted = undefined
  for (const key of [...book.doubts.keys()]) {
    if (!key.startsWith("unexplained ")) book.doubts.delete(key)
  }
  book.difference = nextUnexplained(book)
}

const nextUnexplained = (book: RiskBook): string | undefined => {
  for (const key of book.doubts.keys()) {
    if (key.startsWith("unexplained ")) return key.slice("unexplained ".length)
  }
  return undefined
}

/** Whether the broker can be reached and shows prices. `away`: "" where it is so. */
export const takeVenue = (book: RiskBook, away: string): void => {
  if (away === "") delete book.away
  else book.away = away
}

/** The fate of an order at the broker: unknown blocks its instruments, anything else frees them. */
export const takeFate = (book: RiskBook, clOrdID: string, isKnown: boolean): void => {
  book.doubts.delete(clOrdID)
  const order = book.orders.get(book.intents.get(clOrdID) ?? "")
  if (isKnown || order === undefined) return
  book.doubts.set(
    clOrdID,
    order.legs.map(({ instrument }) => instrument)
  )
}

/** Throws with one sentence where the book is impossible. */
export const riskBookInvariant = (book: RiskBook): void => {
  for (const { tradeId, filledQty, quantity } of book.orders.values()) {
    if (filledQty > quantity) {
      throw new Error(`order of ${tradeId} filled ${filledQty} of ${quantity} units`)
    }
  }
  for (const [name, value] of Object.entries(book.bookGreeks)) {
    if (!Number.isFinite(value)) throw new Error(`book ${name} is ${value}`)
  }
}
