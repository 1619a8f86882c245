/** A legacy Solana message in its wire form, with empty signatures: for a chain that checks none. */
import type { PublicKey, TransactionInstruction } from "@solana/web3.js"

interface Role {
  readonly bytes: Uint8Array
  isSigner: boolean
  isWritable: boolean
}

/** Fewer than 128 accounts, signatures, instructions and accounts of one; data of up to 16,383 bytes. */
export const unsignedTransaction = (
  payer: PublicKey,
  instructions: ReadonlyArray<TransactionInstruction>,
  blockhash: Uint8Array
): Uint8Array => {
  const roles = new Map<string, Role>()
  const meet = (key: PublicKey, isSigner: boolean, isWritable: boolean): void => {
    const name = nameOf(key)
    const known = roles.get(name)
    if (known === undefined) {
      roles.set(name, { bytes: bytesOf(key), isSigner, isWritable })
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
  const signers = ordered.filter(([, role]) => role.isSigner).length
  const parts: Array<Uint8Array> = [
    Uint8Array.of(signers),
    new Uint8Array(64 * signers),
    Uint8Array.of(
      signers,
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
  return Buffer.concat(parts)
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
