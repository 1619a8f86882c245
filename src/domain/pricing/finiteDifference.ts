/**
 * Finite differences for options that no closed form reaches: cash dividends on known dates, and
 * American options under rates that make a band, not a half-line, worth exercising.
 *
 * Crank-Nicolson in ln S with four implicit half-steps after every kink (Rannacher), time steps graded
 * towards it, and early exercise by penalty iteration, which needs no guess where the boundary is.
 * Sources: Forsyth and Vetzal, Quadratic convergence for valuing American options (2002); Rannacher (1984).
 */

/** A cash dividend: `amount` in currency leaves the spot at `timeYears` from now. */
export type CashDividend = { readonly timeYears: number; readonly amount: number }

export type FiniteDifferenceInput = {
  readonly isAmerican: boolean
  readonly isCall: boolean
  readonly spot: number
  readonly strike: number
  readonly timeYears: number
  readonly rate: number
  readonly yieldRate: number
  readonly volatility: number
  /** In any order; those outside (0, timeYears) are ignored. A dividend above the spot takes all of it. */
  readonly dividends: ReadonlyArray<CashDividend>
}

export type FiniteDifferenceGrid = { readonly spaceSteps: number; readonly timeSteps: number }

export type FiniteDifferenceValue = {
  readonly price: number
  readonly delta: number
  readonly gamma: number
}

/** The spots at which exercise now is optimal: from `from` to `to`, ends within one grid cell. */
export type ExerciseRange = { readonly from: number; readonly to: number }

/** Grid half-width in standard deviations. */
const widthDeviations = 6.5
const penalty = 1e8
const penaltyIterationsMax = 12

/** Value, delta and gamma at `spot`. `timeYears` and `volatility` > 0. */
const finiteDifferenceValue = (
  input: FiniteDifferenceInput,
  grid: FiniteDifferenceGrid
): FiniteDifferenceValue => marchToNow(input, grid).readAt(input.spot)

/**
 * As `finiteDifferenceValue` on `grid` and on half of it, extrapolated to zero step: the error falls
 * from 2e-2 to 2e-4 at 400 x 200 on the worst row of the American table, at 1.25 times the work.
 */
export const extrapolatedValue = (
  input: FiniteDifferenceInput,
  grid: FiniteDifferenceGrid
): FiniteDifferenceValue => {
  const fine = finiteDifferenceValue(input, grid)
  const coarse = finiteDifferenceValue(input, {
    spaceSteps: grid.spaceSteps / 2,
    timeSteps: grid.timeSteps / 2
  })
  const sign = input.isCall ? 1 : -1
  const floor = input.isAmerican ? Math.max(0, sign * (input.spot - input.strike)) : 0
  const mix = (one: number, other: number) => (4 * one - other) / 3
  return {
    price: Math.max(floor, mix(fine.price, coarse.price)),
    delta: mix(fine.delta, coarse.delta),
    gamma: mix(fine.gamma, coarse.gamma)
  }
}

/** Where an American option should be exercised now, or undefined when nowhere on the grid. */
export const exerciseRangeOnGrid = (
  input: FiniteDifferenceInput,
  grid: FiniteDifferenceGrid
): ExerciseRange | undefined => marchToNow(input, grid).exerciseRange()

const marchToNow = (input: FiniteDifferenceInput, grid: FiniteDifferenceGrid): March => {
  const march = new March(input, grid)
  const { timeYears } = input
  const dates = input.dividends
    .filter((dividend) => dividend.timeYears > 0 && dividend.timeYears < timeYears)
    .sort((one, other) => other.timeYears - one.timeYears)
  let from = timeYears
  for (const dividend of dates) {
    march.advance(from - dividend.timeYears)
    march.payDividend(dividend.amount)
    from = dividend.timeYears
  }
  march.advance(from)
  return march
}

