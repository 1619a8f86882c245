/** FIX's own order state scenarios, row by row, and the laws over anything a venue may send in any order. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  contradictionOf,
  isWorking,
  newOrderLife,
  type OrderLife,
  type OrderMessage,
  orderLifeInvariant,
  step,
  tradedMicros
} from "../../../src/domain/trading/orderLifeCycle.ts"
import type { ExecType, OrdStatus } from "../../../src/domain/trading/orderStatus.ts"

const usd = (dollars: number) => Math.round(dollars * 1e6)
const fill = (execID: string, lastQty: number, price = 4): OrderMessage => ({
  _tag: "Traded",
  execID,
  lastQty,
  lastPxMicros: usd(price)
})
const correct = (execRefID: string, execID: string, lastQty: number): OrderMessage => ({
  _tag: "Corrected",
  execRefID,
  execID,
  lastQty,
  lastPxMicros: usd(4)
})
const bust = (execRefID: string, execID: string): OrderMessage => ({
  _tag: "Busted",
  execRefID,
  execID
})
const ack: OrderMessage = { _tag: "Acknowledged" }
const cancel = (clOrdID = "Y"): OrderMessage => ({ _tag: "CancelRequested", clOrdID })
const replace = (orderQty: number, clOrdID = "Y"): OrderMessage => ({
  _tag: "ReplaceRequested",
  clOrdID,
  orderQty,
  limitNetMicros: usd(4)
})
const replaced = (clOrdID = "Y"): OrderMessage => ({ _tag: "Replaced", clOrdID })
const reject = (clOrdID = "Y"): OrderMessage => ({ _tag: "RequestRejected", clOrdID })
const end = (as: "Canceled" | "Rejected" | "Expired" | "DoneForDay"): OrderMessage => ({
  _tag: "Ended",
  as
})

type Row = readonly [
  message: OrderMessage,
  execType: ExecType | undefined,
  ordStatus: OrdStatus,
  orderQty: number,
  cumQty: number,
  leavesQty: number
]

/** FIX 4.4, volume 4, appendix D: its numbers of scenario and of shares. */
const scenarios: ReadonlyArray<readonly [name: string, rows: ReadonlyArray<Row>]> = [
  [
    "A.1.a: an order fills in three executions",
    [
      [ack, "New", "New", 10_000, 0, 10_000],
      [fill("1", 2_000), "Trade", "PartiallyFilled", 10_000, 2_000, 8_000],
      [fill("2", 1_000), "Trade", "PartiallyFilled", 10_000, 3_000, 7_000],
      [fill("3", 7_000), "Trade", "Filled", 10_000, 10_000, 0]
    ]
  ],
  [
    "A.1.b: a day order fills in part and is done for the day",
    [
      [ack, "New", "New", 10_000, 0, 10_000],
      [fill("1", 2_000), "Trade", "PartiallyFilled", 10_000, 2_000, 8_000],
      [fill("2", 1_000), "Trade", "PartiallyFilled", 10_000, 3_000, 7_000],
      [end("DoneForDay"), "DoneForDay", "DoneForDay", 10_000, 3_000, 0]
    ]
  ],
  ["A.1.e: a new order is rejected", [[end("Rejected"), "Rejected", "Rejected", 10_000, 0, 0]]],
  [
    "B.1.a: a cancel request for an order without fills",
    [
      [ack, "New", "New", 10_000, 0, 10_000],
      [cancel(), "PendingCancel", "PendingCancel", 10_000, 0, 10_000],
      [end("Canceled"), "Canceled", "Canceled", 10_000, 0, 0]
    ]
  ],
  [
    "B.1.b: executions while the cancel request is active",
    [
      [ack, "New", "New", 10_000, 0, 10_000],
      [fill("1", 2_000), "Trade", "PartiallyFilled", 10_000, 2_000, 8_000],
      [cancel(), "PendingCancel", "PendingCancel", 10_000, 2_000, 8_000],
      [fill("2", 5_000), "Trade", "PendingCancel", 10_000, 7_000, 3_000],
      [end("Canceled"), "Canceled", "Canceled", 10_000, 7_000, 0]
    ]
  ],
  [
    "B.1.c: the order fills before the cancel can be accepted",
    [
      [ack, "New", "New", 10_000, 0, 10_000],
      [fill("1", 2_000), "Trade", "PartiallyFilled", 10_000, 2_000, 8_000],
      [cancel(), "PendingCancel", "PendingCancel", 10_000, 2_000, 8_000],
      [fill("2", 8_000), "Trade", "PendingCancel", 10_000, 10_000, 0],
      [reject(), undefined, "Filled", 10_000, 10_000, 0]
    ]
  ],
  [
    "B.1.e: the cancel request is rejected and the order fills on",
    [
      [ack, "New", "New", 10_000, 0, 10_000],
      [cancel(), "PendingCancel", "PendingCancel", 10_000, 0, 10_000],
      [reject(), undefined, "New", 10_000, 0, 10_000],
      [fill("1", 10_000), "Trade", "Filled", 10_000, 10_000, 0]
    ]
  ],
  [
    "C.1.a: a replace to increase the quantity of an order without fills",
    [
      [ack, "New", "New", 10_000, 0, 10_000],
      [replace(11_000), "PendingReplace", "PendingReplace", 10_000, 0, 10_000],
      [replaced(), "Replaced", "New", 11_000, 0, 11_000],
      [fill("1", 1_000), "Trade", "PartiallyFilled", 11_000, 1_000, 10_000]
    ]
  ],
  [
    "C.1.b: an execution while the order is being replaced",
    [
      [ack, "New", "New", 10_000, 0, 10_000],
      [fill("1", 1_000), "Trade", "PartiallyFilled", 10_000, 1_000, 9_000],
      [replace(12_000), "PendingReplace", "PendingReplace", 10_000, 1_000, 9_000],
      [fill("2", 100), "Trade", "PendingReplace", 10_000, 1_100, 8_900],
      [replaced(), "Replaced", "PartiallyFilled", 12_000, 1_100, 10_900],
      [fill("3", 10_900), "Trade", "Filled", 12_000, 12_000, 0]
    ]
  ],
  [
    "C.1.c: a filled order is replaced with a larger one",
    [
      [ack, "New", "New", 10_000, 0, 10_000],
      [fill("1", 10_000), "Trade", "Filled", 10_000, 10_000, 0],
      [replace(12_000), "PendingReplace", "PendingReplace", 10_000, 10_000, 0],
      [replaced(), "Replaced", "PartiallyFilled", 12_000, 10_000, 2_000],
      [fill("2", 2_000), "Trade", "Filled", 12_000, 12_000, 0]
    ]
  ],
  [
    "C.2.a: a replace that is rejected while the order fills in full",
    [
      [ack, "New", "New", 10_000, 0, 10_000],
      [fill("1", 1_000), "Trade", "PartiallyFilled", 10_000, 1_000, 9_000],
      [replace(12_000), "PendingReplace", "PendingReplace", 10_000, 1_000, 9_000],
      [fill("2", 9_000), "Trade", "PendingReplace", 10_000, 10_000, 0],
      [reject(), undefined, "Filled", 10_000, 10_000, 0]
    ]
  ],
  [
    "C.3.a: a replace to a smaller quantity, with an execution under way",
    [
      [ack, "New", "New", 10_000, 0, 10_000],
      [fill("1", 1_000), "Trade", "PartiallyFilled", 10_000, 1_000, 9_000],
      [replace(8_000), "PendingReplace", "PendingReplace", 10_000, 1_000, 9_000],
      [fill("2", 500), "Trade", "PendingReplace", 10_000, 1_500, 8_500],
      [replaced(), "Replaced", "PartiallyFilled", 8_000, 1_500, 6_500],
      [fill("3", 6_500), "Trade", "Filled", 8_000, 8_000, 0]
    ]
  ],
  [
    "C.3.c: a replace to less than what has filled by then is for what has filled",
    [
      [ack, "New", "New", 10_000, 0, 10_000],
      [replace(7_000), "PendingReplace", "PendingReplace", 10_000, 0, 10_000],
      [fill("1", 8_000), "Trade", "PendingReplace", 10_000, 8_000, 2_000],
      [replaced(), "Replaced", "Filled", 8_000, 8_000, 0]
    ]
  ],
  [
    "D.2.a: a second replace while the first is pending",
    [
      [ack, "New", "New", 10_000, 0, 10_000],
      [fill("1", 1_000), "Trade", "PartiallyFilled", 10_000, 1_000, 9_000],
      [replace(8_000, "Y"), "PendingReplace", "PendingReplace", 10_000, 1_000, 9_000],
      [replace(7_000, "Z"), "PendingReplace", "PendingReplace", 10_000, 1_000, 9_000],
      [fill("2", 500), "Trade", "PendingReplace", 10_000, 1_500, 8_500],
      [replaced("Y"), "Replaced", "PendingReplace", 8_000, 1_500, 6_500],
      [replaced("Z"), "Replaced", "PartiallyFilled", 7_000, 1_500, 5_500]
    ]
  ],
  [
    "D.2.b: a cancel outranks a replace, both pending",
    [
      [ack, "New", "New", 10_000, 0, 10_000],
      [replace(8_000, "Y"), "PendingReplace", "PendingReplace", 10_000, 0, 10_000],
      [cancel("Z"), "PendingCancel", "PendingCancel", 10_000, 0, 10_000],
      [replaced("Y"), "Replaced", "PendingCancel", 8_000, 0, 8_000],
      [end("Canceled"), "Canceled", "Canceled", 8_000, 0, 0]
    ]
  ],
  [
    "F.1.a: an execution is corrected and another busted",
    [
      [ack, "New", "New", 10_000, 0, 10_000],
      [fill("1", 1_000), "Trade", "PartiallyFilled", 10_000, 1_000, 9_000],
      [fill("2", 1_000), "Trade", "PartiallyFilled", 10_000, 2_000, 8_000],
      [bust("1", "3"), "TradeCancel", "PartiallyFilled", 10_000, 1_000, 9_000],
      [correct("2", "4", 500), "TradeCorrect", "PartiallyFilled", 10_000, 500, 9_500],
      [fill("5", 9_500), "Trade", "Filled", 10_000, 10_000, 0]
    ]
  ],
  [
    "F.1.b: a bust of the last execution of a filled order leaves its quantity open",
    [
      [ack, "New", "New", 10_000, 0, 10_000],
      [fill("1", 10_000), "Trade", "Filled", 10_000, 10_000, 0],
      [bust("1", "2"), "TradeCancel", "New", 10_000, 0, 10_000]
    ]
  ],
  [
    "F.1.c: a canceled order stays canceled when an execution of it is corrected",
    [
      [ack, "New", "New", 10_000, 0, 10_000],
      [fill("1", 5_000), "Trade", "PartiallyFilled", 10_000, 5_000, 5_000],
      [end("Canceled"), "Canceled", "Canceled", 10_000, 5_000, 0],
      [correct("1", "2", 4_000), "TradeCorrect", "Canceled", 10_000, 4_000, 0]
    ]
  ]
]

