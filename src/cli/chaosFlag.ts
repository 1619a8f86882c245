/** `--chaos crash:ACTOR@T`: crashes an actor once, at the first message that it gets at or after T of the session. */
import type { FaultHook } from "../actors/runtime/handle.ts"

export interface PlannedCrash {
  readonly actor: string
  readonly atMs: number
}

const form = /^crash:([a-z-]+)@(\d{1,2}):(\d{2})(?::(\d{2}))?$/

/** `T` is New York time of the session's first day, HH:MM or HH:MM:SS. A string tells what is wrong. */
export const parseCrash = (
  text: string,
  actors: ReadonlyArray<string>,
  midnightMs: number
): PlannedCrash | string => {
  const match = form.exec(text)
  if (match === null) return `--chaos ${text}: allowed is crash:ACTOR@HH:MM[:SS]`
  const [, actor = "", hours = "0", minutes = "0", seconds = "0"] = match
  if (!actors.includes(actor)) {
    return `--chaos ${text}: there is no actor ${actor}; actors: ${actors.join(", ")}`
  }
  const ofDay = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) {
    return `--chaos ${text}: ${hours}:${minutes} is no time of day`
  }
  return { actor, atMs: midnightMs + ofDay }
}

/** Strikes each planned crash once. */
export const crashHook = (crashes: ReadonlyArray<PlannedCrash>): FaultHook => {
  const waiting = [...crashes]
  return (point, actor, record) => {
    if (point !== "evolve" || waiting.length === 0) return
    const at = waiting.findIndex(
      (crash) => crash.actor === actor && record.logicalTimeMs >= crash.atMs
    )
    if (at < 0) return
    waiting.splice(at, 1)
    throw new Error("crash asked for by --chaos")
  }
}
