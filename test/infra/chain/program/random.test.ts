import { assert, describe, it } from "@effect/vitest"
import type { PublicKey, TransactionInstruction } from "@solana/web3.js"
import { Schema } from "effect"
import type { Instruction, Outcome } from "../../../../src/domain/vault/instruction.ts"
import { applyInstruction } from "../../../../src/domain/vault/vault.ts"
import {
  balancesOf,
  emptyVault,
  principalMicros,
  type VaultState
} from "../../../../src/domain/vault/vaultState.ts"
import { programFaults, programRefusals } from "../../../../src/infra/chain/program/errors.ts"
import { setCounterparty } from "../../../../src/infra/chain/program/instructions.ts"
import { instructionOf, type Move, moveAt, programInstruction, TradeSlots } from "./randomMoves.ts"
import { limits, VaultWorld, wallet } from "./vaultWorld.ts"

const fixedWalks = 12
const freeWalks = 8
const stepsPerWalk = 1_000

/**
 * The desk, the model beside it, and the counterparty's standing, which the model does not know.
 */
class Walk {
  readonly world = new VaultWorld().setUp()
  readonly seen: Map<string, number>
  readonly seed: number
  private readonly slots = new TradeSlots()
  private state: VaultState = emptyVault
  private nowMs = 0
  private step = 0
  private entries = 0
  private disabled = false
  private activeFromMs = 0

  constructor(seed: number, seen: Map<string, number>) {
    this.seed = seed
    this.seen = seen
  }

  take(move: Move): void {
    this.step += 1
    this.nowMs += move.passSeconds * 1_000
    if (move.passSeconds > 0) this.world.setTime(this.nowMs)
    if (move.what === 31) {
      this.setCounterparty(move)
      return
    }
    const tradeId = this.slots.idFor(move, this.state)
    const instruction = instructionOf(move, tradeId, this.state, this.nowMs, this.step)
    const built = programInstruction(this.world, instruction)
    if (move.tamper > 17) {
      this.tamper(move, built)
      return
    }
    const [next, modelled] = applyInstruction(this.state, instruction, this.nowMs, limits)
    const expected = this.withCounterparty(instruction, modelled)
    const { error, event } = this.world.run(built)
    const asked = JSON.stringify(instruction, bigintText)
    const what = `seed ${this.seed}, step ${this.step}, ${asked} at ${this.nowMs}`
    this.count(
      `${instruction._tag} ${expected._tag === "Rejected" ? expected.code : expected._tag}`
    )
    if (expected._tag === "Rejected") {
      assert.strictEqual(error, expected.code, what)
      return
    }
    assert.strictEqual(error, undefined, what)
    if (expected._tag === "Applied") this.state = next
    assert.deepStrictEqual(
      [event!.repeated, event!.movedMicros, event!.freeMicros, event!.reservedMicros],
      [
        expected._tag === "Repeated",
        expected._tag === "Applied" ? expected.movedMicros : 0n,
        this.state.freeMicros,
        this.state.reservedMicros
      ],
      what
    )
    assert.strictEqual(event!.settlingMicros, balancesOf(this.state).settlingMicros, what)
    const isEntry = !["Freeze", "Thaw", "Anchor"].includes(instruction._tag)
    if (expected._tag === "Applied" && isEntry) {
      this.entries += 1
      assert.strictEqual(event!.number, this.entries, what)
    }
  }

  /** The chain's accounts against the model, field by field. */
  compare(): void {
    this.world.check()
    const vault = this.world.vault()
    const { anchor, counterpartyMicros, depositedMicros, withdrawnMicros } = this.state
    assert.deepStrictEqual(
      [vault.counterpartyMicros, vault.depositedMicros, vault.withdrawnMicros, vault.entries],
      [counterpartyMicros, depositedMicros, withdrawnMicros, this.entries]
    )
    assert.deepStrictEqual(
      [vault.frozenSinceMs, vault.frozenUntilMs, vault.anchor?.seq, vault.anchor?.headHash],
      [this.state.frozenSinceMs, this.state.frozenUntilMs, anchor?.seq, anchor?.headHash]
    )
    let claimed = 0n
    for (const [tradeId, account] of this.state.trades) {
      assert.deepStrictEqual(this.world.trade(tradeId)?.account, account)
      if (account.writtenOff) claimed += principalMicros({ ...account, closed: false })
    }
    assert.strictEqual(this.world.held(this.world.traderClaims), claimed)
    const counterparty = this.world.counterparty()
    assert.strictEqual(counterparty.netMicros, counterpartyMicros)
    assert.strictEqual(counterparty.outstandingMicros, vault.settlingMicros + claimed)
    assert.strictEqual(
      this.world.held(this.world.settlement) + this.world.held(this.world.traderUsdt),
      2_000_000n - vault.freeMicros - vault.reservedMicros,
      "USDT is nowhere else"
    )
  }