describe("Order life cycle, FIX 4.4 appendix D", () => {
  for (const [name, rows] of scenarios) {
    it(name, () => {
      let order = newOrderLife("X", 10_000, usd(4))
      for (const [message, execType, ordStatus, orderQty, cumQty, leavesQty] of rows) {
        const next = step(order, message)
        assert.deepStrictEqual(
          { execType: next.execType, refused: next.refused },
          { execType, refused: "" }
        )
        order = next.order
        assert.deepInclude(order, { ordStatus, orderQty, cumQty, leavesQty })
        orderLifeInvariant(order)
      }
    })
  }
})

const play = (messages: ReadonlyArray<OrderMessage>, orderQty = 10): OrderLife =>
  messages.reduce((order, message) => step(order, message).order, newOrderLife("X", orderQty, 0))

describe("Order life cycle, what venues do", () => {
  it("takes a fill before its acknowledgement, and the acknowledgement as a repeat", () => {
    const early = step(newOrderLife("X", 10, 0), fill("1", 4))
    assert.deepInclude(early.order, { ordStatus: "PartiallyFilled", leavesQty: 6 })
    assert.strictEqual(step(early.order, ack).execType, undefined)
  })

  it("counts a fill that won the race against a cancel that was confirmed", () => {
    const order = play([ack, cancel(), end("Canceled"), fill("1", 3)])
    assert.deepInclude(order, { ordStatus: "Canceled", cumQty: 3, leavesQty: 0 })
  })

  it("takes a correction before what it corrects, and never counts both", () => {
    const order = play([ack, correct("1", "2", 5), fill("1", 4)])
    assert.deepInclude(order, { cumQty: 5, leavesQty: 5 })
    assert.deepInclude(play([correct("2", "3", 6), correct("1", "2", 5), fill("1", 4)]), {
      cumQty: 6
    })
  })

  it("shows an overfill and a rejection with fills instead of hiding them", () => {
    const over = play([fill("1", 6), fill("2", 6)])
    assert.strictEqual(contradictionOf(over), "order X: 12 filled of 10")
    assert.strictEqual(over.leavesQty, 0)
    assert.isUndefined(contradictionOf(play([fill("1", 6), fill("2", 6), correct("1", "3", 4)])))
    assert.match(step(play([fill("1", 6)]), end("Rejected")).refused, /Rejected with 6 filled/)
    assert.match(contradictionOf(play([end("Rejected"), fill("1", 1)]))!, /rejected and filled/)
  })

  it("refuses a second end, a request after an end and a fill of nothing, and says why", () => {
    const canceled = play([ack, end("Canceled")])
    assert.match(step(canceled, end("Expired")).refused, /Expired after Canceled/)
    assert.match(step(canceled, cancel()).refused, /CancelRequested after Canceled/)
    assert.match(step(canceled, replace(4)).refused, /ReplaceRequested after Canceled/)
    assert.match(step(play([ack]), fill("1", 0)).refused, /execution 1 is of 0/)
    assert.match(step(play([fill("1", 10)]), cancel()).refused, /after its last fill/)
  })

  it("sums price times quantity without loss", () => {
    assert.strictEqual(tradedMicros(play([fill("1", 3, 4.1), fill("2", 2, 4.05)])), 20_400_000n)
  })
})

