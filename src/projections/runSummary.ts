/**
 * What a run came to: counts, profit by trade and by cause, fees, refusals, the vault, supervision.
 *
 * A fold over every record of the journal, in order. Profit by trade and profit by cause have one
 * sum.
 */
import { marketSource, type QuotePayload } from "../actors/ports/records/market.ts"
import { type JournalRecord, noCause } from "../domain/journal/record.ts"
import { asDeskRecord } from "./deskRecord.ts"
import { LastQuotes } from "./lastQuotes.ts"
import type { Listing } from "./listing.ts"
import { RefusalFold } from "./refusalFold.ts"
import { SupervisionFold } from "./supervisionFold.ts"
import { countOne, type Tally } from "./tally.ts"
import {
  causes,
  isPosition,
  noProfit,
  type ProfitByCause,
  realizedOf,
  type Trade,
  TradeFold,
  unrealizedOf
} from "./tradeFold.ts"
import { VaultFold } from "./vaultFold.ts"

export interface Difference {
  readonly what: string
  readonly between: string
  readonly expected: string
  readonly found: string
}

export class RunSummary {
  records = 0
  inputs = 0
  events = 0
  quotes = 0
  /** Order intents, and executions of them. */
  orders = 0
  fills = 0
  proposals = 0
  book = ""
  session = ""
  lastTimeMs = 0
  readonly refusals = new RefusalFold()
  readonly supervision = new SupervisionFold()
  readonly vault = new VaultFold()
  /** What the auditor found. */
  readonly differences: Array<Difference> = []
  /** Records other than quotes, by type. */
  readonly types: Tally = new Map()
  readonly #authors: Tally = new Map()
  readonly #trades = new TradeFold()
  #quotes = new LastQuotes(0)

  apply(input: JournalRecord): void {
    this.records++
    if (input.cause === noCause) this.inputs++
    else this.events++
    if (input.type === "Quote") {
      this.quotes++
      this.#quotes.update(input.seq, input.payload as QuotePayload)
      return
    }
    countOne(this.types, input.type)
    countOne(this.#authors, input.actor)
    this.lastTimeMs = input.logicalTimeMs
    this.#count(input)
    this.#trades.apply(input)
    this.refusals.apply(input)
    this.supervision.apply(input)
    this.vault.apply(input)
  }

  #count(input: JournalRecord): void {
    const record = asDeskRecord(input)
    switch (record.type) {
      case "EpochOpened":
        this.book = record.payload.book
        break
      case "InstrumentsListed":
        this.session = record.payload.session
        this.#quotes = new LastQuotes(record.payload.instruments.length)
        break
      case "TradeProposed":
        this.proposals++
        break
      case "OrderIntent":
        this.orders++
        break
      case "TradeFilled":
        this.fills++
        break
      case "DifferenceFound":
        this.differences.push(...record.payload.differences)
        break
    }
  }

  /** Records by author, quotes included. */
  get authors(): ReadonlyMap<string, number> {
    const authors = new Map(this.#authors)
    if (this.quotes > 0) countOne(authors, marketSource, this.quotes)
    return authors
  }

  get lastQuotes(): LastQuotes {
    return this.#quotes
  }

  trade(tradeId: string): Trade | undefined {
    return this.#trades.trades.get(tradeId)
  }

  get listing(): Listing {
    return this.#trades.listing
  }

  /** Every proposal, in order, whatever became of it. */
  get proposed(): ReadonlyArray<Trade> {
    return [...this.#trades.trades.values()]
  }

  /** Trades that held something, in order of proposal. */
  get positions(): ReadonlyArray<Trade> {
    return this.proposed.filter(isPosition)
  }

  get profitByCause(): ProfitByCause {
    const sums = noProfit()
    for (const trade of this.#trades.trades.values()) {
      for (const cause of causes) sums[cause] += trade.profit[cause]
    }
    return sums
  }

  /** Commissions included, those of open trades too. */
  get realizedMicros(): bigint {
    let sum = 0n
    for (const trade of this.#trades.trades.values()) sum += realizedOf(trade)
    return sum
  }

  get feesMicros(): bigint {
    return -this.profitByCause.commissions
  }

  /**
   * What closing it now would add, at the last known quotes; undefined where a side was never
   * quoted.
   */
  unrealizedMicros(trade: Trade): bigint | undefined {
    return unrealizedOf(trade, this.#quotes, this.listing)
  }

  /** Over all trades with a mark; `unmarked` counts the others. */
  get openProfit(): { readonly micros: bigint; readonly unmarked: number } {
    let micros = 0n
    let unmarked = 0
    for (const trade of this.#trades.trades.values()) {
      const unrealized = this.unrealizedMicros(trade)
      if (unrealized === undefined) unmarked++
      else micros += unrealized
    }
    return { micros, unmarked }
  }

  /**
   * Completed trades whose profit by the vault is not what their fills say; empty in a sound run.
   */
  get vaultDisagreements(): ReadonlyArray<Trade> {
    return this.proposed.filter(
      (trade) =>
        trade.vaultRealizedMicros !== undefined && trade.vaultRealizedMicros !== realizedOf(trade)
    )
  }
}
