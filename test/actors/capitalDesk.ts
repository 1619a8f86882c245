/** The vault actor with a real ledger behind its gateway, and the records that drive it. */
import { Effect, Schema } from "effect"
import { makeChainGateway } from "../../src/actors/gateways/chainGateway.ts"
import { OrderClosed, TradeFilled } from "../../src/actors/ports/records/broker.ts"
import { DepositFunds } from "../../src/actors/ports/records/operator.ts"
import { TradeConverged, TradeProposed } from "../../src/actors/ports/records/trade.ts"
import { makeVault } from "../../src/actors/vault.ts"
import type { EventDraft, PayloadOf } from "../../src/domain/journal/record.ts"
import { settlingMicrosOf } from "../../src/domain/vault/capital.ts"
import type { VaultLimits } from "../../src/domain/vault/vaultState.ts"
import { openVaultLedger } from "../../src/infra/chain/ledger/VaultLedger.ts"
import { makeMemoryMedium } from "../../src/infra/log/medium.ts"
import { ActorDriver } from "./actorDriver.ts"

const limits: VaultLimits = {
  tradeMicrosMax: 1_000_000_000_000n,
  outstandingMicrosMax: 1_000_000_000_000n,
  adjustMicrosMax: 1_000_000_000n,
  reservationMsMax: 86_400_000,
  freezeMsMax: 1_000,
  tradeMsMax: 86_400_000
}
export const usd = 1_000_000n

/** The vault actor with a real ledger behind the gateway; answers wait until they are delivered. */
export class CapitalDesk {
  readonly vault = new ActorDriver(makeVault({ reservationMs: 60_000 }))
  readonly chain = Effect.runSync(openVaultLedger(makeMemoryMedium(), limits))
  readonly gateway = makeChainGateway(this.chain, { latencyMs: 5 })
  readonly answers: Array<EventDraft> = []
  readonly asked: Array<string> = []
  /** Every record in order, the actor's own events behind what they answer. */
  readonly journal: Array<EventDraft> = []

  tell(draft: EventDraft, options?: { readonly late?: boolean }): ReadonlyArray<EventDraft> {
    const events = this.vault.tell(draft, options)
    this.journal.push(draft, ...events)
    for (const event of events) {
      if (!this.gateway.requests.includes(event.type)) continue
      const record = {
        ...event,
        seq: 0,
        epoch: 1,
        actor: "vault",
        version: 1,
        cause: 0,
        logicalTimeMs: this.vault.nowMs,
        sourceSeq: 0
      }
      this.asked.push(this.gateway.requestKey(record))
      this.answers.push(...Effect.runSync(this.gateway.perform(record, this.vault.nowMs)))
    }
    return events
  }

  /** Delivers the oldest answer; `twice` delivers it again as well. */
  answer(twice = false): void {
    const next = this.answers.shift()
    if (next === undefined) return
    this.tell(next)
    if (twice) this.tell(next)
  }

  drain(): void {
    while (this.answers.length > 0) this.answer()
  }

  balances() {
    const { freeMicros, reservedMicros } = this.vault.state
    return { freeMicros, reservedMicros, settlingMicros: settlingMicrosOf(this.vault.state) }
  }

  chainBalances() {
    const { freeMicros, reservedMicros, settlingMicros } = Effect.runSync(this.chain.balances)
    return { freeMicros, reservedMicros, settlingMicros }
  }

  requests(): ReadonlyArray<string> {
    return this.vault.emitted.map(({ type }) => type)
  }
}

export const propose = (tradeId: string, change: Partial<PayloadOf<typeof TradeProposed>> = {}) =>
  TradeProposed.make({
    tradeId,
    kind: "Open",
    closes: "",
    strategyId: "spread",
    legs: [
      { instrument: 7, side: "Buy", ratio: 1 },
      { instrument: 9, side: "Sell", ratio: 1 }
    ],
    quantity: 4,
    limitNetMicros: 2_000_000,
    collateralMicros: 810n * usd,
    rationale: {},
    basis: [],
    ...change
  })
export const converged = (tradeId: string, phase: 1 | 2) => TradeConverged.make({ tradeId, phase })

