import { readdirSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { summaryOf } from "./desk.ts"
import { type Home, makeHome } from "./home.ts"

const stopMsMax = 5_000

/** Orders that the desk sent: for "no order twice". */
const orders = (home: Home): ReadonlyArray<string> =>
  readFileSync(home.path("runs/run-0001/exchange.log"), "utf8").match(/"clOrdID":"[^"]+"/g) ?? []

/** Starts a paced run, signals it once it printed `text`, and resumes it at full speed. */
const stopAndResume = (
  home: Home,
  signal: "SIGTERM" | "SIGINT",
  onStop: "leave" | "cancel",
  text: RegExp
) =>
  Effect.gen(function* () {
    // An order that works for most of the session is sure to be at the exchange when the signal comes.
    const execution = { workMsMax: 6_000_000 }
    const config = home.config({ run: { onStop, speed: 3_000 }, execution })
    const stopped = yield* Effect.scoped(
      Effect.gen(function* () {
        const desk = yield* home.startWith(config, "run")
        yield* desk.printed(text)
        const asked = performance.now()
        desk.signal(signal)
        const ended = yield* desk.ended
        return { ...ended, tookMs: performance.now() - asked }
      })
    )
    const unfinished = yield* home.commandWith(config, "replay", "--verify", "--json")
    const resumed = yield* home.commandWith(config, "run", "--json", "--speed", "max")
    const replay = yield* home.commandWith(config, "replay", "--verify", "--json")
    return { config, stopped, unfinished, resumed, replay }
  })

describe("An ordered stop", () => {
  it.effect("on SIGTERM leaves working orders, and the same run goes on to the same state", () =>
    Effect.gen(function* () {
      const home = yield* makeHome
      const { config, stopped, unfinished, resumed, replay } = yield* stopAndResume(
        home,
        "SIGTERM",
        "leave",
        /^\d\d:\d\d:\d\d .*: order /m
      )
      assert.strictEqual(stopped.code, 143, stopped.err)
      assert.isBelow(stopped.tookMs, stopMsMax)
      assert.include(stopped.out, "stopped in order on SIGTERM")
      assert.include(stopped.out, "run again to go on with run-0001")
      assert.strictEqual(unfinished.code, 0, unfinished.err)
      assert.include(stopped.out, JSON.parse(unfinished.out).headHash)
      const end = summaryOf(resumed)
      assert.strictEqual(end.runId, "run-0001")
      assert.strictEqual(replay.code, 0, replay.err)
      const whole = yield* home.commandWith(
        config,
        ...["run", "--json", "--speed", "max", "--journal", "memory"]
      )
      const { headHash, records, runId, ...same } = summaryOf(whole)
      // Each opening is a record, and has the chain's balances asked for: one event more.
      const expected = { ...same, inputs: 0, events: same.events + 1 }
      assert.deepInclude({ ...end, inputs: 0 }, expected)
      assert.isAbove(end.records, records)
    })
  )

  it.effect("on SIGINT cancels them as settings say, and the same run goes on", () =>
    Effect.gen(function* () {
      const home = yield* makeHome
      const { stopped, unfinished, resumed, replay } = yield* stopAndResume(
        home,
        "SIGINT",
        "cancel",
        /^\d\d:\d\d:\d\d .*: order /m
      )
      assert.strictEqual(stopped.code, 130, stopped.err)
      assert.isBelow(stopped.tookMs, stopMsMax)
      assert.match(stopped.out, /order main-executor-0 Canceled.*: stopped on SIGINT$/m)
      assert.strictEqual(unfinished.code, 0, unfinished.err)
      const end = summaryOf(resumed)
      assert.strictEqual(end.runId, "run-0001")
      assert.strictEqual(replay.code, 0, replay.err)
      assert.isAbove(orders(home).length, 0)
      assert.deepStrictEqual(
        readdirSync(home.path("runs")).filter((n) => /^run/.test(n)),
        ["run-0001"]
      )
    })
  )

  it.effect("comes within seconds at full speed too", () =>
    Effect.gen(function* () {
      const home = yield* makeHome
      const desk = yield* home.startWith(
        home.config({ folders: { sessions: "data/sessions" } }),
        "run",
        "--speed",
        "max"
      )
      yield* desk.printed("SIMULATED")
      const asked = performance.now()
      desk.signal("SIGTERM")
      const { code, err } = yield* desk.ended
      assert.strictEqual(code, 143, err)
      assert.isBelow(performance.now() - asked, stopMsMax)
    }).pipe(Effect.scoped)
  )

  it.effect("is no matter of a command that keeps nothing: a signal ends it, however busy", () =>
    Effect.gen(function* () {
      const home = yield* makeHome
      const desk = yield* home.start("validate", "volatility")
      yield* desk.printed("examining volatility")
      desk.signal("SIGINT")
      const { signal } = yield* desk.ended
      assert.strictEqual(signal, "SIGINT")
    }).pipe(Effect.scoped)
  )
})
