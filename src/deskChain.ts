/** The chain of the vault that a run's settings name. */
import { Effect, type Scope } from "effect"
import type { ChainShape } from "./actors/ports/Chain.ts"
import { CannotStart } from "./cli/Launcher.ts"
import { makeMemoryMedium } from "./infra/chain/ledger/medium.ts"
import { openFileVaultLedger, openVaultLedger } from "./infra/chain/ledger/VaultLedger.ts"
import { vaultLimits } from "./simulatedWorld.ts"
import type { Settings } from "./supervisors/settings.ts"

export interface DeskChainParts {
  readonly settings: Settings
  /** Where the chain keeps its own log; undefined for memory. */
  readonly folder: string | undefined
}

export const openDeskChain = ({
  settings,
  folder
}: DeskChainParts): Effect.Effect<ChainShape, CannotStart, Scope.Scope> => {
  const limits = vaultLimits(settings)
  const opened =
    folder === undefined
      ? openVaultLedger(makeMemoryMedium(), limits)
      : openFileVaultLedger(folder, limits)
  return Effect.mapError(opened, ({ message }) => new CannotStart({ why: message }))
}
