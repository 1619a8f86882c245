import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { play } from "./play.ts"

const seeds = Array.from({ length: 400 }, (_, seed) => seed)

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
})
