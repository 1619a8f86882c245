/**
 * Virtual time for any number of fibers: a clock and a scheduler that move on only when none of them can.
 *
 * When all fibers wait, time jumps to the first thing that is due: a sleeper, or an event of the world outside. Things of
 * one time come in the order in which they were asked for. What really takes time (a worker thread) is `held`: until it is
 * done nothing moves. So the same program gives the same order of events each time.
 */
import { Clock, Context, Duration, Effect, Exit, type Fiber, Scheduler } from "effect"

/** A world that has events of its own. */
export interface VirtualWorld {
  /** Epoch ms; Infinity for none. */
  readonly nextDueMs: () => number
  /** Lets happen what is due by `nowMs`. */
  readonly happen: (nowMs: number) => void
}

interface Due {
  readonly atMs: number
  readonly run: () => void
}

/** After so many steps of its own a fiber lets others go on. */
const operationsMax = 200_000
/** So often in one moment is a hang. */
const yieldsMax = 500
/** So are so many turns of one moment, */
const turnsAtOnceMax = 500_000
/** so many events of one, */
const eventsAtOnceMax = 50_000
/** and so many without an end. */
const eventsMax = 20_000_000

export class VirtualTime implements Clock.Clock, Scheduler.Scheduler {
  readonly executionMode = new Scheduler.MixedScheduler().executionMode
  readonly currentTimeMillis = Effect.sync(() => this.currentTimeMillisUnsafe())
  readonly currentTimeNanos = Effect.sync(() => this.currentTimeNanosUnsafe())
  readonly monotonicTimeNanos = Effect.sync(() => this.monotonicTimeNanosUnsafe())
  readonly #due: Array<Due> = []
  readonly #tasks: Array<() => void> = []
  readonly #worlds: Array<VirtualWorld> = []
  readonly #onlookers: Array<() => void> = []
  /** Nobody goes on any more. */
  #isHung = false
  #hang = (_why: string): void => {}
  #hasNews = false
  #nowMs: number
  #eventsAtOnce = 0
  #yields = 0
  #turnsAtOnce = 0
  #events = 0
  #holds = 0
  #isArmed = false

  constructor(startMs: number) {
    this.#nowMs = startMs
  }

  currentTimeMillisUnsafe(): number {
    return this.#nowMs
  }

  currentTimeNanosUnsafe(): bigint {
    return BigInt(Math.round(this.#nowMs * 1e6))
  }

  monotonicTimeNanosUnsafe(): bigint {
    return this.currentTimeNanosUnsafe()
  }

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      const forMs = Math.max(0, Duration.toMillis(duration))
      const cancel = this.at(this.#nowMs + forMs, () => resume(Effect.void))
      return Effect.sync(cancel)
    })
  }

  /** A fiber has the processor until it waits; a very long work is looked at now and then: it may never end. */
  shouldYield(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    if (fiber.currentOpCount < operationsMax) return false
    if (++this.#yields > yieldsMax) this.#hang("somebody works on and on, and time stands still")
    return true
  }

  makeDispatcher(): Scheduler.SchedulerDispatcher {
    return {
      scheduleTask: (task) => {
        this.#tasks.push(task)
        this.#arm()
      },
      flush: () => this.#runTasks()
    }
  }

  /** Runs a program in this time. It dies where it waits for what cannot happen any more, or goes on without an end. */
  run<A, E>(program: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.callback<A, E>((resume) => {
      const own = Context.make(Clock.Clock, this).pipe(Context.add(Scheduler.Scheduler, this))
      this.#hang = (why) => {
        this.#isHung = true
        resume(Effect.die(new Error(why)))
      }
      const fiber = Effect.runForkWith(own)(program)
      this.#arm()
      fiber.addObserver((exit) => {
        this.#hang = () => {}
        resume(Exit.isSuccess(exit) ? Effect.succeed(exit.value) : Effect.failCause(exit.cause))
      })
    })
  }

  /** Runs something at a time; the result calls it off. */
  at(atMs: number, run: () => void): () => void {
    const due = { atMs, run }
    let low = 0
    let high = this.#due.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#due[middle]!.atMs <= atMs) low = middle + 1
      else high = middle
    }
    this.#due.splice(low, 0, due)
    this.#arm()
    return () => {
      const place = this.#due.indexOf(due)
      if (place >= 0) this.#due.splice(place, 1)
    }
  }

  /** Its events come from now on. */
  add(world: VirtualWorld): void {
    this.#worlds.push(world)
  }

  /** Returns once anything happened and nobody can go on because of it, or at a time. */
  untilNews(atMs: number): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      const end = (): void => {
        cancel()
        const place = this.#onlookers.indexOf(end)
        if (place >= 0) this.#onlookers.splice(place, 1)
        resume(Effect.void)
      }
      const cancel = atMs === Number.POSITIVE_INFINITY ? () => {} : this.at(atMs, end)
      this.#onlookers.push(end)
      this.#arm()
    })
  }

  /** Time stands still while it runs. */
  held<A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.acquireUseRelease(
      Effect.sync(() => {
        this.#holds++
      }),
      () => work,
      () =>
        Effect.sync(() => {
          this.#holds--
          this.#arm()
        })
    )
  }

  #arm(): void {
    if (this.#isArmed || this.#isHung) return
    this.#isArmed = true
    setImmediate(() => this.#turn())
  }

  /** Promises settle between two turns, so that a turn without a task finds everybody waiting. */
  #turn(): void {
    this.#isArmed = false
    if (this.#tasks.length > 0) {
      this.#runTasks()
      if (++this.#turnsAtOnce > turnsAtOnceMax) this.#hang("turn after turn, and time stands still")
      this.#arm()
    } else if (this.#holds === 0) {
      this.#moveOn()
    }
  }

  #runTasks(): void {
    for (const task of this.#tasks.splice(0)) task()
  }

  #moveOn(): void {
    if (this.#hasNews && this.#onlookers.length > 0) {
      this.#hasNews = false
      for (const look of [...this.#onlookers]) look()
      this.#arm()
      return
    }
    const [first] = this.#due
    const firstMs = first?.atMs ?? Number.POSITIVE_INFINITY
    let dueMs = firstMs
    let world: VirtualWorld | undefined
    for (const each of this.#worlds) {
      const itsMs = each.nextDueMs()
      if (itsMs > dueMs || itsMs === Number.POSITIVE_INFINITY) continue
      if (world !== undefined && itsMs === dueMs) continue
      dueMs = itsMs
      world = each
    }
    if (dueMs === Number.POSITIVE_INFINITY) {
      this.#hang("it waits, and nothing can happen any more")
      return
    }
    if (++this.#events > eventsMax) {
      this.#hang(`${eventsMax} events and no end`)
      return
    }
    if (dueMs > this.#nowMs) {
      this.#nowMs = dueMs
      this.#eventsAtOnce = 0
      this.#yields = 0
      this.#turnsAtOnce = 0
    } else if (++this.#eventsAtOnce > eventsAtOnceMax) {
      this.#hang(`${eventsAtOnceMax} events, and time stands still`)
      return
    }
    this.#hasNews = true
    if (world !== undefined) {
      world.happen(this.#nowMs)
    } else {
      this.#due.shift()
      first!.run()
    }
    this.#arm()
  }
}
