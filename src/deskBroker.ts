/** The broker that a run's settings name, and the session's market as it sees it. */
import { Effect, type Scope } from "effect"
import { CannotStart } from "./cli/Launcher.ts"
import type { SessionQuotes } from "./domain/market/sessionQuotes.ts"
import {
  openFileSimulatedBroker,
  openSimulatedBroker,
  type SimulatedBroker
} from "./infra/broker/simulated/broker.ts"
import { makeMemoryMedium } from "./infra/broker/simulated/medium.ts"
import { simulatedMarket, simulatedRules } from "./simulatedWorld.ts"
import type { Settings } from "./supervisors/settings.ts"

export interface DeskBrokerParts {
  readonly settings: Settings
  readonly session: SessionQuotes
  /** Where the exchange keeps its own log; undefined for memory. */
  readonly folder: string | undefined
}

export const openDeskBroker = ({
  settings,
  session,
  folder
}: DeskBrokerParts): Effect.Effect<SimulatedBroker, CannotStart, Scope.Scope> => {
  const market = simulatedMarket(session)
  const rules = simulatedRules(settings)
  const opened =
    folder === undefined
      ? openSimulatedBroker(makeMemoryMedium(), market, rules)
      : openFileSimulatedBroker(folder, market, rules)
  return Effect.mapError(opened, ({ message }) => new CannotStart({ why: message }))
}
