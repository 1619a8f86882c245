/** The regime model's input for this moment: the daily history of the stock (or of its peers) and today so far. */
import { Result } from "effect"
import { parseDate } from "../market/civilDate.ts"
import { contiguousRuns, type DailyBar } from "./dailyBar.ts"
import type { PriceRange } from "./realizedVolatility.ts"
import {
  elapsedFractionMin,
  peerFeatures,
  regimeFeatures,
  regimeFeaturesInSession
} from "./regimeFeatures.ts"

/** Daily bars of one symbol, oldest first. */
export interface SymbolHistory {
  readonly symbol: string
  readonly bars: ReadonlyArray<DailyBar>
}

export interface ModelInputOptions {
  readonly underlying: string
  /** Of the underlying itself, or of the peers that stand in for it. */
  readonly histories: ReadonlyArray<SymbolHistory>
  /** Date of the session: bars of it or later are not looked at. */
  readonly date: string
  /** First, highest, lowest and last price since the open, micro-USD; undefined before the first. */
  readonly session: PriceRange | undefined
  /** Minutes since the open / 390. */
  readonly elapsedFraction: number
}

/** A history that ends longer before the session than this says nothing about it. */
const gapDaysMax = 10

/**
 * In the order of the model's card; empty where no history reaches up to the session.
 *
 * With a history of the underlying, today counts as the newest day once half an hour has passed; before that, and
 * for peers (whose session is not seen), the newest day is yesterday.
 */
export const modelInput = (options: ModelInputOptions): ReadonlyArray<number> => {
  const own = options.histories.find((each) => each.symbol === options.underlying)
  if (own === undefined) {
    const rows = options.histories.flatMap((each) => {
      const features = regimeFeatures(recentRun(each.bars, options.date))
      return Result.isSuccess(features) ? [features.success] : []
    })
    return rows.length === 0 ? [] : peerFeatures(rows)
  }
  const bars = recentRun(own.bars, options.date)
  const { session, elapsedFraction } = options
  const isToday = session !== undefined && elapsedFraction >= elapsedFractionMin
  const features = isToday
    ? regimeFeaturesInSession(bars, session, Math.min(1, elapsedFraction))
    : regimeFeatures(bars)
  return Result.isSuccess(features) ? features.success : []
}

/**
 * The contiguous bars up to the day before the session; none where they end too long before it. Kept with the bars, which
 * nobody changes: the same question comes every minute.
 */
const recentRun = (bars: ReadonlyArray<DailyBar>, date: string): ReadonlyArray<DailyBar> => {
  const known = runs.get(bars)
  if (known?.date === date) return known.run
  const run = runBefore(bars, date)
  runs.set(bars, { date, run })
  return run
}

const runs = new WeakMap<
  ReadonlyArray<DailyBar>,
  { readonly date: string; readonly run: ReadonlyArray<DailyBar> }
>()

const runBefore = (bars: ReadonlyArray<DailyBar>, date: string): ReadonlyArray<DailyBar> => {
  const run = contiguousRuns(bars.filter((bar) => bar.date < date)).at(-1) ?? []
  const last = parseDate(run.at(-1)?.date ?? "")
  const today = parseDate(date)
  return last !== undefined && today !== undefined && today - last <= gapDaysMax ? run : []
}