/** Marches the value backwards in time over one grid. */
class March {
  private readonly input: FiniteDifferenceInput
  private readonly stepsPerYear: number
  private readonly first: number
  private readonly step: number
  private readonly count: number
  private readonly spots: Float64Array
  private readonly payoff: Float64Array
  private readonly value: Float64Array
  private readonly right: Float64Array
  private readonly solved: Float64Array
  private readonly upper: Float64Array
  /** Rows of the operator L of dV/dtau = L V: below, diagonal, above. */
  private readonly low: Float64Array
  private readonly mid: Float64Array
  private readonly high: Float64Array

  constructor(input: FiniteDifferenceInput, grid: FiniteDifferenceGrid) {
    this.input = input
    this.stepsPerYear = grid.timeSteps / input.timeYears
    const { spot, strike, timeYears, volatility } = input
    const cash = input.dividends.reduce(
      (sum, dividend) => sum + (dividend.timeYears < timeYears ? dividend.amount : 0),
      0
    )
    const drift = Math.abs(input.rate - input.yieldRate) * timeYears
    const half = widthDeviations * volatility * Math.sqrt(timeYears) + drift
    const least = Math.min(strike, Math.max(spot - cash, 0.2 * spot), spot)
    const bottom = Math.log(least) - half
    const top = Math.log(Math.max(strike, spot)) + half
    const n = grid.spaceSteps
    this.count = n + 1
    this.step = (top - bottom) / n
    // The strike lies on a node, so refining the grid does not move the kink within its cell.
    const offset = (Math.log(strike) - bottom) / this.step
    this.first = bottom + (offset - Math.round(offset)) * this.step
    const sign = input.isCall ? 1 : -1
    this.spots = Float64Array.from({ length: n + 1 }, (_, i) =>
      Math.exp(this.first + i * this.step)
    )
    this.payoff = this.spots.map((s) => Math.max(0, sign * (s - strike)))
    this.value = this.payoff.slice()
    this.right = new Float64Array(n + 1)
    this.solved = new Float64Array(n + 1)
    this.upper = new Float64Array(n + 1)
    this.low = new Float64Array(n + 1)
    this.mid = new Float64Array(n + 1)
    this.high = new Float64Array(n + 1)
    this.fillOperator()
    this.smoothKink(sign)
  }

  /** The cell average of the payoff at the strike restores second-order convergence. */
  private smoothKink(sign: number): void {
    const at = Math.round((Math.log(this.input.strike) - this.first) / this.step)
    const h = this.step / 2
    const { strike } = this.input
    const side = sign > 0 ? Math.expm1(h) - h : h + Math.expm1(-h)
    if (at >= 0 && at < this.count) this.value[at] = (strike * side) / this.step
  }

  private fillOperator(): void {
    const { rate, yieldRate, volatility } = this.input
    const diffusion = (0.5 * volatility * volatility) / (this.step * this.step)
    const drift = (rate - yieldRate - 0.5 * volatility * volatility) / (2 * this.step)
    this.low.fill(diffusion - drift)
    this.high.fill(diffusion + drift)
    this.mid.fill(-2 * diffusion - rate)
    // At both ends the value is taken as linear in S: only drift and discounting remain.
    const last = this.count - 1
    const s = this.spots
    const bottom = ((rate - yieldRate) * s[0]!) / (s[1]! - s[0]!)
    const top = ((rate - yieldRate) * s[last]!) / (s[last]! - s[last - 1]!)
    this.low[0] = 0
    this.mid[0] = -bottom - rate
    this.high[0] = bottom
    this.low[last] = -top
    this.mid[last] = top - rate
    this.high[last] = 0
  }

  /** Goes `length` years back from a kink, with steps that grow quadratically away from it. */
  advance(length: number): void {
    if (!(length > 0)) return
    const steps = Math.max(8, Math.ceil(this.stepsPerYear * length))
    let before = 0
    for (let k = 1; k <= steps; k++) {
      const now = length * (k / steps) ** 2
      const size = now - before
      before = now
      if (k <= 2) {
        this.stepOnce(size / 2, 1)
        this.stepOnce(size / 2, 1)
      } else {
        this.stepOnce(size, 0.5)
      }
    }
  }

