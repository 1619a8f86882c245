/**
 * One child as a fiber: an acknowledged start, a stop with a deadline, and how its end is read.
 */
import { Cause, Deferred, Effect, type Exit, Fiber, Option, Schema, type Scope } from "effect"
import type { ChildExit, ChildSpec, Shutdown as ShutdownTime } from "./restartPolicy.ts"

/**
 * A child that fails with this ended in order: OTP's `shutdown`, or `{shutdown, Reason}` with a
 * reason.
 */
export class Shutdown extends Schema.TaggedError<Shutdown>()("Shutdown", {
  reason: Schema.optionalKey(Schema.Unknown)
}) {}

/**
 * A start that gives this instead of a loop has nothing to run: the child is down and no failure.
 */
export const ignore = Symbol.for("optionsib/supervisors/ignore")
type Ignore = typeof ignore

/** The running child. Its end, whatever it is, goes to the supervisor. */
export type ChildLoop<R> = Effect.Effect<unknown, unknown, R | Scope.Scope>

/**
 * Prepares the child and hands back its loop; the child is up from then on.
 *
 * Both run in the child's own fiber and scope: what the start acquires is released when the child
 * ends.
 */
export type ChildStart<R> = Effect.Effect<ChildLoop<R> | Ignore, unknown, R | Scope.Scope>

/** A child's spec as `Supervisor` takes it. */
export type FiberChildSpec<R> = ChildSpec<ChildStart<R>>

/** A whole spec from the parts that differ from OTP's defaults. */
export const childSpec = <R>(
  spec: Pick<FiberChildSpec<R>, "id" | "start"> & Partial<FiberChildSpec<R>>
): FiberChildSpec<R> => ({
  restart: "permanent",
  shutdown: spec.type === "supervisor" ? "infinity" : 5_000,
  type: "worker",
  significant: false,
  ...spec
})

export type ChildFiber = Fiber.Fiber<unknown, unknown>

/** How a started child answered: it is up, has nothing to run, or ended before it was up. */
type StartAnswer =
  | { readonly _tag: "Up" }
  | { readonly _tag: "Ignored" }
  | { readonly _tag: "Failed"; readonly exit: Exit.Exit<unknown, unknown> }

export interface Forked {
  readonly fiber: ChildFiber
  readonly answer: Effect.Effect<StartAnswer>
}

/**
 * Forks the child; `ended` is called once, in the child's last step, when it ends after it was up.
 *
 * An observer and not `onExit` watches it: a fiber killed before its first step never runs its
 * finalizers.
 */
export const forkChildFiber = <R>(
  start: ChildStart<R>,
  ended: (fiber: ChildFiber, exit: Exit.Exit<unknown, unknown>) => void
): Effect.Effect<Forked, never, R> =>
  Effect.gen(function* () {
    const answer = yield* Deferred.make<StartAnswer>()
    const life = Effect.gen(function* () {
      const loop = yield* start
      if (loop === ignore) return yield* Deferred.succeed(answer, { _tag: "Ignored" })
      yield* Deferred.succeed(answer, { _tag: "Up" })
      return yield* loop
    })
    // Detached: its supervisor stops it in its turn, not whenever the forking fiber ends.
    const fiber: ChildFiber = yield* Effect.forkDetach(inOwnScope(life))
    fiber.addObserver((exit) => {
      const early = Deferred.doneUnsafe(answer, Effect.succeed({ _tag: "Failed", exit }))
      if (!early) ended(fiber, exit)
    })
    return { fiber, answer: Deferred.await(answer) }
  })

/** `Effect.scoped` for a generic R, of which the compiler cannot know that it has no Scope. */
export const inOwnScope: <A, E, R>(
  self: Effect.Effect<A, E, R | Scope.Scope>
) => Effect.Effect<A, E, R> = Effect.scoped as never

/**
 * Asks the child to stop by interruption and waits as its spec says; returns its exit, none where
 * it was left behind.
 *
 * The last resort of OTP, the kill, does not exist for fibers: one that will not end within its
 * time, or is brutally killed, is no longer waited for, and its finalizers go on by themselves.
 */
export const stopChildFiber = (
  fiber: ChildFiber,
  shutdown: ShutdownTime
): Effect.Effect<Option.Option<Exit.Exit<unknown, unknown>>> =>
  Effect.suspend(() => {
    fiber.interruptUnsafe()
    if (shutdown === "brutal_kill")
      return Effect.sync(() => Option.fromUndefinedOr(fiber.pollUnsafe()))
    if (shutdown === "infinity") return Effect.map(Fiber.await(fiber), Option.some)
    return Effect.timeoutOption(Fiber.await(fiber), shutdown)
  })

/** Reads an exit as OTP does. An interruption from outside is a kill, hence abnormal. */
export const childExitOf = (exit: Exit.Exit<unknown, unknown>): ChildExit => {
  if (exit._tag === "Success") return { _tag: "Normal" }
  const abnormal = exit.cause.reasons.some(
    (reason) => !(Cause.isFailReason(reason) && reason.error instanceof Shutdown)
  )
  if (abnormal) return { _tag: "Defect", reason: exit.cause }
  const failure = exit.cause.reasons.find(Cause.isFailReason)?.error
  return failure instanceof Shutdown && failure.reason !== undefined
    ? { _tag: "Shutdown", reason: failure.reason }
    : { _tag: "Shutdown" }
}
