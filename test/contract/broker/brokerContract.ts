/**
 * What every broker behind the port promises. A venue joins by saying how its market is set and how it is reopened.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import type { BrokerReport } from "../../../src/actors/ports/Broker.ts"
import { type BrokerShape, openMs, order, type Shown, told, usd } from "../../infra/broker/world.ts"
import { brokerChanges } from "./brokerChanges.ts"

export const nowMs = openMs + 90_000

/** All that is due by then. */
export const heard = ({ broker }: VenueUnderTest, atMs: number): ReadonlyArray<BrokerReport> => {
  const reports: Array<BrokerReport> = []
  while (broker.speaker.nextDueMs() <= atMs) reports.push(broker.speaker.next())
  return reports
}

/** A venue under test, with the listing of test/infra/broker/world.ts. */
export interface VenueUnderTest {
  readonly broker: BrokerShape
  /** Sets the market of one instrument; returns once the broker under test has heard what came of it. */
  readonly quote: (shown: Shown) => Effect.Effect<void>
  /** Our process dies and comes back: the same account at the same venue. */
  readonly reopen: Effect.Effect<VenueUnderTest, unknown, Scope.Scope>
}

export const brokerContract = (
  name: string,
  open: Effect.Effect<VenueUnderTest, unknown, Scope.Scope>
): void => {
  const withVenue = Effect.gen(function* () {
    const venue = yield* open
    yield* venue.quote({ instrument: 0, bid: 748, ask: 748.2, bidSize: 400, askSize: 400 })
    yield* venue.quote({ instrument: 1, bid: 3.9, ask: 4.1 })
    yield* venue.quote({ instrument: 3, bid: 1.2, ask: 1.4 })
    return venue
  })
  const vertical = [
    { instrument: 1, side: "Buy", ratio: 1 },
    { instrument: 3, side: "Sell", ratio: 1 }
  ] as const

  describe(`broker contract, ${name}`, () => {
    it.effect("acknowledges a resting order and fills nothing", () =>
      Effect.gen(function* () {
        const { broker } = yield* withVenue
        const reports = yield* broker.submit(order({ limit: 4 }), nowMs)
        assert.deepStrictEqual(told(reports), ["New"])
        assert.deepStrictEqual(yield* broker.positions, [])
      })
    )

    it.effect("fills a marketable order at the market, with its commission", () =>
      Effect.gen(function* () {
        const { broker } = yield* withVenue
        const reports = yield* broker.submit(order({ limit: 4.2, orderQty: 3 }), nowMs)
        assert.deepStrictEqual(told(reports), ["New", "Trade 3@4.1"])
        const trade = reports[1]!
        assert(trade.type === "ExecutionReport")
        assert.strictEqual(trade.payload.ordStatus, "Filled")
        assert.strictEqual(trade.payload.leavesQty, 0)
        assert.strictEqual(trade.payload.commissionMicros, 1_950_000n)
        assert.deepStrictEqual(yield* broker.positions, [[1, 3]])
      })
    )

    it.effect("fills a combination leg by leg within its net limit", () =>
      Effect.gen(function* () {
        const { broker } = yield* withVenue
        const short = order({ legs: vertical, orderQty: 2, limit: 2.89 })
        assert.deepStrictEqual(told(yield* broker.submit(short, nowMs)), ["New"])
        const enough = order({ legs: vertical, orderQty: 2, limit: 2.9 })
        const reports = yield* broker.submit(enough, nowMs)
        assert.deepStrictEqual(told(reports), ["New", "Trade 2@2.9"])
        const trade = reports[1]!
        assert(trade.type === "ExecutionReport")
        assert.deepStrictEqual(trade.payload.legs, [
          { instrument: 1, side: "Buy", lastQty: 2, lastPxMicros: usd(4.1) },
          { instrument: 3, side: "Sell", lastQty: 2, lastPxMicros: usd(1.2) }
        ])
        assert.deepStrictEqual(yield* broker.positions, [
          [1, 2],
          [3, -2]
        ])
      })
    )

    it.effect("makes one order of two submissions with the same clOrdID, and answers alike", () =>
      Effect.gen(function* () {
        const { broker } = yield* withVenue
        const twice = order({ limit: 4.2 })
        const first = yield* broker.submit(twice, nowMs)
        assert.deepStrictEqual(yield* broker.submit(twice, nowMs + 1_000), first)
        assert.deepStrictEqual(yield* broker.positions, [[1, 1]])
      })
    )

    it.effect("cancels a working order once, and says so as often as it is asked", () =>
      Effect.gen(function* () {
        const { broker } = yield* withVenue
        const resting = order({ limit: 4 })
        yield* broker.submit(resting, nowMs)
        const answer = yield* broker.cancel(resting.clOrdID, nowMs)
        assert.deepStrictEqual(told(answer), ["Canceled"])
        assert.include(told(yield* broker.cancel(resting.clOrdID, nowMs)), "Canceled")
        const fate = yield* broker.query(resting.clOrdID, nowMs)
        assert(fate._tag === "Present")
        assert.deepStrictEqual(told(fate.reports), ["New", "Canceled"])
      })
    )

    it.effect("refuses to cancel what has filled, and what it never saw", () =>
      Effect.gen(function* () {
        const { broker } = yield* withVenue
        const filled = order({ limit: 4.2 })
        yield* broker.submit(filled, nowMs)
        const late = yield* broker.cancel(filled.clOrdID, nowMs)
        const unknown = yield* broker.cancel("never-sent", nowMs)
        assert.deepStrictEqual(
          [...late, ...unknown].map(({ type }) => type),
          ["OrderCancelReject", "OrderCancelReject"]
        )
        assert.deepStrictEqual(yield* broker.positions, [[1, 1]])
      })
    )

    it.effect("rejects an order that it cannot take, with a reason", () =>
      Effect.gen(function* () {
        const { broker } = yield* withVenue
        const bad = order({ limit: 4.2, orderQty: 0 })
        const unknown = order({ limit: 4, legs: [{ instrument: 999, side: "Buy", ratio: 1 }] })
        for (const request of [bad, unknown]) {
          const [report, ...more] = yield* broker.submit(request, nowMs)
          assert(report?.type === "ExecutionReport")
          assert.strictEqual(report.payload.ordStatus, "Rejected")
          assert.strictEqual(report.payload.leavesQty, 0)
          assert.isNotEmpty(report.payload.text)
          assert.isEmpty(more)
        }
        assert.deepStrictEqual(yield* broker.positions, [])
      })
    )

    it.effect("cancels at once what an immediate-or-cancel order left unfilled", () =>
      Effect.gen(function* () {
        const { broker } = yield* withVenue
        const request = order({ limit: 4, timeInForce: "ImmediateOrCancel" })
        assert.deepStrictEqual(told(yield* broker.submit(request, nowMs)), ["New", "Canceled"])
      })
    )

    it.effect("tells what became of an order, and of an absent one that it is absent", () =>
      Effect.gen(function* () {
        const { broker } = yield* withVenue
        const known = order({ limit: 4.2 })
        assert.strictEqual((yield* broker.query(known.clOrdID, nowMs))._tag, "Absent")
        const reports = yield* broker.submit(known, nowMs)
        const fate = yield* broker.query(known.clOrdID, nowMs)
        assert.deepStrictEqual(fate, { _tag: "Present", reports })
      })
    )

    it.effect("speaks up when a resting order fills later", () =>
      Effect.gen(function* () {
        const venue = yield* withVenue
        yield* venue.broker.submit(order({ limit: 4 }), nowMs)
        assert.deepStrictEqual(heard(venue, nowMs), [])
        yield* venue.quote({ instrument: 1, bid: 3.8, ask: 4, timeMs: openMs + 120_000 })
        assert.strictEqual(venue.broker.speaker.nextDueMs(), openMs + 120_000)
        assert.deepStrictEqual(told(heard(venue, openMs + 120_000)), ["Trade 1@4"])
        assert.deepStrictEqual(yield* venue.broker.positions, [[1, 1]])
      })
    )

    brokerChanges(withVenue)

    it.effect("numbers its reports without a gap, and speaks again from any number", () =>
      Effect.gen(function* () {
        const venue = yield* withVenue
        const { broker } = venue
        const answered = [
          ...(yield* broker.submit(order({ limit: 4.2 }), nowMs)),
          ...(yield* broker.submit(order({ limit: 4 }), nowMs)),
          ...(yield* broker.cancel("never-sent", nowMs))
        ]
        assert.deepStrictEqual(
          answered.map(({ sourceSeq }) => sourceSeq),
          [1, 2, 3, 4]
        )
        for (const after of [0, 2, 4]) {
          broker.speaker.resumeAfter(after)
          assert.deepStrictEqual(heard(venue, nowMs), answered.slice(after))
        }
      })
    )

    it.effect("knows after our crash what it did before, and does nothing twice", () =>
      Effect.gen(function* () {
        const venue = yield* withVenue
        const filled = order({ limit: 4.2, orderQty: 2 })
        const resting = order({ limit: 4 })
        const said = [
          ...(yield* venue.broker.submit(filled, nowMs)),
          ...(yield* venue.broker.submit(resting, nowMs))
        ]
        const after = yield* venue.reopen
        assert.deepStrictEqual(yield* after.broker.positions, [[1, 2]])
        after.broker.speaker.resumeAfter(0)
        assert.deepStrictEqual(heard(after, nowMs), said)
        const again = yield* after.broker.submit(filled, nowMs)
        assert.deepStrictEqual(again, said.slice(0, 2))
        assert.deepStrictEqual(told(yield* after.broker.cancel(resting.clOrdID, nowMs)), [
          "Canceled"
        ])
        assert.deepStrictEqual(yield* after.broker.positions, [[1, 2]])
      })
    )
  })
}
