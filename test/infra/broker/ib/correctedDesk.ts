/**
 * From the wire's words to the chain: the gateway's fold of words, the executor, the vault with a real ledger behind its
 * gateway, hedger, and auditor, driven word by word, with nothing between them but their records.
 */
import { assert } from "@effect/vitest"
import { makeAuditor } from "../../../../src/actors/auditor.ts"
import { makeExecutor } from "../../../../src/actors/executor.ts"
import { makeHedger } from "../../../../src/actors/hedger.ts"
import type { BrokerReport } from "../../../../src/actors/ports/Broker.ts"
import {
  OrderIntent,
  TradeCorrected,
  TradeFilled
} from "../../../../src/actors/ports/records/broker.ts"
import { TimerFired } from "../../../../src/actors/ports/records/kernel.ts"
import { InstrumentsListed } from "../../../../src/actors/ports/records/market.ts"
import type { TradeProposed } from "../../../../src/actors/ports/records/trade.ts"
import type { EventDraft, PayloadOf } from "../../../../src/domain/journal/record.ts"
import { compare, type Difference } from "../../../../src/domain/portfolio/compare.ts"
import { emptyLedger, postRecord } from "../../../../src/domain/portfolio/ledger.ts"
import type { MoneyRecord } from "../../../../src/domain/portfolio/moneyRecord.ts"
import { ibFixed } from "../../../../src/domain/trading/commission.ts"
import { noWalk } from "../../../../src/domain/trading/limitWalk.ts"
import { centTicks } from "../../../../src/domain/trading/tick.ts"
import { IbOrders } from "../../../../src/infra/broker/ib/ibOrders.ts"
import type { IbWord } from "../../../../src/infra/broker/ib/ibWords.ts"
import { ActorDriver } from "../../../actors/actorDriver.ts"
import { type CapitalDesk, converged, funded, propose } from "../../../actors/capitalDesk.ts"

const listing = InstrumentsListed.make({
  session: "s",
  underlying: "X",
  contentHash: "",
  rows: 0,
  badRows: 0,
  notTradableRows: 0,
  instruments: Array.from({ length: 10 }, (_, instrument) => ({
    instrument,
    kind: instrument === 0 ? ("Stock" as const) : ("Option" as const),
    symbol: `i${instrument}`,
    expiration: instrument === 0 ? "" : "2016-01-15",
    strikeMicros: instrument,
    optionType: instrument === 0 ? ("None" as const) : ("Call" as const),
    exerciseStyle: "American" as const,
    multiplier: instrument === 0 ? 1 : 100
  }))
})

const quietMs = 60_000
const money = new Set([
  ..."InstrumentsListed Deposited Reserved Settled ReservationCanceled Closed".split(" "),
  ..."Adjusted TradeFilled TradeCorrected".split(" ")
])

type Proposal = Partial<PayloadOf<typeof TradeProposed>>

/** What a test may put in place of a sound part. */
export interface Planted {
  readonly reported?: (report: BrokerReport) => BrokerReport
  readonly decided?: (event: EventDraft) => EventDraft
}

export class CorrectedDesk {
  orders = new IbOrders()
  readonly words: Array<IbWord> = []
  readonly capital: CapitalDesk
  readonly executor = new ActorDriver(
    makeExecutor({
      workMsMax: 60_000,
      sendMsMax: 5_000,
      timeInForce: { Open: "Day", Close: "Day", Hedge: "ImmediateOrCancel" },
      walk: noWalk,
      optionTicks: centTicks
    })
  )
  readonly hedger = new ActorDriver(
    makeHedger({
      strategyId: "hedge",
      bandShares: 1_000_000,
      insideShare: 0.5,
      collarBasisPoints: 10,
      marginShare: 0.5,
      commissions: ibFixed,
      quoteAgeMsMax: 1,
      proposalMsMax: 1,
      closePolicy: "carry",
      flattenBeforeMs: 1
    })
  )
  readonly auditor = new ActorDriver(makeAuditor({ quietMs, reconcileMs: 1e12, anchorMs: 1e12 }))
  /** What the executor said of executions. */
  readonly told: Array<EventDraft> = []
  readonly unexplained: Array<string> = []
  readonly #planted: Planted
  #heard = 0
  #seen = 0
  #atMs = 0

