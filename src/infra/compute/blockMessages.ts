/** What the pool and its worker threads say to each other. */
import type { SimulationTask } from "../../domain/pricing/exotics/simulation.ts"

export type BlockRequest = {
  readonly requestId: number
  readonly taskId: number
  /** Absent when this worker already has the task. */
  readonly task?: SimulationTask
  readonly blockIndex: number
}

export type BlockAnswer =
  | { readonly _tag: "Block"; readonly requestId: number; readonly sums: Float64Array }
  | { readonly _tag: "Failed"; readonly requestId: number; readonly why: string }
