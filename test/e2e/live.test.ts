/** The wall clock: a desk in mode paper against a TWS simulator that runs as a server of its own. */
import { existsSync, readdirSync } from "node:fs"
import { createServer } from "node:net"
import { setTimeout as wait } from "node:timers/promises"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { start } from "./desk.ts"
import { type Home, makeHome } from "./home.ts"
import { type Row, recordsOf, serveSimulator, startSimulator, typed } from "./liveDesk.ts"

const configFor = (home: Home, port: number, ib: object = {}, others: object = {}) =>
  home.config({ brokers: { ib: { port, hours: "always", ...ib } }, ...others })

/** Runs until `text` came and `forMs` more, then sends `signal`. */
const live = (config: string, text: RegExp, forMs: number, signal: NodeJS.Signals) =>
  Effect.scoped(
    Effect.gen(function* () {
      const desk = yield* start("run", "--env", "paper", "--config", config)
      yield* desk.printed(text)
      yield* Effect.promise(() => wait(forMs))
      desk.signal(signal)
      return yield* desk.ended
    })
  )

const runsOf = (home: Home): ReadonlyArray<string> => {
  const runs = home.path("runs")
  const left = existsSync(runs) ? readdirSync(runs) : []
  return left.filter((name) => name.startsWith("run-"))
}

/** A port on which nothing listens. */
const freePort = Effect.promise(
  () =>
    new Promise<number>((resolve) => {
      const server = createServer().listen(0, "127.0.0.1", () => {
        const address = server.address()
        server.close(() => resolve(typeof address === "object" ? address!.port : 0))
      })
    })
)

/** The simulator's model greeks are the pricing core's, at the market's own volatility. */
const greeksLine =
  /Interactive Brokers' greeks: \d+ compared with ours.*; delta apart by .* at most .*implied vol/