  private setCounterparty({ n }: Move): void {
    const { admin, at } = this.world
    const flag = n === 0
    if (flag === this.disabled) return
    if (this.disabled && !flag) this.activeFromMs = this.nowMs + limits.timelockMs
    this.disabled = flag
    assert.strictEqual(this.world.run(setCounterparty(at, admin, flag)).error, undefined)
  }

  private withCounterparty(instruction: Instruction, outcome: Outcome): Outcome | Inactive {
    if (!this.disabled && this.nowMs >= this.activeFromMs) return outcome
    const code = outcome._tag === "Rejected" ? outcome.code : outcome._tag
    const isInactive =
      instruction._tag === "Reserve"
        ? !["Repeated", "OrderIdReused", "AmountOutOfRange"].includes(code)
        : instruction._tag === "Settle" && code === "Applied"
    return isInactive ? { _tag: "Rejected", code: "CounterpartyNotActive" } : outcome
  }

  /**
   * A signature missing, a stranger in a signer's place, or two accounts exchanged: always refused,
   * by name.
   */
  private tamper({ flag, which }: Move, built: TransactionInstruction): void {
    const { world } = this
    const signers = built.keys.filter(({ isSigner, pubkey }) => isSigner && pubkey !== world.payer)
    const key = signers[which % Math.max(signers.length, 1)]
    let expected: string | undefined
    if (key !== undefined && flag) {
      key.isSigner = false
      expected = "NotSigner"
    } else if (key !== undefined && which < 6) {
      expected = wrongName(world, key.pubkey)
      key.pubkey = wallet("stranger")
    } else {
      const first = which % built.keys.length
      const second = (first + 1 + (which % (built.keys.length - 1))) % built.keys.length
      const [one, other] = [built.keys[first]!, built.keys[second]!]
      ;[one.pubkey, other.pubkey] = [other.pubkey, one.pubkey]
    }
    const { error } = world.run(built)
    this.count(`tampered ${error}`)
    if (expected !== undefined) assert.strictEqual(error, expected)
    assert.include([...programFaults, ...programRefusals], error, "refused by name")
  }

  private count(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1)
  }
}

interface Inactive {
  readonly _tag: "Rejected"
  readonly code: "CounterpartyNotActive"
}

const wrongName = (world: VaultWorld, key: PublicKey): string => {
  if (key === world.delegate) return "WrongDelegate"
  if (key === world.riskGate) return "WrongRiskGate"
  if (key === world.guardian) return "WrongGuardian"
  return key === world.trader ? "WrongTrader" : "WrongAuthority"
}

const bigintText = (_: string, value: unknown) =>
  typeof value === "bigint" ? String(value) : value

/** Without these a walk of the same length would prove less than it says. */
const reachable: ReadonlyArray<string> = [
  "Adjust AdjustBoundExceeded",
  "Adjust Applied",
  "Adjust Repeated",
  "Anchor Applied",
  "Anchor RepeatDiffers",
  "Cancel Applied",
  "Cancel Repeated",
  "Close Applied",
  "Close CumulativeDecreased",
  "Close NothingSettled",
  "Close Repeated",
  "Close TradeClosed",
  "Deposit Applied",
  "Deposit Repeated",
  "Freeze Applied",
  "Freeze FreezePause",
  "Overdue Applied",
  "Overdue Repeated",
  "Reserve AggregateCapExceeded",
  "Reserve Applied",
  "Reserve CounterpartyNotActive",
  "Reserve Frozen",
  "Reserve InsufficientFree",
  "Reserve OrderIdReused",
  "Reserve TradeCapExceeded",
  "Reserve TradeOverdue",
  "Settle Applied",
  "Settle CounterpartyNotActive",
  "Settle CumulativeDecreased",
  "Settle Frozen",
  "Settle OverReservation",
  "Settle RepeatDiffers",
  "Settle Repeated",
  "Settle ReservationCanceled",
  "Settle ReservationExpired",
  "Settle TradeClosed",
  "Thaw Applied",
  "Withdraw Applied",
  "Withdraw InsufficientFree",
  "WriteOff Applied",
  "WriteOff TradeClosed"
]

const walkFrom = (seed: number, seen: Map<string, number>): void => {
  const walk = new Walk(seed, seen)
  for (let step = 1; step <= stepsPerWalk; step++) {
    walk.take(moveAt(seed, step))
    if (step % 50 === 0) walk.compare()
  }
}

describe("Vault program, random instructions by random signers", () => {
  it(`ends as the reference model after each of ${fixedWalks * stepsPerWalk} steps`, () => {
    const seen = new Map<string, number>()
    for (let seed = 1; seed <= fixedWalks; seed++) walkFrom(seed, seen)
    for (const outcome of reachable) assert.isAbove(seen.get(outcome) ?? 0, 0, outcome)
  })

  it.prop(
    `ends as the reference model after each of ${freeWalks * stepsPerWalk} more, to the micro`,
    { seed: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 ** 31 })) },
    ({ seed }) => walkFrom(seed, new Map()),
    { arbitrary: { runs: freeWalks } }
  )
})
