/**
 * The inside of a supervisor: its list of children, and the loop that carries decisions out.
 *
 * Only the supervisor's own fiber changes the list. `pending` marks children that wait for one
 * restart of their group; a later restart gives its own mark, so what was due before does nothing.
 */
import { Cause, Clock, Deferred, Effect, Option, Queue, Random, type Scope } from "effect"
import {
  type ChildFiber,
  childExitOf,
  type FiberChildSpec,
  forkChildFiber,
  Shutdown,
  stopChildFiber
} from "./childFiber.ts"
import {
  attemptRestart,
  type ChildExit,
  type ChildStatus,
  childExited,
  emptyHistory,
  forgetChild,
  type Outcome,
  type RestartHistory,
  type Situation,
  type SupervisorFlags
} from "./restartPolicy.ts"
import { StartFailed, type SupervisorEvent } from "./supervisorEvents.ts"

/** One restart of a group, waited for. */
type Restart = { readonly failed: string }

export interface Child<R> {
  readonly spec: FiberChildSpec<R>
  fiber: ChildFiber | undefined
  pending: Restart | undefined
}

type Message<R> =
  | { readonly _tag: "Exited"; readonly child: Child<R>; readonly fiber: ChildFiber }
  /** A delayed restart is due. */
  | { readonly _tag: "Due"; readonly restart: Restart }
  /** A child failed to start while its group was being restarted. */
  | { readonly _tag: "TryAgain"; readonly child: Child<R>; readonly restart: Restart }
  | {
      readonly _tag: "Request"
      /** Starts something: waits while a group of one_for_all or rest_for_one is coming back. */
      readonly starts: boolean
      readonly run: Effect.Effect<void, never, R>
    }

export interface State<R> {
  readonly name: string
  readonly flags: SupervisorFlags
  /** In start order. */
  children: Array<Child<R>>
  history: RestartHistory
  /**
   * Unbounded: at most one exit per child, one timer per restart, and requests whose callers wait.
   */
  readonly mailbox: Queue.Queue<Message<R>>
  readonly ended: Deferred.Deferred<ChildExit>
  readonly report: (event: SupervisorEvent) => Effect.Effect<void>
  /** Holds the timers. */
  readonly scope: Scope.Scope
}

/**
 * A supervisor without children in the current scope, whose closing stops whatever children it has
 * by then.
 */
export const makeState = <R>(
  name: string,
  flags: SupervisorFlags,
  report: State<R>["report"]
): Effect.Effect<State<R>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const state: State<R> = {
      name,
      flags,
      children: [],
      history: emptyHistory,
      mailbox: yield* Queue.unbounded<Message<R>>(),
      ended: yield* Deferred.make<ChildExit>(),
      report,
      scope: yield* Effect.scope
    }
    // Finalizers run last first: the end is told when the children are down.
    yield* Effect.addFinalizer((exit) => {
      const stopped = exit._tag === "Failure" && Cause.hasInterruptsOnly(exit.cause)
      const told: ChildExit = stopped ? { _tag: "Shutdown" } : childExitOf(exit)
      return Deferred.succeed(state.ended, told)
    })
    yield* Effect.addFinalizer(() => stopAll(state))
    return state
  })

export const statusOf = <R>(child: Child<R>): ChildStatus => {
  if (child.fiber !== undefined) return "running"
  return child.pending === undefined ? "down" : "restarting"
}

export const findChild = <R>(state: State<R>, id: string): Child<R> | undefined =>
  state.children.find((child) => child.spec.id === id)

export const removeChild = <R>(state: State<R>, id: string): void => {
  state.children = state.children.filter((child) => child.spec.id !== id)
  state.history = forgetChild(state.history, id)
}

/** Starts a child that is down and returns when it is up. */
export const startOne = <R>(
  state: State<R>,
  child: Child<R>
): Effect.Effect<void, StartFailed, R> =>
  Effect.gen(function* () {
    const { id, restart, start } = child.spec
    const forked = yield* Effect.uninterruptible(
      Effect.tap(
        forkChildFiber(start, (fiber) => {
          Queue.offerUnsafe(state.mailbox, { _tag: "Exited", child, fiber })
        }),
        ({ fiber }) =>
          Effect.sync(() => {
            child.fiber = fiber
            child.pending = undefined
          })
      )
    )
    const answer = yield* forked.answer
    if (answer._tag === "Up") {
      return yield* state.report({ _tag: "ChildStarted", supervisor: state.name, child: id })
    }
    child.fiber = undefined
    if (answer._tag === "Ignored") {
      if (isForgotten(state, restart)) removeChild(state, id)
      return
    }
    const exit = childExitOf(answer.exit)
    yield* state.report({ _tag: "StartFailed", supervisor: state.name, child: id, exit })
    return yield* new StartFailed({ supervisor: state.name, child: id, exit })
  })

/** Stops a child if it runs, and cancels the restart it waits for. */
export const stopOne = <R>(state: State<R>, child: Child<R>): Effect.Effect<void> =>
  Effect.gen(function* () {
    child.pending = undefined
    const { fiber } = child
    if (fiber === undefined) return
    const exit = yield* stopChildFiber(fiber, child.spec.shutdown)
    child.fiber = undefined
    yield* state.report({
      _tag: Option.isSome(exit) ? "ChildStopped" : "ChildAbandoned",
      supervisor: state.name,
      child: child.spec.id
    })
  }).pipe(Effect.uninterruptible)

