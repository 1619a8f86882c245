/**
 * The hedger: keeps the book's delta within a band with shares of the underlying, one proposal at a time.
 *
 * It reduces its own hedges before it opens new ones, and closes them before the close where hedges are not carried.
 */
import type { DraftOf, RecordOf } from "../domain/journal/record.ts"
import { stockId } from "../domain/market/contract.ts"
import { QuoteBoard } from "../domain/market/quoteBoard.ts"
import { QuoteSeqs } from "../domain/market/quoteSeqs.ts"
import { mergeSlices } from "../domain/market/surface/smileSlice.ts"
import { type CommissionSchedule, charge, emptyTally } from "../domain/trading/commission.ts"
import { hedgeShares } from "../domain/trading/deltaHedge.ts"
import {
  emptyHedgeBook,
  type HedgeBook,
  HedgeBookSnapshot,
  hedgeBasis,
  netDeltaShares,
  ownHedges,
  restoreHedgeBook,
  snapshotHedgeBook
} from "../domain/trading/hedgeBook.ts"
import { bookCorrection, bookEnded, bookFill } from "../domain/trading/tradeBook.ts"
import {
  OrderClosed,
  OrderDenied,
  TradeCorrected,
  TradeFilled,
  TradeLegEnded
} from "./ports/records/broker.ts"
import { SurfaceFitted } from "./ports/records/cognition.ts"
import { TimerFired, TimerSet } from "./ports/records/kernel.ts"
import {
  InstrumentsListed,
  IntervalElapsed,
  Quote,
  TradingSessionStatus
} from "./ports/records/market.ts"
import { TradeProposed, TradeRefused } from "./ports/records/trade.ts"
import { ChainRejected } from "./ports/records/vault.ts"
import { type Behavior, type Context, observe, subscribe } from "./runtime/Behavior.ts"

const hedgerId = "hedger"
const flattenTimer = "flatten"

export interface HedgerConfig {
  /** Name under which its trades are proposed. */
  readonly strategyId: string
  /** Delta left alone, shares, > 0. */
  readonly bandShares: number
  /** A hedge brings the delta to this share of the band, 0 to 1. */
  readonly insideShare: number
  /** How far beyond the quote a limit may go, hundredths of a percent. */
  readonly collarBasisPoints: number
  /** Collateral per notional of a hedge, 0 to 1. */
  readonly marginShare: number
  readonly commissions: CommissionSchedule
  /** Nothing is proposed on an older quote of the stock. ms, > 0. */
  readonly quoteAgeMsMax: number
  /** A proposal of which nothing is heard for so long has lapsed. ms; more than an order's longest life. */
  readonly proposalMsMax: number
  readonly closePolicy: "flatten" | "carry"
  /** Flattening begins so long before the close. ms, > 0. */
  readonly flattenBeforeMs: number
}

const messages = [
  observe(InstrumentsListed),
  observe(Quote),
  observe(SurfaceFitted),
  subscribe(TradingSessionStatus, "decide"),
  subscribe(IntervalElapsed, "lapse"),
  subscribe(TimerFired, "decide"),
  observe(TradeFilled),
  observe(TradeCorrected),
  observe(TradeLegEnded),
  subscribe(OrderClosed, "decide"),
  observe(OrderDenied),
  observe(TradeRefused),
  observe(ChainRejected)
] as const
const events = [TradeProposed, TimerSet] as const
type Message = (typeof messages)[number]["of"]
type Event = (typeof events)[number]
type Events = ReadonlyArray<DraftOf<Event>>

export const makeHedger = (
  config: HedgerConfig
): Behavior<HedgeBook, Message, Event, HedgeBookSnapshot> => ({
  id: hedgerId,
  messages,
  events,
  moneyBearing: true,
  outsideStateHash: ["quoteSeqs"],
  initial: emptyHedgeBook,
  evolve,
  decide: (state, message, context) => {
    switch (message.type) {
      case "TradingSessionStatus":
        return flattenAt(message.payload, config)
      case "IntervalElapsed":
        return context.late ? [] : propose(state, context, config)
      case "TimerFired":
        return isFlatten(message.payload) ? propose(state, context, config) : []
      case "OrderClosed":
        // The next hedge to close follows at once; what did not fill waits for the next minute.
        return state.flattening && message.payload.ordStatus === "Filled"
          ? propose(state, context, config)
          : []
      default:
        return []
    }
  },
  invariant: (state) => {
    for (const { trade } of ownHedges(state)) {
      const others = [...trade.holdings.keys()].filter((instrument) => instrument !== stockId)
      if (others.length > 0) throw new Error(`hedge ${trade.tradeId} holds instrument ${others[0]}`)
    }
  },
  snapshotSchema: HedgeBookSnapshot,
  snapshot: snapshotHedgeBook,
  restore: restoreHedgeBook
})

