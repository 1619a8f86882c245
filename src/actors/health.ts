/**
 * Health: counts what supervision did to each actor and says how it is: GO, ATTENTION or STOP.
 *
 * It sets no timers: an actor's attention ends at the next minute of trading after `attentionMs`.
 */
import { Schema } from "effect"
import type { DraftOf, RecordOf } from "../domain/journal/record.ts"
import { HealthChanged, HealthStatus } from "./ports/records/health.ts"
import { ActorDown, ActorRestarted, ActorUp, MessageQuarantined } from "./ports/records/kernel.ts"
import { IntervalElapsed } from "./ports/records/market.ts"
import { type Behavior, subscribe } from "./runtime/Behavior.ts"

export interface HealthConfig {
  /** How long an actor stays under attention after its last trouble, ms. */
  readonly attentionMs: number
}

const defaultHealthConfig: HealthConfig = { attentionMs: 300_000 }

const healthId = "health"

const ActorHealth = Schema.Struct({
  status: HealthStatus,
  downs: Schema.Int,
  restarts: Schema.Int,
  quarantined: Schema.Int,
  reason: Schema.String,
  /** Of the last trouble, epoch ms. */
  atMs: Schema.Int,
  /** The status that was last told. */
  told: HealthStatus
})
type ActorHealth = typeof ActorHealth.Type

/** By actor; one that never had trouble is not in it and is GO. */
export type HealthState = Map<string, ActorHealth>
const HealthSnapshot = Schema.Array(Schema.Tuple([Schema.String, ActorHealth]))

const messages = [
  subscribe(ActorDown, "decide"),
  subscribe(ActorUp, "decide"),
  subscribe(ActorRestarted, "decide"),
  subscribe(MessageQuarantined, "decide"),
  subscribe(IntervalElapsed, "decide")
] as const
type Message = (typeof messages)[number]["of"]

export const makeHealth = (
  config: HealthConfig = defaultHealthConfig
): Behavior<HealthState, Message, typeof HealthChanged, typeof HealthSnapshot.Type> => ({
  id: healthId,
  messages,
  events: [HealthChanged],
  moneyBearing: false,
  outsideStateHash: true,
  initial: () => new Map(),
  evolve: (state, record) => {
    evolveHealth(state, record, config)
    return state
  },
  decide: changes,
  invariant: (state) => {
    for (const [actor, { downs, restarts, quarantined }] of state) {
      if (downs + restarts + quarantined === 0) throw new Error(`${actor} is known without trouble`)
    }
  },
  snapshotSchema: HealthSnapshot,
  snapshot: (state) => [...state],
  restore: (snapshot) => new Map(snapshot)
})

const evolveHealth = (
  state: HealthState,
  record: RecordOf<Message> | RecordOf<typeof HealthChanged>,
  config: HealthConfig
): void => {
  const atMs = record.logicalTimeMs
  switch (record.type) {
    case "ActorDown":
      for (const { failed, group, reason } of record.payload.failures) {
        for (const { actor } of group) {
          const { downs } = healthOf(state, actor)
          const because = actor === failed ? reason : `went down with ${failed}: ${reason}`
          change(state, actor, { status: "STOP", downs: downs + 1, reason: because, atMs })
        }
      }
      break
    case "ActorUp":
      for (const actor of record.payload.group) change(state, actor, { status: "ATTENTION", atMs })
      break
    case "ActorRestarted": {
      const { failed, group, reason } = record.payload
      for (const actor of group) {
        const { restarts } = healthOf(state, actor)
        const because = actor === failed ? reason : `restarted with ${failed}: ${reason}`
        trouble(state, actor, { restarts: restarts + 1, reason: because, atMs })
      }
      break
    }
    case "MessageQuarantined": {
      const { actor, seq, reason } = record.payload
      const { quarantined } = healthOf(state, actor)
      const because = `skips record ${seq}: ${reason}`
      trouble(state, actor, { quarantined: quarantined + 1, reason: because, atMs })
      break
    }
    case "IntervalElapsed":
      for (const [actor, { status, atMs: since }] of state) {
        if (status === "ATTENTION" && atMs - since >= config.attentionMs) {
          change(state, actor, { status: "GO", reason: "" })
        }
      }
      break
    case "HealthChanged":
      change(state, record.payload.actor, { told: record.payload.status })
      break
  }
}

const newcomer: ActorHealth = {
  status: "GO",
  downs: 0,
  restarts: 0,
  quarantined: 0,
  reason: "",
  atMs: 0,
  told: "GO"
}

const healthOf = (state: HealthState, actor: string): ActorHealth => state.get(actor) ?? newcomer

const change = (state: HealthState, actor: string, to: Partial<ActorHealth>): void => {
  state.set(actor, { ...healthOf(state, actor), ...to })
}

/** An actor that is down stays STOP, whatever else is told of it. */
const trouble = (state: HealthState, actor: string, to: Partial<ActorHealth>): void => {
  const status = healthOf(state, actor).status === "STOP" ? "STOP" : "ATTENTION"
  change(state, actor, { ...to, status })
}

const changes = (state: HealthState): ReadonlyArray<DraftOf<typeof HealthChanged>> =>
  [...state]
    .filter(([, { status, told }]) => status !== told)
    .map(([actor, { status, downs, restarts, quarantined, reason }]) =>
      HealthChanged.make({ actor, status, downs, restarts, quarantined, reason })
    )
