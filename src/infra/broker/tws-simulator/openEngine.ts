/** Opens the TWS simulator's engine over its log. */
import { Effect, Result } from "effect"
import type { LogMedium } from "../../log/medium.ts"
import { type ExchangeLogDamaged, openExchangeLog } from "../simulated/exchangeLog.ts"
import type { SimulatedRules } from "../simulated/market.ts"
import type { TwsOptions } from "./office.ts"
import { TwsEngine, type TwsSink } from "./TwsEngine.ts"
import type { TwsMarket } from "./twsMarket.ts"

export interface EngineParts {
  readonly market: TwsMarket
  /** Of the exchange's log; the engine alone writes to it. */
  readonly medium: LogMedium
  readonly rules: SimulatedRules
  readonly options: TwsOptions
  readonly sink: TwsSink
}

/** Folds what the log holds. Fails where the log is damaged or another market's. */
export const openTwsEngine = (
  parts: EngineParts
): Effect.Effect<{ readonly engine: TwsEngine; readonly cutBytes: number }, ExchangeLogDamaged> =>
  Effect.suspend(() => {
    const { market, medium, rules, options, sink } = parts
    const opened = openExchangeLog(medium, market.name)
    return Effect.fromResult(
      Result.map(opened, (log) => ({
        engine: new TwsEngine(market, rules, log, options, sink),
        cutBytes: log.cutBytes
      }))
    )
  })
