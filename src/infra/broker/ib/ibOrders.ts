/**
 * Our orders at Interactive Brokers, folded from words: what each did to its order, and what is to be reported of it.
 *
 * A function of the words alone: the same words make the same reports with the same numbers, so the log of words is all
 * that a restart needs. An execution counts once, by its latest revision; a combination is told in whole units of its
 * legs, never by the combination's own execution; an end is told after the fills that the broker counts before it.
 */
import type { BrokerReport } from "../../../actors/ports/Broker.ts"
import { stockId } from "../../../domain/market/contract.ts"
import { type TakenUnits, takePiece, takeUnits } from "../../../domain/trading/comboFills.ts"
import { addTo, type Holdings } from "../../../domain/trading/holdings.ts"
import { signOf } from "../../../domain/trading/netPrice.ts"
import {
  contradictionOf,
  isWorking,
  type OrderMessage,
  orderLifeInvariant,
  step
} from "../../../domain/trading/orderLifeCycle.ts"
import type { UnexplainedPayload } from "../../../domain/trading/reports.ts"
import { toldUnits } from "../../../domain/trading/toldFills.ts"
import { IbAnswers } from "./IbAnswers.ts"
import { IbOrderIds } from "./IbOrderIds.ts"
import { Charges } from "./ibCharges.ts"
import {
  type Amendment,
  amendment,
  isUneven,
  newExecID,
  pieceOf,
  takeBack
} from "./ibCorrections.ts"
import { revisionOf } from "./ibNumbers.ts"
import {
  correctedExecution,
  foreignExecution,
  type Heard,
  type IbOrder,
  impossibleOrder,
  legOf,
  newOrder,
  reported,
  unevenLegs,
  unitsHeard
} from "./ibOrder.ts"
import {
  cancelReject,
  correctionReport,
  optionEvent,
  statusReport,
  tradeReport,
  unexplained
} from "./ibReports.ts"
import type { IbWord, WordOf } from "./ibWords.ts"

/** Words about one order of ours that none but it takes in. */
type WordOfOrder = WordOf<
  | "NotSent"
  | "Acknowledged"
  | "CancelAsked"
  | "ReplaceAsked"
  | "ReplaceNotSent"
  | "Replaced"
  | "Ended"
>

export class IbOrders {
  readonly reports: Array<BrokerReport> = []
  /** When each report was heard, epoch ms. */
  readonly heardAtMs: Array<number> = []
  readonly orders = new Map<string, IbOrder>()
  readonly ids = new IbOrderIds()
  readonly answers = new IbAnswers()
  /** Signed quantities that our executions add up to, told or not. */
  readonly holdings: Holdings = new Map()
  /** Whether anything was corrected or charged after it was gathered: older builds told that another way. */
  hasAmended = false
  readonly #charges = new Charges()
  readonly #differences = new Set<string>()
  readonly #byExecution = new Map<string, IbOrder>()
  #atMs = 0

  hasDifference(differenceId: string): boolean {
    return this.#differences.has(differenceId)
  }

  /** Executions whose commission has not come. */
  *uncharged(): Iterable<WordOf<"Executed">> {
    for (const { heard } of this.orders.values()) {
      for (const [base, { word, gathered }] of heard) {
        if (!gathered && !this.#charges.isCharged(base)) yield word
      }
    }
  }

  /** Takes in a word; false where it says nothing new and need not be kept. */
  take(word: IbWord): boolean {
    this.#atMs = Math.max(this.#atMs, word.atMs)
    switch (word._tag) {
      case "Placed":
        return this.#placed(word)
      case "Denied":
        return this.#denied(word)
      case "Executed":
        return this.#executed(word)
      case "Charged":
        return this.#charged(word)
      case "ChargeOverdue":
        return this.#chargeOverdue(word.execId)
      case "ContractEnded":
        return this.#contractEnded(word)
      case "Differs":
        if (!this.#differs(word.difference)) return false
        for (const [instrument, quantity] of word.moves) {
          addTo(this.holdings, instrument, quantity)
        }
        return true
      case "CancelRefused":
        return this.#cancelRefused(word)
      case "Continued":
        return true
      case "ReplaceRefused":
        return this.#replaceRefused(word)
      default:
        return this.#ofOrder(word)
    }
  }

  #ofOrder(word: WordOfOrder): boolean {
    const order = this.orders.get(word.clOrdID)
    if (order === undefined) return false
    switch (word._tag) {
      case "NotSent":
        if (order.notSent || order.life.acknowledged) return false
        order.notSent = true
        return true
      case "Acknowledged":
        return this.#acknowledged(order, word.permId)
      case "CancelAsked":
        return this.#step(order, { _tag: "CancelRequested", clOrdID: "cancel" })
      case "ReplaceAsked":
        return this.#step(order, {
          _tag: "ReplaceRequested",
          clOrdID: word.requestId,
          orderQty: word.orderQty,
          limitNetMicros: word.limitNetMicros
        })
      case "Replaced":
        if (!this.#step(order, { _tag: "Replaced", clOrdID: word.requestId })) return false
        this.#report(order, "Replaced", "", word.requestId)
        return true
      case "ReplaceNotSent":
        return this.#step(order, { _tag: "RequestRejected", clOrdID: word.requestId })
      case "Ended": {
        if (order.life.ended !== undefined || order.pendingEnd !== undefined) return false
        order.pendingEnd = word
        this.#settle(order)
        return true
      }
    }
  }

