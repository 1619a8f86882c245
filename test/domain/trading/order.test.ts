import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  acknowledge,
  end,
  fill,
  isOpen,
  type Order,
  Overfill,
  orderInvariant,
  pendingOrder,
  rejectCancel,
  requestCancel
} from "../../../src/domain/trading/order.ts"

const between = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const working = (orderQty: number): Order => acknowledge(pendingOrder("A", orderQty))

describe("Order, FIX 4.4 appendix D", () => {
  it("A.1.a: part-filled and then filled", () => {
    const part = fill(working(10_000), "1", 2_000)
    assert.deepInclude(part, { ordStatus: "PartiallyFilled", cumQty: 2_000, leavesQty: 8_000 })
    const full = fill(part, "2", 8_000)
    assert.deepInclude(full, { ordStatus: "Filled", cumQty: 10_000, leavesQty: 0 })
  })

  it("A.1.b: part-filled and then done for the day, leaves nothing", () => {
    const expired = end(fill(working(10_000), "1", 2_000), "Expired")
    assert.deepInclude(expired, { ordStatus: "Expired", cumQty: 2_000, leavesQty: 0 })
  })

  it("B.1.b: fills in part while the cancel is pending, which outranks the fill", () => {
    const pending = requestCancel(fill(working(10_000), "1", 2_000))
    const raced = fill(pending, "2", 5_000)
    assert.deepInclude(raced, { ordStatus: "PendingCancel", cumQty: 7_000, leavesQty: 3_000 })
    assert.deepInclude(end(raced, "Canceled"), {
      ordStatus: "Canceled",
      cumQty: 7_000,
      leavesQty: 0
    })
  })

  it("B.1.c: fills in full while the cancel is pending, then rejects the cancel", () => {
    const pending = requestCancel(fill(working(10_000), "1", 2_000))
    const filled = fill(pending, "2", 8_000)
    assert.deepInclude(filled, { ordStatus: "PendingCancel", cumQty: 10_000, leavesQty: 0 })
    assert.deepInclude(rejectCancel(filled), { ordStatus: "Filled", leavesQty: 0 })
  })

  it("stands as before when a cancel is rejected", () => {
    const part = fill(working(10), "1", 4)
    assert.deepStrictEqual(rejectCancel(requestCancel(part)), part)
    assert.deepStrictEqual(rejectCancel(requestCancel(working(10))), working(10))
  })

  it("counts a fill that passed the cancel on its way, and stays canceled", () => {
    const late = fill(end(requestCancel(working(10)), "Canceled"), "1", 3)
    assert.deepInclude(late, { ordStatus: "Canceled", cumQty: 3, leavesQty: 0 })
  })

  it("counts an execution once", () => {
    const part = fill(working(10), "1", 4)
    assert.strictEqual(fill(part, "1", 4), part)
  })

  it("calls a fill beyond the order's quantity a defect", () => {
    const part = fill(working(10), "1", 4)
    assert.throws(() => fill(part, "2", 7), Overfill)
    assert.throws(() => fill(part, "2", 7), "fill of 7 on A exceeds its orderQty 10: cumQty was 4")
    assert.throws(() => fill(part, "2", 0), Overfill)
  })

  const Step = Schema.Union([
    Schema.Struct({ kind: Schema.Literal("fill"), id: between(0, 9), qty: between(1, 20) }),
    Schema.Struct({
      kind: Schema.Literals(["ack", "cancel", "reject", "Canceled", "Rejected", "Expired"])
    })
  ])

  it.prop(
    "keeps its laws and never unfills, whatever comes in whatever order",
    { orderQty: between(1, 60), steps: Schema.Array(Step).check(Schema.isMaxLength(30)) },
    ({ orderQty, steps }) => {
      let order = pendingOrder("A", orderQty)
      const counted = new Map<string, number>()
      for (const each of steps) {
        const before = order
        if (each.kind === "fill") {
          const execID = String(each.id)
          if (!counted.has(execID) && order.cumQty + each.qty > orderQty) {
            assert.throws(() => fill(before, execID, each.qty), Overfill)
            continue
          }
          order = fill(order, execID, each.qty)
          if (!counted.has(execID)) counted.set(execID, each.qty)
        } else if (each.kind === "ack") order = acknowledge(order)
        else if (each.kind === "cancel") order = requestCancel(order)
        else if (each.kind === "reject") order = rejectCancel(order)
        else order = end(order, each.kind)
        orderInvariant(order)
        if (!isOpen(before)) assert.isFalse(isOpen(order))
        const sum = [...counted.values()].reduce((total, qty) => total + qty, 0)
        assert.strictEqual(order.cumQty, sum)
      }
    }
  )
})
