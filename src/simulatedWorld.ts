/** The simulated outside of a session: settings turned into the exchange's, the vault's and the market's own terms. */
import { type Context, Effect } from "effect"
import { makeBrokerGateway } from "./actors/gateways/brokerGateway.ts"
import { makeChainGateway } from "./actors/gateways/chainGateway.ts"
import { makeInferenceGateway } from "./actors/gateways/inferenceGateway.ts"
import { type MarketGatewayOptions, makeMarketGateway } from "./actors/gateways/marketGateway.ts"
import type { ChainShape } from "./actors/ports/Chain.ts"
import type { QuoteSource, RequestGateway } from "./actors/ports/Gateway.ts"
import type { Inference } from "./actors/ports/Inference.ts"
import type { SessionWorld } from "./actors/runtime/SessionClock.ts"
import { microsPerUsd } from "./domain/market/price.ts"
import type { SessionQuotes } from "./domain/market/sessionQuotes.ts"
import { tickSchedules } from "./domain/trading/tick.ts"
import type { VaultLimits } from "./domain/vault/vaultState.ts"
import type { RemoteExchange } from "./infra/broker/remote/RemoteExchange.ts"
import type { SimulatedBroker } from "./infra/broker/simulated/broker.ts"
import {
  defaultRules,
  type SimulatedMarket,
  type SimulatedRules
} from "./infra/broker/simulated/market.ts"
import { makeWatchedMarket } from "./infra/broker/simulated/watchedMarket.ts"
import { dailyHistory } from "./infra/data/dailyHistory.ts"
import { isOnWallClock } from "./supervisors/ibSettings.ts"
import type { Settings } from "./supervisors/settings.ts"

/** On the wall clock answers take the time that they take. */
const wallLatencyMs = 1
/** Daily bars of history that the desk is told: enough for the model's longest window. */
const dailyBarsMax = 300

/** An exchange behind a wire that brings its own market. */
export interface WiredExchange {
  readonly broker: SimulatedBroker["broker"]
  readonly world: Pick<SessionWorld, "market" | "outside">
  /** Lines for the reader at the end. */
  readonly epilogue?: () => ReadonlyArray<string>
}

export interface SimulatedParts {
  readonly settings: Settings
  readonly session: SessionQuotes
  /** SHA-256 of the session's files, hex. */
  readonly contentHash: string
  readonly history: MarketGatewayOptions["history"]
  readonly exchange: SimulatedBroker | RemoteExchange | WiredExchange
  readonly chain: ChainShape
  readonly inference: Context.Service.Shape<typeof Inference>
}

export const simulatedWorld = (
  parts: SimulatedParts
): {
  readonly gateways: ReadonlyArray<RequestGateway>
  readonly world: Omit<SessionWorld, "control">
} => {
  const { settings, session, contentHash, history, exchange, chain, inference } = parts
  const latencyMs = isOnWallClock(settings) ? wallLatencyMs : settings.brokers.simulated.latencyMs
  const broker = makeBrokerGateway({ broker: exchange.broker, latencyMs })
  const quotes = makeMarketGateway({ session, contentHash, history })
  return {
    gateways: [
      broker.gateway,
      makeChainGateway(chain, { latencyMs: settings.vault.latencyMs }),
      makeInferenceGateway({ inference, latencyMs: settings.ai.latencyMs })
    ],
    world: {
      speakers: [broker.speaker],
      ...marketOf(exchange, quotes)
    }
  }
}

const marketOf = (
  exchange: SimulatedParts["exchange"],
  quotes: QuoteSource
): Pick<SessionWorld, "market" | "outside"> => {
  if ("world" in exchange) return exchange.world
  return "outside" in exchange
    ? { market: exchange.market(quotes), outside: exchange.outside }
    : { market: makeWatchedMarket(quotes, exchange.exchange) }
}

export const simulatedMarket = (session: SessionQuotes): SimulatedMarket => ({
  name: session.name,
  instruments: session.instruments,
  days: session.days,
  closes: session.assumptions.closes
})

export const simulatedRules = ({ brokers }: Settings): SimulatedRules => ({
  ...defaultRules,
  displayedShare: brokers.simulated.displayedShare,
  orderQtyMax: brokers.simulated.orderQtyMax,
  legsMax: brokers.simulated.legsMax,
  optionTicks: tickSchedules[brokers.simulated.optionTicks]
})

export const vaultLimits = ({ vault }: Settings): VaultLimits => ({
  tradeMicrosMax: microsOf(vault.tradeUsdtMax),
  outstandingMicrosMax: microsOf(vault.outstandingUsdtMax),
  adjustMicrosMax: microsOf(vault.adjustUsdtMax),
  reservationMsMax: vault.reservationMsMax,
  freezeMsMax: vault.freezeMsMax,
  tradeMsMax: vault.tradeMsMax
})

/** Adjusted daily bars before the session, as the market tells them: in USD, oldest first. `dataDir` holds daily/. */
export const dailyHistoryOf = (session: SessionQuotes, dataDir: string) =>
  dailyHistory({ dataDir, symbol: session.underlying, before: session.days[0]!.date }).pipe(
    Effect.map(({ source, series }) =>
      series.map(({ symbol, bars }) => ({
        symbol,
        source,
        bars: bars.slice(-dailyBarsMax).map((bar) => ({
          date: bar.date,
          open: bar.open / microsPerUsd,
          high: bar.high / microsPerUsd,
          low: bar.low / microsPerUsd,
          close: bar.close / microsPerUsd,
          volume: bar.volume
        }))
      }))
    )
  )

/** A decimal string in USD, at most six decimals, in micro-USD. */
export const microsOf = (usd: string): bigint => {
  const [whole = "0", decimals = ""] = usd.split(".")
  return BigInt(whole) * 1_000_000n + BigInt(decimals.padEnd(6, "0"))
}
