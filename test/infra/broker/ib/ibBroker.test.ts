/** The gateway against a server that says what each test tells it to. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { order, told, usd } from "../world.ts"
import { deskOptions, linkOptions, noonMs, openDesk } from "./ibDesk.ts"
import { commission, execution, orderIdOf, status } from "./sayings.ts"
import { asks, openScriptedTws } from "./scriptedTws.ts"

describe("IB gateway", () => {
  it.effect("places an order by its reference and tells acknowledgement, fill and commission", () =>
    Effect.gen(function* () {
      const { tws, port } = yield* openScriptedTws
      const desk = yield* openDesk(deskOptions(linkOptions(port)))
      tws.script = (message, visit) => {
        if (message[0] !== asks.placeOrder) return undefined
        const orderId = orderIdOf(message)
        status(visit, orderId, "Submitted", 0, 1)
        execution(visit, { orderId, execId: "a.1.01", price: "4.15" })
        commission(visit, "a.1.01", "0.652175")
        status(visit, orderId, "Filled", 1, 0)
        return true
      }
      const request = order({ limit: 4.15 })
      const reports = yield* desk.port.submit(request, noonMs)
      assert.deepStrictEqual(told(reports), ["New", "Trade 1@4.15"])
      const trade = reports[1]!
      assert(trade.type === "ExecutionReport")
      assert.strictEqual(trade.payload.commissionMicros, 652_175n)
      assert.strictEqual(trade.payload.lastNetMicros, usd(4.15))
      assert.strictEqual(trade.payload.ordStatus, "Filled")
      const [sent] = tws.last.asked(asks.placeOrder)
      assert.include(sent!, request.clOrdID)
      assert.include(sent!, "4.15")
    })
  )

  it.effect("does not go on for a book that heard more than its log holds", () =>
    Effect.gen(function* () {
      const { port } = yield* openScriptedTws
      const desk = yield* openDesk(deskOptions(linkOptions(port)))
      desk.port.speaker.resumeAfter(0)
      assert.throws(() => desk.port.speaker.resumeAfter(3), /heard 3 reports .* has 0/)
    })
  )
})
