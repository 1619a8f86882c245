/**
 * A SIMULATED market that never closes: an underlying that moves, and a chain with a smile around it.
 *
 * Everything is a function of the seed and the time, so a simulator that is started again goes on where it was. Quotes
 * are made at fixed steps of time for the instruments that somebody looks at, and at once for one that is asked for.
 */
import { nameHash, uniformAt } from "../../../domain/chance.ts"
import {
  expirationCloseMs,
  isTradingDate,
  previousTradingDate,
  type TradingDay
} from "../../../domain/market/calendar.ts"
import {
  civilOfDays,
  formatDays,
  nthWeekday,
  weekdayOfDays
} from "../../../domain/market/civilDate.ts"
import {
  type Instrument,
  makeInstruments,
  type OptionContract
} from "../../../domain/market/contract.ts"
import { dayMs, epochMsOfNewYork, newYorkTimeOf } from "../../../domain/market/newYorkTime.ts"
import { microsPerUsd } from "../../../domain/market/price.ts"
import type { BoardQuote } from "../../../domain/market/quoteBoard.ts"
import { americanPrice } from "../../../domain/pricing/americanOption.ts"
import { blackScholesPrice } from "../../../domain/pricing/blackScholes.ts"
import type { MarketBar, TwsMarket } from "./twsMarket.ts"

export interface SyntheticOptions {
  readonly symbol: string
  readonly seed: number
  /** The listing is made on this New York date, as a day number: expirations follow it. */
  readonly listedOn: number
  /** Epoch ms. */
  readonly startMs: number
  /** Between two quotes of an instrument. */
  readonly stepMs: number
}

const cent = 10_000
const yearMs = 365 * dayMs
const riskFreeRate = 0.04
const daysListed = 120
const indices = new Set(["SPX", "NDX", "RUT", "XSP"])
const basePrices: Readonly<Record<string, number>> = {
  SPY: 600,
  QQQ: 520,
  IWM: 220,
  AAPL: 230,
  MSFT: 420,
  GOOG: 170,
  SPX: 6000,
  NDX: 21000,
  RUT: 2200
}

/** Periods in ms and sizes, as parts of the price, of the waves that the underlying's noise is made of. */
const waves = [
  { periodMs: 1_000, size: 0.00006 },
  { periodMs: 4_000, size: 0.00012 },
  { periodMs: 30_000, size: 0.0003 },
  { periodMs: 300_000, size: 0.0008 },
  { periodMs: 3_600_000, size: 0.0025 },
  { periodMs: 21_600_000, size: 0.005 },
  { periodMs: 172_800_000, size: 0.012 },
  { periodMs: 1_209_600_000, size: 0.025 }
]

export const syntheticMarket = (options: SyntheticOptions): TwsMarket => {
  const { symbol, seed, listedOn, startMs, stepMs } = options
  const chance = nameHash(`${symbol}-${seed}`)
  const base = basePrices[symbol] ?? 50 + (nameHash(symbol) % 300)
  const spotAt = (timeMs: number): number => base * Math.exp(noiseAt(chance, timeMs))
  const listingSpot = spotAt(epochMsOfNewYork(listedOn, 0))
  const exerciseStyle = indices.has(symbol) ? "European" : "American"
  const instruments = makeInstruments(symbol, contractsOf(symbol, listedOn, base, exerciseStyle))
  const maker = new QuoteMaker(instruments, chance, spotAt)
  const followed = new Set<number>()
  let order: ReadonlyArray<number> = []
  let at = 0
  let stepDueMs = Number.POSITIVE_INFINITY
  let lastSeq = 0
  const numbered = (quote: BoardQuote) => ({ quote, quoteSeq: ++lastSeq })
  return {
    name: `${symbol}-${formatDays(listedOn)}-seed-${seed}`,
    underlying: symbol,
    underlyingKind: indices.has(symbol) ? "IND" : "STK",
    longName: `${symbol} SIMULATED`,
    instruments,
    days: alwaysOpen(listedOn),
    closes: [],
    riskFreeRate,
    dividendYield: 0,
    startMs,
    endMs: Number.POSITIVE_INFINITY,
    begin: (quoteSeq) => {
      lastSeq = quoteSeq
    },
    follow: (wanted, nowMs) => {
      followed.clear()
      for (const instrument of wanted) followed.add(instrument)
      if (followed.size === 0) stepDueMs = Number.POSITIVE_INFINITY
      else if (stepDueMs === Number.POSITIVE_INFINITY) stepDueMs = nextStep(nowMs, stepMs)
    },
    nextDueMs: () => stepDueMs,
    next: () => {
      if (at === 0) order = [0, ...[...followed].filter((each) => each !== 0).sort((a, b) => a - b)]
      const quote = maker.quote(order[at]!, stepDueMs)
      at++
      if (at === order.length) {
        at = 0
        stepDueMs += stepMs
      }
      return numbered(quote)
    },
    quoteNow: (instrument, nowMs) => numbered(maker.quote(instrument, nowMs)),
    volatilityOf: (instrument, nowMs) => maker.volatility(instrument, nowMs),
    bars: (instrument, fromMs, toMs, barMs) => {
      const priceAt = (timeMs: number) => maker.middle(instrument, timeMs)
      return barsOf(priceAt, Math.max(fromMs, startMs - yearMs), toMs, barMs, chance)
    },
    volumeAt: (nowMs) => Math.floor((newYorkTimeOf(nowMs).msOfDay / 1_000) * 120),
    previousClose: cents(listingSpot)
  }
}

