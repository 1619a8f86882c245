import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import type { BrokerReport, OrderRequest } from "../../../src/actors/ports/Broker.ts"
import type { LogMedium } from "../../../src/infra/broker/simulated/exchangeLog.ts"
import { makeMemoryMedium } from "../../../src/infra/broker/simulated/medium.ts"
import { openMs, openWorld, order, type World } from "./world.ts"

const between = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const Step = Schema.Union([
  Schema.Struct({
    kind: Schema.Literal("quote"),
    instrument: between(1, 3),
    askCents: between(100, 104),
    size: between(0, 6)
  }),
  Schema.Struct({
    kind: Schema.Literal("submit"),
    first: between(1, 3),
    second: between(0, 3),
    limitCents: between(0, 104),
    quantity: between(1, 6),
    isIoc: Schema.Boolean
  }),
  Schema.Struct({ kind: Schema.Literal("cancel"), which: between(0, 5) })
])
type Step = typeof Step.Type
const Steps = Schema.Array(Step).check(Schema.isMinLength(1), Schema.isMaxLength(40))

/** One step a second, so that each has its own time. */
const timeOf = (at: number): number => openMs + 1_000 * (at + 1)

const requests = (steps: ReadonlyArray<Step>): ReadonlyMap<number, OrderRequest> => {
  const made = new Map<number, OrderRequest>()
  steps.forEach((step, at) => {
    if (step.kind !== "submit") return
    const buy = { instrument: step.first, side: "Buy", ratio: 1 } as const
    const sell = { instrument: step.second, side: "Sell", ratio: 1 } as const
    const isSpread = step.second !== 0 && step.second !== step.first
    made.set(
      at,
      order({
        clOrdID: `o${made.size}`,
        legs: isSpread ? [buy, sell] : [buy],
        limit: isSpread ? (step.limitCents - 100) / 100 : step.limitCents / 100,
        orderQty: step.quantity,
        timeInForce: step.isIoc ? "ImmediateOrCancel" : "Day"
      })
    )
  })
  return made
}

/** Does step `at` as a session does: what the world says first, then the step. */
const perform = (
  world: World,
  steps: ReadonlyArray<Step>,
  orders: ReadonlyMap<number, OrderRequest>,
  at: number,
  heard: Array<BrokerReport>
) =>
  Effect.gen(function* () {
    heard.push(...world.heard(timeOf(at) - 1))
    const step = steps[at]!
    if (step.kind === "quote") show(world, step, at)
    else if (step.kind === "submit") {
      heard.push(...(yield* world.broker.submit(orders.get(at)!, timeOf(at))))
    } else heard.push(...(yield* world.broker.cancel(`o${step.which}`, timeOf(at))))
  })

const show = (world: World, step: Extract<Step, { kind: "quote" }>, at: number): void => {
  const { instrument, askCents, size } = step
  const ask = askCents / 100
  const sizes = { bidSize: size, askSize: size }
  world.quote({ instrument, bid: ask - 0.01, ask, ...sizes, timeMs: timeOf(at) })
}

const run = (steps: ReadonlyArray<Step>) =>
  Effect.gen(function* () {
    const world = yield* openWorld()
    const orders = requests(steps)
    const heard: Array<BrokerReport> = []
    for (const at of steps.keys()) yield* perform(world, steps, orders, at, heard)
    heard.push(...world.heard(Number.MAX_SAFE_INTEGER))
    return { heard, positions: yield* world.broker.positions, orders }
  })

/** A new process over the same log: the quotes before `next` are shown again, the rest of the session follows. */
const resume = (
  medium: LogMedium,
  steps: ReadonlyArray<Step>,
  next: number,
  known: ReadonlyArray<BrokerReport>
) =>
  Effect.gen(function* () {
    const world = yield* openWorld(medium)
    world.broker.speaker.resumeAfter(known.length)
    for (const [at, step] of steps.slice(0, next).entries()) {
      if (step.kind === "quote") show(world, step, at)
    }
    const orders = requests(steps)
    const heard = [...known]
    for (let at = next; at < steps.length; at++) yield* perform(world, steps, orders, at, heard)
    heard.push(...world.heard(Number.MAX_SAFE_INTEGER))
    return { heard, positions: yield* world.broker.positions }
  })

/** Repeats of a cancel are answered with what was said before: the kernel drops those by their number. */
const news = (heard: ReadonlyArray<BrokerReport>): ReadonlyArray<BrokerReport> => {
  let last = 0
  return heard.filter(({ sourceSeq }) => {
    if (sourceSeq <= last) return false
    last = sourceSeq
    return true
  })
}

