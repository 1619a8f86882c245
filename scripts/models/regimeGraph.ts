/**
 * The regime model as an ONNX graph: the filter unrolled over the window, and the forecast.
 *
 * Doubles inside, float32 at both ends, so the artifact and the plain evaluation differ by float32
 * rounding only.
 */
import { tradingDaysPerYear } from "../../src/domain/features/realizedVolatility.ts"
import { regimeFeatureNames, windowDays } from "../../src/domain/features/regimeFeatures.ts"
import { forecastFeatureAt, type RegimeParameters } from "../../src/domain/regime/regimeModel.ts"
import { dataType, encodeOnnxModel, type Node, type Tensor } from "./onnxWriter.ts"

export const encodeRegimeModel = (
  id: string,
  description: string,
  parameters: RegimeParameters
): Uint8Array => {
  const states = parameters.hmm.means.length
  const horizons = parameters.forecast.length
  const features = regimeFeatureNames.length
  return encodeOnnxModel({
    name: "regime",
    description,
    nodes: [
      node("Cast", ["features"], ["row"], { to: dataType.double }),
      ...densityNodes,
      ...filterNodes(),
      node("Cast", [`filtered${windowDays - 1}`], ["stateProbabilities"], { to: dataType.float }),
      node("MatMul", ["row", "halfWeights"], ["halfWeighted"]),
      node("Add", ["halfWeighted", "halfLogScales"], ["logVolatility"]),
      node("Exp", ["logVolatility"], ["volatility"]),
      node("Cast", ["volatility"], ["forecastVolatility"], { to: dataType.float })
    ],
    constants: constantsOf(parameters),
    inputs: [{ name: "features", shape: [1, features] }],
    outputs: [
      { name: "stateProbabilities", shape: [1, states] },
      { name: "forecastVolatility", shape: [1, horizons] }
    ],
    metadata: { id }
  })
}

const node = (
  operator: string,
  inputs: ReadonlyArray<string>,
  outputs: ReadonlyArray<string>,
  attributes: NonNullable<Node["attributes"]> = {}
): Node => ({ operator, inputs, outputs, attributes })

const densityAt = (day: number): string => `density${day}`

/**
 * Densities of each day of the window (rows) in each state (columns), each row divided by its
 * largest.
 */
const densityNodes: ReadonlyArray<Node> = [
  node("Split", ["row", "windowAndRest"], ["window", "rest"], { axis: 1 }),
  node("Reshape", ["window", "windowColumn"], ["observations"]),
  node("Sub", ["observations", "means"], ["deviations"]),
  node("Mul", ["deviations", "deviations"], ["squares"]),
  node("Mul", ["squares", "minusHalfPrecisions"], ["exponents"]),
  node("Add", ["exponents", "logNormalisers"], ["logDensities"]),
  node("ReduceMax", ["logDensities"], ["largest"], { axes: [1], keepdims: 1 }),
  node("Sub", ["logDensities", "largest"], ["relativeLogDensities"]),
  node("Exp", ["relativeLogDensities"], ["densities"]),
  node(
    "Split",
    ["densities", "days"],
    Array.from({ length: windowDays }, (_, day) => densityAt(day)),
    {
      axis: 0
    }
  )
]

const filterNodes = (): ReadonlyArray<Node> =>
  Array.from({ length: windowDays }, (_, day) => [
    ...(day === 0 ? [] : [node("MatMul", [`filtered${day - 1}`, "transition"], [`prior${day}`])]),
    node("Mul", [densityAt(day), day === 0 ? "initial" : `prior${day}`], [`joint${day}`]),
    node("ReduceSum", [`joint${day}`, "stateAxis"], [`scale${day}`], { keepdims: 1 }),
    node("Div", [`joint${day}`, `scale${day}`], [`filtered${day}`])
  ]).flat()

const constantsOf = ({ hmm, forecast }: RegimeParameters): ReadonlyArray<Tensor> => {
  const states = hmm.means.length
  const stateRow = (name: string, values: ReadonlyArray<number>) =>
    doubles(name, [1, states], values)
  const halfWeights = regimeFeatureNames.flatMap((_, feature) =>
    forecast.map((each) => (each.weights[feature - forecastFeatureAt] ?? 0) / 2)
  )
  const halfLogScales = forecast.map(
    (each) =>
      (each.intercept + Math.log(each.smearing * each.closeToCloseScale * tradingDaysPerYear)) / 2
  )
  return [
    integers("windowAndRest", [windowDays, regimeFeatureNames.length - windowDays]),
    integers("windowColumn", [windowDays, 1]),
    integers("days", new Array<number>(windowDays).fill(1)),
    integers("stateAxis", [1]),
    stateRow("means", hmm.means),
    stateRow(
      "minusHalfPrecisions",
      hmm.variances.map((variance) => -0.5 / variance)
    ),
    stateRow(
      "logNormalisers",
      hmm.variances.map((variance) => -0.5 * Math.log(variance))
    ),
    stateRow("initial", hmm.initial),
    doubles("transition", [states, states], hmm.transition.flat()),
    doubles("halfWeights", [regimeFeatureNames.length, forecast.length], halfWeights),
    doubles("halfLogScales", [1, forecast.length], halfLogScales)
  ]
}

const doubles = (
  name: string,
  shape: ReadonlyArray<number>,
  values: ReadonlyArray<number>
): Tensor => ({ name, shape, type: "double", values })

const integers = (name: string, values: ReadonlyArray<number>): Tensor => ({
  name,
  shape: [values.length],
  type: "int64",
  values
})
