import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { Instruction } from "../../../src/domain/vault/instruction.ts"
import { applyInstruction } from "../../../src/domain/vault/vault.ts"
import {
  balancesOf,
  emptyVault,
  principalMicros,
  type VaultLimits,
  type VaultState,
  vaultInvariant
} from "../../../src/domain/vault/vaultState.ts"

const limits: VaultLimits = {
  tradeMicrosMax: 500n,
  outstandingMicrosMax: 900n,
  adjustMicrosMax: 20n,
  reservationMsMax: 1_000,
  freezeMsMax: 100,
  tradeMsMax: 1_000
}

const run = (
  instructions: ReadonlyArray<Instruction>,
  nowMs = 1,
  from: VaultState = emptyVault
): readonly [VaultState, ReadonlyArray<string>] => {
  let state = from
  const outcomes: Array<string> = []
  for (const instruction of instructions) {
    const [next, outcome] = applyInstruction(state, instruction, nowMs, limits)
    state = next
    outcomes.push(outcome._tag === "Rejected" ? outcome.code : outcome._tag)
    vaultInvariant(state)
  }
  return [state, outcomes]
}

const deposit = (amountMicros: bigint, depositId = "d1"): Instruction => ({
  _tag: "Deposit",
  depositId,
  amountMicros
})
const reserve = (tradeId: string, maxAmountMicros: bigint, expiryMs = 500): Instruction => ({
  _tag: "Reserve",
  tradeId,
  maxAmountMicros,
  expiryMs
})
const settle = (tradeId: string, n: number, cumulativeMicros: bigint): Instruction => ({
  _tag: "Settle",
  tradeId,
  n,
  cumulativeMicros
})
const cancel = (tradeId: string): Instruction => ({ _tag: "Cancel", tradeId })
const close = (
  tradeId: string,
  n: number,
  cumulativeProceedsMicros: bigint,
  final: boolean
): Instruction => ({ _tag: "Close", tradeId, n, cumulativeProceedsMicros, final })
const adjust = (tradeId: string, n: number, amountMicros: bigint): Instruction => ({
  _tag: "Adjust",
  tradeId,
  n,
  amountMicros
})

describe("Vault, a trade's life", () => {
  it("returns principal with profit through partial closings and frees the unsettled rest", () => {
    const [state, outcomes] = run([
      deposit(1_000n),
      reserve("A", 400n),
      settle("A", 1, 100n),
      settle("A", 2, 300n),
      cancel("A"),
      close("A", 1, 120n, false)
    ])
    assert.deepStrictEqual(new Set(outcomes), new Set(["Applied"]))
    assert.deepStrictEqual(balancesOf(state), {
      freeMicros: 820n,
      reservedMicros: 0n,
      settlingMicros: 180n
    })
    const [closed] = run([close("A", 2, 350n, true)], 1, state)
    assert.deepStrictEqual(balancesOf(closed), {
      freeMicros: 1_050n,
      reservedMicros: 0n,
      settlingMicros: 0n
    })
    assert.strictEqual(closed.counterpartyMicros, -50n)
  })

  it("burns all position tokens at the last closing of a loss", () => {
    const [state] = run([
      deposit(1_000n),
      reserve("A", 400n),
      settle("A", 1, 400n),
      close("A", 1, 0n, true)
    ])
    assert.deepStrictEqual(balancesOf(state), {
      freeMicros: 600n,
      reservedMicros: 0n,
      settlingMicros: 0n
    })
    assert.strictEqual(state.counterpartyMicros, 400n)
  })

  it("frees an unsettled rest at the last closing even where no cancel came", () => {
    const [state] = run([
      deposit(1_000n),
      reserve("A", 400n),
      settle("A", 1, 100n),
      close("A", 1, 100n, true)
    ])
    assert.deepStrictEqual(balancesOf(state), {
      freeMicros: 1_000n,
      reservedMicros: 0n,
      settlingMicros: 0n
    })
  })
})

const freezeUntil = (untilMs: number): Instruction => ({ _tag: "Freeze", untilMs })
const overdue = (tradeId: string): Instruction => ({ _tag: "Overdue", tradeId })
const writeOff = (tradeId: string): Instruction => ({ _tag: "WriteOff", tradeId })

