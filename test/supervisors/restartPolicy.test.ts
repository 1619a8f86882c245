import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  attemptRestart,
  type Backoff,
  backoffDelayMs,
  type ChildView,
  childExited,
  defaultFlags,
  emptyHistory,
  flagFaults,
  forgetChild,
  type RestartHistory,
  type SupervisorFlags
} from "../../src/supervisors/restartPolicy.ts"

const backoff: Backoff = {
  minMs: 3_000,
  maxMs: 30_000,
  factor: 2,
  randomShare: 0,
  resetAfterMs: 16_500,
  immediateRestarts: 0
}

const noChance = () => assert.fail("no chance is drawn")

describe("backoff delay", () => {
  it("doubles from min to max: 3, 6, 12, 24, 30, 30 s", () => {
    const delays = [0, 1, 2, 3, 4, 5].map((restarts) => backoffDelayMs(backoff, restarts, noChance))
    assert.deepStrictEqual(delays, [3_000, 6_000, 12_000, 24_000, 30_000, 30_000])
  })

  it("comes after the immediate restarts", () => {
    const immediate = { ...backoff, immediateRestarts: 2 }
    const delays = [0, 1, 2, 3].map((restarts) => backoffDelayMs(immediate, restarts, noChance))
    assert.deepStrictEqual(delays, [0, 0, 3_000, 6_000])
  })

  it("adds the random share on top of the cap", () => {
    const jittered = { ...backoff, randomShare: 0.2 }
    assert.strictEqual(
      backoffDelayMs(jittered, 0, () => 0),
      3_000
    )
    assert.strictEqual(
      backoffDelayMs(jittered, 0, () => 0.5),
      3_300
    )
    assert.strictEqual(
      backoffDelayMs(jittered, 50, () => 0.999999),
      36_000
    )
  })

  it("stays at min for factor 1, after however many restarts", () => {
    assert.strictEqual(backoffDelayMs({ ...backoff, factor: 1 }, 1e9, noChance), 3_000)
  })

  const anyBackoff = Schema.Struct({
    minMs: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 60_000 })),
    aboveMs: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 600_000 })),
    factor: Schema.Finite.check(Schema.isBetween({ minimum: 1, maximum: 10 })),
    randomShare: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })),
    restarts: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 200 })),
    chance: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 0.999 }))
  })
  it.prop(
    "is whole, never shrinks in a row, and lies between min and max plus share",
    [anyBackoff],
    ([{ aboveMs, chance, factor, minMs, randomShare, restarts }]) => {
      const any = { ...backoff, minMs, maxMs: minMs + aboveMs, factor, randomShare }
      const delayMs = backoffDelayMs(any, restarts, () => chance)
      assert.isTrue(Number.isSafeInteger(delayMs))
      assert.isAtLeast(delayMs, minMs)
      assert.isAtMost(delayMs, Math.round(any.maxMs * (1 + randomShare)))
      assert.isAtLeast(
        backoffDelayMs(any, restarts + 1, () => chance),
        delayMs
      )
    }
  )
})

describe("restart flags", () => {
  it("names each fault with its value and what is allowed", () => {
    const faults = flagFaults({
      ...defaultFlags,
      intensity: 1.5,
      periodMs: 0,
      backoff: {
        minMs: 0,
        maxMs: -1,
        factor: 0.5,
        randomShare: Number.NaN,
        resetAfterMs: 0,
        immediateRestarts: -1
      }
    })
    assert.deepStrictEqual(faults, [
      "intensity was 1.5, allowed are whole numbers from 0",
      "periodMs was 0, allowed are whole numbers from 1",
      "backoff.minMs was 0, allowed are whole numbers from 1",
      "backoff.maxMs was -1, allowed are whole numbers from 0",
      "backoff.factor was 0.5, allowed are numbers from 1",
      "backoff.randomShare was NaN, allowed are numbers from 0",
      "backoff.resetAfterMs was 0, allowed are whole numbers from 1",
      "backoff.immediateRestarts was -1, allowed are whole numbers from 0"
    ])
    assert.deepStrictEqual(flagFaults({ ...defaultFlags, backoff }), [])
  })
})

