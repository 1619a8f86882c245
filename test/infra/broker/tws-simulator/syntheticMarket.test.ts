/** The past of the synthetic market. */
import { assert, describe, it } from "@effect/vitest"
import { syntheticMarket } from "../../../../src/infra/broker/tws-simulator/syntheticMarket.ts"

const startMs = Date.UTC(2026, 10, 20, 15, 7, 13)
const market = (seed: number) =>
  syntheticMarket({ symbol: "SPY", seed, listedOn: 20_777, startMs, stepMs: 500 })

describe("The synthetic market's bars", () => {
  it.each([60_000, 300_000, 3_600_000])("begin at the clock's multiples of %i ms", (barMs) => {
    const bars = market(3).bars(0, startMs - 20 * barMs, startMs, barMs)
    assert.lengthOf(bars, 20)
    for (const { timeMs } of bars) assert.strictEqual(timeMs % barMs, 0)
  })

  it("know nothing of what comes later: a bar that is not over ends at the last price so far", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { bars } = market(seed)
      const minuteMs = 60_000
      const fromMs = Math.floor(startMs / minuteMs) * minuteMs
      const seen = [5, 20, 40, 60].map((seconds) => {
        const toMs = fromMs + seconds * 1_000
        return bars(0, fromMs, toMs, minuteMs).at(-1)!
      })
      for (const [at, bar] of seen.entries()) {
        assert.strictEqual(bar.open, seen[0]!.open)
        // The same moment, asked for alone.
        const toMs = fromMs + [5, 20, 40, 60][at]! * 1_000
        const moment = bars(0, toMs - 1_000, toMs, 1_000).at(-1)!
        assert.strictEqual(bar.close, moment.close, `seed ${seed}`)
        if (at > 0) assert.isAbove(bar.volume, seen[at - 1]!.volume)
      }
    }
  })
})
