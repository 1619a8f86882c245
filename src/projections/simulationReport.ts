/** What many simulated runs came to: coverage of promises by faults, recovery, the runs that broke. */

/** What is read of each run. */
export interface RunFacts {
  readonly seed: number
  readonly struck: ReadonlyArray<string>
  readonly breach:
    | { readonly invariant: string; readonly seq: number; readonly why: string }
    | undefined
  readonly checked: ReadonlyMap<string, number>
  readonly records: number
  readonly orders: number
  readonly fills: number
  readonly lives: number
  readonly restarts: number
  readonly virtualMs: number
  readonly journal: "file" | "kafka"
  readonly recovery: ReadonlyMap<string, { times: number; totalMs: number; worstMs: number }>
}

export interface SimulationReport {
  readonly runs: number
  readonly broken: number
  readonly records: number
  readonly orders: number
  readonly fills: number
  readonly lives: number
  readonly restarts: number
  readonly virtualMs: number
  /** Runs in which a kind of fault struck (row) while a promise was looked at (column). */
  readonly coverage: ReadonlyArray<{
    readonly fault: string
    readonly runs: number
    readonly checks: Readonly<Record<string, number>>
  }>
  /** Every promise, with how often it was looked at. */
  readonly promises: ReadonlyArray<{ readonly name: string; readonly checks: number }>
  readonly recovery: ReadonlyArray<RecoveryFigures>
}

/** How often somebody came back, and after how long. */
export interface RecoveryFigures {
  readonly who: string
  /** Where the book was. */
  readonly journal: "file" | "kafka"
  readonly times: number
  readonly meanMs: number
  readonly worstMs: number
}

const journals = ["file", "kafka"] as const

export class SimulationFold {
  #runs = 0
  #broken = 0
  #records = 0
  #orders = 0
  #fills = 0
  #lives = 0
  #restarts = 0
  #virtualMs = 0
  readonly #coverage = new Map<string, { runs: number; checks: Map<string, number> }>()
  readonly #promises = new Map<string, number>()
  readonly #recovery = {
    file: new Map<string, { times: number; totalMs: number; worstMs: number }>(),
    kafka: new Map<string, { times: number; totalMs: number; worstMs: number }>()
  }

  add(run: RunFacts): void {
    this.#runs++
    if (run.breach !== undefined) this.#broken++
    this.#records += run.records
    this.#orders += run.orders
    this.#fills += run.fills
    this.#lives += run.lives
    this.#restarts += run.restarts
    this.#virtualMs += run.virtualMs
    for (const [name, times] of run.checked) {
      this.#promises.set(name, (this.#promises.get(name) ?? 0) + times)
    }
    for (const fault of run.struck) {
      const row = this.#coverage.get(fault) ?? { runs: 0, checks: new Map() }
      this.#coverage.set(fault, row)
      row.runs++
      for (const [name, times] of run.checked) {
        row.checks.set(name, (row.checks.get(name) ?? 0) + times)
      }
    }
    for (const [who, { times, totalMs, worstMs }] of run.recovery) {
      const known = this.#recovery[run.journal]
      const sum = known.get(who) ?? { times: 0, totalMs: 0, worstMs: 0 }
      known.set(who, {
        times: sum.times + times,
        totalMs: sum.totalMs + totalMs,
        worstMs: Math.max(sum.worstMs, worstMs)
      })
    }
  }

  report(): SimulationReport {
    const sorted = <A>(map: ReadonlyMap<string, A>) =>
      [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    return {
      runs: this.#runs,
      broken: this.#broken,
      records: this.#records,
      orders: this.#orders,
      fills: this.#fills,
      lives: this.#lives,
      restarts: this.#restarts,
      virtualMs: this.#virtualMs,
      coverage: sorted(this.#coverage).map(([fault, { runs, checks }]) => ({
        fault,
        runs,
        checks: Object.fromEntries(sorted(checks))
      })),
      promises: sorted(this.#promises).map(([name, checks]) => ({ name, checks })),
      recovery: journals.flatMap((journal) =>
        sorted(this.#recovery[journal]).map(([who, { times, totalMs, worstMs }]) => ({
          ...{ who, journal, times, worstMs },
          meanMs: times === 0 ? 0 : totalMs / times
        }))
      )
    }
  }
}
