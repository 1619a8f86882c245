/** Market data: subscriptions, and the set of ticks that each quote makes. */
import { microsPerUsd } from "../../../domain/market/price.ts"
import * as answers from "../tws-wire/answers.ts"
import type { Request } from "../tws-wire/requests.ts"
import { GreeksMaker } from "./greeks.ts"
import type { Connection, Office, Subscription } from "./office.ts"
import { textOf } from "./words.ts"

type Asked = Extract<Request, { _tag: "MarketData" }>

const tick = { bid: 1, ask: 2, last: 4, high: 6, low: 7, close: 9, open: 14 } as const
const sizes = { bid: 0, ask: 3, last: 5, volume: 8 } as const
const delayedBy = 66
/** Ids of delayed ticks where they are not the live one plus a constant. */
const delayedIds: Readonly<Record<number, number>> = {
  [tick.bid]: delayedBy,
  [tick.ask]: delayedBy + 1,
  [tick.last]: delayedBy + 2,
  [sizes.bid]: 69,
  [sizes.ask]: 70,
  [sizes.last]: 71,
  [tick.high]: 72,
  [tick.low]: 73,
  [sizes.volume]: 74,
  [tick.close]: 75,
  [tick.open]: 76
}
const computations = { bid: 10, ask: 11, model: 13 } as const
const delayedComputations: Readonly<Record<number, number>> = { 10: 80, 11: 81, 13: 83 }

export class QuoteDesk {
  readonly #office: Office
  readonly #greeks: GreeksMaker
  /** Who looks at each instrument, in the order in which they asked. */
  readonly #lookers = new Map<
    number,
    Array<{ readonly connection: Connection; line: Subscription }>
  >()
  #high = Number.NEGATIVE_INFINITY
  #low = Number.POSITIVE_INFINITY
  #first = 0

  constructor(office: Office) {
    this.#office = office
    this.#greeks = new GreeksMaker(office.market, office.board)
  }

  subscribe(connection: Connection, asked: Asked): void {
    const { options, faults } = this.#office
    const { reqId, snapshot } = asked
    const say = (code: number, text = textOf(code)): void =>
      this.#office.tell(connection, reqId, code, text)
    if (connection.lines.has(reqId)) {
      say(322, textOf(322, "Duplicate ticker id"))
      return
    }
    const refused = faults.refusal("MarketData")
    if (refused !== undefined && !(refused.code === 354 && connection.marketDataType >= 3)) {
      say(refused.code, refused.text)
      return
    }
    const line = this.#lineOf(asked, refused !== undefined)
    const isFull = !snapshot && connection.lines.size >= options.linesMax
    if (line === undefined || isFull) {
      say(line === undefined ? 200 : 101)
      return
    }
    if (refused !== undefined) say(10167)
    for (const instrument of line.instruments) this.#office.refresh(instrument)
    const { contracts } = this.#office
    const minTick = contracts.minTick(contracts.of(line.instruments[0]!).instrument)
    const { send } = this.#office
    send(connection, answers.marketDataType(reqId, line.isDelayed ? 3 : 1))
    send(connection, answers.tickRequestParameters(reqId, minTick, "9c0001"))
    this.#open(connection, line)
    if (snapshot) {
      send(connection, answers.tickSnapshotEnd(reqId))
      return
    }
    connection.lines.set(reqId, line)
    for (const instrument of line.instruments) {
      const lookers = this.#lookers.get(instrument) ?? []
      lookers.push({ connection, line })
      this.#lookers.set(instrument, lookers)
    }
    this.follow()
  }

  unsubscribe(connection: Connection, reqId: number): void {
    if (!this.#drop(connection, reqId)) {
      this.#office.tell(connection, reqId, 300, `Can't find EId with tickerId:${reqId}`)
    }
    this.follow()
  }

  forget(connection: Connection): void {
    for (const reqId of [...connection.lines.keys()]) this.#drop(connection, reqId)
    this.follow()
  }

  /** The instruments that are looked at, held or traded in. */
  follow(): void {
    const { market, orders, nowMs } = this.#office
    const wanted = new Set(this.#lookers.keys())
    for (const { instrument } of orders.holdings.open()) wanted.add(instrument)
    for (const instrument of orders.workedOn.keys()) wanted.add(instrument)
    market.follow(wanted, nowMs())
  }

  /** A quote that the board has taken in. */
  tell(instrument: number): void {
    if (instrument === 0) this.#range()
    const { nowMs, faults } = this.#office
    if (faults.isLost || nowMs() < faults.deadQuotesUntilMs) return
    const lookers = this.#lookers.get(instrument)
    if (lookers === undefined) return
    for (const { connection, line } of lookers) this.#tellQuote(connection, line)
  }

  #drop(connection: Connection, reqId: number): boolean {
    const line = connection.lines.get(reqId)
    if (line === undefined) return false
    connection.lines.delete(reqId)
    for (const instrument of line.instruments) {
      const lookers = this.#lookers.get(instrument)!
      const rest = lookers.filter((each) => each.line !== line)
      if (rest.length === 0) this.#lookers.delete(instrument)
      else this.#lookers.set(instrument, rest)
    }
    return true
  }

