/**
 * American options as the desk asks for them: price, first-order greeks and implied volatility at a
 * chosen accuracy. Calls and puts, any sign of the rates: where two exercise boundaries exist (yield
 * below a negative rate, for a put), and wherever there are cash dividends, by finite differences.
 */
import { AmericanPutSolver, type AmericanSolution, exerciseRegion } from "./american.ts"
import { exactSetting, fastSettings, fastYearsMost } from "./americanGrid.ts"
import { evaluateBlackScholes } from "./blackScholes.ts"
import {
  type ExerciseRange,
  exerciseRangeOnGrid,
  extrapolatedValue,
  type FiniteDifferenceGrid,
  type FiniteDifferenceInput
} from "./finiteDifference.ts"
import { impliedVolatilityOrCode } from "./impliedVolatility.ts"

/**
 * "Fast": within 1e-4 per 100 of strike. "Exact": within 1e-6. On the finite-difference path, which
 * costs milliseconds, about 1e-3 and 1e-4.
 */
export type AmericanAccuracy = "Fast" | "Exact"

const grids: Readonly<Record<AmericanAccuracy, FiniteDifferenceGrid>> = {
  Fast: { spaceSteps: 200, timeSteps: 100 },
  Exact: { spaceSteps: 600, timeSteps: 300 }
}

const exactSolver = new AmericanPutSolver(exactSetting)
const fastSolvers = fastSettings.map((setting) => new AmericanPutSolver(setting))

/** `putRate`: the rate of the put that stands for the option. */
const solverFor = (
  accuracy: AmericanAccuracy,
  timeYears: number,
  putRate: number
): AmericanPutSolver => {
  if (accuracy === "Exact") return exactSolver
  let at = 0
  if (timeYears > fastYearsMost) at = fastSolvers.length - 1
  while (putRate * timeYears > fastSettings[at]!.rateTimesYears) at++
  return fastSolvers[at]!
}

/** Scratch shared by the functions below; every call overwrites it before reading. */
const solution: AmericanSolution = { price: 0, delta: 0, gamma: 0, thetaPerYear: 0 }
const european = new Float64Array(17)

/** Below this the option is worth its payoff now to rounding. */
const leastDeviation = 1e-7
/** The finite-difference grid needs a few cells per deviation. */
const leastGridDeviation = 1e-3

/**
 * Value, delta, gamma and theta per year into `into`; no allocation but on the finite-difference path.
 * `spot`, `strike` > 0, `volatility` >= 0, `timeYears` >= 0.
 */
export const evaluateAmerican = (
  accuracy: AmericanAccuracy,
  isCall: boolean,
  spot: number,
  strike: number,
  timeYears: number,
  rate: number,
  yieldRate: number,
  volatility: number,
  into: AmericanSolution
): void => {
  const payoff = isCall ? spot - strike : strike - spot
  if (!(volatility * Math.sqrt(timeYears) > leastDeviation)) {
    writeWithoutVolatility(isCall, spot, strike, timeYears, rate, yieldRate, into)
    return
  }
  const putRate = isCall ? yieldRate : rate
  const putYield = isCall ? rate : yieldRate
  const region = exerciseRegion(putRate, putYield)
  if (region === "TwoBoundaries") {
    const isAmerican = true
    const option = { isAmerican, isCall, spot, strike, timeYears, rate, yieldRate, volatility }
    evaluateOnGrid(accuracy, { ...option, dividends: [] }, into)
    return
  }
  if (region === "Never") {
    evaluateBlackScholes(isCall, spot, strike, timeYears, rate, yieldRate, volatility, european)
    into.price = european[0]!
    into.delta = european[1]!
    into.gamma = european[2]!
    into.thetaPerYear = european[4]!
    return
  }
  const solver = solverFor(accuracy, timeYears, putRate)
  solver.solveBoundary(timeYears, putRate, putYield, volatility)
  const moneyness = isCall ? strike / spot : spot / strike
  solver.evaluate(moneyness, timeYears, putRate, putYield, volatility, into)
  if (isCall) {
    // The put lives on spot' = strike, strike' = spot; derivatives by strike' follow from homogeneity.
    into.delta = into.price - moneyness * into.delta
    into.gamma = (moneyness * moneyness * into.gamma) / spot
    into.price *= spot
    into.thetaPerYear *= spot
  } else {
    into.price *= strike
    into.gamma /= strike
    into.thetaPerYear *= strike
  }
  if (into.price < payoff) into.price = payoff
}

