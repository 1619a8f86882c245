import { assert, describe, it } from "@effect/vitest"
import { makeHealth } from "../../src/actors/health.ts"
import {
  ActorDown,
  ActorRestarted,
  ActorUp,
  MessageQuarantined
} from "../../src/actors/ports/records/kernel.ts"
import { IntervalElapsed } from "../../src/actors/ports/records/market.ts"
import type { EventDraft } from "../../src/domain/journal/record.ts"
import { ActorDriver } from "./actorDriver.ts"

const attentionMs = 1_000
const down = (failed: string, ...others: ReadonlyArray<string>) =>
  ActorDown.make({
    failures: [
      {
        failed,
        at: 1,
        group: [failed, ...others].map((actor) => ({ actor, cursor: 1 })),
        upDueMs: 5,
        reason: "boom"
      }
    ]
  })
const restarted = (failed: string, ...others: ReadonlyArray<string>) =>
  ActorRestarted.make({ failed, at: 1, group: [failed, ...others], reason: "boom" })
const minute = IntervalElapsed.make({ date: "2015-12-24", minute: 1, minutesToClose: 1, timeMs: 1 })
const said = (events: ReadonlyArray<EventDraft>) =>
  events.map(({ payload }) => {
    const { actor, status } = payload as { actor: string; status: string }
    return `${actor} ${status}`
  })
const health = () => new ActorDriver(makeHealth({ attentionMs }))

describe("Health", () => {
  it("says STOP of a group that is down, ATTENTION when it is back, GO after a while", () => {
    const driver = health()
    assert.deepStrictEqual(said(driver.tell(down("vault", "executor"))), [
      "vault STOP",
      "executor STOP"
    ])
    driver.nowMs = 5
    assert.deepStrictEqual(said(driver.tell(ActorUp.make({ group: ["vault", "executor"] }))), [
      "vault ATTENTION",
      "executor ATTENTION"
    ])
    driver.nowMs = 5 + attentionMs - 1
    assert.deepStrictEqual(said(driver.tell(minute)), [])
    driver.nowMs++
    assert.deepStrictEqual(said(driver.tell(minute)), ["vault GO", "executor GO"])
    assert.deepStrictEqual(said(driver.tell(minute)), [])
  })

  it("says ATTENTION of an actor that was rebuilt or skips a message, and why", () => {
    const driver = health()
    driver.tell(restarted("feed", "features"))
    assert.deepStrictEqual(driver.emitted[1]?.payload, {
      actor: "features",
      status: "ATTENTION",
      downs: 0,
      restarts: 1,
      quarantined: 0,
      reason: "restarted with feed: boom"
    })
    const [skipped] = driver.tell(
      MessageQuarantined.make({ actor: "hedger", seq: 7, reason: "bad" })
    )
    assert.deepInclude(skipped?.payload as object, {
      quarantined: 1,
      reason: "skips record 7: bad"
    })
  })

  it("keeps STOP of an actor that is down whatever else is told of it", () => {
    const driver = health()
    driver.tell(down("vault"))
    assert.deepStrictEqual(said(driver.tell(restarted("vault"))), [])
    driver.nowMs = 10 * attentionMs
    assert.deepStrictEqual(said(driver.tell(minute)), [])
    assert.strictEqual(driver.state.get("vault").status, "STOP")
  })

  it("tells a status once however often trouble repeats, and counts each time", () => {
    const driver = health()
    for (let at = 0; at < 3; at++) driver.tell(restarted("feed"))
    assert.strictEqual(driver.emitted.length, 1)
    assert.strictEqual(driver.state.get("feed").restarts, 3)
  })

  it("is outside the state hash, for it knows of restarts", () => {
    assert.strictEqual(makeHealth({ attentionMs }).outsideStateHash, true)
  })
})
