/**
 * Implied volatility of European options to machine precision, over the whole domain.
 *
 * The value is reduced to its out-of-the-money part as a fraction `f` of the leg it can never exceed
 * (discounted forward for calls, discounted strike for puts), and f(s) = fraction is solved for the
 * total deviation s = vol sqrt T by fourth-order Householder steps on a transformed target that is
 * nearly linear there: 1/ln f below the inflection point, f or ln(1 - f) above it. Source of the
 * scheme: Jaeckel, "Let's be rational" (2013-2024); first guesses and kernel are this project's own.
 */
import { Result } from "effect"
import { guessDeviation } from "./bachelierGuess.ts"
import type { OptionRight } from "./blackScholes.ts"
import { logForwardMoneyness, timeValueAboveIntrinsic } from "./carry.ts"
import { millsRatio, millsRatioAnySign, normalCdf, normalQuantile } from "./normal.ts"
import { millsDifference } from "./normalizedBlack.ts"

/** Why a price has no implied volatility. Bounds are the no-arbitrage bounds of the option. */
export type ImpliedVolatilityReason =
  /** An input is not finite, spot, strike or time is not positive. */
  | "InvalidInput"
  /** Below the discounted forward payoff: arbitrage. */
  | "PriceBelowIntrinsic"
  /** Equal to it within the price's own rounding: every small enough volatility fits. */
  | "PriceAtIntrinsic"
  /** At the upper bound within rounding: every large enough volatility fits. */
  | "PriceAtMaximum"
  /** Above the discounted forward (call) or strike (put): arbitrage. */
  | "PriceAboveMaximum"

export type ImpliedVolatilityUndefined = {
  readonly _tag: "ImpliedVolatilityUndefined"
  readonly reason: ImpliedVolatilityReason
  readonly price: number
}

/** The allocation-free functions answer minus the place, from 1, in this list. */
const impliedVolatilityReasons = [
  "InvalidInput",
  "PriceBelowIntrinsic",
  "PriceAtIntrinsic",
  "PriceAtMaximum",
  "PriceAboveMaximum"
] as const satisfies ReadonlyArray<ImpliedVolatilityReason>

/** The code of an input outside every formula's domain. */
export const invalidInput = -1
const belowIntrinsic = -2
const atIntrinsic = -3
const atMaximum = -4
const aboveMaximum = -5

/** The reason behind a negative answer of `impliedVolatilityOrCode`. */
export const reasonOfCode = (code: number): ImpliedVolatilityReason =>
  impliedVolatilityReasons[-code - 1] ?? "InvalidInput"

export type ImpliedVolatilityInput = {
  readonly right: OptionRight
  readonly price: number
  readonly spot: number
  readonly strike: number
  readonly timeToExpirationYears: number
  readonly riskFreeRate: number
  readonly dividendYield: number
}

/**
 * The volatility (0.20 = 20 %) at which Black-Scholes-Merton gives `price`, or why there is none.
 *
 * Accuracy: the exact volatility of the given double `price` to a few units in the last place, as far
 * as the price's own rounding determines it; test/domain/pricing/impliedVolatility.test.ts.
 */
export const impliedVolatility = (
  input: ImpliedVolatilityInput
): Result.Result<number, ImpliedVolatilityUndefined> => {
  const answer = impliedVolatilityOrCode(
    input.right === "Call",
    input.price,
    input.spot,
    input.strike,
    input.timeToExpirationYears,
    input.riskFreeRate,
    input.dividendYield
  )
  return answer > 0
    ? Result.succeed(answer)
    : Result.fail({
        _tag: "ImpliedVolatilityUndefined",
        reason: reasonOfCode(answer),
        price: input.price
      })
}

/** As `impliedVolatility` without allocation: the volatility, or a negative code (`reasonOfCode`). */
export const impliedVolatilityOrCode = (
  isCall: boolean,
  price: number,
  spot: number,
  strike: number,
  timeYears: number,
  rate: number,
  yieldRate: number
): number => {
  const sum = price + spot + strike + timeYears + rate + yieldRate
  if (!(spot > 0 && strike > 0 && timeYears > 0 && sum - sum === 0)) return invalidInput
  const spotLoss = yieldRate === 0 ? 0 : spot * Math.expm1(-yieldRate * timeYears)
  const strikeLoss = strike * Math.expm1(-rate * timeYears)
  const x = logForwardMoneyness(spot, strike, (rate - yieldRate) * timeYears)
  const isOut = isCall === x <= 0
  const timeValue = isOut
    ? price
    : timeValueAboveIntrinsic(price, isCall ? 1 : -1, spot, strike, spotLoss, strikeLoss)
  const spotLeg = spot + spotLoss
  const strikeLeg = strike + strikeLoss
  const leg = x <= 0 ? spotLeg : strikeLeg
  const rounding = 4.5e-16 * (isOut ? leg : Math.abs(price))
  if (!(timeValue > 0)) return timeValue < (isOut ? 0 : -rounding) ? belowIntrinsic : atIntrinsic
  const rest = leg - timeValue
  if (!(rest > 0)) return rest < -rounding ? aboveMaximum : atMaximum
  const size = Math.abs(x)
  const fraction = timeValue / leg
  const deviation =
    fraction < 0.3 && size < 3
      ? deviationBelow(size, fraction, timeValue, Math.abs(spotLeg - strikeLeg))
      : deviationAbove(size, fraction, rest / leg)
  return deviation > 0 ? deviation / Math.sqrt(timeYears) : atIntrinsic
}

