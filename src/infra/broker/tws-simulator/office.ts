/** What the desks of the TWS simulator share: the market, the exchange, the clock, and the way to its clients. */
import type { QuoteBoard } from "../../../domain/market/quoteBoard.ts"
import type { SimulatedRules } from "../simulated/market.ts"
import type { SimulatedExchange } from "../simulated/SimulatedExchange.ts"
import type { Message } from "../tws-wire/answers.ts"
import type { FrameReader } from "../tws-wire/frames.ts"
import type { HistoryRequest } from "../tws-wire/requests.ts"
import type { WireContract } from "../tws-wire/wireContract.ts"
import type { ContractBook } from "./contractBook.ts"
import type { FaultBoard } from "./FaultBoard.ts"
import type { HistoryPacing, Pacing } from "./pacing.ts"
import type { TwsMarket } from "./twsMarket.ts"
import type { OrderEvent, TwsOrders } from "./twsOrders.ts"

export interface TwsOptions {
  /** Of the one account; a paper account begins with DU. */
  readonly account: string
  readonly cashMicros: bigint
  /** Time moves only where the owner says so: nothing is paced. */
  readonly isStepped: boolean
  /** From an order to its acknowledgement, and again to the report of a fill; market's time. */
  readonly latencyMs: number
  /** Lines of market data of one client. */
  readonly linesMax: number
  /** Messages of one client in a second; Infinity for no pacing. */
  readonly messagesPerSecondMax: number
  /** Between two pushes of profit and loss. */
  readonly pnlIntervalMs: number
  /** How long an Adaptive order of each priority waits before it takes the other side. */
  readonly adaptiveMs: {
    readonly Urgent: number
    readonly Normal: number
    readonly Patient: number
  }
}

export const liveOptions: TwsOptions = {
  account: "DU1000001",
  cashMicros: 1_000_000_000_000n,
  isStepped: false,
  latencyMs: 20,
  linesMax: 100,
  messagesPerSecondMax: 50,
  pnlIntervalMs: 1_000,
  adaptiveMs: { Urgent: 0, Normal: 1_000, Patient: 5_000 }
}

/** For sessions that a desk steps: answers come at once, nothing is paced. */
export const steppedOptions: TwsOptions = {
  ...liveOptions,
  isStepped: true,
  latencyMs: 0,
  messagesPerSecondMax: Number.POSITIVE_INFINITY,
  pnlIntervalMs: 60_000,
  adaptiveMs: { Urgent: 0, Normal: 60_000, Patient: 300_000 }
}

/** A line of market data. `legs`: of a combination, empty for one contract. */
export interface Subscription {
  readonly reqId: number
  readonly contract: WireContract
  readonly instruments: ReadonlyArray<number>
  readonly legs: ReadonlyArray<{
    readonly instrument: number
    readonly sign: 1 | -1
    readonly ratio: number
  }>
  readonly generic: ReadonlySet<number>
  /** Data comes a quarter of an hour late, under the ids of delayed ticks. */
  readonly isDelayed: boolean
}

interface KeptHistory {
  readonly request: HistoryRequest
  readonly instrument: number
  readonly barMs: number
  /** The last bar that was told. */
  told: string
}

export interface Connection {
  readonly id: number
  readonly reader: FrameReader
  readonly pacing: Pacing
  readonly historyPacing: HistoryPacing
  phase: "opening" | "greeted" | "started" | "ended"
  version: number
  /** @stoqey/ib to 1.6.10 reads completed orders as from version 177 on, whatever was agreed; it is known by its offer. */
  readsProfiles: boolean
  /** -1 until it has started. */
  clientId: number
  marketDataType: number
  /** Nothing goes out to it or is heard from it any more, though its socket is open. */
  isZombie: boolean
  readonly lines: Map<number, Subscription>
  /** Histories that are kept up to date, by request id. */
  readonly histories: Map<number, KeptHistory>
  seesPositions: boolean
  seesAccount: boolean
  readonly positionsMulti: Set<number>
  readonly accountMulti: Map<number, { readonly model: string; readonly ledger: boolean }>
  readonly summaries: Map<number, ReadonlyArray<string>>
  readonly pnls: Set<number>
  /** By request id, the contract id. */
  readonly pnlSingles: Map<number, number>
}

export interface Office {
  readonly market: TwsMarket
  readonly rules: SimulatedRules
  readonly options: TwsOptions
  readonly contracts: ContractBook
  readonly board: QuoteBoard
  readonly exchange: SimulatedExchange
  readonly orders: TwsOrders
  readonly faults: FaultBoard
  readonly nowMs: () => number
  readonly connections: () => Iterable<Connection>
  /** The connection of a client that is here. */
  readonly clientOf: (clientId: number) => Connection | undefined
  /** Sends, now or after a time of the market's clock; in order for equal times. */
  readonly send: (to: Connection, message: Message, afterMs?: number) => void
  /** Error or notice; `id` -1 for notices. */
  readonly tell: (to: Connection, id: number, code: number, text: string, afterMs?: number) => void
  readonly close: (connection: Connection, why: string) => void
  /** What the exchange did since it was asked last. */
  readonly news: () => ReadonlyArray<OrderEvent>
  /** Brings the quote of an instrument to now where the market is made on demand. */
  readonly refresh: (instrument: number) => void
}
