/** A TWS simulator over a few quotes, and a client that speaks to it in bare fields. */
import { Effect } from "effect"
import type { SessionQuotes } from "../../../../src/domain/market/sessionQuotes.ts"
import { defaultRules } from "../../../../src/infra/broker/simulated/market.ts"
import type { TwsFault } from "../../../../src/infra/broker/tws-simulator/faults.ts"
import {
  steppedOptions,
  type TwsOptions
} from "../../../../src/infra/broker/tws-simulator/office.ts"
import { openTwsEngine } from "../../../../src/infra/broker/tws-simulator/openEngine.ts"
import { sessionMarket } from "../../../../src/infra/broker/tws-simulator/sessionMarket.ts"
import type { TwsEngine } from "../../../../src/infra/broker/tws-simulator/TwsEngine.ts"
import { FrameReader, frameOf, openingBytes } from "../../../../src/infra/broker/tws-wire/frames.ts"
import { type LogMedium, makeMemoryMedium } from "../../../../src/infra/log/medium.ts"
import { market, openMs, type Shown, usd } from "../world.ts"

export const minute = (at: number): number => openMs + at * 60_000

/** A session of the listing in ../world.ts with these quotes, in order. */
export const sessionOf = (quotes: ReadonlyArray<Shown>): SessionQuotes => {
  const column = (of: (quote: Shown) => number) => quotes.map(of)
  const noRows = { rows: 0, quotes: 0, trades: 0, notTradable: 0, outsideHours: 0, badRows: 0 }
  return {
    name: market.name,
    underlying: "GOOG",
    instruments: market.instruments,
    days: market.days,
    rowCount: quotes.length,
    timeMs: Float64Array.from(column((quote) => quote.timeMs ?? minute(1))),
    instrument: Int32Array.from(column((quote) => quote.instrument)),
    bidMicros: Float64Array.from(column((quote) => usd(quote.bid))),
    askMicros: Float64Array.from(column((quote) => usd(quote.ask))),
    bidSize: Int32Array.from(column((quote) => quote.bidSize ?? 100)),
    askSize: Int32Array.from(column((quote) => quote.askSize ?? 100)),
    stockTrades: {
      rowCount: 3,
      timeMs: Float64Array.from([minute(1), minute(2), minute(3)]),
      highMicros: Float64Array.from([usd(749), usd(750), usd(751)]),
      lowMicros: Float64Array.from([usd(747), usd(748), usd(749)]),
      closeMicros: Float64Array.from([usd(748), usd(749.5), usd(750)]),
      volume: Float64Array.from([1_000, 2_000, 3_000])
    },
    assumptions: {
      riskFreeRate: 0.004,
      riskFreeRateSource: "",
      dividendYield: 0,
      dividendYieldSource: "",
      previousCloseMicros: usd(750.31),
      closes: market.closes
    },
    report: { ...noRows, files: [], withoutBid: 0, withoutAsk: 0, badContracts: 0, bad: [] }
  }
}

/** Everything is quoted at the first minute, C745 again at each later one, with less each time. */
const usualQuotes: ReadonlyArray<Shown> = [
  { instrument: 0, bid: 748, ask: 748.1, bidSize: 2_000, askSize: 2_000 },
  { instrument: 1, bid: 5, ask: 5.2 },
  { instrument: 2, bid: 1.9, ask: 2 },
  { instrument: 3, bid: 2, ask: 2.2 },
  { instrument: 4, bid: 4, ask: 4.2 },
  { instrument: 5, bid: 6, ask: 6.4 },
  ...[2, 3, 4, 5].map((at) => ({
    instrument: 1,
    bid: 5,
    ask: 5.2,
    askSize: 10,
    timeMs: minute(at)
  })),
  { instrument: 0, bid: 749, ask: 749.1, timeMs: minute(2) },
  { instrument: 1, bid: 6, ask: 6.2, timeMs: minute(6) }
].sort((a, b) => (a.timeMs ?? minute(1)) - (b.timeMs ?? minute(1)))

