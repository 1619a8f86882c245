/**
 * The regime classifier: asks the model at intervals, keeps its last valid answer, and gives the cognition verdict
 * from it, never awaiting one.
 *
 * An answer's age counts from the features that it answers. A Close or a Hedge reduces risk and needs no model.
 */
import { Result, Schema } from "effect"
import type { PayloadOf } from "../domain/journal/record.ts"
import { decodeRegimeAssessment, RegimeAssessment } from "../domain/regime/regime.ts"
import { type CognitionLimits, judgeProposal } from "../domain/strategies/cognitionRule.ts"
import {
  FeaturesComputed,
  InferenceAnswered,
  InferenceFailed,
  InferenceRequested,
  RegimeClassified
} from "./ports/records/cognition.ts"
import { CognitionVerdict, TradeKind, TradeProposed, TradeRefused } from "./ports/records/trade.ts"
import { ChainRejected, Reserved } from "./ports/records/vault.ts"
import { type Behavior, type Context, observe, subscribe } from "./runtime/Behavior.ts"

export interface RegimeClassifierConfig extends CognitionLimits {
  /** Name of the artifact, as on its card. */
  readonly modelId: string
  /** The model is asked no more often than this. */
  readonly modelIntervalMs: number
  /** An older answer supports no new risk. */
  readonly cognitionAgeMsMax: number
}

const regimeClassifierId = "regime-classifier"
/** Questions without an answer that are remembered; the oldest is given up beyond it. */
const outstandingMax = 8

const Proposal = Schema.Struct({
  kind: TradeKind,
  rationale: Schema.Record(Schema.String, Schema.Finite)
})

export interface RegimeClassifierState {
  /** When the model was last asked; 0 before the first time. */
  askedAtMs: number
  /** Request id to the time of its features. */
  readonly outstanding: Map<string, number>
  assessment: RegimeAssessment | undefined
  /** Time of the features that `assessment` answers; 0 before the first. */
  asOfMs: number
  failures: number
  /** Why the last question failed; "" since the last answer. */
  lastFailure: string
  /** Proposals whose phase 2 may still come. */
  readonly proposals: Map<string, typeof Proposal.Type>
}

const RegimeClassifierSnapshot = Schema.Struct({
  askedAtMs: Schema.Int,
  outstanding: Schema.Array(Schema.Tuple([Schema.String, Schema.Int])),
  assessment: Schema.UndefinedOr(RegimeAssessment),
  asOfMs: Schema.Int,
  failures: Schema.Int,
  lastFailure: Schema.String,
  proposals: Schema.Array(Schema.Tuple([Schema.String, Proposal]))
})

type Message =
  | typeof FeaturesComputed
  | typeof InferenceAnswered
  | typeof InferenceFailed
  | typeof TradeProposed
  | typeof TradeRefused
  | typeof Reserved
  | typeof ChainRejected
type Event = typeof InferenceRequested | typeof RegimeClassified | typeof CognitionVerdict

