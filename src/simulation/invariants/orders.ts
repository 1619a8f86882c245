/** What holds of orders: nothing leaves before it is durable, one order per intent, three yes before new risk. */

import type {
  ExecutionReport,
  OrderIntent,
  TradeCorrected,
  TradeFilled
} from "../../actors/ports/records/broker.ts"
import type { ActorDown, ActorUp } from "../../actors/ports/records/kernel.ts"
import type { TradeProposed } from "../../actors/ports/records/trade.ts"
import type { PayloadOf } from "../../domain/journal/record.ts"
import type { Invariant } from "../Watch.ts"

type Intent = PayloadOf<typeof OrderIntent>

export const durableGate = (): Invariant => ({
  name: "5.1 durable gate",
  request: ({ seq, type }, _nowMs, durableThrough) =>
    seq <= durableThrough
      ? undefined
      : `${type} left as record ${seq} while the journal is durable through ${durableThrough}`
})

export const oneOrderPerIntent = (): Invariant => {
  const intents = new Map<string, Intent>()
  const trades = new Set<string>()
  const acknowledged = new Set<string>()
  const booked = new Set<string>()
  const once = (seen: Set<string>, id: string, what: string): string | undefined => {
    if (seen.has(id)) return `${what} ${id} a second time`
    seen.add(id)
    return undefined
  }
  return {
    name: "5.2 one order per intent",
    record: ({ type, payload }) => {
      if (type === "OrderIntent") {
        const intent = payload as Intent
        if (intents.has(intent.clOrdID)) return `a second intent ${intent.clOrdID}`
        intents.set(intent.clOrdID, intent)
        return once(trades, intent.tradeId, "an order of trade")
      } else if (type === "ExecutionReport") {
        const report = payload as PayloadOf<typeof ExecutionReport>
        if (report.execType !== "New") return undefined
        if (!intents.has(report.clOrdID)) return `an order ${report.clOrdID} without an intent`
        return once(acknowledged, report.clOrdID, "acknowledged")
      } else if (type === "TradeFilled") {
        return once(booked, (payload as PayloadOf<typeof TradeFilled>).execID, "booked execution")
      } else if (type === "TradeCorrected") {
        return once(
          booked,
          (payload as PayloadOf<typeof TradeCorrected>).execID,
          "booked correction"
        )
      }
      return undefined
    }
  }
}

/** No order and no change goes beyond what was proposed, converged and paid for. */
export const withinProposal = (): Invariant => {
  const proposals = new Map<string, PayloadOf<typeof TradeProposed>>()
  return {
    name: "limit of the proposal",
    record: ({ type, payload }) => {
      if (type === "TradeProposed") {
        const proposal = payload as PayloadOf<typeof TradeProposed>
        proposals.set(proposal.tradeId, proposal)
      }
      if (type !== "OrderIntent" && type !== "ReplaceIntent") return undefined
      const { tradeId, orderQty, limitNetMicros } = payload as Asked
      const proposal = proposals.get(tradeId)
      if (proposal === undefined) return `${type} of ${tradeId}, which nobody proposed`
      if (orderQty > proposal.quantity) {
        return `${type} of ${tradeId} is of ${orderQty}, ${proposal.quantity} were proposed`
      }
      return limitNetMicros <= proposal.limitNetMicros
        ? undefined
        : `${type} of ${tradeId} at ${limitNetMicros}, beyond ${proposal.limitNetMicros}`
    }
  }
}

type Asked = Pick<Intent, "tradeId" | "orderQty" | "limitNetMicros">

interface Verdict {
  readonly tradeId: string
  readonly phase: number
  readonly yes: boolean
}

const verdictTypes: ReadonlySet<string> = new Set([
  "CognitionVerdict",
  "RiskVerdict",
  "CertificateVerdict"
])

const authorOf: Readonly<Record<string, string>> = {
  CognitionVerdict: "regime-classifier",
  RiskVerdict: "risk-gate",
  CertificateVerdict: "convergence"
}

/** New risk needs three yes of phase 2, given in the turn of the intent, by authors that are up. */
export const threeYes = (): Invariant => {
  let turn = new Map<string, Set<string>>()
  const down = new Set<string>()
  return {
    name: "5.6 three layers agree",
    record: (record) => {
      const { type, payload } = record
      if (record.cause < 0) turn = new Map()
      if (type === "ActorDown") {
        for (const { group } of (payload as PayloadOf<typeof ActorDown>).failures) {
          for (const { actor } of group) down.add(actor)
        }
      } else if (type === "ActorUp") {
        for (const actor of (payload as PayloadOf<typeof ActorUp>).group) down.delete(actor)
      } else if (verdictTypes.has(type)) {
        const { tradeId, phase, yes } = payload as Verdict
        const author = authorOf[type]!
        if (record.actor !== author) return `${type} of ${tradeId} is by ${record.actor}`
        if (down.has(author)) return `${author} is down and gave a verdict on ${tradeId}`
        if (phase === 2 && yes) {
          const given = turn.get(tradeId) ?? new Set()
          turn.set(tradeId, given.add(type))
        }
      } else if (type === "OrderIntent") {
        const { kind, tradeId, clOrdID } = payload as Intent
        if (kind === "Close") return undefined
        const given = turn.get(tradeId)?.size ?? 0
        if (given !== 3) return `${clOrdID} opens risk with ${given} of three yes in its turn`
      }
      return undefined
    }
  }
}
