import { assert, describe, it } from "@effect/vitest"
import type { Directive } from "../../src/actors/runtime/Supervision.ts"
import { defaultSupervision, deskTree } from "../../src/supervisors/deskTree.ts"
import type { Backoff } from "../../src/supervisors/restartPolicy.ts"
import { makeTreePolicy, type SupervisorNode } from "../../src/supervisors/treePolicy.ts"

const deskOrder = [
  "feed",
  "vault",
  "executor",
  "hedger",
  "risk-gate",
  "convergence",
  "features",
  "regime-classifier",
  "strategy",
  "auditor",
  "health"
]

/** Delays 0, 100, 200, 400, 400, ... without jitter. */
const plain: Backoff = {
  minMs: 100,
  maxMs: 400,
  factor: 2,
  randomShare: 0,
  resetAfterMs: 5_000,
  immediateRestarts: 1
}

/**
 * The desk with one limit for all supervisors and no jitter, so that delays can be written down.
 */
const plainDesk = (intensity: number, rootIntensity = 1): SupervisorNode => {
  const limits = { intensity, periodMs: 60_000, backoff: plain }
  return deskTree({
    desk: { ...limits, intensity: rootIntensity, backoff: { ...plain, immediateRestarts: 0 } },
    market: limits,
    money: limits,
    cognition: limits,
    strategies: limits,
    strategy: limits,
    watch: limits
  })
}

const now = (...group: ReadonlyArray<string>): Directive => ({ _tag: "RestartNow", group })
const later = (delayMs: number, ...group: ReadonlyArray<string>): Directive => ({
  _tag: "RestartLater",
  group,
  delayMs
})

describe("tree policy of the desk", () => {
  it("delivers in start order: market, money chain, cognition, strategies, watch", () => {
    assert.deepStrictEqual(makeTreePolicy(deskTree(), 1).order, deskOrder)
  })

  const firstCrash: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
    ["feed", ["feed"]],
    ["vault", ["vault", "executor", "hedger", "risk-gate", "convergence"]],
    ["executor", ["executor", "hedger", "risk-gate", "convergence"]],
    ["hedger", ["hedger", "risk-gate", "convergence"]],
    ["risk-gate", ["risk-gate", "convergence"]],
    ["convergence", ["convergence"]],
    ["features", ["features"]],
    ["regime-classifier", ["regime-classifier"]],
    ["strategy", ["strategy"]],
    ["auditor", ["auditor"]],
    ["health", ["health"]]
  ]
  for (const [actor, group] of firstCrash) {
    it(`restarts ${group.join(", ")} at once when ${actor} crashes for the first time`, () => {
      assert.deepStrictEqual(makeTreePolicy(deskTree(), 1).crashed(actor, 1_000), now(...group))
    })
  }

  it("halts the actor and what stands after it in its chain, once", () => {
    const policy = makeTreePolicy(deskTree(), 1)
    assert.deepStrictEqual(policy.halt("hedger", "poison"), {
      _tag: "StayDown",
      group: ["hedger", "risk-gate", "convergence"],
      reason: "poison"
    })
    assert.deepStrictEqual(policy.halt("executor", "poison too"), {
      _tag: "StayDown",
      group: ["executor"],
      reason: "poison too"
    })
  })

  it("leaves an actor that is down for good out of every later group", () => {
    const policy = makeTreePolicy(deskTree(), 1)
    policy.halt("risk-gate", "poison")
    assert.deepStrictEqual(policy.crashed("vault", 0), now("vault", "executor", "hedger"))
    assert.deepStrictEqual(policy.crashed("convergence", 1), {
      _tag: "StayDown",
      group: [],
      reason: "actor convergence is down for good"
    })
  })
})