/** Fills of the spread: long 7, short 9; `quantity` negative closes. */
export const fill = (
  tradeId: string,
  closes: string,
  quantity: number,
  cumQty: number,
  cashMicros: bigint,
  commissionMicros = usd
) =>
  TradeFilled.make({
    tradeId,
    kind: closes === "" ? "Open" : "Close",
    closes,
    strategyId: "spread",
    clOrdID: `o-${tradeId}`,
    execID: `x-${tradeId}-${cumQty}`,
    n: cumQty,
    lastQty: Math.abs(quantity),
    cumQty,
    leavesQty: 0,
    lastNetMicros: 0,
    legs: [
      {
        instrument: 7,
        side: quantity > 0 ? "Buy" : "Sell",
        lastQty: Math.abs(quantity),
        lastPxMicros: 0
      },
      {
        instrument: 9,
        side: quantity > 0 ? "Sell" : "Buy",
        lastQty: Math.abs(quantity),
        lastPxMicros: 0
      }
    ],
    cashMicros,
    commissionMicros
  })
export const over = (tradeId: string, cumQty: number, orderQty = 4) =>
  OrderClosed.make({
    tradeId,
    kind: "Open",
    clOrdID: `o-${tradeId}`,
    ordStatus: cumQty === orderQty ? "Filled" : "Canceled",
    orderQty,
    cumQty,
    reason: ""
  })

export const funded = (): CapitalDesk => {
  const desk = new CapitalDesk()
  desk.tell(DepositFunds.make({ depositId: "d1", amountMicros: 10_000n * usd }))
  desk.drain()
  return desk
}
export const opened = (): CapitalDesk => {
  const desk = funded()
  desk.tell(propose("A"))
  desk.tell(converged("A", 1))
  desk.drain()
  desk.tell(converged("A", 2))
  return desk
}

const Int = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))
/** What happens next in a random life of three trades. */
const Choice = Schema.Struct({
  trade: Int(0, 2),
  action: Int(0, 9),
  size: Int(1, 3),
  cash: Int(-300, 300),
  commission: Int(0, 3)
})

export const RandomLife = Schema.Array(Choice).check(
  Schema.isMinLength(30),
  Schema.isMaxLength(120)
)

/** Lives three trades to their end; returns what the vault must hold then, micro-USD. */
export const liveRandomly = (
  desk: CapitalDesk,
  choices: typeof RandomLife.Type,
  afterEach: () => void
): bigint => {
  const trades = [0, 1, 2].map((index) => ({
    id: `T${index}`,
    stage: "idle" as "idle" | "reserving" | "working" | "over",
    filled: 0,
    held: 0,
    closings: 0
  }))
  let expected = 10_000n * usd
  for (const { trade: index, action, size, cash, commission } of choices) {
    const trade = trades[index]!
    const cashMicros = BigInt(cash) * usd
    const commissionMicros = BigInt(commission) * usd
    if (action <= 2) {
      desk.answer(action === 0)
    } else if (trade.stage === "idle") {
      desk.tell(propose(trade.id))
      desk.tell(converged(trade.id, 1))
      trade.stage = "reserving"
    } else if (trade.stage === "reserving") {
      if (desk.vault.state.accounts.get(trade.id)?.reserved === true) trade.stage = "working"
    } else if (trade.stage === "working" && action <= 6 && trade.filled < 4) {
      const units = Math.min(size, 4 - trade.filled)
      trade.filled += units
      trade.held += units
      const capped = cashMicros < -190n * usd ? -190n * usd : cashMicros
      const draft = fill(
        trade.id,
        "",
        units,
        trade.filled,
        capped * BigInt(units),
        commissionMicros
      )
      desk.tell(draft)
      expected += capped * BigInt(units) - commissionMicros
    } else if (trade.stage === "working" && action === 7) {
      desk.tell(over(trade.id, trade.filled))
      trade.stage = "over"
    } else if (trade.held > 0) {
      const units = Math.min(size, trade.held)
      const closing = `${trade.id}-c${trade.closings++}`
      trade.held -= units
      desk.tell(propose(closing, { kind: "Close", closes: trade.id, collateralMicros: 0n }))
      const gain = cashMicros < 0n ? 0n : cashMicros
      desk.tell(fill(closing, trade.id, -units, units, gain, commissionMicros))
      expected += gain - commissionMicros
      desk.tell(over(closing, units, units))
    }
    afterEach()
  }
  for (const trade of trades) {
    desk.drain()
    if (trade.stage === "idle") continue
    if (trade.held > 0) {
      const closing = `${trade.id}-end`
      desk.tell(propose(closing, { kind: "Close", closes: trade.id, collateralMicros: 0n }))
      desk.tell(fill(closing, trade.id, -trade.held, trade.held, 0n, 0n))
      desk.tell(over(closing, trade.held, trade.held))
    }
    if (trade.stage !== "over") desk.tell(over(trade.id, trade.filled))
  }
  desk.drain()
  return expected
}