describe("simulated exchange", () => {
  it.effect.prop(
    "keeps FIX's laws, pays each fill once, and its positions are the sum of its executions",
    { steps: Steps },
    ({ steps }) =>
      Effect.gen(function* () {
        const { heard, positions, orders } = yield* run(steps)
        const said = news(heard)
        assert.deepStrictEqual(
          said.map(({ sourceSeq }) => sourceSeq),
          said.map((_, at) => at + 1)
        )
        const cum = new Map<string, number>()
        const net = new Map<number, number>()
        for (const report of said) {
          if (report.type !== "ExecutionReport") continue
          const { clOrdID, lastQty, cumQty, leavesQty, orderQty, legs, ordStatus } = report.payload
          const request = [...orders.values()].find((each) => each.clOrdID === clOrdID)!
          cum.set(clOrdID, (cum.get(clOrdID) ?? 0) + lastQty)
          assert.strictEqual(cumQty, cum.get(clOrdID))
          if (ordStatus === "New" || ordStatus === "PartiallyFilled") {
            assert.strictEqual(cumQty + leavesQty, orderQty)
          } else assert.strictEqual(leavesQty, 0)
          assert.isAtMost(report.payload.lastNetMicros, Math.max(0, request.limitNetMicros))
          for (const { instrument, side, lastQty: each } of legs) {
            const signed = side === "Buy" ? each : -each
            net.set(instrument, (net.get(instrument) ?? 0) + signed)
          }
        }
        const expected = [...net].filter(([, held]) => held !== 0).sort(([a], [b]) => a - b)
        // The first day's contracts end at its close, which is part of the run.
        const ended = said.filter(({ type }) => type === "OptionEvent").length
        assert.strictEqual(ended, expected.length)
        for (const [instrument] of positions) assert.strictEqual(instrument, 0)
      })
  )

  it.effect.prop(
    "says after any crash what it would have said without it, also where the desk lost its last turns",
    { steps: Steps, crash: between(0, 1_000), lost: between(0, 1_000) },
    ({ steps, crash, lost }) =>
      Effect.gen(function* () {
        const straight = yield* run(steps)
        const crashAt = crash % (steps.length + 1)
        const medium = makeMemoryMedium()
        const world = yield* openWorld(medium)
        const orders = requests(steps)
        const heard: Array<BrokerReport> = []
        const heardBefore = [0]
        let lastRequest = 0
        for (let at = 0; at < crashAt; at++) {
          yield* perform(world, steps, orders, at, heard)
          heardBefore.push(heard.length)
          // What went out was durable first, so the desk never loses a turn before it.
          if (steps[at]!.kind !== "quote") lastRequest = at + 1
        }
        const next = crashAt - (lost % (crashAt - lastRequest + 1))
        const resumed = yield* resume(medium, steps, next, news(heard.slice(0, heardBefore[next])))
        assert.deepStrictEqual(news(resumed.heard), news(straight.heard))
        assert.deepStrictEqual(resumed.positions, straight.positions)
      })
  )

  it.effect.prop(
    "forgets a torn last line as if it never happened, and does it again alike",
    { steps: Steps, cut: between(1, 10_000) },
    ({ steps, cut }) =>
      Effect.gen(function* () {
        const medium = makeMemoryMedium()
        const world = yield* openWorld(medium)
        const orders = requests(steps)
        const straight = yield* run(steps)
        const heard: Array<BrokerReport> = []
        let before = { at: 0, heard: 0, bytes: medium.read().length }
        for (const at of steps.keys()) {
          const bytes = medium.read().length
          const heardSoFar = heard.length
          yield* perform(world, steps, orders, at, heard)
          if (medium.read().length > bytes) before = { at, heard: heardSoFar, bytes }
        }
        const torn = medium.read().length - before.bytes
        if (torn === 0) return
        medium.truncate(before.bytes + (cut % torn))
        const reopened = yield* openWorld(medium)
        assert.strictEqual(reopened.simulated.cutBytes, cut % torn)
        const known = news(heard.slice(0, before.heard))
        const resumed = yield* resume(medium, steps, before.at, known)
        assert.deepStrictEqual(news(resumed.heard), news(straight.heard))
      })
  )

  it.effect("refuses a log that is damaged before its end, or of another session", () =>
    Effect.gen(function* () {
      const medium = makeMemoryMedium()
      const world = yield* openWorld(medium)
      world.quote({ instrument: 1, bid: 1, ask: 1.1 })
      for (const _ of [1, 2]) yield* world.broker.submit(order({ limit: 1 }), openMs + 90_000)
      const bytes = medium.read()
      const middle = bytes.indexOf(10) + 20
      const damaged = makeMemoryMedium()
      damaged.append(bytes.map((byte, at) => (at === middle ? byte ^ 1 : byte)))
      const error = yield* Effect.flip(openWorld(damaged))
      assert.strictEqual(
        error.message,
        "the simulated exchange's log at memory cannot be used, line 2: its checksum is wrong"
      )
      const foreign = makeMemoryMedium()
      const text = new TextDecoder().decode(bytes).replace(/^[^\n]*\n/, "")
      foreign.append(new TextEncoder().encode(text))
      const other = yield* Effect.flip(openWorld(foreign))
      assert.include(other.message, "line 1: it is not the header of such a log")
    })
  )
})
