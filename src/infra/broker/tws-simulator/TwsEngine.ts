/**
 * The TWS simulator without sockets, clock or files: bytes in, bytes out, on a virtual clock.
 *
 * It wraps the simulated exchange; what happened there is told in IB's way. Its log is the exchange's, with notes. For
 * the same market, log, bytes and steps of time it says the same bytes.
 */
import { QuoteBoard } from "../../../domain/market/quoteBoard.ts"
import type { ExchangeLog, LogEntry } from "../simulated/exchangeLog.ts"
import type { SimulatedRules } from "../simulated/market.ts"
import { SimulatedExchange } from "../simulated/SimulatedExchange.ts"
import * as answers from "../tws-wire/answers.ts"
import { clientFrameBytesMax, FrameReader, frameOf, readOffer } from "../tws-wire/frames.ts"
import { readRequest } from "../tws-wire/requests.ts"
import { commonVersion } from "../tws-wire/versions.ts"
import { WireFault } from "../tws-wire/wireFault.ts"
import { AccountDesk } from "./AccountDesk.ts"
import { ContractBook } from "./contractBook.ts"
import { DataDesk } from "./DataDesk.ts"
import { FaultBoard } from "./FaultBoard.ts"
import { FaultDesk } from "./FaultDesk.ts"
import type { TwsFault } from "./faults.ts"
import { OrderDesk } from "./OrderDesk.ts"
import { Outbox } from "./Outbox.ts"
import type { Connection, Office, TwsOptions } from "./office.ts"
import { HistoryPacing, Pacing } from "./pacing.ts"
import { QuoteDesk } from "./QuoteDesk.ts"
import { Reception } from "./Reception.ts"
import { newYorkStamp } from "./stamps.ts"
import type { TwsMarket } from "./twsMarket.ts"
import { TwsOrders } from "./twsOrders.ts"
import { textOf } from "./words.ts"

/** Between two looks at histories that are kept up to date, market's time. */
const barsIntervalMs = 5_000

/** Where bytes go. `close`: the connection must end after what was written to it. */
export interface TwsSink {
  readonly write: (connection: number, bytes: Uint8Array) => void
  readonly close: (connection: number, why: string) => void
}

export class TwsEngine {
  readonly market: TwsMarket
  readonly #options: TwsOptions
  readonly #sink: TwsSink
  readonly #exchange: SimulatedExchange
  readonly #orders: TwsOrders
  readonly #board: QuoteBoard
  readonly #faults = new FaultBoard()
  readonly #connections = new Map<number, Connection>()
  readonly #outbox = new Outbox()
  readonly #entries: Array<LogEntry> = []
  readonly #quotes: QuoteDesk
  readonly #account: AccountDesk
  readonly #orderDesk: OrderDesk
  readonly #faultDesk: FaultDesk
  readonly #reception: Reception
  #nowMs: number
  readonly #data: DataDesk
  #nextProfitMs = Number.POSITIVE_INFINITY
  #nextBarsMs = Number.POSITIVE_INFINITY
  /** Connections are refused until then: the gateway restarts. */
  #downUntilMs = 0

