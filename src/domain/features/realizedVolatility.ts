/**
 * Estimators of the variance of log prices, per day, from daily bars or from returns inside a day.
 *
 * All are exact functions of price ratios, so units of price do not matter. Annualised means times
 * 252 trading days.
 */

/** The four prices of a bar; all > 0, low <= open, close <= high. */
export interface PriceRange {
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
}

export const tradingDaysPerYear = 252

/** Variance of the bar's open-to-close log move from its range alone. Source: Parkinson (1980). */
export const parkinsonVariance = (bar: PriceRange): number =>
  Math.log(bar.high / bar.low) ** 2 / (4 * Math.LN2)

/**
 * Variance of the bar's open-to-close log move from range, open and close; >= 0, as the body lies
 * inside the range. Source: Garman and Klass (1980), the practical form 0.5 (ln H/L)^2 - (2 ln 2 -
 * 1) (ln C/O)^2.
 */
export const garmanKlassVariance = (bar: PriceRange): number =>
  0.5 * Math.log(bar.high / bar.low) ** 2 - (2 * Math.LN2 - 1) * Math.log(bar.close / bar.open) ** 2

/**
 * Close-to-close variance of one day: the overnight move squared, plus Garman-Klass of the session.
 */
export const dailyVariance = (previousClose: number, bar: PriceRange): number =>
  Math.log(bar.open / previousClose) ** 2 + garmanKlassVariance(bar)

/** Realized variance: the sum of squared log returns. Source: Andersen and Bollerslev (1998). */
export const realizedVariance = (logReturns: ReadonlyArray<number>): number => {
  let sum = 0
  for (const logReturn of logReturns) sum += logReturn * logReturn
  return sum
}

/**
 * Bipower variation: realized variance without the part of jumps, pi/2 times the sum of
 * neighbouring |r|. 0 for fewer than two returns. Source: Barndorff-Nielsen and Shephard (2004).
 */
export const bipowerVariation = (logReturns: ReadonlyArray<number>): number => {
  let sum = 0
  for (let at = 1; at < logReturns.length; at++)
    sum += Math.abs(logReturns[at]!) * Math.abs(logReturns[at - 1]!)
  return (Math.PI / 2) * sum
}

/** Volatility per square root of a year, decimal, from a variance per day. */
export const annualisedVolatility = (variancePerDay: number): number =>
  Math.sqrt(variancePerDay * tradingDaysPerYear)