const evolve = (state: HedgeBook, record: RecordOf<Message> | RecordOf<Event>): HedgeBook => {
  switch (record.type) {
    case "Quote":
      state.board.update(record.payload)
      state.quoteSeqs.update(record.payload.instrument, record.seq)
      break
    case "InstrumentsListed":
      state.board = new QuoteBoard(record.payload.instruments.length)
      state.quoteSeqs = new QuoteSeqs(record.payload.instruments.length)
      state.terms = record.payload.instruments.map(
        ({ multiplier, optionType, exerciseStyle, strikeMicros, expiration }) => ({
          multiplier,
          optionType,
          exerciseStyle,
          strikeMicros,
          expiration
        })
      )
      break
    case "SurfaceFitted":
      state.surface = mergeSlices(state.surface, record.payload.expirations)
      break
    case "TradingSessionStatus": {
      const { status, closeMs, riskFreeRate, dividendYield } = record.payload
      state.day = { isOpen: status === "Open", closeMs, riskFreeRate, dividendYield }
      state.flattening = false
      break
    }
    case "TimerFired":
      if (isFlatten(record.payload)) state.flattening = true
      break
    case "TradeProposed":
      state.outstanding = { tradeId: record.payload.tradeId, sinceMs: record.logicalTimeMs }
      break
    case "TradeFilled":
      bookFill(state.trades, record.payload)
      break
    case "TradeCorrected":
      bookCorrection(state.trades, record.payload)
      break
    case "TradeLegEnded":
      bookEnded(state.trades, record.payload, stockId)
      break
    case "OrderClosed":
    case "OrderDenied":
    case "TradeRefused":
    case "ChainRejected":
      if (record.payload.tradeId === state.outstanding?.tradeId) state.outstanding = undefined
      break
  }
  return state
}

const isFlatten = ({ owner, timer }: RecordOf<typeof TimerFired>["payload"]): boolean =>
  owner === hedgerId && timer === flattenTimer

const flattenAt = (
  { status, closeMs }: RecordOf<typeof TradingSessionStatus>["payload"],
  { closePolicy, flattenBeforeMs }: HedgerConfig
): Events =>
  status === "Open" && closePolicy === "flatten"
    ? [TimerSet.make({ owner: hedgerId, timer: flattenTimer, dueMs: closeMs - flattenBeforeMs })]
    : []

/** The next step towards the band, or towards nothing where the close is near; none while one is under way. */
const propose = (state: HedgeBook, context: Context, config: HedgerConfig): Events => {
  const { nowMs } = context
  const { outstanding, board, day } = state
  if (day?.isOpen !== true) return []
  if (outstanding !== undefined && nowMs - outstanding.sinceMs < config.proposalMsMax) return []
  if (!(board.isTwoSided(stockId) && board.ageMs(stockId, nowMs) <= config.quoteAgeMsMax)) return []
  const delta = netDeltaShares(state, nowMs)
  if (state.flattening) {
    const oldest = ownHedges(state)[0]
    return oldest === undefined
      ? []
      : [
          proposal(state, context, config, {
            shares: -oldest.shares,
            delta,
            closes: oldest.trade.tradeId
          })
        ]
  }
  const shares = hedgeShares(delta, config.bandShares, config.insideShare)
  if (shares === 0) return []
  // Shares that undo an own hedge of the other sign close that one first.
  const opposite = ownHedges(state).find((hedge) => Math.sign(hedge.shares) === -Math.sign(shares))
  const closing = opposite && Math.min(Math.abs(shares), Math.abs(opposite.shares))
  return closing === undefined
    ? [proposal(state, context, config, { shares, delta, closes: "" })]
    : [
        proposal(state, context, config, {
          shares: Math.sign(shares) * closing,
          delta,
          closes: opposite!.trade.tradeId
        })
      ]
}

const proposal = (
  state: HedgeBook,
  { book, eventCount }: Context,
  config: HedgerConfig,
  wish: { readonly shares: number; readonly delta: number; readonly closes: string }
) => {
  const { board } = state
  const quantity = Math.abs(wish.shares)
  const side = wish.shares > 0 ? "Buy" : "Sell"
  const quoted = side === "Buy" ? board.askMicros[stockId]! : -board.bidMicros[stockId]!
  const collar = Math.round((Math.abs(quoted) * config.collarBasisPoints) / 10_000)
  const tradeId = `${book}-${hedgerId}-${eventCount}`
  return TradeProposed.make(
    {
      tradeId,
      kind: wish.closes === "" ? "Hedge" : "Close",
      closes: wish.closes,
      strategyId: config.strategyId,
      legs: [{ instrument: stockId, side, ratio: 1 }],
      quantity,
      limitNetMicros: quoted + collar,
      collateralMicros:
        wish.closes === "" ? collateral(quantity, Math.abs(quoted) + collar, config) : 0n,
      rationale: {
        netDeltaShares: wish.delta,
        bandShares: config.bandShares,
        spotMicros: board.midMicros(stockId)
      },
      basis: hedgeBasis(state)
    },
    tradeId
  )
}

/** Margin on the notional at the worst price, and the commissions of opening and closing. */
const collateral = (quantity: number, priceMicros: number, config: HedgerConfig): bigint => {
  const notional = quantity * priceMicros
  const execution = { kind: "Stock", quantity, priceMicros } as const
  const { chargedMicros } = charge(config.commissions, emptyTally, [execution])
  return BigInt(Math.ceil(notional * config.marginShare)) + 2n * chargedMicros
}
