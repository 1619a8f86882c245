/** The vault's chain of a simulated life over the log that outlives it: the ledger, or the real program in LiteSVM. */
import { Effect } from "effect"
import type { VaultReading } from "../actors/ports/Chain.ts"
import { liteSvmTerms } from "../deskChain.ts"
import { openVaultLedger } from "../infra/chain/ledger/VaultLedger.ts"
import { vaultLimits } from "../simulatedWorld.ts"
import type { Storage } from "./storage.ts"

export const openChain = Effect.fnUntraced(function* ({ stage, vault, chainLog }: Storage) {
  const { settings } = stage
  if (stage.chain === "ledger") return yield* openVaultLedger(vault, vaultLimits(settings))
  // The SVM takes longer to load than most seeds to run.
  const { openLiteSvmChain } = yield* Effect.promise(
    () => import("../infra/chain/litesvm/liteSvmChain.ts")
  )
  return yield* openLiteSvmChain(chainLog, yield* liteSvmTerms(settings))
})

/** Why the accounts of the chain do not add up, or nothing. */
export const chainFault = (reading: VaultReading): string | undefined => {
  const { counterpartyMicros, depositedMicros, freeMicros, heldMicros } = reading
  const { reservedMicros, withdrawnMicros } = reading
  const stays = depositedMicros - withdrawnMicros - counterpartyMicros
  if (heldMicros !== stays) {
    return `the vault's token account holds ${heldMicros}, what went in and out leaves ${stays}`
  }
  const owned = freeMicros + reservedMicros
  return heldMicros >= owned
    ? undefined
    : `the vault's token account holds ${heldMicros} for ${owned} that it owes`
}
