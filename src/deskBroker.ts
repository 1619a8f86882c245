/** The broker that a run's settings name, and the session's market as it sees it. */
import { createHash } from "node:crypto"
import { Effect, type Scope } from "effect"
import type { VenueUnavailable } from "./actors/ports/Broker.ts"
import type { WriterLease } from "./actors/runtime/WriterLease.ts"
import { CannotStart } from "./cli/Launcher.ts"
import { canonicalJson } from "./domain/journal/canonicalJson.ts"
import type { SessionQuotes } from "./domain/market/sessionQuotes.ts"
import { openRemoteExchange, type RemoteExchange } from "./infra/broker/remote/RemoteExchange.ts"
import {
  openFileSimulatedBroker,
  openSimulatedBroker,
  type SimulatedBroker
} from "./infra/broker/simulated/broker.ts"
import type { ExchangeLogDamaged } from "./infra/broker/simulated/exchangeLog.ts"
import { makeMemoryMedium } from "./infra/log/medium.ts"
import { parseAddress } from "./infra/wire/lineClient.ts"
import { simulatedMarket, simulatedRules } from "./simulatedWorld.ts"
import type { Settings } from "./supervisors/settings.ts"

export interface DeskBrokerParts {
  readonly settings: Settings
  readonly session: SessionQuotes
  /** SHA-256 of the session's manifest, hex. */
  readonly contentHash: string
  /** Names the run at servers: the same whichever process has it. */
  readonly account: string
  readonly lease: WriterLease
  /** Where the exchange keeps its own log; undefined for memory. */
  readonly folder: string | undefined
}

export const openDeskBroker = (
  parts: DeskBrokerParts
): Effect.Effect<SimulatedBroker | RemoteExchange, CannotStart, Scope.Scope> => {
  const { settings, session, folder } = parts
  const market = simulatedMarket(session)
  const rules = simulatedRules(settings)
  const address = parseAddress(settings.servers.exchange)
  const opened: Effect.Effect<
    SimulatedBroker | RemoteExchange,
    ExchangeLogDamaged | VenueUnavailable,
    Scope.Scope
  > =
    address !== undefined
      ? openRemoteExchange({
          address,
          account: parts.account,
          session: session.name,
          contentHash: parts.contentHash,
          rulesHash: rulesHash(settings),
          answerMsMax: settings.servers.answerMsMax,
          mayLeave: () => parts.lease.problem()
        })
      : folder === undefined
        ? openSimulatedBroker(makeMemoryMedium(), market, rules)
        : openFileSimulatedBroker(folder, market, rules)
  return Effect.mapError(opened, ({ message }) => new CannotStart({ why: message }))
}

/** What the fills depend on. */
export const rulesHash = ({ brokers }: Settings): string => {
  const { latencyMs: _latencyMs, ...rules } = brokers.simulated
  return createHash("sha256").update(canonicalJson(rules)).digest("hex")
}