const between = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const Noise = Schema.Array(
  Schema.Struct({
    kind: between(0, 10),
    a: between(1, 5),
    b: between(1, 5),
    quantity: between(0, 12)
  })
)

/** Any message at all, of few ids, so that they meet. */
const message = ({ kind, a, b, quantity }: (typeof Noise.Type)[number]): OrderMessage => {
  const kinds: ReadonlyArray<OrderMessage> = [
    ack,
    fill(`e${a}`, quantity),
    correct(`e${a}`, `e${b}`, quantity),
    bust(`e${a}`, `e${b}`),
    cancel(`r${a}`),
    replace(quantity, `r${a}`),
    reject(`r${a}`),
    replaced(`r${a}`),
    { _tag: "Restated", orderQty: quantity },
    end("Canceled"),
    end(quantity > 6 ? "Rejected" : "Expired")
  ]
  return kinds[kind]!
}

/** Executions with their revisions, as a venue knows them: each id once, each revision of the one before. */
const Truth = Schema.Array(
  Schema.Struct({
    quantities: Schema.Array(between(1, 9)).check(Schema.isMinLength(1), Schema.isMaxLength(4)),
    busted: Schema.Boolean
  })
).check(Schema.isMaxLength(5))
const Keys = Schema.Array(between(0, 1_000_000)).check(
  Schema.isMinLength(40),
  Schema.isMaxLength(40)
)

