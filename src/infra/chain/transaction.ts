/** One signed transaction: built, signed by Node's Ed25519, and its bytes for the wire. */
import { Transaction, type TransactionInstruction } from "@solana/web3.js"
import { base58 } from "./base58.ts"
import type { ChainSigner } from "./keys/signers.ts"

/** What should happen in one transaction, and who agrees: the fee payer first. */
export interface Draft {
  readonly instructions: ReadonlyArray<TransactionInstruction>
  readonly signers: readonly [ChainSigner, ...ReadonlyArray<ChainSigner>]
}

export interface SignedTransaction {
  /** Base58 of the fee payer's signature: the transaction's name on every cluster. */
  readonly signature: string
  readonly wire: Uint8Array
}

/** `recentBlockhash`: base58; the transaction can land only while the cluster remembers it. */
export const signTransaction = (
  { instructions, signers }: Draft,
  recentBlockhash: string
): SignedTransaction => {
  const transaction = new Transaction({ feePayer: signers[0].publicKey, recentBlockhash })
  transaction.add(...instructions)
  const message = transaction.serializeMessage()
  for (const signer of signers) {
    transaction.addSignature(signer.publicKey, Buffer.from(signer.sign(message)))
  }
  // Signed just now by keys of ours: checking it again in JavaScript would cost more than all the rest.
  const wire = transaction.serialize({ requireAllSignatures: true, verifySignatures: false })
  return { signature: base58(transaction.signature!), wire }
}
