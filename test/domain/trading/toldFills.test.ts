import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  type ComboFills,
  type LegPiece,
  noComboFills,
  takePiece,
  takeUnits
} from "../../../src/domain/trading/comboFills.ts"
import type { OrderLeg } from "../../../src/domain/trading/netPrice.ts"
import { correct, type ToldUnits, toldUnits } from "../../../src/domain/trading/toldFills.ts"

const ratios: ReadonlyArray<OrderLeg> = [
  { instrument: 4, side: "Buy", ratio: 1 },
  { instrument: 5, side: "Sell", ratio: 2 },
  { instrument: 6, side: "Buy", ratio: 3 }
]

interface World {
  fills: ComboFills
  told: ReadonlyArray<ToldUnits>
  /** The latest revision of each execution, kept by plain assignment. */
  readonly latest: Map<string, LegPiece>
}

const worldOf = (legs: ReadonlyArray<OrderLeg>): World => ({
  fills: noComboFills(legs),
  told: [],
  latest: new Map()
})

const settle = (world: World): void => {
  const taken = takeUnits(world.fills)
  if (taken === undefined) return
  world.fills = taken.rest
  const execID = `t${world.told.length}`
  world.told = [...world.told, toldUnits(execID, taken.fill, taken.pieces)]
}

const execute = (world: World, piece: LegPiece): void => {
  world.latest.set(piece.execID, piece)
  world.fills = takePiece(world.fills, piece)
  settle(world)
}

const correctIn = (world: World, piece: LegPiece): ReadonlyArray<number> => {
  world.latest.set(piece.execID, piece)
  const { fills, told, changed } = correct(world.fills, world.told, piece)
  world.fills = fills
  world.told = told
  settle(world)
  return changed
}

/** Contracts, worth and commission by leg: of all that is told and waits, and of the executions alone. */
const sums = (legs: ReadonlyArray<OrderLeg>, pieces: Iterable<LegPiece>) => {
  const sum = legs.map(() => ({ quantity: 0, worth: 0 }))
  let commission = 0n
  for (const { leg, lastQty, lastPxMicros, commissionMicros } of pieces) {
    sum[leg]!.quantity += lastQty
    sum[leg]!.worth += lastQty * lastPxMicros
    commission += commissionMicros
  }
  return { sum, commission }
}

const toldSums = ({ fills: { legs }, told }: World) => {
  const sum = legs.map(() => ({ quantity: 0, worth: 0 }))
  let commission = 0n
  for (const { now } of told) {
    commission += now?.commissionMicros ?? 0n
    for (const { instrument, lastQty, lastPxMicros } of now?.legs ?? []) {
      const at = legs.findIndex((leg) => leg.instrument === instrument)
      sum[at]!.quantity += lastQty
      sum[at]!.worth += lastQty * lastPxMicros
    }
  }
  return { sum, commission }
}

const plus = (a: ReturnType<typeof sums>, b: ReturnType<typeof sums>) => ({
  sum: a.sum.map(({ quantity, worth }, at) => ({
    quantity: quantity + b.sum[at]!.quantity,
    worth: worth + b.sum[at]!.worth
  })),
  commission: a.commission + b.commission
})

const Int = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const Step = Schema.Struct({
  corrects: Int(0, 1),
  which: Int(0, 99),
  leg: Int(0, 2),
  lastQty: Int(1, 7),
  price: Int(1, 4),
  fee: Int(0, 3)
})
const Steps = Schema.Array(Step).check(Schema.isMinLength(5), Schema.isMaxLength(40))

