/**
 * Crashes an actor in the middle of a paced session, on a clock that only the test moves: half an hour of the real day,
 * and nobody waits. The actor is rebuilt from the journal and the day ends as if nothing had happened.
 */
import { Console, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { FaultHook } from "../src/actors/runtime/handle.ts"
import { runSimulatedDesk } from "../src/simulatedDesk.ts"

/** Throws once, inside the feature actor's tenth decision. */
const crashFeatures = (): FaultHook => {
  let decisions = 0
  return (point, actor) => {
    if (point !== "decide" || actor !== "features") return
    if (++decisions === 10) throw new Error("injected")
  }
}

export const faultUnderTestClock = Effect.gen(function* () {
  const calm = yield* runSimulatedDesk({ minutes: 30 })
  const session = yield* Effect.forkChild(
    runSimulatedDesk({ minutes: 30, speed: 60, fault: crashFeatures() })
  )
  while (session.pollUnsafe() === undefined) yield* TestClock.adjust("1 second")
  return { calm, crashed: yield* Fiber.join(session) }
})

if (import.meta.main) {
  const { calm, crashed } = await Effect.runPromise(
    Effect.provide(faultUnderTestClock, TestClock.layer())
  )
  const same = crashed.stateHash === calm.stateHash
  await Effect.runPromise(Console.log(`${crashed.restarts} restart; same final state: ${same}`))
}
