/** Reference and past data: contracts, chains, symbols, price rules, bars. */
import { dayMs } from "../../../domain/market/newYorkTime.ts"
import * as answers from "../tws-wire/answers.ts"
import type { HistoryRequest, Request } from "../tws-wire/requests.ts"
import type { WireContract } from "../tws-wire/wireContract.ts"
import { optionExchanges } from "./contractBook.ts"
import type { Connection, Office } from "./office.ts"
import { newYorkDay, newYorkStamp, readStamp, utcStamp, zone } from "./stamps.ts"
import type { MarketBar } from "./twsMarket.ts"
import { textOf } from "./words.ts"

const secondMs = 1_000
const barSizes: Readonly<Record<string, number>> = {
  "1 secs": secondMs,
  "5 secs": 5 * secondMs,
  "10 secs": 10 * secondMs,
  "15 secs": 15 * secondMs,
  "30 secs": 30 * secondMs,
  "1 min": 60_000,
  "2 mins": 120_000,
  "3 mins": 180_000,
  "5 mins": 300_000,
  "10 mins": 600_000,
  "15 mins": 900_000,
  "20 mins": 1_200_000,
  "30 mins": 1_800_000,
  "1 hour": 3_600_000,
  "2 hours": 7_200_000,
  "3 hours": 10_800_000,
  "4 hours": 14_400_000,
  "8 hours": 28_800_000,
  "1 day": dayMs,
  "1 week": 7 * dayMs,
  "1 month": 30 * dayMs
}
const durationUnits: Readonly<Record<string, number>> = {
  S: secondMs,
  D: dayMs,
  W: 7 * dayMs,
  M: 31 * dayMs,
  Y: 366 * dayMs
}
const shown = new Set(
  "TRADES MIDPOINT BID ASK BID_ASK ADJUSTED_LAST HISTORICAL_VOLATILITY OPTION_IMPLIED_VOLATILITY".split(
    " "
  )
)

export class DataDesk {
  readonly #office: Office

  constructor(office: Office) {
    this.#office = office
  }

  tellDetails(connection: Connection, reqId: number, asked: WireContract): void {
    const { contracts, faults, send, nowMs } = this.#office
    const refused = faults.refusal("ContractDetails")
    const found = refused === undefined ? contracts.find(asked) : []
    if (found.length === 0) {
      const code = refused?.code ?? 200
      this.#office.tell(connection, reqId, code, refused?.text ?? textOf(code))
      return
    }
    for (const listed of found) {
      const description = contracts.describe(listed, nowMs())
      send(connection, answers.contractDetails(reqId, description, connection.version))
    }
    send(connection, answers.contractDetailsEnd(reqId))
  }

  tellChain(connection: Connection, asked: Extract<Request, { _tag: "OptionParameters" }>): void {
    const { contracts, send } = this.#office
    const { contract: underlying } = contracts.underlying
    const { reqId, symbol, conId, secType, futFopExchange } = asked
    const isMeant = symbol.toUpperCase() === underlying.symbol && conId === underlying.conId
    if (!isMeant || secType !== underlying.secType || futFopExchange !== "") {
      if (!isMeant) {
        this.#office.tell(connection, reqId, 200, textOf(200))
        return
      }
      send(connection, answers.optionParametersEnd(reqId))
      return
    }
    const options = contracts.listed.filter(({ contract }) => contract.secType === "OPT")
    for (const multiplier of new Set(options.map(({ contract }) => contract.multiplier))) {
      const listed = options.filter(({ contract }) => contract.multiplier === multiplier)
      const expirations = [...new Set(listed.map(({ contract }) => contract.expiry))].sort()
      const strikes = [...new Set(listed.map(({ contract }) => contract.strike))]
      strikes.sort((a, b) => a - b)
      const { tradingClass, conId: id } = underlying
      for (const exchange of optionExchanges) {
        const chain = { underlyingConId: id, tradingClass, multiplier, expirations, strikes }
        send(connection, answers.optionParameters(reqId, exchange, chain))
      }
    }
    send(connection, answers.optionParametersEnd(reqId))
  }

  tellSamples(connection: Connection, reqId: number, pattern: string): void {
    const samples = this.#office.contracts.samples(pattern)
    this.#office.send(connection, answers.symbolSamples(reqId, samples, connection.version))
  }

  tellRule(connection: Connection, ruleId: number): void {
    const rule = this.#office.contracts.rule(ruleId)
    if (rule === undefined) {
      this.#office.tell(connection, -1, 321, textOf(321, `there is no market rule ${ruleId}`))
      return
    }
    this.#office.send(connection, answers.marketRule(ruleId, rule))
  }

  tellHeadTimestamp(
    connection: Connection,
    { reqId, contract, formatDate }: Extract<Request, { _tag: "HeadTimestamp" }>
  ): void {
    const listed = this.#office.contracts.only(contract)
    if (listed === undefined) {
      this.#office.tell(connection, reqId, 200, textOf(200))
      return
    }
    const { market, nowMs, send } = this.#office
    const [first] = market.bars(listed.instrument.id, 0, nowMs(), dayMs)
    const firstMs = first?.timeMs ?? market.startMs
    const seconds = String(Math.floor(firstMs / secondMs))
    send(connection, answers.headTimestamp(reqId, formatDate === 2 ? seconds : utcStamp(firstMs)))
  }

