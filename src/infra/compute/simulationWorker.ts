/**
 * A worker thread that computes blocks of a simulation, one per message. It loads no more of Effect
 * than it needs: that is most of its start.
 */
import { parentPort } from "node:worker_threads"
import * as Result from "effect/Result"
import { type BlockSimulator, blockSimulator } from "../../domain/pricing/exotics/simulation.ts"
import type { BlockAnswer, BlockRequest } from "./blockMessages.ts"

/** Kept between messages: preparing a task costs about as much as a block. */
let ready: { readonly taskId: number; readonly simulator: BlockSimulator } | undefined

const simulatorOf = (request: BlockRequest): BlockSimulator => {
  if (ready?.taskId === request.taskId) return ready.simulator
  if (request.task === undefined) throw new Error(`task ${request.taskId} was never sent`)
  ready = {
    taskId: request.taskId,
    simulator: Result.getOrThrow(blockSimulator(request.task))
  }
  return ready.simulator
}

const answer = (request: BlockRequest): BlockAnswer => {
  try {
    const { sums } = simulatorOf(request).simulateBlock(request.blockIndex)
    return { _tag: "Block", requestId: request.requestId, sums }
  } catch (cause) {
    return { _tag: "Failed", requestId: request.requestId, why: String(cause) }
  }
}

parentPort?.on("message", (request: BlockRequest) => parentPort?.postMessage(answer(request)))
