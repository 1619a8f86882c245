/**
 * A Solana cluster behind JSON-RPC, through web3.js's `Connection`.
 *
 * Invariant: a request is signed anew only once its earlier transaction can never land: the finalized block height has passed
 * its last valid one, and a look into the whole history after that still finds nothing. So each signed transaction is written
 * down before it is sent, and its fate is asked for by its signature, after a crash too.
 */
import {
  type Commitment,
  ComputeBudgetProgram,
  type Connection,
  type PublicKey
} from "@solana/web3.js"
import { Effect } from "effect"
import { ChainUnavailable } from "../../../actors/ports/Chain.ts"
import { base58 } from "../base58.ts"
import type { Cluster, Executed } from "../Cluster.ts"
import { type Draft, signTransaction } from "../transaction.ts"

/** A transaction that may have been sent. */
export interface Sent {
  readonly key: string
  readonly signature: string
  readonly lastValidBlockHeight: number
  /** Base64. */
  readonly wire: string
}

export interface RpcTerms {
  readonly commitment: "processed" | "confirmed" | "finalized"
  /** Per compute unit; 0 for none. */
  readonly priorityFeeMicroLamports: number
  /** How long one request may take before it counts as unknown, ms. */
  readonly patienceMs: number
  /** Between two looks for a transaction, ms; they begin closer together. */
  readonly pollMsMax: number
  /** What has not been seen for so long is sent again, ms: the same transaction, which can land only once. */
  readonly resendMs: number
}

export interface RpcClusterParts {
  readonly connection: Connection
  readonly terms: RpcTerms
  /** The wall's: a cluster's clock follows it. */
  readonly nowMs: () => number
  /** The last transaction of each key that was written down. */
  readonly sent: ReadonlyMap<string, Sent>
  /** Durable when it returns; throws where it cannot be. */
  readonly writeDown: (sent: Sent) => void
}

/** web3.js's subscriptions could tell sooner, but keep a process busy for ever when their socket goes. */
const firstPollMs = 2

/** Of one transaction where a priority fee is paid: several times what the dearest instruction takes. */
const computeUnitsMax = 100_000

export const makeRpcCluster = (parts: RpcClusterParts): Cluster => {
  const { connection, terms, writeDown } = parts
  const place = connection.rpcEndpoint
  const sent = new Map(parts.sent)

  const attempt = <A>(run: () => Promise<A>): Effect.Effect<A, ChainUnavailable> =>
    Effect.tryPromise({
      try: run,
      catch: (thrown) =>
        new ChainUnavailable({
          place,
          why: thrown instanceof Error ? thrown.message : String(thrown)
        })
    })

  const sign = async (key: string, draft: Draft): Promise<Sent> => {
    const { blockhash, lastValidBlockHeight } = await connection.getLatestBlockhash(
      terms.commitment
    )
    const { signature, wire } = signTransaction(withFee(draft, terms), blockhash)
    const signed = {
      key,
      signature: base58(signature),
      lastValidBlockHeight,
      wire: Buffer.from(wire).toString("base64")
    }
    writeDown(signed)
    sent.set(key, signed)
    return signed
  }

  /** What is certain now: its fate, that it can never land, or neither. */
  const look = async ({ lastValidBlockHeight, signature }: Sent): Promise<Executed | Fate> => {
    // The height is read first: what a later look does not find had its last chance before it.
    const height = await connection.getBlockHeight("finalized")
    const { value } = await connection.getSignatureStatuses([signature], {
      searchTransactionHistory: true
    })
    const status = value[0]
    if (status === null || status === undefined) {
      return height > lastValidBlockHeight ? "Expired" : "Unknown"
    }
    return reached(status.confirmationStatus, terms.commitment)
      ? ((await executed(connection, signature, terms.commitment)) ?? "Unknown")
      : "Unknown"
  }

  const send = (signed: Sent): Promise<unknown> =>
    connection.sendRawTransaction(Buffer.from(signed.wire, "base64"), {
      // A refusal is read from the chain like any other fate: what a node thinks beforehand is no proof.
      skipPreflight: true,
      maxRetries: 0
    })

  /** Looks until something is certain, or for `resendMs`: then it is worth sending again. */
  const watched = async (signed: Sent): Promise<Executed | Fate> => {
    const untilMs = performance.now() + terms.resendMs
    let waitMs = firstPollMs
    for (;;) {
      const fate = await look(signed)
      if (fate !== "Unknown" || performance.now() > untilMs) return fate
      await new Promise((done) => setTimeout(done, waitMs))
      waitMs = Math.min(waitMs * 2, terms.pollMsMax)
    }
  }

  const settle = async (key: string, draft: Draft): Promise<Executed> => {
    const untilMs = performance.now() + terms.patienceMs
    let signed = sent.get(key)
    let fate: Executed | Fate = signed === undefined ? "Expired" : await look(signed)
    while (typeof fate === "string") {
      if (performance.now() > untilMs) {
        throw new Error(`${key}: no fate of its transaction within ${terms.patienceMs} ms`)
      }
      if (signed === undefined || fate === "Expired") signed = await sign(key, draft)
      // A node that cannot be reached may have taken it all the same: its fate tells, not this answer.
      await send(signed).catch(() => undefined)
      fate = await watched(signed)
    }
    sent.delete(key)
    return fate
  }

  return {
    place,
    description: `the vault's program on the cluster at ${place}`,
    nowMs: parts.nowMs,
    execute: ({ draft, key }) => attempt(() => settle(key, draft)),
    accounts: (addresses: ReadonlyArray<PublicKey>) =>
      attempt(async () => {
        const found = await connection.getMultipleAccountsInfo([...addresses], terms.commitment)
        return found.map((account) => account?.data)
      })
  }
}

type Fate = "Expired" | "Unknown"

const withFee = ({ instructions, signers }: Draft, terms: RpcTerms): Draft =>
  terms.priorityFeeMicroLamports === 0
    ? { instructions, signers }
    : {
        instructions: [
          ComputeBudgetProgram.setComputeUnitLimit({ units: computeUnitsMax }),
          ComputeBudgetProgram.setComputeUnitPrice({
            microLamports: terms.priorityFeeMicroLamports
          }),
          ...instructions
        ],
        signers
      }

const ranks = { processed: 0, confirmed: 1, finalized: 2 } as const

const reached = (status: Commitment | undefined, wanted: keyof typeof ranks): boolean =>
  status !== undefined && status in ranks && ranks[status as keyof typeof ranks] >= ranks[wanted]

/** What a landed transaction did; undefined while the node does not show it yet. */
const executed = async (
  connection: Connection,
  signature: string,
  commitment: RpcTerms["commitment"]
): Promise<Executed | undefined> => {
  const found = await connection.getTransaction(signature, {
    commitment: commitment === "finalized" ? "finalized" : "confirmed",
    maxSupportedTransactionVersion: 0
  })
  if (found?.meta === null || found?.meta === undefined) return undefined
  const { err, logMessages } = found.meta
  return err === null
    ? { _tag: "Landed", logs: logMessages ?? [] }
    : { _tag: "Refused", code: customCode(err), text: JSON.stringify(err) }
}

const customCode = (error: unknown): number | undefined => {
  const inner = (error as { readonly InstructionError?: readonly [number, unknown] })
    .InstructionError?.[1]
  const code = (inner as { readonly Custom?: unknown } | undefined)?.Custom
  return typeof code === "number" ? code : undefined
}
