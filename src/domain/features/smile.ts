/**
 * One expiration's forward and out-of-the-money implied volatilities, read from live quotes.
 *
 * The chain is American, the inversion European, on out-of-the-money options only: there the early exercise premium
 * is smallest (nothing for calls without dividends; at rates of a few percent and expirations of weeks, below a
 * tenth of a volatility point for puts). Long expirations and high rates are read too high for puts by more.
 */
import type { ExpirationChain } from "../market/optionChain.ts"
import type { QuoteBoard } from "../market/quoteBoard.ts"
import { impliedVolatilityOrCode } from "../pricing/impliedVolatility.ts"
import { normalCdf } from "../pricing/normal.ts"

/** What a reading depends on besides the expiration. */
export interface SmileContext {
  readonly board: QuoteBoard
  readonly nowMs: number
  readonly spotMicros: number
  /** Continuous, per year. */
  readonly riskFreeRate: number
  /** Quotes older than this are not read. */
  readonly quoteAgeMsMax: number
}

/** An out-of-the-money option that is quoted on both sides. */
export interface SmilePoint {
  readonly strikeIndex: number
  readonly strikeMicros: number
  readonly isCall: boolean
  readonly instrument: number
  readonly midMicros: number
  readonly spreadMicros: number
  /** Annualised over calendar time, decimal. */
  readonly volatility: number
  /** Absolute forward delta, in (0, 1). */
  readonly delta: number
}

export interface Smile {
  readonly expiration: string
  readonly timeToExpirationYears: number
  readonly forwardMicros: number
  readonly discountFactor: number
  /** Ascending strikes: puts up to the forward, then calls. */
  readonly points: ReadonlyArray<SmilePoint>
  readonly atmVolatility: number
}

const yearMs = 365 * 86_400_000
/** Strikes nearest the money whose call and put both count towards the forward. */
const parityStrikes = 5

/**
 * Reads outwards from the money until an option's delta is below `deltaMin` on each side.
 *
 * Undefined where the expiration is over, no strike near the money has both call and put quoted on both sides, or
 * none of the out-of-the-money options on one side has a volatility.
 */
export const readSmile = (
  context: SmileContext,
  chain: ExpirationChain,
  deltaMin: number
): Smile | undefined => {
  const timeToExpirationYears = (chain.lastTradeMs - context.nowMs) / yearMs
  if (!(timeToExpirationYears > 0)) return undefined
  const discountFactor = Math.exp(-context.riskFreeRate * timeToExpirationYears)
  const forwardMicros = impliedForward(context, chain, discountFactor)
  if (forwardMicros === undefined) return undefined
  const read = pointReader(context, chain, { forwardMicros, timeToExpirationYears })
  const firstCall = lowerBound(chain.strikesMicros, forwardMicros)
  const puts: Array<SmilePoint> = []
  for (let at = firstCall - 1; at >= 0; at--) {
    const point = read(at, false)
    if (point !== undefined) puts.push(point)
    if (point !== undefined && point.delta < deltaMin) break
  }
  const calls: Array<SmilePoint> = []
  for (let at = firstCall; at < chain.strikesMicros.length; at++) {
    const point = read(at, true)
    if (point !== undefined) calls.push(point)
    if (point !== undefined && point.delta < deltaMin) break
  }
  const below = puts[0]
  const above = calls[0]
  if (below === undefined || above === undefined) return undefined
  const weight = (forwardMicros - below.strikeMicros) / (above.strikeMicros - below.strikeMicros)
  return {
    expiration: chain.expiration,
    timeToExpirationYears,
    forwardMicros,
    discountFactor,
    points: [...puts.reverse(), ...calls],
    atmVolatility: below.volatility + weight * (above.volatility - below.volatility)
  }
}

/**
 * The put's volatility less the call's at a given absolute delta, each interpolated in delta between neighbours;
 * 0 where either wing has no quotes on both sides of that delta.
 */
export const skewAtDelta = (smile: Smile, delta: number): number => {
  const put = volatilityAtDelta(smile, delta, false)
  const call = volatilityAtDelta(smile, delta, true)
  return put === undefined || call === undefined ? 0 : put - call
}

