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
import { charge } from "../../../domain/trading/commission.ts"
import { addFills, addTo, type Holdings, sortedHoldings } from "../../../domain/trading/holdings.ts"
import { acknowledge, end, fill, isOpen, pendingOrder } from "../../../domain/trading/order.ts"
import type { OrderCancelReplaceRequest, OrderRequest } from "../../../domain/trading/reports.ts"
import { closeMicros, closingDrafts, closingTimeMs, expiryMs, nextClosingMs } from "./closing.ts"
import { type ExecutionChange, lastCorrected } from "./corrections.ts"
import type { ExchangeLog, LogEntry } from "./exchangeLog.ts"
import { chargeablesOf, type SimulatedMarket, type SimulatedRules } from "./market.ts"
import { type Fill, match, restFill } from "./matching.ts"
import { cancelFault, changeFault, orderFault } from "./orderFault.ts"
import { QuoteBook, type Taken } from "./quoteBook.ts"
import { ReportTape } from "./ReportTape.ts"
import {
  cancelReject,
  number,
  type ReportDraft,
  rejection,
  replacedReport,
  replaceReject,
  statusReport,
  tradedInstruments,
  tradeReport
} from "./reports.ts"
import {
  applyToOrder,
  arrivedMs,
  newVenueOrder,
  type Replacement,
  replacedOrder,
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
  readonly #tape = new ReportTape()
  readonly #cancelRejects = new Map<string, BrokerReport>()
  /** Answers to changes, by request. */
  readonly #changes = new Map<string, BrokerReport>()
  #seenSeq = 0
  /** Quotes up to this one have had their effect, whatever the book has seen since it was opened. */
  #effectiveSeq = 0
  #retakes = new Map<number, Taken>()
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
    // The book starts anew; what has had its effect keeps it.
    if (sourceSeq <= this.#seenSeq) this.#turnBookTo(0)
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
    const timeMs = Math.max(nowMs, this.#tape.venueMs)
    const expiryMsOf = (instrument: number) => this.#expiryMs[instrument]!
    const [market, rules, book] = [this.#market, this.#rules, this.#book]
    const fault = orderFault(request, timeMs, market, rules, book, expiryMsOf, terms)
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
    const fault = changeFault(known, replacement, this.#market, this.#rules)
    if (known !== undefined && fault === undefined) {
      this.#become(known, replacement, nowMs, note === undefined ? {} : { note })
    }
    return fault
  }

  /** The same as an owner asks for it by the port: answered by a report, a repeat of its request alike. */
  change(request: OrderCancelReplaceRequest, nowMs: number): ReadonlyArray<BrokerReport> {
    const answered = this.#changes.get(request.requestId)
    if (answered !== undefined) return this.#answer([answered], nowMs)
    this.#closeDaysBefore(nowMs)
    const { requestId, orderQty, limitNetMicros } = request
    const known = this.#orders.get(request.clOrdID)
    const replacement = { orderQty, limitNetMicros, terms: known?.terms ?? limitForTheDay }
    const fault = changeFault(known, replacement, this.#market, this.#rules)
    if (known === undefined || fault !== undefined) {
      const timeMs = Math.max(nowMs, this.#tape.venueMs)
      this.#record({}, [replaceReject(request, known?.request.tradeId, fault ?? "", timeMs)])
    } else {
      this.#become(known, replacement, nowMs, { requestId })
    }
    return this.#answer([], nowMs)
  }

  /** Fills all that is left of an open order at its limit: what happens where a fill wins against a cancel. */
  fillRest(clOrdID: string, nowMs: number): void {
    const known = this.#orders.get(clOrdID)
    if (known === undefined || !isOpen(known.order)) return
    const { request, order, terms } = known
    const filled = restFill(this.#book, request, order.leavesQty, terms.pricing)
    this.#record({}, [this.#filledBy(known, filled, Math.max(nowMs, this.#tape.venueMs)).traded])
  }

  /** Corrects the execution that it told last; false where it told none. */
  correctLast(change: ExecutionChange, nowMs: number): boolean {
    const draft = lastCorrected(this.#tape, this.#orders, change, nowMs)
    if (draft !== undefined) this.#record({}, [draft])
    return draft !== undefined
  }

  /** Keeps a note of whoever stands before it, durable when it returns. */
  annotate(note: string): void {
    this.#record({ note }, [])
  }

  cancel(clOrdID: string, nowMs: number): ReadonlyArray<BrokerReport> {
    this.#closeDaysBefore(nowMs)
    const timeMs = Math.max(nowMs, this.#tape.venueMs)
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
    this.#record({}, [cancelReject(clOrdID, known?.request.tradeId, cancelFault(known), timeMs)])
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
    return this.#tape.isAllSpoken ? this.#closingMs : this.#tape.nextDueMs(this.#seenSeq)
  }

  next(): BrokerReport {
    if (this.#tape.isAllSpoken) this.#closeDay()
    return this.#tape.next()
  }

  resumeAfter(sourceSeq: number): void {
    this.#tape.resumeAfter(sourceSeq)
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

  /** An open order is another from now on, and trades at once where it may now. */
  #become(
    known: VenueOrder,
    replacement: Replacement,
    nowMs: number,
    { requestId, note }: { readonly requestId?: string; readonly note?: string }
  ): void {
    const { clOrdID } = known.request
    const timeMs = Math.max(nowMs, this.#tape.venueMs)
    const changed = { ...known, ...replacedOrder(known, replacement) }
    const traded = takesAtOnce(changed.terms) ? this.#trade(changed, timeMs).traded : undefined
    const drafts = requestId === undefined ? [] : [replacedReport(changed, requestId, timeMs)]
    if (traded !== undefined) drafts.push(traded)
    const told = { replaced: { clOrdID, ...replacement }, ...(note !== undefined && { note }) }
    this.#record(told, drafts)
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
    const chargeable = chargeablesOf(this.#market, filled.legs)
    const { chargedMicros } = charge(this.#rules.commissions, tally, chargeable)
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
      const { traded } = this.#trade(venueOrder, Math.max(timeMs, this.#tape.venueMs))
      if (traded !== undefined) drafts.push(traded)
    }
    if (drafts.length > 0) this.#record({}, drafts)
  }

  #turnDay(timeMs: number, sourceSeq: number): void {
    if (sourceSeq > this.#effectiveSeq) this.#closeDaysBefore(timeMs)
    const { days } = this.#market
    let day = this.#bookDay
    while (day < days.length && timeMs > days[day]!.closeMs) day++
    this.#turnBookTo(day)
  }

  #turnBookTo(day: number): void {
    this.#bookDay = day
    this.#bookDayEndMs = this.#market.days[day]?.closeMs ?? never
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
    const timeMs = Math.max(closingTimeMs(day.closeMs), this.#tape.venueMs)
    const drafts = closingDrafts({
      day,
      timeMs,
      working: this.#working.values(),
      positions: this.positions(),
      instruments: this.#market.instruments,
      exerciseAtMicros: this.#rules.exerciseAtMicros,
      expiryMsOf: (instrument) => this.#expiryMs[instrument]!,
      closeMicros: () => closeMicros(this.#market, this.#book, day.date)
    })
    this.#record({ closedDate: day.date }, drafts)
  }

  /** Numbers the reports, makes the operation durable, then lets it have its effect. */
  #record(
    operation: Pick<LogEntry, "order" | "terms" | "replaced" | "note" | "closedDate">,
    drafts: ReadonlyArray<ReportDraft>
  ): void {
    const from = this.#tape.length + 1
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
      const known = this.#orders.get(entry.replaced.clOrdID)!
      Object.assign(known, replacedOrder(known, entry.replaced))
    }
    if (entry.closedDate !== undefined) this.#day++
    for (const taken of entry.taken) this.#retakes.set(taken.instrument, taken)
    for (const report of entry.reports) {
      this.#tape.push(report, entry.quoteSeq)
      this.#applyReport(report)
    }
    const holds = [...this.#positions.keys()].map((at) => this.#expiryMs[at]!)
    this.#closingMs = nextClosingMs(this.#market.days[this.#day], this.#working.size, holds)
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
    const { clOrdID, requestId } = report.payload
    if (requestId !== undefined) this.#changes.set(requestId, report)
    if (report.type === "OrderCancelReject") {
      if (requestId === undefined) this.#cancelRejects.set(clOrdID, report)
      else this.#orders.get(clOrdID)?.reports.push(report)
      return
    }
    const known = this.#orders.get(clOrdID)!
    // A correction is of prices and commission: it moves no position.
    const legs = report.payload.correction === undefined ? report.payload.legs : []
    addFills(this.#positions, legs)
    const charged = chargeablesOf(this.#market, legs)
    applyToOrder(known, report, charge(this.#rules.commissions, known.tally, charged))
    this.#setWorking(known, isOpen(known.order))
  }

  #setWorking(venueOrder: VenueOrder, works: boolean): void {
    const { clOrdID, legs } = venueOrder.request
    if (this.#working.has(clOrdID) === works) return
    if (works) this.#working.set(clOrdID, venueOrder)
    else this.#working.delete(clOrdID)
    for (const { instrument } of legs) this.#book.addWorking(instrument, works ? 1 : -1)
  }

  #answer(asked: ReadonlyArray<BrokerReport>, nowMs: number): ReadonlyArray<BrokerReport> {
    return this.#tape.answer(asked, nowMs, this.#seenSeq)
  }
}
