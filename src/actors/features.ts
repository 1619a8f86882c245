/**
 * Features: per interval, the surface that the chain implies (forwards, smiles without arbitrage) with the greeks of
 * what is quoted, what the stock has realized today, and the regime model's input.
 *
 * Options are looked at only at intervals: a quote costs one update of the board.
 */
import { Schema } from "effect"
import { DailyBar } from "../domain/features/dailyBar.ts"
import { modelInput } from "../domain/features/modelInput.ts"
import { tradingDaysPerYear } from "../domain/features/realizedVolatility.ts"
import { barsMin } from "../domain/features/regimeFeatures.ts"
import { readSurface, termOf } from "../domain/features/surfaceFeatures.ts"
import { OptionChain, OptionChainSnapshot } from "../domain/market/optionChain.ts"
import { QuoteBoard, QuoteBoardSnapshot } from "../domain/market/quoteBoard.ts"
import { mergeSlices, SmileSlice } from "../domain/market/surface/smileSlice.ts"
import { FeaturesComputed, SurfaceFitted } from "./ports/records/cognition.ts"
import {
  DailyHistoryLoaded,
  InstrumentsListed,
  IntervalElapsed,
  Quote,
  TradingSessionStatus
} from "./ports/records/market.ts"
import { type Behavior, observe, subscribe } from "./runtime/Behavior.ts"

export interface FeaturesConfig {
  /** Features are computed at each whole multiple of this since the open; a multiple of 60,000. */
  readonly featureIntervalMs: number
  /** Older quotes are not read. */
  readonly quoteAgeMsMax: number
}

const featuresId = "features"

const regularSessionMinutes = 390
/** Minutes of returns before a realized volatility is told. */
const returnsMin = 15
const minuteMs = 60_000

/** Today's price, sampled each minute. Prices in micro-USD, 0 before the first. */
const Day = Schema.Struct({
  date: Schema.String,
  riskFreeRate: Schema.Finite,
  openMicros: Schema.Finite,
  highMicros: Schema.Finite,
  lowMicros: Schema.Finite,
  lastMicros: Schema.Finite,
  returns: Schema.Int,
  sumOfSquaredReturns: Schema.Finite,
  isOpen: Schema.Boolean
})
type Day = { -readonly [K in keyof typeof Day.Type]: (typeof Day.Type)[K] }

const History = Schema.Struct({ symbol: Schema.String, bars: Schema.Array(DailyBar) })

export interface FeaturesState {
  board: QuoteBoard
  chain: OptionChain
  underlying: string
  quotesSeen: number
  day: Day | undefined
  /** The last bars of each symbol, as many as the model reads. */
  histories: ReadonlyArray<typeof History.Type>
  /** The last smile of each expiration: where the next fit begins. */
  surface: ReadonlyArray<SmileSlice>
}

const FeaturesSnapshot = Schema.Struct({
  board: QuoteBoardSnapshot,
  chain: OptionChainSnapshot,
  underlying: Schema.String,
  quotesSeen: Schema.Int,
  day: Schema.UndefinedOr(Day),
  histories: Schema.Array(History),
  surface: Schema.Array(SmileSlice)
})

type Message =
  | typeof InstrumentsListed
  | typeof DailyHistoryLoaded
  | typeof TradingSessionStatus
  | typeof Quote
  | typeof IntervalElapsed

type Event = typeof SurfaceFitted | typeof FeaturesComputed

