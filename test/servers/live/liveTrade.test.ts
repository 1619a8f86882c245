/**
 * An order on the wall clock: a desk in mode paper against a TWS simulator that runs as a server of its own. The strategy
 * looks at each whole minute, so the test takes some three of them.
 *
 * The certificate is one of the test's own, sealed as `validate` seals: it says nothing of the strategy's worth.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { start } from "../../e2e/desk.ts"
import { makeHome } from "../../e2e/home.ts"
import { recordsOf, startSimulator, typed } from "../../e2e/liveDesk.ts"
import { buyStock, executionsSeen, openStranger } from "../../infra/broker/ib/stranger.ts"

/** Trades whatever volatility is dear or cheap by: at the far side's price, so that it fills. */
const eager = {
  ...{ impliedOverForecastMinToSell: 1, impliedOverForecastMaxToBuy: 0.99, tradingDaysMin: 5 },
  ...{ legSpreadOverMidMax: 5, edgeOverMaxLossMin: 0, firstConcession: 1, cooldownMs: 1_000 }
}
const easy = {
  ...{ modelIntervalMs: 60_000, stressedProbabilityMax: 1 },
  ...{ impliedOverForecastMinToSell: 1, impliedOverForecastMaxToBuy: 0.99 }
}

const dayMs = 86_400_000
const dateIn = (days: number): string =>
  new Date(Date.now() + days * dayMs).toISOString().slice(0, 10)

describe("A desk that trades on the wall clock", () => {
  it.live(
    "opens nothing beside a stranger's trade until that is resolved; an order survives a SIGKILL, once",
    () =>
      Effect.scoped(
        Effect.gen(function* () {
          const home = yield* makeHome
          const port = yield* startSimulator(home)
          const ib = { port, hours: "always", dividendYield: 0, reconcileMs: 1_000 }
          const config = home.certified(
            eager,
            { ai: easy, brokers: { ib } },
            { validFrom: dateIn(-2), expires: dateIn(2) }
          )
          const run = ["run", "--env", "paper", "--config", config] as const
          const killed = yield* start(...run)
          yield* killed.printed("market open")

          const stranger = yield* openStranger(port)
          yield* buyStock(stranger, { symbol: "SPY", limit: 900, state: "Filled" })
          yield* killed.printed(/the broker shows execution .* no new risk until it is resolved/)
          yield* killed.printed(/main-strategy-\d+: refused \(phase 1\): .*unexplained-difference/)
          const reconcile = (...args: ReadonlyArray<string>) =>
            Effect.gen(function* () {
              const all = ["reconcile", ...args, "--env", "paper", "--json"]
              const { code, out, err } = yield* home.commandWith(config, ...all)
              assert.strictEqual(code, 0, err)
              return JSON.parse(out)
            })
          const { differences } = yield* reconcile("show")
          assert.lengthOf(differences, 1)
          const [{ differenceId }] = differences
          const { entered } = yield* reconcile("resolve", differenceId, "--reason", "a colleague's")
          assert.isTrue(entered)

          yield* killed.printed(/main-strategy-\d+: order main-executor-0: /)
          killed.signal("SIGKILL")
          assert.strictEqual((yield* killed.ended).signal, "SIGKILL")
          const resumed = yield* start(...run)
          yield* resumed.printed("run-0001 goes on")
          yield* resumed.printed(/main-strategy-\d+: filled \d+ .* 0 left/)
          resumed.signal("SIGTERM")
          const { code, out, err } = yield* resumed.ended
          assert.strictEqual(code, 143, err)
          assert.match(out, /Interactive Brokers' greeks: \d+ compared with ours/)

          const verify = ["replay", "--verify", "--json", "--env", "paper"] as const
          const verified = yield* home.commandWith(config, ...verify)
          assert.strictEqual(verified.code, 0, verified.err)
          assert.isTrue(JSON.parse(verified.out).identical)

          const rows = yield* recordsOf(home, config)
          const seqOf = (type: string) => typed(rows, type)[0]!.seq
          const opened = typed(rows, "OrderIntent").filter(({ payload }) => payload.kind === "Open")
          assert.lengthOf(opened, 1)
          const [{ payload: intent }] = opened as [(typeof opened)[0]]
          assert.isAbove(opened[0]!.seq, seqOf("ResolveDifference"))
          assert.isBelow(seqOf("Unexplained"), seqOf("ResolveDifference"))
          const acknowledged = typed(rows, "ExecutionReport").filter(
            ({ payload }) => payload.clOrdID === intent.clOrdID && payload.execType === "New"
          )
          assert.lengthOf(acknowledged, 1)
          const ofTrade = (type: string) =>
            typed(rows, type).filter(({ payload }) => payload.tradeId === intent.tradeId)
          const filled = ofTrade("TradeFilled").reduce(
            (sum, { payload }) => sum + Number(payload.lastQty),
            0
          )
          assert.strictEqual(filled, intent.orderQty)
          assert.isAtLeast(ofTrade("Settled").length, 1)

          // The venue's own word: one order carries the reference, each leg as often as was asked for.
          const seen = (yield* executionsSeen(stranger)).filter(
            ({ orderRef }) => orderRef === intent.clOrdID
          )
          assert.strictEqual(new Set(seen.map(({ permId }) => permId)).size, 1)
          const legs = intent.legs as ReadonlyArray<{ readonly ratio: number }>
          const units = legs.reduce((sum, { ratio }) => sum + ratio, 0)
          const shares = seen.reduce((sum, each) => sum + (each.shares ?? 0), 0)
          assert.strictEqual(shares, units * Number(intent.orderQty))
        })
      ),
    { timeout: 420_000 }
  )
})
