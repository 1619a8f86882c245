/**
 * What a desk shows while it runs: session time, profit, positions with their marks, the last
 * decisions, the regime, supervision. A fold over every record; quotes only move marks and allocate
 * nothing.
 */
import type { QuotePayload } from "../actors/ports/records/market.ts"
import type { JournalRecord } from "../domain/journal/record.ts"
import { formatNewYork } from "../domain/market/newYorkTime.ts"
import { formatPriceMicros } from "../domain/market/price.ts"
import { formatUsdCents, formatUsdSigned } from "../domain/market/usd.ts"
import { describeRecord, percent } from "./describe.ts"
import { asDeskRecord, type DeskRecord, type Of } from "./deskRecord.ts"
import { LastQuotes, type Mark } from "./lastQuotes.ts"
import { SupervisionFold } from "./supervisionFold.ts"
import { printable } from "./table.ts"
import { realizedOf, TradeFold, unrealizedOf } from "./tradeFold.ts"
import { VaultFold } from "./vaultFold.ts"

export interface LiveViewOptions {
  /** Session time per wall time, or as fast as it goes. */
  readonly speed: number | "max"
}

/** One holding of one trade. */
export interface PositionView {
  readonly tradeId: string
  readonly instrument: number
  readonly name: string
  /** Signed contracts or shares. */
  readonly quantity: number
  /**
   * The last known price of the side that would close it, and how old that is; undefined before its
   * first quote.
   */
  readonly mark: Mark | undefined
  readonly ageMs: number
  readonly unrealizedMicros: bigint | undefined
}

/**
 * Lines kept for the screen, and lines that wait for `takeLines`; beyond that the oldest are left
 * out and counted.
 */
const decisionsKept = 200
const waitingLinesMax = 5_000

export class LiveView {
  readonly speed: number | "max"
  readonly vault = new VaultFold()
  readonly supervision = new SupervisionFold()
  /** When the last record was admitted, epoch ms; 0 before the first. */
  timeMs = 0
  session = ""
  day: Of<"TradingSessionStatus">["payload"] | undefined
  regime: Of<"RegimeClassified">["payload"] | undefined
  /** Why trading is halted; "" where it is not. */
  halted = ""
  /** What of the broker is away; "" where nothing is. */
  away = ""
  /** Differences with the broker's account that no operator resolved, by id. */
  readonly unexplained = new Map<string, string>()
  readonly #trades = new TradeFold()
  #quotes = new LastQuotes(0)
  readonly #decisions: Array<string> = []
  #waiting: Array<string> = []
  #leftOut = 0

  constructor(options: LiveViewOptions) {
    this.speed = options.speed
  }

  apply(input: JournalRecord): void {
    this.timeMs = input.logicalTimeMs
    if (input.type === "Quote") {
      this.#quotes.update(input.seq, input.payload as QuotePayload)
      return
    }
    const record = asDeskRecord(input)
    const told = isTold(record, this)
    this.#trades.apply(record)
    this.vault.apply(record)
    this.supervision.apply(record)
    this.#take(record)
    if (told) this.#tell(record)
    if (record.type === "IntervalElapsed") this.#say(this.minuteLine())
  }