  constructor(planted: Planted = {}) {
    this.#planted = planted
    this.capital = funded()
    for (const each of [this.executor, this.hedger, this.auditor]) each.tell(listing)
    this.#share()
  }

  /** Up to the durable intent; answers the order's id. `tradeId`: its capital is reserved first where it opens. */
  order(tradeId: string, change: Proposal): string {
    const proposal = propose(tradeId, change)
    const isClose = proposal.payload.kind === "Close"
    this.executor.tell(proposal)
    this.capital.tell(proposal)
    const first = converged(tradeId, 1)
    const events = [...this.executor.tell(first)]
    this.capital.tell(first)
    this.settle()
    if (!isClose) {
      const second = converged(tradeId, 2)
      events.push(...this.executor.tell(second))
      this.capital.tell(second)
    }
    const intent = events.find(({ type }) => type === OrderIntent.type)
    assert.isDefined(intent, `an order of ${tradeId}`)
    const { clOrdID, legs, orderQty, limitNetMicros } = intent!.payload as PayloadOf<
      typeof OrderIntent
    >
    const request = {
      clOrdID,
      tradeId,
      legs,
      orderQty,
      limitNetMicros,
      timeInForce: "Day"
    } as const
    this.say({ _tag: "Placed", request, orderId: this.words.length + 1, atMs: this.#atMs })
    this.say({ _tag: "Acknowledged", clOrdID, permId: this.words.length + 1, atMs: this.#atMs })
    return clOrdID
  }

  /** The gateway hears a word, and everybody what follows from it. */
  say(word: IbWord): void {
    if (this.orders.take({ ...word, atMs: this.#atMs++ })) this.words.push(word)
    this.#hear()
  }

  /** The gateway dies and folds its log anew: it has said what it said. */
  restart(): void {
    const before = this.orders.reports
    this.orders = new IbOrders()
    for (const word of this.words) this.orders.take(word)
    assert.deepStrictEqual(
      this.orders.reports.map(({ type, payload }) => [type, without(payload)]),
      before.map(({ type, payload }) => [type, without(payload)])
    )
  }

  settle(): void {
    this.capital.drain()
    this.#share()
  }

  /** The chain answers once more. */
  answer(): void {
    this.capital.answer()
    this.#share()
  }

  /** What the ledger, the vault and the chain differ in, and what the auditor finds once money has been quiet. */
  differences(): ReadonlyArray<Difference> {
    const ledger = emptyLedger()
    postRecord(ledger, listing)
    for (const draft of this.capital.journal) {
      if (money.has(draft.type)) postRecord(ledger, draft as unknown as MoneyRecord)
    }
    this.auditor.nowMs += quietMs
    const found = this.auditor
      .tell(TimerFired.make({ owner: "x", timer: "y", dueMs: 0 }))
      .flatMap(
        ({ payload }) => (payload as { differences?: ReadonlyArray<Difference> }).differences ?? []
      )
    return [...compare(ledger, this.capital.vault.state, this.capital.chainBalances()), ...found]
  }

  /** Cash less commissions of all that the executor told, micro-USD. */
  get toldMicros(): bigint {
    return this.told.reduce((sum, { payload }) => {
      const { cashMicros, commissionMicros } = payload as PayloadOf<typeof TradeFilled>
      return sum + cashMicros - commissionMicros
    }, 0n)
  }

  #hear(): void {
    const { reported = (report) => report, decided = (event) => event } = this.#planted
    for (const sound of this.orders.reports.slice(this.#heard)) {
      this.#heard++
      const report = reported(sound)
      if (report.type === "Unexplained") this.unexplained.push(report.payload.what)
      this.auditor.tell(report)
      for (const event of this.executor.tell(report).map(decided)) {
        if (event.type === "Unexplained") {
          this.unexplained.push((event.payload as { what: string }).what)
        }
        if (event.type === TradeFilled.type || event.type === TradeCorrected.type) {
          this.told.push(event)
        }
        this.capital.tell(event)
        this.hedger.tell(event)
        this.#share()
      }
    }
  }

  /** What the vault's side came to is told to the auditor. */
  #share(): void {
    for (const draft of this.capital.journal.slice(this.#seen)) this.auditor.tell(draft)
    this.#seen = this.capital.journal.length
  }
}

/** A fold of the same words tells the same, but for when it was heard: these words are dated as they come. */
const without = (payload: BrokerReport["payload"]) => ({ ...payload, transactTimeMs: 0 })
