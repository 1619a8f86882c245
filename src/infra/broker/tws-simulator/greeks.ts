/**
 * Option computations as ticks: implied volatility and greeks from the pricing core, of the last quotes.
 *
 * The model tick is priced at the middle (at the market's own volatility where it is known). The bid's and the ask's
 * volatilities are the model's, moved along its vega, with the model's greeks.
 */

import { Result } from "effect"
import { expirationCloseMs } from "../../../domain/market/calendar.ts"
import { microsPerUsd } from "../../../domain/market/price.ts"
import type { QuoteBoard } from "../../../domain/market/quoteBoard.ts"
import { impliedVolatilityOf, priceOption } from "../../../domain/pricing/engine.ts"
import type { OptionComputation } from "../tws-wire/answers.ts"
import type { TwsMarket } from "./twsMarket.ts"

const yearMs = 365 * 86_400_000
const daysPerYear = 365

export interface Computed {
  readonly bid: OptionComputation
  readonly ask: OptionComputation
  readonly model: OptionComputation
}

const nothing: OptionComputation = {
  impliedVolatility: undefined,
  delta: undefined,
  price: undefined,
  presentValueOfDividends: undefined,
  gamma: undefined,
  vega: undefined,
  theta: undefined,
  underlyingPrice: undefined
}

export class GreeksMaker {
  readonly #market: TwsMarket
  readonly #board: QuoteBoard

  constructor(market: TwsMarket, board: QuoteBoard) {
    this.#market = market
    this.#board = board
  }

  of(instrument: number, nowMs: number): Computed {
    const none = { bid: nothing, ask: nothing, model: nothing }
    const spot = this.#board.midMicros(0) / microsPerUsd
    if (!(spot > 0)) return none
    const bid = this.#board.bidMicros[instrument]! / microsPerUsd
    const ask = this.#board.askMicros[instrument]! / microsPerUsd
    const middle = this.#board.midMicros(instrument) / microsPerUsd
    const model = this.#model(instrument, spot, middle, nowMs)
    if (model === undefined) {
      const bare = { ...nothing, underlyingPrice: spot }
      return { bid: bare, ask: bare, model: bare }
    }
    const at = (price: number): OptionComputation => {
      if (!(price > 0)) return { ...nothing, underlyingPrice: spot }
      const perPoint = model.vega! * 100
      const moved =
        model.impliedVolatility! + (perPoint > 0 ? (price - model.price!) / perPoint : 0)
      return { ...model, price, impliedVolatility: moved > 0 ? moved : undefined }
    }
    return { bid: at(bid), ask: at(ask), model }
  }

  /** Implied volatility of the call nearest to the money in the first expiration a week off or more. */
  atTheMoney(nowMs: number): number | undefined {
    const spot = this.#board.midMicros(0) / microsPerUsd
    let best: { readonly instrument: number; readonly distance: number } | undefined
    for (const listed of this.#market.instruments) {
      if (listed.kind === "Stock" || listed.contract.optionType === "Put") continue
      const days = ((expirationCloseMs(listed.contract.expiration) ?? 0) - nowMs) / 86_400_000
      if (days < 7) continue
      const distance = Math.abs(listed.contract.strikeMicros / microsPerUsd - spot) + days
      if (best === undefined || distance < best.distance) best = { instrument: listed.id, distance }
    }
    if (best === undefined) return undefined
    const known = this.#market.volatilityOf(best.instrument, nowMs)
    return known ?? this.of(best.instrument, nowMs).model.impliedVolatility
  }

  #model(
    instrument: number,
    spot: number,
    middle: number,
    nowMs: number
  ): OptionComputation | undefined {
    const listed = this.#market.instruments[instrument]!
    if (listed.kind === "Stock") return undefined
    const { contract } = listed
    const years = ((expirationCloseMs(contract.expiration) ?? 0) - nowMs) / yearMs
    if (!(years > 0)) return undefined
    const { riskFreeRate, dividendYield } = this.#market
    const isCall = contract.optionType === "Call"
    // Exercising a call early is worth nothing without a yield: the closed form is exact.
    const style = isCall && dividendYield <= 0 ? "European" : contract.exerciseStyle
    const option = {
      style,
      right: contract.optionType,
      spot,
      strike: contract.strikeMicros / microsPerUsd,
      timeToExpirationYears: years,
      riskFreeRate,
      dividendYield
    } as const
    const known = this.#market.volatilityOf(instrument, nowMs)
    const volatility = known ?? this.#implied({ ...option, price: middle })
    if (volatility === undefined) return undefined
    const value = Result.getOrUndefined(priceOption({ ...option, volatility }))
    if (value === undefined) return undefined
    return {
      impliedVolatility: volatility,
      delta: value.delta,
      price: value.price,
      presentValueOfDividends: 0,
      gamma: value.gamma,
      vega: value.vegaPerVol / 100,
      theta: value.thetaPerYear / daysPerYear,
      underlyingPrice: spot
    }
  }

  #implied(question: Parameters<typeof impliedVolatilityOf>[0]): number | undefined {
    if (!(question.price > 0)) return undefined
    return Result.getOrUndefined(impliedVolatilityOf(question))
  }
}
