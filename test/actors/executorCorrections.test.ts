/** Corrections at the executor, whatever order their reports come in: each revision counts once, the last one stays. */
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { makeExecutor } from "../../src/actors/executor.ts"
import {
  ExecutionReport,
  OrderIntent,
  TradeCorrected,
  TradeFilled
} from "../../src/actors/ports/records/broker.ts"
import { InstrumentsListed } from "../../src/actors/ports/records/market.ts"
import { uniformAt } from "../../src/domain/chance.ts"
import { makeRecordCodec } from "../../src/domain/journal/codec.ts"
import type { EventDraft, PayloadOf } from "../../src/domain/journal/record.ts"
import { noWalk } from "../../src/domain/trading/limitWalk.ts"
import { centTicks } from "../../src/domain/trading/tick.ts"
import { ActorDriver } from "./actorDriver.ts"
import { converged, propose } from "./capitalDesk.ts"

const listed = InstrumentsListed.make({
  session: "test",
  underlying: "GOOG",
  contentHash: "",
  rows: 0,
  badRows: 0,
  notTradableRows: 0,
  instruments: Array.from({ length: 10 }, (_, instrument) => ({
    instrument,
    kind: "Option" as const,
    symbol: `option ${instrument}`,
    expiration: "2015-12-24",
    strikeMicros: 745_000_000,
    optionType: "Call" as const,
    exerciseStyle: "American" as const,
    multiplier: 100
  }))
})

const desk = () => {
  const driver = new ActorDriver(
    makeExecutor({
      workMsMax: 60_000,
      sendMsMax: 5_000,
      timeInForce: { Open: "Day", Close: "Day", Hedge: "ImmediateOrCancel" },
      walk: noWalk,
      optionTicks: centTicks
    })
  )
  driver.tell(listed)
  driver.tell(propose("A", { quantity: 9 }))
  const intent = driver.tell(converged("A", 2)).find(({ type }) => type === OrderIntent.type)!
  return { driver, clOrdID: (intent.payload as PayloadOf<typeof OrderIntent>).clOrdID }
}

type Report = PayloadOf<typeof ExecutionReport>

const legsOf = (lastQty: number, priceMicros: number): Report["legs"] =>
  lastQty === 0
    ? []
    : [
        { instrument: 7, side: "Buy", lastQty, lastPxMicros: priceMicros },
        { instrument: 9, side: "Sell", lastQty, lastPxMicros: 1_000_000 }
      ]

interface Revision {
  readonly lastQty: number
  readonly priceMicros: number
  readonly commissionMicros: bigint
}

/** The Trade, or its correction where `revision` is above 1. */
const report = (clOrdID: string, id: string, revision: number, all: ReadonlyArray<Revision>) => {
  const { lastQty, priceMicros, commissionMicros } = all[revision - 1]!
  const first = all[0]!
  return ExecutionReport.make({
    ...{
      clOrdID,
      orderID: "v",
      ordStatus: "PartiallyFilled",
      orderQty: 9,
      cumQty: 0,
      leavesQty: 0
    },
    ...{ execID: revision === 1 ? id : `${id}/${revision}`, text: "", transactTimeMs: 1 },
    execType: revision === 1 ? "Trade" : lastQty === 0 ? "TradeCancel" : "TradeCorrect",
    ...{ lastQty, lastNetMicros: priceMicros - 1_000_000, legs: legsOf(lastQty, priceMicros) },
    commissionMicros,
    ...(revision > 1 && {
      correction: {
        ...{ execRefID: id, revision, lastQty: first.lastQty },
        ...{ legs: legsOf(first.lastQty, first.priceMicros) },
        commissionMicros: first.commissionMicros
      }
    })
  })
}

const sum = (events: ReadonlyArray<EventDraft>) =>
  events
    .filter(({ type }) => type === TradeFilled.type || type === TradeCorrected.type)
    .reduce<readonly [bigint, bigint]>(
      ([cash, fees], { payload }) => {
        const { cashMicros, commissionMicros } = payload as PayloadOf<typeof TradeFilled>
        return [cash + cashMicros, fees + commissionMicros] as const
      },
      [0n, 0n]
    )

const Seed = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 }))

