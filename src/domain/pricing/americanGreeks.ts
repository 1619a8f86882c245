/**
 * Every greek of an American option, in the units and order of the European ones.
 *
 * Delta and gamma are integrals, theta follows from the pricing equation, the strike's derivatives from
 * homogeneity; the others are differences of those, of fourth order in volatility. One call solves
 * fifteen boundaries.
 */
import type { AmericanSolution } from "./american.ts"
import { type AmericanAccuracy, evaluateAmerican } from "./americanOption.ts"
import { evaluateBlackScholes } from "./blackScholes.ts"

const volatilityStep = 0.02
const timeStep = 0.01
const rateStep = 5e-4
const spotStep = 1e-3

/**
 * All greeks into `out`, in the order `greekNames`. Inputs as `evaluateAmerican`, volatility and time > 0.
 * In the exercise region the value is the payoff, its derivatives those of the payoff. At "Exact", vega
 * is good to about 1e-6 of itself, ultima to about 1e-3.
 */
export const evaluateAmericanGreeks = (
  accuracy: AmericanAccuracy,
  isCall: boolean,
  spot: number,
  strike: number,
  timeYears: number,
  rate: number,
  yieldRate: number,
  volatility: number,
  out: Float64Array
): void => {
  const at = (v: number, time: number, r: number, q: number, s = spot): AmericanSolution => {
    const solution: AmericanSolution = { price: 0, delta: 0, gamma: 0, thetaPerYear: 0 }
    evaluateAmerican(accuracy, isCall, s, strike, time, r, q, v, solution)
    return solution
  }
  const base = at(volatility, timeYears, rate, yieldRate)
  const sign = isCall ? 1 : -1
  if (base.gamma === 0 && base.price === sign * (spot - strike)) {
    writePayoff(sign, base.price, out)
    return
  }
  evaluateBlackScholes(isCall, spot, strike, timeYears, rate, yieldRate, volatility, out)
  // Where exercising early is worth nothing the closed form is exact.
  if (base.price === out[0]) return

  out[0] = base.price
  out[1] = base.delta
  out[2] = base.gamma
  out[4] = base.thetaPerYear
  out[15] = (base.price - spot * base.delta) / strike
  out[16] = (spot * spot * base.gamma) / (strike * strike)

  const h = volatilityStep * volatility
  const v = [-2, -1, 0, 1, 2].map((k) =>
    k === 0 ? base : at(volatility + k * h, timeYears, rate, yieldRate)
  )
  const first = (f: (each: AmericanSolution) => number) =>
    (8 * (f(v[3]!) - f(v[1]!)) - (f(v[4]!) - f(v[0]!))) / (12 * h)
  const price = (each: AmericanSolution) => each.price
  out[3] = first(price)
  out[7] = first((each) => each.delta)
  out[12] = first((each) => each.gamma)
  const outer = v[0]!.price + v[4]!.price
  out[8] = (16 * (v[1]!.price + v[3]!.price) - outer - 30 * base.price) / (12 * h * h)
  out[14] = (v[4]!.price - v[0]!.price - 2 * (v[3]!.price - v[1]!.price)) / (2 * h * h * h)

  const dt = timeStep * timeYears
  const later = at(volatility, timeYears - dt, rate, yieldRate)
  const earlier = at(volatility, timeYears + dt, rate, yieldRate)
  out[9] = (later.delta - earlier.delta) / (2 * dt)
  out[13] = (later.gamma - earlier.gamma) / (2 * dt)
  const vegaAt = (time: number) =>
    (at(volatility + h, time, rate, yieldRate).price -
      at(volatility - h, time, rate, yieldRate).price) /
    (2 * h)
  out[10] = (vegaAt(timeYears - dt) - vegaAt(timeYears + dt)) / (2 * dt)

  const slope = (up: AmericanSolution, down: AmericanSolution) =>
    (up.price - down.price) / (2 * rateStep)
  out[5] = slope(
    at(volatility, timeYears, rate + rateStep, yieldRate),
    at(volatility, timeYears, rate - rateStep, yieldRate)
  )
  out[6] = slope(
    at(volatility, timeYears, rate, yieldRate + rateStep),
    at(volatility, timeYears, rate, yieldRate - rateStep)
  )
  const ds = spotStep * spot
  const up = at(volatility, timeYears, rate, yieldRate, spot + ds)
  const down = at(volatility, timeYears, rate, yieldRate, spot - ds)
  out[11] = (up.gamma - down.gamma) / (2 * ds)
}

const writePayoff = (sign: number, price: number, out: Float64Array): void => {
  out.fill(0)
  out[0] = price
  out[1] = sign
  out[15] = -sign
}
