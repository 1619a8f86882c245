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
import type { Head } from "../ports/Journal.ts"
import {
  Adjusted,
  AdjustRequested,
  Anchored,
  AnchorRequested,
  BalancesReported,
  BalancesRequested,
  CancelReservationRequested,
  ChainRejected,
  Closed,
  CloseRequested,
  chainSource,
  Deposited,
  DepositRequested,
  FreezeRequested,
  ReservationCanceled,
  Reserved,
  ReserveRequested,
  Settled,
  SettleRequested,
  ThawRequested,
  VaultFrozen,
  VaultThawed,
  Withdrawn,
  WithdrawRequested
} from "../ports/records/vault.ts"

export interface ChainGatewayConfig {
  /** From request to confirmation on the session's clock, ms. */
  readonly latencyMs: number
}

export const makeChainGateway = (chain: ChainShape, config: ChainGatewayConfig): RequestGateway => {
  let head = (): Head => {
    throw new Error("an anchor was asked for before a session ran")
  }
  const perform = (record: JournalRecord, nowMs: number) =>
    Effect.gen(function* () {
      const request = record as ChainRequestRecord | RecordOf<typeof BalancesRequested>
      if (request.type === "BalancesRequested") return [yield* read(chain, request)]
      const asked = describe(request, head)
      const answer = yield* Effect.orDie(
        chain.submit({ key: chainKey(request, asked), instruction: asked.instruction, nowMs })
      )
      return [answerDraft(request, asked, answer)]
    })
  return {
    id: "chain",
    requests: [...requestTypes, BalancesRequested].map((request) => request.type),
    latencyMs: config.latencyMs,
    opened: (journalHead) => {
      head = journalHead
    },
    requestKey: (record) => {
      const request = record as ChainRequestRecord | RecordOf<typeof BalancesRequested>
      return outstandingKey(request.type, idOf(request), numberOf(request))
    },
    answeredKey,
    perform,
    // The chain answers a key that it knows and performs one that it does not: asking is
    // performing.
    recover: perform
  }
}

/** A reading has no number of its own: it says how things are, and asking again is harmless. */
const read = (chain: ChainShape, { payload: { n } }: RecordOf<typeof BalancesRequested>) =>
  Effect.map(
    Effect.orDie(chain.balances),
    ({ freeMicros, reservedMicros, settlingMicros, heldMicros }): InputDraft => ({
      ...BalancesReported.make({ n, freeMicros, reservedMicros, settlingMicros, heldMicros }),
      source: chainSource,
      sourceSeq: 0
    })
  )

const requestTypes = [
  DepositRequested,
  ReserveRequested,
  SettleRequested,
  CancelReservationRequested,
  CloseRequested,
  AdjustRequested,
  WithdrawRequested,
  FreezeRequested,
  ThawRequested,
  AnchorRequested
] as const
type ChainRequestRecord = RecordOf<(typeof requestTypes)[number]>

interface Asked {
  /** The trade's, transfer's or freeze's; "" for an anchor. */
  readonly id: string
  /** 0 for instructions that are not numbered. */
  readonly n: number
  readonly attempt: number
  readonly instruction: Instruction
}

const describe = (request: ChainRequestRecord, head: () => Head): Asked => ({
  id: idOf(request),
  n: numberOf(request),
  attempt: "attempt" in request.payload ? request.payload.attempt : 1,
  instruction: instructionOf(request, head)
})

const idOf = (request: ChainRequestRecord | RecordOf<typeof BalancesRequested>): string => {
  switch (request.type) {
    case "DepositRequested":
      return request.payload.depositId
    case "WithdrawRequested":
      return request.payload.withdrawalId
    case "FreezeRequested":
    case "ThawRequested":
      return request.payload.freezeId
    case "AnchorRequested":
    case "BalancesRequested":
      return ""
    default:
      return request.payload.tradeId
  }
}

const numberOf = ({ payload }: ChainRequestRecord | RecordOf<typeof BalancesRequested>): number =>
  "n" in payload ? payload.n : 0

