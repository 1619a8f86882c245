/** What a client asks, decoded. Fields of options that change nothing here are read and left out. */
import { FieldReader } from "./fields.ts"
import { gates } from "./versions.ts"
import { type ComboLeg, readContract, readMarketLegs, type WireContract } from "./wireContract.ts"
import { WireFault } from "./wireFault.ts"
import { type PlacedOrder, readPlacedOrder } from "./wireOrder.ts"

export interface ExecutionFilter {
  readonly clientId: number
  readonly account: string
  /** YYYYMMDD-HH:MM:SS or YYYYMMDD HH:MM:SS; "" for all of the day. */
  readonly time: string
  readonly symbol: string
  readonly secType: string
  readonly exchange: string
  /** BUY or SELL; "" for both. */
  readonly side: string
}

export interface HistoryRequest {
  readonly contract: WireContract
  /** "" stands for the present. */
  readonly endDateTime: string
  readonly barSize: string
  readonly duration: string
  readonly whatToShow: string
  /** 1 as text, 2 as epoch seconds (days stay text). */
  readonly formatDate: number
  readonly keepUpToDate: boolean
}

export type Request =
  | { readonly _tag: "StartApi"; readonly clientId: number }
  | { readonly _tag: "CurrentTime" }
  | { readonly _tag: "Ids" }
  | { readonly _tag: "ManagedAccounts" }
  | { readonly _tag: "MarketDataType"; readonly type: number }
  | { readonly _tag: "ContractDetails"; readonly reqId: number; readonly contract: WireContract }
  | {
      readonly _tag: "OptionParameters"
      readonly reqId: number
      readonly symbol: string
      readonly futFopExchange: string
      readonly secType: string
      readonly conId: number
    }
  | {
      readonly _tag: "MarketData"
      readonly reqId: number
      readonly contract: WireContract
      readonly legs: ReadonlyArray<ComboLeg>
      readonly genericTicks: string
      readonly snapshot: boolean
    }
  | { readonly _tag: "CancelMarketData"; readonly reqId: number }
  | ({ readonly _tag: "PlaceOrder" } & PlacedOrder)
  | { readonly _tag: "CancelOrder"; readonly orderId: number }
  | { readonly _tag: "GlobalCancel" }
  | { readonly _tag: "OpenOrders" }
  | { readonly _tag: "AllOpenOrders" }
  | { readonly _tag: "AutoOpenOrders"; readonly bind: boolean }
  | { readonly _tag: "CompletedOrders"; readonly apiOnly: boolean }
  | { readonly _tag: "Executions"; readonly reqId: number; readonly filter: ExecutionFilter }
  | { readonly _tag: "Positions" }
  | { readonly _tag: "CancelPositions" }
  | {
      readonly _tag: "PositionsMulti"
      readonly reqId: number
      readonly account: string
      readonly model: string
    }
  | { readonly _tag: "CancelPositionsMulti"; readonly reqId: number }
  | { readonly _tag: "AccountUpdates"; readonly subscribe: boolean; readonly account: string }
  | {
      readonly _tag: "AccountSummary"
      readonly reqId: number
      readonly group: string
      readonly tags: ReadonlyArray<string>
    }
  | { readonly _tag: "CancelAccountSummary"; readonly reqId: number }
  | {
      readonly _tag: "AccountUpdatesMulti"
      readonly reqId: number
      readonly account: string
      readonly model: string
      readonly ledgerAndNlv: boolean
    }
  | { readonly _tag: "CancelAccountUpdatesMulti"; readonly reqId: number }
  | { readonly _tag: "Pnl"; readonly reqId: number; readonly account: string }
  | { readonly _tag: "CancelPnl"; readonly reqId: number }
  | {
      readonly _tag: "PnlSingle"
      readonly reqId: number
      readonly account: string
      readonly conId: number
    }
  | { readonly _tag: "CancelPnlSingle"; readonly reqId: number }
  | { readonly _tag: "History"; readonly reqId: number; readonly request: HistoryRequest }
  | { readonly _tag: "CancelHistory"; readonly reqId: number }
  | {
      readonly _tag: "HeadTimestamp"
      readonly reqId: number
      readonly contract: WireContract
      /** 1 as text, 2 as epoch seconds. */
      readonly formatDate: number
    }
  | { readonly _tag: "MatchingSymbols"; readonly reqId: number; readonly pattern: string }
  | { readonly _tag: "MarketRule"; readonly ruleId: number }
  | { readonly _tag: "SmartComponents"; readonly reqId: number; readonly bboExchange: string }
  | { readonly _tag: "FamilyCodes" }
  | { readonly _tag: "UserInfo"; readonly reqId: number }
  /** Well formed, and without an answer: log level, cancels of what is answered at once. */
  | { readonly _tag: "Ignored" }
  /** A request of TWS that is not served here. `reqId`: -1 where it has none. */
  | { readonly _tag: "NotServed"; readonly messageId: number; readonly reqId: number }

