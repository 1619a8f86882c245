/** The real process on the real session, whose server dies under it and comes back. */
import { existsSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { optionsib, start, summaryOf, temporaryFolder, writeConfig } from "../../e2e/desk.ts"
import { newTopic, withKafka } from "./kafkaServer.ts"

const kafka = withKafka(1)
/** The desk is in the middle of its session then. */
const mirrorBytes = 4_000_000
const testMsMax = 600_000

describe("The real session on a Kafka that dies and comes back", () => {
  it.live(
    "waits, goes on, records how long that was, and ends as if nothing had been",
    () =>
      Effect.gen(function* () {
        const { cluster } = kafka()
        const folder = yield* temporaryFolder
        const [whole, there] = [join(folder, "whole"), join(folder, "there")]
        const place = `kafka://${cluster.brokers.join(",")}/${newTopic()}`
        const config = writeConfig(join(folder, "config.json"), {
          storage: { commitRecordsMax: 512, kafka: { commitRetryMsMax: 300_000 } }
        })
        const args = ["run", "--json", "--speed", "max", "--config", config, "--data-dir"]
        const calm = summaryOf(yield* optionsib(...args, whole))
        const desk = yield* start(...args, there, "--journal", place)
        const mirror = join(there, "runs/run-0001/mirror/mirror.segment")
        while (!existsSync(mirror) || statSync(mirror).size < mirrorBytes) {
          assert.isTrue(desk.isRunning, desk.err)
          yield* Effect.sleep("5 millis")
        }
        yield* Effect.promise(() => cluster.kill(1))
        yield* Effect.sleep("2 seconds")
        const size = statSync(mirror).size
        const sent = readFileSync(join(there, "runs/run-0001/exchange.log"), "utf8")
        yield* Effect.sleep("1 second")
        assert.isTrue(desk.isRunning, desk.err)
        assert.strictEqual(statSync(mirror).size, size)
        assert.strictEqual(readFileSync(join(there, "runs/run-0001/exchange.log"), "utf8"), sent)
        cluster.start(1)
        const ended = yield* desk.ended
        const summary = summaryOf(ended)
        assert.strictEqual(ended.code, 0, ended.err)
        assert.strictEqual(summary.stateHash, calm.stateHash)
        assert.isAbove(summary.records, calm.records)
        const dump = join(folder, "journal.jsonl")
        const written = yield* optionsib("journal", "export", "--out", dump, "--data-dir", there)
        assert.strictEqual(written.code, 0, written.err)
        const alerts = readFileSync(dump, "utf8")
          .split("\n")
          .filter((line) => line.includes("JournalRestored"))
          .map((line) => /"outageMs":(\d+)/.exec(line)?.[1])
        assert.isAtLeast(alerts.length, 1)
        assert.isAtLeast(Math.max(...alerts.map(Number)), 3_000)
        const replay = yield* optionsib("replay", "--verify", "--json", "--data-dir", there)
        assert.strictEqual(replay.code, 0, replay.err)
        assert.strictEqual(JSON.parse(replay.out).stateHash, calm.stateHash)
      }).pipe(Effect.scoped),
    testMsMax
  )
})
