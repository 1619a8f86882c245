/**
 * The volatility strategy's examination: its own rules, walked forward through every past day there is, against a fixed
 * bar. The bar was written after exploratory runs of the same rules on this data: docs/validation.md says what that costs.
 *
 * What is real: daily prices, the volatility index, the rules. What is not: option prices come from a model, and a
 * stock's implied volatility is its forecast times the index's richness, for there is no history of its own.
 */
import type { SymbolHistory } from "../features/modelInput.ts"
import { parametersText, type VolatilityStrategyParameters } from "../strategies/parameters.ts"
import { type DatedForecast, walkForwardForecasts } from "./forecaster.ts"
import {
  bootstrapPValue,
  deflatedSharpe,
  deviationOf,
  maxDrawdownOf,
  meanOf,
  momentsOf,
  sharpeOf
} from "./statistics.ts"
import { atmOverIndex, type PricedWith } from "./syntheticChain.ts"
import { type MarketDay, type SimulatedTrade, simulateTrades } from "./walkForward.ts"

export interface ValidationData {
  /** Closes of the index of the benchmark's 30-day implied volatility, annualised decimals. */
  readonly index: ReadonlyArray<{ readonly date: string; readonly volatility: number }>
  /** What the index is the implied volatility of. */
  readonly benchmark: SymbolHistory
  readonly panel: ReadonlyArray<SymbolHistory>
}

/** The bar. A strategy that misses one of these carries no valid certificate. */
const validationBar = {
  tradesMin: 60,
  monthsMin: 40,
  pValueMax: 0.05,
  sharpePerYearMin: 0.5,
  /** Probability that the Sharpe ratio is better than the luckiest of all trials would be by chance. */
  deflatedSharpeMin: 0.5,
  /** In largest losses of one trade, over the months' mean returns. */
  maxDrawdownMax: 2,
  /** Symbols with at least `symbolTradesMin` trades whose mean return is above 0. */
  shareOfSymbolsMin: 0.6
} as const
const symbolTradesMin = 20

/** Stated, not fitted to results: the index shape follows the S&P 500 chain of 2015-12-22, the spreads real quotes. */
const benchmarkPriced: PricedWith = {
  shape: { slope: -0.2, curvature: 0.03, floor: 0.5 },
  spread: { halfSpreadOverMid: 0.01, halfSpreadOverSpot: 0.00005 }
}
const stockPriced: PricedWith = {
  shape: { slope: -0.1, curvature: 0.03, floor: 0.5 },
  spread: { halfSpreadOverMid: 0.025, halfSpreadOverSpot: 0.0001 }
}

const forecasterOptions = { trainingDaysMin: 756, refitEveryDays: 126, embargoDays: 5 }
const bootstrap = { resamples: 2000, seed: 20151224 }

interface PanelTrade extends SimulatedTrade {
  readonly symbol: string
}

export interface ValidationReport {
  readonly passed: boolean
  /** Where the bar was missed, one sentence each. */
  readonly failures: ReadonlyArray<string>
  /** Figures by name; see docs/validation.md. */
  readonly metrics: Readonly<Record<string, number>>
  /** Last date of any data that was used. */
  readonly dataThrough: string
  readonly trades: ReadonlyArray<PanelTrade>
}

/** Everything in `data` is used: the caller cuts it off before the session. Deterministic. */
export const validateVolatility = (
  parameters: VolatilityStrategyParameters,
  data: ValidationData
): ValidationReport => {
  const series = marketSeries(data)
  const trades = tradesOf(parameters, series)
  const monthly = monthlyReturns(trades)
  const trials = trialsOf(parameters).map((trial) =>
    parametersText(trial) === parametersText(parameters)
      ? sharpeOf(monthly)
      : sharpeOf(monthlyReturns(tradesOf(trial, series)))
  )
  const years = yearsOf(series)
  const metrics = {
    ...figures(trades, monthly, years),
    ...bySymbol(trades),
    deflatedSharpe: luckAside(monthly, trials),
    trials: trials.length,
    trialSharpeDeviation: deviationOf(trials),
    years
  }
  const failures = missed(metrics, trades)
  return {
    passed: failures.length === 0,
    failures,
    metrics: Object.fromEntries(
      Object.entries(metrics).map(([name, value]) => [name, Math.round(value * 1e6) / 1e6])
    ),
    dataThrough: series.flatMap(({ days }) => days.map((day) => day.date)).reduce(later, ""),
    trades
  }
}

/** 0 where there is too little to judge. */
const luckAside = (monthly: ReadonlyArray<number>, trials: ReadonlyArray<number>): number =>
  monthly.length < 2
    ? 0
    : deflatedSharpe({
        sharpe: sharpeOf(monthly),
        observations: monthly.length,
        ...momentsOf(monthly),
        trials: trials.length,
        trialDeviation: deviationOf(trials)
      })

interface Series {
  readonly symbol: string
  readonly days: ReadonlyArray<MarketDay>
  readonly priced: PricedWith
}

const marketSeries = (data: ValidationData): ReadonlyArray<Series> => {
  const levels = new Map(data.index.map((each) => [each.date, each.volatility]))
  const benchmark = walkForwardForecasts(data.benchmark.bars, forecasterOptions)
  const atmOfIndex = atmOverIndex(benchmarkPriced.shape)
  // How dear the benchmark's volatility is against its forecast, by date.
  const richness = new Map<string, number>()
  for (const day of benchmark) {
    const level = levels.get(day.date)
    if (level !== undefined)
      richness.set(day.date, (level * atmOfIndex) / day.forecastVolatility21d)
  }
  const priced = (days: ReadonlyArray<DatedForecast>): ReadonlyArray<MarketDay> =>
    days.flatMap((day) => {
      const ratio = richness.get(day.date)
      return ratio === undefined
        ? []
        : [{ ...day, atmVolatility: ratio * day.forecastVolatility21d }]
    })
  return [
    { symbol: data.benchmark.symbol, days: priced(benchmark), priced: benchmarkPriced },
    ...data.panel.map(({ symbol, bars }) => ({
      symbol,
      days: priced(walkForwardForecasts(bars, forecasterOptions)),
      priced: stockPriced
    }))
  ]
}

