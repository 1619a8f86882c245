/**
 * How an instruction ends: applied with a change, repeated, or refused with a code and one
 * sentence.
 */
import { type Instruction, type Outcome, type RejectionCode, rejected } from "./instruction.ts"
import type { TradeAccount, VaultState } from "./vaultState.ts"

export type Step = readonly [VaultState, Outcome]
export type Of<T extends Instruction["_tag"]> = Extract<Instruction, { readonly _tag: T }>

export const refuse = (state: VaultState, code: RejectionCode, text: string): Step => [
  state,
  rejected(code, text)
]

export const applied = (
  state: VaultState,
  movedMicros: bigint,
  change: Partial<VaultState>,
  trade?: TradeAccount
): Step => [
  {
    ...state,
    ...change,
    ...(trade !== undefined && { trades: new Map(state.trades).set(trade.tradeId, trade) })
  },
  { _tag: "Applied", movedMicros }
]

export const repeated = (state: VaultState): Step => [state, { _tag: "Repeated" }]

export const isFrozen = (state: VaultState, nowMs: number): boolean => nowMs < state.frozenUntilMs

export const frozen = (state: VaultState): Step =>
  refuse(state, "Frozen", `the vault is frozen until ${state.frozenUntilMs}`)

export const withTrade = (
  state: VaultState,
  instruction: { readonly tradeId: string },
  then: (trade: TradeAccount) => Step
): Step => {
  const trade = state.trades.get(instruction.tradeId)
  return trade === undefined
    ? refuse(state, "UnknownTrade", `order id ${instruction.tradeId} never reserved`)
    : then(trade)
}

export const insufficient = (state: VaultState, amountMicros: bigint): Step =>
  refuse(
    state,
    "InsufficientFree",
    `${amountMicros} micro-USDT exceed the free ${state.freeMicros}`
  )

/**
 * Undefined where `n` is the next number; a repeat is a no-op, but not with another amount at the
 * last number.
 */
export const checkNumber = (
  state: VaultState,
  what: string,
  n: number,
  last: number,
  amount: bigint,
  lastAmount: bigint
): Step | undefined => {
  if (n === last + 1) return undefined
  if (n > last || n < 1) {
    return refuse(state, "NumberOutOfOrder", `${what} ${n} came after ${what} ${last}`)
  }
  return n === last && amount !== lastAmount
    ? refuse(state, "RepeatDiffers", `${what} ${n} was of ${lastAmount}, not ${amount} micro-USDT`)
    : repeated(state)
}

export const decreased = (state: VaultState, cumulative: bigint, before: bigint): Step =>
  refuse(state, "CumulativeDecreased", `cumulative ${cumulative} is below ${before} micro-USDT`)
