/** A session whose market stands behind a wire and is stepped. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { OutsideLost, type QuoteSource } from "../../../src/actors/ports/Gateway.ts"
import type { InputDraft } from "../../../src/domain/journal/record.ts"
import { liveOnce, toyWorld } from "./toySession.ts"

const quotes = 240

/** What the market says arrives only while it is stepped, some scheduler turns later. */
const behindWire = (market: QuoteSource, failAtStep = Number.POSITIVE_INFINITY) => {
  const arrived: Array<{ readonly dueMs: number; readonly input: InputDraft }> = []
  let steps = 0
  const advance = (toMs: number) =>
    Effect.gen(function* () {
      if (++steps > failAtStep) return yield* new OutsideLost({ place: "toy", why: "unplugged" })
      while (market.nextDueMs() <= toMs) {
        yield* Effect.yieldNow
        arrived.push({ dueMs: market.nextDueMs(), input: market.next() })
      }
    })
  return {
    market: {
      nextDueMs: () => arrived[0]?.dueMs ?? Number.POSITIVE_INFINITY,
      next: () => arrived.shift()!.input,
      resumeAfter: (seq: number) => market.resumeAfter(seq)
    },
    outside: { nextDueMs: () => market.nextDueMs(), advance }
  }
}

describe("A session with a stepped outside", () => {
  it.effect("writes the chain of one with its market in process", () =>
    Effect.gen(function* () {
      for (let seed = 1; seed <= 10; seed++) {
        const near = yield* liveOnce(toyWorld(seed, quotes))
        const far = yield* liveOnce(toyWorld(seed, quotes), { parts: { outside: behindWire } })
        assert.strictEqual(far.head, near.head, `seed ${seed}`)
        assert.strictEqual(far.state, near.state, `seed ${seed}`)
      }
    })
  )

  it.effect("stops with the outside's name when it can't be stepped", () =>
    Effect.gen(function* () {
      const outside = (market: QuoteSource) => behindWire(market, 20)
      const exit = yield* Effect.exit(liveOnce(toyWorld(1, quotes), { parts: { outside } }))
      assert.match(String(exit), /the session cannot go on: toy does not answer: unplugged/)
    })
  )
})
