/** A recorded session as a market of the TWS simulator: its quotes in its order, its stock's trades as bars. */
import { microsPerUsd } from "../../../domain/market/price.ts"
import type { SessionQuotes } from "../../../domain/market/sessionQuotes.ts"
import type { MarketBar, TwsMarket } from "./twsMarket.ts"

const minuteMs = 60_000
const dayBarMs = 86_400_000

/** Days before the session, oldest first; `timeMs`: the open of each. */
export const sessionMarket = (
  session: SessionQuotes,
  history: ReadonlyArray<MarketBar>
): TwsMarket => {
  const { days, rowCount, timeMs, assumptions, stockTrades } = session
  const never = Number.POSITIVE_INFINITY
  let row = 0
  const quoteAt = (at: number) => ({
    instrument: session.instrument[at]!,
    bidMicros: session.bidMicros[at]!,
    askMicros: session.askMicros[at]!,
    bidSize: session.bidSize[at]!,
    askSize: session.askSize[at]!,
    timeMs: timeMs[at]!
  })
  const previous = assumptions.previousCloseMicros
  return {
    name: session.name,
    underlying: session.underlying,
    underlyingKind: "STK",
    longName: `${session.underlying} of session ${session.name}`,
    instruments: session.instruments,
    days,
    closes: assumptions.closes,
    riskFreeRate: assumptions.riskFreeRate,
    dividendYield: assumptions.dividendYield,
    startMs: days[0]!.openMs,
    endMs: days.at(-1)!.closeMs,
    // The exchange knows which quotes have had their effect: it is shown the session from its start.
    begin: () => {},
    follow: () => {},
    nextDueMs: () => (row < rowCount ? timeMs[row]! : never),
    next: () => {
      const quote = quoteAt(row)
      row++
      return { quote, quoteSeq: row }
    },
    quoteNow: () => undefined,
    volatilityOf: () => undefined,
    bars: (instrument, fromMs, toMs, barMs) => {
      if (instrument === 0) {
        const past = history.filter((bar) => bar.timeMs >= fromMs && bar.timeMs < toMs)
        const today = gathered(tradeBars(stockTrades, toMs), fromMs, barMs, days)
        return barMs >= dayBarMs ? [...past, ...today] : today
      }
      return gathered(quoteBars(session, instrument, toMs), fromMs, barMs, days)
    },
    volumeAt: (nowMs) => {
      let volume = 0
      for (let at = 0; at < stockTrades.rowCount && stockTrades.timeMs[at]! <= nowMs; at++) {
        volume += stockTrades.volume[at]!
      }
      return volume
    },
    previousClose: previous === undefined ? undefined : previous / microsPerUsd
  }
}

/** Minute bars that are known by `toMs`, at their starts. */
const tradeBars = (
  trades: SessionQuotes["stockTrades"],
  toMs: number
): ReadonlyArray<MarketBar> => {
  const bars: Array<MarketBar> = []
  let before = 0
  for (let at = 0; at < trades.rowCount && trades.timeMs[at]! <= toMs; at++) {
    const [high, low] = [trades.highMicros[at]!, trades.lowMicros[at]!]
    const close = trades.closeMicros[at]!
    // A bar's own open is not recorded: the trade before it stands for it, within the bar's range.
    const open = before === 0 ? close : Math.min(high, Math.max(low, before))
    bars.push({
      timeMs: trades.timeMs[at]! - minuteMs,
      open: open / microsPerUsd,
      high: high / microsPerUsd,
      low: low / microsPerUsd,
      close: close / microsPerUsd,
      volume: trades.volume[at]!
    })
    before = close
  }
  return bars
}

/** Midpoints of an option's quotes: its trades are not part of a session. */
const quoteBars = (
  session: SessionQuotes,
  instrument: number,
  toMs: number
): ReadonlyArray<MarketBar> => {
  const bars: Array<MarketBar> = []
  for (let at = 0; at < session.rowCount && session.timeMs[at]! <= toMs; at++) {
    if (session.instrument[at] !== instrument) continue
    const [bid, ask] = [session.bidMicros[at]!, session.askMicros[at]!]
    if (!(bid > 0 && ask >= bid)) continue
    const price = (bid + ask) / 2 / microsPerUsd
    const timeMs = session.timeMs[at]! - minuteMs
    bars.push({ timeMs, open: price, high: price, low: price, close: price, volume: 0 })
  }
  return bars
}

/** Bars of `barMs` from each day's open; whole days where they are that long. */
const gathered = (
  minutes: ReadonlyArray<MarketBar>,
  fromMs: number,
  barMs: number,
  days: SessionQuotes["days"]
): ReadonlyArray<MarketBar> => {
  const bars: Array<MarketBar> = []
  for (const minute of minutes) {
    if (minute.timeMs < fromMs && barMs < dayBarMs) continue
    const day = days.find(({ closeMs }) => minute.timeMs < closeMs)
    const openMs = day?.openMs ?? minute.timeMs
    const timeMs = openMs + Math.floor((minute.timeMs - openMs) / barMs) * barMs
    const last = bars.at(-1)
    if (last === undefined || last.timeMs !== timeMs) {
      bars.push({ ...minute, timeMs })
      continue
    }
    bars[bars.length - 1] = {
      timeMs,
      open: last.open,
      high: Math.max(last.high, minute.high),
      low: Math.min(last.low, minute.low),
      close: minute.close,
      volume: last.volume + minute.volume
    }
  }
  return bars
}
