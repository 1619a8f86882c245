/** Which faults of a plan have struck, over all lives of the process; and the session's time, which they go by. */
import type { Fault, FaultKind, FaultOf } from "../domain/chaos/faults.ts"

/** From the end of a process to the start of the next. */
export const restartMs = 30_000

export class Strikes {
  readonly #plan: ReadonlyArray<Fault>
  readonly #originMs: number
  readonly #struck = new Set<number>()
  /** Epoch ms of the session, as far as it has come. */
  nowMs: number
  /** What lasts goes on while the process is being started again. */
  #startingMs = 0

  constructor(plan: ReadonlyArray<Fault>, originMs: number) {
    this.#plan = plan
    this.#originMs = originMs
    this.nowMs = originMs
  }

  /** The process was started again; that takes a while. */
  restarted(): void {
    this.#startingMs += restartMs
  }

  /** The first fault of the kind that is due and was not taken yet; it counts as struck from here on. */
  take<Kind extends FaultKind>(
    kind: Kind,
    matches: (fault: FaultOf<Kind>) => boolean = () => true
  ): FaultOf<Kind> | undefined {
    const sinceMs = this.nowMs - this.#originMs
    for (const [index, fault] of this.#plan.entries()) {
      if (fault.atMs > sinceMs) return undefined
      if (fault._tag !== kind || this.#struck.has(index)) continue
      if (!matches(fault as FaultOf<Kind>)) continue
      this.#struck.add(index)
      return fault as FaultOf<Kind>
    }
    return undefined
  }

  /** The fault of a kind that lasts, while it does. `nowMs`: where another clock than the session's counts. */
  during<Kind extends FaultKind>(kind: Kind, nowMs = this.nowMs): FaultOf<Kind> | undefined {
    const sinceMs = nowMs - this.#originMs
    for (const [index, fault] of this.#plan.entries()) {
      if (fault.atMs > sinceMs) return undefined
      if (fault._tag !== kind || !("forMs" in fault)) continue
      if (sinceMs + this.#startingMs >= fault.atMs + fault.forMs) continue
      this.#struck.add(index)
      return fault as FaultOf<Kind>
    }
    return undefined
  }

  /** The faults of the plan that somebody else shows, each with what tells that it struck. */
  given<A>(show: (fault: Fault, struck: () => void) => A | undefined): ReadonlyArray<A> {
    return this.#plan.flatMap((fault, index) => {
      const shown = show(fault, () => {
        this.#struck.add(index)
      })
      return shown === undefined ? [] : [shown]
    })
  }

  /** Epoch ms of the end of a fault that lasts. */
  endOf(fault: { readonly atMs: number; readonly forMs: number }): number {
    return this.#originMs + fault.atMs + fault.forMs
  }

  /** The faults that struck, in the plan's order. */
  struck(): ReadonlyArray<Fault> {
    return this.#plan.filter((_, index) => this.#struck.has(index))
  }

  /** Kinds that struck. */
  kinds(): ReadonlySet<FaultKind> {
    return new Set([...this.#struck].map((index) => this.#plan[index]!._tag))
  }
}