describe("A desk on the wall clock", () => {
  it.live("records today's market, goes on after a SIGKILL, stops in order, and replays", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const home = yield* makeHome
        const startedMs = Date.now()
        const config = configFor(home, yield* startSimulator(home))
        const killed = yield* live(config, /market open/, 1_500, "SIGKILL")
        assert.match(killed.out, /account DU1000001 \(paper\), client id 7, \d+ instruments listed/)
        assert.include(killed.out, "no certificate of volatility is in force")
        const stopped = yield* live(config, /run-0001 goes on/, 1_500, "SIGTERM")
        assert.strictEqual(stopped.code, 143, stopped.err)
        assert.include(stopped.out, "stopped in order on SIGTERM")
        assert.match(stopped.out, greeksLine)

        const replay = ["replay", "--verify", "--json", "--env", "paper"] as const
        const verified = yield* home.commandWith(config, ...replay)
        assert.strictEqual(verified.code, 0, verified.err)
        assert.isTrue(JSON.parse(verified.out).identical)

        const rows = yield* recordsOf(home, config)
        const market = rows.filter(({ actor }) => actor === "market")
        for (const [at, row] of market.entries()) {
          if (at > 0) assert.strictEqual(row.sourceSeq, market[at - 1]!.sourceSeq + 1)
        }
        assert.lengthOf(typed(rows, "InstrumentsListed"), 1)
        assert.lengthOf(typed(rows, "TradingSessionStatus"), 1)
        const [history] = typed(rows, "DailyHistoryLoaded")
        const bars = history!.payload.bars as ReadonlyArray<{ readonly date: string }>
        assert.isAbove(bars.length, 200)
        const [{ payload: today }] = typed(rows, "TradingSessionStatus") as [Row]
        assert.isBelow(Date.parse(bars.at(-1)!.date), Date.parse(String(today.date)))
        const venue = typed(rows, "VenueStatus")
        assert.deepStrictEqual(
          venue.map(({ epoch, payload }) => [epoch, payload.connection, payload.marketData]),
          [1, 2].map((epoch) => [epoch, "Up", "Alive"])
        )
        const quotes = typed(rows, "Quote")
        for (const epoch of [1, 2]) {
          assert.isAbove(quotes.filter((row) => row.epoch === epoch).length, 100)
        }
        for (const { logicalTimeMs } of rows) {
          assert.isAtLeast(logicalTimeMs, startedMs)
          assert.isAtMost(logicalTimeMs, Date.now())
        }
      })
    )
  )

  it.live("refuses to start in one sentence, and begins no run then", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const home = yield* makeHome
        const port = yield* startSimulator(home)
        const refused = (config: string, env: string, why: RegExp) =>
          Effect.gen(function* () {
            const args = ["run", "--broker", "ib", "--env", env, "--json"] as const
            const { code, err, out } = yield* home.commandWith(config, ...args)
            assert.strictEqual(code, 1, err)
            assert.match(err, why)
            assert.lengthOf(err.trimEnd().split("\n"), 1)
            assert.strictEqual(out, "")
            assert.isEmpty(runsOf(home))
          })
        const nobody = configFor(home, yield* freePort, { connectMsMax: 1_000 })
        yield* refused(nobody, "paper", /TWS or IB Gateway at 127\.0\.0\.1:\d+ cannot be reached/)
        const real = configFor(home, port, { live: true })
        yield* refused(real, "prod", /live trading is switched on and account DU1000001 .* paper/)
        yield* refused(configFor(home, port), "prod", /mode live needs a broker/)
        const other = configFor(home, port, { account: "DU2" })
        yield* refused(other, "paper", /brokers\.ib\.account is DU2; .* manages DU1000001/)
        const untaught = configFor(home, port, { model: "" })
        yield* refused(untaught, "paper", /brokers\.ib\.model names no model for SPY/)
      })
    )
  )

  it.live("tells of a broker that went away beyond its bound, and of its return", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const home = yield* makeHome
        const { simulator, port } = yield* serveSimulator(home, 0)
        const config = configFor(home, port, { outageMsMax: 1_000, retryMaxMs: 500 })
        const desk = yield* start("run", "--env", "paper", "--config", config)
        yield* desk.printed("market open")
        simulator.signal("SIGKILL")
        yield* desk.printed(/ALERT: the broker cannot be reached: no connection for 1000 ms: .*/)
        yield* serveSimulator(home, port)
        yield* desk.printed("the broker is there: connected, with market data")
        desk.signal("SIGTERM")
        assert.strictEqual((yield* desk.ended).code, 143)
        const replay = ["replay", "--verify", "--json", "--env", "paper"] as const
        assert.isTrue(JSON.parse((yield* home.commandWith(config, ...replay)).out).identical)
        const rows = yield* recordsOf(home, config)
        const venue = typed(rows, "VenueStatus").map(({ payload }) => payload.connection)
        assert.deepStrictEqual(venue, ["Up", "Lost", "Up"])
      })
    )
  )

  it.live("waits while its client id is in use, says so, and goes on when it is free", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const home = yield* makeHome
        const port = yield* startSimulator(home)
        const holder = yield* start("run", "--env", "paper", "--config", configFor(home, port))
        yield* holder.printed("market open")
        const other = yield* makeHome
        const bounds = { connectMsMax: 1_000, takeoverWaitMsMax: 1_500, retryMaxMs: 500 }
        const config = configFor(other, port, bounds)
        const second = yield* start("run", "--env", "paper", "--config", config)
        const alert = /ALERT: client id 7 at .* in use by another connection after 1500 ms/
        yield* second.printed(alert, "err")
        assert.notInclude(second.out, "market open")
        // One that is asked to stop meanwhile stops, and begins no run.
        const third = yield* makeHome
        const impatient = configFor(third, port, { ...bounds, takeoverWaitMsMax: 100 })
        const stopped = yield* start("run", "--env", "paper", "--config", impatient)
        yield* stopped.printed("ALERT", "err")
        stopped.signal("SIGINT")
        assert.strictEqual((yield* stopped.ended).code, 130)
        assert.isEmpty(runsOf(third))
        holder.signal("SIGTERM")
        assert.strictEqual((yield* holder.ended).code, 143)
        yield* second.printed("market open")
      })
    )
  )
})
