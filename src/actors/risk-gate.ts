/**
 * The risk gate: judges every proposal against the desk's limits, in the turn that asks, from its
 * own state; again when the capital is reserved. Each no carries every reason, with its numbers.
 */
import type { DraftOf } from "../domain/journal/record.ts"
import { reasonsAgainst } from "../domain/risk/judgeOrder.ts"
import {
  emptyRiskBook,
  type RiskBook,
  RiskBookSnapshot,
  restoreRiskBook,
  riskBookInvariant,
  snapshotRiskBook
} from "../domain/risk/riskBook.ts"
import type { RiskLimits } from "../domain/risk/riskLimits.ts"
import { RiskVerdict } from "./ports/records/trade.ts"
import { evolveRiskBook, riskGateEvents, riskGateMessages } from "./riskRecords.ts"
import type { Behavior, Context } from "./runtime/Behavior.ts"

const riskGateId = "risk-gate"

type Message = (typeof riskGateMessages)[number]["of"]
type Event = (typeof riskGateEvents)[number]

export const makeRiskGate = (
  limits: RiskLimits
): Behavior<RiskBook, Message, Event, RiskBookSnapshot> => ({
  id: riskGateId,
  messages: riskGateMessages,
  events: riskGateEvents,
  moneyBearing: false,
  initial: emptyRiskBook,
  evolve: (book, record) => {
    if (record.type === "Quote") book.board.update(record.payload)
    else evolveRiskBook(book, record, limits)
    return book
  },
  decide: (book, message, context) => {
    if (message.type === "TradeProposed") return [judge(book, message.payload, 1, context, limits)]
    return message.type === "Reserved" ? [judge(book, message.payload, 2, context, limits)] : []
  },
  invariant: riskBookInvariant,
  snapshotSchema: RiskBookSnapshot,
  snapshot: snapshotRiskBook,
  restore: restoreRiskBook
})

const judge = (
  book: RiskBook,
  { tradeId }: { readonly tradeId: string },
  phase: 1 | 2,
  context: Context,
  limits: RiskLimits
): DraftOf<Event> => {
  const order = book.orders.get(tradeId)
  const against = context.late
    ? ["late: the risk gate was down when this was asked"]
    : order === undefined
      ? ["unknown-trade: reserved, but never proposed or over since"]
      : reasonsAgainst(book, order, phase, context.nowMs, limits)
  const yes = against.length === 0
  const reasons = yes ? [`within-limits: phase ${phase}`] : against
  return RiskVerdict.make({ tradeId, phase, yes, reasons }, tradeId)
}
