/** Closed forms for continuously monitored lookback options under Black-Scholes. */
import * as Result from "effect/Result"
import type { InvalidPricingInput } from "../engine.ts"
import { normalCdf } from "../normal.ts"
import { type BlackScholesDynamics, discountTo, forwardAt, invalidDynamics } from "./dynamics.ts"
import { refusal } from "./inputRules.ts"
import { invalidLookback, type LookbackOption } from "./lookback.ts"

/**
 * Value of a lookback option watched continuously from now, so that the extreme so far is the
 * spot.
 *
 * Exact; near a zero cost of carry, where the formula divides by it, interpolated between four
 * carries around zero (relative error below 1e-9). Monitoring on dates has no closed form and is
 * refused.
 * Source: Goldman, Sosin and Gatto, J. Finance 34 (1979); Conze and Viswanathan, J. Finance 46
 * (1991).
 */
export const lookbackPrice = (
  option: LookbackOption,
  dynamics: BlackScholesDynamics
): Result.Result<number, InvalidPricingInput> => {
  const invalid = invalidLookback(option) ?? invalidDynamics(dynamics)
  if (invalid !== undefined) return Result.fail(invalid)
  if (option.monitoring !== "Continuous") {
    return Result.fail(
      refusal("monitoring.length", option.monitoring.length, "continuous monitoring, or simulate")
    )
  }
  return Result.succeed(continuousPrice(option, dynamics))
}

const continuousPrice = (option: LookbackOption, dynamics: BlackScholesDynamics): number => {
  const { strike, timeToExpirationYears: time } = option
  const { spot } = dynamics
  const discount = discountTo(dynamics, time)
  const forward = forwardAt(dynamics, time)
  if (strike === "Floating") {
    return option.right === "Call"
      ? discount * (forward - spot + excessOver(dynamics, time, spot, -1))
      : discount * (spot + excessOver(dynamics, time, spot, 1) - forward)
  }
  return option.right === "Call"
    ? discount *
        (Math.max(spot - strike, 0) + excessOver(dynamics, time, Math.max(spot, strike), 1))
    : discount *
        (Math.max(strike - spot, 0) + excessOver(dynamics, time, Math.min(spot, strike), -1))
}

/**
 * E[max(side (extreme - level), 0)] for a level not between the spot and the extreme's side of
 * it.
 */
const excessOver = (
  { spot, riskFreeRate, dividendYield, volatility }: BlackScholesDynamics,
  timeYears: number,
  level: number,
  side: 1 | -1
): number => {
  const carry = riskFreeRate - dividendYield
  const at = (b: number) => excessAtCarry(spot, level, side, b, volatility, timeYears)
  const unit = 2e-3 * Math.min(volatility / Math.sqrt(timeYears), 1 / timeYears)
  if (Math.abs(carry) > 0.5 * unit) return at(carry)
  // Cubic Lagrange interpolation through -2, -1, 1 and 2 units.
  const x = carry / unit
  return (
    ((at(-2 * unit) * (x + 1) * (1 - x) * (x - 2)) / 12) * 1 +
    (at(-unit) * (x + 2) * (x - 1) * (x - 2)) / 6 -
    (at(unit) * (x + 2) * (x + 1) * (x - 2)) / 6 +
    (at(2 * unit) * (x + 2) * (x + 1) * (x - 1)) / 12
  )
}

const excessAtCarry = (
  spot: number,
  level: number,
  side: 1 | -1,
  carry: number,
  volatility: number,
  time: number
): number => {
  const deviation = volatility * Math.sqrt(time)
  const growth = Math.exp(carry * time)
  const d1 = (Math.log(spot / level) + (carry + 0.5 * volatility * volatility) * time) / deviation
  const half = (volatility * volatility) / (2 * carry)
  const reflected =
    (spot / level) ** (-1 / half) *
    normalCdf(side * (d1 - (2 * carry * Math.sqrt(time)) / volatility))
  return (
    side *
    (spot * growth * normalCdf(side * d1) -
      level * normalCdf(side * (d1 - deviation)) +
      spot * half * (growth * normalCdf(side * d1) - reflected))
  )
}
