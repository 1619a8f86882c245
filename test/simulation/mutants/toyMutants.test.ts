/** A planted bug is caught by the promise that it breaks; the sound part in its place keeps every promise. */
import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { endure } from "./ordeal.ts"
import { proveCaught } from "./proveMutant.ts"
import { toyMutants } from "./toyMutants.ts"

describe("A planted bug of the kernel", () => {
  for (const mutant of toyMutants) {
    const { defect, breaks, seeds, ordeal, parts } = mutant
    it.live(`"${defect}" breaks "${breaks}" within ${seeds} seeds`, () =>
      Effect.map(
        proveCaught(
          mutant,
          (seed) => endure(seed, ordeal),
          (seed) => endure(seed, ordeal, parts)
        ),
        (caught) => console.log(caught)
      )
    )
  }
})
