/** The desk's instructions as transactions: what each one asks of the program, and who must sign it. */
import type { TransactionInstruction } from "@solana/web3.js"
import type { Instruction } from "../../../domain/vault/instruction.ts"
import type { ProgramLimits } from "../program/accounts.ts"
import * as Program from "../program/instructions.ts"
import * as TradeProgram from "../program/tradeInstructions.ts"
import { ownTokenAccount } from "../tokenAccounts.ts"
import type { Draft } from "../transaction.ts"
import { idOnChain, type VaultParties } from "./vaultParties.ts"

/** What the program's entry of an instruction is told by; an unnumbered one needs a note beside it. */
export interface VaultDraft extends Draft {
  readonly tag: number
  readonly numbered: boolean
}

export const draftOf = (
  parties: VaultParties,
  instruction: Instruction,
  key: string
): VaultDraft => {
  const { at, mark, outside, signers } = parties
  const { admin: _, authority, delegate, gate, guardian, payer, trader } = signers
  const by = {
    payer: payer.publicKey,
    delegate: delegate.publicKey,
    riskGate: gate.publicKey,
    authority: authority.publicKey
  }
  const one = (
    name: Program.InstructionName,
    built: TransactionInstruction,
    ...others: ReadonlyArray<Draft["signers"][0]>
  ): VaultDraft => ({
    tag: Program.instructionTags[name],
    numbered: true,
    instructions: [built],
    signers: [payer, ...others]
  })
  const noted = (draft: VaultDraft): VaultDraft => ({
    ...draft,
    numbered: false,
    instructions: [...draft.instructions, noteOf(parties, key, 0)],
    signers: [...new Set([...draft.signers, delegate])] as unknown as VaultDraft["signers"]
  })
  const orderId = (tradeId: string) => idOnChain(parties, tradeId)
  switch (instruction._tag) {
    case "Deposit":
    case "Withdraw": {
      const { amountMicros } = instruction
      const isDeposit = instruction._tag === "Deposit"
      const text = isDeposit ? instruction.depositId : instruction.withdrawalId
      const transfer = { payer: by.payer, outside, id: idOnChain(parties, text), amountMicros }
      return isDeposit
        ? one("deposit", Program.deposit(at, transfer), trader)
        : one("withdraw", Program.withdraw(at, transfer), trader)
    }
    case "Reserve": {
      const { expiryMs, maxAmountMicros, tradeId } = instruction
      const built = TradeProgram.reserve(at, by, orderId(tradeId), maxAmountMicros, expiryMs)
      return one("reserve", built, delegate, gate)
    }
    case "Settle": {
      const { cumulativeMicros, n, tradeId } = instruction
      const built = TradeProgram.settle(at, by, orderId(tradeId), n, cumulativeMicros)
      return one("settle", built, delegate, gate)
    }
    case "Cancel":
      return one("cancel", TradeProgram.cancel(at, by, orderId(instruction.tradeId)), delegate)
    case "Close": {
      const { n, tradeId } = instruction
      const built = TradeProgram.close(at, by, orderId(tradeId), n, instruction)
      return one("close", built, delegate, gate, authority)
    }
    case "Adjust": {
      const { amountMicros, n, tradeId } = instruction
      const built = TradeProgram.adjust(at, by, orderId(tradeId), n, amountMicros)
      return amountMicros > 0n
        ? one("adjust", built, delegate, gate, authority)
        : one("adjust", built, delegate, gate)
    }
    case "Overdue":
      return one("overdue", TradeProgram.overdue(at, orderId(instruction.tradeId)))
    case "WriteOff": {
      const claims = ownTokenAccount(trader.publicKey, at.positionMint.address)
      const built = TradeProgram.writeOff(at, orderId(instruction.tradeId), claims.address)
      const draft = one("writeOff", built, trader)
      return { ...draft, instructions: [claims.create(by.payer), built] }
    }
    case "Freeze":
      return noted(
        one("freeze", Program.freeze(at, guardian.publicKey, instruction.untilMs), guardian)
      )
    case "Thaw":
      return noted(one("thaw", Program.thaw(at, guardian.publicKey), guardian))
    case "Anchor": {
      const seq = mark.anchorBase + instruction.seq
      const hash = Buffer.from(instruction.headHash, "hex")
      return noted(one("anchor", Program.anchor(at, by.delegate, seq, hash), delegate))
    }
  }
}

/** Gives a request that changed nothing on chain its number there. `code`: 0 applied, 1 repeated, else the error's. */
export const noteDraft = (parties: VaultParties, key: string, code: number): VaultDraft => ({
  tag: Program.instructionTags.note,
  numbered: true,
  instructions: [noteOf(parties, key, code)],
  signers: [parties.signers.payer, parties.signers.delegate]
})

const noteOf = (parties: VaultParties, key: string, code: number): TransactionInstruction => {
  const { at, signers } = parties
  const by = { payer: signers.payer.publicKey, delegate: signers.delegate.publicKey }
  return Program.note(at, by, idOnChain(parties, key), code)
}

/** Sets a new vault up, in order: each draft is one transaction. */
export const setupDrafts = (
  { at, signers }: VaultParties,
  limits: ProgramLimits
): ReadonlyArray<Draft> => {
  const { admin, authority, delegate, gate, guardian, payer, trader } = signers
  const config = {
    payer: payer.publicKey,
    riskGate: gate.publicKey,
    guardian: guardian.publicKey,
    limits
  }
  const counterparty = {
    payer: payer.publicKey,
    admin: admin.publicKey,
    authority: authority.publicKey
  }
  const vault = { payer: payer.publicKey, delegate: delegate.publicKey }
  return [
    { instructions: [Program.initializeConfig(at, config)], signers: [payer, admin] },
    {
      instructions: [Program.registerCounterparty(at, counterparty)],
      signers: [payer, admin, authority]
    },
    { instructions: [Program.initializeVault(at, vault)], signers: [payer, trader] },
    { instructions: [Program.openPosition(at, payer.publicKey)], signers: [payer] }
  ]
}
