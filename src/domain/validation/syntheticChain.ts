/**
 * An option chain at model prices for a past day: there is no history of real chains here.
 *
 * Black-Scholes-Merton on a stated smile, the level from a volatility index, the market around it from a stated spread.
 * Rates and dividends are 0: prices are of the adjusted, total-return series.
 */
import { expirationCloseMs, tradingDay } from "../market/calendar.ts"
import { civilOfDays, formatDays, nthWeekday, parseDate } from "../market/civilDate.ts"
import { type ChainInstrument, OptionChain } from "../market/optionChain.ts"
import { QuoteBoard } from "../market/quoteBoard.ts"
import { blackScholesPrice } from "../pricing/blackScholes.ts"

/**
 * Implied over at-the-money volatility at z = ln(strike / forward) / (atm volatility x root time): 1 + slope z +
 * curvature z^2, not below `floor`.
 */
export interface SmileShape {
  readonly slope: number
  readonly curvature: number
  readonly floor: number
}

/** Half of ask less bid: the larger of a share of the mid and a share of the spot; quotes are whole cents. */
interface SpreadModel {
  readonly halfSpreadOverMid: number
  readonly halfSpreadOverSpot: number
}

export interface PricedWith {
  readonly shape: SmileShape
  readonly spread: SpreadModel
}

const cent = 10_000
const yearMs = 365 * 86_400_000
/** Strikes are this share of the spot apart, out to this many standard deviations. */
const strikeStep = 0.005
const deviationsMax = 2.5
const nearMoney = 0.03
const sizeShown = 100
/** Quotes are taken so long before the close. */
const beforeCloseMs = 15 * 60_000

/** The moment of a day's quotes; undefined where the exchange is closed. */
export const quoteTimeMs = (date: string): { nowMs: number; closeMs: number } | undefined => {
  const day = tradingDay(date)
  return day && { nowMs: day.closeMs - beforeCloseMs, closeMs: day.closeMs }
}

/** Third Fridays more than `daysMin` and at most `daysMax` calendar days after a date. */
export const monthlyExpirations = (
  date: string,
  daysMin: number,
  daysMax: number
): ReadonlyArray<string> => {
  const days = parseDate(date)!
  const { year, month } = civilOfDays(days)
  return [0, 1, 2, 3]
    .map((ahead) => {
      const index = month - 1 + ahead
      return nthWeekday(year + Math.floor(index / 12), (index % 12) + 1, 5, 3)
    })
    .filter((expiration) => expiration - days > daysMin && expiration - days <= daysMax)
    .map(formatDays)
}

/** At-the-money over index volatility: the index is the square root of the whole smile's model-free variance. */
export const atmOverIndex = (shape: SmileShape): number => {
  // In standardised moneyness the ratio hardly depends on level and time: taken at 20 % and 30 days.
  const atm = 0.2
  const years = 30 / 365
  const deviation = atm * Math.sqrt(years)
  const step = 0.01
  let variance = 0
  for (let z = -8; z < 8; z += step) {
    const strike = Math.exp((z + step / 2) * deviation)
    const price = blackScholesPrice(strike >= 1, 1, strike, years, 0, 0, atm * levelAt(shape, z))
    // 2 / K^2 dK, with dK = K x deviation x dz.
    variance += ((2 * price) / strike) * deviation * step
  }
  return atm / Math.sqrt(variance / years)
}

export class SyntheticChain {
  readonly chain: OptionChain
  readonly board: QuoteBoard
  readonly #priced: PricedWith
  readonly #contracts: ReadonlyArray<ChainInstrument>

