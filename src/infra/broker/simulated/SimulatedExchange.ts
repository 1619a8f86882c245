/**
 * SIMULATED exchange and broker: fills orders against the session's minute bars.
 *
 * It is a function of the quotes shown to it and of the orders' arrivals alone. What it did is in its own log, durable
 * before it says so: reopened with that log it knows its orders, executions, positions and report numbers. Quotes that
 * are shown again, up to the last one the log knows of, update its book and never fill.
 */
import type { BrokerReport, OrderFate } from "../../../actors/ports/Broker.ts"
import { stockId } from "../../../domain/market/contract.ts"
import type { BoardQuote } from "../../../domain/market/quoteBoard.ts"
import { type Chargeable, charge } from "../../../domain/trading/commission.ts"
import { addFills, addTo, type Holdings, sortedHoldings } from "../../../domain/trading/holdings.ts"
import type { LegFill } from "../../../domain/trading/netPrice.ts"
import { acknowledge, end, fill, isOpen, pendingOrder } from "../../../domain/trading/order.ts"
import type { OrderRequest } from "../../../domain/trading/reports.ts"
import { closingDrafts, closingTimeMs, expiryMs } from "./closing.ts"
import type { ExchangeLog, LogEntry } from "./exchangeLog.ts"
import { chargeablesOf, type SimulatedMarket, type SimulatedRules } from "./market.ts"
import { type Fill, match, restFill } from "./matching.ts"
import { orderFault, replacementFault } from "./orderFault.ts"
import { QuoteBook, type Taken } from "./quoteBook.ts"
import {
  cancelReject,
  number,
  type ReportDraft,
  rejection,
  statusReport,
  tradedInstruments,
  tradeReport
} from "./reports.ts"
import {
  applyToOrder,
  arrivedMs,
  newVenueOrder,
  type Replacement,
  replaceOrder,
  type VenueOrder
} from "./venueOrder.ts"
import { limitForTheDay, takesAtOnce, type VenueTerms } from "./venueTerms.ts"

const never = Number.POSITIVE_INFINITY

export class SimulatedExchange {
  readonly #market: SimulatedMarket
  readonly #rules: SimulatedRules
  readonly #log: ExchangeLog
  readonly #book: QuoteBook
  /** When each instrument stops trading, epoch ms. */
  readonly #expiryMs: Float64Array
  readonly #orders = new Map<string, VenueOrder>()
  /** Orders that may still fill, in order of arrival. */
  readonly #working = new Map<string, VenueOrder>()
  readonly #positions: Holdings = new Map()
  /** Report n is at n - 1; beside it, the quote it came after. */
  readonly #reports: Array<BrokerReport> = []
  readonly #reportQuoteSeq: Array<number> = []
  readonly #cancelRejects = new Map<string, BrokerReport>()
  #spoken = 0
  #seenSeq = 0
  /** Quotes up to this one have had their effect, whatever the book has seen since it was opened. */
  #effectiveSeq = 0
  #retakes = new Map<number, Taken>()
  /** Time of the last report: the venue's own clock never runs back. */
  #venueMs = 0
  /** The first day that is not closed yet, and when its closing is to be told. */
  #day = 0
  #closingMs = never
  #bookDay = 0
  #bookDayEndMs: number

  constructor(market: SimulatedMarket, rules: SimulatedRules, log: ExchangeLog) {
    const count = market.instruments.length
    this.#market = market
    this.#rules = rules
    this.#log = log
    this.#book = new QuoteBook(count, rules.displayedShare)
    this.#expiryMs = new Float64Array(count).map((_, at) => expiryMs(market, at))
    this.#bookDayEndMs = market.days[0]?.closeMs ?? never
    for (const entry of log.entries) this.#apply(entry)
  }

