/** What the program's refusals mean to the desk. */
import { Schema } from "effect"
import {
  type Instruction,
  type Outcome,
  RejectionCode,
  rejected
} from "../../../domain/vault/instruction.ts"
import { type ProgramErrorName, programErrorName } from "../program/errors.ts"

/** The token program's: an account holds less than should leave it. */
const tokenInsufficient = 1

const isRejection = Schema.is(RejectionCode)

/**
 * The rejection that a code stands for; undefined for what no correct client causes: a wrong account, a key that was rotated
 * away, a transaction that is none.
 */
export const rejectionOf = (
  code: number | undefined,
  instruction: Instruction
): Extract<Outcome, { readonly _tag: "Rejected" }> | undefined => {
  if (code === undefined) return undefined
  if (code === tokenInsufficient) {
    const whose = instruction._tag === "Deposit" ? "the trader's own" : "the paying"
    return told("InsufficientFree", `${asked(instruction)}: ${whose} account holds less`)
  }
  const name = programErrorName(code)
  return isRejection(name) ? told(name, `${asked(instruction)}: ${wordsOf(name)}`) : undefined
}

/** For messages: the error's name where it has one. */
export const refusalName = (code: number | undefined, text: string): string =>
  (code === undefined ? undefined : programErrorName(code)) ?? text

const told = (code: RejectionCode, text: string) =>
  rejected(code, text) as Extract<Outcome, { readonly _tag: "Rejected" }>

const asked = (instruction: Instruction): string => {
  switch (instruction._tag) {
    case "Deposit":
      return `deposit ${instruction.depositId} of ${instruction.amountMicros} micro-USDT`
    case "Withdraw":
      return `withdrawal ${instruction.withdrawalId} of ${instruction.amountMicros} micro-USDT`
    case "Reserve":
      return `reservation of ${instruction.maxAmountMicros} micro-USDT for ${instruction.tradeId}`
    case "Settle":
      return `settle ${instruction.n} of ${instruction.tradeId} to ${instruction.cumulativeMicros} micro-USDT`
    case "Cancel":
      return `cancel of ${instruction.tradeId}`
    case "Close":
      return `close ${instruction.n} of ${instruction.tradeId} to ${instruction.cumulativeProceedsMicros} micro-USDT`
    case "Adjust":
      return `adjust ${instruction.n} of ${instruction.tradeId} by ${instruction.amountMicros} micro-USDT`
    case "Freeze":
      return `freeze until ${instruction.untilMs}`
    case "Thaw":
      return "thaw"
    case "Overdue":
      return `marking ${instruction.tradeId} overdue`
    case "WriteOff":
      return `writing ${instruction.tradeId} off`
    case "Anchor":
      return `anchor of record ${instruction.seq}`
  }
}

/** "AdjustBoundExceeded" as "adjust bound exceeded". */
const wordsOf = (name: ProgramErrorName): string =>
  name
    .replaceAll(/(?<=.)[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/^./, (first) => first.toLowerCase())
