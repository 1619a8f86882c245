/** Chaos that comes with the product: each a story of one component failing, the last ones of several. */
import type { ChaosScenario } from "./faults.ts"

const minuteMs = 60_000

/** Times fit a session of some three hours and are early enough for short ones. */
export const chaosScenarios: Readonly<Record<string, ChaosScenario>> = {
  "actor-crashes": {
    about: "Each actor of the desk crashes once, some of them while they decide.",
    faults: [
      { _tag: "ActorCrash", atMs: 10 * minuteMs, actor: "feed", point: "mailbox", times: 1 },
      { _tag: "ActorCrash", atMs: 20 * minuteMs, actor: "features", point: "decide", times: 1 },
      { _tag: "ActorCrash", atMs: 30 * minuteMs, actor: "strategy", point: "decide", times: 1 },
      { _tag: "ActorCrash", atMs: 40 * minuteMs, actor: "risk-gate", point: "evolve", times: 1 },
      { _tag: "ActorCrash", atMs: 50 * minuteMs, actor: "vault", point: "evolve", times: 1 },
      { _tag: "ActorCrash", atMs: 60 * minuteMs, actor: "executor", point: "mailbox", times: 1 },
      { _tag: "ActorCrash", atMs: 70 * minuteMs, actor: "hedger", point: "evolve", times: 1 }
    ]
  },
  "poison-message": {
    about: "One message crashes the features actor again and again, until it is put aside.",
    faults: [
      { _tag: "ActorCrash", atMs: 25 * minuteMs, actor: "features", point: "decide", times: 3 }
    ]
  },
  "broker-outage": {
    about: "The broker is away for ten minutes, loses an answer and repeats itself afterwards.",
    faults: [
      { _tag: "BrokerAnswerLost", atMs: 5 * minuteMs, applied: true },
      { _tag: "BrokerAway", atMs: 130 * minuteMs, forMs: 10 * minuteMs },
      { _tag: "BrokerRepeats", atMs: 141 * minuteMs, count: 20 }
    ]
  },
  "slow-outside": {
    about: "Broker, chain, models and disk answer late, one after the other.",
    faults: [
      {
        _tag: "Latency",
        atMs: 5 * minuteMs,
        forMs: 10 * minuteMs,
        component: "inference",
        delayMs: 200
      },
      {
        _tag: "Latency",
        atMs: 20 * minuteMs,
        forMs: 60 * minuteMs,
        component: "broker",
        delayMs: 100
      },
      {
        _tag: "Latency",
        atMs: 90 * minuteMs,
        forMs: 60 * minuteMs,
        component: "chain",
        delayMs: 100
      },
      { _tag: "SlowDisk", atMs: 120 * minuteMs, forMs: 10 * minuteMs, syncMs: 50 }
    ]
  },
  "process-kills": {
    about: "The process is killed in a commit, after one, and around requests.",
    faults: [
      { _tag: "ProcessKill", atMs: 15 * minuteMs, point: "in commit", unsynced: "all" },
      { _tag: "ProcessKill", atMs: 60 * minuteMs, point: "after commit", unsynced: "all" },
      { _tag: "ProcessKill", atMs: 100 * minuteMs, point: "before request", unsynced: "all" },
      { _tag: "ProcessKill", atMs: 130 * minuteMs, point: "after request", unsynced: "all" }
    ]
  },
  "dead-model": {
    about: "The model is away for half an hour, then sees drifted input: no new risk without it.",
    faults: [
      { _tag: "ModelAway", atMs: 30 * minuteMs, forMs: 30 * minuteMs },
      { _tag: "ModelDrift", atMs: 70 * minuteMs, forMs: 30 * minuteMs, share: 0.5 }
    ]
  },
  overload: {
    about:
      "More comes at once than the intake holds: quotes, reports, commands; later the kill switch behind them.",
    faults: [
      {
        _tag: "IntakeOverload",
        atMs: 20 * minuteMs,
        forMs: 3 * minuteMs,
        commands: 150,
        halt: false
      },
      { _tag: "ProcessKill", atMs: 60 * minuteMs, point: "after commit", unsynced: "all" },
      {
        _tag: "IntakeOverload",
        atMs: 140 * minuteMs,
        forMs: 5 * minuteMs,
        commands: 100,
        halt: true
      }
    ]
  },
  cascade: {
    about:
      "One thing leads to another: a late broker, a crashing executor, a dead model, a chain that goes away, a kill.",
    faults: [
      {
        _tag: "Latency",
        atMs: 120 * minuteMs,
        forMs: 20 * minuteMs,
        component: "broker",
        delayMs: 50
      },
      { _tag: "ActorCrash", atMs: 125 * minuteMs, actor: "executor", point: "evolve", times: 2 },
      { _tag: "ModelAway", atMs: 126 * minuteMs, forMs: 10 * minuteMs },
      { _tag: "ChainUnknown", atMs: 130 * minuteMs, applied: true },
      { _tag: "ActorCrash", atMs: 134 * minuteMs, actor: "vault", point: "evolve", times: 1 },
      { _tag: "ProcessKill", atMs: 135 * minuteMs, point: "after commit", unsynced: "all" },
      { _tag: "BrokerAway", atMs: 140 * minuteMs, forMs: 5 * minuteMs }
    ]
  }
}