  /**
   * Shows the next quote of the session; `sourceSeq` is its number at the source, rising. A number that was seen already
   * shows the session again from there: it must be the first one. Costs O(1) unless an order works on the instrument.
   */
  watch(quote: BoardQuote, sourceSeq: number): void {
    if (sourceSeq <= this.#seenSeq) this.#rewind()
    if (quote.timeMs > this.#bookDayEndMs) this.#turnDay(quote.timeMs, sourceSeq)
    const isWorkedOn = this.#book.update(quote, sourceSeq)
    this.#seenSeq = sourceSeq
    if (isWorkedOn || sourceSeq <= this.#effectiveSeq) this.#consider(quote, sourceSeq)
  }

  /** `note` is kept with it in the log. */
  submit(
    request: OrderRequest,
    nowMs: number,
    terms: VenueTerms = limitForTheDay,
    note?: string
  ): ReadonlyArray<BrokerReport> {
    const known = this.#orders.get(request.clOrdID)
    if (known !== undefined) return this.#answer(known.reports, nowMs)
    this.#closeDaysBefore(nowMs)
    const timeMs = Math.max(nowMs, this.#venueMs)
    const fault = orderFault(
      request,
      timeMs,
      this.#market,
      this.#rules,
      this.#book,
      (instrument) => this.#expiryMs[instrument]!,
      terms
    )
    const drafts =
      fault === undefined
        ? this.#accept(request, timeMs, terms)
        : [rejection(request, timeMs, fault)]
    const told = { ...(terms !== limitForTheDay && { terms }), ...(note !== undefined && { note }) }
    this.#record({ order: request, ...told }, drafts)
    return this.#answer([], nowMs)
  }

  /**
   * Changes an open order, which keeps its place; it trades at once where it may now. Answers why not, or undefined.
   * Which order it is and that it is open is the caller's to know.
   */
  replace(
    clOrdID: string,
    replacement: Replacement,
    nowMs: number,
    note?: string
  ): string | undefined {
    this.#closeDaysBefore(nowMs)
    const known = this.#orders.get(clOrdID)
    if (known === undefined || !isOpen(known.order)) return "too late to change"
    const { terms } = replacement
    const { legs } = known.request
    const fault = replacementFault(legs, known.order.cumQty, replacement, this.#market, this.#rules)
    if (fault !== undefined) return fault
    const told = { replaced: { clOrdID, ...replacement }, ...(note !== undefined && { note }) }
    this.#record(told, [])
    if (!takesAtOnce(terms)) return undefined
    const { traded } = this.#trade(known, Math.max(nowMs, this.#venueMs))
    if (traded !== undefined) this.#record({}, [traded])
    return undefined
  }

  /** Fills all that is left of an open order at its limit: what happens where a fill wins against a cancel. */
  fillRest(clOrdID: string, nowMs: number): void {
    const known = this.#orders.get(clOrdID)
    if (known === undefined || !isOpen(known.order)) return
    const { request, order, terms } = known
    const filled = restFill(this.#book, request, order.leavesQty, terms.pricing)
    this.#record({}, [this.#filledBy(known, filled, Math.max(nowMs, this.#venueMs)).traded])
  }

  /** Keeps a note of whoever stands before it, durable when it returns. */
  annotate(note: string): void {
    this.#record({ note }, [])
  }

  cancel(clOrdID: string, nowMs: number): ReadonlyArray<BrokerReport> {
    this.#closeDaysBefore(nowMs)
    const timeMs = Math.max(nowMs, this.#venueMs)
    const known = this.#orders.get(clOrdID)
    if (known !== undefined && isOpen(known.order)) {
      const ended = end(known.order, "Canceled")
      this.#record({}, [
        statusReport(known.request, ended, "Canceled", timeMs, "canceled by request")
      ])
      return this.#answer([], nowMs)
    }
    if (known?.order.ordStatus === "Canceled") return this.#answer(known.reports, nowMs)
    const rejected = this.#cancelRejects.get(clOrdID)
    if (rejected !== undefined) return this.#answer([rejected], nowMs)
    const reason =
      known === undefined ? "unknown order" : `too late to cancel: ${known.order.ordStatus}`
    const tradeId = known?.request.tradeId ?? ""
    this.#record({}, [cancelReject(clOrdID, tradeId, reason, timeMs)])
    return this.#answer([], nowMs)
  }

  query(clOrdID: string): OrderFate {
    const known = this.#orders.get(clOrdID)
    return known === undefined
      ? { _tag: "Absent" }
      : { _tag: "Present", reports: [...known.reports] }
  }

  positions(): ReadonlyArray<readonly [number, number]> {
    return sortedHoldings(this.#positions)
  }

  /** Epoch ms of the next report that is not spoken; Infinity while there is none, or its quote was not shown again yet. */
  nextDueMs(): number {
    const report = this.#reports[this.#spoken]
    if (report === undefined) return this.#closingMs
    return this.#reportQuoteSeq[this.#spoken]! <= this.#seenSeq
      ? report.payload.transactTimeMs
      : never
  }

  next(): BrokerReport {
    if (this.#spoken === this.#reports.length) this.#closeDay()
    const report = this.#reports[this.#spoken]
    if (report === undefined) throw new Error("the simulated exchange has nothing to say")
    this.#spoken++
    return report
  }

  resumeAfter(sourceSeq: number): void {
    this.#spoken = Math.min(sourceSeq, this.#reports.length)
  }

  #accept(request: OrderRequest, timeMs: number, terms: VenueTerms): ReadonlyArray<ReportDraft> {
    const acknowledged = acknowledge(pendingOrder(request.clOrdID, request.orderQty))
    const drafts = [statusReport(request, acknowledged, "New", timeMs, "")]
    const { traded, order } = takesAtOnce(terms)
      ? this.#trade({ ...newVenueOrder(request, terms), order: acknowledged }, timeMs)
      : { traded: undefined, order: acknowledged }
    if (traded !== undefined) drafts.push(traded)
    if (request.timeInForce === "ImmediateOrCancel" && isOpen(order)) {
      const ended = end(order, "Canceled")
      drafts.push(statusReport(request, ended, "Canceled", timeMs, "immediate or cancel"))
    }
    return drafts
  }

  /** Fills what the book gives now; takes it from the book. The report is not recorded yet. */
  #trade(from: VenueOrder, timeMs: number) {
    const { legs, limitNetMicros } = from.request
    const { leavesQty } = from.order
    const filled = match(this.#book, legs, limitNetMicros, leavesQty, from.terms.pricing)
    if (filled === undefined) return { order: from.order, traded: undefined }
    return this.#filledBy(from, filled, timeMs)
  }

  #filledBy({ request, order, tally }: VenueOrder, filled: Fill, timeMs: number) {
    for (const { instrument, side, lastQty } of filled.legs) {
      this.#book.take(instrument, side, lastQty)
    }
    const after = fill(order, `${order.execIDs.length}`, filled.units)
    const { chargedMicros } = charge(this.#rules.commissions, tally, this.#chargeable(filled.legs))
    const commission = chargedMicros - tally.chargedMicros
    return { order: after, traded: tradeReport(request, after, filled, commission, timeMs) }
  }

  /** A quote that an order works on, or one that is shown again. */
  #consider(quote: BoardQuote, sourceSeq: number): void {
    const { instrument, timeMs } = quote
    if (sourceSeq <= this.#effectiveSeq) {
      const taken = this.#retakes.get(instrument)
      if (taken !== undefined) this.#book.retake(taken)
      return
    }
    const drafts: Array<ReportDraft> = []
    for (const venueOrder of this.#working.values()) {
      if (!venueOrder.request.legs.some((leg) => leg.instrument === instrument)) continue
      const { patienceMs } = venueOrder.terms
      if (patienceMs > 0 && timeMs < arrivedMs(venueOrder) + patienceMs) continue
      const { traded } = this.#trade(venueOrder, Math.max(timeMs, this.#venueMs))
      if (traded !== undefined) drafts.push(traded)
    }
    if (drafts.length > 0) this.#record({}, drafts)
  }

  /** The book starts anew; what has had its effect keeps it. */
  #rewind(): void {
    this.#bookDay = 0
    this.#bookDayEndMs = this.#market.days[0]?.closeMs ?? never
    this.#book.clear()
  }

  #turnDay(timeMs: number, sourceSeq: number): void {
    if (sourceSeq > this.#effectiveSeq) this.#closeDaysBefore(timeMs)
    const { days } = this.#market
    while (this.#bookDay < days.length && timeMs > days[this.#bookDay]!.closeMs) this.#bookDay++
    this.#bookDayEndMs = days[this.#bookDay]?.closeMs ?? never
    this.#book.clear()
  }

  #closeDaysBefore(timeMs: number): void {
    const { days } = this.#market
    while (this.#day < days.length && timeMs > days[this.#day]!.closeMs) this.#closeDay()
  }

  /** Day orders expire, then contracts of that day end, by ascending instrument. */
  #closeDay(): void {
    const day = this.#market.days[this.#day]
    if (day === undefined) return
    const timeMs = Math.max(closingTimeMs(day.closeMs), this.#venueMs)
    const drafts = closingDrafts({
      day,
      timeMs,
      working: this.#working.values(),
      positions: this.positions(),
      instruments: this.#market.instruments,
      exerciseAtMicros: this.#rules.exerciseAtMicros,
      expiryMsOf: (instrument) => this.#expiryMs[instrument]!,
      closeMicros: () => this.#closeMicros(day.date)
    })
    this.#record({ closedDate: day.date }, drafts)
  }

  #closeMicros(date: string): number {
    const stated = this.#market.closes.find((close) => close.date === date)
    if (stated !== undefined) return stated.closeMicros
    const bid = this.#book.price(stockId, "Sell")
    const ask = this.#book.price(stockId, "Buy")
    if (!(bid > 0 && ask > 0)) throw new Error(`no closing price of the underlying on ${date}`)
    return (bid + ask) / 2
  }

  /** Numbers the reports, makes the operation durable, then lets it have its effect. */
  #record(
    operation: Pick<LogEntry, "order" | "terms" | "replaced" | "note" | "closedDate">,
    drafts: ReadonlyArray<ReportDraft>
  ): void {
    const from = this.#reports.length + 1
    const entry: LogEntry = {
      ...operation,
      quoteSeq: Math.max(this.#seenSeq, this.#effectiveSeq),
      reports: drafts.map((draft, at) => number(draft, from + at)),
      taken: tradedInstruments(drafts).map((instrument) => this.#book.taken(instrument))
    }
    this.#log.append(entry)
    this.#apply(entry)
  }

  #apply(entry: LogEntry): void {
    this.#effectiveSeq = entry.quoteSeq
    if (entry.order !== undefined) {
      this.#orders.set(entry.order.clOrdID, newVenueOrder(entry.order, entry.terms))
    }
    if (entry.replaced !== undefined) {
      replaceOrder(this.#orders.get(entry.replaced.clOrdID)!, entry.replaced)
    }
    if (entry.closedDate !== undefined) this.#day++
    for (const taken of entry.taken) this.#retakes.set(taken.instrument, taken)
    for (const report of entry.reports) {
      this.#reports.push(report)
      this.#reportQuoteSeq.push(entry.quoteSeq)
      this.#venueMs = report.payload.transactTimeMs
      this.#applyReport(report)
    }
    this.#closingMs = this.#nextClosingMs()
  }

  #applyReport(report: BrokerReport): void {
    // This venue explains everything.
    if (report.type === "Unexplained") return
    if (report.type === "OptionEvent") {
      const { instrument, quantity, shares } = report.payload
      addTo(this.#positions, instrument, -quantity)
      addTo(this.#positions, stockId, shares)
      return
    }
    if (report.type === "OrderCancelReject") {
      this.#cancelRejects.set(report.payload.clOrdID, report)
      return
    }
    const known = this.#orders.get(report.payload.clOrdID)!
    const { legs } = report.payload
    addFills(this.#positions, legs)
    applyToOrder(
      known,
      report,
      charge(this.#rules.commissions, known.tally, this.#chargeable(legs))
    )
    this.#setWorking(known, isOpen(known.order))
  }

  #setWorking(venueOrder: VenueOrder, works: boolean): void {
    const { clOrdID, legs } = venueOrder.request
    if (this.#working.has(clOrdID) === works) return
    if (works) this.#working.set(clOrdID, venueOrder)
    else this.#working.delete(clOrdID)
    for (const { instrument } of legs) this.#book.addWorking(instrument, works ? 1 : -1)
  }

  #chargeable(legs: ReadonlyArray<LegFill>): ReadonlyArray<Chargeable> {
    return chargeablesOf(this.#market, legs)
  }

  #nextClosingMs(): number {
    const day = this.#market.days[this.#day]
    if (day === undefined) return never
    const held = [...this.#positions.keys()].some((at) => this.#expiryMs[at]! <= day.closeMs)
    return held || this.#working.size > 0 ? closingTimeMs(day.closeMs) : never
  }

  /** Every report that is due, in order, after those of `asked` that were spoken before. */
  #answer(asked: ReadonlyArray<BrokerReport>, nowMs: number): ReadonlyArray<BrokerReport> {
    const answer = asked.filter(({ sourceSeq }) => sourceSeq <= this.#spoken)
    while (this.#spoken < this.#reports.length && this.nextDueMs() <= nowMs) {
      answer.push(this.next())
    }
    return answer
  }
}
