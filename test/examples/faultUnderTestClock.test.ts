import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { faultUnderTestClock } from "../../examples/faultUnderTestClock.ts"

describe("examples/faultUnderTestClock.ts", () => {
  it.effect("ends the crashed day in the state of the calm one, and replays to itself", () =>
    Effect.gen(function* () {
      const { calm, crashed } = yield* faultUnderTestClock
      assert.strictEqual(calm.restarts, 0)
      assert.strictEqual(crashed.restarts, 1)
      assert.isTrue(crashed.records.some(({ type }) => type === "ActorRestarted"))
      assert.strictEqual(crashed.stateHash, calm.stateHash)
      assert.isUndefined(crashed.verify().difference)
    })
  )
})
