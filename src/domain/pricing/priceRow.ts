/**
 * One row of a pricing file: text-like columns in, a price, an implied volatility and every greek out, or
 * one sentence saying what is wrong with the row. The `price` command is this, row by row.
 */

import { Result } from "effect"
import { evaluateAmericanGreeks } from "./americanGreeks.ts"
import type { AmericanAccuracy } from "./americanOption.ts"
import { evaluateBlackScholes, greekNames } from "./blackScholes.ts"
import {
  describeInvalidInput,
  impliedVolatilityOf,
  type PricingInput,
  priceOption
} from "./engine.ts"
import type { ImpliedVolatilityReason } from "./impliedVolatility.ts"

/** `vol` (0.20 is 20 %) or `price`: where both are numbers, `vol` is used. NaN stands for absent. */
export type PriceRowInput = {
  readonly S: number
  readonly K: number
  /** Years. */
  readonly T: number
  readonly r: number
  readonly q: number
  /** "C" or "P". */
  readonly right: string
  /** "european" or "american". */
  readonly style: string
  readonly vol: number
  readonly price: number
}

/** The columns a priced row gains, in order; `error` is the last and empty when all went well. */
export const priceRowColumns = [
  "price",
  "impliedVolatility",
  "delta",
  "gamma",
  "vega",
  "theta",
  "rho",
  "phi",
  "vanna",
  "volga",
  "charm",
  "veta",
  "speed",
  "zomma",
  "color",
  "ultima",
  "dualDelta",
  "dualGamma",
  "error"
] as const

const numberColumns = priceRowColumns.length - 1
const greekCount = greekNames.length
const scratch = new Float64Array(greekCount)

/**
 * Prices one row into `out` (at least 18 long, order `priceRowColumns`) and returns the error, "" when
 * there is none. On an error `out` is all NaN, except that a price given and valid is kept.
 *
 * Units are raw: per 1.00 of volatility and rate, per year. European rows are exact to 1e-12, American
 * ones at `accuracy` ("Exact": within 1e-6, a dozen milliseconds a row).
 */
export const priceRow = (
  row: PriceRowInput,
  out: Float64Array,
  accuracy: AmericanAccuracy = "Exact"
): string => {
  out.fill(Number.NaN, 0, numberColumns)
  if (row.right !== "C" && row.right !== "P") return `right is "${row.right}"; allowed: C or P`
  if (row.style !== "european" && row.style !== "american") {
    return `style is "${row.style}"; allowed: european or american`
  }
  const hasVolatility = !Number.isNaN(row.vol)
  if (!hasVolatility && Number.isNaN(row.price)) {
    return "vol and price are both missing; one of them is needed"
  }
  const input: PricingInput = {
    style: row.style === "american" ? "American" : "European",
    right: row.right === "C" ? "Call" : "Put",
    spot: row.S,
    strike: row.K,
    timeToExpirationYears: row.T,
    riskFreeRate: row.r,
    dividendYield: row.q,
    volatility: hasVolatility ? row.vol : 0,
    accuracy
  }
  if (!hasVolatility) out[0] = row.price
  const volatility = hasVolatility ? row.vol : impliedOf(input, row.price)
  if (typeof volatility === "string") return volatility
  const checked = priceOption({ ...input, style: "European", volatility })
  if (Result.isFailure(checked)) return inFileWords(describeInvalidInput(checked.failure))
  evaluateAllGreeks({ ...input, volatility })
  if (hasVolatility) out[0] = scratch[0]!
  out[1] = volatility
  for (let column = 1; column < greekCount; column++) out[column + 1] = scratch[column]!
  return ""
}

const evaluateAllGreeks = (input: PricingInput): void => {
  const { spot, strike, timeToExpirationYears: time, riskFreeRate, dividendYield } = input
  const isCall = input.right === "Call"
  const { volatility } = input
  const isDegenerate = !(time > 0 && volatility > 0)
  if (input.style === "European" || isDegenerate) {
    evaluateBlackScholes(
      isCall,
      spot,
      strike,
      time,
      riskFreeRate,
      dividendYield,
      volatility,
      scratch
    )
    if (input.style === "American") scratch[0] = Result.getOrThrow(priceOption(input)).price
    return
  }
  evaluateAmericanGreeks(
    input.accuracy ?? "Exact",
    isCall,
    spot,
    strike,
    time,
    riskFreeRate,
    dividendYield,
    volatility,
    scratch
  )
}

const impliedOf = (input: PricingInput, price: number): number | string => {
  const { volatility: _, ...question } = input
  return Result.match(impliedVolatilityOf({ ...question, price }), {
    onSuccess: (volatility): number | string => volatility,
    onFailure: (failure) =>
      failure._tag === "InvalidPricingInput"
        ? inFileWords(describeInvalidInput(failure))
        : `price is ${price}; ${reasonInWords[failure.reason]}`
  })
}

const reasonInWords: Readonly<Record<ImpliedVolatilityReason, string>> = {
  InvalidInput: "no volatility: price must be finite and T above 0",
  PriceBelowIntrinsic: "no volatility: it is below the least value without arbitrage",
  PriceAtIntrinsic: "no single volatility: it is the least value, which many small ones give",
  PriceAtMaximum: "no volatility: it is the greatest value, reached only in the limit",
  PriceAboveMaximum: "no volatility: it is above the greatest value without arbitrage"
}

const fileNames: ReadonlyArray<readonly [string, string]> = [
  ["spot", "S"],
  ["strike", "K"],
  ["timeToExpirationYears", "T"],
  ["riskFreeRate", "r"],
  ["dividendYield", "q"],
  ["volatility", "vol"]
]

/** The file's column for the engine's field at the start of a sentence. */
const inFileWords = (sentence: string): string => {
  const found = fileNames.find(([field]) => sentence.startsWith(`${field} `))
  return found === undefined ? sentence : found[1] + sentence.slice(found[0].length)
}