  #take(record: DeskRecord): void {
    switch (record.type) {
      case "InstrumentsListed":
        this.session = record.payload.session
        this.#quotes = new LastQuotes(record.payload.instruments.length)
        break
      case "TradingSessionStatus":
        this.day = record.payload
        break
      case "RegimeClassified":
        this.regime = record.payload
        break
      case "HaltTrading":
        this.halted = record.payload.reason || "by the operator"
        break
      case "ResumeTrading":
        this.halted = ""
        break
      case "VenueStatus":
        this.away = record.payload.reason
        break
      case "Unexplained":
        this.unexplained.set(record.payload.differenceId, record.payload.what)
        break
      case "ResolveDifference":
        this.unexplained.delete(record.payload.differenceId)
        break
    }
  }

  #tell(record: DeskRecord): void {
    const trade = tradeIdOf(record)
    const text = describeRecord(record, this.#trades.listing)
    const line = `${clockText(record.logicalTimeMs)} ${trade === "" ? "" : `${trade}: `}${text}`
    this.#decisions.push(printable(line))
    if (this.#decisions.length > decisionsKept) this.#decisions.shift()
    this.#say(line)
  }

  #say(line: string): void {
    if (this.#waiting.length >= waitingLinesMax) {
      this.#leftOut += this.#waiting.length
      this.#waiting = []
    }
    this.#waiting.push(printable(line))
  }

  /** The plain lines since the last call: one per minute and one per decision. */
  takeLines(): ReadonlyArray<string> {
    const lines =
      this.#leftOut === 0 ? this.#waiting : [`(${this.#leftOut} lines left out)`, ...this.#waiting]
    this.#waiting = []
    this.#leftOut = 0
    return lines
  }

  /** The last decisions, oldest first. */
  get decisions(): ReadonlyArray<string> {
    return this.#decisions
  }

  get underlying(): string {
    return this.#trades.listing.underlying
  }

  /** The stock's last known sides. */
  get stock(): { readonly bid: Mark | undefined; readonly ask: Mark | undefined } {
    return { bid: this.#quotes.bid(0), ask: this.#quotes.ask(0) }
  }

  get positions(): ReadonlyArray<PositionView> {
    const { listing } = this.#trades
    return [...this.#trades.trades.values()].flatMap((trade) =>
      [...trade.lots].map(([instrument, { quantity, costMicros }]) => {
        const mark = this.#quotes.mark(instrument, quantity)
        const shares = BigInt(quantity) * BigInt(listing.multiplierOf(instrument))
        return {
          tradeId: trade.tradeId,
          instrument,
          name: listing.nameOf(instrument),
          quantity,
          mark,
          ageMs: mark === undefined ? 0 : this.timeMs - mark.timeMs,
          unrealizedMicros:
            mark === undefined ? undefined : shares * BigInt(mark.micros) - costMicros
        }
      })
    )
  }

  /**
   * Profit that happened (commissions included), and what closing all marked trades now would add.
   */
  get profit(): {
    readonly realizedMicros: bigint
    readonly openMicros: bigint
    readonly unmarked: number
  } {
    let realizedMicros = 0n
    let openMicros = 0n
    let unmarked = 0
    for (const trade of this.#trades.trades.values()) {
      realizedMicros += realizedOf(trade)
      const unrealized = unrealizedOf(trade, this.#quotes, this.#trades.listing)
      if (unrealized === undefined) unmarked++
      else openMicros += unrealized
    }
    return { realizedMicros, openMicros, unmarked }
  }

  /** The minute in one line. */
  minuteLine(): string {
    const { realizedMicros, openMicros, unmarked } = this.profit
    const holding = [...this.#trades.trades.values()].filter(({ lots }) => lots.size > 0).length
    const parts = [
      `${clockText(this.timeMs).slice(0, 5)} ${this.underlying} ${sideText(this.stock.bid)} x ` +
        `${sideText(this.stock.ask)}`,
      `P&L ${formatUsdSigned(realizedMicros)} realized, ${formatUsdSigned(openMicros)} ` +
        `open${unmarked > 0 ? ` (${unmarked} unmarked)` : ""}`,
      `${holding} open trade${holding === 1 ? "" : "s"}`,
      `vault ${formatUsdCents(this.vault.freeMicros)} free`,
      regimeText(this.regime),
      ...(this.halted === "" ? [] : [`HALTED: ${this.halted}`]),
      ...(this.away === "" ? [] : [`BROKER AWAY: ${this.away}`]),
      ...(this.unexplained.size === 0 ? [] : [`UNEXPLAINED: ${this.unexplained.size}`]),
      ...this.supervision.stillDown.map((actor) => `DOWN: ${actor}`)
    ]
    return parts.join(" | ")
  }
}

export const regimeText = (regime: LiveView["regime"]): string =>
  regime === undefined
    ? "no regime yet"
    : `${regime.state} ${percent(regime.stateProbabilities[regime.state])}`

/** "HH:MM:SS" in New York. */
const clockText = (epochMs: number): string => formatNewYork(epochMs).slice(11)

export const sideText = (mark: Mark | undefined): string =>
  mark === undefined ? "-" : formatPriceMicros(mark.micros)

/** Decisions and what people should see of the rest; the regime only when it changed. */
const isTold = (record: DeskRecord, before: Pick<LiveView, "regime" | "away">): boolean => {
  switch (record.type) {
    case "TradeProposed":
    case "TradeConverged":
    case "TradeRefused":
    case "OrderIntent":
    case "OrderDenied":
    case "ReplaceIntent":
    case "ReplaceResolved":
    case "CancelIntent":
    case "OrderCancelReject":
    case "IntentResolved":
    case "TradeFilled":
    case "TradeCorrected":
    case "TradeLegEnded":
    case "ChainRejected":
    case "TradeCompleted":
    case "InferenceFailed":
    case "TradingSessionStatus":
    case "CertificatePresented":
    case "EpochOpened":
    case "ActorRestarted":
    case "ActorDown":
    case "ActorUp":
    case "MessageQuarantined":
    case "DifferenceFound":
    case "Unexplained":
    case "ResolveDifference":
    case "HaltTrading":
    case "ResumeTrading":
    case "CancelAllOrders":
    case "Deposited":
    case "Withdrawn":
    case "VaultFrozen":
    case "VaultThawed":
      return true
    case "OrderClosed":
      // One that filled in full was told of with its last fill.
      return record.payload.ordStatus !== "Filled"
    case "RegimeClassified":
      return record.payload.state !== before.regime?.state
    case "VenueStatus":
      return record.payload.reason !== before.away
    default:
      return false
  }
}

const tradeIdOf = (record: DeskRecord): string =>
  (record.payload as { readonly tradeId?: string }).tradeId ?? record.correlation