export const makeRegimeClassifier = (
  config: RegimeClassifierConfig
): Behavior<RegimeClassifierState, Message, Event, typeof RegimeClassifierSnapshot.Type> => ({
  id: regimeClassifierId,
  messages: [
    subscribe(FeaturesComputed, "lapse"),
    subscribe(InferenceAnswered, "decide"),
    observe(InferenceFailed),
    subscribe(TradeProposed, "lapse"),
    observe(TradeRefused),
    subscribe(Reserved, "lapse"),
    observe(ChainRejected)
  ],
  events: [InferenceRequested, RegimeClassified, CognitionVerdict],
  moneyBearing: false,
  initial: () => ({
    askedAtMs: 0,
    outstanding: new Map(),
    assessment: undefined,
    asOfMs: 0,
    failures: 0,
    lastFailure: "",
    proposals: new Map()
  }),
  evolve: (state, record) => {
    switch (record.type) {
      case "InferenceRequested":
        state.askedAtMs = record.logicalTimeMs
        state.outstanding.set(record.payload.requestId, record.logicalTimeMs)
        for (const oldest of state.outstanding.keys()) {
          if (state.outstanding.size <= outstandingMax) break
          state.outstanding.delete(oldest)
        }
        break
      case "InferenceAnswered": {
        const answer = decode(record.payload, config)
        if (Result.isFailure(answer)) failed(state, record.payload.requestId, answer.failure)
        break
      }
      case "InferenceFailed":
        failed(state, record.payload.requestId, record.payload.reason)
        break
      case "RegimeClassified": {
        const { modelId: _, asOfMs, ...assessment } = record.payload
        state.assessment = assessment
        state.asOfMs = asOfMs
        state.lastFailure = ""
        for (const [requestId, askedMs] of state.outstanding) {
          if (askedMs <= state.asOfMs) state.outstanding.delete(requestId)
        }
        break
      }
      case "TradeProposed": {
        const { tradeId, kind, rationale } = record.payload
        if (kind !== "Close") state.proposals.set(tradeId, { kind, rationale })
        break
      }
      case "CognitionVerdict":
        if (record.payload.phase === 2) state.proposals.delete(record.payload.tradeId)
        break
      case "TradeRefused":
      case "ChainRejected":
        state.proposals.delete(record.payload.tradeId)
        break
    }
    return state
  },
  decide: (state, message, context) => {
    switch (message.type) {
      case "FeaturesComputed": {
        const features = message.payload.modelInput
        const isDue = context.nowMs - state.askedAtMs >= config.modelIntervalMs
        if (context.late || !isDue || features.length === 0) return []
        const requestId = `${context.book}-${regimeClassifierId}-${context.eventCount}`
        return [InferenceRequested.make({ requestId, modelId: config.modelId, features })]
      }
      case "InferenceAnswered": {
        const asOfMs = state.outstanding.get(message.payload.requestId)
        const answer = decode(message.payload, config)
        // An answer to an older question than the last one answered tells nothing new.
        if (asOfMs === undefined || Result.isFailure(answer)) return []
        const { modelHash, ...assessment } = answer.success
        return [
          RegimeClassified.make({ ...assessment, modelId: config.modelId, modelHash, asOfMs })
        ]
      }
      case "TradeProposed":
        return [verdict(config, state, context, message.payload.tradeId, 1, message.payload)]
      case "Reserved": {
        const { tradeId } = message.payload
        const proposal = state.proposals.get(tradeId)
        return proposal === undefined ? [] : [verdict(config, state, context, tradeId, 2, proposal)]
      }
      default:
        return []
    }
  },
  invariant: ({ assessment, asOfMs, outstanding }) => {
    if ((assessment === undefined) !== (asOfMs === 0)) {
      throw new Error("regime-classifier holds an assessment without its time, or the reverse")
    }
    if (outstanding.size > outstandingMax) {
      throw new Error(`regime-classifier remembers ${outstanding.size} questions`)
    }
  },
  snapshotSchema: RegimeClassifierSnapshot,
  snapshot: (state) => ({
    ...state,
    outstanding: [...state.outstanding],
    proposals: [...state.proposals]
  }),
  restore: (snapshot) => ({
    ...snapshot,
    outstanding: new Map(snapshot.outstanding),
    proposals: new Map(snapshot.proposals)
  })
})

const failed = (state: RegimeClassifierState, requestId: string, reason: string): void => {
  state.failures++
  state.lastFailure = reason
  state.outstanding.delete(requestId)
}

const decode = (
  answer: PayloadOf<typeof InferenceAnswered>,
  config: RegimeClassifierConfig
): Result.Result<RegimeAssessment, string> =>
  answer.modelId === config.modelId
    ? Result.mapError(decodeRegimeAssessment(answer), (error) => error.message)
    : Result.fail(`model ${answer.modelId} answered, ${config.modelId} was asked`)

const verdict = (
  config: RegimeClassifierConfig,
  state: RegimeClassifierState,
  context: Context,
  tradeId: string,
  phase: 1 | 2,
  proposal: typeof Proposal.Type
) => {
  const { yes, reasons } = judge(config, state, context, proposal)
  const modelHash = state.assessment?.modelHash ?? ""
  return CognitionVerdict.make({ tradeId, phase, yes, reasons, modelHash }, tradeId)
}

const judge = (
  config: RegimeClassifierConfig,
  state: RegimeClassifierState,
  context: Context,
  { kind, rationale }: typeof Proposal.Type
) => {
  if (context.late) {
    return { yes: false, reasons: ["late: the classifier was down when this was asked"] }
  }
  if (kind !== "Open") return { yes: true, reasons: [`reduces-risk: a ${kind} needs no model`] }
  const { assessment } = state
  const failure = state.lastFailure === "" ? "" : `; last failure: ${state.lastFailure}`
  if (assessment === undefined) {
    return { yes: false, reasons: [`no-model-answer: the model has not answered yet${failure}`] }
  }
  const ageMs = context.nowMs - state.asOfMs
  if (ageMs > config.cognitionAgeMsMax) {
    const limit = `${ageMs} ms old, at most ${config.cognitionAgeMsMax} ms`
    return { yes: false, reasons: [`stale-model-answer: it is ${limit}${failure}`] }
  }
  return judgeProposal(rationale, assessment, config)
}
