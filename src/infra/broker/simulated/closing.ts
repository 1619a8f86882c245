/** What the end of a trading day does: day orders expire, then contracts of that day end, by ascending instrument. */
import { expirationCloseMs, type TradingDay } from "../../../domain/market/calendar.ts"
import { type Instrument, stockId } from "../../../domain/market/contract.ts"
import { end } from "../../../domain/trading/order.ts"
import type { SimulatedMarket } from "./market.ts"
import type { QuoteBook } from "./quoteBook.ts"
import { optionEvent, type ReportDraft, statusReport } from "./reports.ts"
import { settle } from "./settlement.ts"
import type { VenueOrder } from "./venueOrder.ts"

/** The last bars of a day are known at its close: what the close does comes just after them. */
export const closingTimeMs = (closeMs: number): number => closeMs + 1

/** When an instrument stops trading, epoch ms. */
export const expiryMs = ({ instruments }: SimulatedMarket, at: number): number => {
  const listed = instruments[at]!
  if (listed.kind === "Stock") return Number.POSITIVE_INFINITY
  return expirationCloseMs(listed.contract.expiration) ?? Number.POSITIVE_INFINITY
}

/** When a day's close has something to tell; Infinity for never. `expiriesMs`: of what is held. */
export const nextClosingMs = (
  day: TradingDay | undefined,
  workingCount: number,
  expiriesMs: ReadonlyArray<number>
): number => {
  if (day === undefined) return Number.POSITIVE_INFINITY
  const ends = workingCount > 0 || expiriesMs.some((endMs) => endMs <= day.closeMs)
  return ends ? closingTimeMs(day.closeMs) : Number.POSITIVE_INFINITY
}

/** The underlying's price at a close: the stated one, or the midpoint of its last bar. Throws where there is neither. */
export const closeMicros = ({ closes }: SimulatedMarket, book: QuoteBook, date: string): number => {
  const stated = closes.find((close) => close.date === date)
  if (stated !== undefined) return stated.closeMicros
  const bid = book.price(stockId, "Sell")
  const ask = book.price(stockId, "Buy")
  if (!(bid > 0 && ask > 0)) throw new Error(`no closing price of the underlying on ${date}`)
  return (bid + ask) / 2
}

export const closingDrafts = (at: {
  readonly day: TradingDay
  readonly timeMs: number
  readonly working: Iterable<VenueOrder>
  /** By ascending instrument. */
  readonly positions: ReadonlyArray<readonly [number, number]>
  readonly instruments: ReadonlyArray<Instrument>
  readonly exerciseAtMicros: number
  readonly expiryMsOf: (instrument: number) => number
  /** The underlying's closing price; asked where an option ends. */
  readonly closeMicros: () => number
}): ReadonlyArray<ReportDraft> => {
  const { day, timeMs, instruments, expiryMsOf } = at
  const endsToday = (instrument: number): boolean => expiryMsOf(instrument) <= day.closeMs
  const drafts: Array<ReportDraft> = []
  for (const { request, terms, order } of at.working) {
    const ends = request.legs.some(({ instrument }) => endsToday(instrument))
    if (terms.untilCanceled && !ends) continue
    drafts.push(statusReport(request, end(order, "Expired"), "Expired", timeMs, "end of day"))
  }
  for (const [instrument, quantity] of at.positions) {
    if (!endsToday(instrument)) continue
    const listed = instruments[instrument]!
    if (listed.kind !== "Option") continue
    const { strikeMicros } = listed.contract
    const settled = settle(listed.contract, quantity, at.closeMicros(), at.exerciseAtMicros)
    drafts.push(
      optionEvent({ ...settled, instrument, quantity, strikeMicros, transactTimeMs: timeMs })
    )
  }
  return drafts
}
