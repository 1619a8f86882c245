/** Which faults are waiting and which are in force, on the market's clock. */
import type { TwsFault } from "./faults.ts"
import { refusedBy } from "./faults.ts"

type Kind = TwsFault["kind"]
type Of<K extends Kind> = Extract<TwsFault, { kind: K }>

interface Armed {
  readonly fault: TwsFault
  readonly struck: () => void
  left: number
}

/** A fault whose time has come. */
export interface DueFault {
  readonly fault: TwsFault
  /** To be called each time that it strikes. */
  readonly struck: () => void
}

export class FaultBoard {
  /** By rising time. */
  readonly #waiting: Array<DueFault & { readonly dueMs: number }> = []
  readonly #armed: Array<Armed> = []
  /** Until when, epoch ms. */
  silentUntilMs = 0
  deadQuotesUntilMs = 0
  noGreeksUntilMs = 0
  /** The gateway has lost IB: requests wait for nothing. */
  isLost = false

  schedule(fault: TwsFault, nowMs: number, startMs: number, struck = () => {}): void {
    const dueMs = fault.atMs ?? (fault.afterMs === undefined ? nowMs : startMs + fault.afterMs)
    const at = this.#waiting.findIndex((each) => each.dueMs > dueMs)
    this.#waiting.splice(at < 0 ? this.#waiting.length : at, 0, { fault, struck, dueMs })
  }

  nextDueMs(): number {
    return this.#waiting[0]?.dueMs ?? Number.POSITIVE_INFINITY
  }

  /** The next fault whose time has come. */
  takeDue(nowMs: number): DueFault | undefined {
    return this.nextDueMs() <= nowMs ? this.#waiting.shift() : undefined
  }

  /** Lies in wait for what it strikes. */
  arm({ fault, struck }: DueFault): void {
    this.#armed.push({ fault, struck, left: "times" in fault ? (fault.times ?? 1) : 1 })
  }

  /** One stroke of an armed fault, where there is one. */
  strike<K extends Kind>(kind: K, fits: (fault: Of<K>) => boolean = () => true): Of<K> | undefined {
    const at = this.#armed.findIndex(({ fault }) => fault.kind === kind && fits(fault as Of<K>))
    const armed = this.#armed[at]
    if (armed === undefined) return undefined
    armed.struck()
    armed.left--
    if (armed.left === 0) this.#armed.splice(at, 1)
    return armed.fault as Of<K>
  }

  /** A refusal of this kind of request. */
  refusal(request: string): Of<"refuse"> | undefined {
    return this.strike("refuse", ({ code }) => refusedBy[code] === request)
  }
}
