/** Legacy Solana messages in their wire form: for a chain that checks no signatures. */
import type { PublicKey, TransactionInstruction } from "@solana/web3.js"

export interface LegacyMessage {
  readonly bytes: Uint8Array
  /** Who would have to sign, the payer first. */
  readonly signers: ReadonlyArray<PublicKey>
}

interface Role {
  readonly key: PublicKey
  readonly bytes: Uint8Array
  isSigner: boolean
  isWritable: boolean
}

/** Fewer than 128 accounts, instructions and accounts of one; data of up to 16,383 bytes. */
export const legacyMessage = (
  payer: PublicKey,
  instructions: ReadonlyArray<TransactionInstruction>,
  blockhash: Uint8Array
): LegacyMessage => {
  const roles = new Map<string, Role>()
  const meet = (key: PublicKey, isSigner: boolean, isWritable: boolean): void => {
    const name = nameOf(key)
    const known = roles.get(name)
    if (known === undefined) {
      roles.set(name, { key, bytes: bytesOf(key), isSigner, isWritable })
    } else {
      known.isSigner ||= isSigner
      known.isWritable ||= isWritable
    }
  }
  meet(payer, true, true)
  for (const { keys } of instructions) {
    for (const { isSigner, isWritable, pubkey } of keys) meet(pubkey, isSigner, isWritable)
  }
  for (const { programId } of instructions) meet(programId, false, false)
  const rank = ({ isSigner, isWritable }: Role): number => (isSigner ? 0 : 2) + (isWritable ? 0 : 1)
  const ordered = [...roles].sort(([, a], [, b]) => rank(a) - rank(b))
  const place = new Map(ordered.map(([name], index) => [name, index]))
  const signers = ordered.filter(([, role]) => role.isSigner).map(([, { key }]) => key)
  const parts: Array<Uint8Array> = [
    Uint8Array.of(
      signers.length,
      ordered.filter(([, role]) => rank(role) === 1).length,
      ordered.filter(([, role]) => rank(role) === 3).length,
      ordered.length
    ),
    ...ordered.map(([, role]) => role.bytes),
    blockhash,
    Uint8Array.of(instructions.length)
  ]
  for (const { data, keys, programId } of instructions) {
    parts.push(
      Uint8Array.of(place.get(nameOf(programId))!, keys.length),
      Uint8Array.from(keys, ({ pubkey }) => place.get(nameOf(pubkey))!),
      data.length < 128
        ? Uint8Array.of(data.length)
        : Uint8Array.of((data.length & 0x7f) | 0x80, data.length >> 7),
      data
    )
  }
  return { bytes: Buffer.concat(parts), signers }
}

const names = new WeakMap<PublicKey, string>()
const bytes = new WeakMap<PublicKey, Uint8Array>()

const bytesOf = (key: PublicKey): Uint8Array => {
  const known = bytes.get(key)
  if (known !== undefined) return known
  const fresh = key.toBytes()
  bytes.set(key, fresh)
  return fresh
}

const nameOf = (key: PublicKey): string => {
  const known = names.get(key)
  if (known !== undefined) return known
  const fresh = Buffer.from(bytesOf(key)).toString("latin1")
  names.set(key, fresh)
  return fresh
}
