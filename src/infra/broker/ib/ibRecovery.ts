/**
 * Catching up after a connection came to be, and looking again while it lasts: what the account holds and did is compared
 * with what we heard.
 *
 * Missed executions come in like any others and count once. What stays unexplained is told as such: no fill, order or
 * position is ever made up to close a gap. A question without an answer ends the attempt; nothing is concluded from it.
 */
import { Effect } from "effect"
import { expirationCloseMs } from "../../../domain/market/calendar.ts"
import { formatDays } from "../../../domain/market/civilDate.ts"
import { stockId } from "../../../domain/market/contract.ts"
import { newYorkTimeOf } from "../../../domain/market/newYorkTime.ts"
import { isWorking } from "../../../domain/trading/orderLifeCycle.ts"
import type { IbContracts } from "./ibContracts.ts"
import type { IbQueryFault } from "./ibFaults.ts"
import { type IbOrder, impossibleOrder, unevenLegs } from "./ibOrder.ts"
import type { IbOrders } from "./ibOrders.ts"
import type { AccountPosition, IbQueries, OrderNames } from "./ibQueries.ts"
import { contractEnds, type LastSeen } from "./ibSettlement.ts"
import type { IbWord } from "./ibWords.ts"

export interface IbRecoveryParts {
  readonly queries: IbQueries
  readonly orders: IbOrders
  readonly contracts: IbContracts
  readonly nowMs: () => number
  readonly record: (word: IbWord) => void
  /** The underlying as it was last quoted; undefined where it was not. */
  readonly seen: () => LastSeen | undefined
}

/** Open orders, completed orders, executions, positions. Orders may be sent and filled meanwhile. */
export const catchUp = Effect.fn("ib.catchUp")(function* (
  parts: IbRecoveryParts
): Effect.fn.Return<void, IbQueryFault> {
  const { queries, orders } = parts
  const asked = [...orders.orders.values()].filter(isAtWork)
  const changes = pendingChanges(parts)
  const open = yield* queries.openOrders
  const completed = yield* queries.completedOrders
  yield* queries.executions
  refuseChanges(parts, changes)
  tellLostOrders(parts, asked, [...open, ...completed])
  yield* comparePositions(parts)
})

/** Whether the broker knows an order by our reference: open, completed or executed. Fails where it did not say. */
export const isKnownAtBroker = Effect.fn("ib.isKnownAtBroker")(function* (
  { queries }: IbRecoveryParts,
  clOrdID: string,
  permIds: ReadonlyArray<number>
): Effect.fn.Return<boolean, IbQueryFault> {
  const isIt = ({ ref, permId }: OrderNames) => ref === clOrdID || permIds.includes(permId)
  const open = yield* queries.openOrders
  if (open.some(isIt)) return true
  const completed = yield* queries.completedOrders
  if (completed.some(isIt)) return true
  const executed = yield* queries.executions
  return executed.some(isIt)
})

/** A change that was asked for and not answered. */
type PendingChange = readonly [clOrdID: string, requestId: string]

/** Of one order, or of all. */
export const pendingChanges = (
  { orders }: IbRecoveryParts,
  only?: string
): ReadonlyArray<PendingChange> =>
  [...orders.orders.values()].flatMap(({ request: { clOrdID }, life }) =>
    only === undefined || only === clOrdID
      ? life.pendingReplaces.map((each): PendingChange => [clOrdID, each.clOrdID])
      : []
  )

/** What the broker's own list of open orders, asked for since, shows nothing of never arrived. */
export const refuseChanges = (
  { nowMs, record }: IbRecoveryParts,
  changes: ReadonlyArray<PendingChange>
): void => {
  const reason = "the broker's order is not changed"
  const atMs = nowMs()
  for (const [clOrdID, requestId] of changes) {
    record({ _tag: "ReplaceRefused", clOrdID, requestId, reason, atMs })
  }
}

