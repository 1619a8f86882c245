/**
 * `--chaos crash:ACTOR@T`: crashes an actor once, at the first message that it gets at or after T of the session.
 * `--chaos pause:send@T`: stops the process (SIGSTOP) between the commit of the first order at or after T and its sending.
 */
import { Effect } from "effect"
import { ConfigInvalid } from "../actors/ports/Configuration.ts"
import type { RequestGateway } from "../actors/ports/Gateway.ts"
import { OrderIntent } from "../actors/ports/records/broker.ts"
import type { FaultHook } from "../actors/runtime/handle.ts"
import { deskTree } from "../supervisors/deskTree.ts"
import type { TreeNode } from "../supervisors/treePolicy.ts"

/** `ofDayMs`: since midnight in New York of the session's first day. */
interface PlannedCrash {
  readonly actor: string
  readonly ofDayMs: number
}

/** What `--chaos` asked for. */
export interface Chaos {
  readonly crashes: ReadonlyArray<PlannedCrash>
  /** Those that are still to come: the process is paused once for each, whatever book it is at. Since midnight, as above. */
  readonly pausesMs: Array<number>
}

const form = /^(?:crash:([a-z-]+)|pause:send)@(\d{1,2}):(\d{2})(?::(\d{2}))?$/

const actorsOf = (node: TreeNode): ReadonlyArray<string> =>
  node._tag === "Actor" ? [node.id] : node.children.flatMap(actorsOf)

/** Fails with every text that is not of the form, or names no actor or time of day. */
export const parseChaos = (texts: ReadonlyArray<string>): Effect.Effect<Chaos, ConfigInvalid> => {
  const parsed = texts.map(parseOne)
  const faults = parsed.filter((one) => typeof one === "string")
  if (faults.length > 0) return Effect.fail(new ConfigInvalid({ faults }))
  return Effect.succeed({
    crashes: parsed.filter((one) => typeof one === "object"),
    pausesMs: parsed.filter((one) => typeof one === "number")
  })
}

const parseOne = (text: string): PlannedCrash | number | string => {
  const fault = (why: string) => `command line: --chaos is ${JSON.stringify(text)}; ${why}`
  const match = form.exec(text)
  if (match === null) {
    return fault("allowed: crash:ACTOR@HH:MM[:SS] and pause:send@HH:MM[:SS], New York time")
  }
  const [, actor, ...time] = match
  const actors = actorsOf(deskTree())
  if (actor !== undefined && !actors.includes(actor)) {
    return fault(`there is no actor ${actor}; allowed: ${actors.join(", ")}`)
  }
  const [hours = 0, minutes = 0, seconds = 0] = time.map((part) => Number(part ?? 0))
  if (hours > 23 || minutes > 59 || seconds > 59) {
    return fault("its time is no time of day; allowed: 00:00:00 to 23:59:59")
  }
  const ofDayMs = (hours * 3_600 + minutes * 60 + seconds) * 1_000
  return actor === undefined ? ofDayMs : { actor, ofDayMs }
}

/** Strikes each planned crash once. `midnightMs`: of the session's first day, epoch ms. */
export const crashHook = (crashes: ReadonlyArray<PlannedCrash>, midnightMs: number): FaultHook => {
  const waiting = [...crashes]
  return (point, actor, record) => {
    if (point !== "evolve" || waiting.length === 0) return
    const at = waiting.findIndex(
      (crash) => crash.actor === actor && record.logicalTimeMs >= midnightMs + crash.ofDayMs
    )
    if (at < 0) return
    waiting.splice(at, 1)
    throw new Error("crash asked for by --chaos")
  }
}

/** Time for the signal to arrive: it stops the process in the middle of this wait. */
const pauseSettleMs = 50

/** The gateways, with the process stopped once before an order is sent, for each pause. `midnightMs`: as above. */
export const pausingGateways = (
  gateways: ReadonlyArray<RequestGateway>,
  pausesMs: Array<number>,
  midnightMs: number
): ReadonlyArray<RequestGateway> => {
  const pause = Effect.andThen(
    Effect.sync(() => void process.kill(process.pid, "SIGSTOP")),
    Effect.sleep(`${pauseSettleMs} millis`)
  )
  return gateways.map((gateway) => ({
    ...gateway,
    perform: (request, nowMs) =>
      Effect.suspend(() => {
        const at = pausesMs.findIndex((ofDayMs) => nowMs >= midnightMs + ofDayMs)
        if (request.type !== OrderIntent.type || at < 0) return gateway.perform(request, nowMs)
        pausesMs.splice(at, 1)
        return Effect.andThen(pause, gateway.perform(request, nowMs))
      })
  }))
}
