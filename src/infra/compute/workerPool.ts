/**
 * The simulation port on worker threads.
 *
 * A fixed number of slots, each with a thread that starts at first use; blocks go to whichever
 * slot is free and are combined by number, so threads never show in the result. An interrupted
 * run terminates the threads it was waiting for; their slots start new ones when needed.
 */
import { Worker } from "node:worker_threads"
import { Effect, Layer, Queue, type Result, type Scope } from "effect"
import {
  Simulation,
  SimulationRefused,
  SimulationUnavailable
} from "../../actors/ports/Simulation.ts"
import type { InvalidPricingInput } from "../../domain/pricing/engine.ts"
import { combineBlocks } from "../../domain/pricing/exotics/estimate.ts"
import {
  type BlockSums,
  blockSimulator,
  type SimulationTask
} from "../../domain/pricing/exotics/simulation.ts"
import type { BlockAnswer, BlockRequest } from "./blockMessages.ts"

/** `threads`: at least 1; more than the machine's cores gains nothing. */
export const layer = (options: { readonly threads: number }): Layer.Layer<Simulation> =>
  Layer.effect(
    Simulation,
    Effect.gen(function* () {
      const free = yield* slots(options.threads)
      const tasks = { started: 0 }
      return Simulation.of({
        simulate: Effect.fn("Simulation.simulate")(function* (task, { onProgress } = {}) {
          const simulator = yield* refusing(blockSimulator(task))
          const taskId = ++tasks.started
          const { blockCount } = simulator
          const progress = { blocksDone: 0 }
          const blocks = yield* Effect.forEach(
            Array.from({ length: blockCount }, (_, blockIndex) => blockIndex),
            Effect.fnUntraced(function* (blockIndex) {
              const block = yield* Effect.acquireUseRelease(
                Queue.take(free),
                (slot) => computed(slot, { taskId, task, blockIndex }),
                (slot) => Queue.offer(free, slot)
              )
              progress.blocksDone++
              const { blocksDone } = progress
              if (onProgress !== undefined) yield* onProgress({ blocksDone, blockCount })
              return block
            }),
            { concurrency: options.threads }
          )
          return yield* refusing(combineBlocks(task, blocks))
        })
      })
    })
  )

const refusing = <A>(
  result: Result.Result<A, InvalidPricingInput>
): Effect.Effect<A, SimulationRefused> =>
  Effect.fromResult(result).pipe(
    Effect.mapError(({ field, value, allowed }) => new SimulationRefused({ field, value, allowed }))
  )

type Slot = {
  worker: Worker | undefined
  /** The task that the worker holds ready. */
  taskId: number
  requests: number
}

/** Free slots; their threads end with the scope. */
const slots = Effect.fnUntraced(function* (
  count: number
): Effect.fn.Return<Queue.Queue<Slot>, never, Scope.Scope> {
  const free = yield* Queue.unbounded<Slot>()
  for (let k = 0; k < count; k++) {
    const slot: Slot = { worker: undefined, taskId: 0, requests: 0 }
    yield* Effect.addFinalizer(() => Effect.sync(() => dropWorker(slot)))
    yield* Queue.offer(free, slot)
  }
  return free
})

/** Runs with the sources in development, with the build beside it otherwise. */
const workerFile = import.meta.url.endsWith(".ts")
  ? new URL("./simulationWorker.ts", import.meta.url)
  : new URL("./simulationWorker.js", import.meta.url)

const liveWorker = (slot: Slot): Worker => {
  if (slot.worker !== undefined) return slot.worker
  const worker = new Worker(workerFile)
  // A thread waiting for work must not keep the process alive.
  worker.unref()
  // One that dies while idle is replaced at next use; a request under way hears of it itself.
  worker.on("error", () => undefined)
  worker.once("exit", () => {
    if (slot.worker === worker) slot.worker = undefined
  })
  slot.worker = worker
  slot.taskId = 0
  return worker
}

const dropWorker = (slot: Slot): void => {
  void slot.worker?.terminate()
  slot.worker = undefined
}

type Wanted = {
  readonly taskId: number
  readonly task: SimulationTask
  readonly blockIndex: number
}

/** One block from the slot's thread; interruption and failure end that thread. */
const computed = (
  slot: Slot,
  { taskId, task, blockIndex }: Wanted
): Effect.Effect<BlockSums, SimulationUnavailable> =>
  Effect.callback((resume) => {
    const worker = liveWorker(slot)
    const requestId = ++slot.requests
    const stopListening = (): void => {
      worker.off("message", onMessage)
      worker.off("error", onError)
      worker.off("exit", onExit)
    }
    const settle = (effect: Effect.Effect<BlockSums, SimulationUnavailable>): void => {
      stopListening()
      resume(effect)
    }
    const fail = (why: string): void => {
      dropWorker(slot)
      settle(Effect.fail(new SimulationUnavailable({ why })))
    }
    const onMessage = (answer: BlockAnswer): void => {
      if (answer.requestId !== requestId) return
      if (answer._tag === "Failed") fail(answer.why)
      else settle(Effect.succeed({ blockIndex, sums: answer.sums }))
    }
    const onError = (cause: unknown): void => fail(`a worker thread failed (${String(cause)})`)
    const onExit = (code: number): void => fail(`a worker thread ended with code ${code}`)
    worker.on("message", onMessage)
    worker.on("error", onError)
    worker.on("exit", onExit)
    const request: BlockRequest = { requestId, taskId, blockIndex }
    worker.postMessage(slot.taskId === taskId ? request : { ...request, task })
    slot.taskId = taskId
    return Effect.sync(() => {
      stopListening()
      dropWorker(slot)
    })
  })
