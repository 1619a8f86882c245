/**
 * Closed forms for barrier options under Black-Scholes, and the correction for discrete
 * monitoring.
 */
import * as Result from "effect/Result"
import type { InvalidPricingInput } from "../engine.ts"
import { normalCdf } from "../normal.ts"
import { type BarrierOption, barrierSide, invalidBarrier, vanillaPrice } from "./barrier.ts"
import { type BlackScholesDynamics, invalidDynamics } from "./dynamics.ts"
import { refusal } from "./inputRules.ts"

/** -zeta(1/2) / sqrt(2 pi). */
const monitoringShift = 0.5825971579390107

/**
 * The barrier that, watched continuously, is worth what `barrier` is worth watched every
 * `stepYears`: moved away from the spot by exp(0.5826 sigma sqrt(step)); the error left is
 * o(sqrt(step)).
 *
 * Source: Broadie, Glasserman and Kou, "A continuity correction for discrete barrier options",
 * Mathematical Finance 7 (1997).
 */
export const continuityCorrectedBarrier = (
  option: Pick<BarrierOption, "direction" | "barrier">,
  volatility: number,
  stepYears: number
): number =>
  option.barrier *
  Math.exp(
    (option.direction === "Up" ? 1 : -1) * monitoringShift * volatility * Math.sqrt(stepYears)
  )

/**
 * Value of a barrier option under Black-Scholes: exact for continuous monitoring,
 * continuity-corrected for dates. The rebate is paid at the hit for an out option, at expiration
 * for an in option.
 *
 * At or beyond the barrier an out option is its rebate and an in option the vanilla one.
 * Accuracy: 1e-8 against QuantLib's AnalyticBarrierEngine,
 * test/domain/pricing/exotics/barrier.test.ts.
 * Source: Reiner and Rubinstein, "Breaking down the barriers", Risk 4(8) (1991).
 */
export const barrierPrice = (
  option: BarrierOption,
  dynamics: BlackScholesDynamics
): Result.Result<number, InvalidPricingInput> => {
  const invalid =
    invalidBarrier(option) ?? invalidDynamics(dynamics) ?? invalidRebateRate(option, dynamics)
  if (invalid !== undefined) return Result.fail(invalid)
  if (option.monitoring === "Continuous") return Result.succeed(continuousPrice(option, dynamics))
  const stepYears = option.timeToExpirationYears / option.monitoring
  const barrier = continuityCorrectedBarrier(option, dynamics.volatility, stepYears)
  return Result.succeed(continuousPrice({ ...option, barrier }, dynamics))
}

/** A rebate at hit discounted at a rate so negative that its formula leaves the real numbers. */
export const invalidRebateRate = (
  option: BarrierOption,
  { riskFreeRate, dividendYield, volatility }: BlackScholesDynamics
): InvalidPricingInput | undefined => {
  if (option.rebate === 0 || option.knock === "In") return undefined
  const drift = riskFreeRate - dividendYield - 0.5 * volatility * volatility
  const least = (-drift * drift) / (2 * volatility * volatility)
  return riskFreeRate >= least
    ? undefined
    : refusal("riskFreeRate", riskFreeRate, `at least ${least} with a rebate paid at the hit`)
}

const continuousPrice = (option: BarrierOption, dynamics: BlackScholesDynamics): number => {
  const { spot } = dynamics
  const side = barrierSide(option)
  const isOut = option.knock === "Out"
  const vanilla = vanillaPrice(option, dynamics)
  if (side * spot >= side * option.barrier) return isOut ? option.rebate : vanilla
  const terms = reinerRubinstein(option, dynamics)
  const outside = Math.max(0, Math.min(vanilla, outWithoutRebate(option, terms)))
  if (isOut) return outside + terms.rebateAtHit
  return vanilla - outside + terms.rebateAtEnd
}

type Terms = ReturnType<typeof reinerRubinstein>

/** The out option as a combination of A to D: which, depends on where the strike lies. */
const outWithoutRebate = (option: BarrierOption, { a, b, c, d }: Terms): number => {
  const isStrikeBeyond =
    option.direction === "Up" ? option.strike >= option.barrier : option.strike <= option.barrier
  const paysTowardsBarrier = (option.direction === "Up") === (option.right === "Call")
  if (paysTowardsBarrier) return isStrikeBeyond ? 0 : a - b + c - d
  return isStrikeBeyond ? b - d : a - c
}

/** A to F of the source, with `side` its -eta and `sign` its phi. */
const reinerRubinstein = (option: BarrierOption, dynamics: BlackScholesDynamics) => {
  const { spot, riskFreeRate, dividendYield, volatility } = dynamics
  const { strike, barrier, rebate, timeToExpirationYears: time } = option
  const eta = -barrierSide(option)
  const sign = option.right === "Call" ? 1 : -1
  const deviation = volatility * Math.sqrt(time)
  const variance = volatility * volatility
  const mu = (riskFreeRate - dividendYield) / variance - 0.5
  const shift = (1 + mu) * deviation
  const logBarrier = Math.log(barrier / spot)
  const spotLeg = sign * spot * Math.exp(-dividendYield * time)
  const strikeLeg = sign * strike * Math.exp(-riskFreeRate * time)

  const straight = (logMoneyness: number): number => {
    const x = logMoneyness / deviation + shift
    return spotLeg * normalCdf(sign * x) - strikeLeg * normalCdf(sign * (x - deviation))
  }
  const reflected = (logMoneyness: number): number => {
    const y = logMoneyness / deviation + shift
    return (
      spotLeg * scaledCdf(2 * (mu + 1) * logBarrier, eta * y) -
      strikeLeg * scaledCdf(2 * mu * logBarrier, eta * (y - deviation))
    )
  }
  const x2 = -logBarrier / deviation + shift
  const y2 = logBarrier / deviation + shift
  const lambda = rebate > 0 ? Math.sqrt(Math.max(mu * mu + (2 * riskFreeRate) / variance, 0)) : 0
  const z = logBarrier / deviation + lambda * deviation
  return {
    a: straight(Math.log(spot / strike)),
    b: straight(-logBarrier),
    c: reflected(2 * logBarrier + Math.log(spot / strike)),
    d: reflected(logBarrier),
    rebateAtEnd:
      rebate *
      Math.exp(-riskFreeRate * time) *
      (normalCdf(eta * (x2 - deviation)) - scaledCdf(2 * mu * logBarrier, eta * (y2 - deviation))),
    rebateAtHit:
      rebate *
      (scaledCdf((mu + lambda) * logBarrier, eta * z) +
        scaledCdf((mu - lambda) * logBarrier, eta * (z - 2 * lambda * deviation)))
  }
}

/** exp(power) times Phi(x), where the power may be far above what exp can hold. */
const scaledCdf = (power: number, x: number): number => {
  const probability = normalCdf(x)
  if (probability === 0) return 0
  return power < 700 ? Math.exp(power) * probability : Math.exp(power + Math.log(probability))
}
