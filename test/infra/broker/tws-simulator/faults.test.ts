/** The faults that the TWS simulator can be told to show, each as a client hears it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { decodeFault, decodeFaults } from "../../../../src/infra/broker/tws-simulator/faults.ts"
import { call, contractFields, openTwsWorld, type TwsClient, type TwsWorld } from "./twsWorld.ts"

const inWorld =
  (test: (world: TwsWorld, client: TwsClient) => void, options = {}) =>
  () =>
    Effect.map(openTwsWorld({ options }), (world) => {
      world.step(1)
      test(world, world.client(7))
    })

const watch = (client: TwsClient, reqId: number): void => {
  const asked = [1, 11, reqId, ...contractFields(call), 0, "", 0, 0, ""]
  client.send(...asked)
}

const askExecutions = (client: TwsClient): void => {
  client.send(7, 3, 1, 0, "", "", "", "", "", "")
}

describe("TWS simulator, connectivity", () => {
  it.effect(
    "loses IB (1100): requests fail, fills are not told, and only executions bring them back",
    inWorld((world, client) => {
      client.place(5, { totalQuantity: "55", lmtPrice: "5.2" })
      const before = client.all(11).length
      world.show({ kind: "lost" })
      assert.deepStrictEqual(client.codes(-1), [1100])
      client.send(9, 8, 1, ...contractFields(call), 0, "", "", "")
      assert.deepStrictEqual(client.codes(1), [504])
      world.step(3)
      assert.strictEqual(client.all(11).length, before)
      world.show({ kind: "restored" })
      assert.deepStrictEqual(client.codes(-1), [1100, 1102])
      assert.strictEqual(client.all(11).length, before)
      askExecutions(client)
      assert.strictEqual(client.all(11).length, before + 2)
    })
  )

  it.effect(
    "keeps subscriptions through 1102 and loses them with 1101",
    inWorld((world, client) => {
      watch(client, 40)
      world.show({ kind: "lost", forMs: 30_000 })
      world.step(2)
      assert.deepStrictEqual(client.codes(-1), [1100, 1102])
      client.heard.length = 0
      world.step(3)
      assert.isAbove(client.all(1).length, 0)
      world.show({ kind: "lost", forMs: 30_000, subscriptionsLost: true })
      world.step(4)
      client.heard.length = 0
      world.step(5)
      assert.strictEqual(client.all(1).length, 0)
      watch(client, 40)
      assert.deepStrictEqual(client.codes(40), [])
      assert.isAbove(client.all(1).length, 0)
    })
  )

  it.effect(
    "tells of farms",
    inWorld((world, client) => {
      for (const code of [2103, 2105, 2104, 2106, 2158, 2110, 1300] as const) {
        world.show({ kind: "farm", code, farm: "usopt" })
      }
      assert.deepStrictEqual(client.codes(-1), [2103, 2105, 2104, 2106, 2158, 2110, 1300])
      assert.include(client.all(4)[0]![3]!, "usopt")
    })
  )

  it.effect(
    "resets for the night: everybody is cut off, comes back later, and orders have lived on",
    inWorld((world, client) => {
      client.place(5, { lmtPrice: "1.00", tif: "GTC" })
      world.show({ kind: "reset", forMs: 60_000 })
      assert.isDefined(client.line.closed)
      assert.isDefined(world.connect().line.closed)
      world.step(3)
      const back = world.client(7)
      back.send(5, 1)
      assert.deepStrictEqual(
        back.all(5).map(([orderId]) => orderId),
        ["5"]
      )
    })
  )

  it.effect(
    "leaves a zombie: the socket is open, nothing is heard, the client id is in use",
    inWorld((world, client) => {
      watch(client, 40)
      world.show({ kind: "zombie" })
      client.heard.length = 0
      client.send(49, 1)
      world.step(4)
      assert.deepStrictEqual([client.heard, client.line.closed], [[], undefined])
      const second = world.connect()
      second.send(71, 2, 7, "")
      assert.deepStrictEqual(
        [second.codes(-1), second.line.closed],
        [[326], "client id 7 is in use"]
      )
    })
  )

  it.effect(
    "falls silent for a time: what is asked then is never answered",
    inWorld((world, client) => {
      world.show({ kind: "silent", forMs: 90_000 })
      client.send(49, 1)
      client.place(5, { orderType: "MKT" })
      world.step(2)
      assert.deepStrictEqual(client.heard, [])
      world.step(3)
      client.send(49, 1)
      assert.strictEqual(client.all(49).length, 1)
      assert.strictEqual(client.all(11).length, 0)
    })
  )

  it.effect(
    "lets quotes die while the market is open",
    inWorld((world, client) => {
      watch(client, 40)
      client.heard.length = 0
      world.show({ kind: "deadQuotes", forMs: 150_000 })
      world.step(3)
      assert.strictEqual(client.all(1).length, 0)
      world.step(4)
      assert.isAbove(client.all(1).length, 0)
    })
  )

  it.effect(
    "leaves model greeks out",
    inWorld((world, client) => {
      world.show({ kind: "noGreeks", forMs: 90_000 })
      watch(client, 40)
      const kinds = () => client.all(21).map((fields) => fields[1])
      assert.deepStrictEqual(kinds(), ["10", "11"])
      world.step(3)
      assert.include(kinds(), "13")
    })
  )

  it.effect(
    "rolls nextValidId back once",
    inWorld((world, client) => {
      client.place(50, { orderType: "MKT" })
      world.engine.closed(client.id)
      world.show({ kind: "idRollback", by: 10 })
      const idOf = (back: TwsClient): string | undefined => {
        back.send(71, 2, 7, "")
        const [told] = back.all(9)
        world.engine.closed(back.id)
        return told?.[1]
      }
      assert.strictEqual(idOf(world.connect()), "41")
      assert.strictEqual(idOf(world.connect()), "51")
    })
  )

  it.effect(
    "disconnects after warnings of pacing",
    inWorld((world, client) => {
      world.show({ kind: "pacing", times: 4 })
      for (let i = 0; i < 4; i++) client.send(49, 1)
      assert.deepStrictEqual(client.codes(-1), [100, 100, 100, 100])
      assert.isDefined(client.line.closed)
    })
  )
})

describe("TWS simulator, refusals", () => {
  for (const code of [103, 110, 201, 321] as const) {
    it.effect(
      `refuses one order with ${code}, not the next`,
      inWorld((world, client) => {
        world.show({ kind: "refuse", code })
        client.place(5, { orderType: "MKT" })
        assert.deepStrictEqual([client.codes(5), client.all(11).length], [[code], 0])
        client.place(6, { orderType: "MKT" })
        assert.strictEqual(client.statuses(6).at(-1), "Filled")
      })
    )
  }
  for (const code of [10147, 10148] as const) {
    it.effect(
      `refuses a cancel with ${code}: the order works on`,
      inWorld((world, client) => {
        client.place(5, { lmtPrice: "1.00" })
        world.show({ kind: "refuse", code })
        client.cancel(5)
        assert.deepStrictEqual(client.codes(5), [code])
        client.send(5, 1)
        assert.strictEqual(client.all(5).at(-1)?.[0], "5")
      })
    )
  }
  it.effect(
    "refuses contracts with 200, lines with 322, bars with 162, a connection with 326",
    inWorld((world, client) => {
      for (const code of [200, 322, 162, 326] as const) world.show({ kind: "refuse", code })
      client.send(9, 8, 1, ...contractFields(call), 0, "", "", "")
      watch(client, 2)
      client.send(20, 3, ...contractFields(call), 0, "", "1 min", "1 D", 1, "MIDPOINT", 1, 0, "")
      assert.deepStrictEqual(
        [1, 2, 3].map((id) => client.codes(id)),
        [[200], [322], [162]]
      )
      const other = world.connect()
      other.send(71, 2, 8, "")
      assert.deepStrictEqual([other.codes(-1), other.line.closed !== undefined], [[326], true])
    })
  )
  it.effect(
    "refuses live quotes with 354, or shows delayed ones with 10167 to who asked for those",
    inWorld((world, client) => {
      world.show({ kind: "refuse", code: 354, times: 2 })
      watch(client, 1)
      assert.deepStrictEqual([client.codes(1), client.all(1).length], [[354], 0])
      client.send(59, 1, 3)
      watch(client, 2)
      assert.deepStrictEqual(client.codes(2), [10167])
      assert.deepStrictEqual(client.all(58).at(-1), ["1", "2", "3"])
      assert.deepStrictEqual(
        client.all(1).map((fields) => fields[2]),
        ["66", "67"]
      )
      assert.deepStrictEqual(
        client.all(21).map((fields) => fields[1]),
        ["80", "81", "83"]
      )
    })
  )
})

describe("TWS simulator, quirks of orders", () => {
  it.effect(
    "repeats, skips and delays statuses",
    inWorld((world, client) => {
      world.show({ kind: "orderStatus", how: "repeat" })
      client.place(5, { lmtPrice: "1.00" })
      assert.deepStrictEqual(client.statuses(5), [
        "PreSubmitted",
        "PreSubmitted",
        "PreSubmitted",
        "Submitted"
      ])
      world.show({ kind: "orderStatus", how: "skip", times: 3 })
      client.place(6, { orderType: "MKT" })
      assert.deepStrictEqual(client.statuses(6), [])
      assert.strictEqual(client.executions(6).length, 1)
      world.show({ kind: "orderStatus", how: "late" })
      client.place(7, { orderType: "MKT" })
      assert.notInclude(client.statuses(7), "Filled")
      world.step(2)
      assert.strictEqual(client.statuses(7).at(-1), "Filled")
    })
  )

  it.effect(
    "tells an execution before any status",
    inWorld((world, client) => {
      world.show({ kind: "executionFirst" })
      client.place(5, { orderType: "MKT" })
      const order = client.heard.map(([id]) => id).filter((id) => id === "11" || id === "3")
      assert.strictEqual(order[0], "11")
      assert.include(client.statuses(5), "Filled")
    })
  )

  it.effect(
    "tells a commission late",
    inWorld((world, client) => {
      world.show({ kind: "lateCommission", byMs: 40_000 })
      client.place(5, { orderType: "MKT" })
      assert.deepStrictEqual([client.all(11).length, client.all(59).length], [1, 0])
      world.step(2)
      assert.strictEqual(client.all(59).length, 1)
    })
  )

  it.effect(
    "corrects an execution: .02 replaces .01, and cost and cash follow",
    inWorld((world, client) => {
      world.show({ kind: "correction", byUsd: -0.1 })
      client.place(5, { orderType: "MKT" })
      const told = client.executions(5)
      assert.deepStrictEqual(
        told.map(({ execId, price }) => [execId.slice(-3), price]),
        [
          [".01", 5.2],
          [".02", 5.1]
        ]
      )
      assert.strictEqual(told[0]!.execId.slice(0, -2), told[1]!.execId.slice(0, -2))
      client.heard.length = 0
      askExecutions(client)
      assert.deepStrictEqual(
        client.executions(5).map(({ execId }) => execId),
        [told[1]!.execId]
      )
      client.send(61, 1)
      assert.strictEqual(client.all(61)[0]?.[14], "511")
    })
  )

  it.effect(
    "gives an order a second permId",
    inWorld((world, client) => {
      world.show({ kind: "secondPermId" })
      client.place(5, { lmtPrice: "1.00" })
      const permIds = [...new Set(client.all(3).map((fields) => fields[5]))]
      assert.strictEqual(permIds.length, 2)
      client.send(5, 1)
      assert.strictEqual(client.all(5).at(-1)?.[24], permIds[1])
    })
  )

  it.effect(
    "lets a fill win against a cancel: filled at its limit, the cancel refused",
    inWorld((world, client) => {
      client.place(5, { lmtPrice: "1.00", totalQuantity: "3" })
      world.show({ kind: "cancelRace" })
      client.cancel(5)
      assert.deepStrictEqual(client.statuses(5).at(-1), "Filled")
      assert.deepStrictEqual(client.codes(5), [10148])
      assert.deepStrictEqual(
        client.executions(5).map(({ shares, price }) => [shares, price]),
        [[3, 1]]
      )
    })
  )

  it.effect(
    "cancels an order that nobody asked to cancel, with 202",
    inWorld((world, client) => {
      client.place(5, { lmtPrice: "1.00" })
      world.show({ kind: "cancelled" })
      assert.deepStrictEqual([client.statuses(5).at(-1), client.codes(5)], ["Cancelled", [202]])
    })
  )

  it.effect(
    "drops the connection after it took an order and before it says so",
    inWorld((world, client) => {
      world.show({ kind: "dropAfterOrder" })
      client.place(5, { orderType: "MKT", orderRef: "lost" })
      assert.deepStrictEqual([client.heard, client.line.closed !== undefined], [[], true])
      const back = world.client(7)
      askExecutions(back)
      assert.deepStrictEqual(
        back.executions(5).map(({ orderRef }) => orderRef),
        ["lost"]
      )
    })
  )

  it.effect(
    "shows a fault when its time on the market's clock comes",
    inWorld((world, client) => {
      world.show({ kind: "lost", afterMs: 150_000 })
      assert.strictEqual(world.engine.nextDueMs() <= world.engine.market.startMs + 150_000, true)
      world.step(2)
      assert.deepStrictEqual(client.codes(-1), [])
      world.step(3)
      assert.deepStrictEqual(client.codes(-1), [1100])
    })
  )
})

describe("faults file", () => {
  const sentence = (content: unknown): string => {
    const decoded = decodeFaults(content)
    return Result.isFailure(decoded) ? decoded.failure : "taken"
  }
  it("takes every kind and says in a sentence what is wrong", () => {
    assert.strictEqual(
      sentence({ faults: [{ kind: "lost", forMs: 5 }, { kind: "zombie" }] }),
      "taken"
    )
    assert.match(sentence([]), /must be \{faults/)
    assert.match(
      sentence({ faults: [{ kind: "zombie" }, { kind: "flood" }] }),
      /fault 2: kind is "flood"; allowed: lost/
    )
    assert.match(
      sentence({ faults: [{ kind: "silent", forMs: -1 }] }),
      /fault 1: silent is not right.*forMs/
    )
    assert.match(
      sentence({ faults: [{ kind: "refuse", code: 999 }] }),
      /fault 1: refuse is not right.*code/
    )
    assert.match(
      sentence({ faults: [{ kind: "zombie", often: 3 }] }),
      /fault 1: zombie is not right.*often/
    )
  })
  it("takes one fault alone, as the control channel does", () => {
    assert.isTrue(Result.isSuccess(decodeFault({ kind: "pacing", times: 2 })))
    assert.isTrue(Result.isFailure(decodeFault("pacing")))
    assert.isTrue(Result.isFailure(decodeFault(null)))
  })
})