/**
 * As `evaluateAmerican` on a grid, for cash dividends too. `volatility` and `timeYears` are raised to
 * the least the grid can carry (a total deviation of 1e-3).
 */
export const evaluateOnGrid = (
  accuracy: AmericanAccuracy,
  option: FiniteDifferenceInput,
  into: AmericanSolution
): void => {
  const { spot, strike, rate, yieldRate, timeYears, isAmerican } = option
  const payoff = Math.max(0, option.isCall ? spot - strike : strike - spot)
  if (!(timeYears > 0)) {
    into.price = payoff
    into.delta = payoff > 0 ? (option.isCall ? 1 : -1) : 0
    into.gamma = 0
    into.thetaPerYear = 0
    return
  }
  const volatility = Math.max(option.volatility, leastGridDeviation / Math.sqrt(timeYears))
  const value = extrapolatedValue({ ...option, volatility }, grids[accuracy])
  const isExercised = isAmerican && payoff > 0 && value.price - payoff < 1e-7 * strike
  into.price = isExercised ? payoff : value.price
  into.delta = isExercised ? (option.isCall ? 1 : -1) : value.delta
  into.gamma = isExercised ? 0 : value.gamma
  into.thetaPerYear = isExercised
    ? 0
    : rate * value.price -
      (rate - yieldRate) * spot * value.delta -
      0.5 * volatility * volatility * spot * spot * value.gamma
}

/** Without volatility: the better of exercise now, at expiration, or at the one best time between. */
const writeWithoutVolatility = (
  isCall: boolean,
  spot: number,
  strike: number,
  timeYears: number,
  rate: number,
  yieldRate: number,
  into: AmericanSolution
): void => {
  const sign = isCall ? 1 : -1
  const valueAt = (time: number) =>
    sign * (spot * Math.exp(-yieldRate * time) - strike * Math.exp(-rate * time))
  const turn = Math.log((yieldRate * spot) / (rate * strike)) / (yieldRate - rate)
  const best = turn > 0 && turn < timeYears && valueAt(turn) > valueAt(0) ? turn : 0
  const when = valueAt(timeYears) > valueAt(best) ? timeYears : best
  const value = valueAt(when)
  into.price = Math.max(value, 0)
  into.delta = value > 0 ? sign * Math.exp(-yieldRate * when) : 0
  into.gamma = 0
  into.thetaPerYear = 0
}

/** The value alone, as `evaluateAmerican`. */
export const americanPrice = (
  accuracy: AmericanAccuracy,
  isCall: boolean,
  spot: number,
  strike: number,
  timeYears: number,
  rate: number,
  yieldRate: number,
  volatility: number
): number => {
  evaluateAmerican(accuracy, isCall, spot, strike, timeYears, rate, yieldRate, volatility, solution)
  return solution.price
}

/**
 * The spots at which the holder should exercise now, or undefined when never: down from the boundary
 * for a put, up from it for a call, a band where both rates are negative. At the exact setting.
 */
export const exerciseRange = (
  isCall: boolean,
  strike: number,
  timeYears: number,
  rate: number,
  yieldRate: number,
  volatility: number
): ExerciseRange | undefined => {
  const putRate = isCall ? yieldRate : rate
  const putYield = isCall ? rate : yieldRate
  const region = exerciseRegion(putRate, putYield)
  if (region === "Never") return undefined
  if (region === "TwoBoundaries") {
    const option = { isCall, strike, timeYears, rate, yieldRate, volatility }
    const input = { ...option, isAmerican: true, spot: strike, dividends: [] }
    return exerciseRangeOnGrid(input, grids.Exact)
  }
  const solver = exactSolver
  solver.solveBoundary(timeYears, putRate, putYield, volatility)
  const part = solver.boundaryNow(putRate, putYield)
  return isCall ? { from: strike / part, to: Infinity } : { from: 0, to: strike * part }
}

const volatilityHighest = 20
const volatilityLowest = 1e-5

/**
 * Implied volatility of an American option, or a negative code (`reasonOfCode`): the value equals
 * `price` within 1e-12 of it at the chosen accuracy. A price equal to the payoff is "PriceAtIntrinsic",
 * because immediate exercise makes every lower volatility fit.
 */
