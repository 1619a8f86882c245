/** The chain of the vault that a run's settings name. */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import * as path from "node:path"
import { Effect, type Scope } from "effect"
import type { ChainShape } from "./actors/ports/Chain.ts"
import type { WriterLease } from "./actors/runtime/WriterLease.ts"
import { CannotStart } from "./cli/Launcher.ts"
import { canonicalJson } from "./domain/journal/canonicalJson.ts"
import { openRemoteVault } from "./infra/chain/remote/RemoteVault.ts"
import { packageRoot } from "./infra/product.ts"
import { parseAddress } from "./infra/wire/lineClient.ts"
import { vaultLimits } from "./simulatedWorld.ts"
import type { Settings } from "./supervisors/settings.ts"

export interface DeskChainParts {
  readonly settings: Settings
  /** Where the chain keeps its own log; undefined for memory. */
  readonly folder: string | undefined
}

export interface DeskVaultParts extends DeskChainParts {
  /** Names the run at servers: the same whichever process has it. */
  readonly account: string
  readonly lease: WriterLease
}

/** The chain in a process of its own where the settings name one, else in this one. */
export const openDeskVault = (
  parts: DeskVaultParts
): Effect.Effect<ChainShape, CannotStart, Scope.Scope> => {
  const { settings, account, lease } = parts
  const address = parseAddress(settings.servers.vault)
  if (address === undefined) return openDeskChain(parts)
  return openRemoteVault({
    address,
    account,
    book: settings.book,
    seed: settings.seed,
    limitsHash: limitsHash(settings),
    answerMsMax: settings.servers.answerMsMax,
    mayLeave: () => lease.problem()
  }).pipe(Effect.mapError(({ message }) => new CannotStart({ why: message })))
}

/** What the program's limits depend on. */
export const limitsHash = ({ vault }: Settings): string => {
  const { latencyMs: _latencyMs, rpc: _rpc, ...limits } = vault
  return createHash("sha256").update(canonicalJson(limits)).digest("hex")
}

export const vaultLogName = "vault.log"

/** Loaded on demand: the SVM and the cluster's client take longer to load than most commands to run. */
export const openDeskChain = ({
  settings,
  folder
}: DeskChainParts): Effect.Effect<ChainShape, CannotStart, Scope.Scope> =>
  Effect.gen(function* () {
    const { openFileLiteSvmChain, openLiteSvmChain } = yield* Effect.promise(
      () => import("./infra/chain/litesvm/liteSvmChain.ts")
    )
    const { makeMemoryMedium } = yield* Effect.promise(() => import("./infra/chain/log/medium.ts"))
    const terms = {
      seed: settings.seed,
      book: settings.book,
      limits: { ...vaultLimits(settings), timelockMs: settings.vault.timelockMs },
      program: yield* programBytes
    }
    return yield* folder === undefined
      ? openLiteSvmChain(makeMemoryMedium(), terms)
      : openFileLiteSvmChain(path.join(folder, vaultLogName), terms)
  }).pipe(Effect.mapError(({ message }) => new CannotStart({ why: message })))

const programFile = path.join(packageRoot, "programs/vault/vault.so")

const programBytes: Effect.Effect<Uint8Array, CannotStart> = Effect.try({
  try: () => readFileSync(programFile),
  catch: () => new CannotStart({ why: `the vault's program is missing: ${programFile}` })
})