describe("Corrections at the executor", () => {
  it.prop(
    "end with the last revision of each, in any order and however often",
    { seed: Seed },
    ({ seed }) => {
      const { driver, clOrdID } = desk()
      let draws = 0
      const upTo = (most: number) => Math.floor(uniformAt(seed, draws++) * (most + 1))
      const executions = ["x", "y", "z"].map((id) => ({
        id,
        revisions: Array.from({ length: 1 + upTo(3) }, (_, at) => ({
          lastQty: at > 0 && upTo(7) === 0 ? 0 : 1 + upTo(2),
          priceMicros: 2_000_000 + upTo(9) * 50_000,
          commissionMicros: BigInt(upTo(900_000))
        }))
      }))
      const reports = executions
        .flatMap(({ id, revisions }) =>
          revisions.map((_, at) => report(clOrdID, id, at + 1, revisions))
        )
        .flatMap((each) => (upTo(3) === 0 ? [each, each] : [each]))
        .map((each) => [uniformAt(seed, 99, draws++), each] as const)
        .toSorted(([a], [b]) => a - b)
        .map(([, each]) => each)
      for (const each of reports) driver.tell(each)
      const told = driver.emitted.filter(({ type }) => type.startsWith("Trade"))
      assert.deepStrictEqual(
        told.map(({ payload }) => (payload as { n: number }).n),
        told.map((_, at) => at + 1)
      )
      const ids = told.map(({ payload }) => (payload as { execID: string }).execID)
      assert.strictEqual(new Set(ids).size, ids.length)
      // A position that was taken back whole is closed: what would open it again is for an operator.
      if (driver.emitted.some(({ type }) => type === "Unexplained")) {
        assert.isAbove(driver.state.blocked.size, 0)
        return
      }
      const last = executions.map(({ revisions }) => revisions.at(-1)!)
      const units = last.reduce((all, { lastQty }) => all + lastQty, 0)
      assert.strictEqual(driver.state.orders.get(clOrdID).order.cumQty, units)
      assert.strictEqual(driver.state.trades.get("A")?.holdings.get(7) ?? 0, units)
      assert.deepStrictEqual(sum(driver.emitted), [
        last.reduce(
          (all, each) => all - BigInt(each.lastQty * 100 * (each.priceMicros - 1_000_000)),
          0n
        ),
        last.reduce((all, { commissionMicros }) => all + commissionMicros, 0n)
      ])
    }
  )

  it("brings the fill along that a correction overtook, and takes it for a repeat then", () => {
    const { driver, clOrdID } = desk()
    const revisions = [
      { lastQty: 2, priceMicros: 2_000_000, commissionMicros: 5n },
      { lastQty: 2, priceMicros: 2_100_000, commissionMicros: 7n }
    ]
    const events = driver.tell(report(clOrdID, "x", 2, revisions))
    assert.deepStrictEqual(
      events.map(({ type }) => type),
      ["TradeFilled", "TradeCorrected"]
    )
    assert.deepInclude(events[0]!.payload, { execID: "x", n: 1, cashMicros: -200_000_000n })
    assert.deepInclude(events[1]!.payload, { n: 2, cashMicros: -20_000_000n, commissionMicros: 2n })
    assert.deepStrictEqual(driver.tell(report(clOrdID, "x", 1, revisions)), [])
    assert.deepStrictEqual(driver.tell(report(clOrdID, "x", 2, revisions)), [])
  })

  it("keeps a full order closed when a correction takes part of it back", () => {
    const { driver, clOrdID } = desk()
    const revisions = [
      { lastQty: 9, priceMicros: 2_000_000, commissionMicros: 0n },
      { lastQty: 8, priceMicros: 2_000_000, commissionMicros: 0n }
    ]
    driver.tell(report(clOrdID, "x", 1, revisions))
    driver.tell(report(clOrdID, "x", 2, revisions))
    assert.deepInclude(driver.state.orders.get(clOrdID).order, {
      ...{ cumQty: 8, leavesQty: 0, ordStatus: "Canceled" }
    })
  })

  it("leaves a correction of an order that it does not know unexplained", () => {
    const { driver } = desk()
    const revisions = [
      { lastQty: 1, priceMicros: 2_000_000, commissionMicros: 0n },
      { lastQty: 1, priceMicros: 2_100_000, commissionMicros: 0n }
    ]
    const [event] = driver.tell(report("yesterday", "x", 2, revisions))
    assert.deepInclude(event?.payload, {
      differenceId: "correction x/2",
      what: "execution x of order yesterday",
      instruments: [7, 9]
    })
    assert.deepStrictEqual([...driver.state.blocked.keys()], [7, 9])
  })

  it("is a record that comes back from its bytes as it was", () => {
    const codec = makeRecordCodec([ExecutionReport])
    const revisions = [
      { lastQty: 2, priceMicros: 2_000_000, commissionMicros: 5n },
      { lastQty: 1, priceMicros: 2_100_000, commissionMicros: 7n }
    ]
    const record = {
      ...report("o", "x", 2, revisions),
      ...{
        seq: 3,
        epoch: 1,
        actor: "broker",
        version: 1,
        cause: -1,
        logicalTimeMs: 1,
        sourceSeq: 2
      }
    }
    const bytes = codec.encode(record)
    assert.deepStrictEqual(Result.getOrThrow(codec.decode(bytes)), record)
  })
})
