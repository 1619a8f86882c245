/** The gateway dies after any of its log's words, while the venue goes on: what it tells in the end is the same. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import type { BrokerReport } from "../../../../src/actors/ports/Broker.ts"
import { listed } from "../../../../src/infra/broker/ib/ibContracts.ts"
import { type LogMedium, makeMemoryMedium } from "../../../../src/infra/log/medium.ts"
import { market, openMs, order } from "../world.ts"
import { deskOptions, linkOptions, openDesk } from "./ibDesk.ts"
import { type LoopbackTws, openLoopbackTws } from "./loopbackTws.ts"

const vertical = [
  { instrument: 1, side: "Buy", ratio: 1 },
  { instrument: 3, side: "Sell", ratio: 1 }
] as const

const process = (tws: LoopbackTws, medium: LogMedium) =>
  Effect.gen(function* () {
    const scope = yield* Scope.fork(yield* Effect.scope)
    const options = deskOptions(linkOptions(tws.port), {
      list: listed(market.instruments),
      medium,
      nowMs: () => tws.engine.nowMs
    })
    const desk = yield* Effect.provideService(openDesk(options), Scope.Scope, scope)
    const kill = Effect.andThen(Scope.close(scope, Exit.void), tws.deserted)
    return { desk, kill }
  })

const orders = [
  order({ limit: 4, orderQty: 60 }),
  order({ legs: vertical, limit: 2.7, orderQty: 3 }),
  order({ limit: 3.5 })
]

/** What counts of the reports: of each order what filled at which prices, its end, and what was not explained. */
const meaning = (reports: ReadonlyArray<BrokerReport>) => {
  const filled = new Map<string, number>()
  const rest: Array<string> = []
  const execIDs = new Set<string>()
  for (const { type, payload } of reports) {
    if (type !== "ExecutionReport") {
      rest.push(type)
      continue
    }
    const { clOrdID, execType, legs, commissionMicros } = payload
    if (execType !== "Trade") {
      rest.push(`${clOrdID} ${execType}`)
      continue
    }
    assert.isFalse(execIDs.has(payload.execID), `${payload.execID} is told twice`)
    execIDs.add(payload.execID)
    for (const { instrument, side, lastQty, lastPxMicros } of legs) {
      const key = `${clOrdID} ${side} ${instrument} at ${lastPxMicros}`
      filled.set(key, (filled.get(key) ?? 0) + lastQty)
    }
    const key = `${clOrdID} commission`
    filled.set(key, (filled.get(key) ?? 0) + Number(commissionMicros))
  }
  return { filled: [...filled].toSorted(), rest: rest.toSorted() }
}

const allReports = ({ desk }: Effect.Success<ReturnType<typeof process>>) => {
  const { speaker } = desk.port
  speaker.resumeAfter(0)
  const reports: Array<BrokerReport> = []
  while (speaker.nextDueMs() < Number.POSITIVE_INFINITY) reports.push(speaker.next())
  assert.deepStrictEqual(
    reports.map(({ sourceSeq }) => sourceSeq),
    reports.map((_, at) => at + 1)
  )
  return reports
}

describe("IB gateway, killed anywhere", () => {
  it.effect("tells each fill once and each end once, with dense numbers", () =>
    Effect.gen(function* () {
      const tws = yield* openLoopbackTws
      const medium = makeMemoryMedium()
      const first = yield* process(tws, medium)
      tws.quote({ instrument: 0, bid: 748, ask: 748.2, bidSize: 400, askSize: 400 })
      tws.quote({ instrument: 1, bid: 3.9, ask: 4.1 })
      tws.quote({ instrument: 3, bid: 1.2, ask: 1.4 })
      tws.engine.advanceTo(openMs + 90_000)
      for (const each of orders) yield* first.desk.port.submit(each, 0)
      const sentBytes = medium.read().length
      // Fills in parts, a combination, a cancel.
      tws.quote({ instrument: 1, bid: 3.8, ask: 4, timeMs: openMs + 120_000 })
      tws.quote({ instrument: 1, bid: 3.8, ask: 3.9, timeMs: openMs + 180_000 })
      tws.quote({ instrument: 3, bid: 1.3, ask: 1.4, timeMs: openMs + 240_000 })
      tws.quote({ instrument: 1, bid: 3.7, ask: 3.9, timeMs: openMs + 300_000 })
      yield* first.desk.quiet
      yield* first.desk.port.cancel(orders[2]!.clOrdID, 0)
      const expected = meaning(allReports(first))
      assert.isAbove(expected.filled.length, 4)
      yield* first.kill
      const bytes = medium.read()
      const ends = [...bytes.keys()].filter((at) => bytes[at] === 10 && at + 1 >= sentBytes)
      assert.isAbove(ends.length, 6)
      for (const end of ends) {
        const cut = makeMemoryMedium()
        cut.append(bytes.slice(0, end + 1))
        const next = yield* process(tws, cut)
        yield* next.desk.quiet
        const again = meaning(allReports(next))
        assert.deepStrictEqual(again, expected, `the log cut at byte ${end + 1}`)
        yield* next.kill
      }
    })
  )
})
