/** Chaos on a running desk whose book is on a real Kafka: killed around commits and requests, and taken over. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { ResilienceFacts } from "../../../src/projections/resilience.ts"
import { makeHome } from "../../e2e/home.ts"
import { newTopic, withKafka } from "./kafkaServer.ts"

const kafka = withKafka(1)

describe("chaos run on Kafka", () => {
  it.live("kills the process, recovers each time from the partition, and keeps every promise", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const home = yield* makeHome
        const journal = `kafka://${kafka().cluster.brokers[0]}/${newTopic()}`
        const ended = yield* home.command(
          ...["chaos", "run", "process-kills", "--journal", journal, "--json"]
        )
        assert.strictEqual(ended.code, 0, ended.err)
        const facts = JSON.parse(ended.out.trimEnd().split("\n").at(-1)!) as ResilienceFacts
        assert.strictEqual(facts.struck.length, 4)
        assert.strictEqual(facts.lives, 5)
        assert.strictEqual(facts.wall.toRecord.times, 4)
        assert.isAbove(facts.wall.toRecord.meanMs, 0)
        assert.isAtLeast(facts.wall.toDecision.meanMs, facts.wall.toRecord.meanMs)
        assert.isTrue(facts.invariants.every(({ broken }) => broken === ""))
        const verified = yield* home.command("replay", "--verify")
        assert.strictEqual(verified.code, 0, verified.err)
      })
    )
  )
})