describe("Vault, freezes", () => {
  it("bounds a freeze from its start, and then pauses as long as it lasted", () => {
    const [first, outcomes] = run([freezeUntil(61)], 1)
    assert.deepStrictEqual(outcomes, ["Applied"])
    assert.deepStrictEqual(run([freezeUntil(61), freezeUntil(101)], 50, first)[1], [
      "Repeated",
      "Applied"
    ])
    assert.deepStrictEqual(run([freezeUntil(102)], 50, first)[1], ["FreezeOutOfRange"])
    assert.deepStrictEqual(run([freezeUntil(150)], 61, first)[1], ["FreezePause"])
    assert.deepStrictEqual(run([freezeUntil(150)], 120, first)[1], ["FreezePause"])
    assert.deepStrictEqual(run([freezeUntil(150)], 121, first)[1], ["Applied"])
  })

  it("counts the pause from a thaw, as long as the freeze then lasted", () => {
    const [thawed, outcomes] = run(
      [{ _tag: "Thaw" }, { _tag: "Thaw" }],
      21,
      run([freezeUntil(61)])[0]
    )
    assert.deepStrictEqual(outcomes, ["Applied", "Repeated"])
    assert.deepStrictEqual(run([freezeUntil(90)], 40, thawed)[1], ["FreezePause"])
    assert.deepStrictEqual(run([freezeUntil(90)], 41, thawed)[1], ["Applied"])
  })
})

describe("Vault, trades that nobody closed", () => {
  const settled = run([deposit(1_000n), reserve("A", 400n), settle("A", 1, 100n)])[0]

  it("frees an expired reservation, marks a due trade, reserves nothing until it closes", () => {
    const [expired] = run([overdue("A")], 500, settled)
    assert.strictEqual(balancesOf(expired).freeMicros, 900n)
    assert.deepStrictEqual(run([overdue("A")], 1_499, expired)[1], ["NotOverdue"])
    const [marked, outcomes] = run([overdue("A"), overdue("A")], 1_500, expired)
    assert.deepStrictEqual(outcomes, ["Applied", "Repeated"])
    assert.deepStrictEqual(run([reserve("B", 1n, 1_600)], 1_500, marked)[1], ["TradeOverdue"])
    const late = [close("A", 1, 100n, true), reserve("B", 1n, 1_600)]
    assert.deepStrictEqual(run(late, 1_500, marked)[1], ["Applied", "Applied"])
  })

  it("hands the claim over only as long after the due time as that came after the expiry", () => {
    const [marked] = run([overdue("A")], 1_500, settled)
    assert.deepStrictEqual(run([writeOff("A")], 2_499, marked)[1], ["NotOverdue"])
    assert.deepStrictEqual(run([writeOff("A")], 2_500, settled)[1], ["NotOverdue"])
    const [off, outcomes] = run(
      [writeOff("A"), writeOff("A"), reserve("B", 1n, 2_600)],
      2_500,
      marked
    )
    assert.deepStrictEqual(outcomes, ["Applied", "Repeated", "Applied"])
    assert.strictEqual(balancesOf(off).settlingMicros, 0n)
    assert.strictEqual(off.counterpartyMicros, 100n)
    assert.deepStrictEqual(run([close("A", 1, 100n, true)], 2_500, off)[1], ["TradeClosed"])
  })
})

