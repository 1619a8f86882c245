/** What the broker says and nobody here can explain, and how an operator settles it. */
import { Schema } from "effect"
import { recordType } from "../../../domain/journal/record.ts"
import { UnexplainedPayload } from "../../../domain/trading/reports.ts"

/**
 * By the broker gateway: the broker's account holds, or did, what the desk did not ask for or never heard of. Blocks new
 * risk until it is resolved. Never followed by an invented fill. By the executor: a correction of a quantity that no trade
 * can take in.
 */
export const Unexplained = recordType("Unexplained", UnexplainedPayload)

/** By an operator: this difference is looked into and settled; it blocks no longer. */
export const ResolveDifference = recordType(
  "ResolveDifference",
  Schema.Struct({
    differenceId: Schema.String,
    /** What was found out, and by whom: kept for the audit. */
    reason: Schema.String
  })
)

export const reconcileTypes = [Unexplained, ResolveDifference] as const