describe("tree policy backoff", () => {
  it("delays repeated crashes: none, min, doubled, capped", () => {
    const policy = makeTreePolicy(plainDesk(10), 1)
    const crashes: ReadonlyArray<readonly [number, Directive]> = [
      [0, now("feed")],
      [10, later(100, "feed")],
      [120, later(200, "feed")],
      [330, later(400, "feed")],
      [740, later(400, "feed")]
    ]
    for (const [atMs, expected] of crashes) {
      assert.deepStrictEqual(policy.crashed("feed", atMs), expected)
    }
  })

  it("starts from the beginning after a quiet time counted from the moment it came back", () => {
    const policy = makeTreePolicy(plainDesk(10), 1)
    policy.crashed("feed", 0)
    assert.deepStrictEqual(policy.crashed("feed", 1_000), later(100, "feed"))
    assert.deepStrictEqual(policy.crashed("feed", 1_100 + 4_999), later(200, "feed"))
    assert.deepStrictEqual(policy.crashed("feed", 6_299 + 5_000), now("feed"))
  })

  it("keeps siblings apart: a first crash beside a repeated one comes back at once", () => {
    const policy = makeTreePolicy(plainDesk(10), 1)
    policy.crashed("features", 0)
    policy.crashed("features", 1)
    assert.deepStrictEqual(policy.crashed("regime-classifier", 2), now("regime-classifier"))
  })

  it("lets a later crash wait for the part of its group that is down already", () => {
    const policy = makeTreePolicy(plainDesk(10), 1)
    policy.crashed("risk-gate", 0)
    assert.deepStrictEqual(policy.crashed("risk-gate", 10), later(100, "risk-gate", "convergence"))
    assert.deepStrictEqual(
      policy.crashed("executor", 50),
      later(60, "executor", "hedger", "risk-gate", "convergence")
    )
    assert.deepStrictEqual(
      policy.crashed("vault", 110),
      now("vault", "executor", "hedger", "risk-gate", "convergence")
    )
  })

  it("adds jitter within the random share, a function of seed, supervisor and crash count", () => {
    const delays = (seed: number) => {
      const policy = makeTreePolicy(deskTree(), seed)
      return [0, 10, 600, 1_400].map((atMs) => {
        const directive = policy.crashed("feed", atMs)
        return directive._tag === "RestartLater" ? directive.delayMs : 0
      })
    }
    const spread = new Set<string>()
    for (let seed = 0; seed < 50; seed++) {
      const [first, second, third, fourth] = delays(seed)
      assert.strictEqual(first, 0)
      assert.isTrue(second! >= 250 && second! <= 300, `second delay was ${second}`)
      assert.isTrue(third! >= 500 && third! <= 600, `third delay was ${third}`)
      assert.isTrue(fourth! >= 1_000 && fourth! <= 1_200, `fourth delay was ${fourth}`)
      assert.deepStrictEqual(delays(seed), [first!, second!, third!, fourth!])
      spread.add(`${second} ${third} ${fourth}`)
    }
    assert.isAtLeast(spread.size, 45)
  })
})

describe("tree policy escalation", () => {
  it("restarts the desk when the money chain is exhausted, and stops it the next time", () => {
    const policy = makeTreePolicy(plainDesk(2), 1)
    policy.crashed("executor", 0)
    policy.crashed("vault", 200)
    assert.deepStrictEqual(policy.crashed("hedger", 400), later(100, ...deskOrder))
    policy.crashed("executor", 600)
    policy.crashed("executor", 800)
    const last = policy.crashed("executor", 1_200)
    assert.deepStrictEqual(last, {
      _tag: "StopDesk",
      reason: "supervisor desk gave up at a failure of money: more than 1 restarts in 60000 ms"
    })
  })

  it("gives the supervisors of an escalated group a new window", () => {
    const policy = makeTreePolicy(plainDesk(1), 1)
    policy.crashed("feed", 0)
    policy.crashed("auditor", 0)
    assert.deepStrictEqual(policy.crashed("auditor", 1), later(100, ...deskOrder))
    assert.deepStrictEqual(policy.crashed("feed", 200), now("feed"))
  })

  it("counts restarts only within the period, the restart exactly one period ago included", () => {
    const sliding = makeTreePolicy(plainDesk(1), 1)
    sliding.crashed("feed", 0)
    assert.deepStrictEqual(sliding.crashed("feed", 60_001), now("feed"))
    const edge = makeTreePolicy(plainDesk(1), 1)
    edge.crashed("feed", 0)
    assert.deepStrictEqual(edge.crashed("feed", 60_000), later(100, ...deskOrder))
  })

  it("keeps an exhausted strategy down, tells no parent, and the desk works on", () => {
    const tree = deskTree(
      { ...defaultSupervision, strategy: { intensity: 1, periodMs: 60_000, backoff: plain } },
      ["calendar", "condor"]
    )
    const policy = makeTreePolicy(tree, 1)
    policy.crashed("calendar", 0)
    assert.deepStrictEqual(policy.crashed("calendar", 1), {
      _tag: "StayDown",
      group: ["calendar"],
      reason:
        "supervisor calendar-supervisor gave up at a failure of calendar: " +
        "more than 1 restarts in 60000 ms"
    })
    assert.deepStrictEqual(policy.crashed("condor", 2), now("condor"))
    assert.deepStrictEqual(policy.crashed("features", 3), now("features"))
  })

  it("keeps an exhausted cognition supervisor's actors down through a restart of the desk", () => {
    const policy = makeTreePolicy(plainDesk(1), 1)
    policy.crashed("features", 0)
    const exhausted = policy.crashed("regime-classifier", 1)
    assert.strictEqual(exhausted._tag, "StayDown")
    assert.deepStrictEqual(exhausted._tag === "StayDown" && exhausted.group, [
      "features",
      "regime-classifier"
    ])
    policy.crashed("feed", 2)
    assert.deepStrictEqual(
      policy.crashed("feed", 3),
      later(
        100,
        "feed",
        "vault",
        "executor",
        "hedger",
        "risk-gate",
        "convergence",
        "strategy",
        "auditor",
        "health"
      )
    )
  })

  it("takes the supervisors after an exhausted one along under rest_for_one", () => {
    const limits = { intensity: 0, periodMs: 1_000, backoff: plain, exhausted: "escalate" } as const
    const leaf = (id: string, actor: string): SupervisorNode => ({
      ...limits,
      _tag: "Supervisor",
      id,
      strategy: "one_for_one",
      children: [{ _tag: "Actor", id: actor }]
    })
    const policy = makeTreePolicy(
      {
        ...limits,
        _tag: "Supervisor",
        id: "root",
        strategy: "rest_for_one",
        intensity: 1,
        children: [leaf("a", "a1"), leaf("b", "b1"), leaf("c", "c1")]
      },
      1
    )
    assert.deepStrictEqual(policy.crashed("b1", 0), now("b1", "c1"))
  })

  it("cancels what the actors of a restarted supervisor waited for", () => {
    const policy = makeTreePolicy(plainDesk(3), 1)
    for (const atMs of [0, 1]) policy.crashed("feed", atMs)
    for (const atMs of [210, 211, 350]) policy.crashed("auditor", atMs)
    assert.deepStrictEqual(policy.crashed("feed", 380), later(200, "feed"))
    assert.deepStrictEqual(policy.crashed("auditor", 390), later(100, ...deskOrder))
  })

  it("delays an immediate restart of the desk by 1 ms where part of it is down already", () => {
    const limits = { intensity: 1, periodMs: 60_000, backoff: plain }
    const policy = makeTreePolicy(
      deskTree({
        desk: limits,
        market: { ...limits, intensity: 2 },
        money: limits,
        cognition: limits,
        strategies: limits,
        strategy: limits,
        watch: limits
      }),
      1
    )
    for (const atMs of [0, 1]) policy.crashed("feed", atMs)
    policy.crashed("auditor", 2)
    assert.deepStrictEqual(policy.crashed("auditor", 3), later(1, ...deskOrder))
  })
})

