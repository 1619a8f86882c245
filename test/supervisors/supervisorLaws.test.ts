import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Schema, Scope } from "effect"
import { start } from "../../src/supervisors/Supervisor.ts"
import { listed, makeProbe, pass, settle } from "./probe.ts"

const step = Schema.Struct({
  child: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 })),
  exit: Schema.Literals(["normal", "shutdown", "defect"]),
  failStarts: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 })),
  waitMs: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 400 }))
})

const scenario = Schema.Struct({
  strategy: Schema.Literals(["one_for_one", "one_for_all", "rest_for_one"]),
  intensity: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 6 })),
  delayMs: Schema.Literals([0, 50]),
  steps: Schema.Array(step).check(Schema.isBetweenLength(0, 12))
})

const ids = ["a", "b", "c", "d"]

describe("Supervisor under random crashes", () => {
  it.effect.prop(
    "never runs a child twice, keeps the order of starts and stops, and gives up by the window",
    [scenario],
    ([{ delayMs, intensity, steps, strategy }]) =>
      Effect.gen(function* () {
        const probe = makeProbe()
        const scope = yield* Scope.make()
        const attempts: Array<{ readonly atMs: number; readonly gaveUp: boolean }> = []
        const supervisor = yield* Scope.provide(
          start({
            name: "s",
            strategy,
            intensity,
            periodMs: 1_000,
            report: (event) =>
              Effect.flatMap(Clock.currentTimeMillis, (atMs) => {
                if (event._tag === "Restarting" || event._tag === "GaveUp") {
                  attempts.push({ atMs, gaveUp: event._tag === "GaveUp" })
                }
                return Effect.void
              }),
            ...(delayMs > 0 && {
              backoff: {
                minMs: delayMs,
                maxMs: delayMs,
                factor: 1,
                randomShare: 0,
                resetAfterMs: 1,
                immediateRestarts: 0
              }
            }),
            children: ids.map((id) => probe.child(id))
          }),
          scope
        )
        const running = new Set<string>()
        const follow = (log: string) => {
          for (const entry of log.split(" ").filter((text) => text !== "")) {
            const id = entry.slice(1)
            const right = ids.slice(ids.indexOf(id) + 1)
            if (entry[0] === "+") {
              assert.isFalse(running.has(id), `${id} runs twice`)
              running.add(id)
              if (strategy !== "one_for_one") {
                assert.isFalse(
                  right.some((other) => running.has(other)),
                  `${id} starts after one to its right`
                )
              }
            }
            if (entry[0] === "-") {
              assert.isTrue(running.delete(id), `${id} stops twice`)
              if (strategy !== "one_for_one") {
                assert.isFalse(
                  right.some((other) => running.has(other)),
                  `${id} stops before one to its right`
                )
              }
            }
          }
        }
        follow(probe.takeLog())
        assert.strictEqual(running.size, ids.length)
        for (const { child, exit, failStarts, waitMs } of steps) {
          const id = ids[child]!
          if (!running.has(id)) continue
          probe.failStarts(id, failStarts)
          running.delete(id)
          yield* probe.end(id, exit)
          follow(probe.takeLog())
          yield* pass(waitMs)
          follow(probe.takeLog())
          const list = yield* Effect.option(supervisor.whichChildren)
          if (list._tag === "None") break
          const up = list.value.filter(({ status }) => status === "running")
          assert.deepStrictEqual(
            up.map((info) => info.id),
            ids.filter((each) => running.has(each))
          )
          if (waitMs > 0 && delayMs === 0) assert.strictEqual(listed(list.value), "a b c d")
        }
        yield* settle
        for (const [at, { atMs, gaveUp }] of attempts.entries()) {
          const recent = attempts.slice(0, at + 1).filter((each) => each.atMs >= atMs - 1_000)
          assert.strictEqual(gaveUp, recent.length > intensity)
          if (gaveUp) assert.strictEqual(running.size, 0)
        }
        const last = ids.filter((id) => running.has(id)).reverse()
        yield* Scope.close(scope, Exit.void)
        const log = probe.takeLog()
        assert.strictEqual(log, last.map((id) => `-${id}`).join(" "))
        follow(log)
        assert.strictEqual(running.size, 0)
      }),
    { arbitrary: { runs: 60 } }
  )
})
