/** How the executor shares out contracts that ended among the trades that held them. */
import type { DraftOf, RecordOf } from "../domain/journal/record.ts"
import {
  type Executions,
  endedParts,
  intrinsicMicros,
  nextNumber,
  offsetContracts
} from "../domain/trading/executions.ts"
import { allot } from "../domain/trading/tradeBook.ts"
import type { ExecutorEvent } from "./executorState.ts"
import { type OptionEvent, TradeLegEnded } from "./ports/records/broker.ts"

type Events = ReadonlyArray<DraftOf<ExecutorEvent>>

export const onOptionEvent = (
  state: Executions,
  { payload }: RecordOf<typeof OptionEvent>
): Events => {
  const { execID, kind, instrument, strikeMicros } = payload
  const sharesEach = payload.quantity === 0 ? 0 : payload.shares / payload.quantity
  return endedParts(state, payload).map(({ trade, quantity }) => {
    // Adding 0 turns -0 into 0.
    const shares = quantity * sharesEach + 0
    const { tradeId, strategyId } = trade
    const n = nextNumber(state, tradeId)
    const cashMicros = -BigInt(shares) * BigInt(strikeMicros)
    const ended = kind === "Expired" ? kind : quantity > 0 ? "Exercised" : "Assigned"
    return legEnded({
      tradeId,
      strategyId,
      execID,
      n,
      instrument,
      kind: ended,
      quantity,
      shares,
      cashMicros
    })
  })
}

/** Trades that hold an expired contract against each other settle between themselves, at what it is worth. */
export const crossings = (
  state: Executions,
  { date, closeMs }: { readonly date: string; readonly closeMs: number }
): Events => {
  const numbers = new Map<string, number>()
  return offsetContracts(state, closeMs).flatMap((instrument) => {
    const terms = state.terms[instrument]!
    const worth = BigInt(intrinsicMicros(terms, state.spotMicros) * terms.multiplier)
    return allot(state.trades, instrument, 0).parts.map(({ trade, quantity }) => {
      const { tradeId, strategyId } = trade
      const n = numbers.get(tradeId) ?? nextNumber(state, tradeId)
      numbers.set(tradeId, n + 1)
      const execID = `cross ${date} ${instrument}`
      const cashMicros = BigInt(quantity) * worth
      return legEnded({
        tradeId,
        strategyId,
        execID,
        n,
        instrument,
        kind: "Expired",
        quantity,
        shares: 0,
        cashMicros
      })
    })
  })
}

type Ended = Omit<RecordOf<typeof TradeLegEnded>["payload"], "commissionMicros">

/** Expiry, exercise and assignment are free of commission. */
const legEnded = (ended: Ended) =>
  TradeLegEnded.make({ ...ended, commissionMicros: 0n }, ended.tradeId)