  constructor(
    market: TwsMarket,
    rules: SimulatedRules,
    log: ExchangeLog,
    options: TwsOptions,
    sink: TwsSink
  ) {
    this.market = market
    this.#options = options
    this.#sink = sink
    this.#nowMs = market.startMs
    this.#board = new QuoteBoard(market.instruments.length)
    const contracts = new ContractBook(market, rules.optionTicks)
    this.#orders = new TwsOrders(market, rules, contracts, options.cashMicros)
    for (const entry of log.entries) this.#orders.apply(entry)
    market.begin(log.entries.at(-1)?.quoteSeq ?? 0, this.#nowMs)
    const kept: ExchangeLog = {
      ...log,
      append: (entry) => {
        log.append(entry)
        this.#entries.push(entry)
      }
    }
    this.#exchange = new SimulatedExchange(market, rules, kept)
    // What was done before is told where it is asked for, never again.
    this.#exchange.resumeAfter(Number.MAX_SAFE_INTEGER)
    const office = this.#office(rules, contracts)
    this.#quotes = new QuoteDesk(office)
    this.#account = new AccountDesk(office)
    this.#orderDesk = new OrderDesk(office, this.#account, this.#quotes)
    this.#data = new DataDesk(office)
    const desks = {
      ...{ quotes: this.#quotes, account: this.#account },
      ...{ orders: this.#orderDesk, data: this.#data }
    }
    this.#reception = new Reception(office, desks)
    this.#faultDesk = new FaultDesk(office, desks, (untilMs) => {
      this.#downUntilMs = untilMs
    })
    this.#quotes.follow()
  }

  get nowMs(): number {
    return this.#nowMs
  }

  /** A client has connected; `connection` is a number that is not in use. */
  open(connection: number): void {
    if (this.#connections.has(connection)) throw new Error(`connection ${connection} is in use`)
    if (this.#nowMs < this.#downUntilMs) {
      this.#sink.close(connection, "the gateway restarts")
      return
    }
    this.#connections.set(connection, {
      ...{ id: connection, phase: "opening", version: 0, clientId: -1, marketDataType: 1 },
      ...{ readsProfiles: true, isZombie: false, seesPositions: false, seesAccount: false },
      reader: new FrameReader({ opens: true, bytesMax: clientFrameBytesMax }),
      pacing: new Pacing(this.#options.messagesPerSecondMax),
      historyPacing: new HistoryPacing(),
      lines: new Map(),
      histories: new Map(),
      positionsMulti: new Set(),
      accountMulti: new Map(),
      summaries: new Map(),
      pnls: new Set(),
      pnlSingles: new Map()
    })
  }

  /** Bytes of a client, cut anywhere. `arrivedMs`: on the clock by which it is paced; the market's unless told. */
  receive(connection: number, bytes: Uint8Array, arrivedMs = this.#nowMs): void {
    const from = this.#connections.get(connection)
    if (from === undefined || from.isZombie) return
    try {
      from.reader.push(bytes)
      while (from.phase !== "ended" && this.#takeMessage(from, arrivedMs)) {}
    } catch (fault) {
      if (!(fault instanceof WireFault)) throw fault
      if (from.phase === "started") this.#tell(from, -1, 320, textOf(320, fault.message))
      this.#close(from, fault.message)
    }
  }

  /** A client's socket has gone. */
  closed(connection: number): void {
    const gone = this.#connections.get(connection)
    if (gone === undefined) return
    gone.phase = "ended"
    this.#connections.delete(connection)
    this.#quotes.forget(gone)
  }

  /** When something happens next without anybody asking, epoch ms; Infinity where nothing will. */
  nextDueMs(): number {
    return Math.min(
      this.#exchange.nextDueMs(),
      this.#outbox.nextDueMs(),
      this.#faults.nextDueMs(),
      this.#orderDesk.nextCorrectionMs(),
      this.#profitDueMs(),
      this.#barsDueMs(),
      this.market.nextDueMs()
    )
  }

  /** Handles all that is due up to a moment, in order of its time. A moment before now changes nothing. */
  advanceTo(moment: number): void {
    const timeMs = Math.floor(moment)
    for (let dueMs = this.nextDueMs(); dueMs <= timeMs; dueMs = this.nextDueMs()) {
      this.#nowMs = Math.max(this.#nowMs, dueMs)
      this.#step()
      this.#orderDesk.announce()
    }
    this.#nowMs = Math.max(this.#nowMs, timeMs)
  }

  /** A fault, now or when its time comes; `struck` hears of each stroke. */
  inject(fault: TwsFault, struck?: () => void): void {
    this.#faults.schedule(fault, this.#nowMs, this.market.startMs, struck)
    this.advanceTo(this.#nowMs)
  }

  /** Of what is due now the first: the venue, faults, corrections, delayed messages, profit and loss, then a quote. */
  #step(): void {
    const nowMs = this.#nowMs
    if (this.#exchange.nextDueMs() <= nowMs) {
      this.#exchange.next()
      return
    }
    const fault = this.#faults.takeDue(nowMs)
    if (fault !== undefined) {
      this.#faultDesk.show(fault)
      return
    }
    if (this.#orderDesk.nextCorrectionMs() <= nowMs) {
      this.#orderDesk.correctDue()
      return
    }
    const delayed = this.#outbox.takeDue(nowMs)
    if (delayed !== undefined) {
      this.#write(delayed.to, delayed.message)
      return
    }
    if (this.#profitDueMs() <= nowMs) {
      this.#nextProfitMs = nowMs + this.#options.pnlIntervalMs
      this.#account.pushProfit()
      return
    }
    if (this.#barsDueMs() <= nowMs) {
      this.#nextBarsMs = nowMs + barsIntervalMs
      this.#data.pushBars()
      return
    }
    this.#takeQuote(this.market.next())
  }

  #takeQuote({ quote, quoteSeq }: ReturnType<TwsMarket["next"]>): void {
    this.#board.update(quote)
    this.#exchange.watch(quote, quoteSeq)
    this.#orderDesk.announce()
    this.#quotes.tell(quote.instrument)
  }

  #profitDueMs(): number {
    if (!this.#account.isFollowed) {
      this.#nextProfitMs = Number.POSITIVE_INFINITY
    } else if (this.#nextProfitMs === Number.POSITIVE_INFINITY) {
      this.#nextProfitMs = this.#nowMs + this.#options.pnlIntervalMs
    }
    return this.#nextProfitMs
  }

