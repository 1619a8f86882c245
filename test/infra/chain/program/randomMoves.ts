/**
 * Random instructions for the vault, as the reference model knows them and as the program takes
 * them.
 */
import type { TransactionInstruction } from "@solana/web3.js"
import { uniformAt } from "../../../../src/domain/chance.ts"
import type { Instruction } from "../../../../src/domain/vault/instruction.ts"
import type { VaultState } from "../../../../src/domain/vault/vaultState.ts"
import { chainId } from "../../../../src/infra/chain/program/addresses.ts"
import * as chain from "../../../../src/infra/chain/program/instructions.ts"
import * as trades from "../../../../src/infra/chain/program/tradeInstructions.ts"
import type { VaultWorld } from "./vaultWorld.ts"

export interface Move {
  readonly what: number
  readonly slot: number
  readonly amount: number
  readonly n: number
  readonly flag: boolean
  readonly passSeconds: number
  /** Above 17, one in ten: the signers or accounts are tampered with. */
  readonly tamper: number
  readonly which: number
}

/** The move at a step of a run: uniform, and a function of the two. */
export const moveAt = (seed: number, step: number): Move => {
  const upTo = (maximum: number, draw: number): number =>
    Math.floor(uniformAt(seed, step, draw) * (maximum + 1))
  return {
    what: upTo(31, 0),
    slot: upTo(2, 1),
    amount: upTo(450, 2),
    n: upTo(7, 3),
    flag: upTo(1, 4) === 1,
    passSeconds: upTo(1, 5) === 0 ? 0 : upTo(12, 6),
    tamper: upTo(19, 7),
    which: upTo(11, 8)
  }
}

/**
 * Which trade each of three places is at: a new one after the last was closed or canceled, mostly.
 */
export class TradeSlots {
  private readonly generations = [0, 0, 0]

  idFor({ flag, slot, what }: Move, state: VaultState): string {
    const isReserve = what >= 11 && what <= 13
    const trade = state.trades.get(this.idOf(slot))
    if (isReserve && flag && trade !== undefined && (trade.closed || trade.canceled)) {
      this.generations[slot]! += 1
    }
    return this.idOf(slot)
  }

  private idOf(slot: number): string {
    return `trade ${slot}.${this.generations[slot]}`
  }
}

/** Numbers are mostly the next ones, so that sequences get far; some are repeats or gaps. */
export const instructionOf = (
  move: Move,
  tradeId: string,
  state: VaultState,
  nowMs: number,
  step: number
): Instruction => {
  const { amount, flag, n } = move
  const trade = state.trades.get(tradeId)
  // Mostly there is a trade to talk about.
  const what = trade === undefined && flag && move.what > 7 ? 11 : move.what
  const micros = BigInt(amount)
  const next = (last: number | undefined): number => (n > 2 ? (last ?? 0) + 1 : n)
  switch (what) {
    case 0:
    case 1: {
      if (n < 2) return { _tag: "Deposit", depositId: `d${n}`, amountMicros: flag ? 100n : micros }
      return { _tag: "Deposit", depositId: `d${step}`, amountMicros: micros * 3n }
    }
    case 2: {
      const withdrawalId = n > 1 ? `w${step}` : `w${n}`
      return { _tag: "Withdraw", withdrawalId, amountMicros: flag ? micros : 10n }
    }
    case 3:
      return n < 3 ? { _tag: "Cancel", tradeId } : { _tag: "Overdue", tradeId }
    case 4:
      return flag
        ? { _tag: "Freeze", untilMs: Math.max(0, nowMs + (n - 1) * 10_000) }
        : { _tag: "Thaw" }
    case 5:
      return { _tag: "Thaw" }
    case 6:
      return {
        _tag: "Anchor",
        seq: Math.floor(amount / 60) + Math.floor(step / 10),
        headHash: Buffer.from(chainId(`head ${flag}`)).toString("hex")
      }
    case 7:
      return { _tag: "Overdue", tradeId }
    case 8:
      return { _tag: "WriteOff", tradeId }
    case 9:
    case 10: {
      const isRepeat = n > 0 && n < 3 && flag && trade !== undefined
      return {
        _tag: "Adjust",
        tradeId,
        n: isRepeat ? trade.adjustN : next(trade?.adjustN),
        amountMicros: isRepeat ? trade.lastAdjustMicros : (flag ? micros : -micros) / 20n
      }
    }
    case 11:
    case 12:
    case 13:
      return {
        _tag: "Reserve",
        tradeId,
        maxAmountMicros:
          trade !== undefined && n < 3 ? trade.maxAmountMicros : n === 7 ? micros * 2n : micros,
        expiryMs: trade !== undefined && n < 3 ? trade.expiryMs : nowMs + n * 55_000
      }
    case 14:
    case 15:
    case 16: {
      const isRepeat = n > 0 && n < 3 && flag && trade !== undefined
      const before = trade?.proceedsMicros ?? 0n
      return {
        _tag: "Close",
        tradeId,
        n: isRepeat ? trade.closeN : next(trade?.closeN),
        cumulativeProceedsMicros: isRepeat ? before : n > 3 ? before + micros / 2n : micros,
        final: isRepeat ? trade.closed : flag && n > 3
      }
    }
    default: {
      const isRepeat = n > 0 && n < 3 && flag && trade !== undefined
      const before = trade?.settledMicros ?? 0n
      return {
        _tag: "Settle",
        tradeId,
        n: isRepeat ? trade.settleN : next(trade?.settleN),
        cumulativeMicros: isRepeat ? before : n > 3 ? before + micros / 5n : micros
      }
    }
  }
}

/** The program's instruction, signed by whom it takes. */
export const programInstruction = (
  world: VaultWorld,
  instruction: Instruction
): TransactionInstruction => {
  const { at, by, guardian, payer, traderUsdt: outside } = world
  switch (instruction._tag) {
    case "Deposit": {
      const { amountMicros, depositId } = instruction
      return chain.deposit(at, { payer, outside, id: chainId(depositId), amountMicros })
    }
    case "Withdraw": {
      const { amountMicros, withdrawalId } = instruction
      return chain.withdraw(at, { payer, outside, id: chainId(withdrawalId), amountMicros })
    }
    case "Reserve": {
      const { expiryMs, maxAmountMicros, tradeId } = instruction
      return trades.reserve(at, by, chainId(tradeId), maxAmountMicros, expiryMs)
    }
    case "Settle": {
      const { cumulativeMicros, n, tradeId } = instruction
      return trades.settle(at, by, chainId(tradeId), n, cumulativeMicros)
    }
    case "Cancel":
      return trades.cancel(at, by, chainId(instruction.tradeId))
    case "Close": {
      const { n, tradeId } = instruction
      return trades.close(at, by, chainId(tradeId), n, instruction)
    }
    case "Adjust": {
      const { amountMicros, n, tradeId } = instruction
      return trades.adjust(at, by, chainId(tradeId), n, amountMicros)
    }
    case "Freeze":
      return chain.freeze(at, guardian, instruction.untilMs)
    case "Thaw":
      return chain.thaw(at, guardian)
    case "Anchor": {
      const { headHash, seq } = instruction
      return chain.anchor(at, world.delegate, seq, Buffer.from(headHash, "hex"))
    }
    case "Overdue":
      return trades.overdue(at, chainId(instruction.tradeId))
    case "WriteOff":
      return trades.writeOff(at, chainId(instruction.tradeId), world.traderClaims)
  }
}
