/** What the market data gateway brings in. Prices are integer micro-USD per share; times are epoch ms. */
import { Schema } from "effect"
import { recordType } from "../../../domain/journal/record.ts"

export const marketSource = "market"

/** One listed instrument of the session; `instrument` is its dense id, 0 being the underlying stock. */
export const ListedInstrument = Schema.Struct({
  instrument: Schema.Int,
  kind: Schema.Literals(["Stock", "Option"]),
  /** Ticker of the stock, OSI symbol (21 characters) of an option. */
  symbol: Schema.String,
  /** YYYY-MM-DD; "" for the stock. */
  expiration: Schema.String,
  /** 0 for the stock. */
  strikeMicros: Schema.Int,
  optionType: Schema.Literals(["Call", "Put", "None"]),
  exerciseStyle: Schema.Literals(["American", "European", "None"]),
  /** Shares per contract; 1 for the stock. */
  multiplier: Schema.Int
})
export type ListedInstrument = typeof ListedInstrument.Type

/** FIX SecurityList: the chain of the session, before its first quote. */
export const InstrumentsListed = recordType(
  "InstrumentsListed",
  Schema.Struct({
    session: Schema.String,
    underlying: Schema.String,
    /** SHA-256 of the session's files. */
    contentHash: Schema.String,
    rows: Schema.Int,
    badRows: Schema.Int,
    notTradableRows: Schema.Int,
    instruments: Schema.Array(ListedInstrument)
  })
)

/** Adjusted daily bars of the days before the session, oldest first. Prices in USD. */
export const DailyHistoryLoaded = recordType(
  "DailyHistoryLoaded",
  Schema.Struct({
    symbol: Schema.String,
    source: Schema.String,
    bars: Schema.Array(
      Schema.Struct({
        date: Schema.String,
        open: Schema.Finite,
        high: Schema.Finite,
        low: Schema.Finite,
        close: Schema.Finite,
        volume: Schema.Finite
      })
    )
  })
)

/** FIX TradingSessionStatus. `closeMs` is the real close of that day, early ones included. */
export const TradingSessionStatus = recordType(
  "TradingSessionStatus",
  Schema.Struct({
    date: Schema.String,
    status: Schema.Literals(["Open", "Closed"]),
    openMs: Schema.Int,
    closeMs: Schema.Int,
    /** Continuous, per year. */
    riskFreeRate: Schema.Finite,
    dividendYield: Schema.Finite,
    /** True after the last day of the session: nothing will open again. */
    last: Schema.Boolean
  })
)

/**
 * By feed, a moment after each whole minute of trading, when that minute's quotes are in: what the desk's pace is
 * made of. Not emitted at the open or at the close.
 */
export const IntervalElapsed = recordType(
  "IntervalElapsed",
  Schema.Struct({
    date: Schema.String,
    /** Whole minutes since the open, from 1. */
    minute: Schema.Int,
    /** Whole minutes left until that day's close, >= 1. */
    minutesToClose: Schema.Int,
    /** The end of the minute, epoch ms. */
    timeMs: Schema.Int
  })
)

/**
 * On the wall clock, by the market gateway at each opening of a run and whenever it changes: whether orders reach the
 * broker and prices come from it. `Lost` and `Silent` are told after all that could be done about them was tried; no new
 * risk until they are over.
 */
export const VenueStatus = recordType(
  "VenueStatus",
  Schema.Struct({
    connection: Schema.Literals(["Up", "Lost"]),
    marketData: Schema.Literals(["Alive", "Silent"]),
    /** What was seen, for people; "" where all is well. */
    reason: Schema.String
  })
)
export type VenueStatusPayload = typeof VenueStatus.schema.Type

const isUint32 = (value: number): boolean => value >>> 0 === value && !Object.is(value, -0)
const isWhole = (value: number): boolean => Number.isSafeInteger(value) && !Object.is(value, -0)

export interface QuotePayload {
  readonly instrument: number
  /** 0 where the side is absent. */
  readonly bidMicros: number
  readonly askMicros: number
  readonly bidSize: number
  readonly askSize: number
  /** When it was known: the end of its minute. Epoch ms. */
  readonly timeMs: number
  /** How many older quotes of the instrument it replaced while waiting at the intake. */
  readonly replaced: number
}

/** Top of book of one instrument. Only ever evolves state. */
export const Quote = recordType(
  "Quote",
  Schema.Struct({
    instrument: Schema.Int,
    bidMicros: Schema.Int,
    askMicros: Schema.Int,
    bidSize: Schema.Int,
    askSize: Schema.Int,
    timeMs: Schema.Int,
    replaced: Schema.Int
  }),
  {
    layout: {
      byteLength: 40,
      write: (view, offset, quote: QuotePayload) => {
        view.setUint32(offset, quote.instrument, true)
        view.setUint32(offset + 4, quote.replaced, true)
        view.setFloat64(offset + 8, quote.bidMicros, true)
        view.setFloat64(offset + 16, quote.askMicros, true)
        view.setUint32(offset + 24, quote.bidSize, true)
        view.setUint32(offset + 28, quote.askSize, true)
        view.setFloat64(offset + 32, quote.timeMs, true)
      },
      read: (view, offset): QuotePayload => ({
        instrument: view.getUint32(offset, true),
        bidMicros: view.getFloat64(offset + 8, true),
        askMicros: view.getFloat64(offset + 16, true),
        bidSize: view.getUint32(offset + 24, true),
        askSize: view.getUint32(offset + 28, true),
        timeMs: view.getFloat64(offset + 32, true),
        replaced: view.getUint32(offset + 4, true)
      }),
      holds: (quote) =>
        isUint32(quote.instrument) &&
        isWhole(quote.bidMicros) &&
        isWhole(quote.askMicros) &&
        isUint32(quote.bidSize) &&
        isUint32(quote.askSize) &&
        isWhole(quote.timeMs) &&
        isUint32(quote.replaced)
    }
  }
)

export const marketTypes = [
  InstrumentsListed,
  DailyHistoryLoaded,
  TradingSessionStatus,
  Quote,
  IntervalElapsed,
  VenueStatus
] as const