const messagesOf = (truth: typeof Truth.Type): ReadonlyArray<OrderMessage> =>
  truth.flatMap(({ quantities, busted }, at) => {
    const id = (revision: number) => `${at}.${revision}`
    const said = quantities.map((quantity, revision) =>
      revision === 0 ? fill(id(0), quantity) : correct(id(revision - 1), id(revision), quantity)
    )
    const last = quantities.length - 1
    return busted ? [...said, bust(id(last), `${at}.bust`)] : said
  })

describe("Order life cycle, laws", () => {
  it.prop(
    "holds its laws after every message, whatever comes in whatever order",
    [Noise],
    ([noise]) => {
      let order = newOrderLife("X", 10, 0)
      for (const each of noise) {
        const before = order
        const next = step(order, message(each))
        order = next.order
        orderLifeInvariant(order)
        if (before.ended !== undefined) assert.strictEqual(order.ended, before.ended)
        if (next.refused !== "") assert.strictEqual(order, before)
        if (isWorking(order)) assert.strictEqual(order.orderQty, order.cumQty + order.leavesQty)
      }
    }
  )

  it.prop("takes the same message twice as once", [Noise], ([noise]) => {
    let order = newOrderLife("X", 10, 0)
    for (const each of noise) {
      order = step(order, message(each)).order
      const again = step(order, message(each)).order
      assert.deepStrictEqual(again, order)
    }
  })

  it.prop(
    "ends with what the venue knows, in whatever order and however often its reports come",
    [Truth, Keys],
    ([truth, keys]) => {
      const said = messagesOf(truth)
      const shuffled = [...said, ...said]
        .map((each, at) => ({ each, key: keys[at % keys.length]! + at * (keys[0]! % 7) }))
        .sort((a, b) => a.key - b.key)
        .map(({ each }) => each)
      const order = play([...shuffled.slice(0, 3), ack, ...shuffled.slice(3)], 1_000)
      const live = truth.flatMap(({ quantities, busted }, at) =>
        busted ? [] : [[`${at}.${quantities.length - 1}`, quantities.at(-1)!] as const]
      )
      assert.deepStrictEqual(
        order.executions.map(({ execID, lastQty }) => [execID, lastQty] as const).toSorted(),
        live.toSorted()
      )
      assert.strictEqual(
        order.cumQty,
        live.reduce((sum, [, quantity]) => sum + quantity, 0)
      )
    }
  )
})