type Decoder = (reader: FieldReader, version: number) => Request

const withReqId =
  (
    _tag:
      | "CancelMarketData"
      | "CancelPositionsMulti"
      | "CancelAccountSummary"
      | "CancelAccountUpdatesMulti"
      | "CancelHistory"
  ): Decoder =>
  (reader) => {
    reader.skip(1)
    return { _tag, reqId: reader.int() }
  }

const plain =
  (
    _tag:
      | "CurrentTime"
      | "ManagedAccounts"
      | "GlobalCancel"
      | "OpenOrders"
      | "AllOpenOrders"
      | "Positions"
      | "CancelPositions"
  ): Decoder =>
  (reader) => {
    reader.skip(1)
    return { _tag }
  }

const startApi: Decoder = (reader) => {
  reader.skip(1)
  const clientId = reader.int()
  // The capabilities are left out by old clients.
  if (reader.left > 0) reader.skip(1)
  return { _tag: "StartApi", clientId }
}

const contractDetails: Decoder = (reader, version) => {
  reader.skip(1)
  const reqId = reader.int()
  const contract = readContract(reader)
  reader.bool()
  reader.skip(2)
  if (version >= gates.issuerId) reader.skip(1)
  return { _tag: "ContractDetails", reqId, contract }
}

const optionParameters: Decoder = (reader) => ({
  _tag: "OptionParameters",
  reqId: reader.int(),
  symbol: reader.text(),
  futFopExchange: reader.text(),
  secType: reader.text().toUpperCase(),
  conId: reader.int()
})

const marketData: Decoder = (reader) => {
  reader.skip(1)
  const reqId = reader.int()
  const contract = readContract(reader)
  const legs = contract.secType === "BAG" ? readMarketLegs(reader) : []
  if (reader.bool()) reader.skip(3)
  const genericTicks = reader.text()
  const snapshot = reader.bool()
  const regulatorySnapshot = reader.bool()
  reader.skip(1)
  const asked = { reqId, contract, legs, genericTicks, snapshot: snapshot || regulatorySnapshot }
  return { _tag: "MarketData", ...asked }
}

const cancelOrder: Decoder = (reader, version) => {
  reader.skip(1)
  const orderId = reader.int()
  if (version >= gates.manualOrderTime) reader.skip(1)
  return { _tag: "CancelOrder", orderId }
}

const executions: Decoder = (reader) => {
  reader.skip(1)
  const reqId = reader.int()
  const filter = {
    clientId: reader.int(),
    account: reader.text(),
    time: reader.text(),
    symbol: reader.text(),
    secType: reader.text().toUpperCase(),
    exchange: reader.text().toUpperCase(),
    side: reader.text().toUpperCase()
  }
  return { _tag: "Executions", reqId, filter }
}

const accountSummary: Decoder = (reader) => {
  reader.skip(1)
  const [reqId, group] = [reader.int(), reader.text()]
  const tags = reader
    .text()
    .split(",")
    .map((tag) => tag.trim())
  return { _tag: "AccountSummary", reqId, group, tags: tags.filter((tag) => tag !== "") }
}

const accountUpdatesMulti: Decoder = (reader) => {
  reader.skip(1)
  const [reqId, account, model] = [reader.int(), reader.text(), reader.text()]
  return { _tag: "AccountUpdatesMulti", reqId, account, model, ledgerAndNlv: reader.bool() }
}

const history: Decoder = (reader) => {
  const reqId = reader.int()
  const contract = readContract(reader)
  reader.bool()
  const [endDateTime, barSize, duration] = [reader.text(), reader.text(), reader.text()]
  reader.bool()
  const whatToShow = reader.text().toUpperCase()
  const formatDate = reader.int()
  if (contract.secType === "BAG") readMarketLegs(reader)
  const keepUpToDate = reader.bool()
  reader.skip(1)
  const request = { contract, endDateTime, barSize, duration, whatToShow, formatDate, keepUpToDate }
  return { _tag: "History", reqId, request }
}

const headTimestamp: Decoder = (reader) => {
  const reqId = reader.int()
  const contract = readContract(reader)
  reader.skip(3)
  return { _tag: "HeadTimestamp", reqId, contract, formatDate: reader.int() }
}

