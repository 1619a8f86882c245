/** Leaves faults out of a plan for as long as the same promise still breaks. */
import { Effect } from "effect"
import type { Fault } from "../domain/chaos/faults.ts"

/** Places in `plan` of the faults that are left. `breaks` runs a plan and names the promise that it breaks first. */
export const shrinkPlan = Effect.fnUntraced(function* (
  plan: ReadonlyArray<Fault>,
  invariant: string,
  breaks: (plan: ReadonlyArray<Fault>) => Effect.Effect<string | undefined>
) {
  let keep = plan.map((_, place) => place)
  // First by halves, then one by one: a plan has a dozen faults at most.
  for (
    let size = Math.ceil(keep.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let from = 0; from < keep.length; ) {
      const fewer = [...keep.slice(0, from), ...keep.slice(from + size)]
      const broken = yield* breaks(fewer.map((place) => plan[place]!))
      if (broken === invariant) keep = fewer
      else from += size
    }
  }
  return keep
})
