/** Whose vault it is on a chain: its addresses, its keys, and how trade ids become order ids. */
import type { PublicKey } from "@solana/web3.js"
import type { DeskSigners } from "../keys/deskKeys.ts"
import { chainId, type VaultAddresses, vaultAddresses } from "../program/addresses.ts"

/**
 * What sets one run's ids apart from those of other runs on the same vault. On a chain of its own a run needs nothing.
 */
export interface RunMark {
  /** Before each id that is hashed. */
  readonly prefix: string
  /** Added to the anchored record numbers, so that a later run's are higher. */
  readonly anchorBase: number
}

export const noMark: RunMark = { prefix: "", anchorBase: 0 }

export interface VaultParties {
  readonly at: VaultAddresses
  readonly signers: DeskSigners
  /** The trader's own USDT account: deposits come from it, withdrawals go there. */
  readonly outside: PublicKey
  readonly mark: RunMark
}

export const vaultParties = (from: {
  readonly programId: PublicKey
  readonly mint: PublicKey
  readonly settlement: PublicKey
  readonly outside: PublicKey
  readonly signers: DeskSigners
  readonly mark: RunMark
}): VaultParties => ({
  at: vaultAddresses({
    programId: from.programId,
    mint: from.mint,
    creator: from.signers.admin.publicKey,
    trader: from.signers.trader.publicKey,
    settlement: from.settlement
  }),
  signers: from.signers,
  outside: from.outside,
  mark: from.mark
})

/** 32 bytes. */
export const idOnChain = ({ mark }: VaultParties, id: string): Uint8Array =>
  chainId(`${mark.prefix}${id}`)
