/** The session over Interactive Brokers' wire: the gateway, loopback TCP and the TWS simulator in one process. */
import { readFileSync } from "node:fs"
import { setTimeout as wait } from "node:timers/promises"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { uniformAt } from "../../src/domain/chance.ts"
import { summaryOf } from "./desk.ts"
import { makeHome } from "./home.ts"

const overWire = ["run", "--broker", "ib", "--json"] as const
const seed = Number(process.env.OPTIONSIB_E2E_SEED ?? 20_151_224)

/** The order identities in the exchange's own log, in the order in which they came. */
const ordersOf = (log: string): ReadonlyArray<string> =>
  readFileSync(log, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line.slice(9)).order?.clOrdID)
    .filter((id) => id !== undefined)

describe("A session over the wire", () => {
  it.live("gives one chain for one seed, on both hosts and at any speed", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const home = yield* makeHome
        const run = (speed: string, folder: string) =>
          Effect.map(
            home.command(...overWire, "--speed", speed, "--data-dir", home.path(folder)),
            summaryOf
          )
        const straight = yield* run("max", "straight")
        const fibers = yield* run("1000000", "fibers")
        assert.isAbove(straight.fills, 0, "the slice must trade")
        assert.strictEqual(fibers.headHash, straight.headHash)
        assert.strictEqual(fibers.stateHash, straight.stateHash)
      })
    )
  )

  it.live(`resumes exactly where it was killed, no order twice (seed ${seed})`, () =>
    Effect.scoped(
      Effect.gen(function* () {
        const home = yield* makeHome
        const whole = summaryOf(
          yield* home.command(...overWire, "--speed", "max", "--data-dir", home.path("whole"))
        )
        const dir = home.path("killed")
        for (let life = 0; life < 2; life++) {
          const desk = yield* home.start(...overWire, "--speed", "5000", "--data-dir", dir)
          yield* Effect.promise(() => wait(2_000 + 4_000 * uniformAt(seed, life)))
          desk.signal("SIGKILL")
          yield* desk.ended
        }
        const ended = summaryOf(
          yield* home.command(...overWire, "--speed", "max", "--data-dir", dir)
        )
        assert.strictEqual(ended.stateHash, whole.stateHash)
        const orders = ordersOf(`${dir}/runs/run-0001/exchange.log`)
        assert.strictEqual(new Set(orders).size, orders.length)
        const verified = yield* home.command("replay", "--verify", "--data-dir", dir)
        assert.strictEqual(verified.code, 0, verified.err)
      })
    )
  )
})