describe("Vault, rejections", () => {
  const funded = run([deposit(1_000n)])[0]
  const open = run([reserve("A", 400n), settle("A", 1, 100n)], 1, funded)[0]
  const closed = run([close("A", 1, 90n, true)], 1, open)[0]
  const canceled = run([cancel("A")], 1, open)[0]
  const freeze: Instruction = { _tag: "Freeze", untilMs: 50 }
  const frozen = run([freeze], 1, open)[0]

  const cases: ReadonlyArray<readonly [string, VaultState, Instruction, number]> = [
    ["AmountOutOfRange", funded, deposit(0n, "d2"), 1],
    ["AmountOutOfRange", funded, deposit(2n ** 63n - 1n, "d2"), 1],
    ["AmountOutOfRange", funded, reserve("B", -1n), 1],
    ["RepeatDiffers", funded, deposit(7n), 1],
    ["InsufficientFree", run([reserve("B", 450n)], 1, open)[0], reserve("D", 200n), 1],
    ["InsufficientFree", funded, { _tag: "Withdraw", withdrawalId: "w", amountMicros: 1_001n }, 1],
    ["TradeCapExceeded", funded, reserve("B", 501n), 1],
    ["AggregateCapExceeded", run([reserve("A", 500n)], 1, funded)[0], reserve("B", 401n), 1],
    ["OrderIdReused", open, reserve("A", 401n), 1],
    ["OrderIdReused", closed, reserve("A", 1n), 1],
    ["ExpiryOutOfRange", funded, reserve("B", 1n, 1), 1],
    ["ExpiryOutOfRange", funded, reserve("B", 1n, 1_002), 1],
    ["UnknownTrade", funded, settle("A", 1, 1n), 1],
    ["ReservationExpired", open, settle("A", 2, 200n), 500],
    ["ReservationCanceled", canceled, settle("A", 2, 200n), 1],
    ["OverReservation", open, settle("A", 2, 401n), 1],
    ["NumberOutOfOrder", open, settle("A", 3, 200n), 1],
    ["NumberOutOfOrder", open, settle("A", 0, 200n), 1],
    ["RepeatDiffers", open, settle("A", 1, 101n), 1],
    ["CumulativeDecreased", open, settle("A", 2, 99n), 1],
    ["TradeClosed", closed, settle("A", 2, 200n), 1],
    ["TradeClosed", closed, close("A", 2, 95n, true), 1],
    ["RepeatDiffers", closed, close("A", 1, 90n, false), 1],
    [
      "CumulativeDecreased",
      run([close("A", 1, 90n, false)], 1, open)[0],
      close("A", 2, 89n, true),
      1
    ],
    ["NothingSettled", run([reserve("B", 5n)], 1, open)[0], close("B", 1, 5n, true), 1],
    ["NothingSettled", run([reserve("B", 5n)], 1, open)[0], adjust("B", 1, 5n), 1],
    ["AdjustBoundExceeded", open, adjust("A", 1, -21n), 1],
    ["AdjustBoundExceeded", run([adjust("A", 1, 20n)], 1, open)[0], adjust("A", 2, 1n), 1],
    ["Frozen", frozen, settle("A", 2, 200n), 49],
    ["Frozen", frozen, reserve("B", 1n), 49],
    ["Frozen", frozen, adjust("A", 1, -1n), 49],
    ["Frozen", frozen, { _tag: "Withdraw", withdrawalId: "w", amountMicros: 1n }, 49],
    ["FreezeOutOfRange", open, { _tag: "Freeze", untilMs: 102 }, 1]
  ]
  for (const [code, state, instruction, nowMs] of cases) {
    const label = JSON.stringify(instruction, (_, value) =>
      typeof value === "bigint" ? String(value) : value
    )
    it(`${code} answers ${label} and changes nothing`, () => {
      const [next, outcome] = applyInstruction(state, instruction, nowMs, limits)
      assert.strictEqual(outcome._tag === "Rejected" ? outcome.code : outcome._tag, code)
      assert.strictEqual(next, state)
    })
  }

  it("lets money come back while frozen, and settle again once the freeze has run out", () => {
    const [state, outcomes] = run([close("A", 1, 40n, false), cancel("A")], 49, frozen)
    assert.deepStrictEqual(outcomes, ["Applied", "Applied"])
    assert.strictEqual(balancesOf(state).freeMicros, 940n)
    assert.deepStrictEqual(run([settle("A", 2, 200n)], 50, frozen)[1], ["Applied"])
  })
})

const amount = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 450 }))
const n = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 }))
const Move = Schema.Struct({
  tag: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 14 })),
  trade: Schema.Literals(["A", "B", "C"]),
  amount,
  n,
  flag: Schema.Boolean,
  passMs: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 }))
})

