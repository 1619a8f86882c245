/**
 * Greeks that somebody else computed, held against the pricing core's at our own quotes: each contract so often and no
 * oftener, since an American option's volatility takes a fraction of a millisecond.
 *
 * Ours: the volatility that the contract's own midpoint implies, and the delta at it. Differences are absolute: delta per
 * share, volatility 0.01 for one point.
 */
import { Result } from "effect"
import { expirationCloseMs } from "../market/calendar.ts"
import { formatOsi, type OptionContract } from "../market/contract.ts"
import { dayMs } from "../market/newYorkTime.ts"
import { microsPerUsd } from "../market/price.ts"
import { deltaOfOption, impliedVolatilityOf } from "../pricing/engine.ts"

export interface GreeksComparisonOptions {
  /** Continuous, per year. */
  readonly riskFreeRate: number
  readonly dividendYield: number
  /** Between two looks at one contract, ms. */
  readonly sampleMs: number
}

export interface GreeksSeen {
  readonly contract: OptionContract
  /** Midpoints, micro-USD. */
  readonly spotMicros: number
  readonly midMicros: number
  readonly nowMs: number
  /** NaN where they were not told. */
  readonly impliedVolatility: number
  readonly delta: number
}

interface Apart {
  readonly median: number
  readonly worst: number
  /** OSI symbol of the contract that was the farthest apart. */
  readonly worstOf: string
}

export interface GreeksSummary {
  readonly compared: number
  /** No volatility explains our midpoint, or theirs was not told. */
  readonly leftOut: number
  readonly delta: Apart
  readonly impliedVolatility: Apart
}

/** The median is of so many at most, the first ones; the worst is of all. */
const keptMax = 200_000
const yearMs = 365 * dayMs

class Differences {
  readonly #kept: Array<number> = []
  #worst = 0
  #worstOf = ""

  add(difference: number, symbol: string): void {
    const size = Math.abs(difference)
    if (this.#kept.length < keptMax) this.#kept.push(size)
    if (size < this.#worst && this.#worstOf !== "") return
    this.#worst = size
    this.#worstOf = symbol
  }

  get apart(): Apart {
    const sorted = this.#kept.toSorted((a, b) => a - b)
    const half = sorted.length >> 1
    const high = sorted[half] ?? 0
    const low = sorted.length % 2 === 0 ? (sorted[half - 1] ?? high) : high
    return { median: (low + high) / 2, worst: this.#worst, worstOf: this.#worstOf }
  }
}

export class GreeksComparison {
  readonly #options: GreeksComparisonOptions
  /** When each contract was looked at last. */
  readonly #lookedMs = new Map<string, number>()
  readonly #delta = new Differences()
  readonly #volatility = new Differences()
  #compared = 0
  #leftOut = 0

  constructor(options: GreeksComparisonOptions) {
    this.#options = options
  }

  take(seen: GreeksSeen): void {
    const { contract, spotMicros, midMicros, nowMs } = seen
    if (!(spotMicros > 0 && midMicros > 0)) return
    const symbol = formatOsi(contract)
    const lookedMs = this.#lookedMs.get(symbol) ?? Number.NEGATIVE_INFINITY
    if (nowMs - lookedMs < this.#options.sampleMs) return
    this.#lookedMs.set(symbol, nowMs)
    const ours = this.#ours(seen)
    if (ours === undefined || Number.isNaN(seen.impliedVolatility) || Number.isNaN(seen.delta)) {
      this.#leftOut++
      return
    }
    this.#compared++
    this.#volatility.add(seen.impliedVolatility - ours.volatility, symbol)
    this.#delta.add(seen.delta - ours.delta, symbol)
  }

  get summary(): GreeksSummary {
    return {
      compared: this.#compared,
      leftOut: this.#leftOut,
      delta: this.#delta.apart,
      impliedVolatility: this.#volatility.apart
    }
  }

  #ours({ contract, spotMicros, midMicros, nowMs }: GreeksSeen) {
    const { riskFreeRate, dividendYield } = this.#options
    const { exerciseStyle, optionType, strikeMicros, expiration } = contract
    // Exercising a call early is worth nothing without a yield: the closed form is exact.
    const isNeverEarly = optionType === "Call" && dividendYield <= 0
    const question = {
      style: isNeverEarly ? "European" : exerciseStyle,
      right: optionType,
      spot: spotMicros / microsPerUsd,
      strike: strikeMicros / microsPerUsd,
      timeToExpirationYears: ((expirationCloseMs(expiration) ?? 0) - nowMs) / yearMs,
      riskFreeRate,
      dividendYield
    } as const
    const implied = impliedVolatilityOf({ ...question, price: midMicros / microsPerUsd })
    if (Result.isFailure(implied)) return undefined
    const volatility = implied.success
    const delta = deltaOfOption({ ...question, volatility })
    return Result.isSuccess(delta) ? { volatility, delta: delta.success } : undefined
  }
}

/** One line for people. `whose`: "Interactive Brokers'". */
export const greeksText = (whose: string, summary: GreeksSummary): string => {
  const { compared, leftOut, delta, impliedVolatility } = summary
  if (compared === 0) return `${whose} greeks: none could be compared with ours`
  const points = (volatility: number) => (100 * volatility).toFixed(3)
  return (
    `${whose} greeks: ${compared} compared with ours` +
    `${leftOut === 0 ? "" : `, ${leftOut} left out`}; delta apart by ${delta.median.toFixed(5)} in the median, ` +
    `${delta.worst.toFixed(5)} at most (${delta.worstOf.trim()}); implied volatility by ` +
    `${points(impliedVolatility.median)} points, ${points(impliedVolatility.worst)} at most (${impliedVolatility.worstOf.trim()})`
  )
}
