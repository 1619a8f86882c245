import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Outbox } from "../../../src/actors/runtime/Outbox.ts"
import { liveOnce, toyWorld } from "./toySession.ts"

const quotes = 240

describe("A paced session", () => {
  it.effect("writes the chain of one that runs as fast as it goes", () =>
    Effect.gen(function* () {
      for (let seed = 1; seed <= 5; seed++) {
        const fast = yield* liveOnce(toyWorld(seed, quotes))
        const fiber = yield* Effect.forkChild(liveOnce(toyWorld(seed, quotes), { speed: 1 }))
        for (let step = 0; step < 2_000 && fiber.pollUnsafe() === undefined; step++) {
          yield* TestClock.adjust("1 millis")
        }
        const paced = yield* Fiber.join(fiber)
        assert.strictEqual(paced.head, fast.head, `seed ${seed}`)
        assert.strictEqual(paced.state, fast.state, `seed ${seed}`)
      }
    })
  )
})

describe("Outbox", () => {
  const request = {
    key: "venue A-1",
    gateway: "venue",
    dueMs: 100,
    request: { seq: 4, type: "Ask" }
  }
  const outbox = () =>
    new Outbox({ outstanding: () => [request].values(), isOutstanding: () => true } as never, -1)

  it("lets nothing out whose record is not durable", () => {
    const gate = outbox()
    gate.leased(1_000)
    assert.throws(() => gate.take(request as never, 3, 100), /record 4 .* is not durable/)
  })

  it("lets nothing out past the lease, nor before the first", () => {
    const gate = outbox()
    assert.throws(() => gate.take(request as never, 4, 100), /the lease ended/)
    gate.leased(99)
    assert.throws(() => gate.take(request as never, 4, 100), /the lease ended at 99/)
    gate.leased(100)
    assert.strictEqual(gate.take(request as never, 4, 100).request.key, request.key)
  })
})
