/** One record per kind, whose canonical bytes are kept in `golden/` for as long as the format is. */
import { Schema } from "effect"
import * as Broker from "../../../src/actors/ports/records/broker.ts"
import * as Kernel from "../../../src/actors/ports/records/kernel.ts"
import * as Market from "../../../src/actors/ports/records/market.ts"
import * as Trade from "../../../src/actors/ports/records/trade.ts"
import { makeRecordCodec } from "../../../src/domain/journal/codec.ts"
import {
  type EventDraft,
  type JournalRecord,
  noCause,
  type RecordType,
  recordType
} from "../../../src/domain/journal/record.ts"

/** Every shape a payload may have, and two older versions: 1 was JSON with `cents`, 2 a layout of micros. */
export const Everything = recordType(
  "Everything",
  Schema.Struct({
    zulu: Schema.Int,
    alpha: Schema.String,
    micros: Schema.BigInt,
    sign: Schema.Finite,
    open: Schema.Record(Schema.String, Schema.Finite),
    choice: Schema.Union([
      Schema.TaggedStruct("Some", { value: Schema.Boolean }),
      Schema.TaggedStruct("None", {})
    ]),
    pairs: Schema.Array(Schema.Tuple([Schema.Int, Schema.String])),
    maybe: Schema.NullOr(Schema.Int)
  }),
  {
    version: 3,
    olderLayouts: {
      2: {
        byteLength: 8,
        write: (view, offset, micros) => view.setFloat64(offset, micros as number, true),
        read: (view, offset) => view.getFloat64(offset, true)
      }
    },
    upcasters: {
      1: (older) => (older as { readonly cents: number }).cents * 10_000,
      2: (micros) => ({ ...emptyEverything, micros: String(micros) })
    }
  }
)

const emptyEverything = {
  zulu: 0,
  alpha: "",
  sign: 0,
  open: {},
  choice: { _tag: "None" },
  pairs: [],
  maybe: null
}

export const goldenTypes: ReadonlyArray<RecordType> = [
  ...Kernel.kernelTypes,
  ...Market.marketTypes,
  Everything,
  Trade.TradeProposed,
  Broker.ExecutionReport,
  Broker.TradeCorrected,
  Broker.ReplaceIntent,
  Broker.ReplaceResolved,
  Broker.OrderCancelReject
]

export const codec = makeRecordCodec(goldenTypes)