  #lineOf(asked: Asked, isDelayed: boolean): Subscription | undefined {
    const { contracts } = this.#office
    const { reqId, contract } = asked
    const generic = new Set(asked.genericTicks.split(",").map(Number))
    const common = { reqId, contract, generic, isDelayed }
    if (contract.secType !== "BAG") {
      const listed = contracts.only(contract)
      if (listed === undefined) return undefined
      return { ...common, instruments: [listed.instrument.id], legs: [] }
    }
    const legs = asked.legs.map(({ conId, ratio, action }) => ({
      instrument: contracts.byConId(conId)?.instrument.id ?? -1,
      sign: action === "SELL" ? (-1 as const) : (1 as const),
      ratio
    }))
    if (legs.length === 0 || legs.some(({ instrument }) => instrument < 0)) return undefined
    return { ...common, instruments: legs.map(({ instrument }) => instrument), legs }
  }

  /** What a new line is told: the latest quote, then what changes seldom. */
  #open(connection: Connection, line: Subscription): void {
    const { board, market, send, nowMs } = this.#office
    const [instrument] = line.instruments
    if (line.instruments.every((each) => board.isQuoted(each))) this.#tellQuote(connection, line)
    const { reqId } = line
    const priced = (type: number, value: number | undefined): void => {
      if (value === undefined || !Number.isFinite(value)) return
      send(connection, answers.tickPrice(reqId, idOf(line, type), value, 0))
    }
    if (instrument === 0 && line.legs.length === 0) {
      priced(tick.close, market.previousClose)
      if (this.#first > 0) {
        priced(tick.open, this.#first)
        priced(tick.high, this.#high)
        priced(tick.low, this.#low)
      }
      send(connection, answers.tickSize(reqId, idOf(line, sizes.volume), market.volumeAt(nowMs())))
      if (line.generic.has(236)) send(connection, answers.tickGeneric(reqId, 46, 3))
    }
    if (line.generic.has(106) && instrument !== undefined) {
      const volatility = this.#greeks.atTheMoney(nowMs())
      if (volatility !== undefined) send(connection, answers.tickGeneric(reqId, 24, volatility))
    }
    // Open interest and volume of options: not part of the data, told as none.
    if (line.generic.has(100)) {
      for (const type of [29, 30]) send(connection, answers.tickSize(reqId, type, 0))
    }
    if (line.generic.has(101)) {
      for (const type of [27, 28]) send(connection, answers.tickSize(reqId, type, 0))
    }
  }

  #tellQuote(connection: Connection, line: Subscription): void {
    const { send, board } = this.#office
    const { reqId } = line
    const { bid, ask, bidSize, askSize } = this.#sides(line)
    send(connection, answers.tickPrice(reqId, idOf(line, tick.bid), bid ?? -1, bidSize))
    send(connection, answers.tickSize(reqId, idOf(line, sizes.bid), bidSize))
    send(connection, answers.tickPrice(reqId, idOf(line, tick.ask), ask ?? -1, askSize))
    send(connection, answers.tickSize(reqId, idOf(line, sizes.ask), askSize))
    const [instrument] = line.instruments
    if (line.legs.length > 0 || instrument === undefined) return
    if (instrument === 0) {
      const middle = board.midMicros(0) / microsPerUsd
      if (!Number.isFinite(middle)) return
      const last = Math.round(middle * 100) / 100
      send(connection, answers.tickPrice(reqId, idOf(line, tick.last), last, 100))
      if (line.generic.has(221)) send(connection, answers.tickPrice(reqId, 37, last, 0))
      return
    }
    this.#tellGreeks(connection, line, instrument)
  }

  #tellGreeks(connection: Connection, line: Subscription, instrument: number): void {
    const { send, nowMs, faults } = this.#office
    const told = this.#greeks.of(instrument, nowMs())
    const idFor = (type: number) => (line.isDelayed ? delayedComputations[type]! : type)
    const say = (type: number, computed: answers.OptionComputation) =>
      send(connection, answers.tickOptionComputation(line.reqId, idFor(type), computed))
    say(computations.bid, told.bid)
    say(computations.ask, told.ask)
    if (nowMs() >= faults.noGreeksUntilMs) say(computations.model, told.model)
  }

  /** USD; undefined where a side is absent. A combination is bought at its legs' asks and sold at their bids. */
  #sides(line: Subscription) {
    const { board } = this.#office
    const side = (instrument: number, isAsk: boolean) => {
      const micros = isAsk ? board.askMicros[instrument]! : board.bidMicros[instrument]!
      const size = isAsk ? board.askSize[instrument]! : board.bidSize[instrument]!
      return { price: micros > 0 ? micros / microsPerUsd : undefined, size: micros > 0 ? size : 0 }
    }
    const [instrument] = line.instruments
    if (line.legs.length === 0) {
      const [bid, ask] = [side(instrument!, false), side(instrument!, true)]
      return { bid: bid.price, ask: ask.price, bidSize: bid.size, askSize: ask.size }
    }
    const net = (isAsk: boolean) => {
      let sum = 0
      let size = Number.POSITIVE_INFINITY
      for (const { instrument: leg, sign, ratio } of line.legs) {
        const at = side(leg, isAsk === sign > 0)
        if (at.price === undefined) return { price: undefined, size: 0 }
        sum += sign * ratio * at.price
        size = Math.min(size, Math.floor(at.size / ratio))
      }
      return { price: Math.round(sum * 10_000) / 10_000, size }
    }
    const [bid, ask] = [net(false), net(true)]
    return { bid: bid.price, ask: ask.price, bidSize: bid.size, askSize: ask.size }
  }

  #range(): void {
    const middle = this.#office.board.midMicros(0) / microsPerUsd
    if (!Number.isFinite(middle)) return
    const price = Math.round(middle * 100) / 100
    if (this.#first === 0) this.#first = price
    this.#high = Math.max(this.#high, price)
    this.#low = Math.min(this.#low, price)
  }
}

const idOf = (line: Subscription, type: number): number =>
  line.isDelayed ? (delayedIds[type] ?? type) : type