const decoders: Readonly<Record<number, Decoder>> = {
  1: marketData,
  2: withReqId("CancelMarketData"),
  4: cancelOrder,
  5: plain("OpenOrders"),
  6: (reader) => {
    reader.skip(1)
    return { _tag: "AccountUpdates", subscribe: reader.bool(), account: reader.text() }
  },
  7: executions,
  8: (reader) => {
    reader.skip(2)
    return { _tag: "Ids" }
  },
  9: contractDetails,
  14: (reader) => {
    reader.skip(2)
    return { _tag: "Ignored" }
  },
  15: (reader) => {
    reader.skip(1)
    return { _tag: "AutoOpenOrders", bind: reader.bool() }
  },
  16: plain("AllOpenOrders"),
  17: plain("ManagedAccounts"),
  20: history,
  25: withReqId("CancelHistory"),
  49: plain("CurrentTime"),
  58: plain("GlobalCancel"),
  59: (reader) => {
    reader.skip(1)
    return { _tag: "MarketDataType", type: reader.int() }
  },
  61: plain("Positions"),
  62: accountSummary,
  63: withReqId("CancelAccountSummary"),
  64: plain("CancelPositions"),
  71: startApi,
  74: (reader) => {
    reader.skip(1)
    const [reqId, account] = [reader.int(), reader.text()]
    return { _tag: "PositionsMulti", reqId, account, model: reader.text() }
  },
  75: withReqId("CancelPositionsMulti"),
  76: accountUpdatesMulti,
  77: withReqId("CancelAccountUpdatesMulti"),
  78: optionParameters,
  80: () => ({ _tag: "FamilyCodes" }),
  81: (reader) => ({ _tag: "MatchingSymbols", reqId: reader.int(), pattern: reader.text() }),
  83: (reader) => ({ _tag: "SmartComponents", reqId: reader.int(), bboExchange: reader.text() }),
  87: headTimestamp,
  90: (reader) => {
    reader.skip(1)
    return { _tag: "Ignored" }
  },
  91: (reader) => ({ _tag: "MarketRule", ruleId: reader.int() }),
  92: (reader) => {
    const [reqId, account] = [reader.int(), reader.text()]
    reader.skip(1)
    return { _tag: "Pnl", reqId, account }
  },
  93: (reader) => ({ _tag: "CancelPnl", reqId: reader.int() }),
  94: (reader) => {
    const [reqId, account] = [reader.int(), reader.text()]
    reader.skip(1)
    return { _tag: "PnlSingle", reqId, account, conId: reader.int() }
  },
  95: (reader) => ({ _tag: "CancelPnlSingle", reqId: reader.int() }),
  99: (reader) => ({ _tag: "CompletedOrders", apiOnly: reader.bool() }),
  104: (reader) => ({ _tag: "UserInfo", reqId: reader.int() })
}

/** Requests of TWS up to version 176 that are not served, by the place of their request id; -1 for none. */
const notServed: Readonly<Record<number, number>> = {
  ...{ 10: 2, 11: 2, 12: -1, 13: -1, 18: -1, 19: -1, 21: 2, 22: 2, 23: 2, 24: -1 },
  ...{ 50: 2, 51: 2, 52: 2, 53: 2, 54: 2, 55: 2, 56: 2, 57: 2, 65: -1, 66: -1, 67: 2, 68: 2 },
  ...{ 69: 2, 70: 2, 72: -1, 73: -1, 79: 1, 82: -1, 84: 1, 85: -1, 86: 1, 88: 1, 89: 1, 96: 1 },
  ...{ 97: 1, 98: 1, 100: 1, 101: 1, 102: 1, 103: 1 }
}

/** The request that the fields of a frame are. Throws `WireFault` where they are none. */
export const readRequest = (message: ReadonlyArray<string>, version: number): Request => {
  const id = Number(message[0])
  if (id === 3) return { _tag: "PlaceOrder", ...readPlacedOrder(message, version) }
  const decode = decoders[id]
  if (decode === undefined || !/^\d{1,3}$/.test(message[0]!)) return unserved(message)
  const reader = new FieldReader(message, `message ${id}`)
  const request = decode(reader, version)
  reader.end()
  return request
}

const unserved = (message: ReadonlyArray<string>): Request => {
  const messageId = Number(message[0])
  const at = notServed[messageId]
  if (at === undefined) {
    const shown = JSON.stringify(message[0]!.slice(0, 20))
    throw new WireFault({ place: "message", why: `there is no message ${shown}` })
  }
  const reqId = at < 0 ? -1 : Number(message[at])
  return { _tag: "NotServed", messageId, reqId: Number.isSafeInteger(reqId) ? reqId : -1 }
}
