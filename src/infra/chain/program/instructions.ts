/**
 * Builds the vault program's instructions: accounts in their order, data in their layout
 * (programs/vault/INTERFACE.md).
 */
import { type AccountMeta, PublicKey, SystemProgram, TransactionInstruction } from "@solana/web3.js"
import type { ProgramLimits, ProgramRoles } from "./accounts.ts"
import { receiptAddress, type VaultAddresses } from "./addresses.ts"
import { i64, u8, u32, u64 } from "./layout.ts"

/** SPL Token, the classic program; Token-2022 is not accepted. */
export const tokenProgramId = new PublicKey("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA")

export const instructionTags = {
  initializeConfig: 0,
  proposeConfig: 1,
  applyConfig: 2,
  cancelProposal: 3,
  registerCounterparty: 4,
  setCounterparty: 5,
  initializeVault: 6,
  openPosition: 7,
  setDelegate: 8,
  deposit: 9,
  withdraw: 10,
  reserve: 11,
  settle: 12,
  cancel: 13,
  close: 14,
  adjust: 15,
  freeze: 16,
  thaw: 17,
  anchor: 18,
  overdue: 19,
  writeOff: 20,
  note: 21,
  absorb: 22
} as const
export type InstructionName = keyof typeof instructionTags

export const readonly = (pubkey: PublicKey): AccountMeta => ({
  pubkey,
  isSigner: false,
  isWritable: false
})
export const writable = (pubkey: PublicKey): AccountMeta => ({
  pubkey,
  isSigner: false,
  isWritable: true
})
export const signer = (pubkey: PublicKey): AccountMeta => ({
  pubkey,
  isSigner: true,
  isWritable: false
})
export const payerOf = (pubkey: PublicKey): AccountMeta => ({
  pubkey,
  isSigner: true,
  isWritable: true
})

export const systemProgram = readonly(SystemProgram.programId)
export const tokenProgram = readonly(tokenProgramId)

export const instruction = (
  programId: PublicKey,
  name: InstructionName,
  keys: ReadonlyArray<AccountMeta>,
  ...data: ReadonlyArray<Uint8Array>
): TransactionInstruction =>
  new TransactionInstruction({
    programId,
    // Metas may be changed by whoever holds the instruction; two of them are shared here.
    keys: keys.map((meta) => ({ ...meta })),
    data: Buffer.concat([u8(instructionTags[name]), ...data])
  })

const limitsData = (limits: ProgramLimits): Uint8Array =>
  Buffer.concat([
    u64(limits.tradeMicrosMax),
    u64(limits.outstandingMicrosMax),
    u64(limits.adjustMicrosMax),
    u64(limits.reservationMsMax),
    u64(limits.freezeMsMax),
    u64(limits.tradeMsMax),
    u64(limits.timelockMs)
  ])

/** `payer` pays rent and signs; `creator` of the addresses signs as the first admin. */
export const initializeConfig = (
  at: VaultAddresses,
  from: {
    readonly payer: PublicKey
    readonly riskGate: PublicKey
    readonly guardian: PublicKey
    readonly limits: ProgramLimits
  }
): TransactionInstruction =>
  instruction(
    at.programId,
    "initializeConfig",
    [
      payerOf(from.payer),
      signer(at.creator),
      writable(at.config.address),
      readonly(at.mint),
      systemProgram
    ],
    u8(at.config.bump),
    from.riskGate.toBytes(),
    from.guardian.toBytes(),
    limitsData(from.limits)
  )

export const proposeConfig = (
  at: VaultAddresses,
  admin: PublicKey,
  to: { readonly roles: ProgramRoles; readonly limits: ProgramLimits }
): TransactionInstruction =>
  instruction(
    at.programId,
    "proposeConfig",
    [signer(admin), writable(at.config.address)],
    to.roles.admin.toBytes(),
    to.roles.riskGate.toBytes(),
    to.roles.guardian.toBytes(),
    limitsData(to.limits)
  )

export const applyConfig = (at: VaultAddresses, admin: PublicKey): TransactionInstruction =>
  instruction(at.programId, "applyConfig", [signer(admin), writable(at.config.address)])

export const cancelProposal = (at: VaultAddresses, who: PublicKey): TransactionInstruction =>
  instruction(at.programId, "cancelProposal", [signer(who), writable(at.config.address)])

export const registerCounterparty = (
  at: VaultAddresses,
  by: { readonly payer: PublicKey; readonly admin: PublicKey; readonly authority: PublicKey }
): TransactionInstruction =>
  instruction(
    at.programId,
    "registerCounterparty",
    [
      payerOf(by.payer),
      signer(by.admin),
      signer(by.authority),
      readonly(at.config.address),
      writable(at.counterparty.address),
      readonly(at.settlement),
      writable(at.positionMint.address),
      systemProgram,
      tokenProgram
    ],
    u8(at.counterparty.bump),
    u8(at.positionMint.bump)
  )

