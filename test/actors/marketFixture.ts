/** A small chain at model prices, as the records that bring it to an actor. */
import {
  InstrumentsListed,
  IntervalElapsed,
  type ListedInstrument,
  Quote,
  TradingSessionStatus
} from "../../src/actors/ports/records/market.ts"
import { tradingDay } from "../../src/domain/market/calendar.ts"
import { blackScholesPrice } from "../../src/domain/pricing/blackScholes.ts"

export const day = tradingDay("2015-12-22")!
export const spotMicros = 750_000_000
export const expiration = "2016-01-15"
const strikes = Array.from({ length: 81 }, (_, at) => 550_000_000 + at * 5_000_000)
const yearMs = 365 * 86_400_000
/** 2016-01-15 16:00 New York. */
const lastTradeMs = Date.UTC(2016, 0, 15, 21)

export const listed = InstrumentsListed.make({
  session: "test",
  underlying: "GOOG",
  contentHash: "",
  rows: 0,
  badRows: 0,
  notTradableRows: 0,
  instruments: [
    {
      instrument: 0,
      kind: "Stock",
      symbol: "GOOG",
      expiration: "",
      strikeMicros: 0,
      optionType: "None",
      exerciseStyle: "None",
      multiplier: 1
    },
    ...strikes.flatMap((strikeMicros, at) =>
      (["Call", "Put"] as const).map(
        (optionType, side): ListedInstrument => ({
          instrument: 1 + 2 * at + side,
          kind: "Option",
          symbol: `${strikeMicros / 1e6}${optionType}`,
          expiration,
          strikeMicros,
          optionType,
          exerciseStyle: "American",
          multiplier: 100
        })
      )
    )
  ]
})

export const status = (name: "Open" | "Closed") =>
  TradingSessionStatus.make({
    date: day.date,
    status: name,
    openMs: day.openMs,
    closeMs: day.closeMs,
    riskFreeRate: 0,
    dividendYield: 0,
    last: false
  })

/** Quotes of everything at a flat volatility, `halfSpread` either side, at most a fifth of the price. */
export const quotes = (options: {
  readonly volatility: number
  readonly timeMs: number
  readonly spot?: number
  readonly halfSpreadMicros?: number
}) => {
  const { volatility, timeMs, spot = spotMicros, halfSpreadMicros = 50_000 } = options
  const years = (lastTradeMs - timeMs) / yearMs
  const quote = (instrument: number, price: number, half: number, size: number) =>
    Quote.make({
      instrument,
      bidMicros: Math.max(0, Math.floor((price - half) / 10_000) * 10_000),
      askMicros: Math.ceil((price + half) / 10_000) * 10_000,
      bidSize: size,
      askSize: size,
      timeMs,
      replaced: 0
    })
  return [
    quote(0, spot, 20_000, 500),
    ...strikes.flatMap((strike, at) =>
      [true, false].map((isCall, side) => {
        const price = blackScholesPrice(isCall, spot, strike, years, 0, 0, volatility)
        return quote(1 + 2 * at + side, price, Math.min(halfSpreadMicros, price / 5), 40)
      })
    )
  ]
}

export const interval = (minute: number) =>
  IntervalElapsed.make({
    date: day.date,
    minute,
    minutesToClose: (day.closeMs - day.openMs) / 60_000 - minute,
    timeMs: day.openMs + minute * 60_000
  })
