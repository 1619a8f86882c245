/** The short form of our own orders under change, beside the whole life cycle. FIX 4.4, volume 4, appendix D, C and D. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  acknowledge,
  end,
  fill,
  isOpen,
  type Order,
  orderInvariant,
  pendingOrder,
  rejectCancel,
  rejectReplace,
  replaced,
  requestCancel,
  requestReplace
} from "../../../src/domain/trading/order.ts"
import {
  newOrderLife,
  type OrderLife,
  type OrderMessage,
  step
} from "../../../src/domain/trading/orderLifeCycle.ts"

const between = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const working = (orderQty: number): Order => acknowledge(pendingOrder("A", orderQty))
const asked = (requestId: string, orderQty: number) => ({ requestId, orderQty })

describe("Order under change", () => {
  it("C.1.b: part-filled, then its quantity raised: what is left grows", () => {
    const pending = requestReplace(fill(working(10_000), "1", 1_000), asked("B", 12_000))
    assert.deepInclude(pending, { ordStatus: "PendingReplace", cumQty: 1_000, leavesQty: 9_000 })
    const after = replaced(pending, "B")
    const stands = { orderQty: 12_000, leavesQty: 11_000 }
    assert.deepInclude(after, { ordStatus: "PartiallyFilled", ...stands })
    assert.isFalse("pendingReplaces" in after)
  })

  it("C.1.c: filled in full while the change is pending; the change is refused", () => {
    const raced = fill(requestReplace(working(10_000), asked("B", 10_000)), "1", 10_000)
    assert.deepInclude(raced, { ordStatus: "PendingReplace", cumQty: 10_000, leavesQty: 0 })
    assert.deepInclude(rejectReplace(raced, "B"), { ordStatus: "Filled", orderQty: 10_000 })
  })

  it("C.3.c: a quantity below what filled meanwhile is what filled", () => {
    const pending = requestReplace(working(10_000), asked("B", 7_000))
    const after = replaced(fill(pending, "1", 8_000), "B")
    assert.deepInclude(after, { ordStatus: "Filled", orderQty: 8_000, cumQty: 8_000, leavesQty: 0 })
  })

  it("a cancel outranks a change, and its refusal shows the change again", () => {
    const both = requestCancel(requestReplace(working(10), asked("B", 5)))
    assert.strictEqual(both.ordStatus, "PendingCancel")
    assert.strictEqual(rejectCancel(both).ordStatus, "PendingReplace")
    assert.strictEqual(replaced(both, "B").ordStatus, "PendingCancel")
    assert.isFalse("pendingReplaces" in end(both, "Canceled"))
  })

  it("an answer that is none of ours changes nothing", () => {
    const pending = requestReplace(working(10), asked("B", 5))
    assert.strictEqual(requestReplace(pending, asked("B", 7)), pending)
    assert.strictEqual(replaced(pending, "C"), pending)
    assert.strictEqual(rejectReplace(pending, "C"), pending)
  })

  const Step = Schema.Struct({
    kind: Schema.Literals(["fill", "cancel", "keep", "ask", "change", "refuse", "end"]),
    id: between(0, 3),
    qty: between(1, 40)
  })
  type Step = typeof Step.Type

  const shortly = (order: Order, { kind, id, qty }: Step, at: number): Order => {
    const requestId = String(id)
    switch (kind) {
      case "fill":
        return fill(order, `e${at}`, Math.min(qty, order.leavesQty))
      case "cancel":
        return requestCancel(order)
      case "keep":
        return rejectCancel(order)
      case "ask":
        return requestReplace(order, asked(requestId, qty))
      case "change":
        return replaced(order, requestId)
      case "refuse":
        return rejectReplace(order, requestId)
      case "end":
        return end(order, "Canceled")
    }
  }

  const inFull = (life: OrderLife, { kind, id, qty }: Step, at: number): OrderLife => {
    const clOrdID = String(id)
    const messages: Record<Step["kind"], OrderMessage> = {
      fill: {
        ...{ _tag: "Traded", execID: `e${at}`, lastPxMicros: 1 },
        lastQty: Math.min(qty, life.leavesQty)
      },
      cancel: { _tag: "CancelRequested", clOrdID: "cancel" },
      keep: { _tag: "RequestRejected", clOrdID: "cancel" },
      ask: { _tag: "ReplaceRequested", clOrdID, orderQty: qty, limitNetMicros: 1 },
      change: { _tag: "Replaced", clOrdID },
      refuse: { _tag: "RequestRejected", clOrdID },
      end: { _tag: "Ended", as: "Canceled" }
    }
    return step(life, messages[kind]).order
  }

  it.prop(
    "stands as the whole life cycle does, and keeps its laws, while it is open",
    { orderQty: between(1, 60), steps: Schema.Array(Step).check(Schema.isMaxLength(25)) },
    ({ orderQty, steps }) => {
      let order = working(orderQty)
      let life = step(newOrderLife("A", orderQty, 1), { _tag: "Acknowledged" }).order
      for (const [at, each] of steps.entries()) {
        if (!isOpen(order)) return
        order = shortly(order, each, at)
        life = inFull(life, each, at)
        orderInvariant(order)
        const { cumQty, leavesQty, ordStatus } = life
        assert.deepInclude(order, { cumQty, leavesQty, ordStatus, orderQty: life.orderQty })
      }
    }
  )
})
