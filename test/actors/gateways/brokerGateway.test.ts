import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeBrokerGateway } from "../../../src/actors/gateways/brokerGateway.ts"
import { VenueUnavailable } from "../../../src/actors/ports/Broker.ts"
import {
  CancelIntent,
  OrderIntent,
  ReplaceIntent
} from "../../../src/actors/ports/records/broker.ts"
import type { EventDraft, InputDraft, JournalRecord } from "../../../src/domain/journal/record.ts"
import type {
  OrderCancelReplaceRequest,
  OrderRequest
} from "../../../src/domain/trading/reports.ts"
import { type BrokerShape, openMs, openWorld, usd, type World } from "../../infra/broker/world.ts"

const nowMs = openMs + 90_000

const record = (draft: EventDraft): JournalRecord => ({
  ...draft,
  seq: 1,
  epoch: 1,
  actor: "executor",
  version: 1,
  cause: 0,
  logicalTimeMs: nowMs,
  sourceSeq: 0
})

const intent = (limit: number, clOrdID = "c1") =>
  record(
    OrderIntent.make(
      {
        clOrdID,
        tradeId: "A",
        kind: "Open",
        legs: [{ instrument: 1, side: "Buy", ratio: 1 }],
        orderQty: 1,
        limitNetMicros: usd(limit),
        timeInForce: "Day",
        sendBeforeMs: nowMs + 1_000
      },
      "A"
    )
  )
const change = (limit: number, requestId = "r1", sendBeforeMs = nowMs + 1_000) =>
  record(
    ReplaceIntent.make(
      {
        ...{ clOrdID: "c1", requestId, orderQty: 1, limitNetMicros: usd(limit), tradeId: "A" },
        ...{ reason: "test", sendBeforeMs }
      },
      "A"
    )
  )
const cancel = record(CancelIntent.make({ clOrdID: "c1", tradeId: "A", reason: "test" }, "A"))

const opened = Effect.map(openWorld(), (world) => {
  world.quote({ instrument: 1, bid: 3.9, ask: 4.1 })
  return world
})
const gatewayOf = (broker: BrokerShape) => makeBrokerGateway({ broker, latencyMs: 50 }).gateway

/** `New#1`, `Present#0`: what is said, and its number at the venue. */
const said = (inputs: ReadonlyArray<InputDraft>): ReadonlyArray<string> =>
  inputs.map(({ type, payload, sourceSeq }) => {
    const { execType, outcome } = payload as { execType?: string; outcome?: string }
    return `${execType ?? outcome ?? type}#${sourceSeq}`
  })

const down = new VenueUnavailable({ venue: "test", why: "cable" })

/** The venue takes the order, but its answer is lost; asked later, it answers or not. */
const answerLost = (
  world: World,
  query: BrokerShape["query"] = world.broker.query
): BrokerShape => ({
  ...world.broker,
  submit: (order, atMs) => Effect.andThen(world.broker.submit(order, atMs), Effect.fail(down)),
  query
})