describe("restart history", () => {
  const children: ReadonlyArray<ChildView> = [
    { id: "a", restart: "permanent", significant: false, status: "running" },
    { id: "b", restart: "permanent", significant: false, status: "running" }
  ]
  const situation = (history: RestartHistory, nowMs: number) => ({
    flags: { ...defaultFlags, intensity: 10, backoff },
    children,
    history,
    nowMs,
    random: noChance
  })

  it("keeps a streak per child and forgets it with the child", () => {
    const first = attemptRestart(situation(emptyHistory, 0), "a")
    const second = attemptRestart(situation(first.history, 3_000), "a")
    const other = attemptRestart(situation(second.history, 3_000), "b")
    assert.deepStrictEqual(other.history.streaks, {
      a: { restarts: 2, upMs: 9_000 },
      b: { restarts: 1, upMs: 6_000 }
    })
    assert.deepStrictEqual(forgetChild(other.history, "a").streaks, {
      b: { restarts: 1, upMs: 6_000 }
    })
  })

  it("ends a streak after the quiet time, not a millisecond earlier", () => {
    const { history } = attemptRestart(situation(emptyHistory, 0), "a")
    const delayAt = (nowMs: number) => {
      const { decision } = attemptRestart(situation(history, nowMs), "a")
      return decision._tag === "Restart" ? decision.delayMs : -1
    }
    assert.strictEqual(delayAt(3_000 + 16_499), 6_000)
    assert.strictEqual(delayAt(3_000 + 16_500), 3_000)
  })

  it("has no child to restart that is not in the list", () => {
    assert.throws(
      () => childExited(situation(emptyHistory, 0), "x", { _tag: "Normal" }),
      "supervisor has no child x"
    )
    assert.throws(
      () => attemptRestart(situation(emptyHistory, 0), "x"),
      "supervisor has no child x"
    )
  })
})

describe("restart laws", () => {
  const crash = Schema.Struct({
    child: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4 })),
    waitMs: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 700 }))
  })
  const scenario = Schema.Struct({
    strategy: Schema.Literals(["one_for_one", "one_for_all", "rest_for_one"]),
    intensity: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4 })),
    temporary: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4 })),
    crashes: Schema.Array(crash).check(Schema.isBetweenLength(0, 30))
  })
  const ids = ["a", "b", "c", "d", "e"]
  const periodMs = 1_000

  it.prop(
    "gives up exactly when more than `intensity` restarts lie within the period",
    [scenario],
    ([{ crashes, intensity, strategy }]) => {
      const flags: SupervisorFlags = { ...defaultFlags, strategy, intensity, periodMs }
      const children = ids.map(
        (id): ChildView => ({ id, restart: "permanent", significant: false, status: "running" })
      )
      let history = emptyHistory
      let nowMs = 0
      const timesMs: Array<number> = []
      for (const { child, waitMs } of crashes) {
        nowMs += waitMs
        timesMs.push(nowMs)
        const outcome = childExited(
          { flags, children, history, nowMs, random: noChance },
          ids[child]!,
          { _tag: "Defect", reason: "crash" }
        )
        const recent = timesMs.filter((atMs) => atMs >= nowMs - periodMs).length
        assert.strictEqual(outcome.decision._tag, recent > intensity ? "Escalate" : "Restart")
        history = outcome.history
        if (outcome.decision._tag === "Escalate") return
      }
    }
  )

  it.prop(
    "stops right to left, starts left to right, and touches none that it need not",
    [scenario],
    ([{ crashes, strategy, temporary }]) => {
      const flags: SupervisorFlags = { ...defaultFlags, strategy, intensity: 100 }
      const children = ids.map(
        (id, at): ChildView => ({
          id,
          restart: at === temporary ? "temporary" : "permanent",
          significant: false,
          status: "running"
        })
      )
      for (const { child } of crashes) {
        const failed = ids[child]!
        const { decision } = childExited(
          { flags, children, history: emptyHistory, nowMs: 0, random: noChance },
          failed,
          { _tag: "Defect", reason: "crash" }
        )
        if (child === temporary) {
          assert.deepStrictEqual(decision, { _tag: "StayDown", remove: [failed] })
          continue
        }
        assert.strictEqual(decision._tag, "Restart")
        if (decision._tag !== "Restart") return
        const { remove, start, stop } = decision
        const first = { one_for_one: child, rest_for_one: child, one_for_all: 0 }[strategy]
        const last = strategy === "one_for_one" ? child : ids.length - 1
        const fated = ids.slice(first, last + 1)
        assert.deepStrictEqual(
          [...stop, failed].sort(),
          fated,
          "all that share its fate stop, and no other"
        )
        assert.deepStrictEqual([...stop], [...stop].sort().reverse())
        assert.deepStrictEqual(
          [...start],
          fated.filter((id) => id !== ids[temporary])
        )
        assert.deepStrictEqual(
          [...remove],
          fated.filter((id) => id === ids[temporary])
        )
      }
    }
  )
})
