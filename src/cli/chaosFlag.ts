/** `--chaos crash:ACTOR@T`: crashes an actor once, at the first message that it gets at or after T of the session. */
import { Effect } from "effect"
import { ConfigInvalid } from "../actors/ports/Configuration.ts"
import type { FaultHook } from "../actors/runtime/handle.ts"
import { deskTree } from "../supervisors/deskTree.ts"
import type { TreeNode } from "../supervisors/treePolicy.ts"

/** `ofDayMs`: since midnight in New York of the session's first day. */
interface PlannedCrash {
  readonly actor: string
  readonly ofDayMs: number
}

const form = /^crash:([a-z-]+)@(\d{1,2}):(\d{2})(?::(\d{2}))?$/

const actorsOf = (node: TreeNode): ReadonlyArray<string> =>
  node._tag === "Actor" ? [node.id] : node.children.flatMap(actorsOf)

/** Fails with every text that is not of the form, or names no actor or time of day. */
export const parseCrashes = (
  texts: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<PlannedCrash>, ConfigInvalid> => {
  const parsed = texts.map(parseCrash)
  const faults = parsed.filter((crash) => typeof crash === "string")
  return faults.length > 0
    ? Effect.fail(new ConfigInvalid({ faults }))
    : Effect.succeed(parsed.filter((crash) => typeof crash !== "string"))
}

const parseCrash = (text: string): PlannedCrash | string => {
  const fault = (why: string) => `command line: --chaos is ${JSON.stringify(text)}; ${why}`
  const match = form.exec(text)
  if (match === null) return fault("allowed: crash:ACTOR@HH:MM[:SS], New York time")
  const [, actor = "", ...time] = match
  const actors = actorsOf(deskTree())
  if (!actors.includes(actor)) {
    return fault(`there is no actor ${actor}; allowed: ${actors.join(", ")}`)
  }
  const [hours = 0, minutes = 0, seconds = 0] = time.map((part) => Number(part ?? 0))
  if (hours > 23 || minutes > 59 || seconds > 59) {
    return fault("its time is no time of day; allowed: 00:00:00 to 23:59:59")
  }
  return { actor, ofDayMs: (hours * 3_600 + minutes * 60 + seconds) * 1_000 }
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
