/**
 * Interactive Brokers behind the `Broker` port.
 *
 * Every order is in our log before it is written and carries its `clOrdID` as the broker's orderRef; whether it may still
 * leave is looked at immediately before the write. Reports are numbered by the fold over the log, so numbers are dense
 * and the same after a restart. An answer that did not come is `VenueUnavailable` or `Unknown`, never "no".
 */
import { type Context, Effect, type Scope } from "effect"
import {
  type Broker,
  type BrokerReport,
  brokerSource,
  type OrderFate,
  SendLapsed,
  VenueUnavailable
} from "../../../actors/ports/Broker.ts"
import type { Instrument } from "../../../domain/market/contract.ts"
import { sortedHoldings } from "../../../domain/trading/holdings.ts"
import { isWorking } from "../../../domain/trading/orderLifeCycle.ts"
import type { OrderCancelReplaceRequest, OrderRequest } from "../../../domain/trading/reports.ts"
import type { IbBrokerOptions } from "./ibBrokerOptions.ts"
import { IbContracts } from "./ibContracts.ts"
import type { IbQueryFault } from "./ibFaults.ts"
import { IbHearing } from "./ibHearing.ts"
import { IbLink } from "./ibLink.ts"
import { type IbLog, IbLogUnusable, openIbLog } from "./ibLog.ts"
import type { IbOrder } from "./ibOrder.ts"
import { IbOrders } from "./ibOrders.ts"
import { changeFault, ibTerms, termsFault } from "./ibOrderTerms.ts"
import { type IbQueries, makeIbQueries } from "./ibQueries.ts"
import {
  catchUp,
  comparePositions,
  giveUpWaiting,
  heldInstruments,
  holdsExpired,
  type IbRecoveryParts,
  isKnownAtBroker,
  isWaiting,
  pendingChanges,
  refuseChanges
} from "./ibRecovery.ts"
import { IbWatch } from "./ibWatch.ts"
import type { IbWire } from "./ibWire.ts"
import type { IbWord } from "./ibWords.ts"

type Port = Context.Service.Shape<typeof Broker>
type Sent = Effect.Effect<void, VenueUnavailable | SendLapsed>

/** How often an order is given another number where the server had its own before. */
const duplicateAttemptsMax = 3

/** Opens the log and keeps a connection up in the scope; returns before it is: see `untilUp`. */
export const openIbBroker = Effect.fn("ib.open")(function* (
  options: IbBrokerOptions
): Effect.fn.Return<IbBroker, IbLogUnusable, Scope.Scope> {
  const { account, clientId } = options.link
  const log = yield* Effect.fromResult(openIbLog(options.medium, { account, clientId }))
  const broker = new IbBroker(options, log)
  yield* broker.link.run
  return broker
})

export class IbBroker {
  readonly link: IbLink
  readonly contracts = new IbContracts()
  readonly queries: IbQueries
  readonly port: Port
  readonly cutBytes: number
  readonly #options: IbBrokerOptions
  readonly #log: IbLog
  readonly #orders = new IbOrders()
  readonly #hearing: IbHearing
  readonly #recovery: IbRecoveryParts
  readonly #sendBeforeMs = new Map<number, number>()
  readonly #watch: IbWatch<VenueUnavailable>
  #instruments: ReadonlyArray<Instrument> = []
  #broken: VenueUnavailable | undefined
  #spoken = 0

