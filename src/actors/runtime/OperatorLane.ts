/** The session's control lane: the desk's start inputs first, then what operators put into the intake. */
import type { InputDraft } from "../../domain/journal/record.ts"
import type { Intake } from "./Intake.ts"
import type { KernelLedger } from "./KernelLedger.ts"
import type { ControlLane } from "./SessionClock.ts"

export class OperatorLane implements ControlLane {
  readonly #start: Array<InputDraft>
  readonly #intake: Intake

  /** Start inputs that the book has recorded already are left out. */
  constructor(start: ReadonlyArray<InputDraft>, ledger: KernelLedger, intake: Intake) {
    this.#start = start.filter(({ source, sourceSeq }) => sourceSeq > ledger.sourceCursor(source))
    this.#intake = intake
  }

  nextDueMs(): number {
    return this.#start.length > 0 || this.#intake.hasControl()
      ? Number.NEGATIVE_INFINITY
      : Number.POSITIVE_INFINITY
  }

  next(): InputDraft {
    const next = this.#start.shift() ?? this.#intake.takeControl()
    if (next === undefined) throw new Error("the control lane is empty")
    return next
  }
}
