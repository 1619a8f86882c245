import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { OrderLeg } from "../../../src/domain/trading/netPrice.ts"
import { makeMemoryMedium } from "../../../src/infra/log/medium.ts"
import { dayOne, dayTwo, openMs, openWorld, order, told, usd, type World } from "./world.ts"

const nowMs = openMs + 90_000
const closingMs = dayOne.closeMs + 1

const leg = (instrument: number, side: "Buy" | "Sell", ratio = 1): OrderLeg => ({
  instrument,
  side,
  ratio
})

const quoted = (rules = {}) =>
  Effect.map(openWorld(undefined, rules), (world) => {
    world.quote({ instrument: 0, bid: 748, ask: 748.2, bidSize: 400, askSize: 400 })
    world.quote({ instrument: 1, bid: 3.9, ask: 4.1, bidSize: 10, askSize: 10 })
    world.quote({ instrument: 2, bid: 0.5, ask: 0.6 })
    world.quote({ instrument: 3, bid: 1.2, ask: 1.4, bidSize: 3, askSize: 3 })
    world.quote({ instrument: 4, bid: 2.8, ask: 3.1 })
    return world
  })

const reject = (world: World, request: ReturnType<typeof order>, atMs = nowMs) =>
  Effect.gen(function* () {
    const [report] = yield* world.broker.submit(request, atMs)
    assert(report?.type === "ExecutionReport")
    assert.strictEqual(report.payload.execType, "Rejected")
    return report.payload.text
  })

describe("simulated exchange, fills", () => {
  it.effect("take at most the stated share of the displayed size, once per bar", () =>
    Effect.gen(function* () {
      const world = yield* quoted({ displayedShare: 0.25 })
      const request = order({ limit: 4.2, orderQty: 8 })
      // A quarter of 10, rounded up.
      assert.deepStrictEqual(told(yield* world.broker.submit(request, nowMs)), [
        "New",
        "Trade 3@4.1"
      ])
      const rival = order({ limit: 4.2 })
      assert.deepStrictEqual(told(yield* world.broker.submit(rival, nowMs)), ["New"])
      world.quote({ instrument: 1, bid: 3.8, ask: 4, askSize: 16, timeMs: openMs + 120_000 })
      // The older order is served first; the bar's four are gone then.
      assert.deepStrictEqual(told(world.heard(openMs + 120_000)), ["Trade 4@4"])
      world.quote({ instrument: 1, bid: 3.8, ask: 4.1, askSize: 16, timeMs: openMs + 180_000 })
      assert.deepStrictEqual(told(world.heard(openMs + 180_000)), ["Trade 1@4.1", "Trade 1@4.1"])
      const fate = yield* world.broker.query(request.clOrdID, nowMs)
      assert(fate._tag === "Present")
      const last = fate.reports.at(-1)!
      assert(last.type === "ExecutionReport")
      assert.deepInclude(last.payload, { ordStatus: "Filled", cumQty: 8, leavesQty: 0 })
    })
  )

  it.effect("of combinations come in whole units, bounded by the scarcest leg", () =>
    Effect.gen(function* () {
      const world = yield* quoted({ displayedShare: 1 })
      const legs = [leg(1, "Buy"), leg(3, "Sell", 2)]
      const reports = yield* world.broker.submit(order({ legs, limit: 2, orderQty: 5 }), nowMs)
      assert.deepStrictEqual(told(reports), ["New", "Trade 1@1.7"])
      assert.deepStrictEqual(yield* world.broker.positions, [
        [1, 1],
        [3, -2]
      ])
    })
  )

  it.effect("wait while a side that a leg needs is absent", () =>
    Effect.gen(function* () {
      const world = yield* quoted()
      world.quote({ instrument: 3, bid: 0, ask: 1.4, bidSize: 0 })
      const legs = [leg(1, "Buy"), leg(3, "Sell")]
      const reports = yield* world.broker.submit(order({ legs, limit: 9 }), nowMs)
      assert.deepStrictEqual(told(reports), ["New"])
      world.quote({ instrument: 3, bid: 0.5, ask: 1.4, timeMs: openMs + 120_000 })
      assert.deepStrictEqual(told(world.heard(openMs + 120_000)), ["Trade 1@3.6"])
    })
  )

  it.effect("of an immediate-or-cancel order are what the bar gives; the rest is canceled", () =>
    Effect.gen(function* () {
      const world = yield* quoted()
      const request = order({ limit: 4.2, orderQty: 9, timeInForce: "ImmediateOrCancel" })
      const reports = yield* world.broker.submit(request, nowMs)
      assert.deepStrictEqual(told(reports), ["New", "Trade 5@4.1", "Canceled"])
      const last = reports.at(-1)!
      assert(last.type === "ExecutionReport")
      assert.deepInclude(last.payload, { ordStatus: "Canceled", cumQty: 5, leavesQty: 0 })
    })
  )

  it.effect("that come before the cancel win the race", () =>
    Effect.gen(function* () {
      const world = yield* quoted()
      const request = order({ limit: 4 })
      yield* world.broker.submit(request, nowMs)
      world.quote({ instrument: 1, bid: 3.8, ask: 4, timeMs: openMs + 120_000 })
      const answer = yield* world.broker.cancel(request.clOrdID, openMs + 121_000)
      assert.deepStrictEqual(told(answer), ["Trade 1@4", "reject too late to cancel: Filled"])
    })
  )
})

