/**
 * Builds the instructions on one trade: reserve, settle, cancel, close, adjust, overdue, write-off.
 */
import type { PublicKey, TransactionInstruction } from "@solana/web3.js"
import { tradeAddress, type VaultAddresses } from "./addresses.ts"
import {
  instruction,
  payerOf,
  readonly,
  signer,
  systemProgram,
  tokenProgram,
  writable
} from "./instructions.ts"
import { i64, u8, u32, u64 } from "./layout.ts"

/** Who signs for a trade; the authority is the counterparty's. */
export interface TradeSigners {
  readonly payer: PublicKey
  readonly delegate: PublicKey
  readonly riskGate: PublicKey
  readonly authority: PublicKey
}

const tradeOf = (at: VaultAddresses, orderId: Uint8Array) =>
  tradeAddress(at.programId, at.vault.address, orderId)

export const reserve = (
  at: VaultAddresses,
  by: TradeSigners,
  orderId: Uint8Array,
  maxAmountMicros: bigint,
  expiryMs: number
): TransactionInstruction => {
  const trade = tradeOf(at, orderId)
  return instruction(
    at.programId,
    "reserve",
    [
      payerOf(by.payer),
      signer(by.delegate),
      signer(by.riskGate),
      readonly(at.config.address),
      writable(at.vault.address),
      readonly(at.counterparty.address),
      readonly(at.positionTokens.address),
      writable(trade.address),
      systemProgram
    ],
    u8(trade.bump),
    orderId,
    i64(maxAmountMicros),
    u64(expiryMs)
  )
}

export const settle = (
  at: VaultAddresses,
  by: TradeSigners,
  orderId: Uint8Array,
  n: number,
  cumulativeMicros: bigint
): TransactionInstruction =>
  instruction(
    at.programId,
    "settle",
    [
      signer(by.delegate),
      signer(by.riskGate),
      readonly(at.config.address),
      writable(at.vault.address),
      writable(at.counterparty.address),
      writable(tradeOf(at, orderId).address),
      writable(at.vaultTokens.address),
      writable(at.settlement),
      writable(at.positionMint.address),
      writable(at.positionTokens.address),
      tokenProgram
    ],
    u32(n),
    i64(cumulativeMicros)
  )

export const cancel = (
  at: VaultAddresses,
  by: TradeSigners,
  orderId: Uint8Array
): TransactionInstruction =>
  instruction(at.programId, "cancel", [
    signer(by.delegate),
    writable(at.vault.address),
    writable(tradeOf(at, orderId).address)
  ])

export const close = (
  at: VaultAddresses,
  by: TradeSigners,
  orderId: Uint8Array,
  n: number,
  closing: { readonly cumulativeProceedsMicros: bigint; readonly final: boolean }
): TransactionInstruction =>
  instruction(
    at.programId,
    "close",
    [
      signer(by.delegate),
      signer(by.riskGate),
      signer(by.authority),
      readonly(at.config.address),
      writable(at.vault.address),
      writable(at.counterparty.address),
      writable(tradeOf(at, orderId).address),
      writable(at.vaultTokens.address),
      writable(at.settlement),
      writable(at.positionMint.address),
      writable(at.positionTokens.address),
      tokenProgram
    ],
    u32(n),
    i64(closing.cumulativeProceedsMicros),
    u8(closing.final ? 1 : 0)
  )

/** Negative takes from the vault: then the counterparty need not sign. */
export const adjust = (
  at: VaultAddresses,
  by: TradeSigners,
  orderId: Uint8Array,
  n: number,
  amountMicros: bigint
): TransactionInstruction =>
  instruction(
    at.programId,
    "adjust",
    [
      signer(by.delegate),
      signer(by.riskGate),
      amountMicros > 0n ? signer(by.authority) : readonly(by.authority),
      readonly(at.config.address),
      writable(at.vault.address),
      writable(at.counterparty.address),
      writable(tradeOf(at, orderId).address),
      writable(at.vaultTokens.address),
      writable(at.settlement),
      tokenProgram
    ],
    u32(n),
    i64(amountMicros)
  )

export const overdue = (at: VaultAddresses, orderId: Uint8Array): TransactionInstruction =>
  instruction(at.programId, "overdue", [
    writable(at.vault.address),
    writable(tradeOf(at, orderId).address)
  ])

/** `destination`: the trader's own account of position tokens. */
export const writeOff = (
  at: VaultAddresses,
  orderId: Uint8Array,
  destination: PublicKey
): TransactionInstruction =>
  instruction(at.programId, "writeOff", [
    signer(at.trader),
    writable(at.vault.address),
    writable(at.counterparty.address),
    writable(tradeOf(at, orderId).address),
    writable(at.positionTokens.address),
    writable(destination),
    tokenProgram
  ])
