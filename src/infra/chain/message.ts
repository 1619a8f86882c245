/**
 * Compiles instructions into a legacy message: accounts once each, signers first, writable before read-only.
 *
 * web3.js sorts the same accounts by their base58 text, which costs more than running the transaction.
 * Layout: https://solana.com/docs/core/transactions
 */
import { PublicKey, type TransactionInstruction } from "@solana/web3.js"

interface Account {
  readonly key: Uint8Array
  isSigner: boolean
  isWritable: boolean
}

/** `recentBlockhash`: base58. Signatures belong to the message's first accounts, in their order: `signers` of the answer. */
export const compileMessage = (
  feePayer: PublicKey,
  instructions: ReadonlyArray<TransactionInstruction>,
  recentBlockhash: string
): { readonly message: Uint8Array; readonly signers: ReadonlyArray<Uint8Array> } => {
  const accounts = new Map<string, Account>()
  const take = (pubkey: PublicKey, isSigner: boolean, isWritable: boolean): void => {
    const key = pubkey.toBytes()
    const name = hex(key)
    const known = accounts.get(name)
    if (known === undefined) accounts.set(name, { key, isSigner, isWritable })
    else {
      known.isSigner ||= isSigner
      known.isWritable ||= isWritable
    }
  }
  take(feePayer, true, true)
  for (const { keys } of instructions) {
    for (const { isSigner, isWritable, pubkey } of keys) take(pubkey, isSigner, isWritable)
  }
  for (const { programId } of instructions) take(programId, false, false)
  const entries = [...accounts]
  const group = (isSigner: boolean, isWritable: boolean) =>
    entries.filter(([, each]) => each.isSigner === isSigner && each.isWritable === isWritable)
  const groups = [group(true, true), group(true, false), group(false, true), group(false, false)]
  const ordered = groups.flat()
  const indexOf = new Map(ordered.map(([name], index) => [name, index]))
  const signerCount = groups[0]!.length + groups[1]!.length
  const compiled = instructions.flatMap(({ data, keys, programId }) => [
    Uint8Array.of(indexOf.get(hex(programId.toBytes()))!),
    compactLength(keys.length),
    Uint8Array.from(keys, ({ pubkey }) => indexOf.get(hex(pubkey.toBytes()))!),
    compactLength(data.length),
    data
  ])
  const message = Buffer.concat([
    Uint8Array.of(signerCount, groups[1]!.length, groups[3]!.length),
    compactLength(ordered.length),
    ...ordered.map(([, { key }]) => key),
    blockhashBytes(recentBlockhash),
    compactLength(instructions.length),
    ...compiled
  ])
  return { message, signers: ordered.slice(0, signerCount).map(([, { key }]) => key) }
}

const hex = (key: Uint8Array): string => Buffer.from(key).toString("hex")

/** A blockhash has the form of a key. */
const blockhashBytes = (blockhash: string): Uint8Array => new PublicKey(blockhash).toBytes()

/** Seven bits a byte, low ones first. */
export const compactLength = (length: number): Uint8Array => {
  const bytes: Array<number> = []
  let rest = length
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80)
    rest >>= 7
  }
  bytes.push(rest)
  return Uint8Array.from(bytes)
}
