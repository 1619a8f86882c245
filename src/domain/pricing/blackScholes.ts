/**
 * Black-Scholes-Merton with continuous dividend yield: value and every greek of a European option.
 *
 * One kernel writes all results of one option into a scratch array; the scalar and the column
 * functions read it, so they agree bit for bit.
 */
import { forwardIntrinsic, logForwardMoneyness } from "./carry.ts"
import { millsRatio, normalDensity } from "./normal.ts"
import { isSeries, millsDifferenceSeries } from "./normalizedBlack.ts"

export type OptionRight = "Call" | "Put"

/**
 * `spot`, `strike`: currency, > 0. `timeToExpirationYears` >= 0. Rates: continuous, per year, any sign.
 * `volatility`: 0.20 means 20 % per square root of a year, >= 0.
 */
export type BlackScholesInput = {
  readonly right: OptionRight
  readonly spot: number
  readonly strike: number
  readonly timeToExpirationYears: number
  readonly riskFreeRate: number
  readonly dividendYield: number
  readonly volatility: number
}

/**
 * Derivatives of the value of one option on one unit of the underlying. Time derivatives are by
 * calendar time (minus the derivative by time to expiration), per year; volatility and rate
 * derivatives are per 1.00.
 */
export type BlackScholesGreeks = {
  /** Value, currency. */
  readonly price: number
  readonly delta: number
  readonly gamma: number
  readonly vegaPerVol: number
  readonly thetaPerYear: number
  readonly rhoPerRate: number
  /** By dividend yield. */
  readonly phiPerRate: number
  /** By spot and volatility. */
  readonly vannaPerVol: number
  /** By volatility twice. */
  readonly volgaPerVol2: number
  /** Delta by calendar time. */
  readonly charmPerYear: number
  /** Vega by calendar time. */
  readonly vetaPerVolYear: number
  /** Gamma by spot. */
  readonly speed: number
  /** Gamma by volatility. */
  readonly zommaPerVol: number
  /** Gamma by calendar time. */
  readonly colorPerYear: number
  /** By volatility three times. */
  readonly ultimaPerVol3: number
  /** By strike. */
  readonly dualDelta: number
  /** By strike twice. */
  readonly dualGamma: number
}

/** Column order of the kernel's scratch array. */
export const greekNames = [
  "price",
  "delta",
  "gamma",
  "vegaPerVol",
  "thetaPerYear",
  "rhoPerRate",
  "phiPerRate",
  "vannaPerVol",
  "volgaPerVol2",
  "charmPerYear",
  "vetaPerVolYear",
  "speed",
  "zommaPerVol",
  "colorPerYear",
  "ultimaPerVol3",
  "dualDelta",
  "dualGamma"
] as const satisfies ReadonlyArray<keyof BlackScholesGreeks>

/**
 * Value and greeks of a European option.
 *
 * At `timeToExpirationYears` 0 or `volatility` 0 it is the discounted forward payoff with a step delta
 * (one half exactly at the money); derivatives that do not exist there are 0. Inputs outside
 * `BlackScholesInput`'s ranges give NaN: check them first (`engine.ts` does).
 * Accuracy: relative 1e-12 or absolute 1e-14 of 50-digit values, 1e-10 for expiries under a day;
 * test/domain/pricing/blackScholes.test.ts.
 * Source: Haug, The Complete Guide to Option Pricing Formulas, 2nd ed., chapters 1 and 2.
 */
export const blackScholesGreeks = (input: BlackScholesInput): BlackScholesGreeks => {
  const out = new Float64Array(greekNames.length)
  evaluateBlackScholes(
    input.right === "Call",
    input.spot,
    input.strike,
    input.timeToExpirationYears,
    input.riskFreeRate,
    input.dividendYield,
    input.volatility,
    out
  )
  return {
    price: out[0]!,
    delta: out[1]!,
    gamma: out[2]!,
    vegaPerVol: out[3]!,
    thetaPerYear: out[4]!,
    rhoPerRate: out[5]!,
    phiPerRate: out[6]!,
    vannaPerVol: out[7]!,
    volgaPerVol2: out[8]!,
    charmPerYear: out[9]!,
    vetaPerVolYear: out[10]!,
    speed: out[11]!,
    zommaPerVol: out[12]!,
    colorPerYear: out[13]!,
    ultimaPerVol3: out[14]!,
    dualDelta: out[15]!,
    dualGamma: out[16]!
  }
}

/** Value alone; same inputs, edges and accuracy as `blackScholesGreeks`, about a third of the work. */
export const blackScholesPrice = (
  isCall: boolean,
  spot: number,
  strike: number,
  timeYears: number,
  rate: number,
  yieldRate: number,
  volatility: number
): number => {
  const spotLoss = yieldRate === 0 ? 0 : spot * Math.expm1(-yieldRate * timeYears)
  const strikeLoss = strike * Math.expm1(-rate * timeYears)
  const x = logForwardMoneyness(spot, strike, (rate - yieldRate) * timeYears)
  const deviation = volatility * Math.sqrt(timeYears)
  const leg = x <= 0 ? spot + spotLoss : strike + strikeLoss
  const timeValue =
    deviation > 0 ? outOfTheMoneyValue(Math.abs(x) / deviation, deviation / 2, leg) : 0
  return isCall === x <= 0
    ? timeValue
    : timeValue + Math.abs(forwardIntrinsic(spot, strike, spotLoss, strikeLoss))
}