export const americanImpliedVolatilityOrCode = (
  accuracy: AmericanAccuracy,
  isCall: boolean,
  price: number,
  spot: number,
  strike: number,
  timeYears: number,
  rate: number,
  yieldRate: number
): number => {
  const sum = price + spot + strike + timeYears + rate + yieldRate
  if (!(spot > 0 && strike > 0 && timeYears > 0 && sum - sum === 0)) return -1
  if (exerciseRegion(isCall ? yieldRate : rate, isCall ? rate : yieldRate) === "Never") {
    return impliedVolatilityOrCode(isCall, price, spot, strike, timeYears, rate, yieldRate)
  }
  const valueAt = (volatility: number) =>
    americanPrice(accuracy, isCall, spot, strike, timeYears, rate, yieldRate, volatility) - price
  // The American value is never below the European one, so the European answer bounds this one.
  const bound = impliedVolatilityOrCode(isCall, price, spot, strike, timeYears, rate, yieldRate)
  const most = isCall
    ? spot * Math.exp(Math.max(0, -yieldRate * timeYears))
    : strike * Math.exp(Math.max(0, -rate * timeYears))
  const isIn = isCall === spot > strike
  const rounding = isIn ? 4e-15 * (spot + strike) : 0
  const high = bound > 0 ? bound * (1 + 1e-9) : volatilityHighest
  return impliedByRoot(valueAt, price, { rounding, most, high })
}

/** Implied volatility on the grid, for cash dividends; as `americanImpliedVolatilityOrCode`. */
export const gridImpliedVolatilityOrCode = (
  accuracy: AmericanAccuracy,
  price: number,
  option: Omit<FiniteDifferenceInput, "volatility">
): number => {
  const { isCall, spot, strike, rate, yieldRate, timeYears } = option
  const scratch: AmericanSolution = { price: 0, delta: 0, gamma: 0, thetaPerYear: 0 }
  const valueAt = (volatility: number) => {
    evaluateOnGrid(accuracy, { ...option, volatility }, scratch)
    return scratch.price - price
  }
  const most = isCall
    ? spot * Math.exp(Math.max(0, -yieldRate * timeYears))
    : strike * Math.exp(Math.max(0, -rate * timeYears))
  return impliedByRoot(valueAt, price, { rounding: 1e-6 * strike, most, high: 5 })
}

/** `rounding`: what counts as equal to the least value. `most`: the upper bound of any price. */
const impliedByRoot = (
  valueAt: (volatility: number) => number,
  price: number,
  { rounding, most, high }: { rounding: number; most: number; high: number }
): number => {
  const least = valueAt(volatilityLowest)
  if (least > rounding) return -2
  if (least >= -rounding) return -3
  if (price > most * (1 + 4e-16)) return -5
  if (price >= most * (1 - 4e-16)) return -4
  return rootBetween(valueAt, volatilityLowest, least, high, valueAt(high), price)
}

/** Chandrupatla's bracketing root finder (1997): inverse quadratic where it is safe, else bisection. */
const rootBetween = (
  f: (x: number) => number,
  lower: number,
  fLower: number,
  upper: number,
  fUpper: number,
  scale: number
): number => {
  let a = upper
  let fa = fUpper
  let b = lower
  let fb = fLower
  if (fa <= 0) return a
  let c = b
  let fc = fb
  let part = 0.5
  for (let step = 0; step < 100; step++) {
    const x = a + part * (b - a)
    const fx = f(x)
    if (fx > 0 === fa > 0) {
      c = a
      fc = fa
    } else {
      c = b
      fc = fb
      b = a
      fb = fa
    }
    a = x
    fa = fx
    const nearest = Math.abs(fa) < Math.abs(fb) ? a : b
    const tolerance = (4e-16 * Math.abs(nearest) + 1e-13) / Math.abs(b - a)
    if (tolerance > 0.5 || Math.abs(fa) < 1e-14 * scale) return nearest
    const xi = (a - b) / (c - b)
    const phi = (fa - fb) / (fc - fb)
    part =
      phi * phi < xi && (1 - phi) * (1 - phi) < 1 - xi
        ? (fa / (fb - fa)) * (fc / (fb - fc)) +
          ((c - a) / (b - a)) * (fa / (fc - fa)) * (fb / (fc - fb))
        : 0.5
    if (part < tolerance) part = tolerance
    if (part > 1 - tolerance) part = 1 - tolerance
  }
  return a
}
