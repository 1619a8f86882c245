/**
 * The trading desk's supervision tree as data, and the limits that configuration may set.
 *
 * Start order is the order of delivery: market, money chain, cognition, strategies, watch.
 */
import { Schema } from "effect"
import type { Strategy } from "./restartPolicy.ts"
import type { ActorNode, SupervisorNode, TreeNode } from "./treePolicy.ts"

const whole = (minimum: number) => Schema.Int.check(Schema.isGreaterThanOrEqualTo(minimum))

/** When a supervisor restarts its children and when it gives up. */
const RestartLimits = Schema.Struct({
  /** Restarts within `periodMs`; one more and it gives up. */
  intensity: whole(0),
  periodMs: whole(1),
  backoff: Schema.Struct({
    /** First delay, ms. */
    minMs: whole(1),
    /** Cap of the delay before jitter, ms, >= `minMs`. */
    maxMs: whole(1),
    /** Each delay in a row is this many times the one before. */
    factor: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(1)),
    /** Up to this share of the delay is added at random. */
    randomShare: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })),
    /** An actor that stayed up this long starts from the first delay again, ms. */
    resetAfterMs: whole(1),
    /** So many restarts in a row come at once, before the first delayed one. */
    immediateRestarts: whole(0)
  }).check(
    Schema.makeFilter(
      ({ maxMs, minMs }) => maxMs >= minMs || `maxMs ${maxMs} is below minMs ${minMs}`
    )
  )
})
type RestartLimits = typeof RestartLimits.Type

/** Limits of each supervisor of the desk. `strategies` is the one over the strategies' own. */
export const SupervisionConfig = Schema.Struct({
  desk: RestartLimits,
  market: RestartLimits,
  money: RestartLimits,
  cognition: RestartLimits,
  strategies: RestartLimits,
  strategy: RestartLimits,
  watch: RestartLimits
})
export type SupervisionConfig = typeof SupervisionConfig.Type

/** Restarts multiply across levels, so upper levels are kept low. */
export const defaultSupervision: SupervisionConfig = {
  desk: {
    intensity: 1,
    periodMs: 60_000,
    backoff: {
      minMs: 1_000,
      maxMs: 10_000,
      factor: 2,
      randomShare: 0.2,
      resetAfterMs: 60_000,
      immediateRestarts: 0
    }
  },
  market: {
    intensity: 5,
    periodMs: 60_000,
    backoff: {
      minMs: 250,
      maxMs: 30_000,
      factor: 2,
      randomShare: 0.2,
      resetAfterMs: 15_000,
      immediateRestarts: 1
    }
  },
  money: {
    intensity: 3,
    periodMs: 60_000,
    backoff: {
      minMs: 250,
      maxMs: 5_000,
      factor: 2,
      randomShare: 0.2,
      resetAfterMs: 30_000,
      immediateRestarts: 1
    }
  },
  cognition: {
    intensity: 3,
    periodMs: 60_000,
    backoff: {
      minMs: 500,
      maxMs: 10_000,
      factor: 2,
      randomShare: 0.2,
      resetAfterMs: 30_000,
      immediateRestarts: 1
    }
  },
  strategies: {
    intensity: 1,
    periodMs: 60_000,
    backoff: {
      minMs: 1_000,
      maxMs: 10_000,
      factor: 2,
      randomShare: 0.2,
      resetAfterMs: 60_000,
      immediateRestarts: 0
    }
  },
  strategy: {
    intensity: 3,
    periodMs: 60_000,
    backoff: {
      minMs: 500,
      maxMs: 10_000,
      factor: 2,
      randomShare: 0.2,
      resetAfterMs: 30_000,
      immediateRestarts: 1
    }
  },
  watch: {
    intensity: 5,
    periodMs: 60_000,
    backoff: {
      minMs: 250,
      maxMs: 10_000,
      factor: 2,
      randomShare: 0.2,
      resetAfterMs: 30_000,
      immediateRestarts: 1
    }
  }
}

/** The desk with these strategies, each under a supervisor of its own. */
export const deskTree = (
  config: SupervisionConfig = defaultSupervision,
  strategies: ReadonlyArray<string> = ["strategy"]
): SupervisorNode =>
  supervisor("desk", "one_for_all", config.desk, "escalate", [
    supervisor("market", "one_for_one", config.market, "escalate", [actor("feed")]),
    supervisor("money", "rest_for_one", config.money, "escalate", [
      actor("vault"),
      actor("executor"),
      actor("hedger"),
      actor("risk-gate"),
      actor("convergence")
    ]),
    supervisor("cognition", "one_for_one", config.cognition, "stay_down", [
      actor("features"),
      actor("regime-classifier")
    ]),
    supervisor(
      "strategies",
      "one_for_one",
      config.strategies,
      "escalate",
      strategies.map((id) =>
        supervisor(`${id}-supervisor`, "one_for_one", config.strategy, "stay_down", [actor(id)])
      )
    ),
    supervisor("watch", "one_for_one", config.watch, "escalate", [
      actor("auditor"),
      actor("health")
    ])
  ])

const actor = (id: string): ActorNode => ({ _tag: "Actor", id })

const supervisor = (
  id: string,
  strategy: Exclude<Strategy, "simple_one_for_one">,
  limits: RestartLimits,
  exhausted: SupervisorNode["exhausted"],
  children: ReadonlyArray<TreeNode>
): SupervisorNode => ({
  _tag: "Supervisor",
  id,
  strategy,
  ...limits,
  exhausted,
  children
})
