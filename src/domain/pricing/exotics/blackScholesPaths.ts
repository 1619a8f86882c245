/** Exact paths of geometric Brownian motion, with pathwise tangents and likelihood scores. */
import { brownianBridge } from "./brownianBridge.ts"
import type { BlackScholesDynamics } from "./dynamics.ts"
import type { PathModel, TimeGrid } from "./path.ts"

export const blackScholesPaths = (dynamics: BlackScholesDynamics, grid: TimeGrid): PathModel => {
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

  return {
    normalCount: count,
    slotOfDimension: (dimension) => dimension,
    hasVega: true,
    isScaleInvariant: true,
    fill: (normals, path) => {
      const { spots, logSpots, volatilityTangents } = path
      bridge.build(normals, 0, brownian)
      path.stepVariances.set(variances)
      path.logSpotTangents.fill(1)
      spots[0] = spot
      logSpots[0] = logStart
      volatilityTangents[0] = 0
      let volatilityScore = 0
      let before = 0
      for (let i = 0; i < count; i++) {
        const w = brownian[i]!
        const time = times[i]!
        const log = logStart + drift * time + volatility * w
        logSpots[i + 1] = log
        spots[i + 1] = Math.exp(log)
        volatilityTangents[i + 1] = w - volatility * time
        const root = rootSteps[i]!
        const z = (w - before) / root
        volatilityScore += (z * z - 1) / volatility - z * root
        before = w
      }
      const first = brownian[0]! / rootSteps[0]!
      path.deltaScore = first / (spot * firstDeviation)
      path.gammaScore =
        ((first * first - 1) / firstDeviation - first) / (spot * spot * firstDeviation)
      path.volatilityScore = volatilityScore
    }
  }
}
