/**
 * Performs the vault's requests on the chain and brings back its confirmations.
 *
 * Asking again is safe: the chain knows each request by its key and numbers its answers, so a
 * repeated answer carries the same `sourceSeq` and is dropped by the kernel. An unreachable chain
 * is a defect, never a rejection: nobody knows what became of the request until the chain can be
 * asked again.
 */
import { Effect } from "effect"
import type {
  EventDraft,
  InputDraft,
  JournalRecord,
  RecordOf
} from "../../domain/journal/record.ts"
import type { Instruction } from "../../domain/vault/instruction.ts"
import type { ChainAnswer, ChainShape } from "../ports/Chain.ts"
import type { RequestGateway } from "../ports/Gateway.ts"
import {
  Adjusted,
  AdjustRequested,
  CancelReservationRequested,
  ChainRejected,
  Closed,
  CloseRequested,
  chainSource,
  Deposited,
  DepositRequested,
  ReservationCanceled,
  Reserved,
  ReserveRequested,
  Settled,
  SettleRequested
} from "../ports/records/vault.ts"

export interface ChainGatewayConfig {
  /** From request to confirmation on the session's clock, ms. */
  readonly latencyMs: number
}

export const makeChainGateway = (chain: ChainShape, config: ChainGatewayConfig): RequestGateway => {
  const perform = (record: JournalRecord, nowMs: number) =>
    Effect.gen(function* () {
      const request = record as ChainRequestRecord
      const asked = describe(request)
      const answer = yield* Effect.orDie(
        chain.submit({ key: chainKey(request, asked), instruction: asked.instruction, nowMs })
      )
      return [answerDraft(request, asked, answer)]
    })
  return {
    id: "chain",
    requests: requestTypes.map((request) => request.type),
    latencyMs: config.latencyMs,
    requestKey: (record) => {
      const request = record as ChainRequestRecord
      const { id, n } = describe(request)
      return outstandingKey(request.type, id, n)
    },
    answeredKey,
    perform,
    // The chain answers a key that it knows and performs one that it does not: asking is
    // performing.
    recover: perform
  }
}

const requestTypes = [
  DepositRequested,
  ReserveRequested,
  SettleRequested,
  CancelReservationRequested,
  CloseRequested,
  AdjustRequested
] as const
type ChainRequestRecord = RecordOf<(typeof requestTypes)[number]>

interface Asked {
  /** The trade's or the deposit's. */
  readonly id: string
  /** 0 for instructions that are not numbered. */
  readonly n: number
  readonly attempt: number
  readonly instruction: Instruction
}

const describe = (request: ChainRequestRecord): Asked => {
  switch (request.type) {
    case "DepositRequested": {
      const { depositId, amountMicros } = request.payload
      const instruction = { _tag: "Deposit" as const, depositId, amountMicros }
      return { id: depositId, n: 0, attempt: 1, instruction }
    }
    case "ReserveRequested": {
      const { tradeId, attempt, maxAmountMicros, expiryMs } = request.payload
      const instruction = { _tag: "Reserve" as const, tradeId, maxAmountMicros, expiryMs }
      return { id: tradeId, n: 0, attempt, instruction }
    }
    case "CancelReservationRequested": {
      const { tradeId, attempt } = request.payload
      return { id: tradeId, n: 0, attempt, instruction: { _tag: "Cancel", tradeId } }
    }
    case "SettleRequested": {
      const { tradeId, n, attempt, cumulativeMicros } = request.payload
      const instruction = { _tag: "Settle" as const, tradeId, n, cumulativeMicros }
      return { id: tradeId, n, attempt, instruction }
    }
    case "CloseRequested": {
      const { tradeId, n, attempt, cumulativeProceedsMicros, final } = request.payload
      const instruction = { _tag: "Close" as const, tradeId, n, cumulativeProceedsMicros, final }
      return { id: tradeId, n, attempt, instruction }
    }
    case "AdjustRequested": {
      const { tradeId, n, attempt, amountMicros } = request.payload
      const instruction = { _tag: "Adjust" as const, tradeId, n, amountMicros }
      return { id: tradeId, n, attempt, instruction }
    }
  }
}

const outstandingKey = (requestType: string, id: string, n: number): string =>
  `${requestType}:${id}:${n}`

const chainKey = (request: ChainRequestRecord, asked: Asked): string =>
  `${outstandingKey(request.type, asked.id, asked.n)}:${asked.attempt}`

const answerDraft = (
  request: ChainRequestRecord,
  asked: Asked,
  { number, outcome, balances }: ChainAnswer
): InputDraft => {
  const draft =
    outcome._tag === "Rejected"
      ? ChainRejected.make({
          tradeId: asked.id,
          n: asked.n,
          instruction: request.type,
          code: outcome.code,
          text: outcome.text
        })
      : confirmation(request, outcome._tag === "Applied" ? outcome.movedMicros : 0n, balances)
  return {
    ...draft,
    correlation: request.correlation,
    source: chainSource,
    sourceSeq: number
  }
}

const confirmation = (
  request: ChainRequestRecord,
  movedMicros: bigint,
  balances: ChainAnswer["balances"]
): EventDraft => {
  switch (request.type) {
    case "DepositRequested":
      return Deposited.make({ ...request.payload, ...balances })
    case "ReserveRequested": {
      const { tradeId, maxAmountMicros } = request.payload
      return Reserved.make({ tradeId, maxAmountMicros, ...balances })
    }
    case "CancelReservationRequested":
      return ReservationCanceled.make({
        tradeId: request.payload.tradeId,
        freedMicros: movedMicros,
        ...balances
      })
    case "SettleRequested": {
      const { tradeId, n, cumulativeMicros } = request.payload
      return Settled.make({ tradeId, n, cumulativeMicros, ...balances })
    }
    case "CloseRequested": {
      const { tradeId, n, cumulativeProceedsMicros, final } = request.payload
      return Closed.make({ tradeId, n, cumulativeProceedsMicros, final, ...balances })
    }
    case "AdjustRequested": {
      const { tradeId, n, amountMicros } = request.payload
      return Adjusted.make({ tradeId, n, amountMicros, ...balances })
    }
  }
}

/** Which request type a confirmation answers. */
const answeredType: ReadonlyMap<string, string> = new Map([
  [Reserved.type, ReserveRequested.type],
  [ReservationCanceled.type, CancelReservationRequested.type],
  [Settled.type, SettleRequested.type],
  [Closed.type, CloseRequested.type],
  [Adjusted.type, AdjustRequested.type]
])

const answeredKey = (type: string, payload: unknown): string | undefined => {
  const answer = payload as {
    readonly tradeId: string
    readonly depositId: string
    readonly n?: number
    readonly instruction: string
  }
  if (type === Deposited.type) return outstandingKey(DepositRequested.type, answer.depositId, 0)
  const requestType = type === ChainRejected.type ? answer.instruction : answeredType.get(type)
  return requestType === undefined
    ? undefined
    : outstandingKey(requestType, answer.tradeId, answer.n ?? 0)
}