const tradesOf = (
  parameters: VolatilityStrategyParameters,
  series: ReadonlyArray<Series>
): ReadonlyArray<PanelTrade> =>
  series
    .flatMap(({ symbol, days, priced }) =>
      simulateTrades(parameters, days, priced).map((trade) => ({ ...trade, symbol }))
    )
    .sort((a, b) => compare(a.entered, b.entered) || compare(a.symbol, b.symbol))

/** What was tried beside the chosen parameters: the bar is raised for having had a choice. */
const trialsOf = (
  chosen: VolatilityStrategyParameters
): ReadonlyArray<VolatilityStrategyParameters> => {
  const wings = [
    { innerDelta: 0.3, outerDelta: 0.1 },
    { innerDelta: 0.2, outerDelta: 0.05 }
  ]
  const all = [
    chosen,
    ...wings.flatMap((deltas) =>
      [1, 1.1, 1.2].map((impliedOverForecastMinToSell) => ({
        ...chosen,
        ...deltas,
        impliedOverForecastMinToSell
      }))
    ),
    { ...chosen, impliedOverForecastMaxToBuy: 0.87 }
  ]
  return [...new Map(all.map((each) => [parametersText(each), each])).values()]
}

/** Mean return of the trades entered in a month: trades of one month share their weather, so a month counts once. */
const monthlyReturns = (trades: ReadonlyArray<PanelTrade>): ReadonlyArray<number> => {
  const months = new Map<string, Array<number>>()
  for (const { entered, returnOnRisk } of trades) {
    const month = entered.slice(0, 7)
    const known = months.get(month)
    if (known === undefined) months.set(month, [returnOnRisk])
    else known.push(returnOnRisk)
  }
  return [...months.values()].map(meanOf)
}

const yearsOf = (series: ReadonlyArray<Series>): number =>
  Math.max(0, ...series.map(({ days }) => days.length)) / 252

const figures = (
  trades: ReadonlyArray<PanelTrade>,
  monthly: ReadonlyArray<number>,
  years: number
) => {
  if (trades.length === 0) {
    return {
      trades: 0,
      months: 0,
      meanReturnOnRisk: 0,
      hitRate: 0,
      sharpePerYear: 0,
      pValue: 1,
      maxDrawdown: 0,
      worstReturnOnRisk: 0,
      skewness: 0
    }
  }
  const returns = trades.map((each) => each.returnOnRisk)
  return {
    trades: trades.length,
    months: monthly.length,
    meanReturnOnRisk: meanOf(returns),
    meanMonthlyReturnOnRisk: meanOf(monthly),
    hitRate: returns.filter((value) => value > 0).length / returns.length,
    // Months without a trade earn nothing: they are in the years.
    sharpePerYear: sharpeOf(monthly) * Math.sqrt(monthly.length / years),
    pValue: bootstrapPValue(monthly, bootstrap),
    maxDrawdown: maxDrawdownOf(monthly),
    worstReturnOnRisk: Math.min(...returns),
    skewness: momentsOf(monthly).skewness
  }
}

const bySymbol = (trades: ReadonlyArray<PanelTrade>): Readonly<Record<string, number>> => {
  const entries = groups(trades).flatMap(([symbol, returns]) => [
    [`${symbol}.trades`, returns.length] as const,
    [`${symbol}.meanReturnOnRisk`, meanOf(returns)] as const
  ])
  return Object.fromEntries(entries)
}

const groups = (
  trades: ReadonlyArray<PanelTrade>
): ReadonlyArray<readonly [string, ReadonlyArray<number>]> =>
  [...new Set(trades.map((each) => each.symbol))]
    .sort()
    .map((symbol) => [
      symbol,
      trades.filter((each) => each.symbol === symbol).map((each) => each.returnOnRisk)
    ])

const missed = (
  metrics: Readonly<Record<string, number>>,
  trades: ReadonlyArray<PanelTrade>
): ReadonlyArray<string> => {
  const counted = groups(trades).filter(([, returns]) => returns.length >= symbolTradesMin)
  const above = counted.filter(([, returns]) => meanOf(returns) > 0).length
  const share = counted.length === 0 ? 0 : above / counted.length
  const atLeast = (name: string, value: number, least: number) =>
    value >= least ? [] : [`${name} was ${value.toFixed(4)}, at least ${least} is asked`]
  const atMost = (name: string, value: number, most: number) =>
    value <= most ? [] : [`${name} was ${value.toFixed(4)}, at most ${most} is allowed`]
  return [
    ...atLeast("trades", metrics.trades!, validationBar.tradesMin),
    ...atLeast("months", metrics.months!, validationBar.monthsMin),
    ...atMost("pValue", metrics.pValue!, validationBar.pValueMax),
    ...atLeast("sharpePerYear", metrics.sharpePerYear!, validationBar.sharpePerYearMin),
    ...atLeast("deflatedSharpe", metrics.deflatedSharpe!, validationBar.deflatedSharpeMin),
    ...atMost("maxDrawdown", metrics.maxDrawdown!, validationBar.maxDrawdownMax),
    ...atLeast("share of symbols above 0", share, validationBar.shareOfSymbolsMin)
  ]
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const later = (a: string, b: string): string => (a > b ? a : b)
