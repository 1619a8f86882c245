/**
 * The generic supervisor: OTP's semantics over Effect fibers, all delays from the Effect `Clock`.
 *
 * One fiber handles exits and requests one at a time, so a decision is carried out before the next
 * is made. Source: Erlang/OTP, the `supervisor` module's manual. Beyond OTP: backoff. A child's
 * kill is weaker than OTP's: see `stopChildFiber`. The matrix of strategies, restart types and
 * exits is in test/supervisors.
 */
import { Deferred, Effect, type Exit, Queue, type Scope } from "effect"
import { type ChildLoop, childSpec, type FiberChildSpec, inOwnScope } from "./childFiber.ts"
import {
  type ChildExit,
  type ChildStatus,
  defaultFlags,
  flagFaults,
  type SupervisorFlags,
  specFaults
} from "./restartPolicy.ts"
import {
  ChildRefusal,
  InvalidSpec,
  type StartFailed,
  SupervisorDown,
  type SupervisorEvent
} from "./supervisorEvents.ts"
import {
  type Child,
  findChild,
  isForgotten,
  makeState,
  removeChild,
  runLoop,
  type State,
  startOne,
  statusOf,
  stopOne
} from "./supervisorLoop.ts"

type GroupStrategy = Exclude<SupervisorFlags["strategy"], "simple_one_for_one">

/**
 * Flags that are left out are OTP's defaults: one_for_one, 1 restart in 5 s, no auto_shutdown, no
 * backoff.
 */
export interface SupervisorOptions<R> extends Partial<SupervisorFlags> {
  readonly name: string
  readonly strategy?: GroupStrategy
  /** In start order. */
  readonly children: ReadonlyArray<FiberChildSpec<R>>
  /** Called for each event before the supervisor goes on; the default logs. */
  readonly report?: (event: SupervisorEvent) => Effect.Effect<void>
}

/**
 * A simple_one_for_one supervisor: copies of one spec, started on request, each with its own
 * argument.
 */
export interface SimpleSupervisorOptions<A, R>
  extends Partial<Omit<SupervisorFlags, "strategy">>,
    Pick<SupervisorOptions<R>, "name" | "report"> {
  readonly child: Omit<FiberChildSpec<R>, "start">
  readonly start: (argument: A) => FiberChildSpec<R>["start"]
}

export interface ChildInfo {
  readonly id: string
  readonly status: ChildStatus
  readonly type: "worker" | "supervisor"
}

interface ChildCounts {
  /** Children in the list, running or not; 1 for simple_one_for_one. */
  readonly specs: number
  readonly active: number
  readonly supervisors: number
  readonly workers: number
}

interface Inspection {
  readonly name: string
  /** In start order. */
  readonly whichChildren: Effect.Effect<ReadonlyArray<ChildInfo>, SupervisorDown>
  readonly countChildren: Effect.Effect<ChildCounts, SupervisorDown>
  /**
   * How the supervisor ended; its children have ended before. Stopped from outside counts as
   * `Shutdown`.
   */
  readonly awaitExit: Effect.Effect<ChildExit>
}

export interface Supervisor<R> extends Inspection {
  /** Adds a child at the end and waits until it is up; one that fails to start is not kept. */
  readonly startChild: (
    spec: FiberChildSpec<R>
  ) => Effect.Effect<void, InvalidSpec | ChildRefusal | StartFailed | SupervisorDown>
  /**
   * Stops the child, also while it waits for a restart. Its spec is kept unless it is temporary.
   */
  readonly terminateChild: (id: string) => Effect.Effect<void, ChildRefusal | SupervisorDown>
  /** Starts a child that is down; does not count in the restart window. */
  readonly restartChild: (
    id: string
  ) => Effect.Effect<void, ChildRefusal | StartFailed | SupervisorDown>
  /** Forgets the spec of a child that is down. */
  readonly deleteChild: (id: string) => Effect.Effect<void, ChildRefusal | SupervisorDown>
}

export interface SimpleSupervisor<A> extends Inspection {
  /** Starts a copy and returns its id, which it keeps across restarts. */
  readonly startChild: (argument: A) => Effect.Effect<string, StartFailed | SupervisorDown>
  /** Stops and forgets the copy. */
  readonly terminateChild: (id: string) => Effect.Effect<void, ChildRefusal | SupervisorDown>
}

/**
 * Starts a supervisor in a fiber of the scope and returns when all its children are up.
 *
 * A child that fails to start stops those before it and fails the start. Closing the scope stops
 * all children, last started first.
 */
export const start = <R = never>(
  options: SupervisorOptions<R>
): Effect.Effect<Supervisor<R>, InvalidSpec | StartFailed, R | Scope.Scope> =>
  launch(prepare(options))

