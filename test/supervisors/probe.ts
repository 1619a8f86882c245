/** Children that log their starts and stops and end on command. */
import { Deferred, Effect } from "effect"
import { TestClock } from "effect/testing"
import { childSpec, type FiberChildSpec, Shutdown } from "../../src/supervisors/childFiber.ts"
import type { ChildInfo } from "../../src/supervisors/Supervisor.ts"
import type { SupervisorEvent } from "../../src/supervisors/supervisorEvents.ts"
import type { ExitName } from "./otpMatrix.ts"

type Spec = Partial<Omit<FiberChildSpec<never>, "id" | "start">>

export interface Probe {
  /** "+x" at each start of x, "-x" at each end; empties itself. */
  readonly takeLog: () => string
  readonly events: Array<SupervisorEvent>
  readonly report: (event: SupervisorEvent) => Effect.Effect<void>
  readonly start: (id: string) => FiberChildSpec<never>["start"]
  readonly child: (id: string, spec?: Spec) => FiberChildSpec<never>
  /**
   * Ends the running x, and returns when the supervisor has dealt with it; the end itself is not
   * logged.
   */
  readonly end: (id: string, exit: ExitName) => Effect.Effect<void>
  /** Makes the next `times` starts of x fail. */
  readonly failStarts: (id: string, times: number) => void
  /** x ends only so long after it was asked to stop. */
  readonly lingerMs: Map<string, number>
}

/**
 * Lets everything run that is ready, without time passing.
 *
 * Needed once before a finalizer sleeps: the test clock's first sleep is interruptible, which ends
 * the finalizers of an interrupted fiber.
 */
export const settle = Effect.yieldNow.pipe(
  Effect.repeat({ times: 100 }),
  Effect.andThen(TestClock.adjust(0))
)

/** Lets this much time pass, and what it set off run. */
export const pass = (ms: number) =>
  Effect.andThen(settle, Effect.andThen(TestClock.adjust(ms), settle))

export const makeProbe = (): Probe => {
  let log: Array<string> = []
  const lives = new Map<string, Deferred.Deferred<void, Shutdown>>()
  const failing = new Map<string, number>()
  const ended = new Set<string>()
  const lingerMs = new Map<string, number>()
  const events: Array<SupervisorEvent> = []

  const start = (id: string): FiberChildSpec<never>["start"] =>
    Effect.gen(function* () {
      const failures = failing.get(id) ?? 0
      if (failures > 0) {
        failing.set(id, failures - 1)
        log.push(`!${id}`)
        return yield* Effect.die(`${id} does not start`)
      }
      const life = yield* Deferred.make<void, Shutdown>()
      lives.set(id, life)
      log.push(`+${id}`)
      yield* Effect.addFinalizer(() =>
        Effect.sleep(lingerMs.get(id) ?? 0).pipe(
          Effect.andThen(
            Effect.sync(() => {
              if (!ended.delete(id)) log.push(`-${id}`)
            })
          )
        )
      )
      return Deferred.await(life)
    })

  return {
    takeLog: () => {
      const text = log.join(" ")
      log = []
      return text
    },
    events,
    report: (event) => Effect.sync(() => void events.push(event)),
    start,
    child: (id, spec = {}) => childSpec({ id, start: start(id), ...spec }),
    end: (id, exit) =>
      Effect.gen(function* () {
        ended.add(id)
        const life = lives.get(id)!
        if (exit === "normal") yield* Deferred.succeed(life, undefined)
        if (exit === "shutdown") yield* Deferred.fail(life, new Shutdown({}))
        if (exit === "{shutdown, reason}") {
          yield* Deferred.fail(life, new Shutdown({ reason: "done" }))
        }
        if (exit === "defect") yield* Deferred.die(life, `${id} is broken`)
        yield* settle
      }),
    failStarts: (id, times) => void failing.set(id, times),
    lingerMs
  }
}

/** "x" runs, "(x)" is down, "~x" waits for a restart. */
export const listed = (children: ReadonlyArray<ChildInfo>): string =>
  children
    .map(({ id, status }) => ({ running: id, down: `(${id})`, restarting: `~${id}` })[status])
    .join(" ")
