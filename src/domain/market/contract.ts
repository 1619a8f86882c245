/**
 * Listed option contracts, their 21-character OSI symbols, and the instruments of a session.
 * Instrument ids are dense: 0 is the underlying stock, then options by expiration, strike, right.
 */
import { Result, Schema } from "effect"
import { daysOfCivil, parseDate } from "./civilDate.ts"

const OptionType = Schema.Literals(["Call", "Put"])

export const ExerciseStyle = Schema.Literals(["American", "European"])
export type ExerciseStyle = typeof ExerciseStyle.Type

/**
 * `underlying`: ticker of 1-6 capitals or digits. `strikeMicros`: integer micro-USD, a multiple of
 * 1,000 (the OSI symbol holds tenths of a cent). `expiration`: "YYYY-MM-DD" as listed.
 * `multiplier`: units of the underlying per contract, 100 for standard ones.
 */
export const OptionContract = Schema.Struct({
  underlying: Schema.String,
  optionType: OptionType,
  strikeMicros: Schema.Int,
  expiration: Schema.String,
  exerciseStyle: ExerciseStyle,
  multiplier: Schema.Int
})
export type OptionContract = typeof OptionContract.Type

/** What an OSI symbol does not say. */
export type ContractTerms = Pick<OptionContract, "exerciseStyle" | "multiplier">

interface StockInstrument {
  readonly kind: "Stock"
  readonly id: number
  /** The ticker. */
  readonly symbol: string
}

interface OptionInstrument {
  readonly kind: "Option"
  readonly id: number
  /** The OSI symbol. */
  readonly symbol: string
  readonly contract: OptionContract
}

export type Instrument = StockInstrument | OptionInstrument

/** The id of the underlying stock in every session. */
export const stockId = 0

const strikeMicrosMax = 99_999_999_000

/** Why a contract cannot be listed, as one sentence, or undefined where it can. */
export const contractFault = (contract: OptionContract): string | undefined => {
  const { underlying, strikeMicros, expiration, multiplier } = contract
  if (!/^[A-Z0-9]{1,6}$/.test(underlying)) {
    return `underlying was "${underlying}", 1 to 6 capitals or digits are allowed`
  }
  if (!(strikeMicros > 0 && strikeMicros <= strikeMicrosMax && strikeMicros % 1_000 === 0)) {
    return `strikeMicros was ${strikeMicros}, multiples of 1000 to ${strikeMicrosMax} are allowed`
  }
  const days = parseDate(expiration)
  if (days === undefined || days < yearFirst || days > yearLast) {
    return `expiration was "${expiration}", a date from 2000-01-01 to 2099-12-31 is allowed`
  }
  return multiplier > 0 && Number.isSafeInteger(multiplier)
    ? undefined
    : `multiplier was ${multiplier}, a positive integer is allowed`
}

// The OSI symbol has two digits for the year.
const yearFirst = daysOfCivil(2000, 1, 1)
const yearLast = daysOfCivil(2099, 12, 31)

/**
 * The OSI symbol of a contract without fault: ticker padded to 6, YYMMDD, C or P, and the strike in
 * tenths of a cent as 8 digits. Source: OCC, Options Symbology Initiative, 2010.
 */
export const formatOsi = (contract: OptionContract): string => {
  const { underlying, expiration, optionType, strikeMicros } = contract
  const yymmdd = expiration.slice(2, 4) + expiration.slice(5, 7) + expiration.slice(8, 10)
  const strike = String(strikeMicros / 1_000).padStart(8, "0")
  return `${underlying.padEnd(6)}${yymmdd}${optionType === "Call" ? "C" : "P"}${strike}`
}

/** Reads an OSI symbol; fails with one sentence. The terms are what the symbol leaves out. */
export const parseOsi = (
  symbol: string,
  terms: ContractTerms
): Result.Result<OptionContract, string> => {
  const match = /^([A-Z0-9]{1,6}) *(\d{2})(\d{2})(\d{2})([CP])(\d{8})$/.exec(symbol)
  if (match === null || symbol.length !== 21) {
    return Result.fail(`"${symbol}" is not an OSI symbol: ROOT__YYMMDD, C or P, 8 digits`)
  }
  const contract: OptionContract = {
    underlying: match[1]!,
    optionType: match[5] === "C" ? "Call" : "Put",
    strikeMicros: +match[6]! * 1_000,
    expiration: `20${match[2]}-${match[3]}-${match[4]}`,
    exerciseStyle: terms.exerciseStyle,
    multiplier: terms.multiplier
  }
  const fault = contractFault(contract)
  return fault === undefined
    ? Result.succeed(contract)
    : Result.fail(`"${symbol}" is not a contract: ${fault}`)
}

/** The listing order: expiration, strike, calls before puts. */
export const compareContracts = (a: OptionContract, b: OptionContract): number => {
  if (a.expiration !== b.expiration) return a.expiration < b.expiration ? -1 : 1
  if (a.strikeMicros !== b.strikeMicros) return a.strikeMicros - b.strikeMicros
  return a.optionType === b.optionType ? 0 : a.optionType === "Call" ? -1 : 1
}

/** The instruments of a session: the stock as id 0, then the contracts in listing order. */
export const makeInstruments = (
  underlying: string,
  contracts: ReadonlyArray<OptionContract>
): ReadonlyArray<Instrument> => [
  { kind: "Stock", id: stockId, symbol: underlying },
  ...[...contracts].sort(compareContracts).map((contract, index) => ({
    kind: "Option" as const,
    id: index + 1,
    symbol: formatOsi(contract),
    contract
  }))
]
