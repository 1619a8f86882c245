/** What the kernel itself records: openings of the book, what supervision did, timers. All inputs but the timer events. */
import { Schema } from "effect"
import { recordType } from "../../../domain/journal/record.ts"

/** The kernel's inputs name this source as their author. */
export const kernelSource = "kernel"

/** The first record of each epoch. Holds no path, run id, wall time, journal kind, host, speed or commit setting. */
export const EpochOpened = recordType(
  "EpochOpened",
  Schema.Struct({
    book: Schema.String,
    build: Schema.String,
    configHash: Schema.String,
    seed: Schema.Int,
    node: Schema.String,
    v8: Schema.String
  })
)

/** An actor crashed on record `at` and was rebuilt at once; no input was delayed. */
export const ActorRestarted = recordType(
  "ActorRestarted",
  Schema.Struct({
    failed: Schema.String,
    at: Schema.Int,
    /** Every actor that was restarted with it. */
    group: Schema.Array(Schema.String),
    reason: Schema.String
  })
)

/**
 * What went down during one turn; the next record after that turn. A group is down from record `at` on; the first seq
 * that an actor of it has not handled is its `cursor`.
 */
export const ActorDown = recordType(
  "ActorDown",
  Schema.Struct({
    failures: Schema.Array(
      Schema.Struct({
        failed: Schema.String,
        at: Schema.Int,
        group: Schema.Array(Schema.Struct({ actor: Schema.String, cursor: Schema.Int })),
        /** When `ActorUp` is due, epoch ms; -1 where the group stays down. */
        upDueMs: Schema.Int,
        reason: Schema.String
      })
    )
  })
)

/** The group is back; the turn of this record handles what it missed. */
export const ActorUp = recordType("ActorUp", Schema.Struct({ group: Schema.Array(Schema.String) }))

/** This actor skips this record in every fold and verification. */
export const MessageQuarantined = recordType(
  "MessageQuarantined",
  Schema.Struct({ actor: Schema.String, seq: Schema.Int, reason: Schema.String })
)

/** The journal could not be written for a while, and nothing left the desk: the first record after it was back. */
export const JournalRestored = recordType(
  "JournalRestored",
  Schema.Struct({
    /** Wall time from the first failed try to the one that succeeded. */
    outageMs: Schema.Int,
    /** Failed tries. */
    tries: Schema.Int
  })
)

/** Asks the clock for `TimerFired` at `dueMs`. A second one with the same owner and timer replaces the first. */
export const TimerSet = recordType(
  "TimerSet",
  Schema.Struct({ owner: Schema.String, timer: Schema.String, dueMs: Schema.Int })
)

export const TimerCanceled = recordType(
  "TimerCanceled",
  Schema.Struct({ owner: Schema.String, timer: Schema.String })
)

export const TimerFired = recordType(
  "TimerFired",
  Schema.Struct({ owner: Schema.String, timer: Schema.String, dueMs: Schema.Int })
)

export const kernelTypes = [
  EpochOpened,
  ActorRestarted,
  ActorDown,
  ActorUp,
  MessageQuarantined,
  JournalRestored,
  TimerSet,
  TimerCanceled,
  TimerFired
] as const

/** Records of supervision, epochs and outages are not counted as handled: chance must not depend on restarts. */
export const isSupervision = (type: string): boolean =>
  type === "EpochOpened" ||
  type === "ActorRestarted" ||
  type === "ActorDown" ||
  type === "ActorUp" ||
  type === "MessageQuarantined" ||
  type === "JournalRestored"
