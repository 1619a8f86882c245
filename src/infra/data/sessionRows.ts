/**
 * The checks a row of a session passes before anything trades on it. A row that fails one is
 * reported with its file, line and reason, counted, and left out.
 */
import type { TradingDay } from "../../domain/market/calendar.ts"
import { newYorkTimeOf } from "../../domain/market/newYorkTime.ts"
import type {
  BadRow,
  FileReport,
  SessionReport,
  StockTrades
} from "../../domain/market/sessionQuotes.ts"
import type { CsvRows } from "./csvRows.ts"
import { type QuoteColumns, slotsPerDay } from "./quoteColumns.ts"
import { contractKey, type KnownContracts } from "./sessionContracts.ts"
import type { FileKind } from "./sessionManifest.ts"

export const minuteMs = 60_000

const barColumns = (side: string): string =>
  `${side}_open,${side}_high,${side}_low,${side}_close,${side}_size`

/** The header line of each kind of file. */
export const headers: { readonly [Kind in FileKind]: string } = {
  optionQuotes: `date,ms_of_day,expiry,strike,right,${barColumns("bid")},${barColumns("ask")}`,
  stockQuotes: `date,ms_of_day,${barColumns("bid")},${barColumns("ask")}`,
  stockTrades: "date,ms_of_day,open,high,low,close,volume"
}

type Mutable<A> = { -readonly [Key in keyof A]: A[Key] }

/** Collects what was kept and what was refused over all files of a session. */
export class SessionRows {
  readonly quotes: QuoteColumns
  readonly trades: Array<{
    timeMs: number
    high: number
    low: number
    close: number
    volume: number
  }> = []
  readonly bad: Array<BadRow>
  readonly files: Array<Mutable<FileReport>> = []
  private readonly contracts: KnownContracts
  private readonly badContracts: number
  private readonly bid = { micros: 0, size: 0 }
  private readonly ask = { micros: 0, size: 0 }

  constructor(
    quotes: QuoteColumns,
    contracts: KnownContracts,
    badContracts: ReadonlyArray<BadRow>
  ) {
    this.quotes = quotes
    this.contracts = contracts
    this.badContracts = badContracts.length
    this.bad = badContracts.slice(0, badRowsKeptMax)
  }

  /** Reads a file of one day. `dayIndex` counts the session's days. Returns the rows it held. */
  read(
    rows: CsvRows,
    file: { readonly file: string; readonly kind: FileKind; readonly date: string },
    day: TradingDay,
    dayIndex: number
  ): number {
    const report: Mutable<FileReport> = {
      file: file.file,
      date: file.date,
      rows: 0,
      quotes: 0,
      trades: 0,
      notTradable: 0,
      outsideHours: 0,
      badRows: 0
    }
    this.files.push(report)
    const reader = new DayReader(rows, day, this.contracts)
    const fieldCount = headers[file.kind].split(",").length
    while (rows.next()) {
      report.rows++
      const fault =
        rows.fieldCount !== fieldCount
          ? `the row has ${rows.fieldCount} columns, ${fieldCount} are needed`
          : file.kind === "stockTrades"
            ? this.readTrade(reader, report)
            : this.readQuote(reader, file.kind, dayIndex, report)
      if (fault !== undefined) this.refuse(report, rows.line, fault)
    }
    return report.rows
  }

  private refuse(report: Mutable<FileReport>, line: number, reason: string): void {
    report.badRows++
    if (this.bad.length < badRowsKeptMax) this.bad.push({ file: report.file, line, reason })
  }