  constructor(options: IbBrokerOptions, log: IbLog) {
    this.#options = options
    this.#log = log
    this.cutBytes = log.cutBytes
    for (const word of log.words) this.#orders.take(word)
    const { nowMs } = options
    this.#watch = new IbWatch(
      options.link.answerMs,
      (why) => this.#broken ?? this.#unavailable(why)
    )
    const record = (word: IbWord) => this.#record(word)
    this.link = new IbLink(options.link, {
      attach: (wire) => {
        this.#hearing.attach(wire)
        options.onWire?.(wire)
      },
      catchUp: Effect.suspend(() => this.#catchUp),
      maySend: (orderId) => this.#maySend(orderId),
      onState: (state) => {
        options.onState?.(state)
        this.#watch.look()
      },
      onDataLost: () => options.onSubscriptionsLost?.()
    })
    this.queries = makeIbQueries(this.link)
    this.#hearing = new IbHearing({
      orders: this.#orders,
      contracts: this.contracts,
      clientId: options.link.clientId,
      account: () => this.link.account,
      nowMs,
      record
    })
    const { queries, contracts } = this
    const seen = options.lastSeen ?? (() => undefined)
    this.#recovery = { queries, orders: this.#orders, contracts, nowMs, record, seen }
    this.port = {
      submit: (order, atMs, sendBeforeMs = Number.POSITIVE_INFINITY) =>
        this.#submit(order, atMs, sendBeforeMs),
      replace: (change, _atMs, sendBeforeMs = Number.POSITIVE_INFINITY) =>
        this.#replace(change, sendBeforeMs),
      cancel: (clOrdID) => this.#cancel(clOrdID),
      query: (clOrdID) => this.#query(clOrdID),
      positions: Effect.suspend(() => this.#positions),
      speaker: {
        source: brokerSource,
        nextDueMs: () => this.#nextDueMs(),
        next: () => this.#next(),
        resumeAfter: (sourceSeq) => this.#resumeAfter(sourceSeq)
      }
    }
  }

  /** The listing; empty before the first connection. */
  get instruments(): ReadonlyArray<Instrument> {
    return this.#instruments
  }

  /** Whether something happened that is not told yet: executions, commissions, other legs are to come. */
  get isBehind(): boolean {
    return this.#hearing.missing.length > 0 || isWaiting(this.#orders)
  }

  /**
   * Returns when the wire is quiet: all that the server said before has been heard, and what it counts and did not tell
   * has been asked for.
   */
  readonly quiet: Effect.Effect<void, IbQueryFault> = Effect.gen({ self: this }, function* () {
    yield* this.link.echo
    if (this.isBehind) {
      yield* this.queries.executions
      giveUpWaiting(this.#recovery, this.#options.commissionWaitMs)
    }
    // IB does not say that a contract ended: the account is looked at.
    if (holdsExpired(this.#recovery)) yield* comparePositions(this.#recovery)
  })

  /** Looks at the whole account: what nobody here did or heard of is told. Orders go on meanwhile. */
  readonly reconcile = Effect.suspend(() =>
    Effect.andThen(this.link.upWire, catchUp(this.#recovery))
  )

  #replace(
    change: OrderCancelReplaceRequest,
    sendBeforeMs: number
  ): Effect.Effect<ReadonlyArray<BrokerReport>, VenueUnavailable | SendLapsed> {
    return Effect.gen({ self: this }, function* () {
      const { clOrdID, requestId } = change
      const answered = () => this.#orders.answers.change(requestId)
      const first = answered()
      if (first !== undefined) return this.#answer([first])
      const known = this.#orders.orders.get(clOrdID)
      const isPending = () => known?.life.pendingReplaces.some((each) => each.clOrdID === requestId)
      if (isPending()) return yield* this.#unavailable(`the fate of ${requestId} is not known yet`)
      const wire = yield* this.#wire
      yield* this.link.turn
      const atMs = this.#options.nowMs()
      const reason = changeFault(known, change, this.contracts)
      if (known === undefined || reason !== undefined) {
        this.#record({ _tag: "ReplaceRefused", clOrdID, requestId, reason: reason ?? "", atMs })
        return this.#answer([])
      }
      // Asked and written at once: a look at the open orders between the two would find it missing.
      this.#record({ _tag: "ReplaceAsked", ...change, atMs })
      this.#sendBeforeMs.set(known.orderId, sendBeforeMs)
      yield* this.#write(wire, known, { ...known.request, ...change }, requestId)
      yield* this.#watch.until(wire, () => answered() !== undefined || !isPending())
      return yield* this.#settled
    })
  }

  readonly #catchUp: Effect.Effect<void, IbQueryFault> = Effect.gen({ self: this }, function* () {
    if (this.contracts.size < Math.max(1, this.#instruments.length)) {
      this.#instruments = yield* this.#options.list(this.link, this.contracts)
    }
    yield* catchUp(this.#recovery)
    this.#options.onSubscriptionsLost?.()
  })

  #record(word: IbWord): void {
    if (this.#broken !== undefined || !this.#orders.take(word)) return
    try {
      this.#log.append(word)
    } catch (cause) {
      if (!(cause instanceof IbLogUnusable)) throw cause
      this.#broken = this.#unavailable(cause.message)
      this.#watch.give(cause.message)
    }
    this.#watch.look()
  }

  #unavailable(why: string): VenueUnavailable {
    return new VenueUnavailable({ venue: `Interactive Brokers at ${this.link.place}`, why })
  }

  /** The connection, up; the log, writable. */
  get #wire(): Effect.Effect<IbWire, VenueUnavailable> {
    return Effect.suspend(() =>
      this.#broken === undefined
        ? Effect.mapError(this.link.upWire, ({ message }) => this.#unavailable(message))
        : Effect.fail(this.#broken)
    )
  }

  #maySend(orderId: number): string | undefined {
    const nowMs = this.#options.nowMs()
    const sendBeforeMs = this.#sendBeforeMs.get(orderId) ?? Number.NEGATIVE_INFINITY
    if (nowMs >= sendBeforeMs) return `it was to be sent before ${sendBeforeMs}, it was ${nowMs}`
    return this.#options.leaseProblem() || undefined
  }

  #submit(
    request: OrderRequest,
    atMs: number,
    sendBeforeMs: number
  ): Effect.Effect<ReadonlyArray<BrokerReport>, VenueUnavailable | SendLapsed> {
    return Effect.gen({ self: this }, function* () {
      const known = this.#orders.orders.get(request.clOrdID)
      if (known !== undefined && !known.notSent) {
        if (known.reports.length > 0) return this.#answer(known.reports)
        return yield* this.#unavailable(`the fate of order ${request.clOrdID} is not known yet`)
      }
      const wire = yield* this.#wire
      const fault = termsFault(request, this.contracts)
      if (fault !== undefined) {
        this.#record({ _tag: "Denied", request, why: fault, atMs })
        return this.#answer([])
      }
      for (let attempt = 1; ; attempt++) {
        yield* this.#send(wire, request, sendBeforeMs)
        const order = this.#orders.orders.get(request.clOrdID)!
        yield* this.#watch.until(wire, () => order.reports.length > 0 || order.notSent)
        if (!order.notSent) break
        if (attempt === duplicateAttemptsMax) {
          return yield* this.#unavailable(
            `no order id of ours is taken: the last was ${order.orderId}`
          )
        }
      }
      return yield* this.#settled
    })
  }

  #send(wire: IbWire, request: OrderRequest, sendBeforeMs: number): Sent {
    return Effect.gen({ self: this }, function* () {
      const orderId = Math.max(this.link.nextOrderId, this.#orders.ids.orderIdMax + 1)
      this.#sendBeforeMs.set(orderId, sendBeforeMs)
      this.#record({ _tag: "Placed", request, orderId, atMs: this.#options.nowMs() })
      yield* this.link.turn
      yield* this.#write(wire, this.#orders.orders.get(request.clOrdID)!, request)
    })
  }

  /** Writes an order, or its change, now, under its present number. Where not a byte left that is said, and is certain. */
  #write(wire: IbWire, { orderId }: IbOrder, request: OrderRequest, requestId?: string): Sent {
    if (this.#broken !== undefined) return Effect.fail(this.#broken)
    const { clOrdID } = request
    const { explicitTransmit } = this.#options.link.defences
    const terms = ibTerms(request, this.contracts, this.link.account, explicitTransmit)
    const notSent = (why: string) => {
      const said = { clOrdID, why, atMs: this.#options.nowMs() }
      const change = requestId !== undefined && { _tag: "ReplaceNotSent" as const, requestId }
      this.#record({ ...(change || { _tag: "NotSent" }), ...said })
    }
    try {
      const why = wire.sendOrder(orderId, (api) =>
        api.placeOrder(orderId, terms.contract, terms.order)
      )
      if (why === undefined) return Effect.void
      notSent(why)
      return Effect.fail(new SendLapsed({ clOrdID, why }))
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      notSent(why)
      return Effect.fail(this.#unavailable(why))
    }
  }

  /** After a first word: what else was said by then, as an answer. */
  get #settled(): Effect.Effect<ReadonlyArray<BrokerReport>, VenueUnavailable> {
    return Effect.map(
      Effect.mapError(this.quiet, ({ message }) => this.#unavailable(message)),
      () => this.#answer([])
    )
  }

  #cancel(clOrdID: string): Effect.Effect<ReadonlyArray<BrokerReport>, VenueUnavailable> {
    return Effect.gen({ self: this }, function* () {
      const known = this.#orders.orders.get(clOrdID)
      if (known?.life.ended === "Canceled") return this.#answer(known.reports)
      const wire = yield* this.#wire
      const rejected = this.#orders.answers.cancelReject(clOrdID)
      const isOver = known === undefined || known.notSent || !isWorking(known.life)
      if (isOver && rejected !== undefined) return this.#answer([rejected])
      if (isOver) {
        const isUnknown = known === undefined || known.notSent
        const reason = isUnknown ? "unknown order" : `too late to cancel: ${known.life.ordStatus}`
        this.#record({ _tag: "CancelRefused", clOrdID, reason, atMs: this.#options.nowMs() })
        return this.#answer([])
      }
      this.#record({ _tag: "CancelAsked", clOrdID, atMs: this.#options.nowMs() })
      yield* this.link.turn
      yield* Effect.try({
        try: () => wire.send((api) => api.cancelOrder(known.orderId)),
        catch: (cause) => this.#unavailable(cause instanceof Error ? cause.message : String(cause))
      })
      yield* this.#watch.until(
        wire,
        () => known.pendingEnd !== undefined || known.life.pendingCancels.length === 0
      )
      return yield* this.#settled
    })
  }

  #query(clOrdID: string): Effect.Effect<OrderFate> {
    const unknown = (why: string): OrderFate => ({ _tag: "Unknown", why })
    return Effect.gen({ self: this }, function* () {
      const known = this.#orders.orders.get(clOrdID)
      const changes = pendingChanges(this.#recovery, clOrdID)
      if (known?.reports.length && changes.length === 0) return present(known)
      if (known?.notSent === true) return { _tag: "Absent" } as const
      if (this.link.state._tag !== "Up") return unknown(`the link is ${this.link.state._tag}`)
      const isKnown = yield* isKnownAtBroker(this.#recovery, clOrdID, known?.permIds ?? [])
      yield* this.quiet
      refuseChanges(this.#recovery, changes)
      if (known !== undefined && known.reports.length > 0) return present(known)
      if (isKnown) return { _tag: "Present", reports: [] } as const
      const why = "not among open, completed and executed orders"
      this.#record({ _tag: "NotSent", clOrdID, why, atMs: this.#options.nowMs() })
      return { _tag: "Absent" } as const
    }).pipe(Effect.catch(({ message }) => Effect.succeed(unknown(message))))
  }

  readonly #positions: Port["positions"] = Effect.gen({ self: this }, function* () {
    yield* this.#wire
    const held = yield* Effect.mapError(this.queries.positions, ({ message }) =>
      this.#unavailable(message)
    )
    return sortedHoldings(heldInstruments(this.contracts, held))
  })

  #nextDueMs(): number {
    if (this.#broken !== undefined) return Number.POSITIVE_INFINITY
    return this.#orders.heardAtMs[this.#spoken] ?? Number.POSITIVE_INFINITY
  }

  /** A book that heard more than the log holds belongs to another log: what came next would be taken for repeats. */
  #resumeAfter(sourceSeq: number): void {
    const { length } = this.#orders.reports
    if (sourceSeq > length) {
      throw new Error(
        `the book heard ${sourceSeq} reports of the broker, the gateway's log at ${this.#options.medium.place} has ${length}: it is not the log of this book`
      )
    }
    this.#spoken = sourceSeq
  }

  #next(): BrokerReport {
    const report = this.#orders.reports[this.#spoken]
    if (report === undefined) throw new Error("Interactive Brokers has nothing to say")
    this.#spoken++
    return report
  }

  /** Every report that is not spoken yet, in order, after those of `asked` that were. */
  #answer(asked: ReadonlyArray<BrokerReport>): ReadonlyArray<BrokerReport> {
    const answer = asked.filter(({ sourceSeq }) => sourceSeq <= this.#spoken)
    if (this.#broken === undefined) {
      answer.push(...this.#orders.reports.slice(this.#spoken))
      this.#spoken = this.#orders.reports.length
    }
    return answer
  }
}

const present = ({ reports }: IbOrder): OrderFate => ({ _tag: "Present", reports: [...reports] })