describe("broker gateway", () => {
  it.effect("sends a durable intent and brings back what the venue says, with its numbers", () =>
    Effect.gen(function* () {
      const world = yield* opened
      const gateway = gatewayOf(world.broker)
      const answers = yield* gateway.perform(intent(4.2), nowMs)
      assert.deepStrictEqual(said(answers), ["New#1", "Trade#2"])
      assert.deepStrictEqual(
        answers.map(({ source, correlation }) => [source, correlation]),
        [
          ["broker", "A"],
          ["broker", "A"]
        ]
      )
      const key = gateway.requestKey(intent(4.2))
      assert.strictEqual(gateway.answeredKey(answers[0]!.type, answers[0]!.payload), key)
    })
  )

  it.effect("does not send an intent past its time", () =>
    Effect.gen(function* () {
      const world = yield* opened
      const gateway = gatewayOf(world.broker)
      assert.deepStrictEqual(said(yield* gateway.perform(intent(4.2), nowMs + 1_000)), ["Lapsed#0"])
      assert.strictEqual((yield* world.broker.query("c1", nowMs))._tag, "Absent")
    })
  )

  it.effect("adopts an order that is there when it recovers, and sends nothing", () =>
    Effect.gen(function* () {
      const world = yield* opened
      yield* world.broker.submit(intent(4.2).payload as OrderRequest, nowMs)
      world.broker.speaker.resumeAfter(0)
      const gateway = gatewayOf(world.broker)
      const answers = yield* gateway.recover(intent(4.2), nowMs)
      assert.deepStrictEqual(said(answers), ["Present#0", "New#1", "Trade#2"])
      assert.deepStrictEqual(yield* world.broker.positions, [[1, 1]])
    })
  )

  it.effect("sends an absent one once while it may, and lets it lapse afterwards", () =>
    Effect.gen(function* () {
      const world = yield* opened
      const gateway = gatewayOf(world.broker)
      assert.deepStrictEqual(said(yield* gateway.recover(intent(4.2, "late"), nowMs + 1_000)), [
        "Lapsed#0"
      ])
      const recovered = yield* gateway.recover(intent(4.2), nowMs)
      assert.deepStrictEqual(said(recovered), ["New#1", "Trade#2"])
      assert.deepStrictEqual(yield* world.broker.positions, [[1, 1]])
    })
  )

  it.effect("asks what became of an order whose answer was lost, instead of sending it again", () =>
    Effect.gen(function* () {
      const world = yield* opened
      const gateway = gatewayOf(answerLost(world))
      const answers = yield* gateway.perform(intent(4.2), nowMs)
      assert.strictEqual(said(answers)[0], "Present#0")
      assert.deepStrictEqual(yield* world.broker.positions, [[1, 1]])
    })
  )

  it.effect("never takes a question without an answer for absence", () =>
    Effect.gen(function* () {
      const world = yield* opened
      const silent: BrokerShape["query"] = () =>
        Effect.succeed({ _tag: "Unknown", why: "time-out" })
      const gateway = gatewayOf(answerLost(world, silent))
      assert.deepStrictEqual(said(yield* gateway.perform(intent(4.2), nowMs)), ["Unknown#0"])
      assert.deepStrictEqual(said(yield* gateway.recover(intent(4.2), nowMs)), ["Unknown#0"])
    })
  )

  it.effect("says Absent where the venue never received what it failed to send", () =>
    Effect.gen(function* () {
      const world = yield* opened
      const gateway = gatewayOf({ ...world.broker, submit: () => Effect.fail(down) })
      assert.deepStrictEqual(said(yield* gateway.perform(intent(4.2), nowMs)), ["Absent#0"])
    })
  )

  it.effect("cancels, and cancels again alike when it recovers", () =>
    Effect.gen(function* () {
      const world = yield* opened
      const gateway = gatewayOf(world.broker)
      yield* gateway.perform(intent(4), nowMs)
      const answers = yield* gateway.perform(cancel, nowMs)
      assert.deepStrictEqual(said(answers), ["Canceled#2"])
      assert.strictEqual(
        gateway.answeredKey(answers[0]!.type, answers[0]!.payload),
        gateway.requestKey(cancel)
      )
      assert.include(said(yield* gateway.recover(cancel, nowMs)), "Canceled#2")
    })
  )

  it.effect("refuses a cancel that cannot reach the venue", () =>
    Effect.gen(function* () {
      const world = yield* opened
      const gateway = gatewayOf({ ...world.broker, cancel: () => Effect.fail(down) })
      const [answer] = yield* gateway.perform(cancel, nowMs)
      assert.strictEqual(answer?.type, "OrderCancelReject")
      assert.deepInclude(answer?.payload, {
        reason: "venue unavailable: the venue test cannot be reached: cable"
      })
    })
  )

  it.effect("lets reports that were due go before the answer, so that no number is skipped", () =>
    Effect.gen(function* () {
      const world = yield* opened
      const gateway = gatewayOf(world.broker)
      yield* gateway.perform(intent(4), nowMs)
      world.quote({ instrument: 1, bid: 3.8, ask: 4, timeMs: openMs + 120_000 })
      const other = record({
        ...intent(4.2, "c2"),
        payload: { ...(intent(4.2, "c2").payload as object), sendBeforeMs: openMs + 200_000 }
      })
      const answers = yield* gateway.perform(other, openMs + 121_000)
      assert.deepStrictEqual(said(answers), ["Trade#2", "New#3", "Trade#4"])
    })
  )
})

/** An order rests at 4.00; the venue makes a change, but its answer is lost. */
const withResting = Effect.gen(function* () {
  const world = yield* opened
  yield* world.broker.submit(intent(4).payload as OrderRequest, nowMs)
  const lost: BrokerShape = {
    ...world.broker,
    replace: (asked, atMs) => Effect.andThen(world.broker.replace(asked, atMs), Effect.fail(down))
  }
  return { world, lost }
})

