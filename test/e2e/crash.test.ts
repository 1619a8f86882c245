import { readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { uniformAt } from "../../src/domain/chance.ts"
import { type Desk, optionsib, start, summaryOf, temporaryFolder, writeConfig } from "./desk.ts"
import { inProcess } from "./inProcess.ts"

const seed = Number(process.env.OPTIONSIB_E2E_SEED ?? 20_151_224)
const kills = Number(process.env.OPTIONSIB_E2E_KILLS ?? 3)

const segment = (dataDir: string) =>
  join(dataDir, "runs/run-0001/journal/main/0000000000000000.segment")

const sizeOf = (file: string): number => {
  try {
    return statSync(file).size
  } catch {
    return 0
  }
}

/** Kills it once its journal has grown by so many bytes, or so long after its start: whichever comes first. */
const killAt = (desk: Desk, file: string, growth: number, afterMs: number) =>
  Effect.promise(async () => {
    const from = sizeOf(file)
    const until = performance.now() + afterMs
    while (desk.isRunning && sizeOf(file) < from + growth && performance.now() < until) {
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

describe("The real session, killed at random moments", () => {
  it.effect(`ends in the state of a run that was not, no order twice (seed ${seed})`, () =>
    Effect.gen(function* () {
      const again = `OPTIONSIB_E2E_SEED=${seed} OPTIONSIB_E2E_KILLS=${kills} vitest run test/e2e/crash.test.ts`
      const folder = yield* temporaryFolder
      const dirs = { whole: join(folder, "whole"), killed: join(folder, "killed") }
      const config = writeConfig(join(folder, "config.json"), {
        storage: { commitRecordsMax: 512, snapshotRecords: 20_000 }
      })
      const args = ["run", "--json", "--speed", "max", "--config", config, "--data-dir"]
      const whole = summaryOf(yield* inProcess(...args, dirs.whole))
      const bytes = sizeOf(segment(dirs.whole))
      const file = segment(dirs.killed)
      let died = 0
      for (let n = 0; n < kills; n++) {
        const ended = yield* Effect.scoped(
          Effect.gen(function* () {
            const desk = yield* start(...args, dirs.killed)
            const growth = 1 + 2 * uniformAt(seed, n, 0) * (bytes / kills)
            yield* killAt(desk, file, growth, 500 + 6_000 * uniformAt(seed, n, 1))
            return yield* desk.ended
          })
        )
        if (ended.signal === "SIGKILL") died++
        else assert.strictEqual(ended.code, 0, `${ended.err}\n${again}`)
      }
      assert.isAtLeast(died, 1, again)
      const ended = yield* optionsib(...args, dirs.killed)
      assert.strictEqual(ended.code, 0, `${ended.err}\n${again}`)
      const runs = yield* inProcess("runs", "ls", "--json", "--data-dir", dirs.killed)
      const [run] = JSON.parse(runs.out).runs
      assert.isTrue(run.finished, again)
      const replay = yield* inProcess(
        ...["replay", "--verify", "--json", "--run", "run-0001", "--data-dir", dirs.killed]
      )
      assert.strictEqual(replay.code, 0, `${replay.err}\n${again}`)
      assert.strictEqual(JSON.parse(replay.out).stateHash, whole.stateHash, again)
      assert.deepStrictEqual(ordersOf(dirs.killed), ordersOf(dirs.whole), again)
    })
  )
})
