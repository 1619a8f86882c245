/** Chaos on a running desk, as an operator starts it. */
import { readFileSync, writeFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { chaosScenarios } from "../../src/domain/chaos/scenarios.ts"
import type { ResilienceFacts } from "../../src/projections/resilience.ts"
import { runPlan } from "../../src/simulation/runPlan.ts"
import { loadStage, stageOf } from "../../src/simulation/stage.ts"
import { makeHome } from "./home.ts"

const reported = ({
  out,
  err
}: {
  readonly out: string
  readonly err: string
}): ResilienceFacts => {
  const line = out.trimEnd().split("\n").at(-1)
  if (line === undefined || !line.startsWith("{")) throw new Error(`no report: ${err}`)
  return JSON.parse(line)
}

describe("chaos run", () => {
  it.live(
    "kills the process, recovers each time and says what held, as text, JSON and a page",
    () =>
      Effect.scoped(
        Effect.gen(function* () {
          const home = yield* makeHome
          const page = home.path("report.html")
          const ended = yield* home.command(
            "chaos",
            "run",
            "process-kills",
            "--json",
            "--html",
            page
          )
          assert.strictEqual(ended.code, 0, ended.err)
          const facts = reported(ended)
          assert.strictEqual(facts.struck.length, 4)
          assert.strictEqual(facts.lives, 5)
          assert.strictEqual(facts.wall.toRecord.times, 4)
          assert.isTrue(facts.invariants.every(({ broken }) => broken === ""))
          const html = readFileSync(page, "utf8")
          assert.include(html, "Every promise held")
          assert.notMatch(html, /https?:\/\/|<script|src=/, "it needs nothing else")
          const verified = yield* home.command("replay", "--verify")
          assert.strictEqual(verified.code, 0, verified.err)
        })
      )
  )

  it.live("tells who was down, for how long, and what was refused meanwhile", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const home = yield* makeHome
        const facts = reported(yield* home.command("chaos", "run", "cascade", "--json"))
        const executor = facts.actors.find(({ who }) => who === "executor")
        assert.isDefined(executor)
        assert.isAbove(executor!.worstMs, 0)
        assert.isTrue(facts.timeline.some(({ lane }) => lane === "actor"))
      })
    )
  )

  it.live("bears more inputs than the intake holds, and loses nothing but replaced quotes", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const home = yield* makeHome
        const facts = reported(yield* home.command("chaos", "run", "overload", "--json"))
        assert.strictEqual(facts.struck.length, 3)
        const bounds = facts.invariants.find(({ name }) => name === "intake bounds")
        assert.isAbove(bounds!.checks, 1)
        assert.isTrue(facts.invariants.every(({ broken }) => broken === ""))
        const dump = home.path("journal.jsonl")
        const exported = yield* home.command("journal", "export", "--out", dump)
        assert.strictEqual(exported.code, 0, exported.err)
        const lines = readFileSync(dump, "utf8").split("\n")
        const count = (pattern: RegExp) => lines.filter((line) => pattern.test(line)).length
        assert.strictEqual(count(/"type":"HaltTrading"/), 1)
        assert.isAbove(count(/"type":"DepositFunds".*burst-/), 64)
        assert.isAbove(count(/"replaced":[1-9]/), 0)
      })
    )
  )

  it.live("takes a plan of one's own from YAML, and names what is wrong in it", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const home = yield* makeHome
        const plan = home.path("mine.yaml")
        writeFileSync(
          plan,
          "about: Mine.\nfaults:\n  - { _tag: ActorCrash, atMs: 60000, actor: feed, point: evolve, times: 1 }\n"
        )
        const facts = reported(yield* home.command("chaos", "run", "--plan", plan, "--json"))
        assert.deepStrictEqual(
          facts.actors.map(({ who }) => who),
          ["feed"]
        )
        writeFileSync(plan, "about: Mine.\nfaults:\n  - { _tag: DiskFull, atMs: -5, forMs: 10 }\n")
        const refused = yield* home.command("chaos", "run", "--plan", plan)
        assert.strictEqual(refused.code, 1)
        assert.match(refused.err, /mine\.yaml: faults\.0.*0/)
        writeFileSync(plan, "about: wire\nfaults:\n  - { _tag: IbZombie, atMs: 1 }\n")
        const ofWire = yield* home.command("chaos", "run", "--plan", plan)
        assert.strictEqual(ofWire.code, 1)
        assert.match(ofWire.err, /IbZombie, a fault of IB's wire/)
        const unknown = yield* home.command("chaos", "run", "earthquake")
        assert.strictEqual(unknown.code, 2)
        assert.match(unknown.err, /"earthquake"; allowed: .*cascade/)
      })
    )
  )

  it.live("lists the product's scenarios and those of the settings", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const home = yield* makeHome
        const { out } = yield* home.command("chaos", "ls", "--json")
        const names = Object.keys(JSON.parse(out))
        assert.includeMembers(names, [...Object.keys(chaosScenarios), "lunch-break"])
      })
    )
  )
})

/** One whose market trades. */
const seed = 1

describe("A scenario's plan on a virtual clock", () => {
  for (const [name, { faults }] of Object.entries(chaosScenarios)) {
    it.live(`keeps every promise: ${name}`, () =>
      Effect.scoped(
        Effect.gen(function* () {
          const stage = stageOf(yield* loadStage(), seed)
          // The simulated session lasts half an hour.
          const plan = faults.map((fault) => ({ ...fault, atMs: Math.round(fault.atMs / 5) }))
          const { breach, struck } = yield* runPlan(stage, seed, plan)
          assert.isUndefined(breach, `${breach?.invariant}: ${breach?.why}`)
          assert.isAbove(struck.size, 0)
        })
      )
    )
  }
})
