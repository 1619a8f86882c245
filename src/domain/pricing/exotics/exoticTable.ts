/**
 * Exotic products as rows of a table: which columns each type reads and what they mean.
 *
 * Prices and levels are currency, times years, rates and volatility decimals per year; dates are
 * whole days over 365. Column names are those of data/reference.
 */
import * as Result from "effect/Result"
import type { OptionRight } from "../blackScholes.ts"
import type { BlackScholesDynamics } from "./dynamics.ts"
import type { ExoticProduct } from "./product.ts"

export type ExoticType =
  | "barrier"
  | "asian"
  | "cliquet"
  | "forward-start"
  | "autocallable"
  | "accumulator"
  | "lookback"

/** A cell's text, or undefined when the table has no such column. */
export type Cells = (column: string) => string | undefined

/** A cell that cannot be read: which column, what it held, what is allowed. */
export type UnreadableCell = {
  readonly _tag: "UnreadableCell"
  readonly column: string
  readonly text: string
  readonly allowed: string
}

export type ExoticRow = {
  readonly product: ExoticProduct
  readonly dynamics: BlackScholesDynamics
}

export const describeUnreadableCell = ({ column, text, allowed }: UnreadableCell): string =>
  `column ${column} is ${text === "" ? "empty" : JSON.stringify(text)}; allowed: ${allowed}`

/**
 * Reads one row. Ranges are left to the product's own rules; only what is no number or no known
 * word is refused here.
 *
 * `average` is the asian type's; a row's own column `average` wins over it.
 */
export const exoticOfRow = (
  type: ExoticType,
  cells: Cells,
  average: "Arithmetic" | "Geometric" = "Arithmetic"
): Result.Result<ExoticRow, UnreadableCell> => {
  const reader = rowReader(cells)
  const dynamics: BlackScholesDynamics = {
    _tag: "BlackScholes",
    spot: startsAtOne.has(type) ? reader.number("S", 1) : reader.number("S"),
    riskFreeRate: reader.number("r"),
    dividendYield: reader.number("q"),
    volatility: reader.number("vol")
  }
  const product = productReaders[type](reader, average)
  return reader.unreadable === undefined
    ? Result.succeed({ product, dynamics })
    : Result.fail(reader.unreadable)
}

/** Types whose levels are in units of today's spot. */
const startsAtOne: ReadonlySet<ExoticType> = new Set(["cliquet", "autocallable", "accumulator"])

type RowReader = {
  unreadable: UnreadableCell | undefined
  readonly number: (column: string, whenAbsent?: number) => number
  readonly word: <Word extends string>(column: string, words: ReadonlyArray<Word>) => Word
  readonly has: (column: string) => boolean
  readonly right: () => OptionRight
}

const rowReader = (cells: Cells): RowReader => {
  const refuse = (column: string, allowed: string): void => {
    const text = cells(column) ?? "absent"
    reader.unreadable ??= { _tag: "UnreadableCell", column, text, allowed }
  }
  const textOf = (column: string): string => (cells(column) ?? "").trim()
  const reader: RowReader = {
    unreadable: undefined,
    has: (column) => textOf(column) !== "",
    number: (column, whenAbsent) => {
      const text = textOf(column)
      if (text === "" && whenAbsent !== undefined) return whenAbsent
      const value = text === "" ? Number.NaN : Number(text)
      if (Number.isNaN(value)) refuse(column, "a number")
      return value
    },
    word: (column, words) => {
      const text = textOf(column).toLowerCase()
      const found = words.find((word) => word === text)
      if (found === undefined) refuse(column, words.join(", "))
      return found ?? words[0]!
    },
    right: () =>
      ["call", "c"].includes(reader.word("type", ["call", "put", "c", "p"])) ? "Call" : "Put"
  }
  return reader
}

/** step, 2 step, ..., count x step. */
const stepped = (count: number, step: number, from = 1): ReadonlyArray<number> => {
  const whole = Number.isInteger(count) && count > 0 && count <= 100_000 ? count : 0
  return Array.from({ length: Math.max(whole + 1 - from, 0) }, (_, k) => (k + from) * step)
}

type ProductReader = (reader: RowReader, average: "Arithmetic" | "Geometric") => ExoticProduct

const productReaders: Record<ExoticType, ProductReader> = {
  barrier: (row) => {
    const kind = row.word("barrier_type", ["up_out", "up_in", "down_out", "down_in"])
    return {
      _tag: "Barrier",
      direction: kind.startsWith("up") ? "Up" : "Down",
      knock: kind.endsWith("out") ? "Out" : "In",
      right: row.right(),
      strike: row.number("K"),
      barrier: row.number("barrier"),
      rebate: row.number("rebate", 0),
      timeToExpirationYears: row.number("T"),
      monitoring: row.has("monitoring_dates") ? row.number("monitoring_dates") : "Continuous"
    }
  },
  asian: (row, average) => {
    const fixingTimesYears = stepped(row.number("n_fixings"), row.number("step_days") / 365)
    const named = row.has("average") ? row.word("average", ["arithmetic", "geometric"]) : undefined
    return {
      _tag: "Asian",
      right: row.right(),
      average: named === undefined ? average : named === "geometric" ? "Geometric" : "Arithmetic",
      strike: row.number("K"),
      fixingTimesYears,
      paymentTimeYears: fixingTimesYears.at(-1) ?? 0
    }
  },
  cliquet: (row) => {
    const isGlobal = row.number("has_global", 1) !== 0
    const bound = (column: string, none: number): number => {
      const value = row.number(column, none)
      return isGlobal && Math.abs(value) < 10 ? value : none
    }
    const localCap = row.number("local_cap", Infinity)
    return {
      _tag: "Cliquet",
      notional: row.number("notional", 1),
      resetTimesYears: stepped(row.number("n_periods"), row.number("dt"), 0),
      localFloor: row.number("local_floor", -1),
      localCap: localCap >= 10 ? Infinity : localCap,
      globalFloor: bound("global_floor", -Infinity),
      globalCap: bound("global_cap", Infinity)
    }
  },
  "forward-start": (row) => ({
    _tag: "ForwardStart",
    right: row.right(),
    moneyness: row.number("moneyness"),
    resetTimesYears: stepped(row.number("n"), row.number("step_days") / 365)
  }),
  autocallable: (row) => {
    const isDaily = row.word("ki_monitoring", ["maturity", "daily"]) === "daily"
    return {
      _tag: "Autocallable",
      notional: row.number("notional", 1),
      initialSpot: row.number("S", 1),
      observationTimesYears: stepped(row.number("n_obs"), row.number("dt")),
      autocallBarrier: row.number("autocall_barrier"),
      couponPerPeriod: row.number("coupon_per_period"),
      knockInBarrier: row.number("ki_barrier"),
      knockInMonitoring: isDaily ? row.number("monitor_steps_per_period") : "AtMaturity"
    }
  },
  accumulator: (row) => {
    const count = row.number("n_fixings")
    return {
      _tag: "Accumulator",
      strike: row.number("strike"),
      knockOutBarrier: row.number("ko_barrier"),
      quantityPerFixing: row.number("quantity", 1),
      gear: row.number("gear"),
      fixingTimesYears: stepped(count, row.number("T", count / 252) / count)
    }
  },
  lookback: (row) => {
    const end = row.number("T")
    return {
      _tag: "Lookback",
      right: row.right(),
      strike: row.has("K") ? row.number("K") : "Floating",
      timeToExpirationYears: end,
      monitoring: row.has("n_fixings")
        ? stepped(row.number("n_fixings"), end / row.number("n_fixings"))
        : "Continuous"
    }
  }
}