/** Numbers are mostly the next ones, so that random sequences get far; some are repeats or gaps. */
const instructionOf = (move: typeof Move.Type, state: VaultState, nowMs: number): Instruction => {
  const trade = state.trades.get(move.trade)
  const micros = BigInt(move.amount)
  const next = (last: number | undefined): number => (move.n > 2 ? (last ?? 0) + 1 : move.n)
  switch (move.tag) {
    case 0:
      return deposit(micros * 3n, `d${move.n}`)
    case 1:
      return { _tag: "Withdraw", withdrawalId: `w${move.n}`, amountMicros: micros }
    case 2:
      return cancel(move.trade)
    case 3:
      return { _tag: "Freeze", untilMs: nowMs + move.n * 10 }
    case 4:
      return { _tag: "Thaw" }
    case 13:
      return overdue(move.trade)
    case 14:
      return writeOff(move.trade)
    case 5:
    case 6:
      return adjust(move.trade, next(trade?.adjustN), move.flag ? micros / 20n : -micros / 20n)
    case 7:
    case 8:
      return close(move.trade, next(trade?.closeN), micros * 2n, move.flag && move.n > 3)
    case 9:
    case 10:
      return reserve(move.trade, micros, nowMs + 300)
    default:
      return settle(move.trade, next(trade?.settleN), micros)
  }
}

describe("Vault, random instructions", () => {
  it.prop(
    "conserves money; USDT leaves only by settle, withdraw and bounded adjust",
    { moves: Schema.Array(Move).check(Schema.isMinLength(20), Schema.isMaxLength(120)) },
    ({ moves }) => {
      let state = emptyVault
      let nowMs = 0
      // An independent account of the token account: what came in and went out, by applied
      // instruction.
      let tokens = 0n
      for (const move of moves) {
        nowMs += move.passMs
        const instruction = instructionOf(move, state, nowMs)
        const [next, outcome] = applyInstruction(state, instruction, nowMs, limits)
        const before = balancesOf(state)
        const after = balancesOf(next)
        const change =
          after.freeMicros + after.reservedMicros - before.freeMicros - before.reservedMicros
        if (outcome._tag !== "Applied") assert.strictEqual(next, state)
        if (change < 0n) {
          assert.include(["Settle", "Withdraw", "Adjust"], instruction._tag)
        }
        if (instruction._tag === "Adjust" && change < 0n) assert.isAtMost(Number(-change), 40)
        tokens += change
        assert.isTrue(after.freeMicros >= 0n && after.reservedMicros >= 0n)
        assert.strictEqual(after.freeMicros + after.reservedMicros, tokens)
        assert.strictEqual(
          tokens + next.counterpartyMicros,
          next.depositedMicros - next.withdrawnMicros
        )
        vaultInvariant(next)
        const [again, repeat] = applyInstruction(next, instruction, nowMs, limits)
        if (outcome._tag === "Applied" && instruction._tag !== "Freeze") {
          assert.strictEqual(repeat._tag, "Repeated", `repeat of ${instruction._tag}`)
          assert.strictEqual(again, next)
        }
        for (const [id, trade] of state.trades) {
          const now = next.trades.get(id)!
          assert.strictEqual(now.maxAmountMicros, trade.maxAmountMicros, "one reservation ever")
          assert.isTrue(now.settledMicros >= trade.settledMicros)
          assert.isTrue(now.proceedsMicros >= trade.proceedsMicros)
          assert.isTrue(principalMicros(now) <= now.settledMicros)
        }
        state = next
      }
    }
  )

  it.prop(
    "ends the same however often and in whatever order instructions are delivered",
    {
      picks: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 99 }))).check(
        Schema.isMinLength(5),
        Schema.isMaxLength(60)
      )
    },
    ({ picks }) => {
      const plan = [
        settle("A", 1, 50n),
        settle("A", 2, 120n),
        settle("A", 3, 300n),
        adjust("A", 1, -5n),
        adjust("A", 2, 7n)
      ]
      const start = run([deposit(1_000n), reserve("A", 400n)])[0]
      const straight = run(plan, 1, start)[0]
      let state = start
      for (const pick of picks) state = run([plan[pick % plan.length]!], 1, state)[0]
      // The sender goes on until each one was applied.
      for (let round = 0; round < plan.length; round++) state = run(plan, 1, state)[0]
      assert.deepStrictEqual(balancesOf(state), balancesOf(straight))
      assert.deepStrictEqual(state.trades.get("A"), straight.trades.get("A"))
    }
  )
})
