import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mutantsOf } from "./mutants.ts"
import { play } from "./play.ts"

const seedsFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => first + index)

/** More with OPTIONSIB_KAFKA_SEEDS. */
const seeds = seedsFrom(0, Number(process.env.OPTIONSIB_KAFKA_SEEDS ?? 100))

describe("a book on a Kafka that loses, delays and repeats", () => {
  it.effect(
    "keeps every acknowledged record, once and in order, through crashes and takeovers",
    () =>
      Effect.gen(function* () {
        let doubts = 0
        let takeovers = 0
        let failedCommits = 0
        for (const seed of seeds) {
          const played = yield* play(seed)
          assert.strictEqual(played.broken, "", `seed ${seed}`)
          doubts += played.doubts
          takeovers += played.takeovers
          failedCommits += played.failedCommits
        }
        assert.isAbove(doubts, seeds.length)
        assert.isAbove(takeovers, seeds.length)
        assert.isAbove(failedCommits, seeds.length / 10)
      })
  )

  for (const [name, mutate] of Object.entries(mutantsOf("alpha"))) {
    it.effect(`catches an adapter that ${name}`, () =>
      Effect.gen(function* () {
        for (const seed of seedsFrom(0, 60)) {
          const { broken } = yield* play(seed, mutate)
          if (broken !== "") return
        }
        assert.fail("no seed of 60 tells it from the sound one")
      })
    )
  }
})