  tellBars(connection: Connection, reqId: number, request: HistoryRequest): void {
    const { contracts, faults, market, nowMs, send } = this.#office
    const say = (code: number, text: string) => this.#office.tell(connection, reqId, code, text)
    const refused = faults.refusal("History")
    if (refused !== undefined) {
      const why = refused.text ?? textOf(162, "Historical data request pacing violation")
      say(refused.code, why)
      return
    }
    const listed = contracts.only(request.contract)
    if (listed === undefined) {
      say(200, textOf(200))
      return
    }
    const span = spanOf(request, nowMs())
    if ("fault" in span) {
      say(321, textOf(321, span.fault))
      return
    }
    if (request.keepUpToDate && request.endDateTime !== "") {
      say(321, textOf(321, "a history that is kept up to date has no end"))
      return
    }
    const { barMs, endMs, durationMs, isByDays } = span
    const { conId } = listed.contract
    const { barSize, duration, whatToShow, endDateTime } = request
    const key = [conId, barSize, duration, whatToShow, endDateTime].join("|")
    if (this.#isPaced && connection.historyPacing.violates(key, conId, nowMs())) {
      say(162, textOf(162, "Historical data request pacing violation"))
      return
    }
    const isStock = listed.instrument.kind === "Stock"
    // A duration in days counts days of trading: enough calendar days are looked at, then the last ones kept.
    const lookBackMs = isByDays ? durationMs * 2 + 7 * dayMs : durationMs
    const all = market.bars(listed.instrument.id, endMs - lookBackMs, endMs, barMs)
    const bars = isByDays ? lastDays(all, Math.round(durationMs / dayMs)) : all
    if (bars.length === 0) {
      const what = `HMDS query returned no data: ${listed.contract.localSymbol}@SMART ${whatToShow}`
      say(162, textOf(162, what))
      return
    }
    const shown = bars.map((bar) => this.#bar(bar, request, barMs, isStock))
    const [start, end] = [spanStamp(endMs - durationMs), spanStamp(endMs)]
    send(connection, answers.historicalData(reqId, start, end, shown))
    if (!request.keepUpToDate) return
    const told = JSON.stringify(bars.at(-1))
    connection.histories.set(reqId, { request, instrument: listed.instrument.id, barMs, told })
  }

  /** Whether somebody follows a history. */
  get isFollowed(): boolean {
    for (const { histories } of this.#office.connections()) if (histories.size > 0) return true
    return false
  }

  /** The last bar of each history that is followed, where it is another than before. */
  pushBars(): void {
    const { connections, market, nowMs, send } = this.#office
    const atMs = nowMs()
    for (const connection of connections()) {
      for (const [reqId, kept] of connection.histories) {
        const { barMs, instrument, request } = kept
        const bar = market.bars(instrument, atMs - lastBarsMs - barMs, atMs, barMs).at(-1)
        const text = JSON.stringify(bar)
        if (bar === undefined || text === kept.told) continue
        kept.told = text
        const isStock = market.instruments[instrument]!.kind === "Stock"
        const shown = this.#bar(bar, request, barMs, isStock)
        send(connection, answers.historicalDataUpdate(reqId, shown))
      }
    }
  }

  get #isPaced(): boolean {
    return this.#office.options.messagesPerSecondMax !== Number.POSITIVE_INFINITY
  }

  #bar(
    bar: MarketBar,
    { formatDate, whatToShow }: HistoryRequest,
    barMs: number,
    isStock: boolean
  ): answers.HistoryBar {
    const isTrades = whatToShow === "TRADES" && isStock
    const { open, high, low, close, volume } = bar
    const middle = Math.round(((high + low + close) / 3) * 10_000) / 10_000
    const seconds = String(Math.floor(bar.timeMs / secondMs))
    const day = newYorkDay(bar.timeMs)
    const date = barMs >= dayMs ? day : formatDate === 2 ? seconds : stamped(bar.timeMs)
    return {
      ...{ date, open, high, low, close },
      volume: isTrades ? volume : -1,
      average: isTrades ? middle : -1,
      count: isTrades ? Math.max(1, Math.floor(volume / 100)) : -1
    }
  }
}

/** No market rests longer within its hours. */
const lastBarsMs = 600_000

/** The span's ends have two blanks and no zone. */
const spanStamp = (timeMs: number): string => newYorkStamp(timeMs).replace(" ", "  ")

const stamped = (timeMs: number): string => `${newYorkStamp(timeMs)} ${zone}`

const lastDays = (bars: ReadonlyArray<MarketBar>, count: number): ReadonlyArray<MarketBar> => {
  const days = [...new Set(bars.map(({ timeMs }) => newYorkDay(timeMs)))].slice(-count)
  return bars.filter(({ timeMs }) => days.includes(newYorkDay(timeMs)))
}

type Span =
  | { readonly fault: string }
  | {
      readonly barMs: number
      readonly endMs: number
      readonly durationMs: number
      readonly isByDays: boolean
    }

const spanOf = (request: HistoryRequest, nowMs: number): Span => {
  const barMs = barSizes[request.barSize.trim()]
  if (barMs === undefined) {
    return {
      fault: `Historical data bar size setting is invalid: '${request.barSize.slice(0, 30)}'`
    }
  }
  const match = /^(\d{1,6}) ?([SDWMY])$/.exec(request.duration.trim().toUpperCase())
  const count = Number(match?.[1] ?? 0)
  if (match === null || count === 0) {
    return { fault: `Historical data duration is invalid: '${request.duration.slice(0, 30)}'` }
  }
  if (!shown.has(request.whatToShow)) {
    return { fault: `Incorrect what to show: '${request.whatToShow.slice(0, 30)}'` }
  }
  const endMs = request.endDateTime === "" ? nowMs : readStamp(request.endDateTime)
  if (endMs === undefined) {
    return { fault: `Invalid end date and time: '${request.endDateTime.slice(0, 30)}'` }
  }
  const durationMs = count * durationUnits[match[2]!]!
  return { barMs, endMs: Math.min(endMs, nowMs), durationMs, isByDays: match[2] === "D" }
}
