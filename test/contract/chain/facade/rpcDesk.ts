/** A vault on a cluster of one node, set up and ready, for tests and benches. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Connection } from "@solana/web3.js"
import { Effect, type Scope } from "effect"
import { signersOfSeed } from "../../../../src/infra/chain/keys/deskKeys.ts"
import { signerOf } from "../../../../src/infra/chain/keys/signers.ts"
import { LiteSvmCluster } from "../../../../src/infra/chain/litesvm/LiteSvmCluster.ts"
import type { ProgramLimits } from "../../../../src/infra/chain/program/accounts.ts"
import type { RpcTerms } from "../../../../src/infra/chain/rpc/RpcCluster.ts"
import {
  openRpcChain,
  type RpcChainParts,
  setUpVault
} from "../../../../src/infra/chain/rpc/rpcChain.ts"
import { ownTokenAccount } from "../../../../src/infra/chain/tokenAccounts.ts"
import { noMark } from "../../../../src/infra/chain/vault/vaultParties.ts"
import { type LogMedium, makeMemoryMedium } from "../../../../src/infra/log/medium.ts"
import { type Facade, startFacade } from "./facade.ts"

export const programBytes = readFileSync(
  join(import.meta.dirname, "../../../../programs/vault/vault.so")
)

export interface RpcDesk {
  readonly facade: Facade
  readonly svm: LiteSvmCluster
  readonly parts: RpcChainParts
  readonly medium: LogMedium
  /** Over the same log each time: what a process does that starts again. */
  readonly open: ReturnType<typeof openRpcChain>
}

const named = (name: string) => signerOf(Buffer.alloc(32, name)).publicKey

export const startRpcDesk = (
  limits: ProgramLimits,
  terms: Partial<RpcTerms> = {},
  nowMs: () => number = () => 1
): Effect.Effect<RpcDesk, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const signers = signersOfSeed(1, "rpc")
    const [programId, mint] = [named("program"), named("mint")]
    const holders = [signers.trader, signers.authority].map(({ publicKey }) => ({
      account: ownTokenAccount(publicKey, mint).address,
      owner: publicKey,
      micros: 1_000_000_000_000_000n
    }))
    const svm = new LiteSvmCluster({
      program: { id: programId, bytes: programBytes },
      mint,
      holders,
      payers: [signers.payer.publicKey]
    })
    const facade = yield* Effect.acquireRelease(
      Effect.promise(() => startFacade(svm, nowMs)),
      (server) => Effect.promise(server.close)
    )
    const connection = new Connection(facade.url, {
      commitment: "confirmed",
      wsEndpoint: facade.websocketUrl
    })
    const parts: RpcChainParts = {
      connection,
      programId,
      mint,
      signers,
      mark: noMark,
      nowMs,
      terms: {
        commitment: "confirmed",
        priorityFeeMicroLamports: 0,
        patienceMs: 20_000,
        pollMsMax: 50,
        resendMs: 40,
        ...terms
      }
    }
    yield* setUpVault(parts, limits)
    const medium = makeMemoryMedium()
    return { facade, svm, parts, medium, open: openRpcChain(medium, parts) }
  })
