/** Contracts that expire in an account at the TWS simulator, told by its positions alone. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { BrokerReport } from "../../../../src/actors/ports/Broker.ts"
import { listed } from "../../../../src/infra/broker/ib/ibContracts.ts"
import { dayOne, market, openMs, order, told } from "../world.ts"
import { deskOptions, linkOptions, openDesk } from "./ibDesk.ts"
import { openLoopbackTws } from "./loopbackTws.ts"

describe("IB gateway at expiry", () => {
  it.effect("tells exercises and worthless ends as the exchange had them", () =>
    Effect.gen(function* () {
      const tws = yield* openLoopbackTws
      const desk = yield* openDesk(
        deskOptions(linkOptions(tws.port), {
          list: listed(market.instruments),
          nowMs: () => tws.engine.nowMs
        })
      )
      tws.quote({ instrument: 0, bid: 748, ask: 748.2, bidSize: 400, askSize: 400 })
      tws.quote({ instrument: 1, bid: 3.9, ask: 4.1 })
      tws.quote({ instrument: 3, bid: 1.2, ask: 1.4 })
      tws.engine.advanceTo(openMs + 90_000)
      yield* desk.port.submit(order({ limit: 4.1 }), 0)
      const higher = [{ instrument: 3, side: "Buy", ratio: 1 }] as const
      yield* desk.port.submit(order({ legs: higher, limit: 1.4, orderQty: 2 }), 0)
      // It closes at 748.40: the 745 call is worth its shares, the 750 calls nothing.
      tws.engine.advanceTo(dayOne.closeMs + 1_000)
      yield* desk.quiet
      const said: Array<BrokerReport> = []
      const { speaker } = desk.port
      while (speaker.nextDueMs() < Number.POSITIVE_INFINITY) said.push(speaker.next())
      assert.deepStrictEqual(told(said), ["Exercised 1 1 100", "Expired 3 2 0"])
      assert.deepStrictEqual(yield* desk.port.positions, [[0, 100]])
      yield* desk.quiet
      assert.strictEqual(speaker.nextDueMs(), Number.POSITIVE_INFINITY)
    })
  )
})
