/**
 * What supervision did: restarts, downs, quarantines, openings of the book, and who is still down.
 */
import type { JournalRecord } from "../domain/journal/record.ts"
import { asDeskRecord } from "./deskRecord.ts"
import { countOne, type Tally } from "./tally.ts"

export interface Quarantine {
  readonly actor: string
  readonly seq: number
  readonly reason: string
}

export class SupervisionFold {
  /**
   * Times that supervision brought actors back: at once (`ActorRestarted`) or after a delay
   * (`ActorUp`).
   */
  restarts = 0
  /** Failures that took a group down for longer than a turn. */
  downs = 0
  /** Openings of the book: 1 where nothing was resumed. */
  openings = 0
  /** By the actor that failed. */
  readonly failures: Tally = new Map()
  readonly quarantines: Array<Quarantine> = []
  readonly #down = new Set<string>()

  apply(input: JournalRecord): void {
    const record = asDeskRecord(input)
    switch (record.type) {
      case "EpochOpened":
        this.openings++
        break
      case "ActorRestarted":
        this.restarts++
        countOne(this.failures, record.payload.failed)
        break
      case "ActorDown":
        for (const { failed, group } of record.payload.failures) {
          this.downs++
          countOne(this.failures, failed)
          for (const { actor } of group) this.#down.add(actor)
        }
        break
      case "ActorUp":
        this.restarts++
        for (const actor of record.payload.group) this.#down.delete(actor)
        break
      case "MessageQuarantined":
        this.quarantines.push(record.payload)
        break
    }
  }

  get stillDown(): ReadonlyArray<string> {
    return [...this.#down].sort()
  }
}