export const startSimple = <A, R = never>(
  options: SimpleSupervisorOptions<A, R>
): Effect.Effect<SimpleSupervisor<A>, InvalidSpec, R | Scope.Scope> =>
  launch(prepareSimple(options))

/** A supervisor as a child of another. `ready` receives its handle at each start. */
export const supervisorChild = <R = never>(
  options: SupervisorOptions<R>,
  spec: Partial<Omit<FiberChildSpec<R>, "start" | "type">> = {},
  ready: (supervisor: Supervisor<R>) => Effect.Effect<void, never, R> = () => Effect.void
): FiberChildSpec<R> =>
  childSpec({
    id: options.name,
    ...spec,
    type: "supervisor",
    start: prepare(options).pipe(
      Effect.tap(({ handle }) => ready(handle)),
      Effect.map(({ loop }) => loop)
    )
  })

/** A simple_one_for_one supervisor as a child of another. */
export const simpleSupervisorChild = <A, R = never>(
  options: SimpleSupervisorOptions<A, R>,
  spec: Partial<Omit<FiberChildSpec<R>, "start" | "type">> = {},
  ready: (supervisor: SimpleSupervisor<A>) => Effect.Effect<void, never, R> = () => Effect.void
): FiberChildSpec<R> =>
  childSpec({
    id: options.name,
    ...spec,
    type: "supervisor",
    start: prepareSimple(options).pipe(
      Effect.tap(({ handle }) => ready(handle)),
      Effect.map(({ loop }) => loop)
    )
  })

/** A supervisor whose children are up, before its loop runs. */
interface Prepared<Handle, R> {
  readonly handle: Handle
  readonly loop: ChildLoop<R>
}

const launch = <Handle, E, R>(
  prepared: Effect.Effect<Prepared<Handle, R>, E, R | Scope.Scope>
): Effect.Effect<Handle, E, R | Scope.Scope> =>
  Effect.gen(function* () {
    const ready = yield* Deferred.make<Handle, E>()
    const life = Effect.gen(function* () {
      const { handle, loop } = yield* prepared
      yield* Deferred.succeed(ready, handle)
      return yield* loop
    })
    const fiber = yield* Effect.forkScoped(inOwnScope<unknown, unknown, R>(life))
    fiber.addObserver((exit) => {
      // Before the handle is given, the only failure is that of the preparation.
      if (exit._tag === "Failure") Deferred.doneUnsafe(ready, exit as Exit.Exit<never, E>)
    })
    return yield* Deferred.await(ready)
  })

const prepare = <R>(
  options: SupervisorOptions<R>
): Effect.Effect<Prepared<Supervisor<R>, R>, InvalidSpec | StartFailed, R | Scope.Scope> =>
  Effect.gen(function* () {
    const { name, children, report = log } = options
    const flags = flagsOf(options)
    yield* check(name, [
      ...flagFaults(flags),
      ...children.flatMap((spec) => specFaults(flags, spec)),
      ...repeated(children.map((spec) => spec.id))
    ])
    const state = yield* makeState<R>(name, flags, report)
    state.children = children.map(childOf)
    for (const child of [...state.children]) yield* startOne(state, child)
    return {
      handle: {
        ...inspection(state),
        startChild: (spec) => request(state, true, startNew(state, spec)),
        terminateChild: (id) => request(state, false, terminate(state, id)),
        restartChild: (id) => request(state, true, startAgain(state, id)),
        deleteChild: (id) => request(state, false, forget(state, id))
      },
      loop: runLoop(state)
    }
  })

const prepareSimple = <A, R>(
  options: SimpleSupervisorOptions<A, R>
): Effect.Effect<Prepared<SimpleSupervisor<A>, R>, InvalidSpec, R | Scope.Scope> =>
  Effect.gen(function* () {
    const { name, child: template, start: startWith, report = log } = options
    const flags = flagsOf({ ...options, strategy: "simple_one_for_one" })
    yield* check(name, [
      ...flagFaults(flags),
      ...specFaults(flags, { ...template, start: startWith })
    ])
    const state = yield* makeState<R>(name, flags, report)
    let copies = 0
    const startCopy = (argument: A) =>
      Effect.gen(function* () {
        const id = `${template.id}-${++copies}`
        const child = childOf({ ...template, id, start: startWith(argument) })
        yield* startAdded(state, child)
        return id
      })
    return {
      handle: {
        ...inspection(state),
        startChild: (argument) => request(state, true, startCopy(argument)),
        terminateChild: (id) => request(state, false, terminate(state, id))
      },
      loop: runLoop(state)
    }
  })

