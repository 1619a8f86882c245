/**
 * Market data over the link: a line per instrument, ticks gathered into quotes.
 *
 * A quote is a function of the messages alone, never of chunks or timers: an ask size ends it, and so does a message
 * about another instrument or an echo. Lines are asked for anew on every connection and after 1101. Liveness is by
 * content: while the market is open and no line says anything, lines are asked for again, then the connection is opened
 * anew, then the owner is told.
 */
import { type ErrorCode, EventName } from "@stoqey/ib"
import { Effect, type Scope } from "effect"
import { stockId } from "../../../domain/market/contract.ts"
import type { BoardQuote } from "../../../domain/market/quoteBoard.ts"
import type { IbContracts } from "./ibContracts.ts"
import { IbConnectionLost } from "./ibFaults.ts"
import type { IbLink } from "./ibLink.ts"
import { microsOfUsd } from "./ibNumbers.ts"
import type { IbDefences, IbWire } from "./ibWire.ts"

/** IB's own greeks of an option, kept for comparison with ours; per share. NaN where IB has none. */
export interface IbGreeks {
  readonly impliedVolatility: number
  readonly delta: number
  readonly gamma: number
  /** Per volatility point. */
  readonly vegaPerVolPoint: number
  /** Per day. */
  readonly thetaPerDay: number
  readonly underlyingMicros: number
}

/** IB's greeks as they came, beside our own last quotes. */
export interface IbGreeksSeen {
  readonly instrument: number
  readonly greeks: IbGreeks
  /** Midpoints, micro-USD; 0 where a side is missing. */
  readonly midMicros: number
  readonly spotMicros: number
}

export interface IbMarketDataOptions {
  readonly linesMax: number
  readonly nowMs: () => number
  readonly onQuote: (quote: BoardQuote) => void
  /** No line may be silent together for so long while the market is open, ms of the desk's clock. */
  readonly silenceMsMax: number
  readonly isOpen: (nowMs: number) => boolean
  readonly onEscalate: (why: string) => void
  /** A line says something after that. */
  readonly onAlive?: () => void
  readonly onGreeks?: (seen: IbGreeksSeen) => void
  readonly defences: Pick<IbDefences, "detailIncrements">
}

interface Line {
  readonly instrument: number
  requestId: number
  /** Where it was asked for last. */
  wire: IbWire | undefined
  bidMicros: number
  askMicros: number
  bidSize: number
  askSize: number
  /** The desk's time of the last tick that said something; 0 before. */
  tickMs: number
}

const bid = new Set([1, 66])
const ask = new Set([2, 67])
const bidSize = new Set([0, 69])
const askSize = new Set([3, 70])
/** For these the library makes a size event of its own out of the price; the bid's is made by `IbWire`. */
const sizedPrices = new Set([2, 4, 66, 67, 68])
const modelTick = 13
/** Silences in a row: lines anew, connection anew, then an alarm. */
const escalatedAt = 3
const unknownTicker = new Set([200, 354, 10090, 10167, 10197])

export class IbMarketData {
  readonly #link: IbLink
  readonly #contracts: IbContracts
  readonly #options: IbMarketDataOptions
  readonly #lines = new Map<number, Line>()
  readonly #byRequest = new Map<number, Line>()
  readonly #greeks = new Map<number, IbGreeks>()
  readonly #refused = new Map<number, string>()
  #pending: Line | undefined
  #isOwnSize = false
  #contentMs = 0
  #warnings = 0

  constructor(link: IbLink, contracts: IbContracts, options: IbMarketDataOptions) {
    this.#link = link
    this.#contracts = contracts
    this.#options = options
  }