  private readQuote(
    reader: DayReader,
    kind: "optionQuotes" | "stockQuotes",
    dayIndex: number,
    report: Mutable<FileReport>
  ): string | undefined {
    const isOption = kind === "optionQuotes"
    const base = isOption ? 5 : 2
    const { bid, ask } = this
    const fault =
      reader.readTime() ??
      (isOption ? reader.readContract() : reader.stock()) ??
      reader.readSide(base, "bid", bid) ??
      reader.readSide(base + 5, "ask", ask) ??
      (bid.micros > ask.micros && ask.micros > 0
        ? `bid ${usd(bid.micros)} is above ask ${usd(ask.micros)}`
        : undefined) ??
      reader.accept()
    if (fault !== undefined) return fault
    if (!reader.inHours()) {
      if (isOption) report.notTradable++
      else report.outsideHours++
      return undefined
    }
    report.quotes++
    const slot = dayIndex * slotsPerDay + reader.msOfDay / minuteMs
    this.quotes.push(slot, reader.instrument, bid, ask)
    return undefined
  }

  private readTrade(reader: DayReader, report: Mutable<FileReport>): string | undefined {
    const bar = { open: 0, high: 0, low: 0, close: 0, volume: 0 }
    const fault = reader.readTime() ?? reader.stock() ?? reader.readTradeBar(bar) ?? reader.accept()
    if (fault !== undefined) return fault
    if (!reader.inHours()) {
      report.outsideHours++
      return undefined
    }
    report.trades++
    this.trades.push({ timeMs: reader.endMs(), ...bar })
    return undefined
  }

  report(withoutBid: number, withoutAsk: number): SessionReport {
    const sum = (count: (file: FileReport) => number): number =>
      this.files.reduce((total, file) => total + count(file), 0)
    return {
      files: this.files,
      rows: sum((file) => file.rows),
      quotes: sum((file) => file.quotes),
      trades: sum((file) => file.trades),
      notTradable: sum((file) => file.notTradable),
      outsideHours: sum((file) => file.outsideHours),
      badRows: sum((file) => file.badRows),
      withoutBid,
      withoutAsk,
      badContracts: this.badContracts,
      bad: this.bad
    }
  }

  stockTrades(): StockTrades {
    const { trades } = this
    return {
      rowCount: trades.length,
      timeMs: Float64Array.from(trades, (trade) => trade.timeMs),
      highMicros: Float64Array.from(trades, (trade) => trade.high),
      lowMicros: Float64Array.from(trades, (trade) => trade.low),
      closeMicros: Float64Array.from(trades, (trade) => trade.close),
      volume: Float64Array.from(trades, (trade) => trade.volume)
    }
  }
}

const badRowsKeptMax = 1_000

const usd = (micros: number): string => String(micros / 1_000_000)

/** Reads fields of the current row; each method returns what is wrong with them, if anything. */
class DayReader {
  msOfDay = 0
  instrument = 0
  private readonly rows: CsvRows
  private readonly dateBytes: Uint8Array
  private readonly day: TradingDay
  private readonly contracts: KnownContracts
  private readonly midnightMs: number
  private readonly openMsOfDay: number
  private readonly closeMsOfDay: number
  private lastMsOfDay = 0
  private readonly lastMsByInstrument: Int32Array

  constructor(rows: CsvRows, day: TradingDay, contracts: KnownContracts) {
    this.rows = rows
    this.day = day
    this.contracts = contracts
    this.dateBytes = Buffer.from(day.date, "latin1")
    // Daylight saving changes on Sundays at night, never between midnight and a trading close.
    this.openMsOfDay = newYorkTimeOf(day.openMs).msOfDay
    this.closeMsOfDay = newYorkTimeOf(day.closeMs).msOfDay
    this.midnightMs = day.openMs - this.openMsOfDay
    this.lastMsByInstrument = new Int32Array(contracts.lastTradeMs.length).fill(-1)
  }

  inHours(): boolean {
    return this.msOfDay >= this.openMsOfDay && this.msOfDay < this.closeMsOfDay
  }

  /** When the bar is known: at its end. */
  endMs(): number {
    return this.midnightMs + this.msOfDay + minuteMs
  }

  readTime(): string | undefined {
    const { rows, day } = this
    if (!rows.equals(0, this.dateBytes)) {
      return `date is "${rows.text(0)}", the file is of ${day.date}`
    }
    const msOfDay = rows.integer(1)
    if (!(msOfDay < 86_400_000 && msOfDay % minuteMs === 0)) {
      return `ms_of_day is "${rows.text(1)}", whole minutes from 0 to 86340000 are allowed`
    }
    this.msOfDay = msOfDay
    return undefined
  }