/**
 * Runs in the supervisor's fiber between two messages; fails where the supervisor ends before it
 * answered.
 */
const request = <A, E, R>(
  state: State<R>,
  starts: boolean,
  body: Effect.Effect<A, E, R>
): Effect.Effect<A, E | SupervisorDown> =>
  Effect.gen(function* () {
    const reply = yield* Deferred.make<A, E>()
    // Not `Deferred.into`: a supervisor stopped amid the request must not interrupt the caller.
    const run = Effect.flatMap(Effect.exit(body), (exit) => Deferred.done(reply, exit))
    yield* Queue.offer(state.mailbox, { _tag: "Request", starts, run: Effect.asVoid(run) })
    return yield* Effect.raceFirst(
      Deferred.await(reply),
      Effect.andThen(
        Deferred.await(state.ended),
        Effect.fail(new SupervisorDown({ supervisor: state.name }))
      )
    )
  })

const inspection = <R>(state: State<R>): Inspection => ({
  name: state.name,
  whichChildren: request(
    state,
    false,
    Effect.sync(() =>
      state.children.map((child) => ({
        id: child.spec.id,
        status: statusOf(child),
        type: child.spec.type
      }))
    )
  ),
  countChildren: request(
    state,
    false,
    Effect.sync(() => ({
      specs: state.flags.strategy === "simple_one_for_one" ? 1 : state.children.length,
      active: state.children.filter((child) => child.fiber !== undefined).length,
      supervisors: state.children.filter((child) => child.spec.type === "supervisor").length,
      workers: state.children.filter((child) => child.spec.type === "worker").length
    }))
  ),
  awaitExit: Deferred.await(state.ended)
})

const startNew = <R>(state: State<R>, spec: FiberChildSpec<R>) =>
  Effect.gen(function* () {
    yield* check(state.name, specFaults(state.flags, spec))
    const present = findChild(state, spec.id)
    if (present !== undefined) {
      const running = statusOf(present) === "running"
      return yield* refuse(state, spec.id, running ? "already_started" : "already_present")
    }
    yield* startAdded(state, childOf(spec))
  })

const startAdded = <R>(state: State<R>, child: Child<R>) => {
  state.children = [...state.children, child]
  return Effect.tapError(startOne(state, child), () =>
    Effect.sync(() => removeChild(state, child.spec.id))
  )
}

const terminate = <R>(state: State<R>, id: string) =>
  Effect.gen(function* () {
    const child = findChild(state, id)
    if (child === undefined) return yield* refuse(state, id, "not_found")
    yield* stopOne(state, child)
    if (isForgotten(state, child.spec.restart)) removeChild(state, id)
  })

const startAgain = <R>(state: State<R>, id: string) =>
  Effect.gen(function* () {
    yield* startOne(state, yield* childDown(state, id))
  })

const forget = <R>(state: State<R>, id: string) =>
  Effect.gen(function* () {
    yield* childDown(state, id)
    removeChild(state, id)
  })

const childDown = <R>(state: State<R>, id: string) =>
  Effect.gen(function* () {
    const child = findChild(state, id)
    if (child === undefined) return yield* refuse(state, id, "not_found")
    const status = statusOf(child)
    return status === "down" ? child : yield* refuse(state, id, status)
  })

const refuse = <R>(state: State<R>, child: string, reason: ChildRefusal["reason"]) =>
  Effect.fail(new ChildRefusal({ supervisor: state.name, child, reason }))

const check = (supervisor: string, faults: ReadonlyArray<string>) =>
  faults.length === 0 ? Effect.void : Effect.fail(new InvalidSpec({ supervisor, faults }))

const repeated = (ids: ReadonlyArray<string>) =>
  ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `the child id ${id} is used twice`)

const childOf = <R>(spec: FiberChildSpec<R>): Child<R> => ({
  spec,
  fiber: undefined,
  pending: undefined
})

const flagsOf = (options: Partial<SupervisorFlags>): SupervisorFlags => ({
  strategy: options.strategy ?? defaultFlags.strategy,
  intensity: options.intensity ?? defaultFlags.intensity,
  periodMs: options.periodMs ?? defaultFlags.periodMs,
  autoShutdown: options.autoShutdown ?? defaultFlags.autoShutdown,
  ...(options.backoff !== undefined && { backoff: options.backoff })
})

/** Starts and ordered stops are progress; the rest is for a person to see. */
const log = (event: SupervisorEvent): Effect.Effect<void> =>
  event._tag === "ChildStarted" || event._tag === "ChildStopped"
    ? Effect.logDebug(event)
    : Effect.logWarning(event)
