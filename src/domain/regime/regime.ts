/** What the desk believes about volatility today, decoded from a model's answer and checked. */
import { Result, Schema } from "effect"
import { type RegimeState, regimeStates } from "./regimeModel.ts"

const Probability = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
/** Above 1,000 % a year a forecast is a broken input, not a market. */
const volatilityMax = 10
const Volatility = Schema.Finite.check(
  Schema.isGreaterThan(0),
  Schema.isLessThanOrEqualTo(volatilityMax)
)

/** Probabilities by state sum to 1 within 1e-5; volatilities are annualised decimals in (0, 10]. */
export const RegimeAssessment = Schema.Struct({
  stateProbabilities: Schema.Struct({
    calm: Probability,
    normal: Probability,
    stressed: Probability
  }),
  /** The most probable state; of equal ones the more stressed. */
  state: Schema.Literals(regimeStates),
  forecastVolatility5d: Volatility,
  forecastVolatility21d: Volatility,
  modelHash: Schema.String
})
export type RegimeAssessment = typeof RegimeAssessment.Type

export class BadModelOutput extends Schema.TaggedError<BadModelOutput>()("BadModelOutput", {
  output: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `model output ${this.output} ${this.reason}`
  }
}

const probabilitySumTolerance = 1e-5

/**
 * Takes the outputs `stateProbabilities` (calm, normal, stressed) and `forecastVolatility` (5 and
 * 21 days).
 */
export const decodeRegimeAssessment = (answer: {
  readonly modelHash: string
  readonly outputs: Readonly<Record<string, ReadonlyArray<number>>>
}): Result.Result<RegimeAssessment, BadModelOutput> => {
  const probabilities = answer.outputs.stateProbabilities
  const volatilities = answer.outputs.forecastVolatility
  if (probabilities === undefined) return refuse("stateProbabilities", "was missing")
  if (volatilities === undefined) return refuse("forecastVolatility", "was missing")
  if (probabilities.length !== regimeStates.length)
    return refuse("stateProbabilities", `had ${probabilities.length} values, expected 3`)
  if (volatilities.length !== 2)
    return refuse("forecastVolatility", `had ${volatilities.length} values, expected 2`)
  const badProbability = probabilities.find((value) => !(value >= 0 && value <= 1))
  if (badProbability !== undefined)
    return refuse("stateProbabilities", `held ${badProbability}, expected 0 to 1`)
  const sum = probabilities.reduce((a, b) => a + b, 0)
  if (Math.abs(sum - 1) > probabilitySumTolerance)
    return refuse("stateProbabilities", `summed to ${sum}, expected 1`)
  const badVolatility = volatilities.find((value) => !(value > 0 && value <= volatilityMax))
  if (badVolatility !== undefined)
    return refuse(
      "forecastVolatility",
      `held ${badVolatility}, expected above 0, to ${volatilityMax}`
    )
  const [calm, normal, stressed] = probabilities as [number, number, number]
  const [forecastVolatility5d, forecastVolatility21d] = volatilities as [number, number]
  return Result.succeed({
    stateProbabilities: { calm, normal, stressed },
    state: mostProbable(probabilities),
    forecastVolatility5d,
    forecastVolatility21d,
    modelHash: answer.modelHash
  })
}

const mostProbable = (probabilities: ReadonlyArray<number>): RegimeState =>
  regimeStates[probabilities.lastIndexOf(Math.max(...probabilities))]!

const refuse = (output: string, reason: string) =>
  Result.fail(new BadModelOutput({ output, reason }))
