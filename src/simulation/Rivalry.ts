/**
 * Two processes for one book. While one stands still a rival opens the book, trades, and is still there when the first
 * goes on; once that has ended the rival goes on, and ends in order.
 */
import { Deferred, Effect, type Exit, Fiber } from "effect"
import type { FaultOf } from "../domain/chaos/faults.ts"
import type { LifeEnd } from "./life.ts"
import type { Strikes } from "./Strikes.ts"

/** Lets a rival in. Ends when the process that stood still goes on. */
export type MeetsRival = (fault: FaultOf<"Rival">) => Effect.Effect<void>

/** How a rival lives. */
export interface Guest {
  /** It ends in order there. Session time, epoch ms. */
  readonly untilMs: number
  /** After each of its commits: halfway the process before it wakes. */
  readonly committed: Effect.Effect<void>
}

export interface RivalEnd<Told> {
  readonly exit: Exit.Exit<LifeEnd>
  readonly told: Told
}

/** `Told` is what the caller keeps of a life. */
export class Rivalry<Told> {
  readonly #strikes: Strikes
  readonly #live: (guest: Guest) => readonly [told: Told, life: Effect.Effect<LifeEnd>]
  readonly #ended: Array<RivalEnd<Told>> = []
  #running:
    | { fiber: Fiber.Fiber<Exit.Exit<LifeEnd>>; goOn: Deferred.Deferred<void>; told: Told }
    | undefined

  constructor(
    strikes: Strikes,
    live: (guest: Guest) => readonly [told: Told, life: Effect.Effect<LifeEnd>]
  ) {
    this.#strikes = strikes
    this.#live = live
  }

  readonly meets: MeetsRival = (fault) =>
    Effect.gen({ self: this }, function* () {
      if (this.#running !== undefined) return
      const halfway = yield* Deferred.make<void>()
      const goOn = yield* Deferred.make<void>()
      const fromMs = this.#strikes.nowMs
      let isHalfway = false
      const committed = Effect.suspend(() => {
        if (isHalfway || this.#strikes.nowMs < fromMs + fault.forMs / 2) return Effect.void
        isHalfway = true
        return Effect.andThen(Deferred.succeed(halfway, undefined), Deferred.await(goOn))
      })
      const [told, life] = this.#live({ untilMs: fromMs + fault.forMs, committed })
      // A process of its own: it outlives the one that met it.
      const fiber = yield* Effect.forkDetach(Effect.exit(life))
      this.#running = { fiber, goOn, told }
      yield* Effect.raceFirst(Deferred.await(halfway), Fiber.await(fiber))
      if (!isHalfway) yield* this.#end
    })

  /** The process that met a rival has ended: the rival goes on to its end. What each rival came to. */
  readonly settle: Effect.Effect<ReadonlyArray<RivalEnd<Told>>> = Effect.gen(
    { self: this },
    function* () {
      yield* this.#end
      return this.#ended.splice(0)
    }
  )

  get #end(): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const running = this.#running
      if (running === undefined) return
      this.#running = undefined
      yield* Deferred.succeed(running.goOn, undefined)
      const exit = yield* Fiber.join(running.fiber)
      this.#ended.push({ exit, told: running.told })
    })
  }
}