describe("simulated exchange, a log that cannot be written", () => {
  it.effect("makes it unavailable and its orders unknown, until it is opened again", () =>
    Effect.gen(function* () {
      const memory = makeMemoryMedium()
      let isFull = false
      const medium = {
        ...memory,
        append: (bytes: Uint8Array) => {
          // A full disk takes a part of the line.
          memory.append(isFull ? bytes.subarray(0, 30) : bytes)
          if (isFull) throw new Error("ENOSPC: no space left on device, write")
        }
      }
      const world = yield* openWorld(medium)
      world.quote({ instrument: 1, bid: 3.9, ask: 4.1 })
      const request = order({ limit: 4.2 })
      isFull = true
      const error = yield* Effect.flip(world.broker.submit(request, nowMs))
      assert.strictEqual(
        error.message,
        "the venue simulated exchange cannot be reached: the simulated exchange's log at memory " +
          "cannot be written: ENOSPC: no space left on device, write"
      )
      isFull = false
      assert.strictEqual((yield* Effect.flip(world.broker.positions))._tag, "VenueUnavailable")
      assert.strictEqual((yield* world.broker.query(request.clOrdID, nowMs))._tag, "Unknown")
      assert.throws(() => world.quote({ instrument: 1, bid: 3.9, ask: 4.1, timeMs: closingMs + 1 }))

      const reopened = yield* openWorld(medium)
      assert.strictEqual(reopened.simulated.cutBytes, 30)
      assert.strictEqual((yield* reopened.broker.query(request.clOrdID, nowMs))._tag, "Absent")
    })
  )
})

describe("simulated exchange, rejections", () => {
  it.effect("name what is wrong", () =>
    Effect.gen(function* () {
      const world = yield* quoted()
      const cases: ReadonlyArray<readonly [ReturnType<typeof order>, string]> = [
        [order({ limit: 4, orderQty: 10_001 }), "bad quantity: orderQty was 10001, 1 to 10000"],
        [order({ limit: 4, legs: [leg(1, "Buy", 0)] }), "bad quantity: ratio was 0"],
        [order({ limit: 4, legs: [] }), "bad legs: 0 legs, 1 to 4"],
        [order({ limit: 4, legs: [leg(1, "Buy"), leg(1, "Sell")] }), "bad legs: an instrument"],
        [order({ limit: 4, legs: [leg(77, "Buy")] }), "unknown instrument: 77, of which 7"],
        [order({ limit: 4.005 }), "bad price: net limit was 4005000, multiples of 10000"],
        [order({ limit: -4 }), "bad price: net limit was -4000000 to Buy"],
        [order({ limit: 4, legs: [leg(1, "Sell")] }), "bad price: net limit was 4000000 to Sell"],
        [order({ limit: 4, legs: [leg(6, "Buy")] }), "no quote: instrument 6 today"]
      ]
      for (const [request, reason] of cases) assert.include(yield* reject(world, request), reason)
      assert.deepStrictEqual(yield* world.broker.positions, [])
    })
  )

  it.effect("come outside trading hours: from the close on, before the open, in the night", () =>
    Effect.gen(function* () {
      const world = yield* quoted()
      for (const atMs of [openMs - 1, dayOne.closeMs, dayOne.closeMs + 3_600_000]) {
        assert.strictEqual(yield* reject(world, order({ limit: 4 }), atMs), "market closed")
      }
    })
  )

  it.effect("meet contracts of yesterday, and instruments without a quote today", () =>
    Effect.gen(function* () {
      const world = yield* quoted()
      world.quote({ instrument: 0, bid: 750, ask: 750.1, timeMs: dayTwo.openMs + 60_000 })
      const atMs = dayTwo.openMs + 61_000
      const expired = order({ limit: 4, legs: [leg(1, "Buy")] })
      assert.strictEqual(yield* reject(world, expired, atMs), "expired: instrument 1")
      const unquoted = order({ limit: 4, legs: [leg(5, "Buy")] })
      assert.strictEqual(yield* reject(world, unquoted, atMs), "no quote: instrument 5 today")
    })
  )

  it.effect("of option limits follow the class's ticks, where they are told", () =>
    Effect.gen(function* () {
      const optionTicks = { belowMicros: 50_000, aboveMicros: 100_000, changeMicros: 3_000_000 }
      const world = yield* quoted({ optionTicks })
      assert.include(yield* reject(world, order({ limit: 4.05 })), "multiples of 100000")
      const spread = order({ limit: 2.99, legs: [leg(1, "Buy"), leg(3, "Sell")] })
      assert.notInclude(told(yield* world.broker.submit(spread, nowMs)), "Rejected")
    })
  )
})

