/** Where the vault program's accounts live: program addresses with their canonical bumps. */
import { createHash } from "node:crypto"
import { PublicKey } from "@solana/web3.js"

/** An address that no key signs for, and the bump that the program wants to be told. */
export interface Derived {
  readonly address: PublicKey
  readonly bump: number
}

/** SHA-256 of the UTF-8 text: order ids and receipt ids on chain. 32 bytes. */
export const chainId = (text: string): Uint8Array => createHash("sha256").update(text).digest()

const receiptKinds = { deposit: 0, withdrawal: 1, note: 2 } as const
export type ReceiptKind = keyof typeof receiptKinds

/**
 * A derivation costs about a millisecond, and each instruction of a trade asks for the same one.
 */
const derived = new Map<string, Derived>()
const derivedMax = 10_000

const derive = (programId: PublicKey, ...seeds: ReadonlyArray<Uint8Array>): Derived => {
  const key = Buffer.concat([programId.toBytes(), ...seeds]).toString("latin1")
  const known = derived.get(key)
  if (known !== undefined) return known
  const [address, bump] = PublicKey.findProgramAddressSync([...seeds], programId)
  if (derived.size >= derivedMax) derived.clear()
  derived.set(key, { address, bump })
  return { address, bump }
}

const text = (seed: string): Uint8Array => Buffer.from(seed)

const configAddress = (programId: PublicKey, creator: PublicKey, mint: PublicKey): Derived =>
  derive(programId, text("config"), creator.toBytes(), mint.toBytes())

const counterpartyAddress = (
  programId: PublicKey,
  config: PublicKey,
  settlement: PublicKey
): Derived => derive(programId, text("counterparty"), config.toBytes(), settlement.toBytes())

export const positionMintAddress = (programId: PublicKey, counterparty: PublicKey): Derived =>
  derive(programId, text("claim"), counterparty.toBytes())

const vaultAddress = (programId: PublicKey, config: PublicKey, trader: PublicKey): Derived =>
  derive(programId, text("vault"), config.toBytes(), trader.toBytes())

export const vaultTokensAddress = (programId: PublicKey, vault: PublicKey): Derived =>
  derive(programId, text("tokens"), vault.toBytes())

const positionTokensAddress = (
  programId: PublicKey,
  vault: PublicKey,
  counterparty: PublicKey
): Derived => derive(programId, text("position"), vault.toBytes(), counterparty.toBytes())

/** `orderId`: 32 bytes, `chainId` of the trade's id. */
export const tradeAddress = (
  programId: PublicKey,
  vault: PublicKey,
  orderId: Uint8Array
): Derived => derive(programId, text("trade"), vault.toBytes(), orderId)

/** `id`: 32 bytes, `chainId` of the deposit's, withdrawal's or request key's text. */
export const receiptAddress = (
  programId: PublicKey,
  vault: PublicKey,
  kind: ReceiptKind,
  id: Uint8Array
): Derived =>
  derive(programId, text("receipt"), vault.toBytes(), Uint8Array.of(receiptKinds[kind]), id)

/** What fixes all addresses of a trader's vault with one counterparty. */
export interface VaultIdentity {
  readonly programId: PublicKey
  readonly mint: PublicKey
  /** The admin that initialized the config. */
  readonly creator: PublicKey
  readonly trader: PublicKey
  /** The counterparty's USDT account. */
  readonly settlement: PublicKey
}

export interface VaultAddresses extends VaultIdentity {
  readonly config: Derived
  readonly counterparty: Derived
  readonly positionMint: Derived
  readonly vault: Derived
  readonly vaultTokens: Derived
  readonly positionTokens: Derived
}

/** Derives them once: each derivation is a search over hashes. */
export const vaultAddresses = (identity: VaultIdentity): VaultAddresses => {
  const { creator, mint, programId, settlement, trader } = identity
  const config = configAddress(programId, creator, mint)
  const counterparty = counterpartyAddress(programId, config.address, settlement)
  const vault = vaultAddress(programId, config.address, trader)
  return {
    ...identity,
    config,
    counterparty,
    positionMint: positionMintAddress(programId, counterparty.address),
    vault,
    vaultTokens: vaultTokensAddress(programId, vault.address),
    positionTokens: positionTokensAddress(programId, vault.address, counterparty.address)
  }
}