  #placed({ request, orderId }: WordOf<"Placed">): boolean {
    const order = this.orders.get(request.clOrdID) ?? newOrder(request, orderId)
    order.orderId = orderId
    order.notSent = false
    this.orders.set(request.clOrdID, order)
    this.ids.sent(orderId, order)
    return true
  }

  #denied({ request, why }: WordOf<"Denied">): boolean {
    if (this.orders.has(request.clOrdID)) return false
    const order = newOrder({ ...request, orderQty: Math.max(1, request.orderQty) }, 0)
    this.orders.set(request.clOrdID, order)
    this.#step(order, { _tag: "Ended", as: "Rejected" })
    this.#report(order, "Rejected", why)
    return true
  }

  #acknowledged(order: IbOrder, permId: number): boolean {
    order.notSent = false
    const isNewId = permId > 0 && !order.permIds.includes(permId)
    if (isNewId) {
      order.permIds.push(permId)
      this.ids.named(permId, order)
    }
    if (order.life.acknowledged) return isNewId
    this.#step(order, { _tag: "Acknowledged" })
    if (order.life.ended === undefined) this.#report(order, "New", "")
    return true
  }

  #executed(word: WordOf<"Executed">): boolean {
    const { base, revision } = revisionOf(word.execId)
    const order = this.orders.get(word.clOrdID)
    const leg = order === undefined ? -1 : legOf(order, word)
    if (order === undefined || leg === -1) return this.#foreign(word, base)
    const known = order.heard.get(base)
    if (known !== undefined && known.revision >= revision) return false
    this.#acknowledged(order, word.permId)
    if (known !== undefined) return this.#corrected(order, known, word, revision)
    order.heard.set(base, { word, revision, gathered: false, strayed: false })
    this.#byExecution.set(base, order)
    addTo(this.holdings, word.instrument, signOf(word.side) * word.quantity)
    this.#settle(order)
    return true
  }

  #corrected(order: IbOrder, known: Heard, word: WordOf<"Executed">, revision: number): boolean {
    const was = known.word
    const unitsBefore = unitsHeard(order)
    known.word = word
    known.revision = revision
    this.hasAmended ||= known.gathered
    addTo(this.holdings, was.instrument, -signOf(was.side) * was.quantity)
    addTo(this.holdings, word.instrument, signOf(word.side) * word.quantity)
    const { base } = revisionOf(word.execId)
    known.strayed ||= known.gathered && legOf(order, was) !== legOf(order, word)
    if (known.strayed) return this.#differs(correctedExecution(was, word, base))
    takeBack(order, unitsBefore - unitsHeard(order))
    return this.#amend(order, base, `execution ${was.execId} became ${word.execId}`)
  }

  /** What was told of an execution is said again where it changed. */
  #amend(order: IbOrder, base: string, text: string): boolean {
    const heard = order.heard.get(base)!
    if (heard.gathered && !heard.strayed) {
      for (const each of amendment(order, base, this.#charges.of(base)))
        this.#amended(order, each, text)
    }
    this.#settle(order)
    order.unevenSinceMs = isUneven(order) ? order.unevenSinceMs || this.#atMs : 0
    return true
  }

  #amended(order: IbOrder, { told, message }: Amendment, text: string): void {
    const wasFull = order.life.ended === undefined && !isWorking(order.life)
    this.#step(order, message)
    // What was full does not work again for it: the broker has closed it.
    if (wasFull && isWorking(order.life)) this.#step(order, { _tag: "Ended", as: "Canceled" })
    const number = this.reports.length + 1
    const report = correctionReport(number, reported(order), told, this.#atMs, text)
    order.reports.push(report)
    this.#push(report)
  }

  #foreign(word: WordOf<"Executed">, base: string): boolean {
    const isNew = this.#differs(foreignExecution(word, base))
    // It moved the account all the same: the position is not told as a second difference.
    if (isNew && word.instrument >= 0) {
      addTo(this.holdings, word.instrument, signOf(word.side) * word.quantity)
    }
    return isNew
  }

  #charged({ execId, commissionMicros }: WordOf<"Charged">): boolean {
    if (!this.#charges.take(execId, commissionMicros)) return false
    const { base } = revisionOf(execId)
    const order = this.#byExecution.get(base)
    this.hasAmended ||= order?.heard.get(base)?.gathered === true
    return order === undefined || this.#amend(order, base, `commission of execution ${base}`)
  }

  #chargeOverdue(execId: string): boolean {
    const { base } = revisionOf(execId)
    const order = this.#byExecution.get(base)
    if (order === undefined || !this.#charges.giveUp(base)) return false
    this.#settle(order)
    return true
  }

  #cancelRefused({ clOrdID, reason, atMs }: WordOf<"CancelRefused">): boolean {
    const order = this.orders.get(clOrdID)
    const isAnswered = this.answers.cancelReject(clOrdID) !== undefined
    if (isAnswered && order?.life.pendingCancels.length === 0) return false
    if (order !== undefined) this.#step(order, { _tag: "RequestRejected", clOrdID: "cancel" })
    const tradeId = order?.request.tradeId ?? ""
    this.#push(cancelReject(this.reports.length + 1, { clOrdID, tradeId }, reason, atMs))
    return true
  }

  #replaceRefused({ clOrdID, requestId, reason, atMs }: Omit<WordOf<"ReplaceRefused">, "_tag">) {
    if (this.answers.change(requestId) !== undefined) return false
    const order = this.orders.get(clOrdID)
    if (order !== undefined) this.#step(order, { _tag: "RequestRejected", clOrdID: requestId })
    const named = { clOrdID, tradeId: order?.request.tradeId ?? "" }
    const report = cancelReject(this.reports.length + 1, named, reason, atMs, requestId)
    order?.reports.push(report)
    this.#push(report)
    return true
  }

  #contractEnded(word: WordOf<"ContractEnded">): boolean {
    const { instrument, kind, quantity, shares, strikeMicros, date, atMs } = word
    const held = this.holdings.get(instrument) ?? 0
    if (held !== quantity) return false
    addTo(this.holdings, instrument, -quantity)
    addTo(this.holdings, stockId, shares)
    const execID = `ended ${date} ${instrument}`
    const payload = { execID, kind, instrument, quantity, shares, strikeMicros }
    this.#push(optionEvent(this.reports.length + 1, { ...payload, transactTimeMs: atMs }))
    return true
  }

  #differs(difference: UnexplainedPayload): boolean {
    if (this.#differences.has(difference.differenceId)) return false
    this.#differences.add(difference.differenceId)
    this.#push(unexplained(this.reports.length + 1, difference))
    return true
  }

  /** Gathers what is charged, tells whole units, then the end that waited for them. */
  #settle(order: IbOrder): void {
    for (const [base, heard] of order.heard) {
      if (heard.gathered || !this.#charges.isDue(base)) continue
      heard.gathered = true
      order.fills = takePiece(order.fills, pieceOf(order, base, this.#charges.of(base)))
    }
    const taken = takeUnits(order.fills)
    if (taken !== undefined) this.#trade(order, taken)
    this.#end(order)
  }

  #trade(order: IbOrder, { fill, pieces, rest }: TakenUnits): void {
    order.fills = rest
    let timeMs = 0
    for (const base of fill.execIDs) timeMs = Math.max(timeMs, order.heard.get(base)!.word.timeMs)
    const execID = newExecID(order, fill.execIDs)
    order.told = [...order.told, toldUnits(execID, fill, pieces)]
    const { units: lastQty, netMicros: lastPxMicros } = fill
    this.#step(order, { _tag: "Traded", execID, lastQty, lastPxMicros })
    const report = tradeReport(this.reports.length + 1, reported(order), execID, fill, timeMs)
    order.reports.push(report)
    this.#push(report)
    const fault = contradictionOf(order.life)
    if (fault !== undefined) this.#contradicts(order, fault)
  }

  #end(order: IbOrder): void {
    const end = order.pendingEnd
    if (end === undefined) return
    const isCounted = order.life.cumQty >= end.venueCumQty
    const isWaiting = [...order.heard.values()].some(({ gathered }) => !gathered)
    if (!isCounted || isWaiting) return
    order.pendingEnd = undefined
    // Filled in full, whatever was said of the rest that there is not.
    if (!isWorking(order.life)) return
    const as = end.as === "Rejected" && order.life.cumQty > 0 ? "Canceled" : end.as
    const { clOrdID, pendingReplaces } = order.life
    this.#step(order, { _tag: "Ended", as })
    this.#report(order, as, end.text)
    if (order.fills.waiting.length > 0) this.#contradicts(order, unevenLegs)
    for (const { clOrdID: requestId } of pendingReplaces) {
      const reason = `too late to change: ${as}`
      this.#replaceRefused({ clOrdID, requestId, reason, atMs: this.#atMs })
    }
  }

  #contradicts(order: IbOrder, found: string): void {
    this.#differs(impossibleOrder(order, found, this.#atMs))
  }

  #step(order: IbOrder, message: OrderMessage): boolean {
    const next = step(order.life, message)
    if (next.order === order.life) return false
    order.life = next.order
    orderLifeInvariant(order.life)
    return true
  }

  #report(
    order: IbOrder,
    execType: Parameters<typeof statusReport>[2],
    text: string,
    requestId?: string
  ): void {
    const number = this.reports.length + 1
    const report = statusReport(number, reported(order), execType, this.#atMs, text, requestId)
    order.reports.push(report)
    this.#push(report)
  }

  #push(report: BrokerReport): void {
    this.answers.keep(report)
    this.reports.push(report)
    this.heardAtMs.push(this.#atMs)
  }
}
