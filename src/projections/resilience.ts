/** What a run under faults came to: what struck, who was away for how long, what was refused meanwhile, what held. */

/** One thing on the timeline. */
export interface TimelineEntry {
  /** Session time since the first open, ms. */
  readonly sinceOpenMs: number
  readonly lane: "fault" | "actor" | "process" | "trade" | "refusal"
  /** How long it lasted, ms; 0 for a moment. */
  readonly forMs: number
  readonly text: string
}

export interface RecoveryRow {
  readonly who: string
  readonly times: number
  readonly meanMs: number
  readonly worstMs: number
}

export interface ResilienceFacts {
  readonly scenario: string
  readonly about: string
  readonly session: string
  readonly runId: string
  readonly seed: number
  readonly planned: ReadonlyArray<string>
  readonly struck: ReadonlyArray<string>
  /** Session time from the first open to the end, ms. */
  readonly sessionMs: number
  /** In session time. */
  readonly actors: ReadonlyArray<RecoveryRow>
  /** Wall time, which no two runs share; all else is the same for one plan. From a death of the process on. */
  readonly wall: {
    /** To the first record of the next life. */
    readonly toRecord: RecoveryRow
    /** To the first decision that an actor of the next life makes of an input. */
    readonly toDecision: RecoveryRow
  }
  readonly lives: number
  readonly restarts: number
  /** While a fault lasted or an actor was down: reason and count. */
  readonly refusedMeanwhile: Readonly<Record<string, number>>
  /** In all. */
  readonly refused: Readonly<Record<string, number>>
  readonly orders: number
  readonly fills: number
  /** Each promise that was looked at, how often, and why it broke; "" where it held. */
  readonly invariants: ReadonlyArray<{
    readonly name: string
    readonly checks: number
    readonly broken: string
  }>
  readonly head: string
  readonly timeline: ReadonlyArray<TimelineEntry>
}

export const isBroken = ({ invariants }: ResilienceFacts): boolean =>
  invariants.some(({ broken }) => broken !== "")
