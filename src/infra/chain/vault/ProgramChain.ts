/**
 * The vault on its program: instructions become transactions, what they left behind becomes answers.
 *
 * Invariant: an answer is given only once `remember` has made it durable, and a key that was answered is never run again.
 * One instruction at a time: its number and balances are those of one moment.
 */

import { Effect, Semaphore } from "effect"
import {
  type ChainAnswer,
  type ChainRequest,
  type ChainShape,
  ChainUnavailable,
  type VaultReading
} from "../../../actors/ports/Chain.ts"
import type { Instruction, Outcome } from "../../../domain/vault/instruction.ts"
import type { Cluster, Executed } from "../Cluster.ts"
import { decodeTrade, decodeVault } from "../program/accounts.ts"
import { tradeAddress } from "../program/addresses.ts"
import { programErrorCode } from "../program/errors.ts"
import { eventsOfLogs, type ProgramEvent } from "../program/events.ts"
import { instructionTags } from "../program/instructions.ts"
import { tokenAmount } from "../tokenAccounts.ts"
import { entryAddress, entryOf } from "./lostEntries.ts"
import { refusalName, rejectionOf } from "./refusals.ts"
import { draftOf, noteDraft, type VaultDraft } from "./vaultDrafts.ts"
import { idOnChain, type VaultParties } from "./vaultParties.ts"

export interface ProgramChainParts {
  readonly cluster: Cluster
  readonly parties: VaultParties
  /** Answers given before, by key, in order. */
  readonly answered: ReadonlyMap<string, ChainAnswer>
  /** The instruction as the chain's own clock needs it; as it is where that one is the session's. */
  readonly onChain?: (request: ChainRequest) => Instruction
  /** Makes an answer durable; the transactions that led to it were run since the last call. */
  readonly remember: (
    request: ChainRequest,
    answer: ChainAnswer
  ) => Effect.Effect<void, ChainUnavailable>
}