const nextStep = (nowMs: number, stepMs: number): number =>
  Math.floor(nowMs / stepMs) * stepMs + stepMs

const cents = (price: number): number => Math.round(price * 100) / 100

/** Noise of several periods, each a smooth line through random points: what a price does at every scale. */
const noiseAt = (chance: number, timeMs: number): number => {
  let sum = 0
  waves.forEach(({ periodMs, size }, wave) => {
    const place = timeMs / periodMs
    const cell = Math.floor(place)
    const part = place - cell
    const smooth = part * part * (3 - 2 * part)
    const from = uniformAt(chance, wave, cell)
    const to = uniformAt(chance, wave, cell + 1)
    sum += size * 2 * (from + (to - from) * smooth - 0.5)
  })
  return sum
}

/** Every calendar day trades around the clock. */
const alwaysOpen = (listedOn: number): ReadonlyArray<TradingDay> =>
  Array.from({ length: daysListed + 1 }, (_, ahead) => ({
    date: formatDays(listedOn + ahead),
    openMs: epochMsOfNewYork(listedOn + ahead, 0),
    closeMs: epochMsOfNewYork(listedOn + ahead + 1, 0) - 1,
    earlyClose: false
  }))

const contractsOf = (
  underlying: string,
  listedOn: number,
  spot: number,
  exerciseStyle: OptionContract["exerciseStyle"]
): ReadonlyArray<OptionContract> => {
  const contracts: Array<OptionContract> = []
  const strikes = strikesOf(spot)
  for (const expiration of expirationsOf(listedOn)) {
    for (const strike of strikes) {
      const strikeMicros = Math.round(strike * microsPerUsd)
      const terms = { underlying, strikeMicros, expiration, exerciseStyle, multiplier: 100 }
      contracts.push({ ...terms, optionType: "Call" }, { ...terms, optionType: "Put" })
    }
  }
  return contracts
}

/** Six Fridays, then the third Fridays of the months after. */
const expirationsOf = (listedOn: number): ReadonlyArray<string> => {
  const firstFriday = listedOn + 1 + ((5 - weekdayOfDays(listedOn + 1) + 7) % 7)
  const days = new Set(Array.from({ length: 6 }, (_, week) => firstFriday + 7 * week))
  const { year, month } = civilOfDays(listedOn)
  for (let ahead = 0; ahead < 5; ahead++) {
    const index = month - 1 + ahead
    const third = nthWeekday(year + Math.floor(index / 12), (index % 12) + 1, 5, 3)
    if (third > listedOn && third < listedOn + daysListed) days.add(third)
  }
  return [...days]
    .sort((a, b) => a - b)
    .map((day) => formatDays(isTradingDate(day) ? day : previousTradingDate(day)))
}

/** Close together near the money, wide apart out to a fifth of the price. */
const strikesOf = (spot: number): ReadonlyArray<number> => {
  const fine = spot < 100 ? 0.5 : spot < 300 ? 1 : spot < 1_500 ? 1 : 10
  const wide = fine * 5
  const strikes = new Set<number>()
  const [low, high] = [spot * 0.8, spot * 1.2]
  for (let strike = Math.ceil(low / wide) * wide; strike <= high; strike += wide)
    strikes.add(strike)
  const [near, far] = [spot * 0.96, spot * 1.04]
  for (let strike = Math.ceil(near / fine) * fine; strike <= far; strike += fine)
    strikes.add(strike)
  return [...strikes].sort((a, b) => a - b)
}