export const makeFeatures = (
  config: FeaturesConfig
): Behavior<FeaturesState, Message, Event, typeof FeaturesSnapshot.Type> => ({
  id: featuresId,
  messages: [
    observe(InstrumentsListed),
    observe(DailyHistoryLoaded),
    observe(TradingSessionStatus),
    observe(Quote),
    subscribe(IntervalElapsed, "lapse")
  ],
  events: [SurfaceFitted, FeaturesComputed],
  moneyBearing: false,
  initial: () => ({
    board: new QuoteBoard(0),
    chain: OptionChain.empty,
    underlying: "",
    quotesSeen: 0,
    day: undefined,
    histories: [],
    surface: []
  }),
  evolve: (state, record) => {
    switch (record.type) {
      case "Quote":
        state.board.update(record.payload)
        state.quotesSeen++
        break
      case "InstrumentsListed":
        state.board = new QuoteBoard(record.payload.instruments.length)
        state.chain = OptionChain.of(record.payload.instruments)
        state.underlying = record.payload.underlying
        break
      case "DailyHistoryLoaded": {
        const { symbol, bars } = record.payload
        const others = state.histories.filter((each) => each.symbol !== symbol)
        state.histories = [...others, { symbol, bars: bars.slice(-barsMin).map(inMicros) }]
        break
      }
      case "TradingSessionStatus":
        state.day = dayAfter(state.day, record.payload)
        break
      case "IntervalElapsed":
        if (state.day !== undefined) samplePrice(state.day, spotMicros(state))
        break
      case "SurfaceFitted":
        state.surface = mergeSlices(state.surface, record.payload.expirations)
        break
    }
    return state
  },
  decide: (state, message, context) => {
    if (message.type !== "IntervalElapsed" || context.late) return []
    const { minute, timeMs } = message.payload
    if ((minute * minuteMs) % config.featureIntervalMs !== 0) return []
    const { day } = state
    const spot = spotMicros(state)
    if (day === undefined || !(spot > 0)) return []
    const market = {
      board: state.board,
      nowMs: timeMs,
      spotMicros: spot,
      riskFreeRate: day.riskFreeRate,
      quoteAgeMsMax: config.quoteAgeMsMax
    }
    const surface = readSurface(market, state.chain, state.surface)
    return [
      SurfaceFitted.make({
        expirations: surface.map(({ slice, shown }) => ({
          expiration: slice.expiration,
          timeToExpirationYears: slice.timeToExpirationYears,
          forwardMicros: slice.forwardMicros,
          theta: slice.theta,
          rho: slice.rho,
          psi: slice.psi,
          quotes: slice.quotes,
          rmsWidths: slice.rmsWidths,
          outsideQuotes: shown.outsideQuotes,
          bidVegaUsdPerVolPoint: shown.bidVegaUsdPerVolPoint,
          askVegaUsdPerVolPoint: shown.askVegaUsdPerVolPoint,
          askGammaSharesPerUsd: shown.askGammaSharesPerUsd,
          askThetaUsdPerDay365: shown.askThetaUsdPerDay365
        }))
      }),
      FeaturesComputed.make({
        spotMicros: spot,
        realizedVolatility: realizedVolatility(day),
        term: surface.map(termOf),
        quotesSeen: state.quotesSeen,
        staleInstruments: staleCount(state.board, timeMs, config.quoteAgeMsMax),
        modelInput: modelInput({
          underlying: state.underlying,
          histories: state.histories,
          date: day.date,
          session: {
            open: day.openMicros,
            high: day.highMicros,
            low: day.lowMicros,
            close: day.lastMicros
          },
          elapsedFraction: minute / regularSessionMinutes
        })
      })
    ]
  },
  invariant: ({ day }) => {
    if (day !== undefined && day.highMicros < day.lowMicros) {
      throw new Error(`features hold a high of ${day.highMicros} below the low ${day.lowMicros}`)
    }
  },
  snapshotSchema: FeaturesSnapshot,
  snapshot: (state) => ({
    board: state.board.snapshot(),
    chain: state.chain.snapshot(),
    underlying: state.underlying,
    quotesSeen: state.quotesSeen,
    day: state.day === undefined ? undefined : { ...state.day },
    histories: state.histories,
    surface: state.surface
  }),
  restore: (snapshot) => ({
    ...snapshot,
    board: QuoteBoard.restore(snapshot.board),
    chain: OptionChain.restore(snapshot.chain),
    day: snapshot.day === undefined ? undefined : { ...snapshot.day }
  })
})

const spotMicros = (state: FeaturesState): number =>
  state.chain.stock < 0 ? Number.NaN : state.board.midMicros(state.chain.stock)

const dayAfter = (
  day: Day | undefined,
  status: { readonly date: string; readonly status: string; readonly riskFreeRate: number }
): Day => {
  const { date, riskFreeRate } = status
  const isOpen = status.status === "Open"
  return day !== undefined && day.date === date
    ? { ...day, riskFreeRate, isOpen }
    : {
        date,
        riskFreeRate,
        openMicros: 0,
        highMicros: 0,
        lowMicros: 0,
        lastMicros: 0,
        returns: 0,
        sumOfSquaredReturns: 0,
        isOpen
      }
}

const samplePrice = (day: Day, spot: number): void => {
  if (!(spot > 0)) return
  if (day.lastMicros === 0) {
    day.openMicros = spot
    day.highMicros = spot
    day.lowMicros = spot
  } else {
    day.sumOfSquaredReturns += Math.log(spot / day.lastMicros) ** 2
    day.returns++
    day.highMicros = Math.max(day.highMicros, spot)
    day.lowMicros = Math.min(day.lowMicros, spot)
  }
  day.lastMicros = spot
}

/** Of minute returns since the open, as if every session minute of a year moved as much; nights are not in it. */
const realizedVolatility = (day: Day): number =>
  day.returns < returnsMin
    ? 0
    : Math.sqrt(
        (day.sumOfSquaredReturns / day.returns) * regularSessionMinutes * tradingDaysPerYear
      )

const staleCount = (board: QuoteBoard, nowMs: number, quoteAgeMsMax: number): number => {
  let count = 0
  for (let at = 0; at < board.instrumentCount; at++) {
    if (board.isQuoted(at) && board.ageMs(at, nowMs) > quoteAgeMsMax) count++
  }
  return count
}

const inMicros = (bar: DailyBar): DailyBar => ({
  date: bar.date,
  open: Math.round(bar.open * 1e6),
  high: Math.round(bar.high * 1e6),
  low: Math.round(bar.low * 1e6),
  close: Math.round(bar.close * 1e6),
  volume: bar.volume
})
