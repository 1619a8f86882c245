import { existsSync, mkdirSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { summaryOf } from "./desk.ts"
import { type Home, makeHome } from "./home.ts"

const money = /^-?\d+\.\d{2,6}$/
const hash = /^[0-9a-f]{64}$/

const json = (home: Home, ...args: ReadonlyArray<string>) =>
  Effect.map(home.command("run", "--json", ...args), summaryOf)

describe("run", () => {
  it.effect("prints its banner, the trade, the chain's head and the commands to look further", () =>
    Effect.gen(function* () {
      const home = yield* makeHome
      const { code, out, err } = yield* home.run("--speed", "max")
      assert.strictEqual(err, "")
      assert.strictEqual(code, 0)
      assert.match(out, /^SIMULATED {2}/)
      const tradeId = /^ {2}(main-strategy-\d+) .*Completed/m.exec(out)?.[1]
      assert.isDefined(tradeId)
      assert.match(out, /^Chain head {3}[0-9a-f]{64}$/m)
      assert.include(out, `audit trade ${tradeId} --data-dir ${home.dataDir}`)
      assert.include(out, `replay --verify --data-dir ${home.dataDir}`)

      const trade = yield* home.command("audit", "trade", tradeId!)
      assert.strictEqual(trade.code, 0, trade.err)
      for (const step of ["proposed", "reserve", "filled"]) assert.include(trade.out, step)
      const list = yield* home.command("audit", "list")
      assert.include(list.out, tradeId!)
      const none = yield* home.command("audit", "trade", "main-strategy-9999")
      assert.strictEqual(none.code, 1)
      assert.include(none.err, "main-strategy-9999")
    })
  )

  it.effect(
    "prints one object as JSON, the same for a seed on both hosts, beside the run before",
    () =>
      Effect.gen(function* () {
        const home = yield* makeHome
        const first = yield* Effect.map(home.run("run", "--json", "--speed", "max"), summaryOf)
        assert.strictEqual(first.runId, "run-0001")
        for (const text of [first.realizedPnl, first.fees, ...Object.values(first.vault)]) {
          assert.match(text, money)
        }
        assert.hasAllKeys(first.vault, ["free", "reserved", "settling"])
        for (const text of [first.headHash, first.stateHash]) assert.match(text, hash)
        assert.isAtLeast(first.records, 20_000)
        assert.isAtLeast(first.orders, 1)
        assert.isAtLeast(first.fills, 1)
        assert.strictEqual(first.restarts, 0)
        const cents = (text: string) => Math.round(Number(text) * 100)
        assert.strictEqual(
          cents(first.vault.free) + cents(first.vault.reserved) + cents(first.vault.settling),
          25_000_000 + cents(first.realizedPnl)
        )

        const second = yield* json(home, "--speed", "max")
        assert.strictEqual(second.runId, "run-0002")
        assert.deepStrictEqual({ ...second, runId: "run-0001" }, first)
        const live = yield* json(home, "--speed", "100000", "--journal", "memory")
        assert.deepStrictEqual({ ...live, runId: "run-0001" }, first)
        const other = yield* json(home, "--speed", "max", "--seed", "2", "--journal", "memory")
        assert.notStrictEqual(other.headHash, first.headHash)

        const memory = yield* home.command("replay", "--verify")
        assert.strictEqual(memory.code, 1)
        assert.include(memory.err, "run-0004 kept its journal in memory")
        const removed = yield* home.command("runs", "rm", "run-0002")
        assert.strictEqual(removed.code, 0, removed.err)
        const { out } = yield* home.command("runs", "ls")
        assert.match(out, /^run-0001 {2}finished/)
        assert.notInclude(out, "run-0002")
        assert.isFalse(existsSync(home.path("runs", "run-0002")))
        const kept = yield* home.command("replay", "--verify", "--run", "run-0001", "--json")
        assert.strictEqual(kept.code, 0, kept.err)
        assert.strictEqual(JSON.parse(kept.out).headHash, first.headHash)
      })
  )

  it.effect("restarts an actor that chaos crashed, and replays the crash", () =>
    Effect.gen(function* () {
      const home = yield* makeHome
      const crash = ["--chaos", "crash:executor@11:31:01"]
      const summary = yield* json(home, "--speed", "max", ...crash)
      assert.isAtLeast(summary.restarts, 1)
      const replay = yield* home.command("replay", "--verify")
      assert.strictEqual(replay.code, 0, replay.err)
      const report = yield* home.command("audit", "report", "--json")
      assert.strictEqual(report.code, 0, report.err)
      assert.strictEqual(JSON.parse(report.out).summary.stateHash, summary.stateHash)
    })
  )

  it.effect("refuses every trade without a certificate, and counts why", () =>
    Effect.gen(function* () {
      const home = yield* makeHome
      const certificates = join(home.folder, "none")
      mkdirSync(certificates)
      const without = home.config({ folders: { certificates } })
      const changed = home.config({ strategies: { volatility: { innerDelta: 0.21 } } })
      for (const config of [without, changed]) {
        const { orders, refusals, trades } = yield* Effect.map(
          home.commandWith(config, "run", "--json", "--speed", "max", "--journal", "memory"),
          summaryOf
        )
        assert.strictEqual(orders, 0)
        assert.deepStrictEqual(trades, [])
        assert.isAtLeast(
          Object.keys(refusals.certificate ?? {}).length,
          1,
          JSON.stringify(refusals)
        )
      }
      assert.deepStrictEqual(readdirSync(certificates), [])
    })
  )
})
