/** The account is looked at again while the connection lasts: what others do in it is found, what we do is not taken for theirs. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import type { BrokerReport } from "../../../../src/actors/ports/Broker.ts"
import type { IbBroker } from "../../../../src/infra/broker/ib/ibBroker.ts"
import { listed } from "../../../../src/infra/broker/ib/ibContracts.ts"
import { makeMemoryMedium } from "../../../../src/infra/log/medium.ts"
import { market, order, told } from "../world.ts"
import { aMoment, deskOptions, linkOptions, noonMs, openDesk } from "./ibDesk.ts"
import { openLoopbackTws } from "./loopbackTws.ts"
import { commission, execution, orderIdOf, status } from "./sayings.ts"
import { asks, openScriptedTws } from "./scriptedTws.ts"
import { buyStock, openStranger } from "./stranger.ts"

const openAccount = Effect.gen(function* () {
  const tws = yield* openLoopbackTws
  const medium = makeMemoryMedium()
  const desk = yield* openDesk(
    deskOptions(linkOptions(tws.port), {
      list: listed(market.instruments),
      medium,
      nowMs: () => tws.engine.nowMs
    })
  )
  tws.quote({ instrument: 0, bid: 748, ask: 748.2, bidSize: 400, askSize: 300 })
  tws.quote({ instrument: 1, bid: 3.9, ask: 4.1 })
  return { tws, desk }
})

const spoken = ({ port }: IbBroker): ReadonlyArray<BrokerReport> => {
  const reports: Array<BrokerReport> = []
  while (port.speaker.nextDueMs() !== Number.POSITIVE_INFINITY) reports.push(port.speaker.next())
  return reports
}

/** What is told as unexplained, by its id. */
const unexplained = (desk: IbBroker): ReadonlyArray<string> =>
  spoken(desk).map((report) =>
    report.type === "Unexplained" ? report.payload.differenceId : report.type
  )

describe("Reconciling while the connection lasts", () => {
  it.effect("finds a stranger's fill and a stranger's working order, each once", () =>
    Effect.gen(function* () {
      const { tws, desk } = yield* openAccount
      yield* desk.reconcile
      assert.isEmpty(unexplained(desk))
      const other = yield* openStranger(tws.port)
      for (const { limit, state, id } of [
        { limit: 749, state: "Filled", id: /^execution / },
        { limit: 700, state: "Submitted", id: /^open order \d+$/ }
      ]) {
        const done = yield* Effect.forkChild(buyStock(other, { symbol: "GOOG", limit, state }))
        while (done.pollUnsafe() === undefined) {
          const timeMs = tws.engine.nowMs + 1_000
          tws.quote({ instrument: 0, bid: 748, ask: 748.2, bidSize: 400, askSize: 300, timeMs })
          yield* aMoment
        }
        // It is another client's: nobody tells us.
        yield* desk.quiet
        assert.isEmpty(unexplained(desk))
        yield* desk.reconcile
        const told = unexplained(desk)
        assert.lengthOf(told, 1)
        assert.match(told[0]!, id)
        yield* desk.reconcile
        assert.isEmpty(unexplained(desk))
      }
    })
  )

  it.effect(
    "takes no fill of our own for a difference, whenever it comes between two answers",
    () =>
      Effect.gen(function* () {
        const { tws, port } = yield* openScriptedTws
        const desk = yield* openDesk(deskOptions(linkOptions(port)))
        let asked = 0
        const request = order({ limit: 4.1, orderQty: 5 })
        const ref = request.clOrdID
        tws.script = (message, visit) => {
          // Its first fill is the first that we hear of the order.
          if (message[0] !== asks.positions) return message[0] === asks.placeOrder
          asked++
          // The account as it was: each time one more is bought right behind the answer.
          const held = asked - 1
          const contract = [11, "GOOG", "OPT", "20151224", 745, "C", 100, "SMART", "USD"]
          if (held > 0) visit.say(61, 3, "DU1", ...contract, "GOOG", "GOOG", held, 410)
          visit.say(62, 1)
          if (asked < 4) {
            const execId = `e${asked}.1.01`
            execution(visit, { orderId: "1", execId, permId: 1, ref })
            commission(visit, execId)
          }
          return true
        }
        const submitting = yield* Effect.forkChild(desk.port.submit(request, noonMs))
        yield* tws.until(() => tws.last.asked(asks.placeOrder).length === 1)
        yield* desk.reconcile
        assert.strictEqual(asked, 4)
        const reports = [...(yield* Fiber.join(submitting)), ...spoken(desk)]
        const fill = "Trade 1@4.1"
        assert.deepStrictEqual(told(reports), ["New", fill, fill, fill])
      })
  )

  it.effect("calls no order lost that was taken after the broker told of the open ones", () =>
    Effect.gen(function* () {
      const { tws, port } = yield* openScriptedTws
      const desk = yield* openDesk(deskOptions(linkOptions(port)))
      let placed: ReadonlyArray<string> | undefined
      tws.script = (message, visit) => {
        if (message[0] === asks.placeOrder) {
          placed = message
          return true
        }
        if (message[0] !== asks.completedOrders || placed === undefined) return undefined
        status(visit, orderIdOf(placed), "Submitted", 0, 1, 77)
        return undefined
      }
      const submitting = yield* Effect.forkChild(desk.port.submit(order({ limit: 4 }), noonMs))
      yield* tws.until(() => placed !== undefined)
      yield* desk.reconcile
      assert.deepStrictEqual(told(yield* Fiber.join(submitting)), ["New"])
      assert.isEmpty(unexplained(desk))
      // One that worked before and is not mentioned is lost.
      yield* desk.reconcile
      assert.match(unexplained(desk)[0]!, /^lost order /)
    })
  )
})
