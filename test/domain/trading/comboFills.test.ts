import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  type ComboFills,
  type LegPiece,
  noComboFills,
  takePiece,
  takeUnits,
  type UnitFill,
  wholeUnits
} from "../../../src/domain/trading/comboFills.ts"
import type { OrderLeg } from "../../../src/domain/trading/netPrice.ts"

const usd = (dollars: number) => Math.round(dollars * 1e6)
const butterfly: ReadonlyArray<OrderLeg> = [
  { instrument: 4, side: "Buy", ratio: 1 },
  { instrument: 5, side: "Sell", ratio: 2 },
  { instrument: 6, side: "Buy", ratio: 1 }
]
let count = 0
const piece = (leg: number, lastQty: number, price: number, fee = 0n): LegPiece => ({
  execID: `e${++count}`,
  leg,
  lastQty,
  lastPxMicros: usd(price),
  commissionMicros: fee
})

describe("Combination fills", () => {
  it("fills no unit before every leg has its ratio of it", () => {
    let fills = noComboFills(butterfly)
    for (const each of [piece(0, 2, 5), piece(1, 3, 3), piece(2, 2, 2)]) {
      fills = takePiece(fills, each)
    }
    assert.strictEqual(wholeUnits(fills), 1)
    const { fill, rest } = takeUnits(fills)!
    assert.deepStrictEqual(fill.legs, [
      { instrument: 4, side: "Buy", lastQty: 1, lastPxMicros: usd(5) },
      { instrument: 5, side: "Sell", lastQty: 2, lastPxMicros: usd(3) },
      { instrument: 6, side: "Buy", lastQty: 1, lastPxMicros: usd(2) }
    ])
    assert.strictEqual(fill.netMicros, usd(1))
    assert.isUndefined(takeUnits(rest))
    const more = takeUnits(takePiece(rest, piece(1, 1, 3.1)))!
    assert.strictEqual(more.fill.netMicros, usd(0.9))
    assert.isEmpty(more.rest.waiting)
  })

  it("counts a repeated leg execution once", () => {
    const once = piece(0, 1, 4)
    const legs = [{ instrument: 1, side: "Buy", ratio: 1 }] as const
    const twice = takePiece(takePiece(noComboFills(legs), once), once)
    assert.strictEqual(wholeUnits(twice), 1)
    const { rest } = takeUnits(twice)!
    assert.strictEqual(wholeUnits(takePiece(rest, once)), 0)
  })

  const Pieces = Schema.Array(
    Schema.Struct({
      leg: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 })),
      quantity: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 6 })),
      cents: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 900 })),
      fee: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 })),
      takes: Schema.Boolean
    })
  )

  it.prop(
    "loses no contract, no cent and no fee, however pieces come and are taken",
    [Pieces],
    ([all]) => {
      let fills: ComboFills = noComboFills(butterfly)
      const out: Array<UnitFill> = []
      const pieces: Array<LegPiece> = []
      const take = () => {
        const taken = takeUnits(fills)
        if (taken === undefined) return
        out.push(taken.fill)
        fills = taken.rest
      }
      for (const { leg, quantity, cents, fee, takes } of all) {
        const each = piece(leg, quantity, cents / 100, BigInt(fee))
        pieces.push(each)
        fills = takePiece(fills, each)
        if (takes) take()
      }
      take()
      const units = out.reduce((sum, each) => sum + each.units, 0)
      for (const [leg, { instrument, ratio }] of butterfly.entries()) {
        const came = pieces.filter((each) => each.leg === leg)
        const waits = fills.waiting.filter((each) => each.leg === leg)
        const filled = out.flatMap(({ legs }) =>
          legs.filter((each) => each.instrument === instrument)
        )
        const contracts = (parts: ReadonlyArray<{ readonly lastQty: number }>) =>
          parts.reduce((sum, { lastQty }) => sum + lastQty, 0)
        const worth = (
          parts: ReadonlyArray<{ readonly lastQty: number; readonly lastPxMicros: number }>
        ) => parts.reduce((sum, { lastQty, lastPxMicros }) => sum + lastQty * lastPxMicros, 0)
        assert.strictEqual(contracts(filled), units * ratio)
        assert.strictEqual(contracts(filled) + contracts(waits), contracts(came))
        assert.strictEqual(worth(filled) + worth(waits), worth(came))
      }
      const fees = (parts: ReadonlyArray<{ readonly commissionMicros: bigint }>) =>
        parts.reduce((sum, { commissionMicros }) => sum + commissionMicros, 0n)
      assert.strictEqual(fees(out) + fees(fills.waiting), fees(pieces))
      assert.strictEqual(wholeUnits(fills), 0)
    }
  )
})
