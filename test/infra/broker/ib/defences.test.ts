/**
 * What the client library leaves to others, and what we do about it: each test is run with the defence and, to show that
 * it can fail, without.
 */

import { assert, describe, it } from "@effect/vitest"
import { EventName, IBApi, type OrderType } from "@stoqey/ib"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { openIbConnection } from "../../../../src/infra/broker/ib/ibConnection.ts"
import type { IbLinkOptions } from "../../../../src/infra/broker/ib/ibLink.ts"
import type { IbDefences } from "../../../../src/infra/broker/ib/ibWire.ts"
import { order, told } from "../world.ts"
import {
  aMoment,
  deskOptions,
  linkOptions,
  noonMs,
  openDesk,
  reconnected,
  untilDown
} from "./ibDesk.ts"
import { execution, orderIdOf, status } from "./sayings.ts"
import { asks, openScriptedTws, type ScriptedTws } from "./scriptedTws.ts"

const desk = (
  port: number,
  off: Partial<IbDefences> = {},
  change: Partial<IbLinkOptions> = {},
  more: Parameters<typeof deskOptions>[1] = {}
) => openDesk(deskOptions(linkOptions(port, change, off), more))

/** With lines of market data. */
const withData = (port: number, off: Partial<IbDefences>) =>
  openIbConnection({
    ...deskOptions(linkOptions(port, {}, off)),
    data: { linesMax: 3, silenceMsMax: 600_000, isOpen: () => true, onEscalate: () => {} },
    quotesMax: 9
  })

const placed = ({ visits }: ScriptedTws) => visits.flatMap((visit) => visit.asked(asks.placeOrder))

