/** Accounts of the SPL token program as bytes: read anywhere, written only where a chain begins. */
import { PublicKey, SystemProgram, TransactionInstruction } from "@solana/web3.js"
import { tokenProgramId } from "./program/instructions.ts"

const mintBytes = 82
const tokenAccountBytes = 165

const amountAt = 64

/** Tokens that an account holds, in the mint's smallest unit. */
export const tokenAmount = (account: Uint8Array): bigint =>
  Buffer.from(account.buffer, account.byteOffset, account.byteLength).readBigUInt64LE(amountAt)

/** A mint of `supply` that nobody can add to. */
export const mintData = (supply: bigint, decimals: number): Uint8Array => {
  const data = Buffer.alloc(mintBytes)
  data.writeBigUInt64LE(supply, 36)
  data.writeUInt8(decimals, 44)
  data.writeUInt8(1, 45)
  return data
}

export const tokenAccountData = (mint: PublicKey, owner: PublicKey, amount: bigint): Uint8Array => {
  const data = Buffer.alloc(tokenAccountBytes)
  data.set(mint.toBytes(), 0)
  data.set(owner.toBytes(), 32)
  data.writeBigUInt64LE(amount, amountAt)
  data.writeUInt8(1, 108)
  return data
}

const associatedProgramId = new PublicKey("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL")

/** An owner's one account of a mint, at its associated address; `create` does nothing where it exists. */
export const ownTokenAccount = (owner: PublicKey, mint: PublicKey) => {
  const [address] = PublicKey.findProgramAddressSync(
    [owner.toBytes(), tokenProgramId.toBytes(), mint.toBytes()],
    associatedProgramId
  )
  const key = (pubkey: PublicKey, isWritable: boolean, isSigner = false) => ({
    pubkey,
    isSigner,
    isWritable
  })
  const create = (payer: PublicKey) =>
    new TransactionInstruction({
      programId: associatedProgramId,
      keys: [
        key(payer, true, true),
        key(address, true),
        key(owner, false),
        key(mint, false),
        key(SystemProgram.programId, false),
        key(tokenProgramId, false)
      ],
      // CreateIdempotent
      data: Buffer.from([1])
    })
  return { address, create }
}