  /** One step of `size` years; `implicit` 1 is backward Euler, 0.5 Crank-Nicolson. */
  private stepOnce(size: number, implicit: number): void {
    const { value, right, low, mid, high, payoff } = this
    const last = this.count - 1
    const explicit = size * (1 - implicit)
    for (let i = 0; i <= last; i++) {
      const below = i > 0 ? low[i]! * value[i - 1]! : 0
      const above = i < last ? high[i]! * value[i + 1]! : 0
      right[i] = value[i]! + explicit * (below + mid[i]! * value[i]! + above)
    }
    const weight = size * implicit
    if (!this.input.isAmerican) {
      this.solve(weight, false)
      value.set(this.solved)
      return
    }
    for (let iteration = 0; iteration < penaltyIterationsMax; iteration++) {
      this.solve(weight, true)
      let changed = false
      for (let i = 0; i <= last; i++) {
        if (this.solved[i]! < payoff[i]! !== value[i]! < payoff[i]!) changed = true
        value[i] = this.solved[i]!
      }
      if (!changed) break
    }
  }

  /** Thomas algorithm for (1 - weight L + penalty where value < payoff) solved = right. */
  private solve(weight: number, penalized: boolean): void {
    const { right, solved, upper, low, mid, high, payoff, value } = this
    const last = this.count - 1
    for (let i = 0; i <= last; i++) {
      const active = penalized && value[i]! < payoff[i]! ? penalty : 0
      const below = -weight * low[i]!
      const pivot = 1 - weight * mid[i]! + active - (i > 0 ? below * upper[i - 1]! : 0)
      const source = right[i]! + active * payoff[i]! - (i > 0 ? below * solved[i - 1]! : 0)
      upper[i] = (-weight * high[i]!) / pivot
      solved[i] = source / pivot
    }
    for (let i = last - 1; i >= 0; i--) solved[i] = solved[i]! - upper[i]! * solved[i + 1]!
  }

  /** Just before a dividend the option is worth what it is after it, or its payoff if exercised. */
  payDividend(amount: number): void {
    const after = this.value.slice()
    for (let i = 0; i < this.count; i++) {
      const held = this.interpolate(after, Math.max(this.spots[i]! - amount, this.spots[0]!))
      this.value[i] = this.input.isAmerican ? Math.max(held, this.payoff[i]!) : held
    }
  }

  /** Cubic Lagrange in ln S. */
  private interpolate(values: Float64Array, spot: number): number {
    const position = (Math.log(spot) - this.first) / this.step
    const at = Math.min(Math.max(Math.floor(position), 1), this.count - 3)
    const t = position - at
    const a = values[at - 1]!
    const b = values[at]!
    const c = values[at + 1]!
    const d = values[at + 2]!
    return (
      (-t * (t - 1) * (t - 2) * a) / 6 +
      ((t + 1) * (t - 1) * (t - 2) * b) / 2 -
      ((t + 1) * t * (t - 2) * c) / 2 +
      ((t + 1) * t * (t - 1) * d) / 6
    )
  }

  exerciseRange(): ExerciseRange | undefined {
    const { value, payoff, spots } = this
    const tolerance = 1e-7 * this.input.strike
    let from = Number.NaN
    let to = Number.NaN
    for (let i = 0; i < this.count; i++) {
      if (!(payoff[i]! > 0 && value[i]! - payoff[i]! < tolerance)) continue
      if (Number.isNaN(from)) from = spots[i]!
      to = spots[i]!
    }
    return Number.isNaN(from) ? undefined : { from, to }
  }

  /** Value, slope and curvature at `spot`, by the cubic through the four nodes around it. */
  readAt(spot: number): FiniteDifferenceValue {
    const h = this.step
    const up = this.interpolate(this.value, spot * Math.exp(h))
    const here = this.interpolate(this.value, spot)
    const down = this.interpolate(this.value, spot * Math.exp(-h))
    const slope = (up - down) / (2 * h)
    const curve = (up - 2 * here + down) / (h * h)
    return { price: here, delta: slope / spot, gamma: (curve - slope) / (spot * spot) }
  }
}
