import { assert, describe, it } from "@effect/vitest"
import type { Instruction } from "../../../../src/domain/vault/instruction.ts"
import { applyInstruction } from "../../../../src/domain/vault/vault.ts"
import { emptyVault } from "../../../../src/domain/vault/vaultState.ts"
import type { ProgramErrorName } from "../../../../src/infra/chain/program/errors.ts"
import { programInstruction } from "./randomMoves.ts"
import { limits, VaultWorld } from "./vaultWorld.ts"

const deposit = (amountMicros: bigint, depositId = "d1"): Instruction => ({
  _tag: "Deposit",
  depositId,
  amountMicros
})
const withdraw = (amountMicros: bigint, withdrawalId = "w1"): Instruction => ({
  _tag: "Withdraw",
  withdrawalId,
  amountMicros
})
const reserve = (tradeId: string, maxAmountMicros: bigint, expiryMs = 500_000): Instruction => ({
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
  final = false
): Instruction => ({ _tag: "Close", tradeId, n, cumulativeProceedsMicros, final })
const adjust = (tradeId: string, n: number, amountMicros: bigint): Instruction => ({
  _tag: "Adjust",
  tradeId,
  n,
  amountMicros
})
const freeze = (untilMs: number): Instruction => ({ _tag: "Freeze", untilMs })
const anchor = (seq: number, headHash: string): Instruction => ({
  _tag: "Anchor",
  seq,
  headHash: headHash.repeat(32)
})
const overdue: Instruction = { _tag: "Overdue", tradeId: "A" }
const writeOff: Instruction = { _tag: "WriteOff", tradeId: "A" }

const funded = [deposit(1_000n)]
const open = [...funded, reserve("A", 400n), settle("A", 1, 100n)]
const partly = [...open, close("A", 1, 50n)]
const closed = [...open, close("A", 1, 90n, true)]
const int64Max = 2n ** 63n - 1n

type Refused = readonly [code: ProgramErrorName, instruction: Instruction, atMs?: number]

/** What was done at second 0, and what is refused then, each by name. */
const cases: ReadonlyArray<
  readonly [name: string, done: ReadonlyArray<Instruction>, refused: ReadonlyArray<Refused>]
> = [
  [
    "with 1,000 free",
    funded,
    [
      ["AmountOutOfRange", deposit(0n, "d2")],
      ["AmountOutOfRange", deposit(-1n, "d2")],
      ["AmountOutOfRange", deposit(int64Max, "d2")],
      ["AmountOutOfRange", withdraw(0n)],
      ["AmountOutOfRange", reserve("A", 0n)],
      ["AmountOutOfRange", settle("A", 1, 0n)],
      ["AmountOutOfRange", close("A", 1, -1n)],
      ["RepeatDiffers", deposit(7n)],
      ["InsufficientFree", withdraw(1_001n)],
      ["TradeCapExceeded", reserve("A", 501n)],
      ["ExpiryOutOfRange", reserve("A", 1n, 0)],
      ["ExpiryOutOfRange", reserve("A", 1n, 1_000_001)],
      ["UnknownTrade", settle("A", 1, 1n)],
      ["UnknownTrade", cancel("A")],
      ["UnknownTrade", close("A", 1, 1n)],
      ["UnknownTrade", adjust("A", 1, 1n)],
      ["UnknownTrade", overdue],
      ["UnknownTrade", writeOff],
      ["FreezeOutOfRange", freeze(0)],
      ["FreezeOutOfRange", freeze(100_001)],
      ["FreezeOutOfRange", freeze(2 ** 53)]
    ]
  ],
  [
    "with 100 of 400 settled",
    open,
    [
      ["OrderIdReused", reserve("A", 401n)],
      ["OrderIdReused", reserve("A", 400n, 500_001)],
      ["NumberOutOfOrder", settle("A", 0, 200n)],
      ["NumberOutOfOrder", settle("A", 3, 200n)],
      ["RepeatDiffers", settle("A", 1, 101n)],
      ["CumulativeDecreased", settle("A", 2, 99n)],
      ["OverReservation", settle("A", 2, 401n)],
      ["ReservationExpired", settle("A", 2, 200n), 500_000],
      ["NumberOutOfOrder", close("A", 0, 1n, true)],
      ["NumberOutOfOrder", close("A", 2, 1n)],
      ["NumberOutOfOrder", adjust("A", 0, 1n)],
      ["NumberOutOfOrder", adjust("A", 2, 1n)],
      ["AdjustBoundExceeded", adjust("A", 1, 21n)],
      ["AdjustBoundExceeded", adjust("A", 1, -21n)],
      ["AdjustBoundExceeded", adjust("A", 1, int64Max)],
      ["AmountOutOfRange", adjust("A", 1, -int64Max - 1n)],
      ["NotOverdue", overdue, 499_999],
      ["NotOverdue", writeOff, 5_000_000]
    ]
  ],
  [
    "with all of its free money reserved",
    [deposit(450n), reserve("A", 400n), settle("A", 1, 10n), reserve("B", 50n)],
    [
      ["InsufficientFree", reserve("C", 1n)],
      ["InsufficientFree", withdraw(1n)],
      ["InsufficientFree", adjust("A", 1, -1n)],
      ["NothingSettled", close("B", 1, 5n)],
      ["NothingSettled", adjust("B", 1, 5n)]
    ]
  ],
  [
    "with 500 reserved and 100 settled",
    [deposit(2_000n), reserve("A", 400n), settle("A", 1, 100n), reserve("B", 200n)],
    [["AggregateCapExceeded", reserve("C", 301n)]]
  ],
  [
    "with 50 of 100 paid back",
    partly,
    [
      ["CumulativeDecreased", close("A", 2, 49n)],
      ["RepeatDiffers", close("A", 1, 51n)],
      ["RepeatDiffers", close("A", 1, 50n, true)]
    ]
  ],
  [
    "with 15 adjusted",
    [...open, adjust("A", 1, 15n)],
    [
      ["AdjustBoundExceeded", adjust("A", 2, 6n)],
      ["RepeatDiffers", adjust("A", 1, 14n)]
    ]
  ],
  [
    "closed",
    closed,
    [
      ["TradeClosed", settle("A", 2, 200n)],
      ["TradeClosed", close("A", 2, 95n, true)],
      ["RepeatDiffers", close("A", 1, 90n, false)],
      ["OrderIdReused", reserve("A", 1n)],
      ["NotOverdue", overdue, 5_000_000],
      ["TradeClosed", writeOff, 5_000_000]
    ]
  ],
  ["canceled", [...open, cancel("A")], [["ReservationCanceled", settle("A", 2, 200n)]]],
  [
    "frozen until second 60",
    [...open, freeze(60_000)],
    [
      ["Frozen", settle("A", 2, 200n), 59_999],
      ["Frozen", reserve("B", 1n), 59_999],
      ["Frozen", withdraw(1n), 59_999],
      ["Frozen", adjust("A", 1, -1n), 59_999],
      ["FreezeOutOfRange", freeze(100_001), 59_000],
      ["FreezePause", freeze(130_000), 60_000],
      ["FreezePause", freeze(130_000), 119_999]
    ]
  ],
  [
    "anchored at 64",
    [anchor(64, "ab")],
    [
      ["AnchorNotNewer", anchor(63, "ab")],
      ["RepeatDiffers", anchor(64, "cd")]
    ]
  ]
]

for (const [name, done, refused] of cases) {
  describe(`Vault program, ${name}`, () => {
    it("refuses by name, as the model does, and changes nothing", () => {
      const world = new VaultWorld().setUp()
      let state = emptyVault
      for (const instruction of done) {
        state = applyInstruction(state, instruction, 0, limits)[0]
        world.must(programInstruction(world, instruction))
      }
      const before = world.vault()
      for (const [code, instruction, atMs = 0] of refused) {
        // The chain's clock has whole seconds.
        const nowMs = Math.floor(atMs / 1_000) * 1_000
        world.setTime(nowMs)
        const label = `${code} of ${instruction._tag} at ${nowMs}`
        assert.strictEqual(world.run(programInstruction(world, instruction)).error, code, label)
        const outcome = applyInstruction(state, instruction, nowMs, limits)[1]
        assert.strictEqual(outcome._tag === "Rejected" ? outcome.code : outcome._tag, code, label)
      }
      assert.deepStrictEqual(world.vault(), before)
      world.check()
    })
  })
}

describe("Vault program, while frozen", () => {
  it("lets money come back, and settles again once the freeze has run out", () => {
    const world = new VaultWorld().setUp()
    for (const instruction of [...open, freeze(60_000), close("A", 1, 40n), adjust("A", 1, 5n)]) {
      world.must(programInstruction(world, instruction))
    }
    world.setTime(60_000)
    world.must(programInstruction(world, settle("A", 2, 200n)))
    world.check()
  })
})