  /** Hears a connection. The lines are asked for by `resubscribe`. */
  attach(wire: IbWire): void {
    wire.on(EventName.tickPrice, (id: number, type: number, price: number | undefined) => {
      this.#isOwnSize = sizedPrices.has(type)
      this.#price(id, type, price)
    })
    wire.on(EventName.tickSize, (id: number, type: number, size: number | undefined) => {
      const isOwnSize = this.#isOwnSize
      this.#isOwnSize = false
      this.#size(id, type, size ?? 0, isOwnSize)
    })
    wire.on(
      EventName.tickOptionComputation,
      (
        id: number,
        type: number,
        _attribute: number,
        ...values: ReadonlyArray<number | undefined>
      ) => this.#computed(id, type, values)
    )
    wire.on(EventName.currentTime, () => this.flush())
    if (!this.#options.defences.detailIncrements) {
      wire.on(EventName.tickReqParams, (id: number, minTick: number) => {
        const known = this.#contracts.of(this.#byRequest.get(id)?.instrument ?? -1)
        const minTickMicros = microsOfUsd(minTick) ?? 0
        if (known !== undefined) this.#contracts.add({ ...known, minTickMicros })
      })
    }
    wire.on(EventName.error, (error: Error, code: ErrorCode, id: number) => {
      const line = this.#byRequest.get(id)
      if (line === undefined || !unknownTicker.has(code)) return
      this.#refused.set(line.instrument, `${code}: ${error.message}`)
    })
  }

