/** Log-Euler paths under local volatility, with tangents carried along. */
import { brownianBridge } from "./brownianBridge.ts"
import type { LocalVolatilityDynamics } from "./dynamics.ts"
import { readLocalVolatility } from "./localVolatilityGrid.ts"
import type { PathModel, TimeGrid } from "./path.ts"

/** The volatility of a step is read at its start in spot and its middle in time. */
export const localVolatilityPaths = (
  dynamics: LocalVolatilityDynamics,
  grid: TimeGrid
): PathModel => {
  const { spot, riskFreeRate, dividendYield, grid: volatilities } = dynamics
  const times = grid.timesYears
  const count = times.length - 1
  const bridge = brownianBridge(times.subarray(1))
  const brownian = new Float64Array(count)
  const local = new Float64Array(2)
  const carry = riskFreeRate - dividendYield
  const logStart = Math.log(spot)

  return {
    normalCount: count,
    slotOfDimension: (dimension) => dimension,
    hasVega: true,
    isScaleInvariant: false,
    fill: (normals, path) => {
      const { spots, logSpots, stepVariances, logSpotTangents, volatilityTangents } = path
      bridge.build(normals, 0, brownian)
      spots[0] = spot
      logSpots[0] = logStart
      logSpotTangents[0] = 1
      volatilityTangents[0] = 0
      path.volatilityScore = 0
      let before = 0
      for (let i = 0; i < count; i++) {
        const dt = times[i + 1]! - times[i]!
        const middle = times[i]! + 0.5 * dt
        const log = logSpots[i]!
        readLocalVolatility(volatilities, middle, log - logStart - carry * times[i]!, local)
        const volatility = local[0]!
        const slope = local[1]!
        const move = brownian[i]! - before
        before = brownian[i]!
        const next = log + (carry - 0.5 * volatility * volatility) * dt + volatility * move
        const byVolatility = move - volatility * dt
        // Sticky strike: the table stays where it is in S while today's spot moves.
        logSpotTangents[i + 1] = logSpotTangents[i]! * (1 + byVolatility * slope)
        volatilityTangents[i + 1] =
          volatilityTangents[i]! + byVolatility * (1 + slope * volatilityTangents[i]!)
        logSpots[i + 1] = next
        spots[i + 1] = Math.exp(next)
        stepVariances[i] = volatility * volatility * dt
        const root = Math.sqrt(dt)
        const z = move / root
        const score = (z * z - 1) / volatility - z * root
        path.volatilityScore += score
        if (i === 0) path.deltaScore = (z / (volatility * root) + score * slope) / spot
      }
      path.gammaScore = Number.NaN
    }
  }
}
