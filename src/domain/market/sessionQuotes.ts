/**
 * A recorded session in memory: one row per quote, in columns, so that half a million quotes cost
 * a few arrays and no objects. Rows are ordered by (time, instrument), the stock first.
 */
import type { TradingDay } from "./calendar.ts"
import type { Instrument } from "./contract.ts"

export interface SessionQuotes {
  readonly name: string
  readonly underlying: string
  /** Indexed by instrument id. */
  readonly instruments: ReadonlyArray<Instrument>
  /** In order; the session's clock runs from the first open to the last close. */
  readonly days: ReadonlyArray<TradingDay>
  readonly rowCount: number
  /** Epoch milliseconds at which the quote is known: the end of its bar. In (open, close]. */
  readonly timeMs: Float64Array
  readonly instrument: Int32Array
  /**
   * Integer micro-USD per share; 0 where the side is absent. A side is absent where its bar had no
   * quote: nobody was there, or the quote of the minute before stood unchanged (see
   * data/SOURCES.md). So nothing trades against it, and it values nothing.
   */
  readonly bidMicros: Float64Array
  /** As `bidMicros`. */
  readonly askMicros: Float64Array
  /** Contracts for options, shares for the stock; 0 where the side is absent. */
  readonly bidSize: Int32Array
  readonly askSize: Int32Array
  readonly stockTrades: StockTrades
  readonly assumptions: SessionAssumptions
  readonly report: SessionReport
}

/** Minute trade bars of the stock in trading hours, in time order; also known at their end. */
export interface StockTrades {
  readonly rowCount: number
  readonly timeMs: Float64Array
  readonly highMicros: Float64Array
  readonly lowMicros: Float64Array
  readonly closeMicros: Float64Array
  /** Shares. */
  readonly volume: Float64Array
}

/** What a desk has to know and quotes do not tell, with its source. */
interface SessionAssumptions {
  /** Continuous, per year. */
  readonly riskFreeRate: number
  readonly riskFreeRateSource: string
  /** Continuous, per year. */
  readonly dividendYield: number
  readonly dividendYieldSource: string
  /** The stock's last regular trade of the day before the session; undefined where unknown. */
  readonly previousCloseMicros: number | undefined
  /** The stock's last regular trade of each day: what options expiring that day settle on. */
  readonly closes: ReadonlyArray<{ readonly date: string; readonly closeMicros: number }>
}

/**
 * What became of the rows: each is a quote or trade kept, not tradable, outside hours, or bad.
 * The counts are the sums over `files`.
 */
export interface SessionReport extends RowCounts {
  readonly files: ReadonlyArray<FileReport>
  /** Quotes of which a side is absent. They are valid. */
  readonly withoutBid: number
  readonly withoutAsk: number
  /** Rows of the contracts file with a fault: quotes of such a contract are bad rows. */
  readonly badContracts: number
  /** The first bad rows, those of the contracts file too, at most 1,000; the counts have all. */
  readonly bad: ReadonlyArray<BadRow>
}

/** rows = quotes + trades + notTradable + outsideHours + badRows. */
interface RowCounts {
  readonly rows: number
  readonly quotes: number
  readonly trades: number
  /** Option rows whose bar begins outside trading hours: marks of a shut market. */
  readonly notTradable: number
  /** Stock rows whose bar begins outside trading hours. */
  readonly outsideHours: number
  readonly badRows: number
}

export interface FileReport extends RowCounts {
  readonly file: string
  readonly date: string
}

/** `line` counts from 1, the header included. */
export interface BadRow {
  readonly file: string
  readonly line: number
  readonly reason: string
}
