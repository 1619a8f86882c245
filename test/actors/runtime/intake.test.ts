import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema } from "effect"
import { Quote } from "../../../src/actors/ports/records/market.ts"
import { HaltTrading, ThawVault } from "../../../src/actors/ports/records/operator.ts"
import { Intake } from "../../../src/actors/runtime/Intake.ts"
import { recordType } from "../../../src/domain/journal/record.ts"

const Fill = recordType("Fill", Schema.Struct({ n: Schema.Int }))
const fill = (n: number) => ({ ...Fill.make({ n }), source: "broker", sourceSeq: n })
const halt = HaltTrading.make({ reason: "test" })
const thaw = ThawVault.make({ reason: "test" })
const quote = (instrument: number, bidMicros: number) => ({
  ...Quote.make({
    instrument,
    bidMicros,
    askMicros: bidMicros + 1,
    bidSize: 1,
    askSize: 1,
    timeMs: bidMicros,
    replaced: 0
  }),
  source: "market",
  sourceSeq: 0
})

const drain = (intake: Intake) => {
  const taken = []
  for (let next = intake.take(); next !== undefined; next = intake.take()) taken.push(next)
  return taken
}

describe("Intake", () => {
  it("keeps the latest quote of an instrument in the place of its first and counts the replaced", () => {
    const intake = new Intake({ inputsMax: 4, controlMax: 2 })
    for (const [instrument, bid] of [
      [1, 10],
      [2, 20],
      [1, 11],
      [1, 12],
      [2, 21]
    ] as const) {
      intake.quote(quote(instrument, bid))
    }
    const payloads = drain(intake).map(({ payload }) => payload as Record<string, number>)
    assert.deepStrictEqual(
      payloads.map(({ instrument, bidMicros, replaced }) => [instrument, bidMicros, replaced]),
      [
        [1, 12, 2],
        [2, 21, 1]
      ]
    )
  })

  it("does not conflate with a quote that was taken already", () => {
    const intake = new Intake({ inputsMax: 4, controlMax: 2 })
    intake.quote(quote(1, 10))
    assert.strictEqual(drain(intake).length, 1)
    intake.quote(quote(1, 11))
    assert.strictEqual((drain(intake)[0]!.payload as { replaced: number }).replaced, 0)
  })

  it.effect("makes the sender of one input too many wait, and drops nothing", () =>
    Effect.gen(function* () {
      const intake = new Intake({ inputsMax: 2, controlMax: 2 })
      yield* intake.offer(fill(1))
      yield* intake.offer(fill(2))
      const third = yield* Effect.forkChild(intake.offer(fill(3)))
      yield* Effect.yieldNow
      assert.strictEqual(intake.size(), 2)
      assert.deepStrictEqual(intake.take()?.payload, { n: 1 })
      yield* Fiber.join(third)
      assert.deepStrictEqual(
        drain(intake).map(({ payload }) => payload),
        [{ n: 2 }, { n: 3 }]
      )
    })
  )

  it("refuses control past its bound, and never the kill switch for the sake of other commands", () => {
    const intake = new Intake({ inputsMax: 4, controlMax: 1 })
    assert.isDefined(intake.control(thaw))
    assert.isUndefined(intake.control(thaw))
    assert.isDefined(intake.control(halt))
    assert.isUndefined(intake.control(halt))
    assert.deepStrictEqual(
      [intake.takeControl()?.draft.type, intake.takeControl()?.draft.type],
      ["HaltTrading", "ThawVault"]
    )
    assert.isFalse(intake.hasControl())
  })

  it("calls its waker once, when the first input comes", () => {
    const intake = new Intake({ inputsMax: 4, controlMax: 1 })
    let woken = 0
    intake.onInput(() => woken++)
    intake.quote(quote(1, 10))
    intake.quote(quote(2, 10))
    assert.strictEqual(woken, 1)
  })
})
