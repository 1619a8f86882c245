/** The real process on the real session with its journal on a real Kafka, killed again and again. */
import { readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { uniformAt } from "../../../src/domain/chance.ts"
import {
  type Desk,
  optionsib,
  start,
  summaryOf,
  temporaryFolder,
  writeConfig
} from "../../e2e/desk.ts"
import { newTopic, withKafka } from "./kafkaServer.ts"

const seed = Number(process.env.OPTIONSIB_E2E_SEED ?? Date.now() % 1_000_000)
const kills = Number(process.env.OPTIONSIB_E2E_KILLS ?? 22)

/** Some five minutes on an idle machine: each life starts, recovers and goes on. */
const testMsMax = 1_500_000

const sizeOf = (file: string): number => {
  try {
    return statSync(file).size
  } catch {
    return 0
  }
}

/** Kills it once its mirror of the partition has so many bytes, or so long after its start: whichever comes first. */
const killAt = (desk: Desk, mirror: string, bytes: number, afterMs: number) =>
  Effect.promise(async () => {
    const until = performance.now() + afterMs
    const began = sizeOf(mirror)
    let isFresh = false
    while (desk.isRunning && performance.now() < until) {
      const size = sizeOf(mirror)
      // It is made anew at each opening: until then it is that of the life before.
      if (size < began || began === 0) isFresh = true
      if (isFresh && size >= bytes) break
      await wait(2)
    }
    desk.signal("SIGKILL")
  })

/** The order identities in the exchange's own log, in the order in which they came. */
const ordersOf = (dataDir: string): ReadonlyArray<string> =>
  readFileSync(join(dataDir, "runs/run-0001/exchange.log"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line.slice(9)).order?.clOrdID)
    .filter((id) => id !== undefined)

const kafka = withKafka(1)

describe("The real session on Kafka, killed at random moments", () => {
  it.live(
    `ends in the state of a run that was not, no order twice (seed ${seed})`,
    () =>
      Effect.gen(function* () {
        const again = `OPTIONSIB_E2E_SEED=${seed} OPTIONSIB_E2E_KILLS=${kills} npm run test:kafka -- kills`
        console.log(again)
        const folder = yield* temporaryFolder
        const dirs = { whole: join(folder, "whole"), killed: join(folder, "killed") }
        const place = `kafka://${kafka().cluster.brokers.join(",")}/${newTopic()}`
        const config = writeConfig(join(folder, "config.json"), {
          storage: { commitRecordsMax: 512, snapshotRecords: 20_000 }
        })
        const args = ["run", "--json", "--speed", "max", "--config", config, "--data-dir"]
        const whole = summaryOf(yield* optionsib(...args, dirs.whole))
        const file = join(dirs.whole, "runs/run-0001/journal/main/0000000000000000.segment")
        const bytes = sizeOf(file)
        assert.isAbove(bytes, 1_000_000)
        const onKafka = [...args, dirs.killed, "--journal", place]
        const mirror = join(dirs.killed, "runs/run-0001/mirror/mirror.segment")
        let died = 0
        for (let n = 0; n < kills; n++) {
          const ended = yield* Effect.scoped(
            Effect.gen(function* () {
              const desk = yield* start(...onKafka)
              const share = (n + uniformAt(seed, n, 0)) / (kills + 1)
              // One in four dies on the way up, wherever it is then.
              const isEarly = uniformAt(seed, n, 2) < 0.25
              const afterMs = isEarly ? 4_000 * uniformAt(seed, n, 1) : 60_000
              yield* killAt(desk, mirror, share * bytes, afterMs)
              return yield* desk.ended
            })
          )
          assert.strictEqual(ended.signal, "SIGKILL", `${ended.out}${ended.err}\n${again}`)
          died++
        }
        const ended = yield* optionsib(...onKafka)
        assert.strictEqual(ended.code, 0, `${ended.err}\n${again}`)
        const summary = summaryOf(ended)
        assert.isAtLeast(died, 20, again)
        for (const where of [
          ["--run", "run-0001", "--data-dir", dirs.killed],
          ["--journal", place, "--book", "main", "--data-dir", join(folder, "elsewhere")]
        ]) {
          const replay = yield* optionsib("replay", "--verify", "--json", ...where)
          assert.strictEqual(replay.code, 0, `${replay.err}\n${again}`)
          assert.strictEqual(JSON.parse(replay.out).stateHash, whole.stateHash, again)
        }
        const orders = ordersOf(dirs.killed)
        assert.strictEqual(new Set(orders).size, orders.length, again)
        assert.deepStrictEqual(orders, ordersOf(dirs.whole), again)
        const { free, reserved, settling } = summary.vault
        const held = [free, reserved, settling].reduce((sum, usd) => sum + Number(usd), 0)
        assert.closeTo(held, 250_000 + Number(summary.realizedPnl), 1e-6, again)
        assert.deepStrictEqual(summary.vault, whole.vault, again)
      }).pipe(Effect.scoped),
    testMsMax
  )
})