class QuoteMaker {
  readonly #instruments: ReadonlyArray<Instrument>
  readonly #chance: number
  readonly #spotAt: (timeMs: number) => number

  constructor(
    instruments: ReadonlyArray<Instrument>,
    chance: number,
    spotAt: (timeMs: number) => number
  ) {
    this.#instruments = instruments
    this.#chance = chance
    this.#spotAt = spotAt
  }

  /** At-the-money volatility rises with time; the wings are higher, the downside more so. */
  volatility(instrument: number, timeMs: number): number | undefined {
    const listed = this.#instruments[instrument]!
    if (listed.kind === "Stock") return undefined
    const years = yearsLeft(listed.contract, timeMs)
    const level = 1 + 0.05 * noiseAt(this.#chance ^ 77, timeMs) * 40
    const atm = (0.15 + 0.04 * (1 - Math.exp(-3 * years))) * level
    const deviation = atm * Math.sqrt(Math.max(years, 1 / 365))
    const strike = listed.contract.strikeMicros / microsPerUsd
    const z = Math.max(-6, Math.min(6, Math.log(strike / this.#spotAt(timeMs)) / deviation))
    return atm * Math.max(0.7, 1 - 0.06 * z + 0.02 * z * z)
  }

  middle(instrument: number, timeMs: number): number {
    const listed = this.#instruments[instrument]!
    const spot = this.#spotAt(timeMs)
    if (listed.kind === "Stock") return spot
    const { contract } = listed
    const [strike, years] = [contract.strikeMicros / microsPerUsd, yearsLeft(contract, timeMs)]
    const isCall = contract.optionType === "Call"
    if (!(years > 0)) return Math.max(0, isCall ? spot - strike : strike - spot)
    const volatility = this.volatility(instrument, timeMs)!
    return contract.exerciseStyle === "European" || isCall
      ? blackScholesPrice(isCall, spot, strike, years, riskFreeRate, 0, volatility)
      : americanPrice("Fast", false, spot, strike, years, riskFreeRate, 0, volatility)
  }

  quote(instrument: number, timeMs: number): BoardQuote {
    const middle = this.middle(instrument, timeMs) * microsPerUsd
    const isStock = instrument === 0
    const half = isStock ? cent / 2 : Math.max(cent, 0.012 * middle)
    const bidMicros = Math.max(0, Math.floor((middle - half) / cent) * cent)
    const askMicros = Math.max(bidMicros + cent, Math.ceil((middle + half) / cent) * cent)
    const draw = (place: number): number => uniformAt(this.#chance, instrument, place, timeMs)
    const scale = isStock ? 1_000 : 40
    const bidSize = bidMicros === 0 ? 0 : 1 + Math.floor(draw(1) * scale)
    const askSize = 1 + Math.floor(draw(2) * scale)
    return { instrument, bidMicros, askMicros, bidSize, askSize, timeMs }
  }
}

const yearsLeft = (contract: OptionContract, timeMs: number): number =>
  Math.max(0, ((expirationCloseMs(contract.expiration) ?? 0) - timeMs) / yearMs)

const barSamples = 12
const barsMax = 5_000

const barsOf = (
  priceAt: (timeMs: number) => number,
  fromMs: number,
  toMs: number,
  barMs: number,
  chance: number
): ReadonlyArray<MarketBar> => {
  const bars: Array<MarketBar> = []
  const leastMs = Math.max(fromMs, toMs - barsMax * barMs)
  // Shorter ones begin at whole minutes of the clock.
  const firstMs = barMs < dayMs ? Math.ceil(leastMs / barMs) * barMs : leastMs
  for (let timeMs = firstMs; timeMs < toMs; timeMs += barMs) {
    // The last one is not over: what comes after `toMs` is not known then.
    const goneMs = Math.min(barMs, toMs - timeMs)
    const prices = Array.from({ length: barSamples }, (_, sample) =>
      cents(priceAt(timeMs + (goneMs * sample) / (barSamples - 1)))
    )
    const volume = 100 + Math.floor(uniformAt(chance, 9, timeMs) * (goneMs / 1_000) * 200)
    bars.push({
      timeMs,
      open: prices[0]!,
      high: Math.max(...prices),
      low: Math.min(...prices),
      close: prices.at(-1)!,
      volume
    })
  }
  return bars
}