describe("simulated exchange, close of a day", () => {
  const closed = (legs: ReadonlyArray<OrderLeg>, quantity = 2) =>
    Effect.gen(function* () {
      const world = yield* quoted()
      for (const each of legs) {
        const limit = each.side === "Buy" ? 900 : -0.01
        yield* world.broker.submit(order({ legs: [each], limit, orderQty: quantity }), nowMs)
      }
      assert.strictEqual(world.broker.speaker.nextDueMs(), closingMs)
      return { world, said: told(world.heard(closingMs)) }
    })

  it.effect("expires what is still working of day orders, then falls silent", () =>
    Effect.gen(function* () {
      const world = yield* quoted()
      yield* world.broker.submit(order({ limit: 4 }), nowMs)
      assert.strictEqual(world.broker.speaker.nextDueMs(), closingMs)
      assert.deepStrictEqual(told(world.heard(closingMs)), ["Expired"])
      assert.strictEqual(world.broker.speaker.nextDueMs(), Number.POSITIVE_INFINITY)
    })
  )

  // The stock closes at 748.40.
  it.effect("exercises long calls in the money: shares come at the strike", () =>
    Effect.gen(function* () {
      const { world, said } = yield* closed([leg(1, "Buy")])
      assert.deepStrictEqual(said, ["Exercised 1 2 200"])
      assert.deepStrictEqual(yield* world.broker.positions, [[0, 200]])
    })
  )

  it.effect("assigns short calls in the money: shares go", () =>
    Effect.gen(function* () {
      const { world, said } = yield* closed([leg(1, "Sell")])
      assert.deepStrictEqual(said, ["Assigned 1 -2 -200"])
      assert.deepStrictEqual(yield* world.broker.positions, [[0, -200]])
    })
  )

  it.effect("exercises long puts in the money and assigns short ones", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* closed([leg(4, "Buy")])).said, ["Exercised 4 2 -200"])
      assert.deepStrictEqual((yield* closed([leg(4, "Sell")])).said, ["Assigned 4 -2 200"])
    })
  )

  it.effect("lets what is out of the money expire, for longs and shorts", () =>
    Effect.gen(function* () {
      const { world, said } = yield* closed([leg(2, "Buy"), leg(3, "Sell")])
      assert.deepStrictEqual(said, ["Expired 2 2 0", "Expired 3 -2 0"])
      assert.deepStrictEqual(yield* world.broker.positions, [])
    })
  )

  it.effect("leaves contracts of later days and the stock alone", () =>
    Effect.gen(function* () {
      const world = yield* quoted()
      world.quote({ instrument: 5, bid: 5, ask: 5.2 })
      yield* world.broker.submit(order({ legs: [leg(5, "Buy")], limit: 5.2 }), nowMs)
      yield* world.broker.submit(order({ legs: [leg(0, "Buy")], limit: 749 }), nowMs)
      assert.deepStrictEqual(world.heard(closingMs), [])
      world.quote({ instrument: 0, bid: 752, ask: 752.2, timeMs: dayTwo.openMs + 60_000 })
      assert.deepStrictEqual(yield* world.broker.positions, [
        [0, 1],
        [5, 1]
      ])
      // No closing price is stated for the second day: the stock's last midpoint counts, 752.10.
      assert.deepStrictEqual(told(world.heard(dayTwo.closeMs + 1)), ["Exercised 5 1 100"])
      assert.deepStrictEqual(yield* world.broker.positions, [[0, 101]])
    })
  )

  it.effect("exercises from one cent in the money, not below", () =>
    Effect.gen(function* () {
      for (const [exerciseAtMicros, expected] of [
        [usd(3.4), "Exercised 1 1 100"],
        [usd(3.41), "Expired 1 1 0"]
      ] as const) {
        const world = yield* quoted({ exerciseAtMicros })
        yield* world.broker.submit(order({ limit: 4.2 }), nowMs)
        assert.deepStrictEqual(told(world.heard(closingMs)), [expected])
      }
    })
  )

  it.effect("passes a silent night, and expires orders of the second day at its own close", () =>
    Effect.gen(function* () {
      const world = yield* quoted()
      world.quote({ instrument: 5, bid: 5, ask: 5.2, timeMs: dayTwo.openMs + 60_000 })
      const resting = order({ legs: [leg(5, "Buy")], limit: 5 })
      const atMs = dayTwo.openMs + 61_000
      assert.deepStrictEqual(told(yield* world.broker.submit(resting, atMs)), ["New"])
      assert.strictEqual(world.broker.speaker.nextDueMs(), dayTwo.closeMs + 1)
    })
  )
})
