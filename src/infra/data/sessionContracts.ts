/** The contracts of a session: which there are, their ids, and until when each can trade. */
import { expirationCloseMs } from "../../domain/market/calendar.ts"
import {
  contractFault,
  formatOsi,
  type Instrument,
  type OptionContract
} from "../../domain/market/contract.ts"
import { parsePriceMicros } from "../../domain/market/price.ts"
import type { BadRow } from "../../domain/market/sessionQuotes.ts"
import type { CsvRows } from "./csvRows.ts"

/** The header line of the contracts file. */
export const contractsHeader = "symbol,expiry,strike,right"

/** Where each expiry, strike and right leads; see `contractKey`. */
export interface KnownContracts {
  readonly idByKey: ReadonlyMap<number, number>
  /** Indexed by instrument id: the last moment it can trade; Infinity for the stock. */
  readonly lastTradeMs: Float64Array
}

/** One number per contract. `dateKey`: YYYYMMDD. Strikes beyond the OSI symbol give NaN. */
export const contractKey = (dateKey: number, strikeMicros: number, right: "C" | "P"): number =>
  strikeMicros <= 99_999_999_000 && strikeMicros % 1_000 === 0
    ? (dateKey * 2 + (right === "C" ? 0 : 1)) * 134_217_728 + strikeMicros / 1_000
    : Number.NaN

/** Reads the rows of a contracts file; a row with a fault is reported and its contract unknown. */
export const readContracts = (
  rows: CsvRows,
  file: string,
  terms: Pick<OptionContract, "underlying" | "exerciseStyle" | "multiplier">
): { contracts: ReadonlyArray<OptionContract>; bad: ReadonlyArray<BadRow>; rows: number } => {
  const bySymbol = new Map<string, OptionContract>()
  const bad: Array<BadRow> = []
  let count = 0
  while (rows.next()) {
    count++
    const contract = contractOf(rows, terms)
    const fault =
      typeof contract === "string"
        ? contract
        : bySymbol.has(formatOsi(contract))
          ? `a second row of "${formatOsi(contract)}"`
          : undefined
    if (fault !== undefined) bad.push({ file, line: rows.line, reason: fault })
    else if (typeof contract !== "string") bySymbol.set(formatOsi(contract), contract)
  }
  return { contracts: [...bySymbol.values()], bad, rows: count }
}

/** The lookup that the quotes' rows go through. */
export const knownContracts = (instruments: ReadonlyArray<Instrument>): KnownContracts => {
  const idByKey = new Map<number, number>()
  const lastTradeMs = new Float64Array(instruments.length).fill(Number.POSITIVE_INFINITY)
  for (const instrument of instruments) {
    if (instrument.kind === "Stock") continue
    const { expiration, strikeMicros, optionType } = instrument.contract
    const dateKey = Number(expiration.replaceAll("-", ""))
    const key = contractKey(dateKey, strikeMicros, optionType === "Call" ? "C" : "P")
    idByKey.set(key, instrument.id)
    lastTradeMs[instrument.id] = expirationCloseMs(expiration)!
  }
  return { idByKey, lastTradeMs }
}

/** The contract of the current row, or what is wrong with it. */
const contractOf = (
  rows: CsvRows,
  terms: Pick<OptionContract, "underlying" | "exerciseStyle" | "multiplier">
): OptionContract | string => {
  if (rows.fieldCount !== 4) return `the row has ${rows.fieldCount} columns, 4 are needed`
  const [symbol, expiration, strike, right] = [0, 1, 2, 3].map((field) => rows.text(field))
  if (right !== "C" && right !== "P") return `right is "${right}", C or P is allowed`
  const strikeMicros = parsePriceMicros(strike!)
  if (strikeMicros === undefined) return `strike is "${strike}", a decimal above 0 is allowed`
  // Field by field: `terms` may be a whole manifest.
  const contract: OptionContract = {
    underlying: terms.underlying,
    optionType: right === "C" ? "Call" : "Put",
    strikeMicros,
    expiration: expiration!,
    exerciseStyle: terms.exerciseStyle,
    multiplier: terms.multiplier
  }
  const fault = contractFault(contract)
  if (fault !== undefined) return fault
  return formatOsi(contract) === symbol
    ? contract
    : `symbol is "${symbol}", that of the contract is "${formatOsi(contract)}"`
}
