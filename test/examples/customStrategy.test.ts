import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { customStrategy } from "../../examples/customStrategy.ts"
import type { SimulatedDay } from "../../src/simulatedDesk.ts"

const ours = ({ records }: SimulatedDay, type: string) =>
  records.filter((record) => record.type === type && record.correlation.includes("call-buyer"))

describe("examples/customStrategy.ts", () => {
  it.live("trades once where its strategy is certified, and replays to itself", () =>
    Effect.gen(function* () {
      const day = yield* customStrategy()
      assert.strictEqual(ours(day, "TradeFilled").length, 1)
      assert.strictEqual(ours(day, "Settled").length, 1)
      const { difference, stateHash } = day.verify()
      assert.isUndefined(difference)
      assert.strictEqual(stateHash, day.stateHash)
    })
  )

  it.live("is refused every time where its strategy has no certificate", () =>
    Effect.gen(function* () {
      const day = yield* customStrategy([])
      const refusals = ours(day, "TradeRefused")
      assert.isAbove(refusals.length, 10)
      assert.strictEqual(refusals.length, ours(day, "TradeProposed").length)
      for (const { payload } of refusals) {
        const { reasons } = payload as { reasons: ReadonlyArray<string> }
        assert.isTrue(reasons.some((reason) => reason.includes("no-certificate: call-buyer")))
      }
      assert.strictEqual(ours(day, "OrderIntent").length, 0)
    })
  )
})