/** The out-of-the-money value from standardized moneyness `a`, half deviation `t`, the paying leg. */
const outOfTheMoneyValue = (a: number, t: number, leg: number): number => {
  const near = a - t
  const unit = leg * normalDensity(near)
  if (isSeries(a, t)) return unit * millsDifferenceSeries(a, t)
  const far = unit * millsRatio(a + t)
  return near >= 0 ? unit * millsRatio(near) - far : leg - unit * millsRatio(-near) - far
}

/**
 * The kernel: all greeks of one option into `out` (order `greekNames`), no allocation.
 *
 * `unit` = spot e^(-qT) phi(d1) = strike e^(-rT) phi(d2) carries every greek; probabilities are
 * `unit` times Mills' ratio on whichever side of zero has no cancellation.
 */
export const evaluateBlackScholes = (
  isCall: boolean,
  spot: number,
  strike: number,
  timeYears: number,
  rate: number,
  yieldRate: number,
  volatility: number,
  out: Float64Array
): void => {
  const spotLoss = yieldRate === 0 ? 0 : spot * Math.expm1(-yieldRate * timeYears)
  const strikeLoss = strike * Math.expm1(-rate * timeYears)
  const spotLeg = spot + spotLoss
  const strikeLeg = strike + strikeLoss
  const carry = rate - yieldRate
  const x = logForwardMoneyness(spot, strike, carry * timeYears)
  const rootTime = Math.sqrt(timeYears)
  const deviation = volatility * rootTime
  const t = deviation / 2
  const a = deviation > 0 ? Math.abs(x) / deviation : x === 0 ? 0 : Infinity
  const spotSide = x <= 0
  const near = a - t
  const far = a + t
  const leg = spotSide ? spotLeg : strikeLeg
  const otherLeg = spotSide ? strikeLeg : spotLeg

  const unit = leg * normalDensity(near)
  const nearMills = unit * millsRatio(Math.abs(near))
  const farMills = unit * millsRatio(far)
  // Discounted probabilities on the out-of-the-money side, and their complements.
  const nearIn = near >= 0 ? nearMills : leg - nearMills
  const nearOut = near >= 0 ? leg - nearMills : nearMills
  const farOut = otherLeg - farMills
  const timeValue = isSeries(a, t) ? unit * millsDifferenceSeries(a, t) : nearIn - farMills

  const isOut = isCall === spotSide
  const sign = isCall ? 1 : -1
  const price = isOut
    ? timeValue
    : timeValue + Math.abs(forwardIntrinsic(spot, strike, spotLoss, strikeLoss))
  // spotShare = S e^(-qT) N(+-d1), strikeShare = K e^(-rT) N(+-d2)
  const spotShare = spotSide ? (isOut ? nearIn : nearOut) : isOut ? farMills : farOut
  const strikeShare = spotSide ? (isOut ? farMills : farOut) : isOut ? nearIn : nearOut

  out[0] = price
  out[5] = sign * timeYears * strikeShare
  out[6] = -sign * timeYears * spotShare
  if (!(unit > 0) || !(deviation > 0)) {
    out[1] = (sign * spotShare) / spot
    out[15] = (-sign * strikeShare) / strike
    writeDegenerate(sign, spot, spotShare, strikeShare, rate, yieldRate, out)
    return
  }
  const d1 = spotSide ? -near : far
  const d2 = spotSide ? -far : near
  const d1d2 = d1 * d2
  // One division each: they cost more than everything they stand in.
  const perSpot = 1 / spot
  const perStrike = 1 / strike
  const perDeviation = 1 / deviation
  const perVolatility = 1 / volatility
  const halfPerTime = 0.5 / timeYears
  const unitPerDeviation = unit * perDeviation
  const gamma = unitPerDeviation * perSpot * perSpot
  const vega = unit * rootTime
  const carryPerDeviation = carry * perDeviation
  const drift = carryPerDeviation * d1
  const vegaPerVolatility = vega * perVolatility

  out[1] = sign * spotShare * perSpot
  out[15] = -sign * strikeShare * perStrike
  out[2] = gamma
  out[3] = vega
  out[4] = sign * (yieldRate * spotShare - rate * strikeShare) - vega * volatility * halfPerTime
  out[7] = -unit * d2 * perSpot * perVolatility
  out[8] = vegaPerVolatility * d1d2
  out[9] = (sign * yieldRate * spotShare - unit * (carryPerDeviation - d2 * halfPerTime)) * perSpot
  out[10] = vega * (yieldRate + drift - (1 + d1d2) * halfPerTime)
  out[11] = -gamma * (d1 * perDeviation + 1) * perSpot
  out[12] = gamma * (d1d2 - 1) * perVolatility
  out[13] = gamma * (yieldRate + drift + (1 - d1d2) * halfPerTime)
  out[14] = vegaPerVolatility * (d1d2 * (d1d2 - 1) - d1 * d1 - d2 * d2) * perVolatility
  out[16] = unitPerDeviation * perStrike * perStrike
}

/** No time, no volatility, or so far from the strike that the density underflows: curvature is 0. */
const writeDegenerate = (
  sign: number,
  spot: number,
  spotShare: number,
  strikeShare: number,
  rate: number,
  yieldRate: number,
  out: Float64Array
): void => {
  const theta = sign * (yieldRate * spotShare - rate * strikeShare)
  const charm = (sign * yieldRate * spotShare) / spot
  for (let column = 2; column < 17; column++) {
    if (column === 5 || column === 6 || column === 15) continue
    out[column] = column === 4 ? theta : column === 9 ? charm : 0
  }
}
