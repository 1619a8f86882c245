import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { ActorCell } from "../../../src/actors/runtime/ActorCell.ts"
import { type AnyBehavior, plainState } from "../../../src/actors/runtime/Behavior.ts"
import { stateHash } from "../../../src/actors/runtime/stateHash.ts"

const State = Schema.Struct({ price: Schema.Int, seq: Schema.Int })

/** A cell in the state {price, seq}. */
const cellWith = (
  state: typeof State.Type,
  outside?: AnyBehavior["outsideStateHash"]
): ActorCell => {
  const behavior: AnyBehavior = {
    ...plainState(State),
    id: "watcher",
    messages: [],
    events: [],
    moneyBearing: false,
    initial: () => state,
    evolve: () => state,
    decide: () => [],
    ...(outside !== undefined && { outsideStateHash: outside })
  }
  return new ActorCell(behavior, "main", 1)
}

const hashOf = (price: number, seq: number, outside?: AnyBehavior["outsideStateHash"]): string =>
  stateHash([cellWith({ price, seq }, outside)])

describe("stateHash", () => {
  it("is another one for any other state", () => {
    assert.notStrictEqual(hashOf(5, 1), hashOf(5, 2))
    assert.notStrictEqual(hashOf(5, 1), hashOf(6, 1))
  })

  it("leaves out the keys that know of restarts, and nothing else", () => {
    assert.strictEqual(hashOf(5, 1, ["seq"]), hashOf(5, 2, ["seq"]))
    assert.notStrictEqual(hashOf(5, 1, ["seq"]), hashOf(6, 1, ["seq"]))
  })

  it("leaves out a whole actor that does", () => {
    assert.strictEqual(hashOf(5, 1, true), hashOf(6, 2, true))
    assert.strictEqual(hashOf(5, 1, true), stateHash([]))
  })

  it("does not keep the keys out of the snapshot itself", () => {
    const cell = cellWith({ price: 5, seq: 9 }, ["seq"])
    assert.deepStrictEqual(cell.snapshot().state, { price: 5, seq: 9 })
  })
})
