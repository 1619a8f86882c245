/**
 * The pricing engine as the rest of the system calls it: one option in, value and first-order greeks
 * out, or one sentence saying what is wrong with the input. Exercise style decides the method.
 */
import { Result } from "effect"
import type { AmericanSolution } from "./american.ts"
import {
  type AmericanAccuracy,
  americanImpliedVolatilityOrCode,
  evaluateAmerican,
  evaluateOnGrid,
  gridImpliedVolatilityOrCode
} from "./americanOption.ts"
import { evaluateBlackScholes, type OptionRight } from "./blackScholes.ts"
import type { CashDividend } from "./finiteDifference.ts"
import {
  type ImpliedVolatilityUndefined,
  impliedVolatilityOrCode,
  invalidInput,
  reasonOfCode
} from "./impliedVolatility.ts"

type ExerciseStyle = "European" | "American"

export type PricingInput = {
  readonly style: ExerciseStyle
  readonly right: OptionRight
  /** Currency, > 0. */
  readonly spot: number
  /** Currency, > 0. */
  readonly strike: number
  /** >= 0; at 0 the value is the payoff. */
  readonly timeToExpirationYears: number
  /** Continuous, per year, any sign. */
  readonly riskFreeRate: number
  /** Continuous, per year, any sign. */
  readonly dividendYield: number
  /** 0.20 means 20 % per square root of a year; >= 0. */
  readonly volatility: number
  /** For American options; "Fast" unless told. */
  readonly accuracy?: AmericanAccuracy
  /** Cash dividends before expiration, beside the yield: they take the finite-difference path. */
  readonly dividends?: ReadonlyArray<CashDividend>
}

/** Per unit of underlying; units as in `BlackScholesGreeks`. */
export type OptionValue = {
  readonly price: number
  readonly delta: number
  readonly gamma: number
  readonly vegaPerVol: number
  readonly thetaPerYear: number
  readonly rhoPerRate: number
}

/** An input that no formula accepts: which one, what it was, what is allowed. */
export type InvalidPricingInput = {
  readonly _tag: "InvalidPricingInput"
  readonly field: string
  readonly value: number
  readonly allowed: string
}

const european = new Float64Array(17)
const numerical: AmericanSolution = { price: 0, delta: 0, gamma: 0, thetaPerYear: 0 }

/**
 * Value and first-order greeks of one option.
 *
 * European: exact to 1e-12 relative. American "Fast": price within 1e-4 of a 100-dollar strike, some
 * tens of microseconds; "Exact": within 1e-6. With cash dividends, either style: about 1e-3 and 1e-4,
 * tens of milliseconds. Vega and rho of all but plain European options are central differences.
 */
export const priceOption = (
  input: PricingInput
): Result.Result<OptionValue, InvalidPricingInput> => {
  const invalid = firstInvalid(input, input.volatility)
  if (invalid !== undefined) return Result.fail(invalid)
  const isClosedForm = input.style === "European" && !hasDividends(input)
  return Result.succeed(isClosedForm ? europeanValue(input) : numericalValue(input))
}

const europeanValue = (input: PricingInput): OptionValue => {
  evaluateBlackScholes(
    input.right === "Call",
    input.spot,
    input.strike,
    input.timeToExpirationYears,
    input.riskFreeRate,
    input.dividendYield,
    input.volatility,
    european
  )
  return {
    price: european[0]!,
    delta: european[1]!,
    gamma: european[2]!,
    vegaPerVol: european[3]!,
    thetaPerYear: european[4]!,
    rhoPerRate: european[5]!
  }
}

/** What a position's risk is counted in; units as in `OptionValue`. */
export type OptionRisk = Pick<OptionValue, "price" | "delta" | "gamma" | "vegaPerVol">

/** As `priceOption`, without the theta and rho that limits on positions do not ask for: half the work. */
export const riskOfOption = (
  input: PricingInput
): Result.Result<OptionRisk, InvalidPricingInput> => {
  const invalid = firstInvalid(input, input.volatility)
  if (invalid !== undefined) return Result.fail(invalid)
  if (input.style === "European" && !hasDividends(input)) {
    return Result.succeed(europeanValue(input))
  }
  const vegaPerVol = numericalVega(input)
  evaluateNumerically(input, input.riskFreeRate, input.volatility)
  const { price, delta, gamma } = numerical
  return Result.succeed({ price, delta, gamma, vegaPerVol })
}

/** The delta of `priceOption` alone: a fifth of the work for an American option. */
export const deltaOfOption = (input: PricingInput): Result.Result<number, InvalidPricingInput> => {
  const invalid = firstInvalid(input, input.volatility)
  if (invalid !== undefined) return Result.fail(invalid)
  if (input.style === "European" && !hasDividends(input)) {
    return Result.succeed(europeanValue(input).delta)
  }
  evaluateNumerically(input, input.riskFreeRate, input.volatility)
  return Result.succeed(numerical.delta)
}

/** Steps of the central differences: relative for volatility, absolute for the rate. */
const volatilityStep = 2e-3
const rateStep = 2e-4

