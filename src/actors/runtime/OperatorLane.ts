/** The session's control lane: the desk's start inputs first, then what operators put into the intake. */
import type { InputDraft } from "../../domain/journal/record.ts"
import { operatorSource } from "../ports/records/operator.ts"
import type { Intake } from "./Intake.ts"
import type { KernelLedger } from "./KernelLedger.ts"
import type { ControlLane } from "./SessionClock.ts"

export class OperatorLane implements ControlLane {
  readonly #start: Array<InputDraft>
  readonly #ledger: KernelLedger
  readonly #intake: Intake

  /** Start inputs that the book has recorded already are left out. */
  constructor(start: ReadonlyArray<InputDraft>, ledger: KernelLedger, intake: Intake) {
    this.#start = start.filter(({ source, sourceSeq }) => sourceSeq > ledger.sourceCursor(source))
    this.#ledger = ledger
    this.#intake = intake
  }

  nextDueMs(): number {
    return this.#start.length > 0 || this.#intake.hasControl()
      ? Number.NEGATIVE_INFINITY
      : Number.POSITIVE_INFINITY
  }

  next(): InputDraft {
    const start = this.#start.shift()
    if (start !== undefined) return start
    const command = this.#intake.takeControl()
    if (command === undefined) throw new Error("the control lane is empty")
    command.seq = this.#ledger.nextSeq
    // Numbered here: one that overtakes must not have the later number.
    const sourceSeq = this.#ledger.sourceCursor(operatorSource) + 1
    return { ...command.draft, source: operatorSource, sourceSeq }
  }
}