describe("Told fills", () => {
  it.prop(
    "are, with what waits, the latest revision of every execution to the cent",
    { steps: Steps, legCount: Int(1, 3) },
    ({ steps, legCount }) => {
      const legs = ratios.slice(0, legCount)
      const world = worldOf(legs)
      for (const { corrects, which, leg, lastQty, price, fee } of steps) {
        const known = [...world.latest.values()][which % Math.max(1, world.latest.size)]
        const commissionMicros = BigInt(fee)
        if (corrects === 1 && known !== undefined) {
          const before = world.told
          const { execID } = known
          const changed = correctIn(world, {
            ...{ execID, leg: known.leg, lastQty, lastPxMicros: price, commissionMicros }
          })
          // What did not change keeps its revision; what did goes on by one.
          for (const [at, was] of before.entries()) {
            const more = changed.includes(at) ? 1 : 0
            assert.strictEqual(world.told[at]!.revision, was.revision + more)
          }
        } else {
          const execID = `x${world.latest.size}`
          execute(world, {
            ...{ execID, leg: leg % legCount, lastQty, lastPxMicros: price, commissionMicros }
          })
        }
        const waiting = sums(legs, world.fills.waiting)
        const all = plus(toldSums(world), waiting)
        assert.deepStrictEqual(all, sums(legs, world.latest.values()))
        assert.isUndefined(takeUnits(world.fills), "nothing whole waits")
        for (const { now } of world.told) {
          if (now === undefined) continue
          for (const { instrument, ratio } of legs) {
            const quantity = now.legs
              .filter((each) => each.instrument === instrument)
              .reduce((sum, each) => sum + each.lastQty, 0)
            assert.strictEqual(quantity, ratio * now.units, "whole units alone are told")
          }
        }
      }
    }
  )

  const piece = (execID: string, leg: number, lastQty: number, price: number, fee = 0n) => ({
    ...{ execID, leg, lastQty, lastPxMicros: price, commissionMicros: fee }
  })

  it("corrects both fills that one execution went into", () => {
    const world = worldOf(ratios.slice(0, 2))
    execute(world, piece("a", 0, 3, 10, 3n))
    execute(world, piece("b", 1, 2, 4, 1n))
    execute(world, piece("c", 1, 4, 4, 2n))
    assert.deepStrictEqual(
      world.told.map(({ now }) => [now?.units, now?.netMicros, now?.commissionMicros]),
      [
        [1, 2, 4n],
        [2, 2, 2n]
      ]
    )
    assert.deepStrictEqual(correctIn(world, piece("a", 0, 3, 11, 3n)), [0, 1])
    assert.deepStrictEqual(
      world.told.map(({ now }) => now?.netMicros),
      [3, 3]
    )
  })

  it("takes a unit back with its first leg and gives it again with its second", () => {
    const world = worldOf(ratios.slice(0, 2))
    execute(world, piece("a", 0, 2, 10))
    execute(world, piece("b", 1, 4, 4))
    assert.deepStrictEqual(correctIn(world, piece("a", 0, 1, 10)), [0])
    assert.strictEqual(world.told[0]?.now?.units, 1)
    assert.strictEqual(world.fills.waiting[0]?.lastQty, 2)
    assert.deepStrictEqual(correctIn(world, piece("b", 1, 2, 4)), [])
    assert.deepStrictEqual(world.fills.waiting, [])
    correctIn(world, piece("a", 0, 2, 10))
    assert.deepStrictEqual(correctIn(world, piece("b", 1, 4, 4)), [0])
    assert.deepStrictEqual(
      world.told.map(({ now, revision }) => [now?.units, revision]),
      [[2, 3]]
    )
  })

  it("leaves nothing of a fill that lost its last whole unit", () => {
    const world = worldOf(ratios.slice(0, 2))
    execute(world, piece("a", 0, 1, 10))
    execute(world, piece("b", 1, 2, 4))
    correctIn(world, piece("b", 1, 1, 4))
    assert.isUndefined(world.told[0]?.now)
    assert.deepStrictEqual(
      world.fills.waiting.map(({ execID, lastQty }) => [execID, lastQty]),
      [
        ["a", 1],
        ["b", 1]
      ]
    )
    assert.deepStrictEqual(correctIn(world, piece("b", 1, 2, 4)), [0])
    assert.deepStrictEqual(
      world.told.map(({ execID, now, revision }) => [execID, now?.units, revision]),
      [["t0", 1, 3]]
    )
  })
})
