/**
 * What the sequencer asks of supervision. `supervisors/` answers from the tree; the kernel carries it out.
 *
 * The answer is a function of the crashes told so far and their logical times, so a journal's supervision records
 * rebuild it.
 */
export type Directive =
  /** Rebuild these now and deliver again; no input is delayed. */
  | { readonly _tag: "RestartNow"; readonly group: ReadonlyArray<string> }
  /** These are down until `delayMs` have passed on the journal's clock. */
  | {
      readonly _tag: "RestartLater"
      readonly group: ReadonlyArray<string>
      readonly delayMs: number
    }
  /** Intensity exhausted (or a money-bearing actor poisoned): these stay down, the rest of the desk works on. */
  | { readonly _tag: "StayDown"; readonly group: ReadonlyArray<string>; readonly reason: string }
  /** The root gave up: the book stops. */
  | { readonly _tag: "StopDesk"; readonly reason: string }

export interface SupervisionPolicy {
  /** All actors of the tree, in start order: the order of delivery within a record. */
  readonly order: ReadonlyArray<string>
  /** Tells of a crash at `nowMs` and returns what to do. Mutates the windows; deterministic. */
  readonly crashed: (actor: string, nowMs: number) => Directive
  /** The group that goes down when this actor must halt for good. */
  readonly halt: (actor: string, reason: string) => Directive
  /** Windows and counters as plain JSON, and back. */
  readonly snapshot: () => unknown
  readonly restore: (snapshot: unknown) => void
}
