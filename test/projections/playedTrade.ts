/** The whole path of one trade on a recorded day. */
import { TimerSet } from "../../src/actors/ports/records/kernel.ts"
import {
  Closed,
  CloseRequested,
  Reserved,
  ReserveRequested,
  Settled,
  SettleRequested,
  TradeCompleted
} from "../../src/actors/ports/records/vault.ts"
import { usd } from "./listedChain.ts"
import { balances, closeMs, legFills, type RecordedDay, verticalLegs } from "./recordedDay.ts"

/** A vertical bought at 2.00 and sold at 2.50, two units: all the way to the capital's return. */
export const playVertical = (
  day: RecordedDay,
  tradeId = "main-strategy-0",
  closeId = "main-strategy-1"
): void => {
  day.quote(0, 748.4, 748.6)
  const near = day.quote(1, 5, 5.2)
  const far = day.quote(2, 3, 3.2)
  const basis = [near.seq, far.seq]
  const features = day.minute(1)
  day.regime(features)
  const later = day.minute(2)
  const proposed = day.propose(later, tradeId, { basis })
  day.verdicts(proposed, tradeId, 1)
  const first = day.converged(proposed, tradeId, 1)
  day.event(
    "vault",
    first,
    ReserveRequested.make(
      { tradeId, attempt: 1, maxAmountMicros: 430_000_000n, expiryMs: closeMs },
      tradeId
    )
  )
  day.nowMs += 5
  const reserved = day.input(
    "chain",
    Reserved.make({
      tradeId,
      maxAmountMicros: 430_000_000n,
      ...balances(99_570_000_000n, 430_000_000n, 0n)
    })
  )
  day.verdicts(reserved, tradeId, 2)
  const second = day.converged(reserved, tradeId, 2)
  const intent = day.order(second, tradeId)
  day.event(
    "executor",
    second,
    TimerSet.make({
      owner: "executor",
      timer: `work ${(intent.payload as { clOrdID: string }).clOrdID}`,
      dueMs: day.nowMs + 60_000
    })
  )
  day.nowMs += 40
  const filled = day.fill(tradeId, {
    n: 1,
    lastQty: 2,
    legs: legFills("Buy", 2, 5.1, 3.1),
    cashMicros: -400_000_000n,
    commissionMicros: 2_600_000n
  })
  day.event(
    "vault",
    filled,
    SettleRequested.make({ tradeId, n: 1, attempt: 1, cumulativeMicros: 430_000_000n }, tradeId)
  )
  day.input(
    "chain",
    Settled.make({
      tradeId,
      n: 1,
      cumulativeMicros: 430_000_000n,
      ...balances(99_570_000_000n, 0n, 430_000_000n)
    })
  )
  closeVertical(day, { tradeId, closeId, basis })
}

const closeVertical = (
  day: RecordedDay,
  played: {
    readonly tradeId: string
    readonly closeId: string
    readonly basis: ReadonlyArray<number>
  }
): void => {
  const { tradeId, closeId, basis } = played
  const features = day.minute(30)
  const legs = verticalLegs.map((leg) => ({
    ...leg,
    side: leg.side === "Buy" ? ("Sell" as const) : ("Buy" as const)
  }))
  const close = { kind: "Close" as const, closes: tradeId, collateralMicros: 0n, legs, basis }
  const proposed = day.propose(features, closeId, { ...close, limitNetMicros: -2.5 * usd })
  day.verdicts(proposed, closeId, 1)
  const converged = day.converged(proposed, closeId, 1)
  day.order(converged, closeId, { kind: "Close", legs, limitNetMicros: -2.5 * usd })
  const filled = day.fill(closeId, {
    n: 1,
    kind: "Close",
    closes: tradeId,
    lastQty: 2,
    lastNetMicros: -2.5 * usd,
    legs: legFills("Sell", 2, 6, 3.5),
    cashMicros: 500_000_000n,
    commissionMicros: 2_600_000n
  })
  day.event(
    "vault",
    filled,
    CloseRequested.make(
      { tradeId, n: 1, attempt: 1, cumulativeProceedsMicros: 524_800_000n, final: true },
      tradeId
    )
  )
  const back = day.input(
    "chain",
    Closed.make({
      tradeId,
      n: 1,
      cumulativeProceedsMicros: 524_800_000n,
      final: true,
      ...balances(100_094_800_000n, 0n, 0n)
    })
  )
  day.event(
    "vault",
    back,
    TradeCompleted.make(
      {
        tradeId,
        strategyId: "volatility",
        kind: "Open",
        settledMicros: 430_000_000n,
        realizedMicros: 94_800_000n,
        commissionMicros: 5_200_000n
      },
      tradeId
    )
  )
}