  constructor(
    options: {
      readonly spotMicros: number
      readonly atmVolatility: number
      readonly nowMs: number
    },
    expirations: ReadonlyArray<string>,
    priced: PricedWith
  ) {
    this.#priced = priced
    const contracts: Array<ChainInstrument> = [
      { ...stock, instrument: 0 },
      ...expirations.flatMap((expiration) => contractsOf(options, expiration))
    ]
    this.#contracts = contracts.map((each, instrument) => ({ ...each, instrument }))
    this.chain = OptionChain.of(this.#contracts)
    this.board = new QuoteBoard(this.#contracts.length)
  }

  /** Quotes of these instruments, or of all, at a later spot and level. An expired one is quoted at its payoff. */
  quote(
    at: { readonly spotMicros: number; readonly atmVolatility: number; readonly nowMs: number },
    instruments: ReadonlyArray<number> = this.#contracts.map((each) => each.instrument)
  ): void {
    for (const instrument of instruments) {
      const contract = this.#contracts[instrument]!
      const mid = contract.kind === "Stock" ? at.spotMicros : this.#value(contract, at)
      const half =
        contract.kind === "Stock"
          ? cent
          : Math.max(
              this.#priced.spread.halfSpreadOverMid * mid,
              this.#priced.spread.halfSpreadOverSpot * at.spotMicros
            )
      const bid = Math.max(0, Math.floor((mid - half) / cent) * cent)
      const ask = Math.ceil((mid + half) / cent) * cent
      this.board.update({
        instrument,
        bidMicros: bid,
        askMicros: ask,
        bidSize: bid > 0 ? sizeShown : 0,
        askSize: sizeShown,
        timeMs: at.nowMs
      })
    }
  }

  #value(
    contract: ChainInstrument,
    at: { readonly spotMicros: number; readonly atmVolatility: number; readonly nowMs: number }
  ): number {
    const place = this.chain.place(contract.instrument)!
    const { lastTradeMs } = this.chain.expirations[place.expirationIndex]!
    const years = Math.max(0, lastTradeMs - at.nowMs) / yearMs
    const { strikeMicros } = contract
    const { spotMicros, atmVolatility } = at
    const z =
      years > 0 ? Math.log(strikeMicros / spotMicros) / (atmVolatility * Math.sqrt(years)) : 0
    const volatility = atmVolatility * levelAt(this.#priced.shape, z)
    return blackScholesPrice(place.isCall, spotMicros, strikeMicros, years, 0, 0, volatility)
  }
}

/** The wings are flat beyond 4 deviations: nobody trades there. */
const levelAt = ({ slope, curvature, floor }: SmileShape, z: number): number => {
  const bounded = Math.max(-4, Math.min(4, z))
  return Math.max(floor, 1 + slope * bounded + curvature * bounded * bounded)
}

const stock: ChainInstrument = {
  instrument: 0,
  kind: "Stock",
  expiration: "",
  strikeMicros: 0,
  optionType: "None",
  multiplier: 1
}

const contractsOf = (
  options: { readonly spotMicros: number; readonly atmVolatility: number; readonly nowMs: number },
  expiration: string
): ReadonlyArray<ChainInstrument> => {
  const { spotMicros, atmVolatility, nowMs } = options
  const years = Math.max(1 / 365, ((expirationCloseMs(expiration) ?? nowMs) - nowMs) / yearMs)
  const reach = deviationsMax * atmVolatility * Math.sqrt(years)
  const step = Math.max(cent, Math.round((spotMicros * strikeStep) / cent) * cent)
  const first = Math.ceil((spotMicros * Math.exp(-reach)) / step)
  const last = Math.floor((spotMicros * Math.exp(reach)) / step)
  const contracts: Array<ChainInstrument> = []
  for (let k = first; k <= last; k++) {
    for (const optionType of ["Call", "Put"] as const) {
      // The rules read out-of-the-money options, and both sides near the money for the forward.
      const inTheMoney = (spotMicros - k * step) * (optionType === "Call" ? 1 : -1)
      if (inTheMoney > nearMoney * spotMicros) continue
      contracts.push({
        instrument: 0,
        kind: "Option",
        expiration,
        strikeMicros: k * step,
        optionType,
        multiplier: 100
      })
    }
  }
  return contracts
}
