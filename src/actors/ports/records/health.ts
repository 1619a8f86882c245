/** How the desk's actors are. */
import { Schema } from "effect"
import { recordType } from "../../../domain/journal/record.ts"

/** GO: at work. ATTENTION: crashed or skipped a message a short while ago. STOP: down. */
export const HealthStatus = Schema.Literals(["GO", "ATTENTION", "STOP"])
export type HealthStatus = typeof HealthStatus.Type

/** By health, whenever an actor's status changes. Counts are since the book was opened first. */
export const HealthChanged = recordType(
  "HealthChanged",
  Schema.Struct({
    actor: Schema.String,
    status: HealthStatus,
    /** Times it went down, was rebuilt at once, and skipped a message. */
    downs: Schema.Int,
    restarts: Schema.Int,
    quarantined: Schema.Int,
    /** What happened last; "" for GO. */
    reason: Schema.String
  })
)

export const healthTypes = [HealthChanged] as const
