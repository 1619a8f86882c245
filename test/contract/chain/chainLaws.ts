/** What a chain owes across crashes, as laws that a sound one keeps and a planted defect breaks. */
import { assert } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import type { ChainShape } from "../../../src/actors/ports/Chain.ts"
import type { Instruction } from "../../../src/domain/vault/instruction.ts"
import { type LogMedium, makeMemoryMedium } from "../../../src/infra/log/medium.ts"

type Open = (medium: LogMedium) => Effect.Effect<ChainShape, unknown, Scope.Scope>

export const shortLife: ReadonlyArray<readonly [string, Instruction]> = [
  ["deposit", { _tag: "Deposit", depositId: "d1", amountMicros: 1_000n }],
  ["reserve", { _tag: "Reserve", tradeId: "A", maxAmountMicros: 400n, expiryMs: 1_000 }],
  ["too much", { _tag: "Reserve", tradeId: "B", maxAmountMicros: 601n, expiryMs: 1_000 }],
  ["settle 1", { _tag: "Settle", tradeId: "A", n: 1, cumulativeMicros: 100n }],
  ["settle 2", { _tag: "Settle", tradeId: "A", n: 2, cumulativeMicros: 300n }],
  ["anchor", { _tag: "Anchor", seq: 7, headHash: "ab".repeat(32) }],
  ["cancel", { _tag: "Cancel", tradeId: "A" }],
  ["close", { _tag: "Close", tradeId: "A", n: 1, cumulativeProceedsMicros: 320n, final: true }]
]

/** Of what a power cut leaves: the bytes that were synced. */
interface CutMedium extends LogMedium {
  readonly synced: () => Uint8Array
}

export const soundMedium = (): CutMedium => {
  const medium = makeMemoryMedium()
  return { ...medium, synced: () => Uint8Array.from(medium.read()) }
}

/** A defect: what is appended is not synced before the next append. */
export const lazyMedium = (): CutMedium => {
  const medium = makeMemoryMedium()
  let waiting = new Uint8Array()
  return {
    ...medium,
    append: (bytes) => {
      medium.append(waiting)
      waiting = Uint8Array.from(bytes)
    },
    synced: () => Uint8Array.from(medium.read())
  }
}

/** After each answer the power goes: whoever opens what is left finds that answer, and the state it speaks of. */
export const durableBeforeAnswer = (open: Open, make: () => CutMedium) =>
  Effect.gen(function* () {
    const medium = make()
    const chain = yield* open(medium)
    for (const [key, instruction] of shortLife) {
      const answer = yield* chain.submit({ key, instruction, nowMs: 1 })
      const after = yield* open(makeMemoryMedium(medium.synced()))
      assert.deepStrictEqual(yield* after.find(key), answer, key)
      const { freeMicros, reservedMicros, settlingMicros } = yield* after.balances
      assert.deepStrictEqual({ freeMicros, reservedMicros, settlingMicros }, answer.balances, key)
    }
  }).pipe(Effect.scoped)

/** A key that was answered is answered alike for ever, in this life and the next, and runs nothing again. */
export const repeatChangesNothing = (open: Open) =>
  Effect.gen(function* () {
    const medium = makeMemoryMedium()
    const chain = yield* open(medium)
    const first = []
    for (const [key, instruction] of shortLife) {
      first.push(yield* chain.submit({ key, instruction, nowMs: 1 }))
    }
    const balances = yield* chain.balances
    for (const life of [chain, yield* open(medium)]) {
      for (const [index, [key, instruction]] of shortLife.entries()) {
        assert.deepStrictEqual(yield* life.submit({ key, instruction, nowMs: 9 }), first[index])
      }
      assert.deepStrictEqual(yield* life.balances, balances)
    }
  }).pipe(Effect.scoped)
