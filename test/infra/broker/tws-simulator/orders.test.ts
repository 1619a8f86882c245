/** Orders at the TWS simulator: what a client hears of them. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import {
  conIds,
  type Named,
  openTwsWorld,
  stock,
  type TwsClient,
  type TwsWorld
} from "./twsWorld.ts"

const inWorld =
  (test: (world: TwsWorld, client: TwsClient) => void, options = {}) =>
  () =>
    Effect.map(openTwsWorld({ options }), (world) => {
      world.step(1)
      test(world, world.client(7))
    })

const spread = (): Named => ({
  conId: 0,
  secType: "BAG",
  legs: [
    { conId: conIds[1]!, action: "BUY" },
    { conId: conIds[3]!, action: "SELL" }
  ]
})

const sum = (values: ReadonlyArray<number>): number => values.reduce((all, each) => all + each, 0)

describe("TWS simulator, orders", () => {
  it.effect(
    "takes a market order to Filled, with its execution, commission and reference",
    inWorld((_, client) => {
      client.place(5, { orderType: "MKT", totalQuantity: "2", orderRef: "mine" })
      assert.deepStrictEqual(client.statuses(5), ["PreSubmitted", "Submitted", "Filled"])
      const [execution] = client.executions(5)
      const { shares, price, side, orderRef } = execution!
      assert.deepStrictEqual(
        { shares, price, side, orderRef },
        {
          shares: 2,
          price: 5.2,
          side: "BOT",
          orderRef: "mine"
        }
      )
      const [commission] = client.all(59)
      // Two contracts at 0.65 are above the order's minimum of 1.00.
      assert.deepStrictEqual(commission?.slice(1, 4), [execution!.execId, "1.3", "USD"])
      assert.strictEqual(Number(commission?.[4]), Number.MAX_VALUE)
    })
  )

  it.effect(
    "fills a large order in parts, one for each quote's share, that add up",
    inWorld((world, client) => {
      client.place(5, { totalQuantity: "60", lmtPrice: "5.2" })
      for (const at of [2, 3, 4, 5]) world.step(at)
      assert.deepStrictEqual(
        client.executions(5).map(({ shares }) => shares),
        [50, 5, 5]
      )
      assert.strictEqual(client.statuses(5).at(-1), "Filled")
      assert.strictEqual(sum(client.all(59).map((fields) => Number(fields[2]))), 60 * 0.65)
    })
  )

  it.effect(
    "rests a far limit, changes it in place under the same permId, and cancels it with 202",
    inWorld((_, client) => {
      client.place(5, { lmtPrice: "1.00" })
      assert.strictEqual(client.statuses(5).at(-1), "Submitted")
      const permId = client.all(3).at(-1)![5]
      client.place(5, { lmtPrice: "1.01", totalQuantity: "3" })
      const changed = client.all(5).at(-1)!
      assert.deepStrictEqual([changed[13], changed[15], changed[24]], ["3", "1.01", permId])
      client.cancel(5)
      assert.strictEqual(client.statuses(5).at(-1), "Cancelled")
      assert.deepStrictEqual(client.codes(5), [202])
      client.cancel(5)
      client.cancel(99)
      assert.deepStrictEqual([client.codes(5), client.codes(99)], [[202, 10148], [10147]])
    })
  )

  it.effect(
    "trades at once when a change makes it marketable",
    inWorld((_, client) => {
      client.place(5, { lmtPrice: "1.00" })
      client.place(5, { lmtPrice: "5.20" })
      assert.strictEqual(client.statuses(5).at(-1), "Filled")
      assert.strictEqual(client.executions(5)[0]?.price, 5.2)
    })
  )

  it.effect(
    "refuses a used order id, and one below the highest used, with 103 and trades nothing",
    inWorld((_, client) => {
      client.place(5, { orderType: "MKT" })
      client.place(5, { orderType: "MKT" })
      client.place(3, { orderType: "MKT" })
      assert.deepStrictEqual([client.codes(5), client.codes(3)], [[103], [103]])
      assert.strictEqual(client.all(11).length, 1)
    })
  )

  for (const { code, order, name } of [
    { code: 110, order: { lmtPrice: "5.205" }, name: "a price off the tick" },
    { code: 387, order: { orderType: "STP" }, name: "an order type that is not served" },
    { code: 10268, order: { lmtPrice: "5", eTradeOnly: "1" }, name: "eTradeOnly" },
    { code: 10268, order: { lmtPrice: "5", firmQuoteOnly: "1" }, name: "firmQuoteOnly" },
    { code: 321, order: { lmtPrice: "5", account: "DU9" }, name: "another account" },
    { code: 434, order: { lmtPrice: "5", totalQuantity: "0" }, name: "no quantity" },
    { code: 201, order: { lmtPrice: "5", totalQuantity: "0.5" }, name: "a fraction" },
    { code: 201, order: { lmtPrice: "5", tif: "OPG" }, name: "a time in force not served" },
    { code: 201, order: { lmtPrice: "5", algoStrategy: "Vwap" }, name: "an unknown algorithm" },
    { code: 201, order: { lmtPrice: "5", totalQuantity: "999999" }, name: "too many contracts" }
  ]) {
    it.effect(
      `refuses ${name} with ${code}`,
      inWorld((_, client) => {
        client.place(5, order)
        assert.deepStrictEqual(client.codes(5), [code])
        assert.strictEqual(client.all(11).length, 0)
        client.send(5, 1)
        assert.strictEqual(client.all(53).length, 1)
        assert.notInclude(["Submitted", "PreSubmitted"], client.statuses(5).at(-1))
      })
    )
  }

  it.effect(
    "refuses a contract that does not exist or is not told apart with 200",
    inWorld((_, client) => {
      client.place(5, { orderType: "MKT" }, { conId: 1, secType: "OPT" })
      assert.deepStrictEqual(client.codes(5), [200])
    })
  )

  it.effect(
    "fills MIDPRICE at the middle of a later quote, never at once",
    inWorld((world, client) => {
      client.place(5, { orderType: "MIDPRICE" }, stock)
      assert.deepStrictEqual(client.executions(5), [])
      assert.strictEqual(client.all(5).at(-1)?.[14], "MIDPRICE")
      world.step(2)
      assert.strictEqual(client.executions(5)[0]?.price, 749.05)
    })
  )

  it.effect(
    "keeps MIDPRICE within its cap",
    inWorld((world, client) => {
      client.place(5, { orderType: "MIDPRICE", lmtPrice: "749.00" }, stock)
      world.step(3)
      assert.deepStrictEqual(client.executions(5), [])
      assert.deepStrictEqual(client.statuses(5), ["PreSubmitted", "Submitted"])
    })
  )

  it.effect(
    "lets Adaptive wait as its priority says, and echoes it",
    inWorld((world, client) => {
      const adaptive = { lmtPrice: "5.20", algoStrategy: "Adaptive" }
      client.place(5, { ...adaptive, adaptivePriority: "Urgent" })
      client.place(6, { ...adaptive, adaptivePriority: "Patient" })
      assert.strictEqual(client.statuses(5).at(-1), "Filled")
      assert.include(client.all(5).at(-1)!.join("|"), "Adaptive|1|adaptivePriority|Patient")
      world.step(5)
      assert.deepStrictEqual(client.executions(6), [])
      // Five minutes after it came, at the first quote from there.
      world.step(6)
      assert.deepStrictEqual(client.statuses(6).at(-1), "Submitted")
      client.place(6, { ...adaptive, lmtPrice: "6.20", adaptivePriority: "Urgent" })
      assert.strictEqual(client.statuses(6).at(-1), "Filled")
    })
  )

  it.effect(
    "cancels the rest of an immediate order",
    inWorld((_, client) => {
      client.place(5, { totalQuantity: "60", lmtPrice: "5.2", tif: "IOC" })
      assert.strictEqual(client.statuses(5).at(-1), "Cancelled")
      assert.strictEqual(client.all(3).at(-1)?.[2], "50")
    })
  )

  it.effect(
    "executes a combination as one and leg by leg, and holds the legs alone",
    inWorld((_, client) => {
      client.place(5, { totalQuantity: "2", lmtPrice: "3.20" }, spread())
      const executions = client.executions(5)
      assert.deepStrictEqual(
        executions.map(({ secType, side, shares, price }) => [secType, side, shares, price]),
        [
          ["BAG", "BOT", 2, 3.2],
          ["OPT", "BOT", 2, 5.2],
          ["OPT", "SLD", 2, 2]
        ]
      )
      assert.strictEqual(new Set(executions.map(({ permId }) => permId)).size, 1)
      const charged = client.all(59).map((fields) => fields[1])
      assert.deepStrictEqual(
        charged,
        executions.slice(1).map(({ execId }) => execId)
      )
      assert.closeTo(sum(client.all(59).map((fields) => Number(fields[2]))), 4 * 0.65, 1e-9)
      client.send(61, 1)
      assert.deepStrictEqual(
        client.all(61).map((fields) => [Number(fields[2]), fields[13]]),
        [
          [conIds[1], "2"],
          [conIds[3], "-2"]
        ]
      )
    })
  )

  it.effect(
    "sells a combination for a credit: a negative net when it is bought",
    inWorld((_, client) => {
      const credit: Named = {
        conId: 0,
        secType: "BAG",
        legs: [
          { conId: conIds[3]!, action: "BUY" },
          { conId: conIds[1]!, action: "SELL" }
        ]
      }
      client.place(5, { lmtPrice: "-2.80" }, credit)
      assert.strictEqual(client.executions(5)[0]?.price, -2.8)
      assert.strictEqual(client.statuses(5).at(-1), "Filled")
    })
  )

  it.effect(
    "previews an order without placing it: margins in openOrder, no status, no execution, permId 0",
    inWorld((_, client) => {
      client.place(5, { orderType: "MKT", whatIf: "1" }, spread())
      const [preview] = client.all(5)
      assert.strictEqual(preview?.[24], "0")
      assert.deepStrictEqual([client.all(3).length, client.all(11).length], [0, 0])
      const at = preview!.indexOf("PreSubmitted")
      assert.strictEqual(preview![at - 1], "1")
      // Paid 3.20 a share for a spread that can expire worthless, less the middle it is worth at.
      const [initBefore, , , , , , initAfter] = preview!.slice(at + 1, at + 10).map(Number)
      assert.strictEqual(initBefore, 0)
      assert.strictEqual(initAfter, 300)
      client.place(6, { orderType: "MKT" })
      assert.strictEqual(client.statuses(6).at(-1), "Filled")
    })
  )

  it.effect(
    "holds an order that is not transmitted, also where the field is empty",
    inWorld((world, client) => {
      client.place(5, { orderType: "MKT", transmit: "0" })
      client.place(6, { orderType: "MKT", transmit: "" })
      world.step(4)
      assert.strictEqual(client.all(11).length, 0)
      client.place(6, { orderType: "MKT" })
      assert.strictEqual(client.statuses(6).at(-1), "Filled")
      assert.deepStrictEqual(client.executions(5), [])
    })
  )

  it.effect(
    "sends a held parent with the child that is transmitted",
    inWorld((_, client) => {
      client.place(5, { orderType: "MKT", transmit: "0" })
      client.place(6, { lmtPrice: "1.00", parentId: "5" })
      assert.strictEqual(client.statuses(5).at(-1), "Filled")
      assert.strictEqual(client.statuses(6).at(-1), "Submitted")
    })
  )

  it.effect(
    "tells working orders to their owner and to all, completed ones and executions on request",
    inWorld((world, client) => {
      client.place(5, { lmtPrice: "1.00", orderRef: "rest" })
      client.place(6, { orderType: "MKT", orderRef: "done" })
      const other = world.client(8)
      other.send(5, 1)
      assert.strictEqual(other.all(5).length, 0)
      other.send(16, 1)
      assert.deepStrictEqual(
        other.all(5).map((fields) => [fields[0], fields[22], fields[23]]),
        [["5", "rest", "7"]]
      )
      other.send(99, 0)
      assert.deepStrictEqual(
        other.all(101).map((fields) => fields[21]),
        ["done"]
      )
      assert.strictEqual(other.all(102).length, 1)
      other.send(7, 3, 1, 0, "", "", "", "", "", "")
      assert.deepStrictEqual(
        other.all(11).map((fields) => fields[0]),
        ["1"]
      )
      assert.strictEqual(other.all(59).length, 1)
      other.send(7, 3, 2, 8, "", "", "", "", "", "")
      assert.deepStrictEqual(other.all(55), [
        ["1", "1"],
        ["1", "2"]
      ])
      assert.strictEqual(other.all(11).length, 1)
    })
  )

  it.effect(
    "cancels everything at once, whoever placed it",
    inWorld((world, client) => {
      const other = world.client(8)
      client.place(5, { lmtPrice: "1.00" })
      other.place(5, { lmtPrice: "1.00" })
      other.send(58, 1)
      assert.strictEqual(client.statuses(5).at(-1), "Cancelled")
      assert.strictEqual(other.statuses(5).at(-1), "Cancelled")
    })
  )

  it.effect(
    "lets orders work while their owner is away, and tells them when it asks",
    inWorld((world, client) => {
      client.place(5, { totalQuantity: "55", lmtPrice: "5.2", orderRef: "away" })
      world.engine.closed(client.id)
      world.step(3)
      const back = world.client(7)
      assert.deepStrictEqual(back.heard, [])
      back.send(7, 3, 1, 0, "", "", "", "", "", "")
      assert.deepStrictEqual(
        back.executions(5).map(({ shares }) => shares),
        [50, 5]
      )
    })
  )

  it.effect(
    "ends day orders at the close, lets GTC orders live on",
    inWorld((world, client) => {
      client.place(5, { lmtPrice: "1.00" }, { conId: conIds[5]!, secType: "OPT" })
      client.place(6, { lmtPrice: "1.00", tif: "GTC" }, { conId: conIds[5]!, secType: "OPT" })
      world.engine.advanceTo(world.engine.market.days[1]!.openMs)
      assert.strictEqual(client.statuses(5).at(-1), "Cancelled")
      assert.strictEqual(client.statuses(6).at(-1), "Submitted")
    })
  )

  it.effect(
    "settles what expires: the option leaves the positions, shares come",
    inWorld((world, client) => {
      client.place(5, { orderType: "MKT" })
      client.send(61, 1)
      client.heard.length = 0
      world.engine.advanceTo(world.engine.market.days[1]!.openMs)
      const held = client.all(61).map((fields) => [Number(fields[2]), fields[13], fields[14]])
      // C745 settles on 748.40: in the money, 100 shares at 745.
      assert.deepStrictEqual(held, [
        [conIds[1], "0", "0"],
        [conIds[0], "100", "745"]
      ])
    })
  )
})

describe("TWS simulator, an order's options", () => {
  it.effect("answers each protocol version with as many fields as it has", () =>
    Effect.gen(function* () {
      const world = yield* openTwsWorld()
      world.step(1)
      const lengths = [157, 158, 160, 162, 170, 176].map((version) => {
        const client = world.client(version, version)
        client.place(5, { lmtPrice: "1.00" })
        assert.isAtLeast(client.all(5).length, 1)
        return client.all(5)[0]!.length
      })
      const [at157] = lengths
      assert.deepStrictEqual(
        lengths.map((length) => length - at157!),
        [0, 1, 2, 3, 8, 8]
      )
    })
  )
})
