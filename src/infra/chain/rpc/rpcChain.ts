/** The vault on a cluster, over a log of what was sent and what came of it. */
import type { Connection, PublicKey } from "@solana/web3.js"
import { Effect, Schema } from "effect"
import {
  type ChainAnswer,
  type ChainCorrupt,
  type ChainShape,
  ChainUnavailable
} from "../../../actors/ports/Chain.ts"
import type { Instruction } from "../../../domain/vault/instruction.ts"
import type { LogMedium } from "../../log/medium.ts"
import type { DeskSigners } from "../keys/deskKeys.ts"
import { openEntryLog } from "../log/entryLog.ts"
import type { ProgramLimits } from "../program/accounts.ts"
import { ownTokenAccount } from "../tokenAccounts.ts"
import { Answered } from "../vault/answerLog.ts"
import { makeProgramChain } from "../vault/ProgramChain.ts"
import { setupDrafts } from "../vault/vaultDrafts.ts"
import { noMark, type RunMark, type VaultParties, vaultParties } from "../vault/vaultParties.ts"
import { makeRpcCluster, type RpcTerms, type Sent } from "./RpcCluster.ts"

const SentEntry = Schema.TaggedStruct("Sent", {
  key: Schema.String,
  signature: Schema.String,
  lastValidBlockHeight: Schema.Int,
  wire: Schema.String
})
const Entry = Schema.Union([SentEntry, Answered])
type Entry = typeof Entry.Type

export interface RpcChainParts {
  readonly connection: Connection
  readonly terms: RpcTerms
  readonly programId: PublicKey
  readonly mint: PublicKey
  readonly signers: DeskSigners
  readonly mark: RunMark
  /** The wall's, epoch ms: a cluster's clock is that one's, whatever the session's is. */
  readonly nowMs: () => number
}

/** The trader's and the counterparty's USDT lie in their associated accounts. */
export const rpcParties = ({
  mark,
  mint,
  programId,
  signers
}: Omit<RpcChainParts, "connection" | "terms" | "nowMs">): VaultParties =>
  vaultParties({
    programId,
    mint,
    signers,
    mark,
    outside: ownTokenAccount(signers.trader.publicKey, mint).address,
    settlement: ownTokenAccount(signers.authority.publicKey, mint).address
  })

export const openRpcChain = (
  medium: LogMedium,
  parts: RpcChainParts
): Effect.Effect<ChainShape, ChainCorrupt | ChainUnavailable> =>
  Effect.gen(function* () {
    const { place } = medium
    const log = yield* Effect.flatMap(
      attempt(place, () => openEntryLog<Entry>(medium, Entry)),
      Effect.fromResult
    )
    const sent = new Map<string, Sent>()
    const answered = new Map<string, ChainAnswer>()
    for (const entry of log.entries) {
      if (entry._tag === "Sent") sent.set(entry.key, entry)
      else {
        const { balances, instruction, number, outcome } = entry
        answered.set(entry.key, { number, outcome, balances, instruction })
      }
    }
    const cluster = makeRpcCluster({
      connection: parts.connection,
      terms: parts.terms,
      nowMs: parts.nowMs,
      sent,
      writeDown: (signed) => log.append({ _tag: "Sent", ...signed })
    })
    return makeProgramChain({
      cluster,
      parties: rpcParties(parts),
      answered,
      onChain: ({ instruction, nowMs }) => shifted(instruction, parts.nowMs() - nowMs),
      remember: (request, answer) =>
        attempt(place, () =>
          log.append({ _tag: "Answered", ...request, ...answer, transactions: [] })
        )
    })
  })

/** A session's times as the cluster's clock has them. */
const shifted = (instruction: Instruction, byMs: number): Instruction => {
  switch (instruction._tag) {
    case "Reserve":
      return { ...instruction, expiryMs: instruction.expiryMs + byMs }
    case "Freeze":
      return { ...instruction, untilMs: instruction.untilMs + byMs }
    default:
      return instruction
  }
}

/** Makes a vault and all that it needs on a cluster; what exists already is left as it is. */
export const setUpVault = (
  parts: Omit<RpcChainParts, "mark" | "nowMs">,
  limits: ProgramLimits
): Effect.Effect<VaultParties, ChainUnavailable> =>
  Effect.gen(function* () {
    const parties = rpcParties({ ...parts, mark: noMark })
    const cluster = makeRpcCluster({
      connection: parts.connection,
      terms: parts.terms,
      nowMs: Date.now,
      sent: new Map(),
      writeDown: () => {}
    })
    const { at, signers } = parties
    const { payer } = signers
    const accounts = [signers.trader, signers.authority].map(({ publicKey }) =>
      ownTokenAccount(publicKey, parts.mint).create(payer.publicKey)
    )
    const [config, counterparty, vault, position] = setupDrafts(parties, limits)
    const steps = [
      { made: parties.outside, draft: { instructions: accounts, signers: [payer] as const } },
      { made: at.config.address, draft: config! },
      { made: at.counterparty.address, draft: counterparty! },
      { made: at.vault.address, draft: vault! },
      { made: at.positionTokens.address, draft: position! }
    ]
    for (const [index, { draft, made }] of steps.entries()) {
      const [found] = yield* cluster.accounts([made])
      if (found !== undefined) continue
      const executed = yield* cluster.execute({ key: `set-up ${index}`, draft, nowMs: 0 })
      if (executed._tag === "Refused") {
        return yield* new ChainUnavailable({
          place: cluster.place,
          why: `step ${index + 1} of the set-up was refused: ${executed.text}`
        })
      }
    }
    return parties
  })

const attempt = <A>(place: string, run: () => A): Effect.Effect<A, ChainUnavailable> =>
  Effect.try({
    try: run,
    catch: (thrown) =>
      new ChainUnavailable({
        place,
        why: thrown instanceof Error ? thrown.message : String(thrown)
      })
  })
