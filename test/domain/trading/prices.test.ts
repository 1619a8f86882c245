import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { cashOfFills, marketableNet, netPrice } from "../../../src/domain/trading/netPrice.ts"
import {
  centTicks,
  isOnTick,
  nickelTicks,
  pennyTicks,
  roundLimit,
  tickAt
} from "../../../src/domain/trading/tick.ts"

const usd = (dollars: number): number => Math.round(dollars * 1_000_000)

describe("net prices", () => {
  const vertical = [
    { instrument: 1, side: "Buy", ratio: 1 },
    { instrument: 2, side: "Sell", ratio: 1 }
  ] as const

  it("pay for bought legs and receive for sold ones, times their ratios", () => {
    assert.strictEqual(netPrice(vertical, [usd(4.1), usd(1.2)]), usd(2.9))
    const ratio = [{ ...vertical[0] }, { ...vertical[1], ratio: 2 }]
    assert.strictEqual(netPrice(ratio, [usd(2), usd(1.2)]), usd(-0.4))
  })

  it("are marketable at the ask of bought legs and the bid of sold ones", () => {
    const quotes = [undefined, { bidMicros: 3, askMicros: 5 }, { bidMicros: 1, askMicros: 2 }]
    assert.strictEqual(
      marketableNet(vertical, (at) => quotes[at]!),
      4
    )
    assert.isUndefined(marketableNet(vertical, () => ({ bidMicros: 0, askMicros: 5 })))
  })

  it("make cash of each leg's own multiplier", () => {
    const legs = [
      { instrument: 0, side: "Buy", lastQty: 100, lastPxMicros: usd(748) },
      { instrument: 1, side: "Sell", lastQty: 1, lastPxMicros: usd(4) }
    ] as const
    const cash = cashOfFills(legs, (instrument) => (instrument === 0 ? 1 : 100))
    assert.strictEqual(cash, BigInt(usd(-74_800 + 400)))
  })
})

describe("ticks", () => {
  it("change at three dollars, by class", () => {
    assert.strictEqual(tickAt(pennyTicks, usd(2.99)), usd(0.01))
    assert.strictEqual(tickAt(pennyTicks, usd(3)), usd(0.05))
    assert.strictEqual(tickAt(nickelTicks, usd(-2.95)), usd(0.05))
    assert.strictEqual(tickAt(nickelTicks, usd(-3)), usd(0.1))
  })

  it("round a debit down and a credit up", () => {
    assert.strictEqual(roundLimit(nickelTicks, usd(2.99)), usd(2.95))
    assert.strictEqual(roundLimit(nickelTicks, usd(-2.91)), usd(-2.95))
    assert.isFalse(Object.is(roundLimit(centTicks, -0), -0))
  })

  it.prop(
    "never make a limit more eager, and move it by less than a tick",
    {
      micros: Schema.Int.check(Schema.isBetween({ minimum: -50_000_000, maximum: 50_000_000 })),
      schedule: Schema.Literals(["cent", "penny", "nickel"])
    },
    ({ micros, schedule }) => {
      const ticks = { cent: centTicks, penny: pennyTicks, nickel: nickelTicks }[schedule]
      const rounded = roundLimit(ticks, micros)
      assert.isAtMost(rounded, micros)
      assert.isBelow(micros - rounded, tickAt(ticks, micros))
      assert.isTrue(isOnTick(ticks, rounded))
    }
  )
})