const isAtWork = ({ life, pendingEnd }: IbOrder): boolean =>
  isWorking(life) && life.acknowledged && pendingEnd === undefined

/** Orders that worked when the broker was asked, still do as far as we heard, and that it does not mention at all. */
const tellLostOrders = (
  { nowMs, record }: IbRecoveryParts,
  asked: ReadonlyArray<IbOrder>,
  mentioned: ReadonlyArray<OrderNames>
): void => {
  const atMs = nowMs()
  for (const order of asked) {
    if (!isAtWork(order)) continue
    const { clOrdID, timeInForce } = order.request
    const isMentioned = mentioned.some(
      ({ ref, permId }) => ref === clOrdID || order.permIds.includes(permId)
    )
    if (isMentioned) continue
    if (timeInForce === "Day" && isOfEarlierDay(order, atMs)) {
      const venueCumQty = order.life.cumQty
      const text = "day order of an earlier day"
      record({ _tag: "Ended", clOrdID, as: "Expired", venueCumQty, text, atMs })
      continue
    }
    const instruments = order.request.legs.map(({ instrument }) => instrument)
    record({
      _tag: "Differs",
      difference: {
        differenceId: `lost order ${clOrdID}`,
        what: `order ${clOrdID}`,
        expected: `working, ${order.life.leavesQty} left`,
        found: "neither open nor completed at the broker",
        instruments: instruments.toSorted((a, b) => a - b),
        transactTimeMs: atMs
      },
      moves: [],
      atMs
    })
  }
}

const dayOf = (epochMs: number): string => formatDays(newYorkTimeOf(epochMs).date)

const isOfEarlierDay = ({ reports }: IbOrder, nowMs: number): boolean => {
  const [first] = reports
  return first !== undefined && dayOf(first.payload.transactTimeMs) < dayOf(nowMs)
}

/** So often at most; an account that moves under every look is left for the next time. */
const looksMax = 6

/**
 * The account's positions against the sum of all executions heard. A difference is told of two looks, and only where no
 * execution came between the question and its last answer: one may be under way.
 */
export const comparePositions = Effect.fn("ib.comparePositions")(function* (
  parts: IbRecoveryParts
): Effect.fn.Return<void, IbQueryFault> {
  for (let look = 1; look <= looksMax; look++) {
    const before = textOf(parts.orders.holdings)
    const held = yield* parts.queries.positions
    yield* parts.queries.executions
    endContracts(parts, held)
    if (differing(parts, held).length === 0) return
    if (look === 1 || textOf(parts.orders.holdings) !== before) continue
    return tellPositions(parts, held)
  }
})

const textOf = (holdings: IbOrders["holdings"]): string => JSON.stringify([...holdings])

interface Differing {
  readonly instrument: number
  readonly symbol: string
  readonly expected: number
  readonly found: number
}

const differing = (
  { orders, contracts }: IbRecoveryParts,
  held: ReadonlyArray<AccountPosition>
): ReadonlyArray<Differing> => {
  const found = heldInstruments(contracts, held)
  const instruments = [...new Set([...orders.holdings.keys(), ...found.keys()])]
  const listed = instruments
    .toSorted((a, b) => a - b)
    .map((instrument) => ({
      instrument,
      symbol: contracts.of(instrument)?.listed.symbol ?? `instrument ${instrument}`,
      expected: orders.holdings.get(instrument) ?? 0,
      found: found.get(instrument) ?? 0
    }))
    .filter((each) => each.expected !== each.found)
  const unlisted = held
    .filter(({ conId }) => contracts.instrumentOf(conId) === -1)
    .map(({ symbol, quantity }) => ({ instrument: -1, symbol, expected: 0, found: quantity }))
    .filter(({ symbol, found: quantity }) => !orders.hasDifference(positionId(symbol, 0, quantity)))
  return [...listed, ...unlisted]
}