  readContract(): string | undefined {
    const { rows, contracts } = this
    const right = rows.equals(4, callBytes) ? "C" : rows.equals(4, putBytes) ? "P" : undefined
    if (right === undefined) return `right is "${rows.text(4)}", C or P is allowed`
    const key = contractKey(rows.dateKey(2), rows.priceMicros(3), right)
    const id = contracts.idByKey.get(key)
    if (id === undefined) {
      return `contract ${rows.text(2)} ${rows.text(3)} ${right} is not one of the session`
    }
    if (contracts.lastTradeMs[id]! < this.day.openMs) {
      return `contract ${rows.text(2)} ${rows.text(3)} ${right} had expired`
    }
    this.instrument = id
    return undefined
  }

  stock(): undefined {
    this.instrument = 0
    return undefined
  }

  /** Five fields from `base`: open, high, low, close and size of a side; all absent, or none. */
  readSide(
    base: number,
    side: "bid" | "ask",
    into: { micros: number; size: number }
  ): string | undefined {
    const { rows } = this
    const open = rows.priceMicros(base)
    const high = rows.priceMicros(base + 1)
    const low = rows.priceMicros(base + 2)
    const close = rows.priceMicros(base + 3)
    const size = rows.integer(base + 4)
    into.micros = close
    into.size = size
    if (Number.isNaN(open + high + low + close)) return this.fault(base, side, "is no price")
    if (Number.isNaN(size)) {
      return `${side}_size is "${rows.text(base + 4)}", an integer from 0 to 999999999 is allowed`
    }
    const absent = open === 0 && high === 0 && low === 0 && close === 0
    if (absent) {
      return size === 0 ? undefined : `${side}_size is ${size} but there is no ${side}`
    }
    if (size === 0) return `${side}_size is 0 but ${side}_close is "${rows.text(base + 3)}"`
    return this.barFault(base, side, open, high, low, close)
  }

  readTradeBar(into: {
    open: number
    high: number
    low: number
    close: number
    volume: number
  }): string | undefined {
    const { rows } = this
    into.open = rows.priceMicros(2)
    into.high = rows.priceMicros(3)
    into.low = rows.priceMicros(4)
    into.close = rows.priceMicros(5)
    into.volume = rows.integer(6)
    if (Number.isNaN(into.open + into.high + into.low + into.close)) {
      return this.fault(2, "trade", "is no price")
    }
    if (!(into.volume > 0)) {
      return `volume is "${rows.text(6)}", an integer from 1 to 999999999 is allowed`
    }
    return this.barFault(2, "trade", into.open, into.high, into.low, into.close)
  }

  /** The last check: the row stands behind the one before it, and is the only one of its minute. */
  accept(): string | undefined {
    const { msOfDay, instrument, lastMsByInstrument } = this
    if (msOfDay < this.lastMsOfDay) {
      return `ms_of_day ${msOfDay} comes after ${this.lastMsOfDay}: rows must be in order of time`
    }
    if (lastMsByInstrument[instrument] === msOfDay) {
      return `a second row of the same instrument at ms_of_day ${msOfDay}`
    }
    this.lastMsOfDay = msOfDay
    lastMsByInstrument[instrument] = msOfDay
    return undefined
  }

  private barFault(
    base: number,
    side: string,
    open: number,
    high: number,
    low: number,
    close: number
  ): string | undefined {
    const inOrder = low > 0 && low <= open && low <= close && high >= open && high >= close
    return inOrder ? undefined : this.fault(base, side, "is no bar: 0 < low <= open, close <= high")
  }

  private fault(base: number, side: string, what: string): string {
    const texts = [0, 1, 2, 3].map((offset) => `"${this.rows.text(base + offset)}"`)
    return `${side} open, high, low, close of ${texts.join(", ")} ${what}`
  }
}

const callBytes = Buffer.from("C", "latin1")
const putBytes = Buffer.from("P", "latin1")
