/** Crashes of actors by plan. */
import type { FaultHook } from "../../actors/runtime/handle.ts"
import type { Strikes } from "../Strikes.ts"

/** Strikes each planned crash on one message, as often in a row as the plan says. Quotes are crashed on in `evolve`. */
export const actorCrashes = (strikes: Strikes): FaultHook => {
  let again: { readonly key: string; left: number } | undefined
  return (point, actor, record) => {
    if (record.type === "Quote" && point !== "evolve") return
    const key = `${point} ${actor} ${record.seq}`
    if (again?.key === key && again.left > 0) {
      again.left--
      throw new Error(`injected at ${point}, again`)
    }
    strikes.nowMs = Math.max(strikes.nowMs, record.logicalTimeMs)
    const crash = strikes.take(
      "ActorCrash",
      (planned) => planned.actor === actor && planned.point === point
    )
    if (crash === undefined) return
    again = { key, left: crash.times - 1 }
    throw new Error(`injected at ${point}`)
  }
}