/** A step below this part of s leaves a fourth-order error below rounding. */
const stepTolerance = 2e-4
const stepsMax = 24
const rootTwoPi = 2.5066282746310007
const density0 = 0.3989422804014327

/** Where the difference of the legs is mostly rounding, and ln has its series. */
const moneynessLeast = 1e-4

/**
 * Solves phi(a - t) (M(a - t) - M(a + t)) = `fraction` for s = 2t, a = x / s, with x >= 0, where `fraction` and x are
 * moderate. The guess asks for the value over the distance of the legs, |F - K| discounted.
 */
const deviationBelow = (
  x: number,
  fraction: number,
  timeValue: number,
  distance: number
): number => {
  if (!(x > 0)) return solveMiddle(x, fraction, fraction * rootTwoPi)
  const ratio = x > moneynessLeast ? timeValue / distance : fraction / (x * (1 + 0.5 * x))
  const guess = guessDeviation(x, ratio)
  // Below half the inflection value 1/ln f is the straighter target, above it f itself.
  return x > 1.5 * guess && 2 * x > guess * guess
    ? solveLower(x, fraction, guess, Math.sqrt(2 * x))
    : solveMiddle(x, fraction, guess)
}

/** The same elsewhere. `rest` is 1 - `fraction`, given apart because near the upper bound it carries the information. */
const deviationAbove = (x: number, fraction: number, rest: number): number => {
  const inflection = Math.sqrt(2 * x)
  const restThere = density0 * (rootTwoPi / 2 + millsRatio(inflection))
  if (rest > restThere) return solveLower(x, fraction, lowerGuess(x, fraction), inflection)
  const guess = -2 * normalQuantile((normalCdf(-inflection / 2) * rest) / restThere)
  return solveUpper(x, rest, Math.max(guess, inflection), inflection)
}

/** From Jaeckel's lower map, value ~ Phi(-x / (sqrt 3 s))^3, scaled to be exact at the inflection. */
const lowerGuess = (x: number, fraction: number): number => {
  const inflection = Math.sqrt(2 * x)
  const there = density0 * millsDifference(inflection / 2, inflection / 2)
  const root3 = 1.7320508075688772
  const tail = normalCdf(-inflection / (2 * root3)) * Math.cbrt(fraction / there)
  return -x / (root3 * normalQuantile(tail))
}

const householder = (newton: number, second: number, third: number): number =>
  (newton * (1 + 0.5 * second * newton)) / (1 + newton * (second + third * newton * (1 / 6)))

/** Below the inflection point, a >= t: Householder on 1 / ln f; needs no exponential. */
const solveLower = (x: number, fraction: number, start: number, highest: number): number => {
  const target = Math.log(fraction)
  let s = Math.min(start, highest)
  for (let step = 0; step < stepsMax; step++) {
    const a = x / s
    const t = s / 2
    const z = a - t
    const ratio = millsDifference(a, t)
    const level = Math.log(density0 * ratio) - 0.5 * z * z
    const p = 1 / ratio
    const perS = 1 / s
    const h2 = z * (a + t) * perS
    const h3 = h2 * h2 - 3 * (a * perS) * (a * perS) - 0.25
    const slope = p / level
    const newton = ((target - level) * level * ratio) / target
    const second = h2 - p - 2 * slope
    const third = h3 - 3 * p * h2 + 2 * p * p - 6 * slope * (h2 - p) + 6 * slope * slope
    const change = householder(newton, second, third)
    const next = s + change
    s = next > 0.5 * s ? (next < highest ? next : 0.5 * (s + highest)) : 0.5 * s
    if (Math.abs(change) < stepTolerance * s) break
  }
  return s
}

/** Values well above the wing and below half the maximum: Householder on f itself. */
const solveMiddle = (x: number, fraction: number, start: number): number => {
  let s = start
  for (let step = 0; step < stepsMax; step++) {
    const a = x / s
    const t = s / 2
    const z = a - t
    // |z| < 2 here: no digits of its square are missed.
    const newton = fraction / (density0 * Math.exp(-0.5 * z * z)) - millsDifference(a, t)
    const perS = 1 / s
    const h2 = z * (a + t) * perS
    const h3 = h2 * h2 - 3 * (a * perS) * (a * perS) - 0.25
    const change = householder(newton, h2, h3)
    const next = s + change
    s = next > 0.5 * s ? Math.min(next, 2 * s) : 0.5 * s
    if (Math.abs(change) < stepTolerance * s) break
  }
  return s
}

/** Above the inflection point, t >= a: Householder on ln(1 - f); needs no exponential. */
const solveUpper = (x: number, rest: number, start: number, lowest: number): number => {
  const target = Math.log(rest)
  let s = start
  for (let step = 0; step < stepsMax; step++) {
    const a = x / s
    const t = s / 2
    const z = t - a
    const ratio = millsRatioAnySign(z) + millsRatio(a + t)
    const p = -1 / ratio
    const newton = (Math.log(density0 * ratio) - 0.5 * z * z - target) * ratio
    const perS = 1 / s
    const h2 = -z * (a + t) * perS
    const h3 = h2 * h2 - 3 * (a * perS) * (a * perS) - 0.25
    const change = householder(newton, h2 - p, h3 - 3 * p * h2 + 2 * p * p)
    const next = s + change
    s = next > lowest ? next : 0.5 * (s + lowest)
    if (Math.abs(change) < stepTolerance * s) break
  }
  return s
}