const drafts: ReadonlyArray<EventDraft> = [
  Kernel.EpochOpened.make({
    book: "alpha",
    build: "0.1.0",
    configHash: "c0ffee",
    seed: 7,
    node: "26.10.0",
    v8: "14.3.127.12"
  }),
  Kernel.ActorRestarted.make({
    failed: "hedger",
    at: 41,
    group: ["hedger", "risk-gate"],
    reason: 'delta was "NaN"'
  }),
  Kernel.ActorDown.make({
    failures: [
      {
        failed: "executor",
        at: 41,
        group: [{ actor: "executor", cursor: 40 }],
        upDueMs: -1,
        reason: "intensity exhausted"
      }
    ]
  }),
  Kernel.ActorUp.make({ group: ["executor", "hedger"] }),
  Kernel.MessageQuarantined.make({ actor: "features", seq: 41, reason: "crashed it 3 times" }),
  Kernel.TimerSet.make(
    { owner: "executor", timer: "expire A-1", dueMs: 1_450_967_460_000 },
    "T-2015-12-24-1"
  ),
  Kernel.TimerCanceled.make({ owner: "executor", timer: "expire A-1" }, "Trade Ü"),
  Kernel.TimerFired.make({ owner: "executor", timer: "expire A-1", dueMs: 1_450_967_460_000 }),
  Market.InstrumentsListed.make({
    session: "goog-2015-12-24",
    underlying: "GOOG",
    contentHash: "ab12",
    rows: 2,
    badRows: 0,
    notTradableRows: 1,
    instruments: [
      {
        instrument: 1,
        kind: "Option",
        symbol: "GOOG  151224C00740000",
        expiration: "2015-12-24",
        strikeMicros: 740_000_000,
        optionType: "Call",
        exerciseStyle: "American",
        multiplier: 100
      }
    ]
  }),
  Market.DailyHistoryLoaded.make({
    symbol: "GOOG",
    source: "daily",
    bars: [
      { date: "2015-12-23", open: 753.47, high: 754.21, low: 744, close: 750.31, volume: 1566726 }
    ]
  }),
  Market.TradingSessionStatus.make({
    date: "2015-12-24",
    status: "Open",
    openMs: 1_450_967_400_000,
    closeMs: 1_450_980_000_000,
    riskFreeRate: 0.0049,
    dividendYield: 0,
    last: false
  }),
  Market.Quote.make({
    instrument: 1,
    bidMicros: 8_300_000,
    askMicros: 9_100_000,
    bidSize: 11,
    askSize: 0,
    timeMs: 1_450_967_460_000,
    replaced: 3
  }),
  Market.IntervalElapsed.make({
    date: "2015-12-24",
    minute: 1,
    minutesToClose: 209,
    timeMs: 1_450_967_460_000
  }),
  Everything.make({
    zulu: -3,
    alpha: 'line\n"quoted" Ünï € 🙂 \u2028 \u0000',
    micros: -123_456_789_012_345_678_901n,
    sign: -0,
    open: { zebra: 1e21, "10": 0.1, "9": -2.5e-7, apple: 5e-324 },
    choice: { _tag: "Some", value: true },
    pairs: [
      [1, "one"],
      [2, ""]
    ],
    maybe: null
  }),
  Trade.TradeProposed.make(
    {
      tradeId: "alpha-strategy-0",
      kind: "Open",
      closes: "",
      strategyId: "volatility",
      legs: [
        { instrument: 7, side: "Sell", ratio: 1 },
        { instrument: 9, side: "Buy", ratio: 1 }
      ],
      quantity: 2,
      limitNetMicros: -1_250_000,
      collateralMicros: 752_600_000n,
      rationale: { volatilityView: -1, impliedVolatility: 0.2431 },
      basis: [2 ** 40 - 5, 2 ** 40 - 1]
    },
    "alpha-strategy-0"
  ),
  Kernel.JournalRestored.make({ outageMs: 7_032, tries: 11 }),
  Market.VenueStatus.make({
    connection: "Lost",
    marketData: "Alive",
    reason: "no connection for 60000 ms: it lost Interactive Brokers' servers (1100)"
  }),
  // As it was before corrections: without their key the bytes are the same.
  Broker.ExecutionReport.make(
    {
      clOrdID: "alpha-executor-3",
      orderID: "900",
      execID: "0000e0d5.65.01",
      execType: "Trade",
      ordStatus: "Filled",
      orderQty: 2,
      cumQty: 2,
      leavesQty: 0,
      lastQty: 2,
      lastNetMicros: 4_100_000,
      legs: [{ instrument: 1, side: "Buy", lastQty: 2, lastPxMicros: 4_100_000 }],
      commissionMicros: 1_047_800n,
      transactTimeMs: 1_450_967_460_000,
      text: ""
    },
    "alpha-strategy-0"
  ),
  Broker.TradeCorrected.make(
    {
      tradeId: "alpha-strategy-0",
      kind: "Open",
      closes: "",
      strategyId: "volatility",
      clOrdID: "alpha-executor-3",
      execID: "0000e0d5.65.01/2",
      execRefID: "0000e0d5.65.01",
      revision: 2,
      n: 2,
      lastQty: 2,
      cumQty: 2,
      leavesQty: 0,
      lastNetMicros: 4_050_000,
      legs: [{ instrument: 1, side: "Buy", lastQty: 2, lastPxMicros: 4_050_000 }],
      replaced: {
        lastQty: 2,
        legs: [{ instrument: 1, side: "Buy", lastQty: 2, lastPxMicros: 4_100_000 }],
        commissionMicros: 1_047_800n
      },
      cashMicros: 10_000_000n,
      commissionMicros: -1n
    },
    "alpha-strategy-0"
  ),
  Broker.ReplaceIntent.make(
    {
      clOrdID: "alpha-executor-3",
      requestId: "alpha-executor-5",
      orderQty: 2,
      limitNetMicros: -2_350_000,
      tradeId: "alpha-strategy-0",
      reason: "walk: limit 2 of 4",
      sendBeforeMs: 1_450_967_405_000
    },
    "alpha-strategy-0"
  ),
  Broker.ReplaceResolved.make(
    { clOrdID: "alpha-executor-3", requestId: "alpha-executor-5", outcome: "Absent" },
    "alpha-strategy-0"
  ),
  Broker.OrderCancelReject.make(
    {
      clOrdID: "alpha-executor-3",
      reason: "too late to change: Filled",
      transactTimeMs: 1_450_967_401_000,
      responseTo: "Replace",
      requestId: "alpha-executor-5"
    },
    "alpha-strategy-0"
  )
]

const inputTypes: ReadonlyArray<string> = [
  "EpochOpened",
  "ActorRestarted",
  "ActorDown",
  "ActorUp",
  "MessageQuarantined",
  "TimerFired",
  "InstrumentsListed",
  "DailyHistoryLoaded",
  "TradingSessionStatus",
  "Quote",
  "VenueStatus",
  "ExecutionReport",
  "ReplaceResolved",
  "OrderCancelReject"
]

export const goldenRecords: ReadonlyArray<JournalRecord> = drafts.map((draft, index) => {
  const isInput = inputTypes.includes(draft.type)
  const isMarket = Market.marketTypes.some(({ type }) => type === draft.type)
  return {
    seq: index === 0 ? 0 : 2 ** 40 + index,
    epoch: index + 1,
    actor: isMarket ? "market" : isInput ? "kernel" : "executor",
    type: draft.type,
    version: goldenTypes.find(({ type }) => type === draft.type)!.version,
    payload: draft.payload,
    cause: isInput ? noCause : 2 ** 40,
    correlation: draft.correlation,
    logicalTimeMs: 1_450_967_400_000 + index,
    sourceSeq: isMarket ? index : 0
  }
})

export const goldenPath = ({
  type,
  version
}: {
  readonly type: string
  readonly version: number
}) => new URL(`golden/${type}.v${version}.hex`, import.meta.url)

/** 32 bytes a line. */
export const toHexLines = (bytes: Uint8Array): string =>
  `${Buffer.from(bytes)
    .toString("hex")
    .replaceAll(/(.{64})(?=.)/g, "$1\n")}\n`

export const fromHexLines = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), "hex"))
