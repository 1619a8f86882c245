/** A planted bug in the desk's money is caught by the promise that it breaks; the sound actor keeps every promise. */
import { describe, it } from "@effect/vitest"
import { Cause, Effect, Exit } from "effect"
import { kills } from "../crashPlans.ts"
import { conservesMoney, ordersOnce } from "../deskPromises.ts"
import {
  type DeskParts,
  Killed,
  live,
  makeDeskStorage,
  type Stage,
  verifyDeskRecords
} from "../deskSimulation.ts"
import { smallSettings as settings, smallStage } from "../smallSession.ts"
import { Broken, type Promised } from "./broken.ts"
import { type DeskMutant, deskMutants } from "./deskMutants.ts"
import { proveCaught } from "./proveMutant.ts"

/** Ends well, or dies of `Broken`. */
const endure = (stage: Stage, seed: number, isKilled: boolean, parts: DeskParts) =>
  Effect.gen(function* () {
    const storage = makeDeskStorage(stage, settings)
    for (let life = 0; ; life++) {
      const exit = yield* Effect.exit(
        live(storage, { parts, ...(isKilled && { kill: kills(seed, life, 6, 0.08) }) })
      )
      if (Exit.isSuccess(exit)) break
      const thrown = Cause.squash(exit.cause)
      if (!(thrown instanceof Killed)) throw new Broken("the desk runs on", String(thrown))
      storage.journal.crash()
    }
    const records = storage.journal.records()
    keeps("each order is sent once and each execution booked once", () => ordersOnce(records, ""))
    keeps("money is conserved at each record", () => conservesMoney(records, ""))
    const { difference } = verifyDeskRecords(storage, records, parts)
    if (difference !== undefined) {
      throw new Broken("a replay decides the same", `record ${difference.seq}`)
    }
  })

const keeps = (promised: Promised, check: () => void): void => {
  try {
    check()
  } catch (thrown) {
    throw new Broken(promised, String(thrown))
  }
}

const planted = ({ world, plan }: DeskMutant): DeskParts => {
  const around = world?.()
  return { ...around, plan: (sound) => plan(around?.plan(sound) ?? sound) }
}

describe("A planted bug of the desk", () => {
  for (const mutant of deskMutants) {
    const { defect, breaks, seeds, world } = mutant
    it.live(`"${defect}" breaks "${breaks}" within ${seeds} seeds`, () =>
      Effect.scoped(
        Effect.gen(function* () {
          const stage = yield* smallStage()
          const caught = yield* proveCaught(
            mutant,
            (seed) => endure(stage, seed, mutant.kills, world?.() ?? {}),
            (seed) => endure(stage, seed, mutant.kills, planted(mutant))
          )
          console.log(caught)
        })
      )
    )
  }
})
