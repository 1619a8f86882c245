/** Exact paths of geometric Brownian motion, with tangents and scores when greeks are wanted. */
import { brownianBridge } from "./brownianBridge.ts"
import type { BlackScholesDynamics } from "./dynamics.ts"
import type { Path, PathModel, TimeGrid } from "./path.ts"

export const blackScholesPaths = (
  dynamics: BlackScholesDynamics,
  grid: TimeGrid,
  withGreeks: boolean
): PathModel => {
  const { spot, volatility, riskFreeRate, dividendYield } = dynamics
  const times = grid.timesYears.subarray(1)
  const count = times.length
  const bridge = brownianBridge(times)
  const brownian = new Float64Array(count)
  const drift = riskFreeRate - dividendYield - 0.5 * volatility * volatility
  const logStart = Math.log(spot)
  const rootSteps = times.map((time, i) => Math.sqrt(time - (i === 0 ? 0 : times[i - 1]!)))
  const variances = rootSteps.map((root) => volatility * volatility * root * root)
  const firstDeviation = volatility * rootSteps[0]!

  const scoreAndTangents = (path: Path): void => {
    const { volatilityTangents } = path
    path.logSpotTangents.fill(1)
    volatilityTangents[0] = 0
    let score = 0
    for (let i = 0; i < count; i++) {
      volatilityTangents[i + 1] = brownian[i]! - volatility * times[i]!
      const root = rootSteps[i]!
      const z = (brownian[i]! - (i === 0 ? 0 : brownian[i - 1]!)) / root
      score += (z * z - 1) / volatility - z * root
    }
    const first = brownian[0]! / rootSteps[0]!
    path.deltaScore = first / (spot * firstDeviation)
    path.gammaScore =
      ((first * first - 1) / firstDeviation - first) / (spot * spot * firstDeviation)
    path.volatilityScore = score
  }

  return {
    normalCount: count,
    slotOfDimension: (dimension) => dimension,
    hasVega: true,
    isScaleInvariant: true,
    fill: (normals, path) => {
      const { spots, logSpots } = path
      bridge.build(normals, 0, brownian)
      path.stepVariances.set(variances)
      spots[0] = spot
      logSpots[0] = logStart
      for (let i = 0; i < count; i++) {
        const log = logStart + drift * times[i]! + volatility * brownian[i]!
        logSpots[i + 1] = log
        spots[i + 1] = Math.exp(log)
      }
      if (withGreeks) scoreAndTangents(path)
    }
  }
}
