/** The chain of the vault that a run's settings name. */
import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { Effect, type Scope } from "effect"
import type { ChainShape } from "./actors/ports/Chain.ts"
import type { RunInfo } from "./actors/ports/Runs.ts"
import type { WriterLease } from "./actors/runtime/WriterLease.ts"
import { CannotStart, type RecordedRun } from "./cli/Launcher.ts"
import { deskSigners } from "./deskSecrets.ts"
import { canonicalJson } from "./domain/journal/canonicalJson.ts"
import { openRemoteVault, type RemoteVault } from "./infra/chain/remote/RemoteVault.ts"
import type { VaultParties } from "./infra/chain/vault/vaultParties.ts"
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
): Effect.Effect<ChainShape | RemoteVault, CannotStart, Scope.Scope> => {
  const { settings, account, lease } = parts
  if (settings.vault.chain === "rpc") return openClusterVault(parts)
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
  })
}

/** What the program's limits depend on. */
export const limitsHash = ({ vault }: Settings): string => {
  const { latencyMs: _latencyMs, rpc: _rpc, ...limits } = vault
  return createHash("sha256").update(canonicalJson(limits)).digest("hex")
}

const vaultLogName = "vault.log"

/** Loaded on demand: the SVM and the cluster's client take longer to load than most commands to run. */
export const openDeskChain = ({
  settings,
  folder
}: DeskChainParts): Effect.Effect<ChainShape, CannotStart, Scope.Scope> =>
  Effect.gen(function* () {
    const { openFileLiteSvmChain, openLiteSvmChain } = yield* loadLiteSvm
    const { makeMemoryMedium } = yield* loadLog
    const terms = yield* liteSvmTerms(settings)
    return yield* folder === undefined
      ? openLiteSvmChain(makeMemoryMedium(), terms)
      : openFileLiteSvmChain(path.join(folder, vaultLogName), terms)
  }).pipe(Effect.mapError(cannotStart))

/** On a cluster, over a log of what was sent. `account` sets this run's ids apart from other runs' on the same vault. */
const openClusterVault = ({
  settings,
  folder,
  account
}: DeskVaultParts): Effect.Effect<ChainShape, CannotStart, Scope.Scope> =>
  Effect.gen(function* () {
    const cluster = yield* clusterParts(settings)
    const { makeMemoryMedium, openFileMedium } = yield* loadLog
    const { openRpcChain } = yield* loadRpc
    const medium =
      folder === undefined
        ? makeMemoryMedium()
        : yield* Effect.acquireRelease(
            Effect.try({
              try: () => openFileMedium(path.join(folder, vaultLogName)),
              catch: cannotStart
            }),
            (opened) => Effect.sync(opened.close)
          )
    const parts = { ...cluster, mark: markOf(account), nowMs: Date.now }
    const chain = yield* openRpcChain(medium, parts)
    // A cluster that is away or a vault that was never made stops the start, not the desk in its first minute.
    yield* chain.balances
    return chain
  }).pipe(Effect.mapError(cannotStart))

/** Minutes since this one leave room for a billion records each below 2^53, until 2041. */
const anchorsFromMs = Date.UTC(2025, 0, 1)

const markOf = (account: string) => {
  const [, year, month, day, hour, minute] =
    /-(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})[0-9Z]*$/.exec(account)?.map(Number) ?? []
  const startedMs = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute)
  const minutes = Math.max(0, Math.floor((startedMs - anchorsFromMs) / 60_000))
  return { prefix: `${account}/`, anchorBase: minutes * 2 ** 30 }
}

const patienceMs = 120_000
const pollMsMax = 400
const resendMs = 2_000

const clusterParts = Effect.fnUntraced(function* (settings: Settings) {
  const { commitment, mint, priorityFeeMicroLamports, programId, url } = settings.vault.rpc
  if (url === "" || programId === "" || mint === "") {
    return yield* new CannotStart({
      why: "vault.chain is rpc: set vault.rpc.url, vault.rpc.programId and vault.rpc.mint"
    })
  }
  const signers = yield* deskSigners(settings)
  const { Connection, PublicKey } = yield* Effect.promise(() => import("@solana/web3.js"))
  return yield* Effect.try({
    try: () => ({
      connection: new Connection(url, commitment),
      programId: new PublicKey(programId),
      mint: new PublicKey(mint),
      signers,
      terms: { commitment, priorityFeeMicroLamports, patienceMs, pollMsMax, resendMs }
    }),
    catch: (thrown) => new CannotStart({ why: `vault.rpc: ${cannotStart(thrown).why}` })
  })
})

