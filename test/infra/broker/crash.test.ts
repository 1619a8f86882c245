import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import type { BrokerReport } from "../../../src/actors/ports/Broker.ts"
import type { OrderRequest } from "../../../src/domain/trading/reports.ts"
import { type LogMedium, makeMemoryMedium } from "../../../src/infra/log/medium.ts"
import { openMs, openWorld, order, type World } from "./world.ts"

const between = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))

type Step =
  | {
      readonly kind: "quote"
      readonly instrument: number
      readonly askCents: number
      readonly size: number
    }
  | {
      readonly kind: "submit"
      readonly first: number
      readonly second: number
      readonly limitCents: number
      readonly quantity: number
      readonly isIoc: boolean
    }
  | { readonly kind: "cancel"; readonly which: number }
  | {
      readonly kind: "change"
      readonly which: number
      readonly limitCents: number
      readonly quantity: number
    }

const Seed = between(0, 2_000_000_000)

/** Forty steps of a busy market: three instruments quoted first, then quotes, orders near the market, changes, cancels. */
const stepsOf = (seed: number): ReadonlyArray<Step> => {
  let state = seed
  const draw = (minimum: number, maximum: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return minimum + Math.floor((state / 2 ** 32) * (maximum - minimum + 1))
  }
  const quote = (instrument: number): Step => ({
    kind: "quote",
    instrument,
    askCents: draw(100, 104),
    size: draw(0, 6)
  })
  const steps: Array<Step> = [1, 2, 3].map(quote)
  while (steps.length < 40) {
    const kind = draw(0, 9)
    if (kind < 5) steps.push(quote(draw(1, 3)))
    else if (kind === 9) steps.push({ kind: "cancel", which: draw(0, 12) })
    else if (kind === 8) {
      const limitCents = draw(0, 3) === 0 ? draw(0, 4) : draw(99, 104)
      steps.push({ kind: "change", which: draw(0, 9), limitCents, quantity: draw(1, 8) })
    } else {
      steps.push({
        kind: "submit",
        first: draw(1, 3),
        second: draw(0, 3),
        limitCents: draw(99, 104),
        quantity: draw(1, 6),
        isIoc: draw(0, 3) === 0
      })
    }
  }
  return steps
}

/** Quotes of a session come by the minute, many at one time. */
const timeOf = (at: number): number => openMs + 60_000 * (1 + Math.floor(at / 5))

/** What was heard, and before which step: the place counts as much as the words. */
interface Heard {
  readonly at: number
  readonly report: BrokerReport
}

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

const changeOf = (step: Extract<Step, { kind: "change" }>, at: number) => ({
  clOrdID: `o${step.which}`,
  requestId: `c${at}`,
  orderQty: step.quantity,
  limitNetMicros: step.limitCents * 10_000
})

/** Does step `at` as a session does: what the world says first, then the step. */
const perform = (
  world: World,
  steps: ReadonlyArray<Step>,
  orders: ReadonlyMap<number, OrderRequest>,
  at: number,
  heard: Array<Heard>
) =>
  Effect.gen(function* () {
    const step = steps[at]!
    const hear = (reports: ReadonlyArray<BrokerReport>) => {
      for (const report of reports) heard.push({ at, report })
    }
    if (step.kind === "submit") {
      hear(yield* world.broker.submit(orders.get(at)!, timeOf(at)))
    } else if (step.kind === "cancel") {
      hear(yield* world.broker.cancel(`o${step.which}`, timeOf(at)))
    } else if (step.kind === "change") {
      hear(yield* world.broker.replace(changeOf(step, at), timeOf(at)))
    } else {
      hear(world.heard(timeOf(at)))
      show(world, step, at)
    }
  })

/** The rest of the session, its close included. */
const hearTheEnd = (world: World, at: number, heard: Array<Heard>): void => {
  for (const report of world.heard(Number.MAX_SAFE_INTEGER)) heard.push({ at, report })
}

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
    const heard: Array<Heard> = []
    for (const at of steps.keys()) yield* perform(world, steps, orders, at, heard)
    hearTheEnd(world, steps.length, heard)
    return { heard, positions: yield* world.broker.positions, orders }
  })

/** A new process over the same log: the quotes before `next` are shown again, the rest of the session follows. */
const resume = (
  medium: LogMedium,
  steps: ReadonlyArray<Step>,
  next: number,
  known: ReadonlyArray<Heard>
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
    hearTheEnd(world, steps.length, heard)
    return { heard, positions: yield* world.broker.positions }
  })

/** Repeats of a cancel are answered with what was said before: the kernel drops those by their number. */
const news = (heard: ReadonlyArray<Heard>): ReadonlyArray<Heard> => {
  let last = 0
  return heard.filter(({ report: { sourceSeq } }) => {
    if (sourceSeq <= last) return false
    last = sourceSeq
    return true
  })
}