/**
 * Handles exits, timers and requests for ever; ends with `Shutdown` when the supervisor gives up.
 */
export const runLoop = <R>(state: State<R>): Effect.Effect<never, Shutdown, R> =>
  Effect.gen(function* () {
    const held: Array<Message<R>> = []
    while (true) {
      const ready = held.length > 0 && !isGroupComingBack(state)
      const message = ready ? held.shift()! : yield* Queue.take(state.mailbox)
      if (message._tag === "Request" && message.starts && isGroupComingBack(state)) {
        held.push(message)
      } else {
        yield* handle(state, message)
      }
    }
  })

const handle = <R>(state: State<R>, message: Message<R>): Effect.Effect<void, Shutdown, R> => {
  switch (message._tag) {
    case "Request":
      return message.run
    case "Exited":
      return message.child.fiber === message.fiber
        ? handleExit(state, message.child, message.fiber)
        : Effect.void
    case "Due":
      return startPending(state, message.restart)
    case "TryAgain":
      // Terminated in between: the rest of its group still comes back.
      if (message.child.pending !== message.restart) return startPending(state, message.restart)
      return Effect.flatMap(situationOf(state), (situation) =>
        carryOut(state, message.child, attemptRestart(situation, message.child.spec.id))
      )
  }
}

const handleExit = <R>(state: State<R>, child: Child<R>, fiber: ChildFiber) =>
  Effect.gen(function* () {
    const exit = childExitOf(fiber.pollUnsafe()!)
    child.fiber = undefined
    const { id } = child.spec
    yield* state.report({ _tag: "ChildEnded", supervisor: state.name, child: id, exit })
    yield* carryOut(state, child, childExited(yield* situationOf(state), id, exit))
  })

const carryOut = <R>(
  state: State<R>,
  failed: Child<R>,
  { decision, history }: Outcome
): Effect.Effect<void, Shutdown, R> =>
  Effect.gen(function* () {
    const { name: supervisor } = state
    const { id } = failed.spec
    state.history = history
    switch (decision._tag) {
      case "StayDown":
        for (const gone of decision.remove) removeChild(state, gone)
        return
      case "Escalate":
        yield* state.report({ _tag: "GaveUp", supervisor, failed: id })
        return yield* new Shutdown({})
      case "AutoShutdown":
        yield* state.report({ _tag: "AutoShutdown", supervisor, child: id })
        return yield* new Shutdown({})
      case "Restart": {
        const { delayMs, remove, start: group, stop } = decision
        yield* state.report({ _tag: "Restarting", supervisor, failed: id, group, delayMs })
        for (const stopped of stop) yield* stopOne(state, findChild(state, stopped)!)
        for (const gone of remove) removeChild(state, gone)
        const restart: Restart = { failed: id }
        for (const member of group) findChild(state, member)!.pending = restart
        return yield* delayMs === 0
          ? startPending(state, restart)
          : startLater(state, restart, delayMs)
      }
    }
  })

const startLater = <R>(state: State<R>, restart: Restart, delayMs: number) =>
  Effect.sleep(delayMs).pipe(
    Effect.andThen(Queue.offer(state.mailbox, { _tag: "Due", restart })),
    Effect.forkIn(state.scope),
    Effect.asVoid
  )

/**
 * Starts what still waits for this restart; one that fails leaves the rest waiting and is tried
 * again.
 */
const startPending = <R>(state: State<R>, restart: Restart): Effect.Effect<void, never, R> =>
  Effect.gen(function* () {
    for (const child of [...state.children]) {
      if (child.pending !== restart) continue
      const failed = yield* Effect.isFailure(startOne(state, child))
      if (!failed) continue
      child.pending = restart
      // By way of the mailbox, so that requests are served between the attempts.
      yield* Queue.offer(state.mailbox, { _tag: "TryAgain", child, restart })
      return
    }
  })

/** Last started first; copies of one spec all at once, as in OTP. */
const stopAll = <R>(state: State<R>): Effect.Effect<void> =>
  Effect.forEach([...state.children].reverse(), (child) => stopOne(state, child), {
    concurrency: state.flags.strategy === "simple_one_for_one" ? "unbounded" : 1,
    discard: true
  })

const situationOf = <R>(state: State<R>): Effect.Effect<Situation> =>
  Effect.gen(function* () {
    const random = yield* Random.Random
    const nowNanos = yield* Clock.monotonicTimeNanos
    return {
      flags: state.flags,
      children: state.children.map((child) => ({
        id: child.spec.id,
        restart: child.spec.restart,
        significant: child.spec.significant,
        status: statusOf(child)
      })),
      history: state.history,
      nowMs: Number(nowNanos / 1_000_000n),
      random: () => random.nextDoubleUnsafe()
    }
  })

const isGroupComingBack = <R>({ flags, children }: State<R>): boolean =>
  (flags.strategy === "one_for_all" || flags.strategy === "rest_for_one") &&
  children.some((child) => child.pending !== undefined)

export const isForgotten = <R>(state: State<R>, restart: FiberChildSpec<R>["restart"]): boolean =>
  restart === "temporary" || state.flags.strategy === "simple_one_for_one"
