/** What executions were charged: the latest word counts, of the latest revision that was charged. */
import { revisionOf } from "./ibNumbers.ts"

export class Charges {
  readonly #charges = new Map<string, { readonly revision: number; readonly micros: bigint }>()
  readonly #overdue = new Set<string>()

  /** False where it says nothing new. */
  take(execId: string, micros: bigint): boolean {
    const { base, revision } = revisionOf(execId)
    const known = this.#charges.get(base)
    if (known !== undefined && known.revision > revision) return false
    if (known?.revision === revision && known.micros === micros) return false
    this.#charges.set(base, { revision, micros })
    return true
  }

  /** It has been waited for long enough; false where that says nothing new. */
  giveUp(base: string): boolean {
    if (this.isDue(base)) return false
    this.#overdue.add(base)
    return true
  }

  isCharged(base: string): boolean {
    return this.#charges.has(base)
  }

  /** Whether its execution waits no longer. */
  isDue(base: string): boolean {
    return this.#charges.has(base) || this.#overdue.has(base)
  }

  /** micro-USD; 0 where nothing was charged yet. */
  of(base: string): bigint {
    return this.#charges.get(base)?.micros ?? 0n
  }
}
