/** One signed transaction: built, signed by Node's Ed25519, and its bytes for the wire. */
import type { TransactionInstruction } from "@solana/web3.js"
import { base58 } from "./base58.ts"
import type { ChainSigner } from "./keys/signers.ts"
import { compactLength, compileMessage } from "./message.ts"

/** What should happen in one transaction, and who agrees: the fee payer first. */
export interface Draft {
  readonly instructions: ReadonlyArray<TransactionInstruction>
  readonly signers: readonly [ChainSigner, ...ReadonlyArray<ChainSigner>]
}

export interface SignedTransaction {
  /** The fee payer's, 64 bytes: in base58 the transaction's name on every cluster. */
  readonly signature: Uint8Array
  readonly wire: Uint8Array
}

/** `recentBlockhash`: base58; the transaction can land only while the cluster remembers it. Throws where a signer is missing. */
export const signTransaction = (
  { instructions, signers }: Draft,
  recentBlockhash: string
): SignedTransaction => {
  const { message, signers: wanted } = compileMessage(
    signers[0].publicKey,
    instructions,
    recentBlockhash
  )
  const signatures = wanted.map((key) => {
    const signer = signers.find(({ publicKey }) => publicKey.toBuffer().equals(key))
    if (signer === undefined) throw new Error(`nobody signs for ${base58(key)}`)
    return signer.sign(message)
  })
  const wire = Buffer.concat([compactLength(signatures.length), ...signatures, message])
  return { signature: signatures[0]!, wire }
}
