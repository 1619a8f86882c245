/**
 * Local volatility as a table over time and log-moneyness ln(S / forward), made from any implied
 * surface by Dupire's formula in total variance.
 */
export type LocalVolatilityGrid = {
  /** Years, increasing, the first > 0; flat beyond both ends. */
  readonly timesYears: Float64Array
  /** ln(S / forward), evenly spaced. */
  readonly logMoneynessMin: number
  readonly logMoneynessStep: number
  readonly logMoneynessCount: number
  /** By time, then log-moneyness; per square root of a year. */
  readonly volatilities: Float64Array
}

/**
 * Total implied variance (volatility^2 x years) at log-moneyness ln(K / forward) and a time in
 * years.
 */
export type TotalVariance = (logMoneyness: number, timeYears: number) => number

/**
 * Tabulates Dupire's local volatility of a surface.
 *
 * `floor` and `cap` bound it where the surface leaves arbitrage (negative density or calendar
 * spread); `boundedCount` says at how many nodes that was needed.
 * Source: Gatheral, The Volatility Surface (2006), equation 1.10; derivatives by central
 * differences.
 */
export const localVolatilityGrid = (
  totalVariance: TotalVariance,
  options: {
    readonly timesYears: ReadonlyArray<number>
    readonly logMoneynessMax: number
    readonly logMoneynessCount: number
    readonly floor: number
    readonly cap: number
  }
): { readonly grid: LocalVolatilityGrid; readonly boundedCount: number } => {
  const { logMoneynessMax, logMoneynessCount, floor, cap } = options
  const timesYears = Float64Array.from(options.timesYears)
  const step = (2 * logMoneynessMax) / (logMoneynessCount - 1)
  const volatilities = new Float64Array(timesYears.length * logMoneynessCount)
  let boundedCount = 0
  for (const [row, time] of timesYears.entries()) {
    for (let column = 0; column < logMoneynessCount; column++) {
      const variance = dupireVariance(totalVariance, -logMoneynessMax + column * step, time)
      const isInside = variance >= floor * floor && variance <= cap * cap
      if (!isInside) boundedCount++
      volatilities[row * logMoneynessCount + column] = isInside
        ? Math.sqrt(variance)
        : variance > cap * cap
          ? cap
          : floor
    }
  }
  const grid = {
    timesYears,
    logMoneynessMin: -logMoneynessMax,
    logMoneynessStep: step,
    logMoneynessCount,
    volatilities
  }
  return { grid, boundedCount }
}

const dupireVariance = (w: TotalVariance, k: number, time: number): number => {
  const h = 1e-3
  const dt = Math.min(1e-3, 0.1 * time)
  const middle = w(k, time)
  const up = w(k + h, time)
  const down = w(k - h, time)
  const slope = (up - down) / (2 * h)
  const curvature = (up - 2 * middle + down) / (h * h)
  const byTime = (w(k, time + dt) - w(k, time - dt)) / (2 * dt)
  const tilt = 1 - (k * slope) / (2 * middle)
  const density = tilt * tilt - 0.25 * slope * slope * (0.25 + 1 / middle) + 0.5 * curvature
  return density > 0 ? byTime / density : Infinity
}

/** Bilinear; value and slope by log-moneyness go to `out[0]` and `out[1]`. */
export const readLocalVolatility = (
  grid: LocalVolatilityGrid,
  timeYears: number,
  logMoneyness: number,
  out: Float64Array
): void => {
  const { timesYears, logMoneynessCount: columns, volatilities } = grid
  const last = timesYears.length - 1
  let row = 0
  while (row < last - 1 && timesYears[row + 1]! <= timeYears) row++
  const above = Math.min(row + 1, last)
  const span = timesYears[above]! - timesYears[row]!
  const inTime = span > 0 ? Math.min(Math.max((timeYears - timesYears[row]!) / span, 0), 1) : 0
  const position = (logMoneyness - grid.logMoneynessMin) / grid.logMoneynessStep
  const inside = Math.min(Math.max(position, 0), columns - 1)
  const column = Math.min(Math.floor(inside), columns - 2)
  const across = inside - column
  const low = row * columns + column
  const high = above * columns + column
  const left = volatilities[low]! + inTime * (volatilities[high]! - volatilities[low]!)
  const right = volatilities[low + 1]! + inTime * (volatilities[high + 1]! - volatilities[low + 1]!)
  out[0] = left + across * (right - left)
  out[1] = inside === position ? (right - left) / grid.logMoneynessStep : 0
}