describe("broker gateway, changes", () => {
  it.effect("sends a durable change and brings back what the venue says", () =>
    Effect.gen(function* () {
      const { world } = yield* withResting
      const gateway = gatewayOf(world.broker)
      const answers = yield* gateway.perform(change(4.1), nowMs)
      assert.deepStrictEqual(said(answers), ["Replaced#2", "Trade#3"])
      const [{ type, payload }] = answers as [InputDraft, ...ReadonlyArray<InputDraft>]
      assert.strictEqual(gateway.answeredKey(type, payload), gateway.requestKey(change(4.1)))
    })
  )

  it.effect("meets each answer with its own request: order, change and cancel", () =>
    Effect.gen(function* () {
      const { world } = yield* withResting
      const gateway = gatewayOf(world.broker)
      const keys = [intent(4), change(4.05), change(4.05, "r2"), cancel].map(gateway.requestKey)
      assert.strictEqual(new Set(keys).size, 4)
      const refused = yield* gateway.perform(change(4.0001, "r2"), nowMs)
      assert.strictEqual(gateway.answeredKey(refused[0]!.type, refused[0]!.payload), keys[2])
      yield* gateway.perform(cancel, nowMs)
      const late = yield* gateway.perform(change(4.05), nowMs)
      assert.strictEqual(late[0]?.type, "OrderCancelReject")
      assert.strictEqual(gateway.answeredKey(late[0]!.type, late[0]!.payload), keys[1])
    })
  )

  it.effect("does not send a change past its time, in recovery either", () =>
    Effect.gen(function* () {
      const { world } = yield* withResting
      const gateway = gatewayOf(world.broker)
      const late = change(4.1, "r1", nowMs)
      assert.deepStrictEqual(said(yield* gateway.perform(late, nowMs)), ["Lapsed#0"])
      assert.deepStrictEqual(said(yield* gateway.recover(late, nowMs)), ["Lapsed#0"])
      const [answer] = yield* gateway.perform(late, nowMs)
      const key = gateway.requestKey(late)
      assert.strictEqual(gateway.answeredKey(answer!.type, answer!.payload), key)
      assert.deepStrictEqual(yield* world.broker.positions, [])
    })
  )

  it.effect("asks what became of a change whose answer was lost, and hears it", () =>
    Effect.gen(function* () {
      const { lost } = yield* withResting
      const gateway = gatewayOf(lost)
      const [answer, ...heard] = yield* gateway.perform(change(4.05), nowMs)
      assert.deepStrictEqual(said([answer!]), ["Present#0"])
      assert.deepStrictEqual(said(heard), ["New#1", "Replaced#2"])
      // Each of the two answers the request; what the book has already gets no second record.
      const keys = [answer!, heard[1]!].map(({ type, payload }) =>
        gateway.answeredKey(type, payload)
      )
      assert.deepStrictEqual(
        keys,
        [1, 2].map(() => gateway.requestKey(change(4.05)))
      )
    })
  )

  it.effect("adopts a change that was made when it recovers, and sends nothing", () =>
    Effect.gen(function* () {
      const { world, lost } = yield* withResting
      yield* Effect.exit(lost.replace(change(4.05).payload as OrderCancelReplaceRequest, nowMs))
      world.broker.speaker.resumeAfter(1)
      let sent = 0
      const counting: BrokerShape = {
        ...world.broker,
        replace: (...asked) =>
          Effect.andThen(
            Effect.sync(() => sent++),
            lost.replace(...asked)
          )
      }
      const gateway = gatewayOf(counting)
      const answers = yield* gateway.recover(change(4.05), nowMs)
      assert.strictEqual(said(answers)[0], "Present#0")
      assert.include(said(answers), "Replaced#2")
      assert.strictEqual(sent, 0)
    })
  )

  it.effect("sends one that never arrived once while it may", () =>
    Effect.gen(function* () {
      const { world } = yield* withResting
      const cut = { ...world.broker, replace: () => Effect.fail(down) }
      assert.deepStrictEqual(said(yield* gatewayOf(cut).perform(change(4.05), nowMs)), ["Absent#0"])
      const recovered = yield* gatewayOf(world.broker).recover(change(4.05), nowMs)
      assert.deepStrictEqual(said(recovered), ["New#1", "Replaced#2"])
      const fate = yield* world.broker.query("c1", nowMs)
      assert(fate._tag === "Present")
      assert.deepStrictEqual(said(fate.reports), ["New#1", "Replaced#2"])
    })
  )

  it.effect("never takes a question without an answer for absence", () =>
    Effect.gen(function* () {
      const { lost } = yield* withResting
      const query = () => Effect.succeed({ _tag: "Unknown", why: "time-out" } as const)
      const gateway = gatewayOf({ ...lost, query })
      assert.deepStrictEqual(said(yield* gateway.perform(change(4.05), nowMs)), ["Unknown#0"])
      assert.deepStrictEqual(said(yield* gateway.recover(change(4.05), nowMs)), ["Unknown#0"])
    })
  )
})