/** Makes the vault on the settings' cluster. */
export const setUpCluster = (
  settings: Settings
): Effect.Effect<Readonly<Record<string, string>>, CannotStart> =>
  Effect.gen(function* () {
    if (settings.vault.chain !== "rpc") {
      return yield* new CannotStart({
        why: "vault.chain is litesvm: each run makes its own vault; set vault.chain to rpc for one on a cluster"
      })
    }
    const parts = yield* clusterParts(settings)
    const { setUpVault } = yield* loadRpc
    return addressesOf(yield* setUpVault(parts, programLimits(settings)))
  }).pipe(Effect.mapError(cannotStart))

/** A run's chain for looking only: a log in this process is run again, a cluster is asked. */
export const openVaultReader = (
  recorded: RecordedRun
): Effect.Effect<
  { readonly chain: ChainShape; readonly addresses: Readonly<Record<string, string>> },
  CannotStart,
  Scope.Scope
> =>
  Effect.gen(function* () {
    const { folder, run, settings } = recorded
    const log = path.join(folder, vaultLogName)
    if (parseAddress(settings.servers.vault) !== undefined) {
      return yield* new CannotStart({
        why: `the vault of ${run.runId} is in another process, at ${settings.servers.vault}`
      })
    }
    if (!existsSync(log)) {
      return yield* new CannotStart({ why: `${run.runId} has no vault log: ${log} is missing` })
    }
    const { readFileMedium } = yield* loadLog
    if (settings.vault.chain === "rpc") {
      const cluster = yield* clusterParts(settings)
      const { openRpcChain, rpcParties } = yield* loadRpc
      const parts = { ...cluster, mark: markOf(accountOf(run)), nowMs: Date.now }
      const chain = yield* openRpcChain(readFileMedium(log), parts)
      return { chain, addresses: addressesOf(rpcParties(parts)) }
    }
    const { liteSvmParties, openLiteSvmChain } = yield* loadLiteSvm
    const terms = yield* liteSvmTerms(settings)
    const chain = yield* openLiteSvmChain(readFileMedium(log), terms)
    return { chain, addresses: addressesOf(liteSvmParties(terms)) }
  }).pipe(Effect.mapError(cannotStart))

/** Names a run wherever its folder is: the wall time of its start tells two runs of one book apart. */
export const accountOf = ({ book, startedAt }: RunInfo): string =>
  `${book}-${startedAt.replaceAll(/[^0-9TZ]/g, "")}`

const addressesOf = ({ at, outside, signers }: VaultParties): Readonly<Record<string, string>> => ({
  program: at.programId.toBase58(),
  mint: at.mint.toBase58(),
  config: at.config.address.toBase58(),
  vault: at.vault.address.toBase58(),
  "vault tokens": at.vaultTokens.address.toBase58(),
  "position mint": at.positionMint.address.toBase58(),
  settlement: at.settlement.toBase58(),
  "trader's USDT": outside.toBase58(),
  ...Object.fromEntries(
    Object.entries(signers).map(([name, { publicKey }]) => [name, publicKey.toBase58()])
  )
})

const programLimits = (settings: Settings) => ({
  ...vaultLimits(settings),
  timelockMs: settings.vault.timelockMs
})

/** The program, its limits, and the seed of its keys. */
export const liteSvmTerms = Effect.fnUntraced(function* (settings: Settings) {
  const { book, seed } = settings
  return { seed, book, limits: programLimits(settings), program: yield* programBytes }
})

const loadLiteSvm = Effect.promise(() => import("./infra/chain/litesvm/liteSvmChain.ts"))
const loadRpc = Effect.promise(() => import("./infra/chain/rpc/rpcChain.ts"))
const loadLog = Effect.promise(() => import("./infra/log/medium.ts"))

const cannotStart = (thrown: unknown): CannotStart =>
  new CannotStart({ why: thrown instanceof Error ? thrown.message : String(thrown) })

const programFile = path.join(packageRoot, "programs/vault/vault.so")

const programBytes: Effect.Effect<Uint8Array, CannotStart> = Effect.try({
  try: () => readFileSync(programFile),
  catch: () => new CannotStart({ why: `the vault's program is missing: ${programFile}` })
})