describe("tree policy snapshot", () => {
  const script = [
    ["feed", 0],
    ["feed", 20],
    ["executor", 60],
    ["risk-gate", 70],
    ["strategy", 80],
    ["risk-gate", 90],
    ["vault", 95],
    ["strategy", 400],
    ["feed", 500],
    ["strategy", 900],
    ["strategy", 2_500],
    ["features", 9_000],
    ["hedger", 20_000],
    ["convergence", 21_000],
    ["convergence", 21_100],
    ["convergence", 21_200],
    ["auditor", 70_000]
  ] as const

  it("goes on after a restore from JSON at any point as if nothing had happened", () => {
    const whole = makeTreePolicy(deskTree(), 7)
    const expected = script.map(([actor, atMs]) => whole.crashed(actor, atMs))
    assert.isAtLeast(new Set(expected.map(({ _tag }) => _tag)).size, 3)
    for (let cut = 0; cut <= script.length; cut++) {
      const before = makeTreePolicy(deskTree(), 7)
      for (const [actor, atMs] of script.slice(0, cut)) before.crashed(actor, atMs)
      if (cut === 8) before.halt("health", "poison")
      const after = makeTreePolicy(deskTree(), 7)
      after.crashed("health", 1)
      after.halt("feed", "of another life")
      after.restore(JSON.parse(JSON.stringify(before.snapshot())))
      assert.deepStrictEqual(after.snapshot(), before.snapshot())
      assert.deepStrictEqual(
        script.slice(cut).map(([actor, atMs]) => after.crashed(actor, atMs)),
        expected.slice(cut)
      )
    }
  })

  it("refuses a foreign snapshot, an unknown actor and an unsound tree with a sentence", () => {
    const policy = makeTreePolicy(deskTree(), 7)
    const foreign = makeTreePolicy(deskTree(defaultSupervision, ["other"]), 7).snapshot()
    assert.throws(() => policy.restore(foreign), /snapshot is of supervisors .*other-supervisor/)
    assert.throws(() => policy.crashed("nobody", 0), "supervision tree desk has no actor nobody")
    assert.throws(
      () => makeTreePolicy(deskTree(defaultSupervision, ["feed"]), 7),
      "supervision tree desk: the name feed is used twice"
    )
    const unsound = { ...deskTree(), intensity: -1 }
    assert.throws(
      () => makeTreePolicy(unsound, 7),
      "supervision tree desk: supervisor desk: intensity was -1, allowed are whole numbers from 0"
    )
  })
})