const instructionOf = (request: ChainRequestRecord, head: () => Head): Instruction => {
  switch (request.type) {
    case "DepositRequested": {
      const { depositId, amountMicros } = request.payload
      return { _tag: "Deposit", depositId, amountMicros }
    }
    case "WithdrawRequested": {
      const { withdrawalId, amountMicros } = request.payload
      return { _tag: "Withdraw", withdrawalId, amountMicros }
    }
    case "ReserveRequested": {
      const { tradeId, maxAmountMicros, expiryMs } = request.payload
      return { _tag: "Reserve", tradeId, maxAmountMicros, expiryMs }
    }
    case "CancelReservationRequested":
      return { _tag: "Cancel", tradeId: request.payload.tradeId }
    case "SettleRequested": {
      const { tradeId, n, cumulativeMicros } = request.payload
      return { _tag: "Settle", tradeId, n, cumulativeMicros }
    }
    case "CloseRequested": {
      const { tradeId, n, cumulativeProceedsMicros, final } = request.payload
      return { _tag: "Close", tradeId, n, cumulativeProceedsMicros, final }
    }
    case "AdjustRequested": {
      const { tradeId, n, amountMicros } = request.payload
      return { _tag: "Adjust", tradeId, n, amountMicros }
    }
    case "FreezeRequested":
      return { _tag: "Freeze", untilMs: request.payload.untilMs }
    case "ThawRequested":
      return { _tag: "Thaw" }
    case "AnchorRequested": {
      const { seq, hash } = head()
      return { _tag: "Anchor", seq, headHash: hash }
    }
  }
}

const outstandingKey = (requestType: string, id: string, n: number): string =>
  `${requestType}:${id}:${n}`

const chainKey = (request: ChainRequestRecord, asked: Asked): string =>
  `${outstandingKey(request.type, asked.id, asked.n)}:${asked.attempt}`

/** The chain's key of an operator's transfer: it is asked once. */
export const transferKey = (kind: "Deposit" | "Withdraw", id: string): string =>
  `${outstandingKey(`${kind}Requested`, id, 0)}:1`

const answerDraft = (
  request: ChainRequestRecord,
  asked: Asked,
  { number, outcome, balances, instruction }: ChainAnswer
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
      : confirmation(
          request,
          outcome._tag === "Applied" ? outcome.movedMicros : 0n,
          balances,
          instruction
        )
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
  balances: ChainAnswer["balances"],
  performed: Instruction
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
    case "WithdrawRequested":
      return Withdrawn.make({ ...request.payload, ...balances })
    case "FreezeRequested":
      return VaultFrozen.make({ ...request.payload, ...balances })
    case "ThawRequested":
      return VaultThawed.make({ ...request.payload, ...balances })
    case "AnchorRequested": {
      // Asked again after a crash the journal is longer: the chain holds the head of the first time.
      const { seq, headHash } = performed as Extract<Instruction, { readonly _tag: "Anchor" }>
      return Anchored.make({ n: request.payload.n, seq, headHash })
    }
  }
}

/** Which request type a confirmation answers. */
const answeredType: ReadonlyMap<string, string> = new Map([
  [Deposited.type, DepositRequested.type],
  [Withdrawn.type, WithdrawRequested.type],
  [Reserved.type, ReserveRequested.type],
  [ReservationCanceled.type, CancelReservationRequested.type],
  [Settled.type, SettleRequested.type],
  [Closed.type, CloseRequested.type],
  [Adjusted.type, AdjustRequested.type],
  [VaultFrozen.type, FreezeRequested.type],
  [VaultThawed.type, ThawRequested.type],
  [Anchored.type, AnchorRequested.type],
  [BalancesReported.type, BalancesRequested.type]
])

const answeredKey = (type: string, payload: unknown): string | undefined => {
  const answer = payload as {
    readonly tradeId?: string
    readonly depositId?: string
    readonly withdrawalId?: string
    readonly freezeId?: string
    readonly n?: number
    readonly instruction: string
  }
  const requestType = type === ChainRejected.type ? answer.instruction : answeredType.get(type)
  if (requestType === undefined) return undefined
  const { tradeId, depositId, withdrawalId, freezeId, n = 0 } = answer
  return outstandingKey(requestType, tradeId ?? depositId ?? withdrawalId ?? freezeId ?? "", n)
}
