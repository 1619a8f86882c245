/**
 * Forwards, and through them dividends and borrow, implied by put-call parity over real quotes:
 * C - P = D (F - K), European; American quotes first give up their early exercise premiums.
 */
import { earlyExercisePremium, quotedVolatility } from "./earlyExercise.ts"
import { type ExpirationQuotes, isTwoSided, type SurfaceMarket } from "./quotes.ts"

export type ImpliedForward = {
  readonly forward: number
  /** Of `forward`, from the residuals' robust scale; currency. */
  readonly standardError: number
  /** Continuous, per year: riskFreeRate - ln(forward / spot) / T. Dividends less borrow. */
  readonly dividendYield: number
  /** The rate at which the quotes themselves discount (slope of C - P by K), and its error. */
  readonly impliedRate: number
  readonly impliedRateError: number
  /** Strikes with four quotes that entered, and those of them kept at near full weight. */
  readonly strikesUsed: number
  readonly strikesTrusted: number
}

type Pair = { strike: number; difference: number; width: number; correction: number }

const strikesMax = 30
const exerciseRounds = 2

/**
 * The forward of one expiration, or undefined when fewer than three strikes have all four quotes.
 *
 * The strikes nearest the spot are used, weighted by their spreads, with Tukey's biweight against
 * stale quotes; the discount factor is the market's rate, so the forward does not inherit the noise
 * of a slope. The rate that a free slope would give is reported beside it.
 */
export const impliedForward = (
  market: SurfaceMarket,
  quotes: ExpirationQuotes
): ImpliedForward | undefined => {
  const { spot, riskFreeRate } = market
  const time = quotes.timeToExpirationYears
  const pairs = nearestPairs(spot, quotes)
  if (pairs.length < 3 || !(time > 0)) return undefined
  const discount = Math.exp(-riskFreeRate * time)
  let located = locate(pairs, discount)
  if (market.style === "American") {
    for (let round = 0; round < exerciseRounds; round++) {
      const dividendYield = riskFreeRate - Math.log(located.centre / spot) / time
      correctPairs(market, quotes, pairs, { timeYears: time, dividendYield })
      located = locate(pairs, discount)
    }
  }
  const slope = robustLine(pairs)
  return {
    forward: located.centre,
    standardError: located.error,
    dividendYield: riskFreeRate - Math.log(located.centre / spot) / time,
    impliedRate: -Math.log(Math.max(-slope.slope, 1e-9)) / time,
    impliedRateError: slope.slopeError / Math.max(-slope.slope, 1e-9) / time,
    strikesUsed: pairs.length,
    strikesTrusted: located.trusted
  }
}

const nearestPairs = (spot: number, quotes: ExpirationQuotes): Array<Pair> =>
  quotes.strikes
    .filter(
      (each) => isTwoSided(each.callBid, each.callAsk) && isTwoSided(each.putBid, each.putAsk)
    )
    .map((each) => ({
      strike: each.strike,
      difference: (each.callBid + each.callAsk - each.putBid - each.putAsk) / 2,
      // Half a tick of a cent keeps locked quotes from taking all the weight.
      width: Math.max(each.callAsk - each.callBid + each.putAsk - each.putBid, 0.01),
      correction: 0
    }))
    .sort((one, other) => Math.abs(one.strike - spot) - Math.abs(other.strike - spot))
    .slice(0, strikesMax)

/** Fills each pair's call premium less put premium, both at its out-of-the-money volatility. */
const correctPairs = (
  market: SurfaceMarket,
  quotes: ExpirationQuotes,
  pairs: ReadonlyArray<Pair>,
  carry: { timeYears: number; dividendYield: number }
): void => {
  const byStrike = new Map(quotes.strikes.map((each) => [each.strike, each]))
  for (const pair of pairs) {
    const quote = byStrike.get(pair.strike)!
    const isCall = pair.strike >= market.spot
    const mid = isCall ? quote.callBid + quote.callAsk : quote.putBid + quote.putAsk
    const volatility = quotedVolatility(market, carry, isCall, pair.strike, mid / 2)
    pair.correction =
      volatility > 0
        ? earlyExercisePremium(market, carry, true, pair.strike, volatility) -
          earlyExercisePremium(market, carry, false, pair.strike, volatility)
        : 0
  }
}

const tukeyReach = 4.685
const madToDeviation = 1.4826
const reweightings = 20

const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((one, other) => one - other)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

const biweight = (residual: number, scale: number): number => {
  const u = residual / (tukeyReach * scale)
  return Math.abs(u) < 1 ? (1 - u * u) ** 2 : 0
}

/** Robust centre of K + (C - P) / D, each strike in units of its own spread. */
const locate = (pairs: ReadonlyArray<Pair>, discount: number) => {
  const forwards = pairs.map((pair) => pair.strike + (pair.difference - pair.correction) / discount)
  let centre = median(forwards)
  let scale = 0
  let weights: Array<number> = []
  for (let step = 0; step < reweightings; step++) {
    const residuals = pairs.map((pair, i) => (forwards[i]! - centre) / pair.width)
    scale = Math.max(madToDeviation * median(residuals.map(Math.abs)), 0.02)
    weights = pairs.map((pair, i) => biweight(residuals[i]!, scale) / pair.width ** 2)
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    const next = weights.reduce((sum, weight, i) => sum + weight * forwards[i]!, 0) / total
    const moved = Math.abs(next - centre)
    centre = next
    if (moved < 1e-10 * centre) break
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const trusted = weights.filter((weight, i) => weight * pairs[i]!.width ** 2 > 0.5).length
  return { centre, error: scale / Math.sqrt(total), trusted }
}

/** Robust weighted line of C - P by K, reweighted as `locate`. */
const robustLine = (pairs: ReadonlyArray<Pair>): { slope: number; slopeError: number } => {
  const values = pairs.map((pair) => pair.difference - pair.correction)
  let weights = pairs.map((pair) => 1 / pair.width ** 2)
  let slope = -1
  let slopeError = Infinity
  for (let step = 0; step < reweightings; step++) {
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    const meanX = weights.reduce((sum, weight, i) => sum + weight * pairs[i]!.strike, 0) / total
    const meanY = weights.reduce((sum, weight, i) => sum + weight * values[i]!, 0) / total
    let xx = 0
    let xy = 0
    weights.forEach((weight, i) => {
      const dx = pairs[i]!.strike - meanX
      xx += weight * dx * dx
      xy += weight * dx * (values[i]! - meanY)
    })
    const before = slope
    slope = xy / xx
    const residuals = pairs.map(
      (pair, i) => (values[i]! - meanY - slope * (pair.strike - meanX)) / pair.width
    )
    const scale = Math.max(madToDeviation * median(residuals.map(Math.abs)), 0.02)
    slopeError = scale / Math.sqrt(xx)
    weights = pairs.map((pair, i) => biweight(residuals[i]!, scale) / pair.width ** 2)
    if (Math.abs(slope - before) < 1e-12) break
  }
  return { slope, slopeError }
}
