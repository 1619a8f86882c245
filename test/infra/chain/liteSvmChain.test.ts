import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import type { ChainShape } from "../../../src/actors/ports/Chain.ts"
import {
  type LiteSvmTerms,
  openLiteSvmChain
} from "../../../src/infra/chain/litesvm/liteSvmChain.ts"
import { type LogMedium, makeMemoryMedium } from "../../../src/infra/log/medium.ts"
import { limits } from "../../contract/chain/chainContract.ts"
import {
  durableBeforeAnswer,
  lazyMedium,
  repeatChangesNothing,
  shortLife,
  soundMedium
} from "../../contract/chain/chainLaws.ts"
import { programBytes } from "../../contract/chain/facade/rpcDesk.ts"

const terms: LiteSvmTerms = {
  seed: 1,
  book: "main",
  limits: { ...limits, timelockMs: 0 },
  program: programBytes
}
const open = (medium: LogMedium) => openLiteSvmChain(medium, terms)

const play = (chain: ChainShape, count = shortLife.length) =>
  Effect.forEach(shortLife.slice(0, count), ([key, instruction]) =>
    chain.submit({ key, instruction, nowMs: 1 })
  )

const played = Effect.gen(function* () {
  const medium = makeMemoryMedium()
  yield* play(yield* open(medium))
  return Uint8Array.from(medium.read())
})

describe("LiteSVM chain", () => {
  it.effect("an answer is durable before it is given", () => durableBeforeAnswer(open, soundMedium))

  it.effect("(planted defect) one that answers before it synced is found out", () =>
    Effect.gen(function* () {
      assert.isTrue(Exit.isFailure(yield* Effect.exit(durableBeforeAnswer(open, lazyMedium))))
    })
  )

  it.effect("a repeat changes nothing and is answered alike", () => repeatChangesNothing(open))

  it.effect("(planted defect) one that forgets its keys is found out", () => {
    // It performs every key anew: the program then refuses or repeats, and the answer is another one.
    const forgetful = (medium: LogMedium) =>
      Effect.map(open(medium), (chain): ChainShape => {
        let asked = 0
        return {
          ...chain,
          submit: (request) => chain.submit({ ...request, key: `${request.key} ${asked++}` })
        }
      })
    return Effect.gen(function* () {
      assert.isTrue(Exit.isFailure(yield* Effect.exit(repeatChangesNothing(forgetful))))
    })
  })

  it.effect("after a torn tail it goes on as if the last asking had never been", () =>
    Effect.gen(function* () {
      const whole = yield* played
      const lastAt = whole.lastIndexOf(10, whole.length - 2) + 1
      const [key, instruction] = shortLife.at(-1)!
      const answer = yield* (yield* open(makeMemoryMedium(whole))).find(key)
      for (const cut of [lastAt, lastAt + 1, lastAt + 40, whole.length - 1]) {
        const medium = makeMemoryMedium(whole.slice(0, cut))
        const chain = yield* open(medium)
        assert.strictEqual(medium.read().length, lastAt)
        assert.isUndefined(yield* chain.find(key))
        assert.deepStrictEqual(yield* chain.submit({ key, instruction, nowMs: 1 }), answer)
        assert.deepStrictEqual(medium.read(), whole)
      }
    })
  )

  it.effect(
    "damage before the end, or another program, seed or book, stops it with a sentence",
    () =>
      Effect.gen(function* () {
        const whole = yield* played
        const damaged = Uint8Array.from(whole)
        damaged[200]! ^= 1
        const why = (from: Uint8Array, other: Partial<LiteSvmTerms> = {}) =>
          Effect.map(
            Effect.flip(openLiteSvmChain(makeMemoryMedium(from), { ...terms, ...other })),
            ({ message }) => message
          )
        assert.match(yield* why(damaged), /damaged after entry 0: its checksum is wrong/)
        assert.match(yield* why(whole, { seed: 2 }), /it is of vault \w+, and this run's seed/)
        assert.match(yield* why(whole, { book: "other" }), /it is of vault/)
        const another = Uint8Array.from(programBytes)
        another[another.length - 1]! ^= 1
        assert.match(yield* why(whole, { program: another }), /it was run by program/)
      })
  )

  it.effect("an entry that its transactions do not lead to is damage, checksum or not", () =>
    Effect.gen(function* () {
      const whole = yield* played
      const lines = Buffer.from(whole).toString().split("\n")
      // The settle's line is gone: each line that is left is sound.
      const without = lines.filter((line) => !line.includes('"settle 1"')).join("\n")
      const { message } = yield* Effect.flip(open(makeMemoryMedium(Buffer.from(without))))
      assert.match(
        message,
        /damaged after entry 3: run again, its transactions do not end in entry 5/
      )
    })
  )

  it.effect("settings that changed since do not undo what was set up", () =>
    Effect.gen(function* () {
      const whole = yield* played
      const tight = { ...terms, limits: { ...terms.limits, tradeMicrosMax: 1n } }
      const chain = yield* openLiteSvmChain(makeMemoryMedium(whole), tight)
      assert.strictEqual((yield* chain.balances).freeMicros, 1_020n)
    })
  )

  it.effect("once its log cannot be written it tells nothing until it is opened again", () =>
    Effect.gen(function* () {
      let full = false
      const medium = makeMemoryMedium()
      const failing: LogMedium = {
        ...medium,
        append: (bytes) => {
          if (full) throw new Error("ENOSPC")
          medium.append(bytes)
        }
      }
      const chain = yield* open(failing)
      yield* play(chain, 1)
      full = true
      const [key, instruction] = shortLife[1]!
      const asked = chain.submit({ key, instruction, nowMs: 1 })
      assert.match((yield* Effect.flip(asked)).message, /cannot answer: ENOSPC/)
      full = false
      assert.strictEqual((yield* Effect.flip(asked))._tag, "ChainUnavailable")
      assert.strictEqual((yield* Effect.flip(chain.balances))._tag, "ChainUnavailable")
      const again = yield* open(medium)
      assert.isUndefined(yield* again.find(key))
      assert.strictEqual((yield* again.balances).freeMicros, 1_000n)
    })
  )

  it.effect("one seed and book give one log, byte for byte", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* played, yield* played)
    })
  )
})