export type Fields = ReadonlyArray<string>

/** What a connection heard and how it ended. */
class Line {
  readonly reader = new FrameReader({ opens: false, bytesMax: 1 << 24 })
  readonly heard: Array<Fields> = []
  bytes = 0
  closed: string | undefined
}

export class TwsWorld {
  readonly engine: TwsEngine
  readonly medium: LogMedium
  readonly lines: Map<number, Line>
  /** Everything written, in order. */
  readonly written: Array<string>

  constructor(
    engine: TwsEngine,
    medium: LogMedium,
    lines: Map<number, Line>,
    written: Array<string>
  ) {
    this.engine = engine
    this.medium = medium
    this.lines = lines
    this.written = written
  }

  /** Connects, greets and starts a client; nothing of that is among what it heard. */
  client(clientId: number, version = 176): TwsClient {
    const client = this.connect(version)
    client.send(71, 2, clientId, "")
    client.heard.length = 0
    return client
  }

  /** Connects and greets alone. */
  connect(version = 176): TwsClient {
    const id = this.lines.size + 1
    this.lines.set(id, new Line())
    this.engine.open(id)
    const client = new TwsClient(this, id, version)
    this.engine.receive(id, openingBytes(version, version))
    return client
  }

  step(atMinute: number): void {
    this.engine.advanceTo(minute(atMinute))
  }

  show(fault: TwsFault): void {
    this.engine.inject(fault)
  }
}

export class TwsClient {
  readonly world: TwsWorld
  readonly id: number
  readonly version: number

  constructor(world: TwsWorld, id: number, version: number) {
    this.world = world
    this.id = id
    this.version = version
  }

  get line(): Line {
    return this.world.lines.get(this.id)!
  }

  get heard(): Array<Fields> {
    return this.line.heard
  }

  send(...fields: ReadonlyArray<string | number>): void {
    this.world.engine.receive(this.id, frameOf(fields))
  }

  place(orderId: number, order: Partial<Record<string, string>>, contract = call): void {
    this.send(...placeOrderFields(orderId, order, contract, this.version))
  }

  cancel(orderId: number): void {
    this.send(4, 1, orderId, ...(this.version >= 169 ? [""] : []))
  }

  /** Messages of a kind, without the kind. */
  all(kind: number): ReadonlyArray<Fields> {
    return this.heard.filter(([id]) => id === String(kind)).map((fields) => fields.slice(1))
  }

  /** Error codes told of an id. */
  codes(id: number): ReadonlyArray<number> {
    return this.all(4)
      .filter(([, told]) => told === String(id))
      .map(([, , code]) => Number(code))
  }

  /** Statuses of an order, in the order they came. */
  statuses(orderId: number): ReadonlyArray<string> {
    return this.all(3)
      .filter(([told]) => told === String(orderId))
      .map(([, status]) => status!)
  }

  /** Execution ids, quantities and prices of an order, in the order they came. */
  executions(orderId: number) {
    return this.all(11)
      .filter(([, told]) => told === String(orderId))
      .map((fields) => ({
        conId: Number(fields[2]),
        secType: fields[4],
        execId: fields[13]!,
        side: fields[17],
        shares: Number(fields[18]),
        price: Number(fields[19]),
        permId: Number(fields[20]),
        orderRef: fields[25]
      }))
  }
}

/** By conId alone; `legs` make a combination. */
export interface Named {
  readonly conId: number
  readonly secType: string
  readonly legs?: ReadonlyArray<{ readonly conId: number; readonly action: string }>
}

export const contractFields = ({ conId, secType }: Named): ReadonlyArray<string | number> => {
  const symbol = secType === "BAG" ? "GOOG" : ""
  return [conId, symbol, secType, "", "", "", "", "SMART", "", "USD", "", ""]
}