describe("simulated exchange", () => {
  it.effect.prop(
    "keeps FIX's laws, pays each fill once, and its positions are the sum of its executions",
    { seed: Seed },
    ({ seed }) =>
      Effect.gen(function* () {
        const steps = stepsOf(seed)
        const { heard, positions, orders } = yield* run(steps)
        const limitOf = new Map(
          [...orders.values()].map((each) => [each.clOrdID, each.limitNetMicros])
        )
        const said = news(heard).map(({ report }) => report)
        assert.deepStrictEqual(
          said.map(({ sourceSeq }) => sourceSeq),
          said.map((_, at) => at + 1)
        )
        const cum = new Map<string, number>()
        const net = new Map<number, number>()
        for (const report of said) {
          if (report.type !== "ExecutionReport") continue
          const { clOrdID, lastQty, cumQty, leavesQty, orderQty, legs, ordStatus } = report.payload
          if (report.payload.execType === "Replaced") {
            const at = Number(report.payload.requestId!.slice(1))
            const asked = changeOf(steps[at] as Extract<Step, { kind: "change" }>, at)
            assert.deepInclude(asked, { clOrdID, orderQty })
            limitOf.set(clOrdID, asked.limitNetMicros)
          }
          cum.set(clOrdID, (cum.get(clOrdID) ?? 0) + lastQty)
          assert.strictEqual(cumQty, cum.get(clOrdID))
          if (ordStatus === "New" || ordStatus === "PartiallyFilled") {
            assert.strictEqual(cumQty + leavesQty, orderQty)
          } else assert.strictEqual(leavesQty, 0)
          assert.isAtMost(report.payload.lastNetMicros, Math.max(0, limitOf.get(clOrdID)!))
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
    { seed: Seed, crash: between(0, 1_000), lost: between(0, 1_000) },
    ({ seed, crash, lost }) =>
      Effect.gen(function* () {
        const steps = stepsOf(seed)
        const straight = yield* run(steps)
        const crashAt = crash % (steps.length + 1)
        const medium = makeMemoryMedium()
        const world = yield* openWorld(medium)
        const orders = requests(steps)
        const heard: Array<Heard> = []
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
    "does nothing twice where it lives on and is shown the session again",
    { seed: Seed, rewindAt: between(1, 40), back: between(0, 1_000) },
    ({ seed, rewindAt, back }) =>
      Effect.gen(function* () {
        const steps = stepsOf(seed)
        const straight = yield* run(steps)
        const world = yield* openWorld()
        const orders = requests(steps)
        const heard: Array<Heard> = []
        // A host takes back nothing but quotes on which no word came.
        let quietSince = 0
        for (let at = 0; at < rewindAt; at++) {
          const before = heard.length
          yield* perform(world, steps, orders, at, heard)
          if (steps[at]!.kind !== "quote" || heard.length > before) quietSince = at + 1
        }
        const next = rewindAt - (back % (rewindAt - quietSince + 1))
        world.seq = 0
        for (const [at, step] of steps.slice(0, next).entries()) {
          if (step.kind === "quote") show(world, step, at)
        }
        for (let at = next; at < steps.length; at++) {
          yield* perform(world, steps, orders, at, heard)
        }
        hearTheEnd(world, steps.length, heard)
        assert.deepStrictEqual(news(heard), news(straight.heard))
      })
  )

  it.effect.prop(
    "forgets a torn last line as if it never happened, and does it again alike",
    { seed: Seed, length: between(0, 1_000), cut: between(1, 10_000) },
    ({ seed, length, cut }) =>
      Effect.gen(function* () {
        const steps = stepsOf(seed).slice(0, 1 + (length % 40))
        const medium = makeMemoryMedium()
        const world = yield* openWorld(medium)
        const orders = requests(steps)
        const straight = yield* run(steps)
        const heard: Array<Heard> = []
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

  it.effect("makes changes in its runs, and refuses some", () =>
    Effect.gen(function* () {
      const seen = { made: 0, refused: 0, filledByIt: 0 }
      for (let seed = 1; seed <= 30; seed++) {
        const { heard } = yield* run(stepsOf(seed * 7_919))
        const said = news(heard)
        for (const [place, { at, report }] of said.entries()) {
          if (!("requestId" in report.payload)) continue
          if (report.type === "OrderCancelReject") seen.refused++
          else seen.made++
          const next = said[place + 1]
          if (next?.at === at && next.report.type === "ExecutionReport") seen.filledByIt++
        }
      }
      assert.isAbove(seen.made, 10)
      assert.isAbove(seen.refused, 10)
      assert.isAbove(seen.filledByIt, 0)
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
