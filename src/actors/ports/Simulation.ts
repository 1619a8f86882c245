/**
 * Runs a Monte Carlo task beside the process's own work.
 *
 * The answer depends on the task alone: the same task gives the same bits on any number of threads.
 */
import { Context, type Effect, Schema } from "effect"
import type { ExoticEstimate } from "../../domain/pricing/exotics/estimate.ts"
import type { SimulationTask } from "../../domain/pricing/exotics/simulation.ts"

/** The task's product, dynamics or sampling is not valid. */
export class SimulationRefused extends Schema.TaggedError<SimulationRefused>()(
  "SimulationRefused",
  { field: Schema.String, value: Schema.Number, allowed: Schema.String }
) {
  override get message(): string {
    return `${this.field} is ${this.value}; allowed: ${this.allowed}`
  }
}

/** What computes the blocks failed. */
export class SimulationUnavailable extends Schema.TaggedError<SimulationUnavailable>()(
  "SimulationUnavailable",
  { why: Schema.String }
) {
  override get message(): string {
    return `the simulation cannot run: ${this.why}`
  }
}

export type SimulationProgress = {
  readonly blocksDone: number
  readonly blockCount: number
}

export class Simulation extends Context.Service<
  Simulation,
  {
    /** Interruption stops the computation itself, within moments. */
    readonly simulate: (
      task: SimulationTask,
      options?: {
        /** Told after each block, in order of `blocksDone`. */
        readonly onProgress?: (progress: SimulationProgress) => Effect.Effect<void>
      }
    ) => Effect.Effect<ExoticEstimate, SimulationRefused | SimulationUnavailable>
  }
>()("optionsib/actors/ports/Simulation") {}
