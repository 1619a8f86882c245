/** What a supervisor reports, and the errors that its callers meet. */
import { Schema } from "effect"
import type { ChildExit } from "./restartPolicy.ts"

/** One thing a supervisor did or saw, in the order in which it happened. */
export type SupervisorEvent =
  | { readonly _tag: "ChildStarted"; readonly supervisor: string; readonly child: string }
  | {
      readonly _tag: "StartFailed"
      readonly supervisor: string
      readonly child: string
      readonly exit: ChildExit
    }
  /** The child ended by itself. */
  | {
      readonly _tag: "ChildEnded"
      readonly supervisor: string
      readonly child: string
      readonly exit: ChildExit
    }
  /** The supervisor stopped it and saw it end. */
  | { readonly _tag: "ChildStopped"; readonly supervisor: string; readonly child: string }
  /** Asked to stop and no longer waited for: it may still be running its finalizers. */
  | { readonly _tag: "ChildAbandoned"; readonly supervisor: string; readonly child: string }
  | {
      readonly _tag: "Restarting"
      readonly supervisor: string
      readonly failed: string
      readonly group: ReadonlyArray<string>
      readonly delayMs: number
    }
  | { readonly _tag: "GaveUp"; readonly supervisor: string; readonly failed: string }
  | { readonly _tag: "AutoShutdown"; readonly supervisor: string; readonly child: string }

/** A supervisor or a child was described in a way that cannot be run. */
export class InvalidSpec extends Schema.TaggedError<InvalidSpec>()("InvalidSpec", {
  supervisor: Schema.String,
  faults: Schema.Array(Schema.String)
}) {
  override get message() {
    return `supervisor ${this.supervisor}: ${this.faults.join("; ")}`
  }
}

/** A child ended before it was up. `exit` says how. */
export class StartFailed extends Schema.TaggedError<StartFailed>()("StartFailed", {
  supervisor: Schema.String,
  child: Schema.String,
  exit: Schema.Unknown
}) {
  override get message() {
    return `child ${this.child} of supervisor ${this.supervisor} failed to start`
  }
}

/** A request that the child's present state does not allow; names are OTP's. */
export class ChildRefusal extends Schema.TaggedError<ChildRefusal>()("ChildRefusal", {
  supervisor: Schema.String,
  child: Schema.String,
  reason: Schema.Literals([
    "already_present",
    "already_started",
    "not_found",
    "restarting",
    "running"
  ])
}) {
  override get message() {
    return `child ${this.child} of supervisor ${this.supervisor}: ${this.reason}`
  }
}

/** The supervisor has ended, so nothing can be asked of it. */
export class SupervisorDown extends Schema.TaggedError<SupervisorDown>()("SupervisorDown", {
  supervisor: Schema.String
}) {
  override get message() {
    return `supervisor ${this.supervisor} has ended`
  }
}