export const setCounterparty = (
  at: VaultAddresses,
  who: PublicKey,
  disabled: boolean
): TransactionInstruction =>
  instruction(
    at.programId,
    "setCounterparty",
    [signer(who), readonly(at.config.address), writable(at.counterparty.address)],
    u8(disabled ? 1 : 0)
  )

export const initializeVault = (
  at: VaultAddresses,
  by: { readonly payer: PublicKey; readonly delegate: PublicKey }
): TransactionInstruction =>
  instruction(
    at.programId,
    "initializeVault",
    [
      payerOf(by.payer),
      signer(at.trader),
      writable(at.config.address),
      writable(at.vault.address),
      writable(at.vaultTokens.address),
      readonly(at.mint),
      systemProgram,
      tokenProgram
    ],
    u8(at.vault.bump),
    u8(at.vaultTokens.bump),
    by.delegate.toBytes()
  )

export const openPosition = (at: VaultAddresses, payer: PublicKey): TransactionInstruction =>
  instruction(
    at.programId,
    "openPosition",
    [
      payerOf(payer),
      writable(at.vault.address),
      readonly(at.counterparty.address),
      writable(at.positionTokens.address),
      readonly(at.positionMint.address),
      systemProgram,
      tokenProgram
    ],
    u8(at.positionTokens.bump)
  )

export const setDelegate = (at: VaultAddresses, delegate: PublicKey): TransactionInstruction =>
  instruction(
    at.programId,
    "setDelegate",
    [signer(at.trader), writable(at.vault.address)],
    delegate.toBytes()
  )

interface TransferOf {
  readonly payer: PublicKey
  /** The trader's own USDT account. */
  readonly outside: PublicKey
  /** 32 bytes: `chainId` of the transfer's id. */
  readonly id: Uint8Array
  readonly amountMicros: bigint
}

const transferOf = (
  at: VaultAddresses,
  name: "deposit" | "withdraw",
  { amountMicros, id, outside, payer }: TransferOf
): TransactionInstruction => {
  const kind = name === "deposit" ? "deposit" : "withdrawal"
  const receipt = receiptAddress(at.programId, at.vault.address, kind, id)
  return instruction(
    at.programId,
    name,
    [
      payerOf(payer),
      signer(at.trader),
      writable(at.vault.address),
      writable(at.vaultTokens.address),
      writable(outside),
      writable(receipt.address),
      systemProgram,
      tokenProgram
    ],
    u8(receipt.bump),
    id,
    i64(amountMicros)
  )
}

export const deposit = (at: VaultAddresses, transfer: TransferOf): TransactionInstruction =>
  transferOf(at, "deposit", transfer)

export const withdraw = (at: VaultAddresses, transfer: TransferOf): TransactionInstruction =>
  transferOf(at, "withdraw", transfer)

export const freeze = (
  at: VaultAddresses,
  guardian: PublicKey,
  untilMs: number
): TransactionInstruction =>
  instruction(
    at.programId,
    "freeze",
    [signer(guardian), readonly(at.config.address), writable(at.vault.address)],
    u64(untilMs)
  )

export const thaw = (at: VaultAddresses, guardian: PublicKey): TransactionInstruction =>
  instruction(at.programId, "thaw", [
    signer(guardian),
    readonly(at.config.address),
    writable(at.vault.address)
  ])

/** `headHash`: 32 bytes. */
export const anchor = (
  at: VaultAddresses,
  delegate: PublicKey,
  seq: number,
  headHash: Uint8Array
): TransactionInstruction =>
  instruction(
    at.programId,
    "anchor",
    [signer(delegate), writable(at.vault.address)],
    u64(seq),
    headHash
  )

/** `id`: `chainId` of the request's key. `code`: 0 applied, 1 repeated, else the error's. */
export const note = (
  at: VaultAddresses,
  by: { readonly payer: PublicKey; readonly delegate: PublicKey },
  id: Uint8Array,
  code: number
): TransactionInstruction => {
  const receipt = receiptAddress(at.programId, at.vault.address, "note", id)
  return instruction(
    at.programId,
    "note",
    [
      payerOf(by.payer),
      signer(by.delegate),
      writable(at.vault.address),
      writable(receipt.address),
      systemProgram
    ],
    u8(receipt.bump),
    id,
    u32(code)
  )
}

export const absorb = (at: VaultAddresses): TransactionInstruction =>
  instruction(at.programId, "absorb", [
    signer(at.trader),
    writable(at.vault.address),
    readonly(at.vaultTokens.address)
  ])