const volatilityAtDelta = (smile: Smile, delta: number, isCall: boolean): number | undefined => {
  let outer: SmilePoint | undefined
  let inner: SmilePoint | undefined
  for (const point of smile.points) {
    if (point.isCall !== isCall) continue
    if (point.delta <= delta && (outer === undefined || point.delta > outer.delta)) outer = point
    if (point.delta > delta && (inner === undefined || point.delta < inner.delta)) inner = point
  }
  if (outer === undefined || inner === undefined) return undefined
  const weight = (delta - outer.delta) / (inner.delta - outer.delta)
  return outer.volatility + weight * (inner.volatility - outer.volatility)
}

/** Median of strike + (call - put) / discount over the nearest strikes: parity, deaf to a single bad quote. */
export const impliedForward = (
  context: SmileContext,
  chain: ExpirationChain,
  discountFactor: number
): number | undefined => {
  const { strikesMicros, calls, puts } = chain
  let up = lowerBound(strikesMicros, context.spotMicros)
  let down = up - 1
  const forwards: Array<number> = []
  // Beyond 20 % from the spot early exercise is worth too much to read a forward from parity.
  const highest = context.spotMicros * 1.2
  const lowest = context.spotMicros * 0.8
  while (forwards.length < parityStrikes) {
    const above = strikesMicros[up] ?? Number.POSITIVE_INFINITY
    const below = strikesMicros[down] ?? Number.NEGATIVE_INFINITY
    const isUp = above - context.spotMicros <= context.spotMicros - below
    const strike = isUp ? above : below
    if (!(strike >= lowest && strike <= highest)) break
    const at = isUp ? up++ : down--
    const call = freshMid(context, calls[at]!)
    const put = freshMid(context, puts[at]!)
    if (call > 0 && put > 0) forwards.push(strike + (call - put) / discountFactor)
  }
  if (forwards.length === 0) return undefined
  forwards.sort((a, b) => a - b)
  const middle = forwards.length >> 1
  return forwards.length % 2 === 1
    ? forwards[middle]!
    : (forwards[middle - 1]! + forwards[middle]!) / 2
}

const pointReader =
  (
    context: SmileContext,
    chain: ExpirationChain,
    terms: { readonly forwardMicros: number; readonly timeToExpirationYears: number }
  ) =>
  (strikeIndex: number, isCall: boolean): SmilePoint | undefined => {
    const instrument = (isCall ? chain.calls : chain.puts)[strikeIndex]!
    const midMicros = freshMid(context, instrument)
    if (!(midMicros > 0)) return undefined
    const strikeMicros = chain.strikesMicros[strikeIndex]!
    const { forwardMicros, timeToExpirationYears } = terms
    // The yield that equals the rate makes the spot a forward: Black (1976).
    const volatility = impliedVolatilityOrCode(
      isCall,
      midMicros,
      forwardMicros,
      strikeMicros,
      timeToExpirationYears,
      context.riskFreeRate,
      context.riskFreeRate
    )
    if (!(volatility > 0)) return undefined
    const deviation = volatility * Math.sqrt(timeToExpirationYears)
    const d1 = Math.log(forwardMicros / strikeMicros) / deviation + deviation / 2
    const delta = isCall ? normalCdf(d1) : normalCdf(-d1)
    const spreadMicros = context.board.spreadMicros(instrument)
    return {
      strikeIndex,
      strikeMicros,
      isCall,
      instrument,
      midMicros,
      spreadMicros,
      volatility,
      delta
    }
  }

const freshMid = (context: SmileContext, instrument: number): number =>
  instrument >= 0 &&
  context.board.isTwoSided(instrument) &&
  context.board.ageMs(instrument, context.nowMs) <= context.quoteAgeMsMax
    ? context.board.midMicros(instrument)
    : Number.NaN

/** Index of the first strike >= `value`. */
export const lowerBound = (strikes: Float64Array, value: number): number => {
  let low = 0
  let high = strikes.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (strikes[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}