/** placeOrder as a client of a version writes it. */
export const placeOrderFields = (
  orderId: number,
  order: Partial<Record<string, string>>,
  contract: Named,
  version: number
): ReadonlyArray<string | number> => {
  const told: Partial<Record<string, string>> = {
    action: "BUY",
    totalQuantity: "1",
    orderType: "LMT",
    tif: "DAY",
    transmit: "1",
    ...order
  }
  const some = (names: string): ReadonlyArray<string> =>
    names.split(" ").map((name) => told[name] ?? "")
  const empty = (count: number): ReadonlyArray<string> => Array.from({ length: count }, () => "")
  const legs = contract.legs ?? []
  const algo = told.algoStrategy ?? ""
  return [
    ...[3, orderId, ...contractFields(contract), "", ""],
    ...some("action totalQuantity orderType lmtPrice auxPrice tif ocaGroup account openClose"),
    ...some("origin orderRef transmit parentId blockOrder sweepToFill displaySize triggerMethod"),
    ...some("outsideRth hidden"),
    ...(contract.secType === "BAG"
      ? [
          legs.length,
          ...legs.flatMap(({ conId, action }) => [conId, 1, action, "SMART", 0, 0, "", -1]),
          ...[0, 0]
        ]
      : []),
    ...empty(7),
    ...(version < 177 ? [""] : []),
    ...empty(10),
    ...some("eTradeOnly firmQuoteOnly"),
    ...empty(8),
    ...empty(4),
    ...empty(4 + 3),
    ...empty(4),
    ...empty(4),
    "0",
    algo,
    ...(algo === "" ? [] : [1, "adaptivePriority", told.adaptivePriority ?? "Normal"]),
    ...["", told.whatIf ?? "", "", "", "", ""],
    "0",
    ...empty(19),
    ...empty([158, 160, 162, 166, 169].filter((gate) => version >= gate).length)
  ]
}

/** Contract ids as the engine gives them, by instrument of ../world.ts. */
export const conIds: Array<number> = []
export let call: Named = { conId: 0, secType: "OPT" }
export let stock: Named = { conId: 0, secType: "STK" }

export const openTwsWorld = (
  given: {
    readonly medium?: LogMedium
    readonly quotes?: ReadonlyArray<Shown>
    readonly options?: Partial<TwsOptions>
  } = {}
): Effect.Effect<TwsWorld, unknown> =>
  Effect.gen(function* () {
    const medium = given.medium ?? makeMemoryMedium()
    const lines = new Map<number, Line>()
    const written: Array<string> = []
    const { engine } = yield* openTwsEngine({
      market: sessionMarket(sessionOf(given.quotes ?? usualQuotes), []),
      medium,
      rules: defaultRules,
      options: { ...steppedOptions, ...given.options },
      sink: {
        write: (id, bytes) => {
          const line = lines.get(id)!
          line.bytes += bytes.length
          line.reader.push(bytes)
          for (let next = line.reader.nextFields(); next !== undefined; ) {
            line.heard.push(next)
            written.push(`${id} ${next.join("|")}`)
            next = line.reader.nextFields()
          }
        },
        close: (id, why) => {
          const line = lines.get(id)
          if (line !== undefined) line.closed = why
        }
      }
    })
    const world = new TwsWorld(engine, medium, lines, written)
    if (conIds.length === 0) learnContracts(world)
    return world
  })

/** Asks for the whole listing once: ids are the same in every world. */
const learnContracts = (world: TwsWorld): void => {
  const client = world.client(99)
  for (const secType of ["STK", "OPT"]) {
    client.send(9, 8, 1, 0, "GOOG", secType, "", "", "", "", "", "", "", "", "", 0, "", "", "")
  }
  conIds.push(...client.all(10).map((fields) => Number(fields[11])))
  call = { conId: conIds[1]!, secType: "OPT" }
  stock = { conId: conIds[0]!, secType: "STK" }
  world.engine.closed(client.id)
  world.written.length = 0
}
