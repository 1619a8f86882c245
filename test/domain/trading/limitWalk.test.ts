import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  beginWalk,
  endStep,
  mayStep,
  noWalk,
  walkInvariant,
  walkLimits
} from "../../../src/domain/trading/limitWalk.ts"
import {
  centTicks,
  isOnTick,
  nickelTicks,
  pennyTicks,
  roundLimit
} from "../../../src/domain/trading/tick.ts"

const usd = (dollars: number): number => Math.round(dollars * 1_000_000)
const between = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const ticksOf = [centTicks, pennyTicks, nickelTicks] as const

const Walks = {
  schedule: between(0, 2),
  mid: between(-20_000_000, 20_000_000),
  room: between(-500_000, 3_000_000),
  steps: between(0, 20),
  start: between(0, 100)
}

describe("A limit's walk", () => {
  it("goes from the midpoint to the proposal's limit in equal parts", () => {
    const rules = { steps: 4, everyMs: 1, startShare: 0 }
    assert.deepStrictEqual(
      walkLimits(centTicks, usd(2.9), usd(2.5), rules),
      [2.5, 2.6, 2.7, 2.8, 2.9].map(usd)
    )
    const fromHalf = { ...rules, steps: 2, startShare: 0.5 }
    assert.deepStrictEqual(
      walkLimits(centTicks, usd(2.9), usd(2.5), fromHalf),
      [2.7, 2.8, 2.9].map(usd)
    )
  })

  it("asks for more than it would take where it receives", () => {
    const rules = { steps: 2, everyMs: 1, startShare: 0 }
    const limits = walkLimits(centTicks, usd(-2.1), usd(-2.5), rules)
    assert.deepStrictEqual(limits, [-2.5, -2.3, -2.1].map(usd))
  })

  it("is the proposal's limit alone where nothing is to be walked", () => {
    const rules = { steps: 4, everyMs: 1, startShare: 0 }
    const alone = [usd(2.9)]
    assert.deepStrictEqual(walkLimits(centTicks, usd(2.9), undefined, rules), alone)
    assert.deepStrictEqual(walkLimits(centTicks, usd(2.9), usd(2.9), rules), alone)
    assert.deepStrictEqual(walkLimits(centTicks, usd(2.9), usd(3.1), rules), alone)
    assert.deepStrictEqual(walkLimits(centTicks, usd(2.9), usd(2.5), noWalk), alone)
    assert.deepStrictEqual(
      walkLimits(centTicks, usd(2.9), usd(2.5), { ...rules, startShare: 1 }),
      alone
    )
  })

  it("begins where a price of its kind begins: buying stays above nothing", () => {
    const rules = { steps: 4, everyMs: 1, startShare: 0 }
    const limits = walkLimits(nickelTicks, usd(0.15), usd(0.02), rules)
    assert.deepStrictEqual(limits, [0.05, 0.1, 0.15].map(usd))
  })

  it.prop(
    "rises on ticks to the proposal's limit, never beyond, in at most so many changes",
    Walks,
    ({ schedule, mid, room, steps, start }) => {
      const ticks = ticksOf[schedule]!
      const rules = { steps, everyMs: 1, startShare: start / 100 }
      const limits = walkLimits(ticks, mid + room, mid, rules)
      assert.strictEqual(limits.at(-1), roundLimit(ticks, mid + room))
      assert.isAtMost(limits.length, steps + 1)
      for (const [at, limit] of limits.entries()) {
        assert.isAtMost(limit, mid + room)
        assert.isTrue(isOnTick(ticks, limit), `${limit} is on no tick`)
        if (at > 0) assert.isAbove(limit, limits[at - 1]!)
        if (limits.length > 1) assert.strictEqual(Math.sign(limit), Math.sign(limits.at(-1)!))
      }
      walkInvariant(beginWalk(limits, mid + room))
    }
  )
})

describe("A walk under way", () => {
  const walking = () => beginWalk([1, 2, 3], 3)
  const ask = (walk: ReturnType<typeof walking>, requestId: string) => {
    walk.asked = requestId
    walk.next++
    walkInvariant(walk)
  }

  it("waits for the answer to a step before the next", () => {
    const walk = walking()
    assert.isTrue(mayStep(walk))
    ask(walk, "a")
    assert.isFalse(mayStep(walk))
    endStep(walk, "another", "answered")
    assert.isFalse(mayStep(walk))
    endStep(walk, "a", "answered")
    assert.deepInclude(walk, { next: 2, asked: "" })
    ask(walk, "b")
    endStep(walk, "b", "answered")
    assert.isFalse(mayStep(walk), "it has arrived")
  })

  it("takes a step again that the venue may not have", () => {
    const walk = walking()
    ask(walk, "a")
    endStep(walk, "a", "again")
    assert.deepInclude(walk, { next: 1, asked: "" })
  })

  it("is impossible beyond the proposal, falling, or past its end", () => {
    const broken = (change: object) => () => walkInvariant({ ...walking(), ...change })
    assert.throws(broken({ mostMicros: 2 }), /goes beyond 2/)
    assert.throws(broken({ limits: [1, 1, 3] }), /does not rise/)
    assert.throws(broken({ next: 4 }), /stands at 4/)
    assert.throws(broken({ next: 1, asked: "a" }), /stands at 1/)
  })
})
