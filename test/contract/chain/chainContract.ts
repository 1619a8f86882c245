/** What every chain owes the desk, whatever stands behind the port. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import type { ChainShape } from "../../../src/actors/ports/Chain.ts"
import type { Instruction } from "../../../src/domain/vault/instruction.ts"
import type { VaultLimits } from "../../../src/domain/vault/vaultState.ts"

export const limits: VaultLimits = {
  tradeMicrosMax: 500n,
  outstandingMicrosMax: 900n,
  adjustMicrosMax: 20n,
  reservationMsMax: 86_400_000,
  freezeMsMax: 100,
  tradeMsMax: 1_000
}

const tradeLife: ReadonlyArray<readonly [string, Instruction]> = [
  ["deposit", { _tag: "Deposit", depositId: "d1", amountMicros: 1_000n }],
  ["reserve", { _tag: "Reserve", tradeId: "A", maxAmountMicros: 400n, expiryMs: 1_000 }],
  ["settle 1", { _tag: "Settle", tradeId: "A", n: 1, cumulativeMicros: 100n }],
  ["settle 2", { _tag: "Settle", tradeId: "A", n: 2, cumulativeMicros: 300n }],
  ["cancel", { _tag: "Cancel", tradeId: "A" }],
  ["close 1", { _tag: "Close", tradeId: "A", n: 1, cumulativeProceedsMicros: 50n, final: false }],
  ["close 2", { _tag: "Close", tradeId: "A", n: 2, cumulativeProceedsMicros: 320n, final: true }],
  ["adjust", { _tag: "Adjust", tradeId: "A", n: 1, amountMicros: -3n }]
]

export const chainContract = (
  name: string,
  open: Effect.Effect<ChainShape, unknown, Scope.Scope>
) =>
  describe(`Chain contract, ${name}`, () => {
    it.effect("carries a trade from reservation to its last closing, balances after each", () =>
      Effect.gen(function* () {
        const chain = yield* open
        const seen: Array<ReadonlyArray<bigint>> = []
        for (const [key, instruction] of tradeLife) {
          const { outcome, balances } = yield* chain.submit({ key, instruction, nowMs: 1 })
          assert.strictEqual(outcome._tag, "Applied", key)
          seen.push([balances.freeMicros, balances.reservedMicros, balances.settlingMicros])
        }
        assert.deepStrictEqual(seen, [
          [1_000n, 0n, 0n],
          [600n, 400n, 0n],
          [600n, 300n, 100n],
          [600n, 100n, 300n],
          [700n, 0n, 300n],
          [750n, 0n, 250n],
          [1_020n, 0n, 0n],
          [1_017n, 0n, 0n]
        ])
        assert.strictEqual((yield* chain.balances).freeMicros, 1_017n)
        assert.strictEqual((yield* chain.trade("A"))?.closed, true)
        assert.strictEqual(yield* chain.trade("B"), undefined)
      })
    )

    it.effect("gives the first answer again under the same key, number and balances included", () =>
      Effect.gen(function* () {
        const chain = yield* open
        const first = []
        for (const [key, instruction] of tradeLife) {
          first.push(yield* chain.submit({ key, instruction, nowMs: 1 }))
        }
        assert.deepStrictEqual(
          first.map((answer) => answer.number),
          [1, 2, 3, 4, 5, 6, 7, 8]
        )
        for (const [index, [key, instruction]] of tradeLife.entries()) {
          assert.deepStrictEqual(yield* chain.submit({ key, instruction, nowMs: 9 }), first[index])
          assert.deepStrictEqual(yield* chain.find(key), first[index])
        }
        assert.strictEqual((yield* chain.balances).freeMicros, 1_017n)
      })
    )

    it.effect("answers a repeat under another key as repeated and moves nothing", () =>
      Effect.gen(function* () {
        const chain = yield* open
        for (const [key, instruction] of tradeLife)
          yield* chain.submit({ key, instruction, nowMs: 1 })
        for (const [key, instruction] of tradeLife) {
          const again = yield* chain.submit({ key: `${key} again`, instruction, nowMs: 2 })
          assert.strictEqual(again.outcome._tag, "Repeated", key)
          assert.strictEqual(again.balances.freeMicros, 1_017n)
        }
      })
    )

    it.effect(
      "answers a rejection by name, keeps it under its key, and judges a new key anew",
      () =>
        Effect.gen(function* () {
          const chain = yield* open
          const instruction = tradeLife[1]![1]
          const ask = (key: string) => chain.submit({ key, instruction, nowMs: 1 })
          const refused = yield* ask("reserve:1")
          assert.strictEqual(
            refused.outcome._tag === "Rejected" ? refused.outcome.code : "",
            "InsufficientFree"
          )
          yield* chain.submit({ key: "deposit", instruction: tradeLife[0]![1], nowMs: 1 })
          assert.deepStrictEqual(yield* ask("reserve:1"), refused)
          assert.strictEqual((yield* ask("reserve:2")).outcome._tag, "Applied")
        })
    )

    it.effect("knows nothing of a key that it never took", () =>
      Effect.gen(function* () {
        const chain = yield* open
        assert.strictEqual(yield* chain.find("reserve"), undefined)
      })
    )
  })
