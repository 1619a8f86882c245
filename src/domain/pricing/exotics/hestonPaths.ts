/**
 * Heston paths by the quadratic-exponential scheme with its martingale correction.
 *
 * Source: Andersen, "Simple and efficient simulation of the Heston stochastic volatility model",
 * J. Computational Finance 11(3) (2008), sections 3.2 and 4.
 */
import { normalCdf } from "../normal.ts"
import { brownianBridge } from "./brownianBridge.ts"
import type { HestonDynamics } from "./dynamics.ts"
import type { PathModel, TimeGrid } from "./path.ts"

/** Andersen's switch between the quadratic and the exponential draw. */
const switchAt = 1.5

export const hestonPaths = (dynamics: HestonDynamics, grid: TimeGrid): PathModel => {
  const { spot, riskFreeRate, dividendYield, initialVariance } = dynamics
  const times = grid.timesYears
  const count = times.length - 1
  const bridge = brownianBridge(times.subarray(1))
  const ofSpot = new Float64Array(count)
  const ofVariance = new Float64Array(count)
  const steps = Array.from({ length: count }, (_, i) =>
    stepConstants(dynamics, times[i + 1]! - times[i]!)
  )
  const drawn = new Float64Array(2)
  const carry = riskFreeRate - dividendYield
  const logStart = Math.log(spot)

  return {
    normalCount: 2 * count,
    // The two factors take turns, so both get the best dimensions for their coarse moves.
    slotOfDimension: (dimension) => (dimension & 1) * count + (dimension >> 1),
    hasVega: false,
    isScaleInvariant: true,
    fill: (normals, path) => {
      const { spots, logSpots, stepVariances } = path
      bridge.build(normals, 0, ofSpot)
      bridge.build(normals, count, ofVariance)
      path.logSpotTangents.fill(1)
      spots[0] = spot
      logSpots[0] = logStart
      let variance = initialVariance
      for (let i = 0; i < count; i++) {
        const step = steps[i]!
        const z = (ofSpot[i]! - (i === 0 ? 0 : ofSpot[i - 1]!)) / step.root
        const zVariance = (ofVariance[i]! - (i === 0 ? 0 : ofVariance[i - 1]!)) / step.root
        drawVariance(step, variance, zVariance, drawn)
        const next = drawn[0]!
        const deviation = Math.sqrt(step.k34 * (variance + next))
        const log = logSpots[i]! + carry * step.dt + drawn[1]! + step.k1 * variance + step.k2 * next
        logSpots[i + 1] = log + deviation * z
        spots[i + 1] = Math.exp(logSpots[i + 1]!)
        stepVariances[i] = 0.5 * step.dt * (variance + next)
        if (i === 0) {
          path.deltaScore = z / (spot * deviation)
          path.gammaScore = ((z * z - 1) / deviation - z) / (spot * spot * deviation)
        }
        variance = next
      }
      path.volatilityScore = Number.NaN
    }
  }
}

type StepConstants = {
  readonly dt: number
  readonly root: number
  readonly decay: number
  readonly longRun: number
  readonly varianceOfLevel: number
  readonly varianceConstant: number
  readonly k1: number
  readonly k2: number
  readonly k34: number
  readonly plainCorrection: number
}

const stepConstants = (dynamics: HestonDynamics, dt: number): StepConstants => {
  const { longRunVariance, meanReversion, volatilityOfVariance, correlation } = dynamics
  const decay = Math.exp(-meanReversion * dt)
  const square = (volatilityOfVariance * volatilityOfVariance) / meanReversion
  const pull = (meanReversion * correlation) / volatilityOfVariance - 0.5
  const ratio = correlation / volatilityOfVariance
  return {
    dt,
    root: Math.sqrt(dt),
    decay,
    longRun: longRunVariance,
    varianceOfLevel: square * decay * (1 - decay),
    varianceConstant: 0.5 * longRunVariance * square * (1 - decay) ** 2,
    k1: 0.5 * dt * pull - ratio,
    k2: 0.5 * dt * pull + ratio,
    k34: 0.5 * dt * (1 - correlation * correlation),
    plainCorrection: -ratio * meanReversion * longRunVariance * dt
  }
}

/** Into `out`: the next variance, and what makes the discounted spot a martingale over the step. */
const drawVariance = (
  step: StepConstants,
  variance: number,
  z: number,
  out: Float64Array
): void => {
  const mean = step.longRun + (variance - step.longRun) * step.decay
  const spread = variance * step.varianceOfLevel + step.varianceConstant
  const ratio = spread / (mean * mean)
  const tilt = step.k2 + 0.5 * step.k34
  const held = (step.k1 + 0.5 * step.k34) * variance
  if (ratio <= switchAt) {
    const twice = 2 / ratio
    const b2 = twice - 1 + Math.sqrt(twice) * Math.sqrt(twice - 1)
    const a = mean / (1 + b2)
    const room = 1 - 2 * tilt * a
    out[0] = a * (Math.sqrt(b2) + z) ** 2
    out[1] = room > 0 ? (-tilt * b2 * a) / room + 0.5 * Math.log(room) - held : step.plainCorrection
    return
  }
  const p = (ratio - 1) / (ratio + 1)
  const beta = (1 - p) / mean
  const above = normalCdf(-z)
  out[0] = above >= 1 - p ? 0 : Math.log((1 - p) / above) / beta
  out[1] =
    tilt < beta ? -Math.log(p + (beta * (1 - p)) / (beta - tilt)) - held : step.plainCorrection
}
