/** Virtual time: it stands still while anybody can go on, and gives one order of events. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber } from "effect"
import { VirtualTime } from "../../src/simulation/VirtualTime.ts"

const originMs = 1_000_000
const inTime = <A, E>(program: (time: VirtualTime) => Effect.Effect<A, E>) => {
  const time = new VirtualTime(originMs)
  return time.run(program(time))
}

describe("Virtual time", () => {
  it.live("ends sleeps in the order of their times, those of one time as they began", () =>
    Effect.gen(function* () {
      const told = yield* inTime(() =>
        Effect.gen(function* () {
          const told: Array<readonly [string, number]> = []
          const sleeper = (name: string, ms: number) =>
            Effect.gen(function* () {
              yield* Effect.sleep(ms)
              told.push([name, (yield* Clock.currentTimeMillis) - originMs])
            })
          yield* Effect.all(
            [sleeper("c", 30), sleeper("a", 10), sleeper("d", 30), sleeper("b", 20)],
            { concurrency: "unbounded" }
          )
          return told
        })
      )
      assert.deepStrictEqual(told, [
        ["a", 10],
        ["b", 20],
        ["c", 30],
        ["d", 30]
      ])
    })
  )

  it.live("lets an answer win against its timeout, however long the way to it is", () =>
    Effect.gen(function* () {
      const answer = yield* inTime(() =>
        Effect.gen(function* () {
          let hops = Effect.succeed("answered")
          for (let hop = 0; hop < 200; hop++) {
            const before = hops
            hops = Effect.andThen(
              Effect.promise(() => Promise.resolve()),
              Effect.flatMap(Effect.forkChild(before), Fiber.join)
            )
          }
          return yield* Effect.timeoutOrElse(hops, {
            duration: 1,
            orElse: () => Effect.succeed("timed out")
          })
        })
      )
      assert.strictEqual(answer, "answered")
    })
  )

  it.live("lets the world's events happen between sleeps, each at its own time", () =>
    Effect.gen(function* () {
      const seen = yield* inTime((time) =>
        Effect.gen(function* () {
          const due = [5, 15, 25].map((ms) => originMs + ms)
          const seen: Array<string> = []
          time.add({
            nextDueMs: () => due[0] ?? Number.POSITIVE_INFINITY,
            happen: (nowMs) => {
              seen.push(`event ${nowMs - originMs}`)
              due.shift()
            }
          })
          yield* Effect.sleep(10)
          seen.push("slept 10")
          for (const ms of [100, 100, 20]) {
            yield* time.untilNews(originMs + ms)
            seen.push(`looked at ${time.currentTimeMillisUnsafe() - originMs}`)
          }
          return seen
        })
      )
      assert.deepStrictEqual(seen, [
        "event 5",
        "slept 10",
        "looked at 10",
        "event 15",
        "looked at 15",
        "looked at 20"
      ])
    })
  )

  it.live("stands still while something really takes its time", () =>
    Effect.gen(function* () {
      const [during, after] = yield* inTime((time) =>
        Effect.gen(function* () {
          const heartbeat = yield* Effect.forkChild(Effect.forever(Effect.sleep(1_000)))
          const turns = Effect.callback<void>((resume) => {
            const turn = (left: number): void => {
              if (left === 0) resume(Effect.void)
              else setImmediate(() => turn(left - 1))
            }
            turn(50)
          })
          yield* time.held(turns)
          const during = time.currentTimeMillisUnsafe() - originMs
          yield* Effect.sleep(3_500)
          yield* Fiber.interrupt(heartbeat)
          return [during, time.currentTimeMillisUnsafe() - originMs]
        })
      )
      assert.deepStrictEqual([during, after], [0, 3_500])
    })
  )

  it.live("says that a program hangs which waits for what cannot happen", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(inTime(() => Effect.never))
      assert.isTrue(Exit.isFailure(exit))
      assert.match(String(exit), /nothing can happen any more/)
    })
  )

  const endless: Readonly<Record<string, (time: VirtualTime) => Effect.Effect<never>>> = {
    "waits for this moment": (time) => Effect.forever(time.untilNews(originMs)),
    "never waits": () => Effect.forever(Effect.void)
  }
  for (const [what, program] of Object.entries(endless)) {
    it.live(`says that a program hangs which ${what}, on and on`, () =>
      Effect.gen(function* () {
        const exit = yield* Effect.exit(inTime(program))
        assert.isTrue(Exit.isFailure(exit))
        assert.match(String(exit), /time stands still/)
      })
    )
  }
})
