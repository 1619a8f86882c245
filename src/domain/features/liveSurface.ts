/**
 * The surface of the desk: every expiration's smile fitted to the quotes of this moment, from where the last interval's
 * fit ended, without arbitrage between strikes or expirations. Some tenths of a millisecond for a chain of 2,000
 * contracts; `surface.ts` fits more closely, American, in a thousand times that.
 *
 * Quotes are read as European and out of the money only, where early exercise is worth least: for puts of long
 * expirations at high rates the volatilities are too high by what it is worth.
 */
import type { ExpirationChain, OptionChain } from "../market/optionChain.ts"
import { fitSmileSlice, SmileQuotes } from "../market/surface/fitSmileSlice.ts"
import type { SmileSlice } from "../market/surface/smileSlice.ts"
import type { SsviSlice } from "../market/surface/svi.ts"
import { impliedVolatilityOrCode } from "../pricing/impliedVolatility.ts"
import { impliedForward, lowerBound, type SmileContext } from "./smile.ts"

/** A slice and how it was come by. */
export interface LiveSlice extends SmileSlice {
  /** Out-of-the-money quotes it was fitted to. */
  readonly quotes: number
  /** Strikes of the lowest and highest of them, micro-USD. */
  readonly lowestMicros: number
  readonly highestMicros: number
  /** Root mean square of model less mid, in widths of the quotes. */
  readonly rmsWidths: number
}

/** Fewer out-of-the-money quotes leave an expiration out; so does a side without any. */
const quotesMin = 4
/** A quote narrower than a cent is not known better than a cent. */
const widthLeastMicros = 10_000

const scratch = { quotes: new SmileQuotes(0), lowest: 0, highest: 0, puts: 0 }

/**
 * In order of expiration, those with quotes enough. `last`: the slices of the last interval, in any order; none at the
 * start. A function of its arguments alone.
 */
export const fitLiveSurface = (
  context: SmileContext,
  chain: OptionChain,
  last: ReadonlyArray<SmileSlice>
): ReadonlyArray<LiveSlice> => {
  const fitted: Array<LiveSlice> = []
  for (const each of chain.expirations) {
    const slice = fitExpiration(context, each, fitted.at(-1), last)
    if (slice !== undefined) fitted.push(slice)
  }
  return fitted
}

const fitExpiration = (
  context: SmileContext,
  chain: ExpirationChain,
  before: SsviSlice | undefined,
  last: ReadonlyArray<SmileSlice>
): LiveSlice | undefined => {
  const { expiration, lastTradeMs } = chain
  const timeToExpirationYears = (lastTradeMs - context.nowMs) / yearMs
  if (!(timeToExpirationYears > 0)) return undefined
  const discountFactor = Math.exp(-context.riskFreeRate * timeToExpirationYears)
  const forwardMicros = impliedForward(context, chain, discountFactor)
  if (forwardMicros === undefined) return undefined
  gather(context, chain, forwardMicros, discountFactor)
  const { quotes, puts, lowest, highest } = scratch
  if (quotes.count < quotesMin || puts === 0 || puts === quotes.count) return undefined
  const start =
    startFrom(last, expiration, timeToExpirationYears) ?? coldStart(quotes, timeToExpirationYears)
  if (start === undefined) return undefined
  const { theta, rho, psi, rmsWidths } = fitSmileSlice(quotes, before, start)
  return {
    expiration,
    timeToExpirationYears,
    forwardMicros,
    theta,
    rho,
    psi,
    quotes: quotes.count,
    lowestMicros: chain.strikesMicros[lowest]!,
    highestMicros: chain.strikesMicros[highest]!,
    rmsWidths
  }
}

/** Fresh two-sided out-of-the-money quotes into `scratch`. */
const gather = (
  context: SmileContext,
  { strikesMicros, calls, puts }: ExpirationChain,
  forwardMicros: number,
  discountFactor: number
): void => {
  const { bidMicros, askMicros, timeMs } = context.board
  const oldestMs = context.nowMs - context.quoteAgeMsMax
  if (scratch.quotes.k.length < strikesMicros.length) {
    scratch.quotes = new SmileQuotes(strikesMicros.length)
  }
  const { quotes } = scratch
  const undiscount = 1 / (forwardMicros * discountFactor)
  const firstCall = lowerBound(strikesMicros, forwardMicros)
  let count = 0
  scratch.puts = 0
  for (let at = 0; at < strikesMicros.length; at++) {
    const isCall = at >= firstCall
    const instrument = (isCall ? calls : puts)[at]!
    if (instrument < 0) continue
    const bid = bidMicros[instrument]!
    const ask = askMicros[instrument]!
    if (!(bid > 0 && ask >= bid) || timeMs[instrument]! < oldestMs) continue
    const width = Math.max(ask - bid, widthLeastMicros)
    const moneyness = strikesMicros[at]! / forwardMicros
    quotes.moneyness[count] = moneyness
    quotes.k[count] = Math.log(moneyness)
    quotes.mid[count] = 0.5 * (bid + ask) * undiscount
    quotes.perWidth[count] = 1 / (width * undiscount)
    if (count === 0) scratch.lowest = at
    scratch.highest = at
    if (!isCall) scratch.puts++
    count++
  }
  quotes.count = count
}

/** The last fit at unchanged volatility. */
const startFrom = (
  last: ReadonlyArray<SmileSlice>,
  expiration: string,
  timeYears: number
): SsviSlice | undefined => {
  const slice = last.find((each) => each.expiration === expiration)
  return slice && { ...slice, theta: (slice.theta * timeYears) / slice.timeToExpirationYears }
}

/** A plain skew at the volatility of the quote nearest the forward. */
const coldStart = (quotes: SmileQuotes, timeYears: number): SsviSlice | undefined => {
  let nearest = 0
  for (let at = 1; at < quotes.count; at++) {
    if (Math.abs(quotes.k[at]!) < Math.abs(quotes.k[nearest]!)) nearest = at
  }
  const isCall = quotes.k[nearest]! >= 0
  const mid = quotes.mid[nearest]!
  const moneyness = quotes.moneyness[nearest]!
  const volatility = impliedVolatilityOrCode(isCall, mid, 1, moneyness, timeYears, 0, 0)
  if (!(volatility > 0)) return undefined
  const theta = volatility * volatility * timeYears
  return { theta, rho: -0.3, psi: Math.sqrt(theta) }
}

const yearMs = 365 * 86_400_000
