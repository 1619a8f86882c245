/** Answers that take longer for a while: it sleeps on the Effect clock. */
import { Effect } from "effect"
import type { Strikes } from "../Strikes.ts"

export const delayed = (strikes: Strikes, component: string): Effect.Effect<void> =>
  Effect.suspend(() => {
    const slow = strikes.during("Latency")
    return slow === undefined || slow.component !== component
      ? Effect.void
      : Effect.sleep(`${slow.delayMs} millis`)
  })