  #barsDueMs(): number {
    if (!this.#data.isFollowed) {
      this.#nextBarsMs = Number.POSITIVE_INFINITY
    } else if (this.#nextBarsMs === Number.POSITIVE_INFINITY) {
      this.#nextBarsMs = this.#nowMs + barsIntervalMs
    }
    return this.#nextBarsMs
  }

  #takeMessage(from: Connection, arrivedMs: number): boolean {
    if (from.phase === "opening") {
      const offer = from.reader.nextText()
      if (offer === undefined) return false
      this.#greet(from, offer)
      return true
    }
    const fields = from.reader.nextFields()
    if (fields === undefined) return false
    if (!this.#isInPace(from, arrivedMs)) return true
    const request = readRequest(fields, from.version)
    // A gateway that hangs reads on and does nothing.
    if (this.#nowMs < this.#faults.silentUntilMs) return true
    this.#reception.take(from, request)
    // A quote that was looked up on the way may have filled an order.
    this.#orderDesk.announce()
    return true
  }

  #greet(from: Connection, offer: string): void {
    const offered = readOffer(offer)
    const version = commonVersion(offered)
    if (version === undefined) {
      const why = `versions ${offered.min} to ${offered.max} are offered, none is spoken here`
      throw new WireFault({ place: "opening", why })
    }
    from.version = version
    from.readsProfiles = !(offered.min === 100 && offered.max === 193)
    from.phase = "greeted"
    this.#write(from, answers.handshake(version, `${newYorkStamp(this.#nowMs)} EST`))
  }

  #isInPace(from: Connection, arrivedMs: number): boolean {
    const struck = this.#faults.strike("pacing")
    const counted = struck === undefined ? from.pacing.count(arrivedMs) : from.pacing.warn()
    if (counted === "fine") return true
    const most = this.#options.messagesPerSecondMax
    const shown = Number.isFinite(most) ? most : 50
    const times = counted === "close" ? 4 : counted
    this.#tell(from, -1, 100, `${textOf(100)}:max=${shown} rec=${shown + 1} (${times})`)
    if (counted !== "close") return true
    this.#close(from, "it sent too many messages in a second, again and again")
    return false
  }

  #tell(to: Connection, id: number, code: number, text: string, afterMs = 0): void {
    this.#send(to, answers.errorMessage(id, code, text, to.version), afterMs)
  }

  #send(to: Connection, message: answers.Message, afterMs = 0): void {
    if (to.phase === "ended") return
    if (afterMs > 0) this.#outbox.add(to, message, this.#nowMs + afterMs)
    else this.#write(to, message)
  }

  #write(to: Connection, message: answers.Message): void {
    if (to.phase === "ended" || to.isZombie) return
    if (this.#nowMs < this.#faults.silentUntilMs) return
    this.#sink.write(to.id, frameOf(message))
  }

  #close(connection: Connection, why: string): void {
    if (connection.phase === "ended") return
    connection.phase = "ended"
    this.#connections.delete(connection.id)
    this.#quotes.forget(connection)
    this.#sink.close(connection.id, why)
  }

  #refresh(instrument: number): void {
    if (this.#board.timeMs[instrument] === this.#nowMs) return
    const made = this.market.quoteNow(instrument, this.#nowMs)
    if (made === undefined) return
    this.#board.update(made.quote)
    this.#exchange.watch(made.quote, made.quoteSeq)
  }

  #office(rules: SimulatedRules, contracts: ContractBook): Office {
    return {
      market: this.market,
      rules,
      options: this.#options,
      contracts,
      board: this.#board,
      exchange: this.#exchange,
      orders: this.#orders,
      faults: this.#faults,
      nowMs: () => this.#nowMs,
      connections: () => this.#connections.values(),
      clientOf: (clientId) => {
        for (const each of this.#connections.values()) if (each.clientId === clientId) return each
        return undefined
      },
      send: (to, message, afterMs) => this.#send(to, message, afterMs),
      tell: (to, id, code, text, afterMs) => this.#tell(to, id, code, text, afterMs),
      close: (connection, why) => this.#close(connection, why),
      news: () => {
        const events = this.#entries.splice(0).flatMap((entry) => this.#orders.apply(entry))
        this.#exchange.resumeAfter(Number.MAX_SAFE_INTEGER)
        return events
      },
      refresh: (instrument) => this.#refresh(instrument)
    }
  }
}
