/** Each risk limit, counted from the journal alone and beside the gate: what leaves is within it. */
import type { OrderClosed, OrderIntent } from "../../actors/ports/records/broker.ts"
import type { InstrumentsListed, TradingSessionStatus } from "../../actors/ports/records/market.ts"
import type { TradeProposed } from "../../actors/ports/records/trade.ts"
import type { TradeCompleted } from "../../actors/ports/records/vault.ts"
import type { PayloadOf } from "../../domain/journal/record.ts"
import type { RiskLimits } from "../../domain/risk/riskLimits.ts"
import type { Invariant } from "../Watch.ts"

type Intent = PayloadOf<typeof OrderIntent>

/** Every limit that can be counted without a model; greeks and premium are the gate's own. */
export const limits = (risk: RiskLimits): ReadonlyArray<Invariant> => [
  onIntent("limit orderUnitsMax", ({ orderQty, clOrdID }) =>
    orderQty >= 1 && orderQty <= risk.orderUnitsMax
      ? undefined
      : `${clOrdID} has ${orderQty} units, at most ${risk.orderUnitsMax}`
  ),
  legSizes(risk),
  openTrades(risk),
  orderRate(risk),
  lastMinutes(risk),
  sendBefore()
]

const onIntent = (
  name: string,
  check: (intent: Intent, nowMs: number) => string | undefined
): Invariant => ({
  name,
  record: ({ type, payload, logicalTimeMs }) =>
    type === "OrderIntent" ? check(payload as Intent, logicalTimeMs) : undefined
})

const legSizes = (risk: RiskLimits): Invariant => {
  const stocks = new Set<number>()
  return {
    name: "limit legContractsMax, legSharesMax",
    record: ({ type, payload }) => {
      if (type === "InstrumentsListed") {
        for (const each of (payload as PayloadOf<typeof InstrumentsListed>).instruments) {
          if (each.kind === "Stock") stocks.add(each.instrument)
        }
        return undefined
      }
      if (type !== "OrderIntent") return undefined
      const { legs, orderQty, clOrdID } = payload as Intent
      for (const { instrument, ratio } of legs) {
        const most = stocks.has(instrument) ? risk.legSharesMax : risk.legContractsMax
        if (ratio * orderQty > most) {
          return `${clOrdID} has ${ratio * orderQty} of instrument ${instrument}, at most ${most}`
        }
      }
      return undefined
    }
  }
}

const openTrades = (risk: RiskLimits): Invariant => {
  const open = new Set<string>()
  return {
    name: "limit openTradesMax",
    record: ({ type, payload }) => {
      if (type === "OrderIntent") {
        const { kind, tradeId } = payload as Intent
        if (kind === "Open") open.add(tradeId)
      } else if (type === "TradeCompleted") {
        open.delete((payload as PayloadOf<typeof TradeCompleted>).tradeId)
      } else if (type === "OrderClosed") {
        const { tradeId, cumQty } = payload as PayloadOf<typeof OrderClosed>
        if (cumQty === 0) open.delete(tradeId)
      }
      return open.size <= risk.openTradesMax
        ? undefined
        : `${open.size} opened trades at a time, at most ${risk.openTradesMax}`
    }
  }
}

/** Approvals are at the proposal; an intent follows its own, so a window's intents are at most two windows' approvals. */
const orderRate = (risk: RiskLimits): Invariant => {
  const proposedMs = new Map<string, number>()
  let approvedMs: Array<number> = []
  return {
    name: "limit orderRateMax",
    record: ({ type, payload, logicalTimeMs }) => {
      if (type === "TradeProposed") {
        proposedMs.set((payload as PayloadOf<typeof TradeProposed>).tradeId, logicalTimeMs)
        return undefined
      }
      if (type !== "OrderIntent") return undefined
      const { kind, tradeId } = payload as Intent
      const atMs = proposedMs.get(tradeId)
      if (kind === "Close" || atMs === undefined) return undefined
      approvedMs = [...approvedMs, atMs]
      const recent = approvedMs.filter(
        (other) => atMs - other >= 0 && atMs - other < risk.orderRateWindowMs
      ).length
      return recent <= risk.orderRateMax
        ? undefined
        : `${recent} orders proposed in ${risk.orderRateWindowMs} ms, at most ${risk.orderRateMax}`
    }
  }
}

const lastMinutes = (risk: RiskLimits): Invariant => {
  let closeMs = Number.POSITIVE_INFINITY
  return {
    name: "limit trading hours",
    record: ({ type, payload, logicalTimeMs }) => {
      if (type === "TradingSessionStatus") {
        const status = payload as PayloadOf<typeof TradingSessionStatus>
        if (status.status === "Open") closeMs = status.closeMs
        return undefined
      }
      if (type !== "OrderIntent") return undefined
      const { kind, clOrdID } = payload as Intent
      return kind !== "Open" || logicalTimeMs < closeMs
        ? undefined
        : `${clOrdID} opens after the close of ${risk.noOpenLastMinutes} minutes' notice`
    }
  }
}

const sendBefore = (): Invariant => ({
  name: "limit sendMsMax",
  record: ({ type, payload, logicalTimeMs }) => {
    if (type !== "OrderIntent" && type !== "ReplaceIntent") return undefined
    const { clOrdID, sendBeforeMs } = payload as Pick<Intent, "clOrdID" | "sendBeforeMs">
    return sendBeforeMs > logicalTimeMs ? undefined : `${clOrdID} was too late when it was made`
  }
})
