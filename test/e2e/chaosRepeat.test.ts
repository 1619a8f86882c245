/** One plan, one report: whatever clock the run is on, all but the wall times is the same word for word. */
import { readFileSync, writeFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { ResilienceFacts } from "../../src/projections/resilience.ts"
import { resilienceText } from "../../src/projections/resilienceText.ts"
import { VirtualClock } from "../../src/simulation/VirtualClock.ts"
import { makeHome } from "./home.ts"
import { inProcessOn } from "./inProcess.ts"

const plan = `about: One of each, so that every part of the report has something to say.
faults:
  - { _tag: Latency, atMs: 300000, forMs: 600000, component: inference, delayMs: 200 }
  - { _tag: ActorCrash, atMs: 900000, actor: features, point: decide, times: 3 }
  - { _tag: SlowDisk, atMs: 1200000, forMs: 600000, syncMs: 50 }
  - { _tag: ProcessKill, atMs: 2400000, point: after commit, unsynced: all }
  - { _tag: Rival, atMs: 3600000, forMs: 60000, point: in commit }
  - { _tag: BrokerAway, atMs: 7800000, forMs: 600000 }
  - { _tag: ActorCrash, atMs: 8040000, actor: executor, point: evolve, times: 2 }
`

type On = Parameters<typeof inProcessOn>[0]

/** The report of a run in a folder of its own: as text, JSON and a page. */
const reported = Effect.fnUntraced(function* (on: On) {
  const home = yield* makeHome
  const file = home.path("mine.yaml")
  const page = home.path("report.html")
  writeFileSync(file, plan)
  const ended = yield* inProcessOn(on, [
    ...["chaos", "run", "--plan", file, "--config", home.config(), "--json", "--html", page]
  ])
  assert.strictEqual(ended.code, 0, ended.err)
  const json = ended.out.trimEnd()
  const text = resilienceText(JSON.parse(json) as ResilienceFacts)
  return { json, text, page: readFileSync(page, "utf8") }
})

type Report = Effect.Success<ReturnType<typeof reported>>

/** Without the wall times, which are named so. */
const apartFromWall = ({ json, text, page }: Report) => {
  const { wall, ...facts } = JSON.parse(json) as Record<string, unknown>
  assert.isDefined(wall)
  const section = /^The process from its death on, wall ms[\s\S]*?\n\n/m
  const table = /^.*process, to a record.*$/m
  assert.match(text, section)
  assert.match(page, table)
  return { facts, text: text.replace(section, ""), page: page.replace(table, "") }
}

describe("chaos run, twice", () => {
  it.live(
    "tells the same word for word, wall times and all, on a clock that only sleeps move",
    () =>
      Effect.scoped(
        Effect.gen(function* () {
          const fresh = () =>
            reported((run) => Effect.provideService(run, Clock.Clock, new VirtualClock()))
          const [once, again] = [yield* fresh(), yield* fresh()]
          assert.deepStrictEqual(again, once)
          assert.include(once.text, "Every promise held")
          assert.strictEqual(JSON.parse(once.json).struck.length, 7)
        })
      )
  )

  it.effect("tells the same but for the wall times on the test clock", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const clock = yield* Clock.Clock
        const tick = Effect.forever(
          Effect.andThen(
            TestClock.adjust("50 millis"),
            Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
          )
        )
        const ticking = yield* Effect.forkChild(tick)
        const fresh = () => reported((run) => Effect.provideService(run, Clock.Clock, clock))
        const [once, again] = [yield* fresh(), yield* fresh()]
        yield* Fiber.interrupt(ticking)
        assert.deepStrictEqual(apartFromWall(again), apartFromWall(once))
      })
    )
  )
})
