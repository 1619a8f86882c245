/** Runs Effect's tasks in an order drawn from a seed: every interleaving that fibers may take, given enough seeds. */
import type { Fiber } from "effect"
import type { Scheduler, SchedulerDispatcher } from "effect/Scheduler"
import { uniformAt } from "../../../src/domain/chance.ts"

export class RandomScheduler implements Scheduler {
  readonly executionMode = "async"
  readonly #seed: number
  readonly #tasks: Array<() => void> = []
  #draws = 0
  #running = false

  constructor(seed: number) {
    this.#seed = seed
  }

  #draw(): number {
    return uniformAt(this.#seed, this.#draws++)
  }

  shouldYield(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    return fiber.currentOpCount > 8 && this.#draw() < 0.05
  }

  makeDispatcher(): SchedulerDispatcher {
    return {
      scheduleTask: (task) => {
        this.#tasks.push(task)
        if (this.#running) return
        this.#running = true
        setImmediate(() => this.#drain())
      },
      flush: () => this.#drain()
    }
  }

  #drain(): void {
    while (this.#tasks.length > 0) {
      const at = Math.floor(this.#draw() * this.#tasks.length)
      const [task] = this.#tasks.splice(at, 1)
      task!()
    }
    this.#running = false
  }
}
