/**
 * Convergence: gives the certificate verdict and sums up the three: cognition, risk, certificate.
 * Only three yes in the turn that asked let a trade go on; a no, a missing or a late verdict
 * refuses it.
 */
import { checkCertificate } from "../domain/certificates/certificate.ts"
import { missingReasons, outcomeOf, reasonsOf } from "../domain/certificates/verdicts.ts"
import type { DraftOf } from "../domain/journal/record.ts"
import {
  ConvergenceSnapshot,
  type ConvergenceState,
  convergenceEvents,
  convergenceMessages,
  emptyConvergence,
  evolveConvergence,
  restoreConvergence,
  snapshotConvergence,
  type TradeTerms
} from "./convergenceState.ts"
import { TimerSet } from "./ports/records/kernel.ts"
import { CertificateVerdict, TradeConverged, TradeRefused } from "./ports/records/trade.ts"
import type { Behavior, Context } from "./runtime/Behavior.ts"

/** A strategy that this desk runs, as it runs it. */
export interface RunningStrategy {
  readonly strategyId: string
  readonly strategyVersion: string
  /** SHA-256 of its parameters' canonical JSON, hex. */
  readonly parametersHash: string
}

export interface ConvergenceConfig {
  readonly strategies: ReadonlyArray<RunningStrategy>
  /** A trade whose verdicts did not all come is refused after this. ms, > 0. */
  readonly verdictWaitMs: number
}

const convergenceId = "convergence"
const verdictTimer = "verdicts"

type Message = (typeof convergenceMessages)[number]["of"]
type Event = (typeof convergenceEvents)[number]
type Drafts = ReadonlyArray<DraftOf<Event>>

export const makeConvergence = (
  config: ConvergenceConfig
): Behavior<ConvergenceState, Message, Event, ConvergenceSnapshot> => ({
  id: convergenceId,
  messages: convergenceMessages,
  events: convergenceEvents,
  moneyBearing: false,
  initial: emptyConvergence,
  evolve: evolveConvergence,
  decide: (state, message, context) => {
    switch (message.type) {
      case "TradeProposed":
      case "Reserved":
        return [
          ...refuseOverdue(state, context.nowMs, message.payload.tradeId),
          ...judge(state, config, message.payload.tradeId, context)
        ]
      case "RiskVerdict":
      case "CognitionVerdict":
        return sumUp(state, message.payload, context.late)
      case "TimerFired":
        return refuseOverdue(state, context.nowMs)
      default:
        return []
    }
  },
  invariant: (state) => {
    for (const [tradeId, { phase, verdicts }] of state.pending) {
      const layersSeen = new Set(verdicts.map(([layer]) => layer))
      if (layersSeen.size !== verdicts.length) {
        throw new Error(`convergence counts a layer twice for ${tradeId} in phase ${phase}`)
      }
    }
  },
  snapshotSchema: ConvergenceSnapshot,
  snapshot: snapshotConvergence,
  restore: restoreConvergence
})

const refused = (tradeId: string, phase: 1 | 2, reasons: ReadonlyArray<string>) =>
  TradeRefused.make({ tradeId, phase, reasons }, tradeId)

/** The verdicts asked for in an earlier turn were due in that turn. */
const refuseOverdue = (state: ConvergenceState, nowMs: number, except = ""): Drafts =>
  [...state.pending]
    .filter(([tradeId, pending]) => pending.sinceMs < nowMs && tradeId !== except)
    .map(([tradeId, pending]) => refused(tradeId, pending.phase, missingReasons(pending)))

/** The certificate verdict, in the turn that asks. */
const judge = (
  state: ConvergenceState,
  config: ConvergenceConfig,
  tradeId: string,
  context: Context
): Drafts => {
  const { phase } = state.pending.get(tradeId)!
  const terms = state.trades.get(tradeId)
  if (context.late) {
    return [refused(tradeId, phase, ["late: convergence was down when this was asked"])]
  }
  if (terms === undefined) {
    return [
      refused(tradeId, phase, ["unknown-trade: reserved, but never proposed or refused since"])
    ]
  }
  const [certificateId, faults] = certificateFaults(state, config, terms)
  const because = terms.kind === "Open" ? "certified" : "reduces-risk"
  const reasons = faults.length > 0 ? faults : [`${because}: ${terms.strategyId}`]
  const yes = faults.length === 0
  return [
    CertificateVerdict.make({ tradeId, phase, yes, reasons, certificateId }, tradeId),
    TimerSet.make({
      owner: convergenceId,
      timer: verdictTimer,
      dueMs: context.nowMs + config.verdictWaitMs
    })
  ]
}

/** Closings and hedges reduce risk: their strategy only has to be one that the desk runs. */
const certificateFaults = (
  state: ConvergenceState,
  config: ConvergenceConfig,
  { kind, strategyId }: TradeTerms
): readonly [string, ReadonlyArray<string>] => {
  const running = config.strategies.find((strategy) => strategy.strategyId === strategyId)
  if (running === undefined) return ["", [`unknown-strategy: the desk runs no ${strategyId}`]]
  const presented = state.certificates.get(strategyId)
  const certificateId = presented?.certificate.certificateId ?? ""
  if (kind !== "Open") return [certificateId, []]
  if (presented === undefined) return ["", [`no-certificate: ${strategyId} presented none`]]
  const { certificate, computedHash } = presented
  const { sessionDate } = state
  return [certificateId, checkCertificate(certificate, { ...running, sessionDate, computedHash })]
}

/** Outcome of a trade once a verdict came in. */
const sumUp = (
  state: ConvergenceState,
  { tradeId, phase }: { tradeId: string; phase: 1 | 2 },
  late: boolean
): Drafts => {
  const pending = state.pending.get(tradeId)
  if (pending === undefined || pending.phase !== phase) return []
  if (late) {
    const reasons = ["late: convergence was down when this verdict came", ...reasonsOf(pending)]
    return [refused(tradeId, phase, reasons)]
  }
  const outcome = outcomeOf(pending)
  switch (outcome._tag) {
    case "Waiting":
      return []
    case "Converged":
      return [TradeConverged.make({ tradeId, phase }, tradeId)]
    case "Refused":
      return [refused(tradeId, phase, outcome.reasons)]
  }
}
