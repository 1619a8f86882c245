/** The proof that a planted bug is caught, and that the sound part in its place is not. */
import { assert } from "@effect/vitest"
import { Cause, Effect, Exit } from "effect"
import { Broken } from "./broken.ts"

export interface Planted {
  readonly defect: string
  /** The promise that it breaks first. */
  readonly breaks: string
  /** It is caught within so many seeds, from 1. */
  readonly seeds: number
}

/** Runs both bodies seed by seed until the planted one breaks its promise; tells the seed. */
export const proveCaught = Effect.fnUntraced(function* (
  { defect, breaks, seeds }: Planted,
  sound: (seed: number) => Effect.Effect<void>,
  planted: (seed: number) => Effect.Effect<void>
) {
  for (let seed = 1; seed <= seeds; seed++) {
    yield* sound(seed)
    const exit = yield* Effect.exit(planted(seed))
    if (Exit.isSuccess(exit)) continue
    const thrown = Cause.squash(exit.cause)
    assert.instanceOf(thrown, Broken, `seed ${seed}: ${thrown}`)
    const { promised, message } = thrown as Broken
    assert.strictEqual(promised, breaks, `seed ${seed}: ${message}`)
    return `seed ${seed} of ${seeds}: "${defect}" breaks "${promised}": ${message}`
  }
  return assert.fail(`"${defect}" survives seeds 1 to ${seeds}`)
})