describe("IB client's traps", () => {
  for (const isOn of [true, false]) {
    it.effect(
      `${isOn ? "never sends" : "without a fresh client sends"} later what was asked while disconnected`,
      () =>
        Effect.gen(function* () {
          const { tws, port } = yield* openScriptedTws
          const broker = yield* desk(port, { freshClient: isOn })
          tws.last.socket.destroy()
          yield* untilDown(broker)
          const failed = yield* Effect.flip(broker.port.submit(order({ limit: 4.2 }), noonMs))
          assert.strictEqual(failed._tag, "VenueUnavailable")
          yield* reconnected(broker)
          // Written in order: what the new connection was to carry before the echo has come by then.
          yield* broker.link.echo
          assert.lengthOf(placed(tws), isOn ? 0 : 1)
        })
    )
  }

  it.effect("the library alone sends it after reconnecting", () =>
    Effect.gen(function* () {
      const { tws, port } = yield* openScriptedTws
      const api = new IBApi({ host: "127.0.0.1", port, clientId: 1 })
      const ready = Effect.callback<void>((resume) => {
        api.once(EventName.nextValidId, () => resume(Effect.void))
        api.connect(1)
      })
      yield* ready
      const gone = Effect.callback<void>((resume) => {
        api.once(EventName.disconnected, () => resume(Effect.void))
      })
      tws.last.socket.destroy()
      yield* gone
      yield* aMoment
      api.placeOrder(1, { symbol: "GOOG" }, { orderType: "MKT" as OrderType })
      yield* ready
      yield* tws.until(() => placed(tws).length === 1)
      api.disconnect()
    })
  )

  for (const isOn of [true, false]) {
    it.effect(
      `${isOn ? "fails" : "without its own pacing loses"} what waits when the socket drops`,
      () =>
        Effect.gen(function* () {
          const { tws, port } = yield* openScriptedTws
          const { link, queries } = yield* desk(
            port,
            { ownPacing: isOn },
            { requestsPerSecondMax: isOn ? 20 : 10_000 }
          )
          tws.script = (message) => message[0] === asks.executions
          const before = tws.last.asked(asks.executions).length
          const asked = yield* Effect.forkChild(
            Effect.forEach(Array.from({ length: 60 }), () => Effect.exit(queries.executions), {
              concurrency: "unbounded"
            })
          )
          yield* tws.until(() => tws.last.asked(asks.executions).length > before)
          tws.last.socket.destroy()
          while (link.state._tag === "Up") yield* aMoment
          // What waits for its turn asks for it in vain: the connection that it was for is gone.
          yield* TestClock.adjust(isOn ? 4_000 : 0)
          if (isOn) {
            const exits = yield* Fiber.join(asked)
            assert.isTrue(exits.every(({ _tag }) => _tag === "Failure"))
          } else {
            // Its limiter still holds requests for a socket that is no more, and nobody is told.
            const written = tws.visits.flatMap((visit) => visit.asked(asks.executions)).length
            assert.isBelow(written - before, 60)
            yield* Fiber.interrupt(asked)
          }
        })
    )
  }

  for (const isOn of [true, false]) {
    it.effect(
      `${isOn ? "keeps" : "without the defence drifts from"} its client id over reconnects`,
      () =>
        Effect.gen(function* () {
          const { tws, port } = yield* openScriptedTws
          const broker = yield* desk(port, { fixedClientId: isOn })
          for (const _visit of [2, 3]) {
            tws.last.socket.destroy()
            yield* reconnected(broker)
          }
          const ids = new Set(tws.visits.map(({ clientId }) => clientId))
          assert.strictEqual(ids.size, isOn ? 1 : 3)
        })
    )
  }

  for (const isOn of [true, false]) {
    it.effect(`${isOn ? "notices" : "without a heartbeat misses"} a server that says nothing`, () =>
      Effect.gen(function* () {
        const { tws, port } = yield* openScriptedTws
        const { link } = yield* desk(
          port,
          { heartbeat: isOn },
          { heartbeatMs: 10_000, answerMs: 5_000 }
        )
        tws.script = () => true
        yield* TestClock.adjust(10_000)
        if (isOn) yield* tws.until(() => tws.last.asked(asks.currentTime).length === 1)
        yield* TestClock.adjust(5_000)
        assert.strictEqual(link.state._tag, isOn ? "Down" : "Up")
      })
    )
  }

  for (const isOn of [true, false]) {
    const says = isOn
      ? "takes price increments from contract details"
      : "without the defence takes 0.05 for 0 and refuses every order"
    it.effect(says, () =>
      Effect.gen(function* () {
        const { tws, port } = yield* openScriptedTws
        tws.script = (message, visit) => {
          // Tick parameters come with each line: id, increment, exchanges, permissions.
          if (message[0] === asks.marketData) visit.say(81, message[2]!, 0.05, "9c0001", 3)
          const orderId = orderIdOf(message)
          if (message[0] === asks.placeOrder) status(visit, orderId, "Submitted", 0, 1, +orderId)
          return message[0] === asks.marketData || message[0] === asks.placeOrder
        }
        const { broker, data, quiet } = yield* withData(port, { detailIncrements: isOn })
        yield* data.subscribe([1])
        yield* tws.until(() => tws.last.asked(asks.marketData).length === 1)
        yield* quiet
        const between = yield* broker.submit(order({ limit: 4.01 }), noonMs)
        const [denied] = between
        assert(denied?.type === "ExecutionReport" && denied.payload.execType === "Rejected")
        assert.match(denied.payload.text, isOn ? /multiples of 50000 / : /multiples of 0 /)
        const sound = yield* broker.submit(order({ limit: 4.05 }), noonMs)
        assert.deepStrictEqual(told(sound), [isOn ? "New" : "Rejected"])
        assert.lengthOf(placed(tws), isOn ? 1 : 0)
      })
    )
  }

  for (const isOn of [true, false]) {
    it.effect(`${isOn ? "hears" : "without the defence drops"} the size in a bid's price`, () =>
      Effect.gen(function* () {
        const { tws, port } = yield* openScriptedTws
        const { data, quiet, quotes } = yield* withData(port, { bidSizes: isOn })
        yield* data.subscribe([1])
        yield* tws.until(() => tws.last.asked(asks.marketData).length === 1)
        const id = tws.last.asked(asks.marketData)[0]![2]!
        // Both sides as prices with their sizes, and no message of a size alone.
        tws.last.say(1, 6, id, 1, 3.9, 7, 0)
        tws.last.say(1, 6, id, 2, 4.1, 9, 0)
        yield* quiet
        const { bidMicros, bidSize, askMicros, askSize } = quotes.take()!
        assert.deepStrictEqual(
          [bidMicros, bidSize, askMicros, askSize],
          [isOn ? 3_900_000 : 0, isOn ? 7 : 0, 4_100_000, 9]
        )
        assert.isUndefined(quotes.take())
      })
    )
  }

  for (const isOn of [true, false]) {
    it.effect(
      `${isOn ? "says" : "without the defence leaves open"} that an order is to be transmitted`,
      () =>
        Effect.gen(function* () {
          const { tws, port } = yield* openScriptedTws
          const { port: broker } = yield* desk(port, { explicitTransmit: isOn })
          tws.script = (message, visit) => {
            const orderId = orderIdOf(message)
            if (message[0] === asks.placeOrder) status(visit, orderId, "Submitted", 0, 1, +orderId)
            return message[0] === asks.placeOrder
          }
          const request = order({ limit: 4 })
          yield* broker.submit(request, noonMs)
          const [sent] = placed(tws)
          assert.strictEqual(sent![sent!.indexOf(request.clOrdID) + 1], isOn ? "1" : "")
        })
    )
  }

  for (const isOn of [true, false]) {
    const says = isOn ? "keeps back at the socket" : "without the check writes"
    it.effect(`${says} an order whose time, or whose writer's lease, is over`, () =>
      Effect.gen(function* () {
        const { tws, port } = yield* openScriptedTws
        let problem = ""
        const { port: broker } = yield* desk(
          port,
          { sendCheck: isOn },
          {},
          { leaseProblem: () => problem }
        )
        tws.script = (message, visit) => {
          const orderId = orderIdOf(message)
          if (message[0] === asks.placeOrder) status(visit, orderId, "Submitted", 0, 1, +orderId)
          return message[0] === asks.placeOrder
        }
        const late = yield* Effect.exit(broker.submit(order({ limit: 4 }), noonMs, noonMs))
        problem = "the writer's lease ended"
        const leaseless = order({ limit: 4 })
        const lapsed = yield* Effect.exit(broker.submit(leaseless, noonMs))
        assert.deepStrictEqual(
          [late._tag, lapsed._tag],
          isOn ? ["Failure", "Failure"] : ["Success", "Success"]
        )
        assert.strictEqual(placed(tws).length, isOn ? 0 : 2)
        // What was kept back is certain not to be there, and may be sent once the lease is renewed.
        const fate = yield* broker.query(leaseless.clOrdID, noonMs)
        assert.strictEqual(fate._tag, isOn ? "Absent" : "Present")
        problem = ""
        assert.deepStrictEqual(told(yield* broker.submit(leaseless, noonMs)), ["New"])
        assert.strictEqual(placed(tws).length, isOn ? 1 : 2)
      })
    )
  }

  for (const isOn of [true, false]) {
    it.effect(
      `${isOn ? "reads" : "without the defence trips over"} completed orders below version 177`,
      () =>
        Effect.gen(function* () {
          const { tws, port } = yield* openScriptedTws
          const { queries } = yield* desk(port, { readableCompleted: isOn })
          tws.script = (message, visit) => {
            if (message[0] !== asks.completedOrders) return undefined
            visit.say(...completedOrder("ref-1", 77))
            visit.say(102)
            return true
          }
          const answer = yield* Effect.exit(queries.completedOrders)
          if (!isOn) assert.strictEqual(answer._tag, "Failure")
          else
            assert.deepStrictEqual(
              answer,
              yield* Effect.exit(Effect.succeed([{ ref: "ref-1", permId: 77 }]))
            )
        })
    )
  }

  it.effect("has no use for an execution that a broken frame carried", () =>
    Effect.gen(function* () {
      const { tws, port } = yield* openScriptedTws
      const { port: broker, link } = yield* desk(port)
      tws.last.say(
        ...[
          11,
          -1,
          5,
          11,
          "GOOG",
          "OPT",
          "20151224",
          745,
          "C",
          100,
          "SMART",
          "USD",
          "x",
          "GOOG",
          "e.1.01"
        ],
        ...[
          "20151224 15:31:00 UTC",
          "DU1",
          "SMART",
          "BOT",
          1,
          4.1,
          9,
          7,
          0,
          1,
          4.1,
          "",
          "",
          0,
          "",
          1,
          "extra"
        ]
      )
      while (link.state._tag === "Up") yield* aMoment
      assert(link.state._tag === "Down")
      assert.match(link.state.why, /unprocessed data left/)
      assert.strictEqual(broker.speaker.nextDueMs(), Number.POSITIVE_INFINITY)
      tws.script = (message, visit) => {
        if (message[0] !== asks.executions) return undefined
        const requestId = message[2]!
        execution(visit, { orderId: 5, execId: "e.2.01", shares: "half", requestId })
        return true
      }
      yield* TestClock.adjust(100)
      yield* tws.until(() => tws.visits.length > 1 && tws.last.asked(asks.executions).length > 0)
      assert.strictEqual(broker.speaker.nextDueMs(), Number.POSITIVE_INFINITY)
    })
  )
})

/** A canceled order as version 176 tells it: unset numbers as TWS sends them. */
const completedOrder = (ref: string, permId: number): ReadonlyArray<string | number> => {
  const unset = "1.7976931348623157E308"
  const none = 2_147_483_647
  return [
    ...[101, 11, "GOOG", "OPT", "20151224", 745, "C", 100, "SMART", "USD", "x", "GOOG"],
    ...["BUY", 1, "LMT", 4, 0, "DAY", "", "DU1", "", 0, ref, permId, 0, 0, 0, ""],
    ...["", "", "", "", "", "", "", unset, "", 0, "", -1, unset, unset, unset, unset, unset, none],
    ...[0, 0, none, 0, 0, unset, 0, "None", unset, 0, 0, 0, "", 0, 0, unset, unset, "", 0, 0, 0],
    ...[none, none, unset, "", "", "IB", 0, 0, "", 0, "Cancelled", 0, 0, 0, unset, unset, 0, 0, 0],
    ...["", 0, none, 0, "", 0, 0, 0, "", "", none, none, unset, unset, unset]
  ]
}