export const makeProgramChain = (parts: ProgramChainParts): ChainShape => {
  const { cluster, parties, remember } = parts
  const answers = new Map(parts.answered)
  const numbers = new Set([...answers.values()].map(({ number }) => number))
  const oneAtATime = Semaphore.makeUnsafe(1)
  const unavailable = (why: string) =>
    Effect.fail(new ChainUnavailable({ place: cluster.place, why }))

  const run = (request: ChainRequest, step: string, draft: VaultDraft) =>
    cluster.execute({ key: `${request.key} ${step}`, draft, nowMs: request.nowMs })

  const eventOf = (executed: Extract<Executed, { readonly _tag: "Landed" }>, tag: number) => {
    const event = eventsOfLogs(executed.logs).find((each) => each.tag === tag)
    return event === undefined
      ? unavailable(`its transaction says nothing of instruction ${tag}`)
      : Effect.succeed(event)
  }

  /** A number for what took none: a repeat or a rejection. */
  const noted = Effect.fnUntraced(function* (
    request: ChainRequest,
    outcome: Outcome,
    code: number
  ) {
    const draft = noteDraft(parties, request.key, code)
    const executed = yield* run(request, "note", draft)
    if (executed._tag === "Refused") {
      return yield* unavailable(`it refused a note: ${refusalName(executed.code, executed.text)}`)
    }
    return answerOf(request, yield* eventOf(executed, draft.tag), outcome)
  })

  /** What the chain keeps of an instruction that our log has lost; undefined where there is nothing of the kind. */
  const lost = Effect.fnUntraced(function* ({ instruction }: ChainRequest) {
    const at = entryAddress(parties, instruction)
    if (at === undefined) return undefined
    const [data] = yield* cluster.accounts([at])
    const entry = data === undefined ? undefined : entryOf(data, instruction)
    if (entry === undefined || entry.number === 0 || numbers.has(entry.number)) return undefined
    const { freeMicros, movedMicros, number, reservedMicros, settlingMicros } = entry
    const outcome: Outcome = { _tag: "Applied", movedMicros }
    return {
      number,
      outcome,
      balances: { freeMicros, reservedMicros, settlingMicros },
      instruction
    }
  })

  /** Where `onChain` turns times into the moment's own, a repeat has another expiry and is one all the same. */
  const reservedBefore = ({ instruction: asked }: ChainRequest): boolean =>
    [...answers.values()].some(
      ({ instruction, outcome }) =>
        outcome._tag === "Applied" &&
        instruction._tag === "Reserve" &&
        asked._tag === "Reserve" &&
        instruction.tradeId === asked.tradeId &&
        instruction.maxAmountMicros === asked.maxAmountMicros &&
        instruction.expiryMs === asked.expiryMs
    )

  const perform = Effect.fnUntraced(function* (request: ChainRequest) {
    const instruction = parts.onChain?.(request) ?? request.instruction
    const draft = draftOf(parties, instruction, request.key)
    const executed = yield* run(request, "do", draft)
    if (executed._tag === "Refused") {
      const rejection = rejectionOf(executed.code, request.instruction)
      if (rejection === undefined) {
        const name = refusalName(executed.code, executed.text)
        return yield* unavailable(`it refused ${request.instruction._tag}: ${name}`)
      }
      if (rejection.code === "OrderIdReused") {
        const before = yield* lost(request)
        if (before !== undefined) return before
        if (reservedBefore(request))
          return yield* noted(request, { _tag: "Repeated" }, repeatedCode)
      }
      return yield* noted(request, rejection, programErrorCode(rejection.code))
    }
    const event = yield* eventOf(executed, draft.tag)
    const outcome: Outcome = event.repeated
      ? { _tag: "Repeated" }
      : { _tag: "Applied", movedMicros: event.movedMicros }
    if (!draft.numbered) {
      return answerOf(request, yield* eventOf(executed, instructionTags.note), outcome)
    }
    if (!event.repeated) return answerOf(request, event, outcome)
    return (yield* lost(request)) ?? (yield* noted(request, outcome, repeatedCode))
  })

  const submit = (request: ChainRequest): Effect.Effect<ChainAnswer, ChainUnavailable> =>
    oneAtATime.withPermit(
      Effect.suspend(() => {
        const known = answers.get(request.key)
        if (known !== undefined) return Effect.succeed(known)
        return perform(request).pipe(
          Effect.tap((answer) => remember(request, answer)),
          Effect.tap((answer) =>
            Effect.sync(() => {
              answers.set(request.key, answer)
              numbers.add(answer.number)
            })
          )
        )
      })
    )

  const tradeIds = (): ReadonlyArray<string> => [
    ...new Set(
      [...answers.values()].flatMap(({ instruction, outcome }) =>
        instruction._tag === "Reserve" && outcome._tag !== "Rejected" ? [instruction.tradeId] : []
      )
    )
  ]

  const tradesOf = (ids: ReadonlyArray<string>) =>
    Effect.map(
      cluster.accounts(
        ids.map(
          (id) =>
            tradeAddress(parties.at.programId, parties.at.vault.address, idOnChain(parties, id))
              .address
        )
      ),
      (accounts) =>
        accounts.map((data, at) =>
          data === undefined ? undefined : decodeTrade(data, ids[at]!).account
        )
    )

  return {
    description: cluster.description,
    submit,
    find: (key) => Effect.sync(() => answers.get(key)),
    balances: Effect.flatMap(
      cluster.accounts([parties.at.vault.address, parties.at.vaultTokens.address]),
      ([vault, tokens]) =>
        vault === undefined || tokens === undefined
          ? unavailable("it has no such vault; `vault init` makes it")
          : Effect.succeed(readingOf(parties, vault, tokens, cluster.nowMs()))
    ),
    trade: (tradeId) => Effect.map(tradesOf([tradeId]), ([trade]) => trade),
    trades: Effect.suspend(() =>
      Effect.map(tradesOf(tradeIds()), (trades) => trades.filter((trade) => trade !== undefined))
    )
  }
}

/** The code of a note that numbers a repeat. */
const repeatedCode = 1

const answerOf = (
  { instruction }: ChainRequest,
  { freeMicros, number, reservedMicros, settlingMicros }: ProgramEvent,
  outcome: Outcome
): ChainAnswer => ({
  number,
  outcome,
  balances: { freeMicros, reservedMicros, settlingMicros },
  instruction
})

const readingOf = (
  { mark }: VaultParties,
  vaultData: Uint8Array,
  tokens: Uint8Array,
  nowMs: number
): VaultReading => {
  const vault = decodeVault(vaultData)
  const { anchor } = vault
  return {
    freeMicros: vault.freeMicros,
    reservedMicros: vault.reservedMicros,
    settlingMicros: vault.settlingMicros,
    heldMicros: tokenAmount(tokens),
    counterpartyMicros: vault.counterpartyMicros,
    depositedMicros: vault.depositedMicros,
    withdrawnMicros: vault.withdrawnMicros,
    frozenUntilMs: vault.frozenUntilMs > nowMs ? vault.frozenUntilMs : 0,
    // An anchor of an earlier run is none of this one's.
    anchor:
      anchor === undefined || anchor.seq < mark.anchorBase
        ? undefined
        : { seq: anchor.seq - mark.anchorBase, headHash: anchor.headHash }
  }
}
