import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { CannotStart, Launcher, openUnlessStopped, StopRequest } from "../../src/cli/Launcher.ts"
import type { Settings } from "../../src/supervisors/settings.ts"

/** An opening that waits for a broker without end, or `openRun`; how it ends is told to `closed`. */
const opening = (
  asked: { signal?: "SIGINT"; revoked?: boolean; closed?: boolean },
  openRun: Launcher["Service"]["openRun"] = () => Effect.never
) => {
  const waiting: Launcher["Service"]["openRun"] = (settings) =>
    Effect.andThen(
      Effect.addFinalizer(() =>
        Effect.sync(() => {
          asked.closed = true
        })
      ),
      openRun(settings)
    )
  const none = Effect.die("not asked for")
  return Effect.scoped(openUnlessStopped({} as Settings, () => asked.revoked === true)).pipe(
    Effect.provideService(Launcher, {
      ...{ version: "test", openRun: waiting, recordedRun: () => none },
      ...{ registeredRun: () => none, runs: () => none, validate: () => none, checks: () => none }
    }),
    Effect.provideService(StopRequest, {
      ...{ halts: () => 0, signal: () => asked.signal, listen: Effect.void }
    }),
    Effect.exit,
    Effect.forkChild
  )
}

describe("An opening that waits", () => {
  for (const [why, change] of [
    ["on a signal", { signal: "SIGINT" }],
    ["when another process is to have the book", { revoked: true }]
  ] as const) {
    it.effect(`ends ${why}, and lets go of what it held`, () =>
      Effect.gen(function* () {
        const asked: Parameters<typeof opening>[0] = {}
        const fiber = yield* opening(asked)
        yield* TestClock.adjust(3_600_000)
        assert.isUndefined(fiber.pollUnsafe())
        Object.assign(asked, change)
        yield* TestClock.adjust(100)
        const exit = yield* Fiber.join(fiber)
        assert(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause))
        assert.isTrue(asked.closed)
      })
    )
  }

  it.effect("fails with its own reason where it has one", () =>
    Effect.gen(function* () {
      const why = "no connection"
      const fiber = yield* opening({}, () => Effect.fail(new CannotStart({ why })))
      const exit = yield* Fiber.join(fiber)
      assert(Exit.isFailure(exit))
      assert.strictEqual((Cause.squash(exit.cause) as CannotStart).why, why)
    })
  )
})
