/** The trading desk: every actor from its settings, under its supervision tree. */
import { createHash } from "node:crypto"
import { auditQuietMs, makeAuditor } from "../actors/auditor.ts"
import { makeConvergence, type RunningStrategy } from "../actors/convergence.ts"
import { makeExecutor } from "../actors/executor.ts"
import { makeFeatures } from "../actors/features.ts"
import { makeFeed } from "../actors/feed.ts"
import { makeHealth } from "../actors/health.ts"
import { makeHedger } from "../actors/hedger.ts"
import type { RequestGateway } from "../actors/ports/Gateway.ts"
import { auditorTypes } from "../actors/ports/records/auditor.ts"
import { brokerTypes } from "../actors/ports/records/broker.ts"
import { certificateTypes } from "../actors/ports/records/certificate.ts"
import { cognitionTypes } from "../actors/ports/records/cognition.ts"
import { healthTypes } from "../actors/ports/records/health.ts"
import { marketTypes } from "../actors/ports/records/market.ts"
import { operatorTypes } from "../actors/ports/records/operator.ts"
import { reconcileTypes } from "../actors/ports/records/reconcile.ts"
import { tradeTypes } from "../actors/ports/records/trade.ts"
import { vaultTypes } from "../actors/ports/records/vault.ts"
import { makeRegimeClassifier } from "../actors/regime-classifier.ts"
import { makeRiskGate } from "../actors/risk-gate.ts"
import type { AnyBehavior } from "../actors/runtime/Behavior.ts"
import type { BookPlan } from "../actors/runtime/Book.ts"
import { makeStrategy } from "../actors/strategy.ts"
import { strategyActorId } from "../actors/strategyDecisions.ts"
import { makeVault } from "../actors/vault.ts"
import { canonicalJson } from "../domain/journal/canonicalJson.ts"
import { parametersText } from "../domain/strategies/parameters.ts"
import { ibFixed } from "../domain/trading/commission.ts"
import { tickSchedules } from "../domain/trading/tick.ts"
import { deskTree } from "./deskTree.ts"
import { decidingIb } from "./ibSettings.ts"
import type { Settings } from "./settings.ts"
import { makeTreePolicy } from "./treePolicy.ts"

export const volatilityStrategyId = "volatility"
const hedgerStrategyId = "delta-hedge"

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

/** A strategy beside the built-in one, under a supervisor of its own: `behavior.id` is its actor. */
export interface CustomStrategy {
  /** Subscribes to what it needs; emits `TradeProposed` with its `strategyId`. */
  readonly behavior: AnyBehavior
  readonly strategyId: string
  readonly strategyVersion: string
  /** What its certificate is for, as plain data. */
  readonly parameters: unknown
}

/** The strategies that a desk runs, as their certificates must name them. */
export const runningStrategies = (
  settings: Settings,
  custom: ReadonlyArray<CustomStrategy> = []
): ReadonlyArray<RunningStrategy> => [
  {
    strategyId: volatilityStrategyId,
    strategyVersion: "1",
    parametersHash: sha256(parametersText(settings.strategies.volatility))
  },
  {
    strategyId: hedgerStrategyId,
    strategyVersion: "1",
    parametersHash: sha256(canonicalJson(settings.hedging))
  },
  ...custom.map(runningCustom)
]

/** How a custom strategy is named on its certificate. */
export const runningCustom = (strategy: CustomStrategy): RunningStrategy => ({
  strategyId: strategy.strategyId,
  strategyVersion: strategy.strategyVersion,
  parametersHash: sha256(canonicalJson(strategy.parameters))
})

/**
 * What decides: settings that only say where and how fast a run is carried out (folders, journal, speed, commit sizes,
 * screens, hosts, secrets) are left out, so the same hash means the same decisions.
 */
export const configHash = (
  settings: Settings,
  custom: ReadonlyArray<CustomStrategy> = []
): string => {
  const { storage: _storage, folders: _folders, secrets: _secrets, run, ...others } = settings
  const { telemetry: _telemetry, servers: _servers, chaos: _chaos, ...deciding } = others
  const { rpc: _rpc, ...vault } = settings.vault
  const { ib, ...brokers } = settings.brokers
  const decidingBrokers =
    brokers.use === "ib" ? { ...brokers, ib: decidingIb(ib, settings.mode) } : brokers
  const beside = custom.length === 0 ? {} : { custom: custom.map(runningCustom) }
  const { closePolicy } = run
  const { walk, ...execution } = settings.execution
  const executing = walk.steps === 0 ? execution : { ...execution, walk }
  const given = { ...deciding, execution: executing, brokers: decidingBrokers, vault, closePolicy }
  return sha256(canonicalJson({ ...given, ...beside }))
}

/** The desk's actors. `modelId`: the regime model of this session. */
const deskBehaviors = (
  settings: Settings,
  modelId: string,
  custom: ReadonlyArray<CustomStrategy> = []
): ReadonlyArray<AnyBehavior> => {
  const { ai, execution, hedging, market, risk, run, vault } = settings
  const { closePolicy } = run
  return [
    makeFeed({ quoteAgeMsMax: market.quoteAgeMsMax }),
    makeVault({ reservationMs: vault.reservationMs }),
    makeExecutor({
      ...execution,
      optionTicks: tickSchedules[settings.brokers.simulated.optionTicks]
    }),
    makeHedger({ ...hedging, strategyId: hedgerStrategyId, closePolicy, commissions: ibFixed }),
    makeRiskGate(risk),
    makeConvergence({
      strategies: runningStrategies(settings, custom),
      verdictWaitMs: settings.convergence.verdictWaitMs
    }),
    makeFeatures(market),
    makeRegimeClassifier({ ...ai, modelId }),
    makeStrategy({
      strategyId: volatilityStrategyId,
      parameters: settings.strategies.volatility,
      closePolicy,
      quoteAgeMsMax: market.quoteAgeMsMax,
      forecastAgeMsMax: ai.cognitionAgeMsMax
    }),
    ...custom.map(({ behavior }) => behavior),
    makeAuditor({
      quietMs: auditQuietMs,
      reconcileMs: vault.reconcileMs,
      anchorMs: vault.anchorMs
    }),
    makeHealth()
  ]
}

export interface DeskSurroundings {
  readonly modelId: string
  readonly build: string
  readonly gateways: ReadonlyArray<RequestGateway>
  readonly runtime: { readonly node: string; readonly v8: string }
  readonly strategies?: ReadonlyArray<CustomStrategy>
}

export const deskPlan = (
  settings: Settings,
  { strategies: custom = [], ...around }: DeskSurroundings
): BookPlan => ({
  book: settings.book,
  seed: settings.seed,
  build: around.build,
  configHash: configHash(settings, custom),
  behaviors: deskBehaviors(settings, around.modelId, custom),
  policy: () => makeTreePolicy(treeWith(settings, custom), settings.seed),
  gateways: around.gateways,
  types: [
    ...marketTypes,
    ...tradeTypes,
    ...brokerTypes,
    ...vaultTypes,
    ...cognitionTypes,
    ...operatorTypes,
    ...certificateTypes,
    ...auditorTypes,
    ...reconcileTypes,
    ...healthTypes
  ],
  poisonLimit: settings.supervision.poisonLimit,
  runtime: around.runtime
})

const treeWith = (settings: Settings, custom: ReadonlyArray<CustomStrategy>) =>
  deskTree(settings.supervision.limits, [
    strategyActorId,
    ...custom.map(({ behavior }) => behavior.id)
  ])
