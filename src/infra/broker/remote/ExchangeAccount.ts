/** One account at the exchange: its market, its orders, its log, and everything that was ever said to it. */

import type { BrokerReport } from "../../../actors/ports/Broker.ts"
import type { QuoteSource } from "../../../actors/ports/Gateway.ts"
import type { ExchangeLog, LogEntry } from "../simulated/exchangeLog.ts"
import type { SimulatedMarket, SimulatedRules } from "../simulated/market.ts"
import { SimulatedExchange } from "../simulated/SimulatedExchange.ts"
import { makeWatchedMarket } from "../simulated/watchedMarket.ts"
import type { Answer, Question } from "./exchangeProtocol.ts"

export interface AccountParts {
  readonly market: SimulatedMarket
  /** The session's market, from its first input. */
  readonly quotes: QuoteSource
  readonly rules: SimulatedRules
  readonly log: ExchangeLog
}

export class ExchangeAccount {
  readonly #exchange: SimulatedExchange
  readonly #quotes: QuoteSource
  readonly #told: Array<{ readonly quoteSeq: number; readonly report: BrokerReport }> = []
  /** Instruments of the orders that may still fill, by clOrdID. */
  readonly #open = new Map<string, ReadonlyArray<number>>()
  #shown = 0

  constructor({ market, quotes, rules, log }: AccountParts) {
    for (const entry of log.entries) this.#note(entry)
    const noted: ExchangeLog = {
      ...log,
      entries: log.entries,
      append: (entry) => {
        log.append(entry)
        this.#note(entry)
      }
    }
    this.#exchange = new SimulatedExchange(market, rules, noted)
    this.#quotes = makeWatchedMarket(quotes, this.#exchange)
  }

  /** Throws `ExchangeLogUnwritable`. */
  answer(question: Question): Answer {
    this.#watch(question.shown, question.rewound)
    const before = this.#told.length
    this.#exchange.resumeAfter(before)
    const { again, known } = this.#act(question)
    const closingMs = this.#nextClosingMs()
    return {
      told: this.#told.slice(question.have),
      asked: again.map(({ sourceSeq }) => sourceSeq).filter((seq) => seq <= before),
      closingMs: closingMs === Number.POSITIVE_INFINITY ? null : closingMs,
      workedOn: [...new Set([...this.#open.values()].flat())].sort((a, b) => a - b),
      known: known?.map(({ sourceSeq }) => sourceSeq) ?? null,
      positions: question._tag === "Positions" ? this.#exchange.positions() : []
    }
  }

  #act(question: Question): {
    readonly again: ReadonlyArray<BrokerReport>
    readonly known?: ReadonlyArray<BrokerReport>
  } {
    const exchange = this.#exchange
    switch (question._tag) {
      case "Submit":
        return { again: exchange.submit(question.order, question.nowMs) }
      case "Replace":
        return { again: exchange.change(question.change, question.nowMs) }
      case "Cancel":
        return { again: exchange.cancel(question.clOrdID, question.nowMs) }
      case "Query": {
        const fate = exchange.query(question.clOrdID)
        return fate._tag === "Present" ? { again: [], known: fate.reports } : { again: [] }
      }
      case "Close":
        if (exchange.nextDueMs() === question.closingMs) exchange.next()
        return { again: [] }
      default:
        return { again: [] }
    }
  }

  #watch(shown: number, rewound: boolean): void {
    if (rewound || shown < this.#shown) this.#quotes.resumeAfter(shown)
    else {
      let taken = this.#shown
      while (taken < shown && this.#quotes.nextDueMs() < Number.POSITIVE_INFINITY) {
        taken = this.#quotes.next().sourceSeq
      }
    }
    this.#shown = shown
  }

  /** With everything spoken, what is due is the close. */
  #nextClosingMs(): number {
    this.#exchange.resumeAfter(this.#told.length)
    return this.#exchange.nextDueMs()
  }

  #note({ order, quoteSeq, reports }: LogEntry): void {
    if (order !== undefined) {
      const instruments = order.legs.map(({ instrument }) => instrument)
      this.#open.set(order.clOrdID, instruments)
    }
    for (const report of reports) {
      this.#told.push({ quoteSeq, report })
      if (report.type === "ExecutionReport" && hasEnded.has(report.payload.ordStatus)) {
        this.#open.delete(report.payload.clOrdID)
      }
    }
  }
}

const hasEnded: ReadonlySet<string> = new Set(["Filled", "Canceled", "Rejected", "Expired"])
