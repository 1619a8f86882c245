/**
 * Pricing of whole chains: columns in, columns out, no allocation per option and none per call beyond
 * one scratch row. Same kernels as the scalar functions, so the same bits.
 */
import type { AmericanSolution } from "./american.ts"
import {
  type AmericanAccuracy,
  americanImpliedVolatilityOrCode,
  evaluateAmerican
} from "./americanOption.ts"
import { evaluateBlackScholes, greekNames } from "./blackScholes.ts"
import { impliedVolatilityOrCode } from "./impliedVolatility.ts"

/** One row per option; units as in `BlackScholesInput`. All columns are at least `count` long. */
export type OptionColumns = {
  /** 1 for a call, 0 for a put. */
  readonly isCall: Uint8Array
  readonly spot: Float64Array
  readonly strike: Float64Array
  readonly timeToExpirationYears: Float64Array
  readonly riskFreeRate: Float64Array
  readonly dividendYield: Float64Array
}

/** Every greek of `BlackScholesGreeks` as a column. */
export type GreekColumns = { readonly [name in (typeof greekNames)[number]]: Float64Array }

/** What the columns of a chain of American options hold. */
export type AmericanColumns = {
  readonly price: Float64Array
  readonly delta: Float64Array
  readonly gamma: Float64Array
  readonly thetaPerYear: Float64Array
}

/** Columns for `count` options, all zero. */
export const makeGreekColumns = (count: number): GreekColumns => ({
  price: new Float64Array(count),
  delta: new Float64Array(count),
  gamma: new Float64Array(count),
  vegaPerVol: new Float64Array(count),
  thetaPerYear: new Float64Array(count),
  rhoPerRate: new Float64Array(count),
  phiPerRate: new Float64Array(count),
  vannaPerVol: new Float64Array(count),
  volgaPerVol2: new Float64Array(count),
  charmPerYear: new Float64Array(count),
  vetaPerVolYear: new Float64Array(count),
  speed: new Float64Array(count),
  zommaPerVol: new Float64Array(count),
  colorPerYear: new Float64Array(count),
  ultimaPerVol3: new Float64Array(count),
  dualDelta: new Float64Array(count),
  dualGamma: new Float64Array(count)
})

const scratch = new Float64Array(greekNames.length)

/** Value and all greeks of `count` European options into `out`. Rows out of domain become NaN. */
export const blackScholesColumns = (
  count: number,
  options: OptionColumns,
  volatility: Float64Array,
  out: GreekColumns
): void => {
  const row = scratch
  const { isCall, spot, strike, timeToExpirationYears, riskFreeRate, dividendYield } = options
  const { price, delta, gamma, vegaPerVol, thetaPerYear, rhoPerRate, phiPerRate } = out
  const { vannaPerVol, volgaPerVol2, charmPerYear, vetaPerVolYear, speed, zommaPerVol } = out
  const { colorPerYear, ultimaPerVol3, dualDelta, dualGamma } = out
  for (let i = 0; i < count; i++) {
    evaluateBlackScholes(
      isCall[i] === 1,
      spot[i]!,
      strike[i]!,
      timeToExpirationYears[i]!,
      riskFreeRate[i]!,
      dividendYield[i]!,
      volatility[i]!,
      row
    )
    price[i] = row[0]!
    delta[i] = row[1]!
    gamma[i] = row[2]!
    vegaPerVol[i] = row[3]!
    thetaPerYear[i] = row[4]!
    rhoPerRate[i] = row[5]!
    phiPerRate[i] = row[6]!
    vannaPerVol[i] = row[7]!
    volgaPerVol2[i] = row[8]!
    charmPerYear[i] = row[9]!
    vetaPerVolYear[i] = row[10]!
    speed[i] = row[11]!
    zommaPerVol[i] = row[12]!
    colorPerYear[i] = row[13]!
    ultimaPerVol3[i] = row[14]!
    dualDelta[i] = row[15]!
    dualGamma[i] = row[16]!
  }
}

/**
 * Implied volatilities of `count` European options. Where there is none, `volatility` is 0 and `code`
 * negative (`reasonOfCode`); elsewhere `code` is 0.
 */
export const impliedVolatilityColumns = (
  count: number,
  options: OptionColumns,
  price: Float64Array,
  volatility: Float64Array,
  code: Int8Array
): void => {
  const { isCall, spot, strike, timeToExpirationYears, riskFreeRate, dividendYield } = options
  for (let i = 0; i < count; i++) {
    const answer = impliedVolatilityOrCode(
      isCall[i] === 1,
      price[i]!,
      spot[i]!,
      strike[i]!,
      timeToExpirationYears[i]!,
      riskFreeRate[i]!,
      dividendYield[i]!
    )
    volatility[i] = Math.max(0, answer)
    code[i] = Math.min(0, answer)
  }
}

const solution: AmericanSolution = { price: 0, delta: 0, gamma: 0, thetaPerYear: 0 }

/** Value, delta, gamma and theta of `count` American options into `out`. */
export const americanColumns = (
  accuracy: AmericanAccuracy,
  count: number,
  options: OptionColumns,
  volatility: Float64Array,
  out: AmericanColumns
): void => {
  const { isCall, spot, strike, timeToExpirationYears, riskFreeRate, dividendYield } = options
  for (let i = 0; i < count; i++) {
    evaluateAmerican(
      accuracy,
      isCall[i] === 1,
      spot[i]!,
      strike[i]!,
      timeToExpirationYears[i]!,
      riskFreeRate[i]!,
      dividendYield[i]!,
      volatility[i]!,
      solution
    )
    out.price[i] = solution.price
    out.delta[i] = solution.delta
    out.gamma[i] = solution.gamma
    out.thetaPerYear[i] = solution.thetaPerYear
  }
}

/** As `impliedVolatilityColumns` for American options at `accuracy`. */
export const americanImpliedVolatilityColumns = (
  accuracy: AmericanAccuracy,
  count: number,
  options: OptionColumns,
  price: Float64Array,
  volatility: Float64Array,
  code: Int8Array
): void => {
  const { isCall, spot, strike, timeToExpirationYears, riskFreeRate, dividendYield } = options
  for (let i = 0; i < count; i++) {
    const answer = americanImpliedVolatilityOrCode(
      accuracy,
      isCall[i] === 1,
      price[i]!,
      spot[i]!,
      strike[i]!,
      timeToExpirationYears[i]!,
      riskFreeRate[i]!,
      dividendYield[i]!
    )
    volatility[i] = Math.max(0, answer)
    code[i] = Math.min(0, answer)
  }
}
