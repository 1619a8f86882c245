/** Where transactions run, as the vault's chain needs it: in process or behind a wire. */
import type { PublicKey } from "@solana/web3.js"
import type { Effect } from "effect"
import type { ChainUnavailable } from "../../actors/ports/Chain.ts"
import type { Draft } from "./transaction.ts"

/** What became of a transaction, for certain. */
export type Executed =
  | { readonly _tag: "Landed"; readonly logs: ReadonlyArray<string> }
  /** It changed nothing but the payer's fee. `code`: of the custom error; undefined for any other. */
  | { readonly _tag: "Refused"; readonly code: number | undefined; readonly text: string }

export interface Cluster {
  /** For messages: a path, "memory" or a URL. */
  readonly place: string
  readonly description: string
  /**
   * Runs one transaction and tells its fate, never a guess: where that cannot be known it fails, and may be asked again under
   * the same `key`, which then finds out before it signs anew.
   */
  readonly execute: (asked: {
    readonly key: string
    readonly draft: Draft
    readonly nowMs: number
  }) => Effect.Effect<Executed, ChainUnavailable>
  /** The chain's own time, epoch ms. */
  readonly nowMs: () => number
  /** Data of each account; undefined where there is none. All of one moment. */
  readonly accounts: (
    addresses: ReadonlyArray<PublicKey>
  ) => Effect.Effect<ReadonlyArray<Uint8Array | undefined>, ChainUnavailable>
}