const numericalValue = (input: PricingInput): OptionValue => {
  const { volatility, riskFreeRate: rate } = input
  const priceAt = (r: number, v: number): number => {
    evaluateNumerically(input, r, v)
    return numerical.price
  }
  const vegaPerVol = numericalVega(input)
  const rhoPerRate =
    (priceAt(rate + rateStep, volatility) - priceAt(rate - rateStep, volatility)) / (2 * rateStep)
  evaluateNumerically(input, rate, volatility)
  return {
    price: numerical.price,
    delta: numerical.delta,
    gamma: numerical.gamma,
    vegaPerVol,
    thetaPerYear: numerical.thetaPerYear,
    rhoPerRate
  }
}

const numericalVega = (input: PricingInput): number => {
  const { volatility, riskFreeRate } = input
  const step = volatilityStep * volatility
  if (!(step > 0)) return 0
  evaluateNumerically(input, riskFreeRate, volatility + step)
  const above = numerical.price
  evaluateNumerically(input, riskFreeRate, volatility - step)
  return (above - numerical.price) / (2 * step)
}

const hasDividends = (input: Pick<PricingInput, "dividends">): boolean =>
  input.dividends !== undefined && input.dividends.length > 0

/** Into `numerical`, at another rate and volatility than the input's own. */
const evaluateNumerically = (input: PricingInput, rate: number, volatility: number): void => {
  const accuracy = input.accuracy ?? "Fast"
  const isCall = input.right === "Call"
  const { spot, strike, timeToExpirationYears: timeYears, dividendYield: yieldRate } = input
  if (!hasDividends(input)) {
    evaluateAmerican(
      accuracy,
      isCall,
      spot,
      strike,
      timeYears,
      rate,
      yieldRate,
      volatility,
      numerical
    )
    return
  }
  const isAmerican = input.style === "American"
  const dividends = input.dividends ?? []
  const option = { isAmerican, isCall, spot, strike, timeYears, rate, yieldRate, volatility }
  evaluateOnGrid(accuracy, { ...option, dividends }, numerical)
}

export type ImpliedVolatilityQuestion = Omit<PricingInput, "volatility"> & {
  /** Currency per unit of underlying. */
  readonly price: number
}

/** The volatility at which `priceOption` gives `price`, or why there is none. */
export const impliedVolatilityOf = (
  input: ImpliedVolatilityQuestion
): Result.Result<number, ImpliedVolatilityUndefined | InvalidPricingInput> => {
  const invalid = firstInvalid(input, 0)
  if (invalid !== undefined) return Result.fail(invalid)
  const answer = impliedVolatilityCode(input)
  return answer > 0
    ? Result.succeed(answer)
    : Result.fail({
        _tag: "ImpliedVolatilityUndefined",
        reason: reasonOfCode(answer),
        price: input.price
      })
}

const impliedVolatilityCode = (input: ImpliedVolatilityQuestion): number => {
  const isCall = input.right === "Call"
  const accuracy = input.accuracy ?? "Fast"
  const { price, spot, strike, timeToExpirationYears: timeYears } = input
  const { riskFreeRate: rate, dividendYield: yieldRate } = input
  const isAmerican = input.style === "American"
  if (!(timeYears > 0 && Number.isFinite(price))) return invalidInput
  if (hasDividends(input)) {
    const dividends = input.dividends ?? []
    const option = { isAmerican, isCall, spot, strike, timeYears, rate, yieldRate, dividends }
    return gridImpliedVolatilityOrCode(accuracy, price, option)
  }
  return isAmerican
    ? americanImpliedVolatilityOrCode(
        accuracy,
        isCall,
        price,
        spot,
        strike,
        timeYears,
        rate,
        yieldRate
      )
    : impliedVolatilityOrCode(isCall, price, spot, strike, timeYears, rate, yieldRate)
}

/** The sentence for an operator. */
export const describeInvalidInput = (invalid: InvalidPricingInput): string =>
  `${invalid.field} is ${invalid.value}; allowed: ${invalid.allowed}`

const firstInvalid = (
  input: Omit<PricingInput, "volatility">,
  volatility: number
): InvalidPricingInput | undefined => {
  const refuse = (field: string, value: number, allowed: string): InvalidPricingInput => ({
    _tag: "InvalidPricingInput",
    field,
    value,
    allowed
  })
  const { spot, strike, timeToExpirationYears: time, riskFreeRate, dividendYield } = input
  if (!(spot > 0 && spot < Infinity)) return refuse("spot", spot, "a finite number above 0")
  if (!(strike > 0 && strike < Infinity)) return refuse("strike", strike, "a finite number above 0")
  if (!(time >= 0 && time < 1000)) {
    return refuse("timeToExpirationYears", time, "0 or more, below 1000")
  }
  if (!(Math.abs(riskFreeRate) <= 10)) return refuse("riskFreeRate", riskFreeRate, "-10 to 10")
  if (!(Math.abs(dividendYield) <= 10)) return refuse("dividendYield", dividendYield, "-10 to 10")
  if (!(volatility >= 0 && volatility <= 100)) {
    return refuse("volatility", volatility, "0 to 100 (0.20 is 20 %)")
  }
  for (const { timeYears, amount } of input.dividends ?? []) {
    if (!Number.isFinite(timeYears)) return refuse("dividends.timeYears", timeYears, "a number")
    if (!(amount >= 0 && amount < Infinity)) {
      return refuse("dividends.amount", amount, "0 or more, finite")
    }
  }
  return undefined
}