  /** Looks at exactly these; at most `linesMax`, the rest is left out and returned. */
  readonly subscribe = (instruments: ReadonlyArray<number>): Effect.Effect<ReadonlyArray<number>> =>
    Effect.gen({ self: this }, function* () {
      const wanted = instruments.filter((id) => this.#contracts.of(id) !== undefined)
      const taken = wanted.slice(0, this.#options.linesMax)
      for (const [instrument, line] of this.#lines) {
        if (taken.includes(instrument)) continue
        this.#lines.delete(instrument)
        yield* this.#cancel(line)
      }
      for (const instrument of taken) {
        if (!this.#lines.has(instrument)) yield* this.#open(newLine(instrument))
      }
      return instruments.filter((id) => !taken.includes(id))
    })

  /** Every line anew: after a new connection, after 1101, after silence. */
  readonly resubscribe: Effect.Effect<void> = Effect.suspend(() =>
    Effect.forEach([...this.#lines.values()], (line) => this.#open(line), { discard: true })
  )

  /** Tells the quote that still waits for its other side. */
  flush(): void {
    const pending = this.#pending
    this.#pending = undefined
    if (pending !== undefined) this.#tell(pending)
  }

  get lines(): ReadonlyArray<number> {
    return [...this.#lines.keys()].toSorted((a, b) => a - b)
  }

  /** Why a line is refused (no permission, unknown contract), by instrument. */
  get refused(): ReadonlyMap<number, string> {
    return this.#refused
  }

  ibGreeks(instrument: number): IbGreeks | undefined {
    return this.#greeks.get(instrument)
  }

  /** Looks for a pulse of content; every call that finds none goes one step further. */
  readonly look: Effect.Effect<void> = Effect.suspend(() => {
    const { nowMs, isOpen, silenceMsMax, onEscalate } = this.#options
    const atMs = nowMs()
    if (this.#lines.size === 0 || !isOpen(atMs) || this.#link.state._tag !== "Up") {
      this.#contentMs = atMs
      return Effect.void
    }
    if (atMs - this.#contentMs < silenceMsMax) return Effect.void
    this.#contentMs = atMs
    this.#warnings++
    const why = `no market data for ${silenceMsMax} ms while the market is open`
    if (this.#warnings === 1) return this.resubscribe
    if (this.#warnings >= escalatedAt) onEscalate(`${why}, again after a new connection`)
    return Effect.ignore(
      Effect.map(this.#link.wire, (wire) =>
        wire.close(new IbConnectionLost({ place: wire.place, why }))
      )
    )
  })

  /** Looks again and again in the scope. */
  readonly watch: Effect.Effect<void, never, Scope.Scope> = Effect.suspend(() =>
    Effect.asVoid(
      Effect.forkScoped(
        Effect.forever(Effect.andThen(Effect.sleep(this.#options.silenceMsMax / 2), this.look))
      )
    )
  )

  #open(line: Line): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const known = this.#contracts.of(line.instrument)!
      const before = line.requestId
      this.#byRequest.delete(before)
      line.requestId = this.#link.newRequestId()
      this.#byRequest.set(line.requestId, line)
      this.#lines.set(line.instrument, line)
      yield* this.#link.turn
      const wire = yield* this.#link.wire
      yield* Effect.try(() => {
        if (line.wire === wire) wire.send((api) => api.cancelMktData(before))
        wire.send((api) => api.reqMktData(line.requestId, known.contract, "", false, false))
      })
      line.wire = wire
      // A connection that is gone asks for every line anew when it is back.
    }).pipe(Effect.ignore)
  }

  #cancel({ requestId }: Line): Effect.Effect<void> {
    this.#byRequest.delete(requestId)
    return Effect.gen({ self: this }, function* () {
      yield* this.#link.turn
      const wire = yield* this.#link.wire
      yield* Effect.try(() => wire.send((api) => api.cancelMktData(requestId)))
    }).pipe(Effect.ignore)
  }

  #heard(id: number): Line | undefined {
    const line = this.#byRequest.get(id)
    if (line === undefined) return undefined
    if (this.#pending !== undefined && this.#pending !== line) this.flush()
    line.tickMs = this.#options.nowMs()
    this.#contentMs = line.tickMs
    if (this.#warnings >= escalatedAt) this.#options.onAlive?.()
    this.#warnings = 0
    return line
  }

  #price(id: number, type: number, price: number | undefined): void {
    const isBid = bid.has(type)
    if (!isBid && !ask.has(type)) return
    const line = this.#heard(id)
    if (line === undefined) return
    // -1 stands for no quote.
    const micros = microsOfUsd(price) ?? 0
    if (isBid) line.bidMicros = Math.max(0, micros)
    else line.askMicros = Math.max(0, micros)
    this.#pending = line
  }

  #size(id: number, type: number, size: number, isOwnSize: boolean): void {
    const isBid = bidSize.has(type)
    if (!isBid && !askSize.has(type)) return
    const line = this.#heard(id)
    if (line === undefined) return
    if (isBid) line.bidSize = Math.max(0, Math.floor(size))
    else line.askSize = Math.max(0, Math.floor(size))
    this.#pending = line
    if (!isBid && !isOwnSize) this.flush()
  }

  #computed(id: number, type: number, values: ReadonlyArray<number | undefined>): void {
    const line = this.#byRequest.get(id)
    if (line === undefined || type !== modelTick) return
    const [volatility, delta, , , gamma, vega, theta, underlying] = values
    const greeks = {
      impliedVolatility: known(volatility, -1),
      delta: known(delta, -2),
      gamma: known(gamma, -2),
      vegaPerVolPoint: known(vega, -2),
      thetaPerDay: known(theta, -2),
      underlyingMicros: microsOfUsd(underlying) ?? 0
    }
    const { instrument } = line
    this.#greeks.set(instrument, greeks)
    const spotMicros = midOf(this.#lines.get(stockId))
    this.#options.onGreeks?.({ instrument, greeks, midMicros: midOf(line), spotMicros })
  }

  #tell({ instrument, bidMicros, askMicros, bidSize: bids, askSize: asks }: Line): void {
    this.#options.onQuote({
      instrument,
      bidMicros: bids > 0 ? bidMicros : 0,
      askMicros: asks > 0 ? askMicros : 0,
      bidSize: bidMicros > 0 ? bids : 0,
      askSize: askMicros > 0 ? asks : 0,
      timeMs: this.#options.nowMs()
    })
  }
}

const newLine = (instrument: number): Line => ({
  ...{
    instrument,
    requestId: 0,
    wire: undefined,
    bidMicros: 0,
    askMicros: 0,
    bidSize: 0,
    askSize: 0,
    tickMs: 0
  }
})

const midOf = (line: Line | undefined): number =>
  line !== undefined && line.bidMicros > 0 && line.askMicros > 0
    ? (line.bidMicros + line.askMicros) / 2
    : 0

/** IB says "not computed" with a number of its own. */
const known = (value: number | undefined, absent: number): number =>
  value === undefined || value === absent ? Number.NaN : value
