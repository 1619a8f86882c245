import { appendFileSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { ChainShape } from "../../../src/actors/ports/Chain.ts"
import type { Instruction } from "../../../src/domain/vault/instruction.ts"
import {
  openFileVaultLedger,
  openVaultLedger
} from "../../../src/infra/chain/ledger/VaultLedger.ts"
import { type LogMedium, makeMemoryMedium } from "../../../src/infra/log/medium.ts"
import { limits } from "../../contract/chain/chainContract.ts"

const folder = () => mkdtempSync(join(tmpdir(), "vault-ledger-"))

const script: ReadonlyArray<Instruction> = [
  { _tag: "Deposit", depositId: "d1", amountMicros: 1_000n },
  { _tag: "Reserve", tradeId: "A", maxAmountMicros: 400n, expiryMs: 1_000 },
  { _tag: "Reserve", tradeId: "B", maxAmountMicros: 4_000n, expiryMs: 1_000 },
  { _tag: "Settle", tradeId: "A", n: 1, cumulativeMicros: 250n },
  { _tag: "Close", tradeId: "A", n: 1, cumulativeProceedsMicros: 300n, final: true }
]
const play = (chain: ChainShape) =>
  Effect.forEach(script, (instruction, index) =>
    chain.submit({ key: `k${index}`, instruction, nowMs: 1 })
  )

describe("Vault ledger in a file", () => {
  it.effect("comes back with every answer it gave", () =>
    Effect.gen(function* () {
      const directory = folder()
      const given = yield* Effect.scoped(
        Effect.flatMap(openFileVaultLedger(directory, limits), play)
      )
      const again = yield* Effect.scoped(
        Effect.flatMap(openFileVaultLedger(directory, limits), play)
      )
      assert.deepStrictEqual(again, given)
      assert.strictEqual(readFileSync(join(directory, "vault.log"), "utf8").split("\n").length, 6)
    })
  )

  it.effect("keeps what happened where the limits became tighter since", () =>
    Effect.gen(function* () {
      const directory = folder()
      yield* Effect.scoped(Effect.flatMap(openFileVaultLedger(directory, limits), play))
      const tight = { ...limits, tradeMicrosMax: 1n, outstandingMicrosMax: 1n }
      const balances = yield* Effect.scoped(
        Effect.flatMap(openFileVaultLedger(directory, tight), (chain) => chain.balances)
      )
      assert.deepInclude(balances, {
        freeMicros: 1_050n,
        reservedMicros: 0n,
        settlingMicros: 0n
      })
    })
  )

  it.effect("says that it is simulated", () =>
    Effect.gen(function* () {
      const chain = yield* Effect.scoped(openFileVaultLedger(folder(), limits))
      assert.match(chain.description, /^SIMULATED/)
    })
  )

  it.effect("names the entry after which its middle is damaged, and changes nothing", () =>
    Effect.gen(function* () {
      const directory = folder()
      yield* Effect.scoped(Effect.flatMap(openFileVaultLedger(directory, limits), play))
      const path = join(directory, "vault.log")
      const damaged = readFileSync(path, "utf8").replace(
        '"maxAmountMicros":"400"',
        '"maxAmountMicros":"401"'
      )
      writeFileSync(path, damaged)
      const error = yield* Effect.flip(Effect.scoped(openFileVaultLedger(directory, limits)))
      assert.strictEqual(error._tag, "ChainCorrupt")
      assert.include(error.message, "damaged after entry 1: its checksum is wrong")
      assert.strictEqual(readFileSync(path, "utf8"), damaged)
    })
  )

  it.effect("cuts a torn tail and goes on after the last whole entry", () =>
    Effect.gen(function* () {
      const directory = folder()
      const path = join(directory, "vault.log")
      const given = yield* Effect.scoped(
        Effect.flatMap(openFileVaultLedger(directory, limits), play)
      )
      const whole = statSync(path).size
      appendFileSync(path, '0badc0de {"number":6,"key"')
      const next = yield* Effect.scoped(
        Effect.flatMap(openFileVaultLedger(directory, limits), (chain) =>
          chain.submit({
            key: "k6",
            instruction: { _tag: "Deposit", depositId: "d2", amountMicros: 1n },
            nowMs: 2
          })
        )
      )
      assert.strictEqual(next.number, given.length + 1)
      assert.strictEqual(readFileSync(path).subarray(0, whole).at(-1), 10)
      assert.deepStrictEqual(
        yield* Effect.scoped(Effect.flatMap(openFileVaultLedger(directory, limits), play)),
        given
      )
    })
  )
})

describe("Vault ledger, a crash at any byte", () => {
  it.effect(
    "keeps each answer given, and repeating the rest ends where an undisturbed run does",
    () =>
      Effect.gen(function* () {
        const undisturbed = makeMemoryMedium()
        const expected = yield* Effect.flatMap(openVaultLedger(undisturbed, limits), play)
        const bytes = undisturbed.read()
        for (let cut = 0; cut <= bytes.length; cut++) {
          const chain = yield* openVaultLedger(makeMemoryMedium(bytes.slice(0, cut)), limits)
          const entries = bytes.slice(0, cut).filter((byte) => byte === 10).length
          for (let index = 0; index < script.length; index++) {
            const known = yield* chain.find(`k${index}`)
            assert.deepStrictEqual(known, index < entries ? expected[index] : undefined)
          }
          assert.deepStrictEqual(yield* play(chain), expected)
        }
      })
  )

  it.effect("answers nothing more once a write failed, and never counts the failed entry", () =>
    Effect.gen(function* () {
      const memory = makeMemoryMedium()
      let full = false
      const medium: LogMedium = {
        ...memory,
        append: (bytes) => {
          if (full) throw new Error("ENOSPC: no space left on device")
          memory.append(bytes)
        }
      }
      const chain = yield* openVaultLedger(medium, limits)
      yield* chain.submit({ key: "k0", instruction: script[0]!, nowMs: 1 })
      full = true
      const submit = chain.submit({ key: "k1", instruction: script[1]!, nowMs: 1 })
      const error = yield* Effect.flip(submit)
      assert.include(error.message, "the vault at memory cannot answer: Error: ENOSPC")
      full = false
      assert.strictEqual((yield* Effect.flip(submit))._tag, "ChainUnavailable")
      const reopened = yield* openVaultLedger(medium, limits)
      assert.strictEqual(yield* reopened.find("k1"), undefined)
      assert.strictEqual((yield* reopened.balances).freeMicros, 1_000n)
    })
  )
})
