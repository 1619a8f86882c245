/** What the risk gate hears and says, and how each record moves its book. */
import type { RecordOf } from "../domain/journal/record.ts"
import { stockId } from "../domain/market/contract.ts"
import { OptionChain } from "../domain/market/optionChain.ts"
import { QuoteBoard } from "../domain/market/quoteBoard.ts"
import { mergeSlices } from "../domain/market/surface/smileSlice.ts"
import {
  dropOrder,
  equityMicros,
  type RiskBook,
  refreshGreeks,
  takeApproval,
  takeFate,
  takeResolved,
  takeResumed,
  takeTerms,
  takeUnexplained,
  takeVenue,
  updateOrder
} from "../domain/risk/riskBook.ts"
import type { RiskLimits } from "../domain/risk/riskLimits.ts"
import { bookCorrection, bookEnded, bookFill } from "../domain/trading/tradeBook.ts"
import { DifferenceFound } from "./ports/records/auditor.ts"
import {
  IntentResolved,
  OrderClosed,
  OrderDenied,
  OrderIntent,
  TradeCorrected,
  TradeFilled,
  TradeLegEnded
} from "./ports/records/broker.ts"
import { FeaturesComputed, SurfaceFitted } from "./ports/records/cognition.ts"
import {
  InstrumentsListed,
  IntervalElapsed,
  Quote,
  TradingSessionStatus,
  VenueStatus
} from "./ports/records/market.ts"
import { HaltTrading, ResumeTrading } from "./ports/records/operator.ts"
import { ResolveDifference, Unexplained } from "./ports/records/reconcile.ts"
import { RiskVerdict, TradeProposed, TradeRefused } from "./ports/records/trade.ts"
import {
  Adjusted,
  ChainRejected,
  Closed,
  Deposited,
  ReservationCanceled,
  Reserved,
  ReserveRequested,
  Settled,
  Withdrawn
} from "./ports/records/vault.ts"
import { observe, subscribe } from "./runtime/Behavior.ts"

export const riskGateMessages = [
  observe(Quote),
  observe(InstrumentsListed),
  observe(TradingSessionStatus),
  observe(IntervalElapsed),
  observe(SurfaceFitted),
  observe(FeaturesComputed),
  observe(HaltTrading),
  observe(ResumeTrading),
  observe(DifferenceFound),
  observe(Unexplained),
  observe(ResolveDifference),
  observe(VenueStatus),
  subscribe(TradeProposed, "lapse"),
  subscribe(Reserved, "lapse"),
  observe(TradeRefused),
  observe(OrderIntent),
  observe(OrderDenied),
  observe(OrderClosed),
  observe(IntentResolved),
  observe(TradeFilled),
  observe(TradeCorrected),
  observe(TradeLegEnded),
  observe(Deposited),
  observe(Withdrawn),
  observe(Settled),
  observe(ReservationCanceled),
  observe(Closed),
  observe(Adjusted),
  observe(ChainRejected)
] as const
export const riskGateEvents = [RiskVerdict] as const
type BookRecord = RecordOf<
  (typeof riskGateMessages)[number]["of"] | (typeof riskGateEvents)[number]
>

export const evolveRiskBook = (
  book: RiskBook,
  record: Exclude<BookRecord, { readonly type: "Quote" }>,
  limits: RiskLimits
): void => {
  const nowMs = record.logicalTimeMs
  switch (record.type) {
    case "InstrumentsListed": {
      const { instruments } = record.payload
      book.board = new QuoteBoard(instruments.length)
      book.chain = OptionChain.of(instruments)
      for (const { instrument, exerciseStyle } of instruments) {
        if (exerciseStyle === "European") book.europeans.add(instrument)
      }
      break
    }
    case "TradingSessionStatus": {
      const { date, status, openMs, closeMs, riskFreeRate, dividendYield } = record.payload
      if (date !== book.hours?.date) book.dayStartMicros = equityMicros(book)
      book.hours = { date, status, openMs, closeMs }
      book.riskFreeRate = riskFreeRate
      book.dividendYield = dividendYield
      break
    }
    case "IntervalElapsed":
      refreshGreeks(book, nowMs)
      break
    case "SurfaceFitted":
      book.surface = mergeSlices(book.surface, record.payload.expirations)
      break
    case "FeaturesComputed":
      book.volatilities = new Map(
        record.payload.term.map((point) => [point.expiration, point.atmVolatility])
      )
      break
    case "HaltTrading":
      book.halted = record.payload.reason
      break
    case "ResumeTrading":
      takeResumed(book)
      break
    case "Unexplained":
      takeUnexplained(book, record.payload)
      break
    case "ResolveDifference":
      takeResolved(book, record.payload.differenceId)
      break
    case "VenueStatus":
      takeVenue(book, record.payload.reason)
      break
    case "DifferenceFound": {
      const first = record.payload.differences[0]
      book.difference ??= `${first?.what}: expected ${first?.expected}, found ${first?.found}`
      break
    }
    case "TradeProposed":
      takeTerms(book, record.payload)
      break
    case "RiskVerdict": {
      const { tradeId, phase, yes } = record.payload
      if (yes && phase === 1) takeApproval(book, tradeId, nowMs, limits.orderRateWindowMs)
      break
    }
    case "OrderIntent":
      book.intents.set(record.payload.clOrdID, record.payload.tradeId)
      break
    case "IntentResolved":
      takeFate(book, record.payload.clOrdID, record.payload.outcome !== "Unknown")
      break
    case "TradeRefused":
    case "OrderDenied":
    case "OrderClosed":
      dropOrder(book, record.payload.tradeId)
      break
    case "TradeFilled": {
      const { tradeId, cumQty, cashMicros, commissionMicros } = record.payload
      bookFill(book.positions, record.payload)
      updateOrder(book, tradeId, { filledQty: cumQty })
      book.cashMicros += cashMicros - commissionMicros
      refreshGreeks(book, nowMs)
      break
    }
    case "TradeCorrected": {
      const { tradeId, cumQty, cashMicros, commissionMicros } = record.payload
      bookCorrection(book.positions, record.payload)
      updateOrder(book, tradeId, { filledQty: cumQty })
      book.cashMicros += cashMicros - commissionMicros
      refreshGreeks(book, nowMs)
      break
    }
    case "TradeLegEnded":
      bookEnded(book.positions, record.payload, stockId)
      book.cashMicros += record.payload.cashMicros - record.payload.commissionMicros
      refreshGreeks(book, nowMs)
      break
    case "ChainRejected":
      if (record.payload.instruction === ReserveRequested.type) {
        dropOrder(book, record.payload.tradeId)
      }
      break
    case "Reserved":
      updateOrder(book, record.payload.tradeId, { reserved: true })
      book.freeMicros = record.payload.freeMicros
      break
    default:
      book.freeMicros = record.payload.freeMicros
  }
}