/** What of an account's positions is listed, signed. */
export const heldInstruments = (
  contracts: IbContracts,
  held: ReadonlyArray<AccountPosition>
): Map<number, number> =>
  new Map(
    held
      .map(({ conId, quantity }) => [contracts.instrumentOf(conId), quantity] as const)
      .filter(([instrument]) => instrument >= 0)
  )

const positionId = (symbol: string, expected: number, found: number): string =>
  `position ${symbol} ${expected} ${found}`

const tellPositions = (parts: IbRecoveryParts, held: ReadonlyArray<AccountPosition>): void => {
  const atMs = parts.nowMs()
  for (const { instrument, symbol, expected, found } of differing(parts, held)) {
    parts.record({
      _tag: "Differs",
      difference: {
        differenceId: `${positionId(symbol, expected, found)} ${atMs}`,
        what: `position of ${symbol}`,
        expected: String(expected),
        found: String(found),
        instruments: instrument >= 0 ? [instrument] : [],
        transactTimeMs: atMs
      },
      moves: instrument >= 0 ? [[instrument, found - expected]] : [],
      atMs
    })
  }
}

/** Whether something is still counted as held whose time is over. */
export const holdsExpired = ({ orders, contracts, nowMs }: IbRecoveryParts): boolean => {
  for (const instrument of orders.holdings.keys()) {
    const each = contracts.of(instrument)?.listed
    if (each?.kind !== "Option") continue
    const closeMs = expirationCloseMs(each.contract.expiration)
    if (closeMs !== undefined && nowMs() > closeMs) return true
  }
  return false
}

/** Contracts that expired and left the account, where the shares that came for them say how. */
const endContracts = (parts: IbRecoveryParts, held: ReadonlyArray<AccountPosition>): void => {
  const { orders, contracts, nowMs, record } = parts
  const atMs = nowMs()
  const found = heldInstruments(contracts, held)
  const gone = [...orders.holdings].flatMap(([instrument, quantity]) => {
    const listed = contracts.of(instrument)?.listed
    if (listed?.kind !== "Option" || found.has(instrument)) return []
    const closeMs = expirationCloseMs(listed.contract.expiration)
    if (closeMs === undefined || atMs < closeMs) return []
    return [{ instrument, quantity, contract: listed.contract }]
  })
  const shares = (found.get(stockId) ?? 0) - (orders.holdings.get(stockId) ?? 0)
  for (const ended of contractEnds(gone, shares, parts.seen()) ?? []) {
    record({ _tag: "ContractEnded", ...ended, atMs })
  }
}

const isDone = (items: Iterable<unknown>): boolean => items[Symbol.iterator]().next().done === true

/** Over, with corrected legs that make no whole units, and not told so. */
const uneven = (orders: IbOrders): ReadonlyArray<IbOrder> =>
  [...orders.orders.values()].filter(
    (order) =>
      order.unevenSinceMs > 0 &&
      !orders.hasDifference(impossibleOrder(order, unevenLegs, 0).differenceId)
  )

/** Whether commissions, or corrections of other legs, are still to come. */
export const isWaiting = (orders: IbOrders): boolean =>
  !isDone(orders.uncharged()) || uneven(orders).length > 0

/** What has been waited for long enough: a fill is told without its commission, uneven legs are unexplained. */
export const giveUpWaiting = (
  { orders, nowMs, record }: IbRecoveryParts,
  commissionWaitMs: number
): void => {
  const atMs = nowMs()
  for (const { execId, atMs: heardMs } of [...orders.uncharged()]) {
    if (atMs - heardMs >= commissionWaitMs) record({ _tag: "ChargeOverdue", execId, atMs })
  }
  for (const order of uneven(orders)) {
    if (atMs - order.unevenSinceMs < commissionWaitMs) continue
    record({
      _tag: "Differs",
      difference: impossibleOrder(order, unevenLegs, atMs),
      moves: [],
      atMs
    })
  }
}
