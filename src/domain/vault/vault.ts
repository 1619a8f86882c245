/**
 * The vault's economics as a state machine: what the on-chain program allows, and nothing else.
 *
 * USDT leaves the vault by settle (against position tokens, within the reservation), by withdraw
 * (free money, to the trader) and, within a small bound per trade, by a negative adjust.
 */
import { type Instruction, type Outcome, rejected } from "./instruction.ts"
import { overdue, writeOff } from "./overdueTrades.ts"
import {
  applied,
  frozen,
  insufficient,
  isFrozen,
  type Of,
  refuse,
  repeated,
  type Step,
  withTrade
} from "./step.ts"
import { adjust, cancel, close, reserve, settle } from "./tradeInstructions.ts"
import { amountMicrosMax, type VaultLimits, type VaultState } from "./vaultState.ts"

/**
 * Executes one instruction at `nowMs` (epoch ms). A repeat of what happened changes nothing and is
 * `Repeated`; what is not allowed changes nothing and is `Rejected` with a code and one sentence.
 */
export const applyInstruction = (
  state: VaultState,
  instruction: Instruction,
  nowMs: number,
  limits: VaultLimits
): readonly [VaultState, Outcome] => {
  const amountFault = checkAmount(instruction)
  if (amountFault !== undefined) return [state, amountFault]
  switch (instruction._tag) {
    case "Deposit":
    case "Withdraw":
      return transfer(state, instruction, nowMs)
    case "Reserve":
      return reserve(state, instruction, nowMs, limits)
    case "Settle":
      return withTrade(state, instruction, (trade) => settle(state, trade, instruction, nowMs))
    case "Cancel":
      return withTrade(state, instruction, (trade) => cancel(state, trade))
    case "Close":
      return withTrade(state, instruction, (trade) => close(state, trade, instruction))
    case "Adjust":
      return withTrade(state, instruction, (trade) =>
        adjust(state, trade, instruction, nowMs, limits)
      )
    case "Overdue":
      return withTrade(state, instruction, (trade) => overdue(state, trade, nowMs))
    case "WriteOff":
      return withTrade(state, instruction, (trade) => writeOff(state, trade, nowMs))
    case "Freeze":
      return freeze(state, instruction, nowMs, limits)
    case "Thaw":
      return isFrozen(state, nowMs) ? applied(state, 0n, { frozenUntilMs: nowMs }) : repeated(state)
    case "Anchor":
      return anchor(state, instruction)
  }
}

/**
 * Bounded from the start of the running freeze; and after its end as long a pause follows as it
 * lasted, so that a stolen guardian key cannot hold a trader's money for ever.
 */
const freeze = (
  state: VaultState,
  { untilMs }: Of<"Freeze">,
  nowMs: number,
  { freezeMsMax }: VaultLimits
): Step => {
  const { frozenSinceMs, frozenUntilMs } = state
  const isRunning = isFrozen(state, nowMs)
  if (isRunning && untilMs === frozenUntilMs) return repeated(state)
  const sinceMs = isRunning ? frozenSinceMs : nowMs
  if (untilMs <= nowMs || untilMs - sinceMs > freezeMsMax) {
    return refuse(
      state,
      "FreezeOutOfRange",
      `a freeze until ${untilMs} at ${nowMs} is not within ${freezeMsMax} ms of its start`
    )
  }
  const lastedMs = frozenUntilMs - frozenSinceMs
  if (!isRunning && lastedMs > 0 && nowMs - frozenUntilMs < lastedMs) {
    return refuse(
      state,
      "FreezePause",
      `no freeze before ${frozenUntilMs + lastedMs} after one of ${lastedMs} ms, it is ${nowMs}`
    )
  }
  return applied(state, 0n, { frozenSinceMs: sinceMs, frozenUntilMs: untilMs })
}

const anchor = (state: VaultState, { seq, headHash }: Of<"Anchor">): Step => {
  const last = state.anchor
  if (last === undefined || seq > last.seq) return applied(state, 0n, { anchor: { seq, headHash } })
  if (seq < last.seq) {
    return refuse(state, "AnchorNotNewer", `record ${seq} comes before the anchored ${last.seq}`)
  }
  return headHash === last.headHash
    ? repeated(state)
    : refuse(state, "RepeatDiffers", `the head at record ${seq} was ${last.headHash}`)
}

const checkAmount = (instruction: Instruction): Outcome | undefined => {
  const [amount, least] = amountOf(instruction)
  if (amount === undefined || (amount >= least && amount <= amountMicrosMax)) return undefined
  return rejected(
    "AmountOutOfRange",
    `amount ${amount} is outside ${least} to ${amountMicrosMax} micro-USDT`
  )
}

const amountOf = (instruction: Instruction): readonly [bigint | undefined, bigint] => {
  switch (instruction._tag) {
    case "Deposit":
    case "Withdraw":
      return [instruction.amountMicros, 1n]
    case "Reserve":
      return [instruction.maxAmountMicros, 1n]
    case "Settle":
      return [instruction.cumulativeMicros, 1n]
    case "Close":
      return [instruction.cumulativeProceedsMicros, 0n]
    case "Adjust":
      return [instruction.amountMicros, -amountMicrosMax]
    default:
      return [undefined, 0n]
  }
}

const transfer = (
  state: VaultState,
  instruction: Of<"Deposit"> | Of<"Withdraw">,
  nowMs: number
): Step => {
  const { amountMicros } = instruction
  const isDeposit = instruction._tag === "Deposit"
  const id = isDeposit
    ? `deposit ${instruction.depositId}`
    : `withdrawal ${instruction.withdrawalId}`
  const before = state.transfers.get(id)
  if (before !== undefined) {
    return before === amountMicros
      ? repeated(state)
      : refuse(state, "RepeatDiffers", `${id} was of ${before} micro-USDT, not ${amountMicros}`)
  }
  const transfers = new Map(state.transfers).set(id, amountMicros)
  if (isDeposit) {
    const depositedMicros = state.depositedMicros + amountMicros
    return depositedMicros > amountMicrosMax
      ? refuse(state, "AmountOutOfRange", `deposits of ${depositedMicros} micro-USDT overflow`)
      : applied(state, amountMicros, {
          transfers,
          depositedMicros,
          freeMicros: state.freeMicros + amountMicros
        })
  }
  if (isFrozen(state, nowMs)) return frozen(state)
  if (amountMicros > state.freeMicros) return insufficient(state, amountMicros)
  return applied(state, amountMicros, {
    transfers,
    withdrawnMicros: state.withdrawnMicros + amountMicros,
    freeMicros: state.freeMicros - amountMicros
  })
}
