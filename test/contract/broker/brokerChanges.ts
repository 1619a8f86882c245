/** What every broker behind the port promises of changes: FIX OrderCancelReplaceRequest. */
import { assert, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import type { BrokerReport } from "../../../src/actors/ports/Broker.ts"
import type { OrderCancelReplaceRequest } from "../../../src/domain/trading/reports.ts"
import { openMs, order, told, usd } from "../../infra/broker/world.ts"
import { heard, nowMs, type VenueUnderTest } from "./brokerContract.ts"

let changes = 0

const change = (
  clOrdID: string,
  limit: number,
  over: Partial<OrderCancelReplaceRequest> = {}
): OrderCancelReplaceRequest => ({
  clOrdID,
  requestId: `change-${++changes}`,
  orderQty: 1,
  limitNetMicros: usd(limit),
  ...over
})

const standing = (report: BrokerReport | undefined) => {
  assert(report?.type === "ExecutionReport")
  const { execType, ordStatus, orderQty, cumQty, leavesQty, requestId } = report.payload
  return { execType, ordStatus, orderQty, cumQty, leavesQty, requestId }
}

const assertRefused = (
  answer: ReadonlyArray<BrokerReport>,
  { clOrdID, requestId }: OrderCancelReplaceRequest,
  reason: RegExp
) => {
  const [reject, ...more] = answer
  assert(reject?.type === "OrderCancelReject")
  assert.deepInclude(reject.payload, { clOrdID, requestId, responseTo: "Replace" })
  assert.match(reject.payload.reason, reason)
  assert.isEmpty(more)
}

/** The market is 3.90 to 4.10 in instrument 1. */
export const brokerChanges = (
  withVenue: Effect.Effect<VenueUnderTest, unknown, Scope.Scope>
): void => {
  const withResting = (orderQty = 1) =>
    Effect.gen(function* () {
      const venue = yield* withVenue
      const resting = order({ limit: 3.95, orderQty })
      yield* venue.broker.submit(resting, nowMs)
      return { venue, broker: venue.broker, clOrdID: resting.clOrdID }
    })

  it.effect("changes limit and quantity of a working order, which keeps its id", () =>
    Effect.gen(function* () {
      const { venue, broker, clOrdID } = yield* withResting()
      const asked = change(clOrdID, 4, { orderQty: 3 })
      const answer = yield* broker.replace(asked, nowMs)
      assert.deepStrictEqual(told(answer), ["Replaced"])
      const { requestId } = asked
      const open = { ordStatus: "New", orderQty: 3, cumQty: 0, leavesQty: 3 } as const
      assert.deepStrictEqual(standing(answer[0]), { execType: "Replaced", requestId, ...open })
      // It fills at the new limit, not at the old one.
      yield* venue.quote({ instrument: 1, bid: 3.8, ask: 4, timeMs: openMs + 120_000 })
      assert.deepStrictEqual(told(heard(venue, openMs + 120_000)), ["Trade 3@4"])
      assert.deepStrictEqual(yield* broker.positions, [[1, 3]])
    })
  )

  it.effect("fills at once where the new limit meets the market", () =>
    Effect.gen(function* () {
      const { broker, clOrdID } = yield* withResting()
      const answer = yield* broker.replace(change(clOrdID, 4.1), nowMs)
      assert.deepStrictEqual(told(answer), ["Replaced", "Trade 1@4.1"])
      assert.deepInclude(standing(answer[1]), { ordStatus: "Filled", leavesQty: 0 })
      assert.deepStrictEqual(yield* broker.positions, [[1, 1]])
    })
  )

  it.effect("makes one change of two requests with the same id, and answers alike", () =>
    Effect.gen(function* () {
      const { broker, clOrdID } = yield* withResting()
      const first = change(clOrdID, 4)
      const answer = yield* broker.replace(first, nowMs)
      yield* broker.replace(change(clOrdID, 4.05), nowMs)
      // The repeat neither takes the later change back nor is it told anew.
      assert.deepStrictEqual(yield* broker.replace(first, nowMs + 1_000), answer)
      const again = yield* broker.replace({ ...first, limitNetMicros: usd(4.1) }, nowMs + 1_000)
      assert.deepStrictEqual(again, answer)
      assert.deepStrictEqual(yield* broker.positions, [])
    })
  )

  it.effect("refuses to change what it does not know, and what is over", () =>
    Effect.gen(function* () {
      const { broker, clOrdID } = yield* withResting()
      const unknown = change("never-sent", 4)
      assertRefused(yield* broker.replace(unknown, nowMs), unknown, /^unknown order/)
      yield* broker.cancel(clOrdID, nowMs)
      const late = change(clOrdID, 4.1)
      assertRefused(yield* broker.replace(late, nowMs), late, /^too late to change: Canceled/)
      const filled = order({ limit: 4.2 })
      yield* broker.submit(filled, nowMs)
      const later = change(filled.clOrdID, 4.3)
      assertRefused(yield* broker.replace(later, nowMs), later, /^too late to change: Filled/)
      // A refused change is not a refused cancel, nor the other way round.
      const [reject] = yield* broker.cancel(filled.clOrdID, nowMs)
      assert(reject?.type === "OrderCancelReject")
      assert.isFalse("requestId" in reject.payload)
      assert.isFalse("responseTo" in reject.payload)
    })
  )

  it.effect(
    "refuses a limit or a quantity that it cannot have, and leaves the order as it was",
    () =>
      Effect.gen(function* () {
        const { venue, broker, clOrdID } = yield* withResting(2)
        const offTick = change(clOrdID, 4.0001, { orderQty: 2 })
        assertRefused(yield* broker.replace(offTick, nowMs), offTick, /^bad price/)
        yield* venue.quote({
          ...{ instrument: 1, bid: 3.8, ask: 3.95, bidSize: 2, askSize: 2 },
          timeMs: openMs + 120_000
        })
        const traded = heard(venue, openMs + 120_000)
        assert.deepStrictEqual(told(traded), ["Trade 1@3.95"])
        assert.deepInclude(standing(traded[0]), { ordStatus: "PartiallyFilled", cumQty: 1 })
        const tooFew = change(clOrdID, 4, { orderQty: 1 })
        assertRefused(yield* broker.replace(tooFew, openMs + 121_000), tooFew, /^bad quantity/)
        yield* venue.quote({ instrument: 1, bid: 3.8, ask: 3.95, timeMs: openMs + 180_000 })
        assert.deepStrictEqual(told(heard(venue, openMs + 180_000)), ["Trade 1@3.95"])
        assert.deepStrictEqual(yield* broker.positions, [[1, 2]])
      })
  )

  it.effect("keeps what has filled when it changes the rest", () =>
    Effect.gen(function* () {
      const { venue, broker, clOrdID } = yield* withResting(2)
      yield* venue.quote({
        ...{ instrument: 1, bid: 3.8, ask: 3.95, bidSize: 2, askSize: 2 },
        timeMs: openMs + 120_000
      })
      heard(venue, openMs + 120_000)
      yield* venue.quote({ instrument: 1, bid: 3.9, ask: 4.1, timeMs: openMs + 180_000 })
      const asked = change(clOrdID, 4, { orderQty: 4 })
      const [replaced] = yield* broker.replace(asked, openMs + 181_000)
      assert.deepInclude(standing(replaced), {
        ...{ execType: "Replaced", ordStatus: "PartiallyFilled" },
        ...{ orderQty: 4, cumQty: 1, leavesQty: 3 }
      })
    })
  )

  it.effect("lets a fill on its way win against the change", () =>
    Effect.gen(function* () {
      const { venue, broker, clOrdID } = yield* withResting()
      yield* venue.quote({ instrument: 1, bid: 3.8, ask: 3.95, timeMs: openMs + 120_000 })
      // The fill is there and not heard when the change arrives.
      const late = change(clOrdID, 4, { orderQty: 5 })
      const [trade, ...refusal] = yield* broker.replace(late, openMs + 121_000)
      assert.deepStrictEqual(told([trade!]), ["Trade 1@3.95"])
      assertRefused(refusal, late, /^too late to change: Filled/)
      assert.deepStrictEqual(yield* broker.positions, [[1, 1]])
    })
  )

  it.effect("cancels a changed order once", () =>
    Effect.gen(function* () {
      const { venue, broker, clOrdID } = yield* withResting()
      yield* broker.replace(change(clOrdID, 4), nowMs)
      assert.deepStrictEqual(told(yield* broker.cancel(clOrdID, nowMs)), ["Canceled"])
      yield* venue.quote({ instrument: 1, bid: 3.8, ask: 3.9, timeMs: openMs + 120_000 })
      assert.deepStrictEqual(heard(venue, openMs + 120_000), [])
      assert.deepStrictEqual(yield* broker.positions, [])
    })
  )

  it.effect("tells of changes and refused ones among what it knows of an order", () =>
    Effect.gen(function* () {
      const { broker, clOrdID } = yield* withResting()
      const [changed, refused] = [change(clOrdID, 4), change(clOrdID, 4.0001)]
      const answers = [
        ...(yield* broker.replace(changed, nowMs)),
        ...(yield* broker.replace(refused, nowMs))
      ]
      const fate = yield* broker.query(clOrdID, nowMs)
      assert(fate._tag === "Present")
      assert.deepStrictEqual(fate.reports.slice(1), answers)
    })
  )

  it.effect("knows after our crash which changes it made", () =>
    Effect.gen(function* () {
      const { venue, broker, clOrdID } = yield* withResting()
      const asked = change(clOrdID, 4)
      const answer = yield* broker.replace(asked, nowMs)
      const after = yield* venue.reopen
      after.broker.speaker.resumeAfter(0)
      assert.deepStrictEqual(told(heard(after, nowMs)), ["New", "Replaced"])
      assert.deepStrictEqual(yield* after.broker.replace(asked, nowMs), answer)
      const next = yield* after.broker.replace(change(clOrdID, 4.05), nowMs)
      assert.deepStrictEqual(told(next), ["Replaced"])
      yield* after.quote({ instrument: 1, bid: 3.8, ask: 4.05, timeMs: openMs + 120_000 })
      assert.deepStrictEqual(told(heard(after, openMs + 120_000)), ["Trade 1@4.05"])
    })
  )
}
