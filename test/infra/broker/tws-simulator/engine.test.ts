/** The TWS simulator's engine: opening, market data, account, past, pacing, its log, its determinism. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { answerControl } from "../../../../src/infra/broker/tws-simulator/control.ts"
import { liveOptions } from "../../../../src/infra/broker/tws-simulator/office.ts"
import { syntheticMarket } from "../../../../src/infra/broker/tws-simulator/syntheticMarket.ts"
import { frameOf, openingBytes } from "../../../../src/infra/broker/tws-wire/frames.ts"
import { makeMemoryMedium } from "../../../../src/infra/log/medium.ts"
import {
  call,
  conIds,
  contractFields,
  minute,
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

const account = "DU1000001"

describe("TWS simulator, opening", () => {
  it.effect(
    "agrees on the client's highest version up to 176, and refuses what ends below 157",
    () =>
      Effect.gen(function* () {
        const world = yield* openTwsWorld()
        const agreed = (min: number, max: number) => {
          const client = world.connect()
          client.heard.length = 0
          world.engine.closed(client.id)
          world.engine.open(client.id)
          world.engine.receive(client.id, openingBytes(min, max))
          return client.line.closed === undefined ? Number(client.heard[0]?.[0]) : "refused"
        }
        assert.deepStrictEqual(
          [
            agreed(100, 193),
            agreed(100, 160),
            agreed(157, 157),
            agreed(100, 150),
            agreed(200, 220)
          ],
          [176, 160, 157, "refused", "refused"]
        )
      })
  )

  it.effect("takes the opening cut into single bytes, and answers nothing before startApi", () =>
    Effect.gen(function* () {
      const world = yield* openTwsWorld()
      const client = world.connect()
      world.engine.closed(client.id)
      client.heard.length = 0
      world.engine.open(client.id)
      for (const byte of openingBytes(100, 176))
        world.engine.receive(client.id, Uint8Array.of(byte))
      assert.strictEqual(client.heard.length, 1)
      client.send(49, 1)
      client.send(61, 1)
      assert.strictEqual(client.heard.length, 1)
      client.send(71, 2, 3, "")
      assert.deepStrictEqual(
        client.heard.slice(1).map(([id, , told]) => (id === "4" ? "4" : `${id} ${told}`)),
        [`15 ${account}`, "9 1", "4", "4", "4", "4"]
      )
      client.send(49, 1)
      assert.deepStrictEqual(client.all(49), [["1", String(world.engine.nowMs / 1_000)]])
    })
  )

  it.effect(
    "refuses a client id that is in use, and takes it again when its owner has gone",
    inWorld((world, client) => {
      const second = world.connect()
      second.send(71, 2, 7, "")
      assert.deepStrictEqual(second.codes(-1), [326])
      assert.isDefined(second.line.closed)
      world.engine.closed(client.id)
      const third = world.connect()
      third.send(71, 2, 7, "")
      assert.strictEqual(third.all(9).length, 1)
    })
  )
})

describe("TWS simulator, market data", () => {
  const watch = (client: TwsClient, reqId: number, generic = "", snapshot = 0): void =>
    client.send(1, 11, reqId, ...contractFields(call), 0, generic, snapshot, 0, "")

  it.effect(
    "tells each quote as one set, always all four prices and sizes, then the greeks",
    inWorld((world, client) => {
      watch(client, 40)
      client.heard.length = 0
      world.step(3)
      const ticks = client.heard.filter(([id]) => ["1", "2", "21"].includes(id!))
      const set = ["1/1", "2/0", "1/2", "2/3", "21/10", "21/11", "21/13"]
      assert.deepStrictEqual(
        ticks.map((fields) =>
          fields[0] === "21" ? `21/${fields[2]}` : `${fields[0]}/${fields[3]}`
        ),
        [...set, ...set]
      )
    })
  )

  it.effect(
    "tells finite greeks of the pricing core: a call's delta near one half at the money",
    inWorld((_, client) => {
      watch(client, 40)
      const model = client
        .all(21)
        .find((fields) => fields[1] === "13")!
        .map(Number)
      const [, , , volatility, delta, price, , gamma, vega, theta, spot] = model
      assert.closeTo(price!, 5.1, 1e-6)
      assert.closeTo(spot!, 748.05, 1e-9)
      assert.isTrue(volatility! > 0.01 && delta! > 0.4 && delta! < 1, `${volatility} ${delta}`)
      assert.isTrue(gamma! > 0 && vega! > 0 && theta! < 0)
    })
  )

  it.effect("says not computed, never nothing, where an option has no price", () =>
    Effect.gen(function* () {
      const world = yield* openTwsWorld({
        quotes: [
          { instrument: 0, bid: 748, ask: 748.1 },
          { instrument: 1, bid: 0, ask: 0, bidSize: 0, askSize: 0 }
        ]
      })
      world.step(1)
      const client = world.client(7)
      watch(client, 40)
      assert.deepStrictEqual(
        client.all(1).map((fields) => fields.slice(2, 5)),
        [
          ["1", "-1", "0"],
          ["2", "-1", "0"]
        ]
      )
      for (const fields of client.all(21)) {
        assert.deepStrictEqual(fields.slice(3, 10), ["-1", "-2", "-1", "-1", "-2", "-2", "-2"])
      }
    })
  )

  it.effect(
    "ends a snapshot, refuses an id in use with 322 and an unknown one with 300, and more lines than 100 with 101",
    inWorld(
      (_, client) => {
        watch(client, 40, "", 1)
        assert.deepStrictEqual(client.all(57), [["1", "40"]])
        watch(client, 40)
        watch(client, 40)
        assert.deepStrictEqual(client.codes(40), [322])
        client.send(2, 2, 41)
        assert.deepStrictEqual(client.codes(41), [300])
        watch(client, 42)
        watch(client, 43)
        assert.deepStrictEqual([client.codes(42), client.codes(43)], [[], [101]])
        client.send(2, 2, 40)
        watch(client, 43)
        assert.deepStrictEqual(client.codes(43), [101])
      },
      { linesMax: 2 }
    )
  )
})

describe("TWS simulator, account", () => {
  it.effect(
    "keeps cost with commission, realizes profit on closing, and its cash adds up",
    inWorld((world, client) => {
      client.send(6, 2, 1, account)
      client.send(61, 1)
      client.place(5, { orderType: "MKT", totalQuantity: "2" })
      assert.strictEqual(client.all(61).at(-1)?.[14], "520.65")
      world.step(6)
      client.heard.length = 0
      client.place(6, { orderType: "MKT", totalQuantity: "2", action: "SELL" })
      // Bought 2 at 5.20, sold at 6.00, 1.30 of commission each way.
      const [commission] = client.all(59)
      assert.closeTo(Number(commission?.[4]), 160 - 2.6, 1e-9)
      const cash = client
        .all(6)
        .filter((fields) => fields[1] === "TotalCashValue")
        .at(-1)
      assert.strictEqual(cash?.[2], (1_000_000 + 160 - 2.6).toFixed(2))
      assert.deepStrictEqual(client.all(61).at(-1)?.slice(13), ["0", "0"])
      const portfolio = client.all(7).at(-1)!
      assert.deepStrictEqual([portfolio[12], portfolio[17]], ["0", "157.4"])
    })
  )

  it.effect(
    "answers summary, multi, positions by account, profit and loss, each to its end",
    inWorld((_, client) => {
      client.place(5, { orderType: "MKT" })
      client.send(62, 1, 1, "All", "NetLiquidation,Cushion,NoSuchTag")
      assert.deepStrictEqual(
        client.all(63).map((fields) => fields[3]),
        ["NetLiquidation", "Cushion"]
      )
      assert.strictEqual(client.all(64).length, 1)
      client.send(76, 2, 2, account, "", 1)
      assert.isTrue(client.all(73).some((fields) => fields[4] === "CashBalance"))
      assert.strictEqual(client.all(74).length, 1)
      client.send(74, 1, 3, account, "")
      assert.deepStrictEqual(
        client.all(71).map((fields) => Number(fields[3])),
        [conIds[1]]
      )
      assert.strictEqual(client.all(72).length, 1)
      client.send(92, 4, account, "")
      client.send(94, 5, account, "", conIds[1]!)
      assert.strictEqual(client.all(94).length, 1)
      const [, held, , unrealized, , value] = client.all(95)[0]!.map(Number)
      assert.deepStrictEqual([held, value], [1, 510])
      assert.closeTo(unrealized!, 510 - 521, 1e-9)
      client.send(92, 6, "DU9", "")
      assert.deepStrictEqual(client.codes(6), [321])
    })
  )
})

describe("TWS simulator, reference and past", () => {
  it.effect(
    "finds one contract, several by part, none with 200; lists the chain by exchange",
    inWorld((_, client) => {
      const ask = (reqId: number, fields: ReadonlyArray<string | number>) =>
        client.send(9, 8, reqId, ...fields, 0, "", "", "")
      ask(1, contractFields(call))
      ask(2, [0, "GOOG", "OPT", "20151224", "", "C", "", "SMART", "", "USD", "", ""])
      ask(3, [0, "GOOG", "OPT", "20151224", 1.23, "C", "", "SMART", "", "USD", "", ""])
      ask(4, [0, "GOOG", "OPT", "", "", "", "", "NOWHERE", "", "USD", "", ""])
      const of = (reqId: string) => client.all(10).filter(([id]) => id === reqId).length
      assert.deepStrictEqual([of("1"), of("2")], [1, 2])
      assert.deepStrictEqual([client.codes(3), client.codes(4)], [[200], [200]])
      assert.deepStrictEqual(client.all(52), [
        ["1", "1"],
        ["1", "2"]
      ])
      client.send(78, 5, "GOOG", "", "STK", conIds[0]!)
      const [smart] = client.all(75)
      assert.deepStrictEqual(smart?.slice(1, 6), ["SMART", String(conIds[0]), "GOOG", "100", "3"])
      assert.deepStrictEqual(smart?.slice(6), [
        ...["20151224", "20151228", "20160115"],
        ...["3", "745", "750", "800"]
      ])
      assert.strictEqual(client.all(76).length, 1)
    })
  )

  it.effect(
    "tells bars known by now and none of the future",
    inWorld((world, client) => {
      const ask = (reqId: number): void =>
        client.send(
          20,
          reqId,
          ...contractFields(stock),
          0,
          "",
          "1 min",
          "1 D",
          1,
          "TRADES",
          2,
          0,
          ""
        )
      world.step(2)
      ask(1)
      const [bars] = client.all(17)
      assert.deepStrictEqual(bars?.slice(3), [
        "2",
        ...[String(minute(0) / 1_000), "748", "749", "747", "748", "1000", "748", "10"],
        ...[String(minute(1) / 1_000), "748", "750", "748", "749.5", "2000", "749.1667", "20"]
      ])
    })
  )

  it.effect(
    "says what is wrong with a question about the past",
    inWorld((_, client) => {
      const ask = (reqId: number, size: string, duration: string, show: string): void =>
        client.send(20, reqId, ...contractFields(stock), 0, "", size, duration, 1, show, 1, 0, "")
      ask(1, "7 mins", "1 D", "TRADES")
      ask(2, "1 min", "1 fortnight", "TRADES")
      ask(3, "1 min", "1 D", "GOSSIP")
      assert.deepStrictEqual(
        [1, 2, 3].flatMap((id) => client.codes(id)),
        [321, 321, 321]
      )
    })
  )

  it.effect(
    "refuses a request that TWS has and this does not, and lives on",
    inWorld((_, client) => {
      client.send(97, 12, ...contractFields(call), "Last", 0, 0)
      assert.deepStrictEqual(client.codes(12), [321])
      assert.isUndefined(client.line.closed)
    })
  )
})

describe("TWS simulator, pacing", () => {
  it.effect("warns above 50 messages a second, and disconnects who goes on", () =>
    Effect.gen(function* () {
      const world = yield* openTwsWorld({ options: { messagesPerSecondMax: 50 } })
      const client = world.client(7)
      const at = (ms: number, count: number): void => {
        for (let i = 0; i < count; i++) {
          world.engine.receive(client.id, frameOf([49, 1]), world.engine.nowMs + ms)
        }
      }
      at(10_000, 50)
      assert.deepStrictEqual(client.codes(-1), [])
      at(11_500, 51)
      assert.deepStrictEqual(client.codes(-1), [100])
      assert.strictEqual(client.all(49).length, 101)
      at(13_000, 60)
      at(15_000, 60)
      assert.deepStrictEqual(client.codes(-1), [100, 100, 100])
      assert.isUndefined(client.line.closed)
      at(17_000, 60)
      assert.isDefined(client.line.closed)
    })
  )

  it.effect(
    "refuses the same history again within 15 seconds with 162, where it is paced",
    inWorld(
      (_, client) => {
        const ask = (reqId: number): void =>
          client.send(
            20,
            reqId,
            ...contractFields(stock),
            0,
            "",
            "1 min",
            "1 D",
            1,
            "TRADES",
            1,
            0,
            ""
          )
        ask(1)
        ask(2)
        assert.deepStrictEqual([client.codes(1), client.codes(2)], [[], [162]])
        assert.include(client.all(4).at(-1)![3]!, "pacing violation")
      },
      { messagesPerSecondMax: 1_000 }
    )
  )

  it.effect(
    "tells the last bar of a history that is kept up to date as it changes, until it is canceled",
    inWorld((world, client) => {
      const ask = (reqId: number, end: string): void => {
        const terms = [0, end, "1 min", "1 D", 1, "MIDPOINT", 1, 1, ""]
        client.send(20, reqId, ...contractFields(stock), ...terms)
      }
      ask(1, "20151224 10:00:00 US/Eastern")
      assert.deepStrictEqual(client.codes(1), [321])
      ask(2, "")
      const [first] = client.all(17)
      const known = Number(first![3])
      for (let at = 2; at <= 5; at++) world.step(at)
      const updates = client.all(90)
      assert.isAbove(updates.length, 0)
      const dates = updates.map((fields) => fields[2]!)
      assert.strictEqual(new Set(dates).size, dates.length, "each minute has one quote")
      for (const fields of updates) {
        assert.lengthOf(fields, 9)
        const [open, close, high, low] = fields.slice(3, 7).map(Number)
        assert.isAtLeast(high!, Math.max(open!, close!))
        assert.isAtMost(low!, Math.min(open!, close!))
      }
      ask(3, "")
      const again = client.all(17).at(-1)!
      assert.strictEqual(
        Number(again[3]) - known,
        updates.length,
        "they are the bars that came since"
      )
      client.send(25, 1, 2)
      client.send(25, 1, 3)
      for (let at = 6; at <= 8; at++) world.step(at)
      assert.lengthOf(client.all(90), updates.length)
    })
  )
})

describe("TWS simulator, its log", () => {
  it.effect("knows orders, ids, executions and positions again after it was killed", () =>
    Effect.gen(function* () {
      const medium = makeMemoryMedium()
      const first = yield* openTwsWorld({ medium })
      first.step(1)
      const client = first.client(7)
      client.place(5, { orderType: "MKT", totalQuantity: "2", orderRef: "filled" })
      client.place(6, { lmtPrice: "1.00", tif: "GTC", orderRef: "rests" })
      client.place(7, { lmtPrice: "1.00" })
      client.cancel(7)
      client.place(6, { lmtPrice: "1.01", tif: "GTC", orderRef: "rests" })
      const asked = (of: TwsClient): ReadonlyArray<unknown> => {
        of.heard.length = 0
        of.send(5, 1)
        of.send(99, 1)
        of.send(7, 3, 1, 0, "", "", "", "", "", "")
        of.send(61, 1)
        of.send(8, 1, 1)
        return [...of.heard]
      }
      const before = asked(client)

      const second = yield* openTwsWorld({ medium })
      second.step(1)
      const back = second.client(7)
      assert.deepStrictEqual(asked(back), before)
      assert.strictEqual(back.all(9).at(-1)?.[1], "8")
      back.place(6, { lmtPrice: "5.20", tif: "GTC", orderRef: "rests" })
      assert.strictEqual(back.statuses(6).at(-1), "Filled")
      const permIds = new Set(asked(back).map((fields) => (fields as ReadonlyArray<string>)[0]))
      assert.isTrue(permIds.has("11"))
    })
  )

  it.effect("fills nothing twice when it is shown its session again", () =>
    Effect.gen(function* () {
      const medium = makeMemoryMedium()
      const first = yield* openTwsWorld({ medium })
      first.step(1)
      first.client(7).place(5, { totalQuantity: "60", lmtPrice: "5.2", tif: "GTC" })
      first.step(2)
      const second = yield* openTwsWorld({ medium })
      second.step(2)
      const client = second.client(7)
      const filled = (): number => {
        client.heard.length = 0
        client.send(7, 3, 1, 0, "", "", "", "", "", "")
        return client.executions(5).reduce((all, { shares }) => all + shares, 0)
      }
      assert.strictEqual(filled(), 55)
      second.step(3)
      assert.strictEqual(filled(), 60)
    })
  )
})

describe("TWS simulator, time", () => {
  const session = (world: TwsWorld, steps: (world: TwsWorld) => void): ReadonlyArray<string> => {
    const client = world.client(7)
    client.send(1, 11, 40, ...contractFields(call), 0, "", 0, 0, "")
    client.send(92, 4, account, "")
    client.place(5, { totalQuantity: "60", lmtPrice: "5.2" })
    steps(world)
    client.send(49, 1)
    return world.written
  }

  it.effect(
    "writes the same bytes for the same steps, and however finely time is cut between them",
    () =>
      Effect.gen(function* () {
        const runs: Array<ReadonlyArray<string>> = []
        const cuts = [
          (world: TwsWorld) => world.step(5),
          (world: TwsWorld) => world.step(5),
          (world: TwsWorld) => {
            while (world.engine.nextDueMs() <= minute(5)) {
              world.engine.advanceTo(world.engine.nextDueMs())
            }
            world.step(5)
          },
          (world: TwsWorld) => {
            for (let ms = minute(1); ms <= minute(5); ms += 777) world.engine.advanceTo(ms)
            world.step(5)
          }
        ]
        for (const cut of cuts) {
          const world = yield* openTwsWorld()
          world.step(1)
          runs.push(session(world, cut))
        }
        assert.isAbove(runs[0]!.length, 40)
        for (const run of runs) assert.deepStrictEqual(run, runs[0])
      })
  )

  it.effect(
    "answers the control channel: where it is, what is due, and never goes back",
    inWorld((world) => {
      const ask = (request: unknown) =>
        answerControl(world.engine, typeof request === "string" ? request : JSON.stringify(request))
      const due = minute(2)
      assert.deepStrictEqual(ask({ advanceToMs: minute(1) + 5 }), {
        atMs: minute(1) + 5,
        nextDueMs: due
      })
      assert.deepStrictEqual(ask({ advanceToMs: 0 }), { atMs: minute(1) + 5, nextDueMs: due })
      assert.deepInclude(ask({ status: true }), { session: "test-2015-12-24", startMs: minute(0) })
      assert.deepStrictEqual(ask({ fault: { kind: "silent", forMs: 10 } }), {
        atMs: minute(1) + 5,
        nextDueMs: due
      })
      assert.property(ask({ fault: { kind: "none" } }), "error")
      assert.property(ask("{"), "error")
      assert.deepStrictEqual(ask({ advanceToMs: minute(9) }), { atMs: minute(9), nextDueMs: null })
    })
  )
})

describe("synthetic market", () => {
  const startMs = Date.UTC(2026, 10, 20, 15)
  const make = () =>
    syntheticMarket({ symbol: "SPY", seed: 3, listedOn: 20_777, startMs, stepMs: 500 })

  it("is a function of its seed and the time, two-sided, with calls above what they pay", () => {
    const [one, other] = [make(), make()]
    const spot = one.quoteNow(0, startMs)!.quote
    const spotMicros = (spot.bidMicros + spot.askMicros) / 2
    for (let instrument = 0; instrument < one.instruments.length; instrument += 37) {
      const quote = one.quoteNow(instrument, startMs)!.quote
      assert.deepStrictEqual(quote, other.quoteNow(instrument, startMs)!.quote)
      assert.isBelow(quote.bidMicros, quote.askMicros)
      const listed = one.instruments[instrument]!
      if (listed.kind === "Stock" || listed.contract.optionType === "Put") continue
      assert.isAtLeast(quote.askMicros, spotMicros - listed.contract.strikeMicros)
    }
  })

  it("quotes those that are followed, in turn, as long as time goes on", () => {
    const market = make()
    assert.strictEqual(market.nextDueMs(), Number.POSITIVE_INFINITY)
    market.follow(new Set([0, 5, 9]), startMs)
    const seen = Array.from({ length: 6 }, () => {
      const dueMs = market.nextDueMs()
      const { quote, quoteSeq } = market.next()
      return [quote.instrument, quoteSeq, dueMs - startMs, quote.timeMs - dueMs]
    })
    assert.deepStrictEqual(seen, [
      [0, 1, 500, 0],
      [5, 2, 500, 0],
      [9, 3, 500, 0],
      [0, 4, 1_000, 0],
      [5, 5, 1_000, 0],
      [9, 6, 1_000, 0]
    ])
  })

  it("asks for paper money by default and paces clients as IB does", () => {
    assert.match(liveOptions.account, /^DU/)
    assert.deepStrictEqual([liveOptions.messagesPerSecondMax, liveOptions.linesMax], [50, 100])
  })
})
