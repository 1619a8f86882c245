/** What the chain itself keeps of an instruction that was applied: enough to answer for it when our own log is gone. */
import type { PublicKey } from "@solana/web3.js"
import type { Instruction } from "../../../domain/vault/instruction.ts"
import { decodeReceipt, decodeTrade, type EntryRecord } from "../program/accounts.ts"
import { receiptAddress, tradeAddress } from "../program/addresses.ts"
import { idOnChain, type VaultParties } from "./vaultParties.ts"

/** The account that tells of it; undefined where none does. */
export const entryAddress = (
  parties: VaultParties,
  instruction: Instruction
): PublicKey | undefined => {
  const { programId, vault } = parties.at
  const receipt = (kind: "deposit" | "withdrawal", id: string) =>
    receiptAddress(programId, vault.address, kind, idOnChain(parties, id)).address
  switch (instruction._tag) {
    case "Deposit":
      return receipt("deposit", instruction.depositId)
    case "Withdraw":
      return receipt("withdrawal", instruction.withdrawalId)
    case "Freeze":
    case "Thaw":
    case "Anchor":
      return undefined
    default:
      return tradeAddress(programId, vault.address, idOnChain(parties, instruction.tradeId)).address
  }
}

/** The entry of that very instruction: of its kind, its number and its amount. */
export const entryOf = (data: Uint8Array, instruction: Instruction): EntryRecord | undefined => {
  if (instruction._tag === "Deposit" || instruction._tag === "Withdraw") {
    return decodeReceipt(data)
  }
  if (!("tradeId" in instruction)) return undefined
  const { account, entries } = decodeTrade(data, instruction.tradeId)
  switch (instruction._tag) {
    case "Reserve":
      return account.maxAmountMicros === instruction.maxAmountMicros ? entries.reserve : undefined
    case "Settle":
      return account.settleN === instruction.n ? entries.settle : undefined
    case "Cancel":
      return entries.cancel
    case "Close":
      return account.closeN === instruction.n ? entries.close : undefined
    case "Adjust":
      return account.adjustN === instruction.n ? entries.adjust : undefined
    case "Overdue":
      return entries.overdue
    case "WriteOff":
      return account.writtenOff ? entries.close : undefined
  }
}
